/**
 * How ggml packs weights: a block holds half-precision scales, with the larger types small scales of groups too, and the
 * quants. Taking a block apart loses nothing: `pack(unpack(b))` is `b` for any bytes. A type that is not listed here is
 * handled as plain bytes.
 * @source ggml/src/ggml-common.h (block_q4_0 ... block_q6_K); ggml/src/ggml-quants.c (dequantize_row_*, get_scale_min_k4)
 */

/** One block in parts. Signed values are kept with an offset, so that all are whole numbers from 0. */
export interface Block {
  /** Half-precision numbers, as their bits. */
  halves: Uint16Array
  /** Small scales of the groups, then their minima. */
  subs: Uint8Array
  quants: Uint8Array
}

export interface BlockLayout {
  bytes: number
  halves: number
  subs: number
  subBits: number
  /** The number that stands for zero in `subs`. */
  subZero: number
  quants: number
  quantBits: number
  /** Equal runs of quants with a step of their own. */
  groups: number
  unpack(bytes: Uint8Array, at: number, block: Block): void
  pack(block: Block, bytes: Uint8Array, at: number): void
  /** A quant of group g weighs `step[g] * quant + floor[g]`. Needs halves and subs only. */
  affine(block: Block, step: Float64Array, floor: Float64Array): void
  /** Which of the halves multiplies the sub. */
  halfOf(sub: number): number
}

export function emptyBlock({ halves, subs, quants }: BlockLayout): Block {
  return { halves: new Uint16Array(halves), subs: new Uint8Array(subs), quants: new Uint8Array(quants) }
}

/** IEEE 754 binary16. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

const half = (bytes: Uint8Array, at: number) => bytes[at]! | (bytes[at + 1]! << 8)
function putHalf(bytes: Uint8Array, at: number, bits: number): void {
  bytes[at] = bits & 0xff
  bytes[at + 1] = bits >> 8
}

/** 32 quants of 4 or 5 bits with one scale and, with two halves, a minimum: Q4_0, Q4_1, Q5_0, Q5_1. */
function smallBlock(halves: 1 | 2, quantBits: 4 | 5): BlockLayout {
  const highAt = halves * 2
  const lowAt = highAt + (quantBits === 5 ? 4 : 0)
  return {
    bytes: lowAt + 16,
    halves,
    subs: 0,
    subBits: 0,
    subZero: 0,
    quants: 32,
    quantBits,
    groups: 1,
    unpack(bytes, at, { halves: h, quants: q }) {
      for (let i = 0; i < halves; i++) h[i] = half(bytes, at + i * 2)
      for (let i = 0; i < 16; i++) {
        const low = bytes[at + lowAt + i]!
        q[i] = low & 15
        q[i + 16] = low >> 4
      }
      if (quantBits === 5)
        for (let i = 0; i < 32; i++) q[i] = q[i]! | (((bytes[at + highAt + (i >> 3)]! >> (i & 7)) & 1) << 4)
    },
    pack({ halves: h, quants: q }, bytes, at) {
      for (let i = 0; i < halves; i++) putHalf(bytes, at + i * 2, h[i]!)
      for (let i = 0; i < 16; i++) bytes[at + lowAt + i] = (q[i]! & 15) | ((q[i + 16]! & 15) << 4)
      if (quantBits === 4) return
      bytes.fill(0, at + highAt, at + lowAt)
      for (let i = 0; i < 32; i++) bytes[at + highAt + (i >> 3)]! |= (q[i]! >> 4) << (i & 7)
    },
    affine({ halves: h }, step, floor) {
      const d = halfToNumber(h[0]!)
      step[0] = d
      floor[0] = halves === 2 ? halfToNumber(h[1]!) : -d * (quantBits === 4 ? 8 : 16)
    },
    halfOf: () => 0,
  }
}

const q8_0: BlockLayout = {
  bytes: 34,
  halves: 1,
  subs: 0,
  subBits: 0,
  subZero: 0,
  quants: 32,
  quantBits: 8,
  groups: 1,
  unpack(bytes, at, { halves, quants }) {
    halves[0] = half(bytes, at)
    for (let i = 0; i < 32; i++) quants[i] = bytes[at + 2 + i]! ^ 0x80
  },
  pack({ halves, quants }, bytes, at) {
    putHalf(bytes, at, halves[0]!)
    for (let i = 0; i < 32; i++) bytes[at + 2 + i] = quants[i]! ^ 0x80
  },
  affine({ halves }, step, floor) {
    step[0] = halfToNumber(halves[0]!)
    floor[0] = -128 * step[0]
  },
  halfOf: () => 0,
}

/** 8 groups of 32 quants, scale and minimum of 6 bits each, packed in 12 bytes: Q4_K, Q5_K. */
function kBlock(quantBits: 4 | 5): BlockLayout {
  const lowAt = quantBits === 5 ? 48 : 16
  return {
    bytes: lowAt + 128,
    halves: 2,
    subs: 16,
    subBits: 6,
    subZero: 0,
    quants: 256,
    quantBits,
    groups: 8,
    unpack(bytes, at, { halves, subs, quants }) {
      halves[0] = half(bytes, at)
      halves[1] = half(bytes, at + 2)
      const s = at + 4
      for (let j = 0; j < 4; j++) {
        const [a, b, c] = [bytes[s + j]!, bytes[s + j + 4]!, bytes[s + j + 8]!]
        subs[j] = a & 63
        subs[j + 8] = b & 63
        subs[j + 4] = (c & 15) | ((a >> 6) << 4)
        subs[j + 12] = (c >> 4) | ((b >> 6) << 4)
      }
      for (let pair = 0; pair < 4; pair++)
        for (let i = 0; i < 32; i++) {
          const low = bytes[at + lowAt + pair * 32 + i]!
          const high = quantBits === 5 ? bytes[at + 16 + i]! >> (pair * 2) : 0
          quants[pair * 64 + i] = (low & 15) | ((high & 1) << 4)
          quants[pair * 64 + 32 + i] = (low >> 4) | ((high & 2) << 3)
        }
    },
    pack({ halves, subs, quants }, bytes, at) {
      putHalf(bytes, at, halves[0]!)
      putHalf(bytes, at + 2, halves[1]!)
      const s = at + 4
      for (let j = 0; j < 4; j++) {
        bytes[s + j] = subs[j]! | ((subs[j + 4]! >> 4) << 6)
        bytes[s + j + 4] = subs[j + 8]! | ((subs[j + 12]! >> 4) << 6)
        bytes[s + j + 8] = (subs[j + 4]! & 15) | ((subs[j + 12]! & 15) << 4)
      }
      if (quantBits === 5) bytes.fill(0, at + 16, at + lowAt)
      for (let pair = 0; pair < 4; pair++)
        for (let i = 0; i < 32; i++) {
          const a = quants[pair * 64 + i]!
          const b = quants[pair * 64 + 32 + i]!
          bytes[at + lowAt + pair * 32 + i] = (a & 15) | ((b & 15) << 4)
          if (quantBits === 5) bytes[at + 16 + i]! |= ((a >> 4) | ((b >> 4) << 1)) << (pair * 2)
        }
    },
    affine({ halves, subs }, step, floor) {
      const d = halfToNumber(halves[0]!)
      const min = halfToNumber(halves[1]!)
      for (let g = 0; g < 8; g++) {
        step[g] = d * subs[g]!
        floor[g] = -min * subs[g + 8]!
      }
    },
    halfOf: sub => (sub < 8 ? 0 : 1),
  }
}

/** 16 groups of 16 quants of 6 bits, scales of 8 bits with a sign. */
const q6_k: BlockLayout = {
  bytes: 210,
  halves: 1,
  subs: 16,
  subBits: 8,
  subZero: 128,
  quants: 256,
  quantBits: 6,
  groups: 16,
  unpack(bytes, at, { halves, subs, quants }) {
    halves[0] = half(bytes, at + 208)
    for (let i = 0; i < 16; i++) subs[i] = bytes[at + 192 + i]! ^ 0x80
    for (let h = 0; h < 2; h++)
      for (let i = 0; i < 32; i++) {
        const low = bytes[at + h * 64 + i]!
        const lower = bytes[at + h * 64 + 32 + i]!
        const high = bytes[at + 128 + h * 32 + i]!
        const q = h * 128 + i
        quants[q] = (low & 15) | ((high & 3) << 4)
        quants[q + 32] = (lower & 15) | ((high & 12) << 2)
        quants[q + 64] = (low >> 4) | (high & 48)
        quants[q + 96] = (lower >> 4) | ((high & 192) >> 2)
      }
  },
  pack({ halves, subs, quants }, bytes, at) {
    putHalf(bytes, at + 208, halves[0]!)
    for (let i = 0; i < 16; i++) bytes[at + 192 + i] = subs[i]! ^ 0x80
    for (let h = 0; h < 2; h++)
      for (let i = 0; i < 32; i++) {
        const q = h * 128 + i
        const [a, b, c, d] = [quants[q]!, quants[q + 32]!, quants[q + 64]!, quants[q + 96]!]
        bytes[at + h * 64 + i] = (a & 15) | ((c & 15) << 4)
        bytes[at + h * 64 + 32 + i] = (b & 15) | ((d & 15) << 4)
        bytes[at + 128 + h * 32 + i] = (a >> 4) | ((b >> 4) << 2) | ((c >> 4) << 4) | ((d >> 4) << 6)
      }
  },
  affine({ halves, subs }, step, floor) {
    const d = halfToNumber(halves[0]!)
    for (let g = 0; g < 16; g++) {
      step[g] = d * (subs[g]! - 128)
      floor[g] = -32 * step[g]!
    }
  },
  halfOf: () => 0,
}

/** By ggml type number. */
export const BLOCK_LAYOUTS: Readonly<Record<number, BlockLayout>> = {
  2: smallBlock(1, 4),
  3: smallBlock(2, 4),
  6: smallBlock(1, 5),
  7: smallBlock(2, 5),
  8: q8_0,
  12: kBlock(4),
  13: kBlock(5),
  14: q6_k,
}
