/** Sounds and files made for tests: nothing here is a recording. */
import { seeded } from '../../daemon/base/random.js'
import { SAMPLE_RATE, type Samples } from '../../daemon/voice/audio/pcm.js'

/** A tone. @param level of its peak, 0 to 1 */
export function sine(hz: number, seconds: number, level = 0.5, rate: number = SAMPLE_RATE): Float32Array {
  return Float32Array.from(
    { length: Math.round(seconds * rate) },
    (_, i) => level * Math.sin((2 * Math.PI * hz * i) / rate),
  )
}

/** White noise. @param rms 0 to 1 */
export function noise(seconds: number, rms: number, seed = 1): Samples {
  const random = seeded(seed)
  const gauss = () => random() + random() + random() + random() - 2 // variance 1/3
  return Int16Array.from({ length: Math.round(seconds * SAMPLE_RATE) }, () =>
    Math.max(-32768, Math.min(32767, Math.round(gauss() * Math.sqrt(3) * rms * 32768))),
  )
}

/** From -1 to 1 to 16 bits. */
export const bits16 = (mono: Float32Array): Samples =>
  Int16Array.from(mono, value => Math.round(value * 32767))

/** How loud a tone of `hz` is in it, of its peak, 0 to 1. The ends are left out. */
export function levelAt(samples: Samples, hz: number, rate: number = SAMPLE_RATE): number {
  const edge = Math.floor(samples.length / 10)
  let re = 0
  let im = 0
  const count = samples.length - 2 * edge
  for (let i = 0; i < count; i++) {
    // Hann's window keeps neighbours out
    const value = samples[i + edge]! * (1 - Math.cos((2 * Math.PI * i) / count))
    re += value * Math.cos((2 * Math.PI * hz * i) / rate)
    im += value * Math.sin((2 * Math.PI * hz * i) / rate)
  }
  return (2 * Math.hypot(re, im)) / count / 32768
}

const FRAME = 4096
const SIZE_AT_END = 7

/**
 * The simplest FLAC there is: 16 bits, each frame as it is, or (`constant`) one value for a whole frame.
 * @source RFC 9639
 */
export function encodeFlac(
  interleaved: Int16Array,
  rate: number,
  channels = 1,
  { constantFrames = 0, claimed = interleaved.length / channels } = {},
): Uint8Array {
  const head = new DataView(new ArrayBuffer(42))
  head.setUint32(0, 0x664c6143)
  head.setUint32(4, 0x80000022)
  head.setUint16(8, 16)
  head.setUint16(10, 65535)
  head.setUint32(18, rate * 4096 + (channels - 1) * 512 + 15 * 16)
  head.setUint32(22, claimed)
  const out: number[] = [...new Uint8Array(head.buffer)]
  const total = interleaved.length / channels
  let number = 0
  // Hz, or tens of them
  const [rateAtEnd, hz] = rate < 65_536 ? [13, rate] : [14, rate / 10]
  const frame = (size: number, body: number[]) => {
    const start = [0xff, 0xf8, (SIZE_AT_END << 4) | rateAtEnd, ((channels - 1) << 4) | 8, ...utf8(number++)]
    start.push((size - 1) >> 8, (size - 1) & 255, hz >> 8, hz & 255)
    const whole = [...start, crc(start, 8, 0x07), ...body]
    const sum = crc(whole, 16, 0x8005)
    for (const byte of [...whole, sum >> 8, sum & 255]) out.push(byte)
  }
  for (let i = 0; i < constantFrames; i++) frame(65535, Array(channels).fill([0, 0, 0]).flat())
  for (let at = 0; at < total; at += FRAME) {
    const size = Math.min(FRAME, total - at)
    const body: number[] = []
    for (let channel = 0; channel < channels; channel++) {
      body.push(2)
      for (let i = at; i < at + size; i++) {
        const value = interleaved[i * channels + channel]! & 0xffff
        body.push(value >> 8, value & 255)
      }
    }
    frame(size, body)
  }
  return Uint8Array.from(out)
}

function utf8(number: number): number[] {
  if (number < 0x80) return [number]
  if (number < 0x800) return [0xc0 | (number >> 6), 0x80 | (number & 63)]
  return [0xe0 | (number >> 12), 0x80 | ((number >> 6) & 63), 0x80 | (number & 63)]
}

function crc(bytes: readonly number[], bits: 8 | 16, polynomial: number): number {
  const top = 1 << (bits - 1)
  const mask = 2 ** bits - 1
  let sum = 0
  for (const byte of bytes) {
    sum ^= byte << (bits - 8)
    for (let i = 0; i < 8; i++) sum = (sum & top ? (sum << 1) ^ polynomial : sum << 1) & mask
  }
  return sum
}
