/**
 * The small WAV files that satellites stream, some thirty a second and site: what one holds is read off its header, and
 * where it is in our own form already, its samples are only copied.
 */
import { SAMPLE_RATE, type Samples } from './pcm.js'

/** What a frame says of itself. Lengths are believed as far as bytes came. */
export interface FrameShape {
  rate: number
  channels: number
  bits: number
  /** Where the sound lies in the frame, bytes. */
  start: number
  end: number
  /** How long it lasts. */
  ms: number
}

const PCM = 1
const RIFF = 0x46464952
const WAVE = 0x45564157
const FMT = 0x20746d66
const DATA = 0x61746164

/** @returns undefined for what is no WAV of PCM samples */
export function shapeOf(bytes: Uint8Array): FrameShape | undefined {
  if (bytes.length < 44) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0, true) !== RIFF || view.getUint32(8, true) !== WAVE) return undefined
  let fmt = -1
  // Snips' satellites put chunks of their own (time, replay) between
  for (let at = 12; at + 8 <= bytes.length; ) {
    const id = view.getUint32(at, true)
    const size = view.getUint32(at + 4, true)
    const start = at + 8
    if (id === FMT && start + 16 <= bytes.length && view.getUint16(start, true) === PCM) fmt = start
    if (id === DATA) {
      if (fmt < 0) return undefined
      const rate = view.getUint32(fmt + 4, true)
      const channels = view.getUint16(fmt + 2, true)
      const bits = view.getUint16(fmt + 14, true)
      const end = Math.min(bytes.length, start + size)
      const bytesPerMs = (rate * channels * bits) / 8 / 1000
      return bytesPerMs > 0 ? { rate, channels, bits, start, end, ms: (end - start) / bytesPerMs } : undefined
    }
    at = start + size + (size & 1)
  }
  return undefined
}

/** The samples of a frame at 16 kHz, 16 bits, one channel; undefined when it has to be converted. */
export function plainSamples(bytes: Uint8Array, shape: FrameShape): Samples | undefined {
  const { rate, channels, bits, start, end } = shape
  if (rate !== SAMPLE_RATE || channels !== 1 || bits !== 16) return undefined
  const samples = new Int16Array((end - start) >> 1)
  // a copy: what comes lies anywhere in the receive buffer, at odd addresses too (and slice() of a Buffer is no copy)
  new Uint8Array(samples.buffer).set(bytes.subarray(start, start + samples.byteLength))
  return samples
}
