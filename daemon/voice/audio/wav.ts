/** WAV: written as 16-bit PCM, read with suspicion. A header is a claim; the bytes that came are what there is. */
import wavefile from 'wavefile'
import { errors } from '../errors.js'
import { SAMPLE_RATE, type Samples } from './pcm.js'

/** What is written in front of the samples. */
const HEADER_BYTES = 44

/**
 * Sound as a WAV file: 16-bit PCM, one channel.
 * @param rate samples a second
 */
export function encodeWav(samples: Samples, rate: number = SAMPLE_RATE): Uint8Array {
  return wrap(
    { code: PCM, channels: 1, rate, blockBytes: 2, bits: 16 },
    new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength),
  )
}

/** Samples as a file holds them: channels interleaved. 16-bit ones as they are, all others from -1 to 1. */
export interface Interleaved {
  format: string
  rate: number
  channels: number
  /** Of one sample as stored. */
  bits: number
  /** Samples of one channel. */
  frames: number
  data: Int16Array | Float32Array | Float64Array
}

const PCM = 1
const FLOAT = 3
const A_LAW = 6
const MU_LAW = 7
const EXTENSIBLE = 0xfffe
/**
 * Format code → its name and the bits of a sample that are read. ADPCM is not: the library leaves out the last block of it.
 * @source Microsoft mmreg.h, RFC 2361
 */
const FORMATS = new Map<number, { name: string; bits: readonly number[] }>([
  [PCM, { name: 'PCM', bits: [8, 16, 24, 32] }],
  [FLOAT, { name: 'float', bits: [32, 64] }],
  [A_LAW, { name: 'A-law', bits: [8] }],
  [MU_LAW, { name: 'mu-law', bits: [8] }],
])
/** Array microphones send up to eight. */
const MOST_CHANNELS = 8
export const LOWEST_RATE = 8_000
export const HIGHEST_RATE = 96_000
/** A writer that cannot go back to its header leaves one of these as length: the sound goes on to the end. */
const STREAMING = new Set([0, 0x7fffffff, 0x80000000, 0xffffffff])

interface Header {
  code: number
  channels: number
  rate: number
  /** One sample of all channels. */
  blockBytes: number
  bits: number
}

/**
 * Reads a WAV file. Length fields are only believed as far as bytes came: a longer, unknown (streaming) or missing length
 * means up to the end, a sample that was cut off is left out. Nothing is allocated for what a header claims.
 * @param what what is read, for messages
 * @param longestSeconds more is refused before it is unpacked
 * @throws audio_unreadable, audio_empty, audio_too_long
 */
export function readWav(bytes: Uint8Array, what: string, longestSeconds: number): Interleaved {
  const unreadable = (problem: string) => errors.audio_unreadable({ what, problem })
  const { fmt, data } = chunksOf(bytes, unreadable)
  const header = readHeader(fmt, unreadable)
  const { name } = FORMATS.get(header.code)!
  const { channels, rate, bits, blockBytes } = header
  const frames = Math.floor(data.length / blockBytes)
  if (frames === 0) throw errors.audio_empty({ what })
  if (frames / rate > longestSeconds)
    throw errors.audio_too_long({ what, seconds: frames / rate, most: longestSeconds })
  const whole = data.subarray(0, frames * blockBytes)
  const about = { format: `WAV ${name}`, rate, channels, bits }
  // nearly everything sends this: read as it is, 40 times faster than through the library
  if (header.code === PCM && bits === 16) return { ...about, frames, data: littleEndian16(whole) }
  return { ...about, frames, data: unpack(header, whole, unreadable) }
}

/** 16-bit little-endian bytes as samples; an odd byte at the end is left out. A copy: bytes may lie anywhere. */
export function littleEndian16(bytes: Uint8Array): Int16Array {
  const samples = new Int16Array(bytes.length >> 1)
  for (let i = 0; i < samples.length; i++) samples[i] = bytes[2 * i]! | (bytes[2 * i + 1]! << 8)
  return samples
}

/** The two chunks that matter. Others, of which there may be any number, are stepped over. */
function chunksOf(bytes: Uint8Array, unreadable: (problem: string) => Error) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 12) throw unreadable('the header is cut off')
  if (tag(bytes, 8) !== 'WAVE') throw unreadable('RIFF, but not WAVE')
  let fmt: DataView | undefined
  let at = 12
  while (at + 8 <= bytes.length) {
    const id = tag(bytes, at)
    const size = view.getUint32(at + 4, true)
    const start = at + 8
    const left = bytes.length - start
    if (id === 'fmt ') fmt = new DataView(bytes.buffer, bytes.byteOffset + start, Math.min(size, left))
    if (id === 'data') {
      if (!fmt) throw unreadable('the sound comes before its format')
      const toEnd = STREAMING.has(size) && !(size === 0 && /^[\w ]{4}$/.test(tag(bytes, start)))
      return { fmt, data: bytes.subarray(start, start + (toEnd ? left : Math.min(size, left))) }
    }
    at = start + size + (size & 1)
  }
  throw unreadable(fmt ? 'no sound follows the header' : 'the header says no format')
}

function readHeader(fmt: DataView, unreadable: (problem: string) => Error): Header {
  if (fmt.byteLength < 16) throw unreadable('the header is cut off')
  const extended = fmt.getUint16(0, true) === EXTENSIBLE && fmt.byteLength >= 26
  const code = fmt.getUint16(extended ? 24 : 0, true)
  const channels = fmt.getUint16(2, true)
  const rate = fmt.getUint32(4, true)
  const bits = fmt.getUint16(14, true)
  const format = FORMATS.get(code)
  if (!format) throw unreadable(`format 0x${code.toString(16)} is not known`)
  if (!format.bits.includes(bits)) throw unreadable(`${format.name} of ${bits} bits`)
  checkShape(channels, rate, unreadable)
  return { code, channels, rate, bits, blockBytes: (channels * bits) / 8 }
}

/** Refuses what cannot be sound for speech. */
export function checkShape(channels: number, rate: number, unreadable: (problem: string) => Error): void {
  if (!(Number.isInteger(channels) && channels >= 1 && channels <= MOST_CHANNELS))
    throw unreadable(`${channels} channels`)
  if (!(rate >= LOWEST_RATE && rate <= HIGHEST_RATE)) throw unreadable(`${rate} samples a second`)
}

/** The library gets a header of ours in front of the bytes: it allocates and loops as a header tells it. */
function unpack(header: Header, data: Uint8Array, unreadable: (problem: string) => Error) {
  try {
    const wave = new wavefile.WaveFile(wrap(header, data))
    if (header.code === A_LAW) wave.fromALaw()
    if (header.code === MU_LAW) wave.fromMuLaw()
    if (header.code === FLOAT) return wave.getSamples(true, Float64Array)
    const samples = wave.getSamples(true, Float64Array)
    const bits = header.code === PCM ? header.bits : 16
    const [zero, full] = bits === 8 ? [128, 128] : [0, 2 ** (bits - 1)]
    return Float32Array.from(samples, value => (value - zero) / full)
  } catch (error) {
    throw unreadable(error instanceof Error ? error.message : String(error))
  }
}

/** A file of one format and one data chunk. */
function wrap({ code, channels, rate, blockBytes, bits }: Header, data: Uint8Array): Uint8Array {
  const file = new Uint8Array(HEADER_BYTES + data.length)
  const view = new DataView(file.buffer)
  const text = (at: number, letters: string) => {
    for (let i = 0; i < letters.length; i++) file[at + i] = letters.charCodeAt(i)
  }
  text(0, 'RIFF')
  view.setUint32(4, HEADER_BYTES - 8 + data.length, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, code, true)
  view.setUint16(22, channels, true)
  view.setUint32(24, rate, true)
  view.setUint32(28, rate * blockBytes, true)
  view.setUint16(32, blockBytes, true)
  view.setUint16(34, bits, true)
  text(36, 'data')
  view.setUint32(40, data.length, true)
  file.set(data, HEADER_BYTES)
  return file
}

const tag = (bytes: Uint8Array, at: number) => String.fromCharCode(...bytes.subarray(at, at + 4))
