/** Sound from outside, in whatever shape, to samples. */
import { errors } from '../errors.js'
import { readFlac } from './flac.js'
import { SAMPLE_RATE, type Samples } from './pcm.js'
import { Resampler, resample, toSamples } from './resample.js'
import { checkShape, type Interleaved, littleEndian16, readWav } from './wav.js'

/** Samples, and what they were made from. */
export interface Decoded {
  samples: Samples
  /** As it came. */
  source: { format: string; rate: number; channels: number; bits: number; seconds: number }
}

export interface DecodeOptions {
  /** More is refused before it is unpacked. Default 60 s. */
  longestSeconds?: number
}

const LONGEST_SECONDS = 60
/** Less holds no word. */
const SHORTEST_SECONDS = 0.1

/** First bytes of what people send instead. */
const OTHERS: readonly (readonly [RegExp, string])[] = [
  [/^OggS/, 'Ogg (Vorbis or Opus)'],
  [/^ID3|^\xff[\xe2\xe3\xf2\xf3\xfa\xfb]/, 'MP3'],
  [/^\xff[\xf0\xf1\xf8\xf9]/, 'AAC'],
  [/^.{4}ftyp/s, 'MP4 or M4A'],
  [/^\x1aE\xdf\xa3/, 'WebM or Matroska'],
  [/^FORM.{4}AIF/s, 'AIFF'],
  [/^\.snd/, 'AU'],
  [/^RIFX/, 'big-endian WAV'],
  [/^#!AMR/, 'AMR'],
  [/^\s*[{[]/, 'JSON'],
  [/^\x1f\x8b|^PK/, 'a packed file'],
]

/**
 * Sound of any common kind as samples: WAV (PCM, float, A-law, mu-law) or FLAC, 8 to 96 kHz, channels mixed.
 * What lacks its end is taken as far as it came.
 * @param what what is read, for messages ("the utterance of site kitchen")
 * @throws audio_empty (less than 0.1 s), audio_unreadable, audio_too_long
 */
export async function decodeAudio(
  bytes: Uint8Array,
  what: string,
  { longestSeconds = LONGEST_SECONDS }: DecodeOptions = {},
): Promise<Decoded> {
  if (bytes.length === 0) throw errors.audio_empty({ what })
  const head = String.fromCharCode(...bytes.subarray(0, 16))
  if (/^(RIFF|RF64)/.test(head)) return decoded(readWav(bytes, what, longestSeconds), what)
  if (head.startsWith('fLaC')) return decoded(await readFlac(bytes, what, longestSeconds), what)
  const other = OTHERS.find(([pattern]) => pattern.test(head))?.[1]
  const begins = [...bytes.subarray(0, 4)].map(byte => byte.toString(16).padStart(2, '0')).join(' ')
  throw errors.audio_unreadable({
    what,
    problem: other ? `it is ${other}` : `neither WAV nor FLAC begins with ${begins}`,
  })
}

async function decoded(file: Interleaved, what: string): Promise<Decoded> {
  const { format, rate, channels, bits, frames } = file
  const seconds = frames / rate
  if (seconds < SHORTEST_SECONDS) throw errors.audio_empty({ what })
  const plain = rate === SAMPLE_RATE && channels === 1 && file.data instanceof Int16Array
  const samples = plain ? (file.data as Samples) : toSamples(await resample(mixed(file), rate))
  return { samples, source: { format, rate, channels, bits, seconds } }
}

/** All channels in one, from -1 to 1. What is no number is silence: in a filter it would spread. */
function mixed({ data, channels, frames }: Interleaved): Float32Array {
  const scale = 1 / channels / (data instanceof Int16Array ? 32768 : 1)
  const mono = new Float32Array(frames)
  for (let i = 0; i < frames; i++) {
    let sum = 0
    for (let channel = 0; channel < channels; channel++) sum += data[i * channels + channel]!
    const value = sum * scale
    mono[i] = Number.isNaN(value) ? 0 : Math.max(-1, Math.min(1, value))
  }
  return mono
}

/** How raw samples lie in their bytes: little-endian, signed (8 bits: unsigned), channels interleaved. */
export interface PcmShape {
  /** Samples a second, 8,000 to 96,000. */
  rate: number
  channels: number
  /** Bytes of one sample, 1 to 4. */
  width: number
}

/**
 * One stream of frames, each raw PCM or a WAV of its own, turned into samples as it comes. Frames may be of any length,
 * and change rate on their way. Calls are answered in their order.
 */
export class FrameStream {
  readonly #what: string
  #resampler: Resampler | undefined
  #rate: number = SAMPLE_RATE
  #last: Promise<unknown> = Promise.resolve()
  /** Bytes of a sample that the next frame completes. */
  #rest = new Uint8Array(0)

  /** @param what what is read, for messages */
  constructor(what: string) {
    this.#what = what
  }

  /** A frame of raw samples. A sample may be cut by the end of a frame. @throws audio_unreadable for a shape that is none */
  fromPcm(bytes: Uint8Array, shape: PcmShape): Promise<Samples> {
    return this.#inOrder(() => {
      const sampleBytes = this.#check(shape)
      const all = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes
      const whole = all.length - (all.length % sampleBytes)
      this.#rest = Uint8Array.from(all.subarray(whole))
      return this.#convert(interleaved(all.subarray(0, whole), shape))
    })
  }

  /** A frame that is a small WAV file. @throws audio_unreadable, audio_empty, audio_too_long (10 s) */
  fromWav(bytes: Uint8Array): Promise<Samples> {
    return this.#inOrder(() => {
      if (!/^(RIFF|RF64)/.test(String.fromCharCode(...bytes.subarray(0, 4))))
        throw errors.audio_unreadable({ what: this.#what, problem: 'the frame is no WAV' })
      return this.#convert(readWav(bytes, this.#what, LONGEST_FRAME_S))
    })
  }

  /** Gives back what resampling holds. Safe twice. */
  close(): void {
    this.#resampler?.close()
    this.#resampler = undefined
    this.#rate = SAMPLE_RATE
    this.#rest = new Uint8Array(0)
  }

  #inOrder(read: () => Promise<Samples>): Promise<Samples> {
    const result = this.#last.then(read)
    this.#last = result.catch(() => {}) // told to the caller; the next frame goes on
    return result
  }

  #check({ rate, channels, width }: PcmShape): number {
    const unreadable = (problem: string) => errors.audio_unreadable({ what: this.#what, problem })
    checkShape(channels, rate, unreadable)
    if (!(Number.isInteger(width) && width >= 1 && width <= 4)) throw unreadable(`samples of ${width} bytes`)
    return channels * width
  }

  async #convert(frame: Interleaved): Promise<Samples> {
    if (frame.rate !== this.#rate) {
      this.#resampler?.close()
      this.#resampler = frame.rate === SAMPLE_RATE ? undefined : await Resampler.open(frame.rate)
      this.#rate = frame.rate
    }
    if (!this.#resampler && frame.channels === 1 && frame.data instanceof Int16Array) return frame.data
    const mono = mixed(frame)
    return toSamples(this.#resampler ? this.#resampler.push(mono) : mono)
  }
}

/** A frame is some ten to a hundred milliseconds; a satellite that was offline may send what it kept. */
const LONGEST_FRAME_S = 10

function interleaved(bytes: Uint8Array, { rate, channels, width }: PcmShape): Interleaved {
  const count = bytes.length / width
  const about = { format: 'PCM', rate, channels, bits: width * 8, frames: count / channels }
  if (width === 2) return { ...about, data: littleEndian16(bytes) }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const data = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    if (width === 1) data[i] = (bytes[i]! - 128) / 128
    else if (width === 4) data[i] = view.getInt32(i * 4, true) / 2 ** 31
    else data[i] = (view.getUint16(i * 3, true) + view.getInt8(i * 3 + 2) * 65536) / 2 ** 23
  }
  return { ...about, data }
}
