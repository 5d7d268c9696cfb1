/** From any rate to any other, whole or as a stream. The one door to libsamplerate. */
import type LibSampleRate from '@alexanderolsen/libsamplerate-js'
import { SAMPLE_RATE, type Samples } from './pcm.js'

type Converter = Awaited<ReturnType<typeof LibSampleRate.create>>

/**
 * SRC_SINC_FASTEST: passes up to 0.8 of half the lower rate (6.4 kHz at 16 kHz), 97 dB of rest. 3.4 ms a second of sound
 * at 48 kHz on a desktop core; the next better one takes 7.8 for sound that speech does not have.
 * @source libsndfile.github.io/libsamplerate/api_misc.html, measured
 */
const SINC_FASTEST = 2
/** Silence that pushes the last samples out of the filter, seconds of the input. */
const FLUSH_S = 0.05
/** The library's own buffer takes 4 MB. */
const PIECE = 65_536

/**
 * A stream of one rate turned into another, without clicks where frames meet: the filter remembers. Some 0.1 to 0.3 ms
 * of sound stay inside of it until more comes. Holds some MiB until closed.
 */
export class Resampler {
  readonly #converter: Converter
  readonly #ratio: number
  readonly #fromRate: number
  #taken = 0
  #given = 0
  #closed = false

  private constructor(converter: Converter, fromRate: number, toRate: number) {
    this.#converter = converter
    this.#fromRate = fromRate
    this.#ratio = toRate / fromRate
  }

  /** @param fromRate, toRate samples a second, 8,000 to 96,000 */
  static async open(fromRate: number, toRate: number = SAMPLE_RATE): Promise<Resampler> {
    // 2 MB of text, for sound of another rate than ours
    const { default: library } = await import('@alexanderolsen/libsamplerate-js')
    const converter = await library.create(1, fromRate, toRate, { converterType: SINC_FASTEST })
    return new Resampler(converter, fromRate, toRate)
  }

  /** @param mono samples from -1 to 1, as many as there are @returns those that are ready */
  push(mono: Float32Array): Float32Array {
    this.#taken += mono.length
    const parts: Float32Array[] = []
    for (let at = 0; at < mono.length; at += PIECE)
      parts.push(this.#converter.full(mono.subarray(at, at + PIECE)).slice())
    const out = parts.length === 1 ? parts[0]! : joined(parts)
    this.#given += out.length
    return out
  }

  /** What the filter still holds, so that all in all as much came out as went in. The stream is over after it. */
  end(): Float32Array {
    const missing = Math.max(0, Math.round(this.#taken * this.#ratio) - this.#given)
    const rest = this.#converter.full(new Float32Array(Math.ceil(this.#fromRate * FLUSH_S)))
    const out = new Float32Array(missing)
    out.set(rest.subarray(0, missing))
    this.close()
    return out
  }

  /** Safe twice. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#converter.destroy()
  }
}

/** All samples at another rate: exactly as long as before. */
export async function resample(
  mono: Float32Array,
  fromRate: number,
  toRate: number = SAMPLE_RATE,
): Promise<Float32Array> {
  if (fromRate === toRate) return mono
  const resampler = await Resampler.open(fromRate, toRate)
  try {
    return joined([resampler.push(mono), resampler.end()])
  } finally {
    resampler.close()
  }
}

/** From -1 to 1 to 16 bits; what is no number is silence, what is beyond is clipped. */
export function toSamples(mono: Float32Array): Samples {
  const samples = new Int16Array(mono.length)
  for (let i = 0; i < mono.length; i++) {
    samples[i] = Math.max(-32768, Math.min(32767, Math.round(mono[i]! * 32768))) // NaN is stored as 0
  }
  return samples
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
