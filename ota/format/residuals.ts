/**
 * Small numbers, mostly zero, told apart by context: each context is a stream of its own, because where a change is likely
 * and where it is not are two different codes. A stream is written as the lengths of its runs of zeros and the values
 * between them, or value by value, whichever will be shorter: so that a symbol can cost less than one bit although
 * what compresses the result spends at least one on each byte.
 */
import { errors } from './errors.js'

/** A run this long goes on. */
const LONG_RUN = 255
/** More than any chunk has symbols. */
const FOR_EVER = 0x7fffffff
const EMPTY = 0
const RUNS = 1
const PLAIN = 2

/** One walk over the data serves both ways: writing returns what it is given, reading what was given then. */
export interface ResidualCoder {
  /** @param value 0 to 255; not looked at when reading */
  code(context: number, value: number): number
}

export class ResidualWriter implements ResidualCoder {
  readonly #values: Uint8Array[]
  readonly #counts: Uint32Array
  constructor(contexts: number) {
    this.#values = Array.from({ length: contexts }, () => new Uint8Array(64))
    this.#counts = new Uint32Array(contexts)
  }
  code(context: number, value: number): number {
    const at = this.#counts[context]!++
    let values = this.#values[context]!
    if (at === values.length) {
      const larger = new Uint8Array(at * 4)
      larger.set(values)
      this.#values[context] = values = larger
    }
    values[at] = value
    return value
  }
  /** A table of lengths, then all runs, all values between them, all plain values. */
  finish(): Uint8Array {
    const streams = this.#values.map((values, i) => shortest(values.subarray(0, this.#counts[i])))
    const table = streams.flatMap(s => [s.mode, ...varint(s.runs.length), ...varint(s.values.length)])
    return Buffer.concat([
      Buffer.from(table),
      ...streams.filter(s => s.mode === RUNS).map(s => s.runs),
      ...streams.map(s => s.values),
    ])
  }
}

interface Stream {
  mode: number
  runs: Uint8Array
  values: Uint8Array
}

const NOTHING = new Uint8Array(0)

function shortest(values: Uint8Array): Stream {
  let changed = 0
  for (const value of values) if (value !== 0) changed++
  if (changed === 0) return { mode: EMPTY, runs: NOTHING, values: NOTHING }
  const runs: number[] = []
  const between = new Uint8Array(changed)
  let at = 0
  let run = 0
  for (const value of values) {
    if (value === 0) {
      run++
      continue
    }
    for (; run >= LONG_RUN; run -= LONG_RUN) runs.push(LONG_RUN)
    runs.push(run)
    between[at++] = value
    run = 0
  }
  const asRuns = { mode: RUNS, runs: Uint8Array.from(runs), values: between }
  return costBits(asRuns.runs) + costBits(between) < costBits(values)
    ? asRuns
    : { mode: PLAIN, runs: NOTHING, values }
}

/** About what a Huffman code makes of it: the entropy, and never less than one bit each. */
function costBits(values: Uint8Array): number {
  const counts = new Uint32Array(256)
  for (const value of values) counts[value]!++
  let bits = 0
  for (const n of counts) if (n) bits -= n * Math.log2(n / values.length)
  return Math.max(bits, values.length)
}

export class ResidualReader implements ResidualCoder {
  readonly #body: Uint8Array
  readonly #modes: Uint8Array
  /** Zeros until the next value: for ever in a stream without any, none in one that is written value by value. */
  readonly #left: Int32Array
  readonly #runAt: Uint32Array
  readonly #runEnd: Uint32Array
  readonly #valueAt: Uint32Array
  readonly #valueEnd: Uint32Array

  /** @throws delta_piece_broken */
  constructor(body: Uint8Array, contexts: number) {
    this.#body = body
    this.#modes = new Uint8Array(contexts)
    this.#left = new Int32Array(contexts)
    this.#runAt = new Uint32Array(contexts)
    this.#runEnd = new Uint32Array(contexts)
    this.#valueAt = new Uint32Array(contexts)
    this.#valueEnd = new Uint32Array(contexts)
    const table = new VarintReader(body)
    for (let i = 0; i < contexts; i++) {
      this.#modes[i] = table.next()
      this.#runEnd[i] = table.next()
      this.#valueEnd[i] = table.next()
    }
    let at = table.at
    for (let i = 0; i < contexts; i++) {
      this.#runAt[i] = at
      at += this.#runEnd[i]!
      this.#runEnd[i] = at
    }
    for (let i = 0; i < contexts; i++) {
      this.#valueAt[i] = at
      at += this.#valueEnd[i]!
      this.#valueEnd[i] = at
    }
    if (at !== body.length) throw errors.delta_piece_broken({ problem: 'its streams do not fill it' })
    for (let i = 0; i < contexts; i++) {
      if (this.#modes[i] === EMPTY) this.#left[i] = FOR_EVER
      if (this.#modes[i] === RUNS) this.#nextRun(i)
    }
  }

  #nextRun(context: number): void {
    let run = 0
    let at = this.#runAt[context]!
    const end = this.#runEnd[context]!
    for (; at < end && this.#body[at] === LONG_RUN; at++) run += LONG_RUN
    if (at < end) run += this.#body[at++]!
    this.#runAt[context] = at
    this.#left[context] = run
  }

  /** Zeros after the last. */
  code(context: number): number {
    const left = this.#left[context]!
    if (left === 0) return this.#value(context)
    this.#left[context] = left - 1
    return 0
  }

  #value(context: number): number {
    const at = this.#valueAt[context]!
    if (at >= this.#valueEnd[context]!) return 0
    this.#valueAt[context] = at + 1
    if (this.#modes[context] === RUNS) this.#nextRun(context)
    return this.#body[at]!
  }
}

/** Seven bits a byte, the lowest first. */
export function varint(n: number): number[] {
  const bytes: number[] = []
  for (let rest = n; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest]
    bytes.push((rest % 128) | 128)
  }
}

/** Five bytes hold any length there is here. */
const MOST_VARINT_BYTES = 5

export class VarintReader {
  at = 0
  readonly #bytes: Uint8Array
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }
  /** @throws delta_piece_broken */
  next(): number {
    let value = 0
    for (let i = 0; i < MOST_VARINT_BYTES; i++) {
      const byte = this.#bytes[this.at++]
      if (byte === undefined) break
      value += (byte & 127) * 2 ** (7 * i)
      if (byte < 128) return value
    }
    throw errors.delta_piece_broken({ problem: 'a length in it does not end' })
  }
}
