/**
 * New bytes as copies of ranges of old bytes, and what is new between them. For headers: a longer chat template moves all
 * that follows and changes none of it.
 */
import { errors } from './errors.js'
import { VarintReader, varint } from './residuals.js'

/** Old bytes are looked up in steps of this; shorter repetitions are not worth telling. */
const STEP = 16

/** Knows where in the old bytes something stands. Holds them in memory: for the publisher. */
export class CopyEncoder {
  readonly #old: Buffer
  readonly #where = new Map<string, number>()
  constructor(old: Uint8Array) {
    this.#old = Buffer.from(old.buffer, old.byteOffset, old.byteLength)
    for (let at = 0; at + STEP <= old.length; at += STEP) {
      const key = this.#old.toString('latin1', at, at + STEP)
      if (!this.#where.has(key)) this.#where.set(key, at)
    }
  }

  /** @returns a body to compress: operations, each `literals, copied, from`, then all literals */
  encode(next: Uint8Array): Uint8Array {
    const bytes = Buffer.from(next.buffer, next.byteOffset, next.byteLength)
    const operations: number[] = []
    const literals: Uint8Array[] = []
    let done = 0
    let count = 0
    const tell = (upTo: number, copied: number, from: number) => {
      operations.push(...varint(upTo - done), ...varint(copied), ...varint(from))
      literals.push(bytes.subarray(done, upTo))
      done = upTo + copied
      count++
    }
    for (let at = 0; at + STEP <= bytes.length; at++) {
      const found = this.#where.get(bytes.toString('latin1', at, at + STEP))
      if (found === undefined) continue
      let start = at
      let from = found
      while (start > done && from > 0 && bytes[start - 1] === this.#old[from - 1]) {
        start--
        from--
      }
      let length = at - start + STEP
      while (start + length < bytes.length && bytes[start + length] === this.#old[from + length]) length++
      tell(start, length, from)
      at = done - 1
    }
    if (done < bytes.length) tell(bytes.length, 0, 0)
    return Buffer.concat([Buffer.from(varint(count)), Buffer.from(operations), ...literals])
  }
}

/** Bytes of the old data; called only with ranges inside it. */
export type ReadOld = (offset: number, length: number) => Promise<Uint8Array>

/**
 * @param length of what is restored, bytes
 * @throws delta_piece_broken
 */
export async function decodeCopies(
  body: Uint8Array,
  length: number,
  old: { length: number; read: ReadOld },
): Promise<Uint8Array> {
  const reader = new VarintReader(body)
  const count = reader.next()
  const operations: [literals: number, copied: number, from: number][] = []
  let total = 0
  for (let i = 0; i < count; i++) {
    const [literals, copied, from] = [reader.next(), reader.next(), reader.next()]
    total += literals + copied
    if (total > length || from + copied > old.length)
      throw errors.delta_piece_broken({ problem: 'it copies beyond an end' })
    operations.push([literals, copied, from])
  }
  const next = new Uint8Array(length)
  let at = 0
  let literal = reader.at
  for (const [literals, copied, from] of operations) {
    next.set(body.subarray(literal, literal + literals), at)
    literal += literals
    at += literals
    if (copied > 0) next.set(await old.read(from, copied), at)
    at += copied
  }
  if (at !== length || literal !== body.length)
    throw errors.delta_piece_broken({ problem: 'it is not as long as what it restores' })
  return next
}
