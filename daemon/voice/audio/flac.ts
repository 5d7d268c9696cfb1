import { errors } from '../errors.js'
import { checkShape, type Interleaved } from './wav.js'

/**
 * A frame of silence takes some 15 bytes for 65,535 samples of each channel: little is handed over at a time, so that
 * at most some 30 such frames (60 MB) are unpacked before it is looked how much came of it.
 */
const PIECE_BYTES = 512
const STREAMINFO_END = 42
/** @source RFC 9639 §9.1 */
const LONGEST_HEADER = 16
/** The library looks at no frame before so much of it came. */
const HEADER_ROOM = 64

/**
 * Reads a FLAC file.
 * @param what what is read, for messages
 * @param longestSeconds unpacking ends where more comes
 * @throws audio_unreadable, audio_empty, audio_too_long
 */
export async function readFlac(
  bytes: Uint8Array,
  what: string,
  longestSeconds: number,
): Promise<Interleaved> {
  const unreadable = (problem: string, cause?: unknown) => errors.audio_unreadable({ what, problem }, cause)
  const { rate, channels, bits, claimed } = streamInfo(bytes, unreadable)
  checkShape(channels, rate, unreadable)
  const tooLong = (frames: number) =>
    errors.audio_too_long({ what, seconds: frames / rate, most: longestSeconds })
  if (claimed / rate > longestSeconds) throw tooLong(claimed)

  const { FLACDecoder } = await import('@wasm-audio-decoders/flac')
  const decoder = new FLACDecoder()
  await decoder.ready
  const pieces: Float32Array[][] = []
  let frames = 0
  const take = (channelData: Float32Array[], count: number) => {
    if (count === 0) return
    if (channelData.length !== channels) throw unreadable('the number of channels changes')
    pieces.push(channelData)
    frames += count
    if (frames / rate > longestSeconds) throw tooLong(frames)
  }
  try {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const piece = await quietly(() => decoder.decode(bytes.subarray(at, at + PIECE_BYTES)))
      take(piece.channelData, piece.samplesDecoded)
    }
    const last = await quietly(() => decoder.decode(anotherHeader(bytes)))
    take(last.channelData, last.samplesDecoded)
  } catch (error) {
    if (error instanceof Error && error.name === 'FieldmouseError') throw error
    throw unreadable('what follows the header is no FLAC', error)
  } finally {
    decoder.free()
  }
  if (frames === 0) {
    if (claimed === 0) throw errors.audio_empty({ what })
    throw unreadable('no whole frame of it came')
  }
  return { format: 'FLAC', rate, channels, bits, frames, data: interleave(pieces, channels, bits) }
}

/** @source RFC 9639 §8.2: STREAMINFO is the first block and has 34 bytes */
function streamInfo(bytes: Uint8Array, unreadable: (problem: string) => Error) {
  if (bytes.length < STREAMINFO_END || (bytes[4]! & 0x7f) !== 0) throw unreadable('the header is cut off')
  const view = new DataView(bytes.buffer, bytes.byteOffset, STREAMINFO_END)
  const packed = view.getUint32(18)
  return {
    rate: packed >>> 12,
    channels: ((packed >>> 9) & 7) + 1,
    bits: ((packed >>> 4) & 31) + 1,
    /** Samples of a channel; 0 when its writer did not know. */
    claimed: (packed & 15) * 2 ** 32 + view.getUint32(22),
  }
}

/**
 * The library finds the end of a frame by the header of the next; where none follows, its `flush` loses the last quarter of
 * a second of every 15th file (codec-parser 2.5, seen with people's voices). So a header follows: that of the first frame.
 */
function anotherHeader(bytes: Uint8Array): Uint8Array {
  let at = 4
  for (let last = false; !last && at + 4 <= bytes.length; ) {
    last = (bytes[at]! & 0x80) !== 0
    at += 4 + bytes[at + 1]! * 65_536 + bytes[at + 2]! * 256 + bytes[at + 3]!
  }
  const header = new Uint8Array(HEADER_ROOM)
  header.set(bytes.subarray(at, at + LONGEST_HEADER))
  return header
}

/**
 * The library tells each broken frame on the console, which is the daemon's log: silent for as long as one call takes,
 * in which nothing else runs. What it finds is in its answer too.
 */
function quietly<T>(decode: () => T): T {
  const told = console.error
  console.error = () => {}
  try {
    return decode()
  } finally {
    console.error = told
  }
}

/** 16 bits become what they were: the library divides by 32,767. */
function interleave(pieces: Float32Array[][], channels: number, bits: number): Int16Array | Float32Array {
  const length = pieces.reduce((sum, piece) => sum + piece[0]!.length, 0) * channels
  const all = bits === 16 ? new Int16Array(length) : new Float32Array(length)
  const scale = bits === 16 ? 32767 : 1
  let at = 0
  for (const piece of pieces) {
    const count = piece[0]!.length
    for (let channel = 0; channel < channels; channel++) {
      const from = piece[channel]!
      for (let i = 0; i < count; i++) {
        const value = from[i]! * scale
        all[(at + i) * channels + channel] = bits === 16 ? Math.round(value) : value
      }
    }
    at += count
  }
  return all
}
