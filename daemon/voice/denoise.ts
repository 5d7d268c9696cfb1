/**
 * Takes noise out of speech before it is recognised: RNNoise, a small recurrent network that knows how voices sound.
 * What it leaves is mixed with a share of what came in, which covers the traces that it cuts into weak sounds.
 * Runs in the child process of an engine: the library wants to be in a browser, and gets the two names it looks for.
 * @source J.-M. Valin, "A Hybrid DSP/Deep Learning Approach to Real-Time Full-Band Speech Enhancement", 2018
 */
import type { Samples } from './audio/pcm.js'

/** Of the sound as it came, in the mix: 0 and 0.2 were measured, docs/benchmarks.md. */
const RAW_SHARE = 0.2

/** Samples at 48 kHz that RNNoise takes at once, the same span at 16 kHz, and how many such it answers late. */
const FRAME_48 = 480
const FRAME = 160
const LATE_FRAMES = 2

interface Rnnoise {
  createDenoiseState(): { processFrame(frame: Float32Array): number; destroy(): void }
}

/** A denoiser; holds 5 MB for as long as the process lives. */
export class Denoiser {
  readonly #rnnoise: Rnnoise

  private constructor(rnnoise: Rnnoise) {
    this.#rnnoise = rnnoise
  }

  static async load(): Promise<Denoiser> {
    const world = globalThis as { window?: unknown; document?: unknown }
    world.window ??= {}
    world.document ??= { currentScript: null }
    const { Rnnoise } = await import('@shiguredo/rnnoise-wasm')
    return new Denoiser(await Rnnoise.load())
  }

  /** One utterance, whole. @returns as many samples, in their places */
  denoise(samples: Samples): Samples {
    const out = new Int16Array(samples.length)
    const state = this.#rnnoise.createDenoiseState()
    // what the network gave last, three frames: those beside the one in the middle reach into its filter
    const given = new Float32Array(3 * FRAME_48)
    const frame = new Float32Array(FRAME_48)
    try {
      const frames = Math.ceil(samples.length / FRAME)
      for (let n = 0; n < frames + LATE_FRAMES + 1; n++) {
        upsample(samples, n * FRAME, frame)
        state.processFrame(frame)
        given.copyWithin(0, FRAME_48)
        given.set(frame, 2 * FRAME_48)
        const middle = n - LATE_FRAMES - 1
        if (middle >= 0) mixDown(given, samples, middle * FRAME, out)
      }
    } finally {
      state.destroy()
    }
    return out
  }
}

/** Half the length of the filter between 16 and 48 kHz, in samples at 48 kHz. */
const HALF = 72
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

/** The 480 samples at 48 kHz that begin at sample `from` at 16 kHz. */
function upsample(samples: Samples, from: number, into: Float32Array): void {
  for (let m = 0; m < FRAME_48; m++) {
    const at = 3 * from + m
    const first = Math.max(0, Math.ceil((at - HALF) / 3))
    const last = Math.min(samples.length - 1, Math.floor((at + HALF) / 3))
    let sum = 0
    for (let k = first; k <= last; k++) sum += samples[k]! * FILTER[at - 3 * k + HALF]!
    into[m] = sum
  }
}

/** The middle frame of three at 16 kHz, with its share of the sound as it came. */
function mixDown(given: Float32Array, samples: Samples, from: number, out: Samples): void {
  const end = Math.min(FRAME, samples.length - from)
  for (let m = 0; m < end; m++) {
    const at = FRAME_48 + 3 * m
    let sum = 0
    for (let k = -HALF; k <= HALF; k++) sum += given[at + k]! * FILTER[k + HALF]!
    const mixed = RAW_SHARE * samples[from + m]! + ((1 - RAW_SHARE) * sum) / 3
    out[from + m] = Math.max(-32768, Math.min(32767, Math.round(mixed)))
  }
}
