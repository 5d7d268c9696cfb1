/**
 * Takes noise out of speech before it is recognised: RNNoise, a small recurrent network that knows how voices sound.
 * What it leaves is mixed with a share of what came in, which covers the traces that it cuts into weak sounds.
 * Runs in the child process of an engine.
 */
import type { Samples } from './audio/pcm.js'
import { FRAME_48, type NoiseState, Rnnoise } from './rnnoise/rnnoise.js'

/** Of the sound as it came, in the mix: 0 and 0.2 were measured, docs/benchmarks.md. */
const RAW_SHARE = 0.2

/** Samples at 16 kHz of a frame of RNNoise, and how many frames it answers late. */
const FRAME = 160
const LATE_FRAMES = 2

/** A denoiser; holds 21 MB for as long as the process lives. */
export class Denoiser {
  readonly #rnnoise: Rnnoise

  private constructor(rnnoise: Rnnoise) {
    this.#rnnoise = rnnoise
  }

  /** @param how `plain` runs RNNoise as it was built, for comparison */
  static async load(how: 'fast' | 'plain' = 'fast'): Promise<Denoiser> {
    return new Denoiser(await Rnnoise.load(how))
  }

  /** One utterance, whole. @returns as many samples, in their places */
  denoise(samples: Samples): Samples {
    const stream = this.stream()
    try {
      const first = stream.push(samples)
      const last = stream.end()
      const out = new Int16Array(samples.length)
      out.set(first)
      out.set(last, first.length)
      return out
    } finally {
      stream.close()
    }
  }

  /** Sound that comes in pieces. Given back by its `close`. */
  stream(): DenoiseStream {
    return new DenoiseStream(this.#rnnoise.open())
  }
}

/** Takes noise out of sound while it comes. What it gives is the same whatever the size of the pieces. */
export class DenoiseStream {
  readonly #state: NoiseState
  /** What the network gave last, three frames: those beside the one in the middle reach into its filter. */
  readonly #given = new Float32Array(3 * FRAME_48)
  readonly #near = new Float64Array(FRAME + 2 * REACH)
  /** What came and is needed yet, and the place of its first sample in the stream. */
  #kept: Samples = new Int16Array(0)
  #keptFrom = 0
  /** Frames that the network has seen. */
  #seen = 0

  /** @param state its own; closed with it */
  constructor(state: NoiseState) {
    this.#state = state
  }

  /** @returns what is ready: some 35 ms less than came */
  push(samples: Samples): Samples {
    this.#keep(samples)
    return this.#run(Math.floor((this.#length - REACH) / FRAME), this.#length)
  }

  /** No more comes. @returns the rest, so that all together is as long as what came */
  end(): Samples {
    const length = this.#length
    return this.#run(Math.ceil(length / FRAME) + LATE_FRAMES + 1, length)
  }

  /** Gives back the network's state. Safe twice. */
  close(): void {
    this.#state.close()
  }

  /** Samples that came. */
  get #length(): number {
    return this.#keptFrom + this.#kept.length
  }

  #keep(samples: Samples): void {
    // the frame that leaves next still wants its share of the sound as it came
    const needed = Math.max(0, (this.#seen - LATE_FRAMES - 1) * FRAME - REACH)
    const old = this.#kept.subarray(Math.max(0, needed - this.#keptFrom))
    this.#keptFrom = this.#length - old.length
    this.#kept = new Int16Array(old.length + samples.length)
    this.#kept.set(old)
    this.#kept.set(samples, old.length)
  }

  /** Shows the network frames up to `until`. @param length of the stream, samples: what leaves ends there */
  #run(until: number, length: number): Samples {
    const from = this.#placed(this.#seen)
    const out = new Int16Array(Math.max(0, Math.min(length, this.#placed(until)) - from))
    for (; this.#seen < until; this.#seen++) {
      upsample(this.#kept, this.#seen * FRAME - this.#keptFrom, this.#near, this.#state.frame)
      this.#state.process()
      this.#given.copyWithin(0, FRAME_48)
      this.#given.set(this.#state.frame, 2 * FRAME_48)
      const middle = this.#placed(this.#seen + 1) - FRAME
      if (this.#seen > LATE_FRAMES)
        mixDown(this.#given, this.#kept, middle - this.#keptFrom, out, middle - from)
    }
    return out
  }

  /** Samples that have left when the network has seen so many frames. */
  #placed(frames: number): number {
    return Math.max(0, frames - LATE_FRAMES - 1) * FRAME
  }
}

/** Half the length of the filter between 16 and 48 kHz, in samples at 48 kHz, and at 16 kHz. */
const HALF = 72
const REACH = HALF / 3
/** Low pass at 7.7 kHz: a sinc under a Kaiser window (beta 7: 70 dB). */
const FILTER = Float64Array.from({ length: 2 * HALF + 1 }, (_, i) => {
  const cutoff = 0.96
  const x = ((i - HALF) / 3) * cutoff
  const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)
  return cutoff * sinc * (bessel(7 * Math.sqrt(1 - ((i - HALF) / HALF) ** 2)) / bessel(7))
})

/** Modified Bessel function of the first kind, order 0. */
function bessel(x: number): number {
  let sum = 1
  for (let k = 1, term = 1; k < 30; k++) {
    term *= (x / 2 / k) ** 2
    sum += term
  }
  return sum
}

/** What of the filter meets the samples `REACH` before to `REACH` after, for each of the three samples at 48 kHz in one at 16. */
const PHASES = [0, 1, 2].map(phase =>
  Float64Array.from({ length: 2 * REACH + 1 }, (_, j) => FILTER[phase - 3 * (j - REACH) + HALF] ?? 0),
)
/** Outputs that are summed at once: a sum alone waits for each of its additions. */
const ABREAST = 4

/**
 * The 480 samples at 48 kHz that begin at sample `from` at 16 kHz; around the sound is silence.
 * @param near room for what the filter reaches
 */
function upsample(samples: Samples, from: number, near: Float64Array, into: Float32Array): void {
  for (let i = 0; i < near.length; i++) {
    const at = from - REACH + i
    near[i] = at >= 0 && at < samples.length ? samples[at]! : 0
  }
  for (let phase = 0; phase < 3; phase++) {
    const filter = PHASES[phase]!
    for (let i = 0; i < FRAME; i += ABREAST) {
      let a = 0
      let b = 0
      let c = 0
      let d = 0
      for (let j = 0; j <= 2 * REACH; j++) {
        const weight = filter[j]!
        a += near[i + j]! * weight
        b += near[i + j + 1]! * weight
        c += near[i + j + 2]! * weight
        d += near[i + j + 3]! * weight
      }
      into[3 * i + phase] = a
      into[3 * i + phase + 3] = b
      into[3 * i + phase + 6] = c
      into[3 * i + phase + 9] = d
    }
  }
}
/** The middle frame of three at 16 kHz, with its share of the sound as it came. Ends where `out` does. */
function mixDown(given: Float32Array, samples: Samples, from: number, out: Samples, to: number): void {
  const end = Math.min(FRAME, out.length - to)
  const put = (m: number, sum: number) => {
    if (m >= end) return
    const mixed = RAW_SHARE * samples[from + m]! + ((1 - RAW_SHARE) * sum) / 3
    out[to + m] = Math.max(-32768, Math.min(32767, Math.round(mixed)))
  }
  for (let m = 0; m < end; m += ABREAST) {
    const at = FRAME_48 - HALF + 3 * m
    let a = 0
    let b = 0
    let c = 0
    let d = 0
    for (let k = 0; k <= 2 * HALF; k++) {
      const weight = FILTER[k]!
      a += given[at + k]! * weight
      b += given[at + k + 3]! * weight
      c += given[at + k + 6]! * weight
      d += given[at + k + 9]! * weight
    }
    put(m, a)
    put(m + 1, b)
    put(m + 2, c)
    put(m + 3, d)
  }
}
