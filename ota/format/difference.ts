/**
 * What changed between two tensors of one type, written so that it compresses. A fine-tune moves a weight by less than
 * one step, but a moved maximum moves the scale of its whole block and with it every quant. So the new scales are told
 * first, the old weights are quantized again with them, and only what differs from that is told: of a change of 1 % merged
 * into Q4_K, half of what a byte difference costs. How near a weight then lies to the border between two quants says how
 * likely it crossed it: that is the context.
 * Only IEEE 754 doubles, and only + - * / floor: the same on every machine.
 */
import { BLOCK_LAYOUTS, type Block, type BlockLayout, emptyBlock, halfToNumber } from './blocks.js'
import { type ResidualCoder, ResidualReader, ResidualWriter } from './residuals.js'

/** Distances to the nearest border between two values, in equal steps; the last is for what was cut off at the end. */
const BORDER_STEPS = 12
const CONTEXTS_PER_KIND = BORDER_STEPS + 1
/** Two halves, two bytes each. */
const SUBS_AT = 4
const MINIMA_AT = SUBS_AT + CONTEXTS_PER_KIND
const QUANTS_AT = MINIMA_AT + CONTEXTS_PER_KIND
/** What is left over when bytes end inside a block. */
const TAIL_AT = QUANTS_AT + CONTEXTS_PER_KIND
const BLOCK_CONTEXTS = TAIL_AT + 1
/** Bytes of a number, by ggml type: F32, F16, I16, I32, BF16. Others are taken as single bytes. */
const NUMBER_BYTES: Readonly<Record<number, 1 | 2 | 4>> = { 0: 4, 1: 2, 25: 2, 26: 4, 30: 2 }

/** @returns a body to compress. `old` counts as zeros beyond its end. */
export function encodeDifference(type: number, old: Uint8Array, next: Uint8Array): Uint8Array {
  const writer = new ResidualWriter(contextsOf(type))
  walk(type, old, next.slice(), writer)
  return writer.finish()
}

/**
 * Fills `next` with what `encodeDifference` was given, if `old` and `body` are the same; with something else otherwise.
 * @throws delta_piece_broken
 */
export function decodeDifference(type: number, old: Uint8Array, body: Uint8Array, next: Uint8Array): void {
  walk(type, old, next, new ResidualReader(body, contextsOf(type)))
}

const contextsOf = (type: number) => (BLOCK_LAYOUTS[type] ? BLOCK_CONTEXTS : (NUMBER_BYTES[type] ?? 1))

/** Goes over `next`, telling it to the coder or hearing it from there. */
function walk(type: number, from: Uint8Array, next: Uint8Array, coder: ResidualCoder): void {
  let old = from
  if (old.length < next.length) {
    old = new Uint8Array(next.length)
    old.set(from)
  }
  const layout = BLOCK_LAYOUTS[type]
  if (layout) {
    const whole = next.length - (next.length % layout.bytes)
    new BlockWalk(layout, coder).run(old, next, whole)
    walkBytes(old, next, whole, coder, TAIL_AT)
    return
  }
  const width = NUMBER_BYTES[type] ?? 1
  const whole = next.length - (next.length % width)
  if (width === 2) walkHalves(old, next, whole, coder)
  if (width === 4) walkWords(old, next, whole, coder)
  walkBytes(old, next, width === 1 ? 0 : whole, coder, 0)
}

function walkBytes(old: Uint8Array, next: Uint8Array, from: number, coder: ResidualCoder, context: number) {
  for (let i = from; i < next.length; i++)
    next[i] = old[i]! + coder.code(context, (next[i]! - old[i]!) & 0xff)
}

/** Sign and magnitude to a number that grows with the float; its own inverse but for the side it comes from. */
const ordered16 = (bits: number) => (bits & 0x8000 ? ~bits & 0xffff : bits | 0x8000)
const bits16 = (order: number) => (order & 0x8000 ? order & 0x7fff : ~order & 0xffff)
const ordered32 = (bits: number) => (bits < 0 ? ~bits : bits | 0x80000000) | 0
const bits32 = (order: number) => (order < 0 ? order & 0x7fffffff : ~order) | 0
/** Small steps up and down to small numbers: 0, -1, 1, -2, 2, ... */
const zigzag16 = (step: number) => (((step << 16) >> 15) ^ ((step << 16) >> 31)) & 0xffff
const zagzig16 = (z: number) => ((z >>> 1) ^ -(z & 1)) & 0xffff

function codeHalf(old: number, next: number, coder: ResidualCoder, context: number): number {
  const from = ordered16(old)
  const z = zigzag16(ordered16(next) - from)
  const high = coder.code(context + 1, z >> 8)
  const low = coder.code(context, z & 0xff)
  return bits16((from + zagzig16(low | (high << 8))) & 0xffff)
}

function walkHalves(old: Uint8Array, next: Uint8Array, end: number, coder: ResidualCoder): void {
  for (let i = 0; i < end; i += 2) {
    const bits = codeHalf(old[i]! | (old[i + 1]! << 8), next[i]! | (next[i + 1]! << 8), coder, 0)
    next[i] = bits & 0xff
    next[i + 1] = bits >> 8
  }
}

function walkWords(old: Uint8Array, next: Uint8Array, end: number, coder: ResidualCoder): void {
  const a = new DataView(old.buffer, old.byteOffset)
  const b = new DataView(next.buffer, next.byteOffset)
  for (let i = 0; i < end; i += 4) {
    const from = ordered32(a.getInt32(i, true))
    const step = (ordered32(b.getInt32(i, true)) - from) | 0
    const z = (step << 1) ^ (step >> 31)
    let told = 0
    for (let byte = 0; byte < 4; byte++) told |= coder.code(byte, (z >>> (byte * 8)) & 0xff) << (byte * 8)
    b.setInt32(i, bits32((from + ((told >>> 1) ^ -(told & 1))) | 0), true)
  }
}

class BlockWalk {
  readonly #layout: BlockLayout
  readonly #coder: ResidualCoder
  readonly #old: Block
  readonly #next: Block
  constructor(layout: BlockLayout, coder: ResidualCoder) {
    this.#layout = layout
    this.#coder = coder
    this.#old = emptyBlock(layout)
    this.#next = emptyBlock(layout)
  }

  run(oldBytes: Uint8Array, nextBytes: Uint8Array, end: number): void {
    const { bytes, halves, groups, quants, quantBits, affine } = this.#layout
    const old = this.#old
    const next = this.#next
    const step = new Float64Array(groups)
    const floor = new Float64Array(groups)
    const nextStep = new Float64Array(groups)
    const nextFloor = new Float64Array(groups)
    const perGroup = quants / groups
    const mask = 2 ** quantBits - 1
    const coder = this.#coder
    const oldQuants = old.quants
    const nextQuants = next.quants
    for (let at = 0; at < end; at += bytes) {
      this.#layout.unpack(oldBytes, at, old)
      this.#layout.unpack(nextBytes, at, next)
      for (let h = 0; h < halves; h++)
        next.halves[h] = codeHalf(old.halves[h]!, next.halves[h]!, coder, h * 2)
      this.#codeSubs()
      affine(old, step, floor)
      affine(next, nextStep, nextFloor)
      for (let g = 0; g < groups; g++) {
        const scale = step[g]! / nextStep[g]!
        const shift = (floor[g]! - nextFloor[g]!) / nextStep[g]!
        for (let i = g * perGroup; i < (g + 1) * perGroup; i++)
          nextQuants[i] = near(
            oldQuants[i]! * scale + shift,
            oldQuants[i]!,
            nextQuants[i]!,
            mask,
            coder,
            QUANTS_AT,
          )
      }
      this.#layout.pack(next, nextBytes, at)
    }
  }

  /** Small scales move against the half that multiplies them. */
  #codeSubs(): void {
    const { subs, subBits, subZero, halfOf } = this.#layout
    const mask = 2 ** subBits - 1
    for (let i = 0; i < subs; i++) {
      const half = halfOf(i)
      const ratio = halfToNumber(this.#old.halves[half]!) / halfToNumber(this.#next.halves[half]!)
      const before = this.#old.subs[i]!
      const expected = (before - subZero) * ratio + subZero
      this.#next.subs[i] = near(
        expected,
        before,
        this.#next.subs[i]!,
        mask,
        this.#coder,
        half ? MINIMA_AT : SUBS_AT,
      )
    }
  }
}

/**
 * Tells a value by how far it is from where it is expected; one step towards the nearer border is the likeliest change.
 * @param before stands in where nothing can be expected: a scale of zero, or one that is no number
 */
function near(
  expected: number,
  before: number,
  value: number,
  mask: number,
  coder: ResidualCoder,
  context: number,
): number {
  const usable = expected - expected === 0 ? expected : before
  let nearest = Math.floor(usable + 0.5)
  if (nearest < 0) nearest = 0
  else if (nearest > mask) nearest = mask
  const off = usable - nearest
  const distance = Math.floor((off < 0 ? -off : off) * 2 * BORDER_STEPS)
  const border = context + Math.min(distance, BORDER_STEPS)
  if (off < 0) return (nearest - coder.code(border, (nearest - value) & mask)) & mask
  return (nearest + coder.code(border, (value - nearest) & mask)) & mask
}
