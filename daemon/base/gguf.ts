/**
 * GGUF headers read without native code, so that a broken file is refused before it reaches llama.cpp. Nothing in the
 * file is trusted: every count and length is held against the size of the file before it is used.
 * @source ggml/docs/gguf.md, versions 2 and 3
 */
import type { FileHandle } from 'node:fs/promises'
import { defineErrors } from './errors.js'

export const errors = defineErrors({
  not_gguf: {
    says: (a: { path: string; found: string }) => `${a.path} is not a GGUF file (it begins with ${a.found})`,
    remedy: 'Give a model in GGUF format, version 2 or 3.',
  },
  gguf_truncated: {
    says: (a: { path: string; where: string; needs: number; has: number }) =>
      `${a.path} is cut short in its ${a.where}: that needs ${a.needs} bytes, the file has ${a.has}`,
    remedy: 'Copy or download the model again; the disk may have been full.',
  },
  gguf_broken: {
    says: (a: { path: string; where: string; problem: string }) => `${a.path}: ${a.where}: ${a.problem}`,
    remedy: 'The file is damaged or was written by an incompatible program; get it again from its source.',
  },
})

export type GgufValue = number | bigint | boolean | string | GgufValue[]

/** One tensor as the header describes it. */
export interface GgufTensor {
  name: string
  /** Elements along each dimension, the fastest first. */
  shape: number[]
  /** ggml type number: 0 F32, 1 F16, 2 Q4_0, 8 Q8_0, ... */
  type: number
  /** From the start of the file, bytes. */
  offset: number
  sizeBytes: number
}

/** What a GGUF header says. */
export interface GgufHeader {
  version: number
  metadata: Map<string, GgufValue>
  /** GGUF value type of each: 4 whole number, 6 fraction, 8 text, 9 list, ... */
  types: Map<string, number>
  tensors: GgufTensor[]
  parameters: number
  /** What the file must be at least, bytes. */
  needsBytes: number
  fileBytes: number
}

/** Elements and bytes of a block, by ggml type. @source ggml/src/ggml.c, type_traits */
export const GGML_BLOCKS: Readonly<Record<number, readonly [elements: number, bytes: number]>> = {
  0: [1, 4],
  1: [1, 2],
  2: [32, 18],
  3: [32, 20],
  6: [32, 22],
  7: [32, 24],
  8: [32, 34],
  9: [32, 36],
  10: [256, 84],
  11: [256, 110],
  12: [256, 144],
  13: [256, 176],
  14: [256, 210],
  15: [256, 292],
  16: [256, 66],
  17: [256, 74],
  18: [256, 98],
  19: [256, 50],
  20: [32, 18],
  21: [256, 110],
  22: [256, 82],
  23: [256, 136],
  24: [1, 1],
  25: [1, 2],
  26: [1, 4],
  27: [1, 8],
  28: [1, 8],
  29: [256, 56],
  30: [1, 2],
  34: [256, 54],
  35: [256, 66],
  39: [32, 17],
}
const SCALAR_BYTES: Record<number, number> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
}
const ALIGNMENT_KEY = 'general.alignment'
const MOST_ITEMS = 1_000_000
/** No text in a header is longer. */
const MOST_BYTES = 2 ** 30
const MOST_DIMENSIONS = 4
const DEEPEST = 3

/** More bytes of the file are needed to go on. */
class NeedMore extends Error {}

class Reader {
  at = 0
  where = 'header'
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #fileBytes: number
  readonly #path: string
  constructor(bytes: Uint8Array, fileBytes: number, path: string) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#fileBytes = fileBytes
    this.#path = path
  }
  broken(problem: string) {
    return errors.gguf_broken({ path: this.#path, where: this.where, problem })
  }
  truncated(needs: number) {
    return errors.gguf_truncated({ path: this.#path, where: this.where, needs, has: this.#fileBytes })
  }
  /** Claims the next `n` bytes and returns where they start. */
  take(n: number): number {
    const start = this.at
    if (start + n > this.#fileBytes) throw this.truncated(start + n)
    if (start + n > this.#bytes.length) throw new NeedMore()
    this.at += n
    return start
  }
  u8 = () => this.#view.getUint8(this.take(1))
  u32 = () => this.#view.getUint32(this.take(4), true)
  u64 = () => this.#view.getBigUint64(this.take(8), true)
  /** A count or length: must fit what is left of the file at `bytesEach` each. */
  count(what: string, bytesEach: number, most = MOST_BYTES): number {
    const n = this.u64()
    const room = BigInt(this.#fileBytes - this.at)
    if (n > BigInt(most)) throw this.broken(`${what} of ${n} is beyond reason`)
    if (n * BigInt(bytesEach) > room) throw this.truncated(this.at + Number(n) * bytesEach)
    return Number(n)
  }
  string(): string {
    const length = this.count('a text', 1)
    const start = this.take(length)
    return new TextDecoder().decode(this.#bytes.subarray(start, start + length))
  }
  /** Passes over a value as `value` would read it, and holds nothing. */
  skip(type: number, depth = 0): void {
    const bytes = SCALAR_BYTES[type]
    if (bytes !== undefined) this.take(bytes)
    else if (type === 8) this.take(this.count('a text', 1))
    else if (type === 9) {
      const { inner, n } = this.list(depth)
      const each = SCALAR_BYTES[inner]
      if (each !== undefined) this.take(n * each)
      else for (let i = 0; i < n; i++) this.skip(inner, depth + 1)
    } else throw this.broken(`unknown value type ${type}`)
  }
  /** Type and length of a list. */
  list(depth: number): { inner: number; n: number } {
    if (depth >= DEEPEST) throw this.broken('lists are nested too deep')
    const inner = this.u32()
    if (inner !== 8 && inner !== 9 && !(inner in SCALAR_BYTES))
      throw this.broken(`unknown value type ${inner}`)
    return { inner, n: this.count('a list', SCALAR_BYTES[inner] ?? 8, MOST_ITEMS * 4) }
  }
  value(type: number, depth = 0): GgufValue {
    switch (type) {
      case 0:
        return this.u8()
      case 1:
        return this.#view.getInt8(this.take(1))
      case 2:
        return this.#view.getUint16(this.take(2), true)
      case 3:
        return this.#view.getInt16(this.take(2), true)
      case 4:
        return this.u32()
      case 5:
        return this.#view.getInt32(this.take(4), true)
      case 6:
        return this.#view.getFloat32(this.take(4), true)
      case 7:
        return this.u8() !== 0
      case 8:
        return this.string()
      case 9: {
        const { inner, n } = this.list(depth)
        return Array.from({ length: n }, () => this.value(inner, depth + 1))
      }
      case 10:
        return this.u64()
      case 11:
        return this.#view.getBigInt64(this.take(8), true)
      case 12:
        return this.#view.getFloat64(this.take(8), true)
      default:
        throw this.broken(`unknown value type ${type}`)
    }
  }
}

/**
 * Reads a header from the first bytes of a file.
 * @param fileBytes size of the whole file
 * @param isKept which metadata is wanted: a vocabulary can take many times its bytes. Default all
 * @returns undefined when the header goes on beyond `bytes`
 * @throws not_gguf, gguf_truncated, gguf_broken
 */
export function decodeGguf(
  bytes: Uint8Array,
  fileBytes: number,
  path: string,
  isKept: (key: string) => boolean = () => true,
): GgufHeader | undefined {
  const keep = (key: string) => key === ALIGNMENT_KEY || isKept(key)
  const r = new Reader(bytes, fileBytes, path)
  if (fileBytes < 4 || (bytes.length >= 4 && String.fromCharCode(...bytes.subarray(0, 4)) !== 'GGUF')) {
    const found =
      fileBytes === 0
        ? 'nothing: it is empty'
        : [...bytes.subarray(0, 4)].map(b => b.toString(16).padStart(2, '0')).join(' ')
    throw errors.not_gguf({ path, found })
  }
  try {
    r.take(4)
    const version = r.u32()
    if (version !== 2 && version !== 3) throw r.broken(`version ${version} is not supported (2 and 3 are)`)
    const tensorCount = r.count('a tensor count', 24, MOST_ITEMS)
    const pairCount = r.count('a metadata count', 13, MOST_ITEMS)
    const metadata = new Map<string, GgufValue>()
    const types = new Map<string, number>()
    for (let i = 0; i < pairCount; i++) {
      r.where = `metadata ${i}`
      const key = r.string()
      r.where = `metadata "${key.slice(0, 60)}"`
      const type = r.u32()
      if (keep(key)) {
        metadata.set(key, r.value(type))
        types.set(key, type)
      } else r.skip(type)
    }
    const alignment = metadata.get(ALIGNMENT_KEY) ?? 32
    if (
      typeof alignment !== 'number' ||
      alignment < 1 ||
      alignment > 65536 ||
      (alignment & (alignment - 1)) !== 0
    )
      throw r.broken(`alignment ${alignment} is not a power of two`)
    const tensors: GgufTensor[] = []
    let parameters = 0
    for (let i = 0; i < tensorCount; i++) {
      r.where = `tensor ${i}`
      const name = r.string()
      r.where = `tensor "${name.slice(0, 60)}"`
      const dimensions = r.u32()
      if (dimensions < 1 || dimensions > MOST_DIMENSIONS) throw r.broken(`${dimensions} dimensions`)
      const shape = Array.from({ length: dimensions }, () => Number(r.u64()))
      const elements = shape.reduce((n, d) => n * d, 1)
      const type = r.u32()
      const block = GGML_BLOCKS[type]
      if (!block) throw r.broken(`unknown tensor type ${type}`)
      if (!Number.isSafeInteger(elements) || elements < 1 || shape[0]! % block[0] !== 0)
        throw r.broken(`shape ${shape.join('x')} does not fit type ${type}`)
      const offset = Number(r.u64())
      if (!Number.isSafeInteger(offset) || offset % alignment !== 0)
        throw r.broken(`offset ${offset} is not aligned to ${alignment}`)
      tensors.push({ name, shape, type, offset, sizeBytes: (elements / block[0]) * block[1] })
      parameters += elements
    }
    const start = Math.ceil(r.at / alignment) * alignment
    let needsBytes = tensorCount ? start : r.at
    let before: GgufTensor | undefined
    for (const tensor of tensors
      .map(t => Object.assign(t, { offset: t.offset + start }))
      .sort((a, b) => a.offset - b.offset)) {
      if (before && tensor.offset < before.offset + before.sizeBytes) {
        r.where = `tensor "${tensor.name}"`
        throw r.broken(`overlaps tensor "${before.name}"`)
      }
      before = tensor
      needsBytes = Math.max(needsBytes, tensor.offset + tensor.sizeBytes)
    }
    r.where = `tensor "${before?.name.slice(0, 60) ?? ''}"`
    if (needsBytes > fileBytes) throw r.truncated(needsBytes)
    return { version, metadata, types, tensors, parameters, needsBytes, fileBytes }
  } catch (error) {
    if (error instanceof NeedMore) return undefined
    throw error
  }
}

/** Read first; most headers of small models fit. */
const FIRST_READ_BYTES = 2 ** 20

/**
 * Reads the header of an open file, and no more of it than needed.
 * @param options.mostBytes a longer header is refused: it is held in memory. Default: the whole file
 * @param options.isKept as for `decodeGguf`
 * @throws not_gguf, gguf_truncated, gguf_broken
 */
export async function readGgufHeader(
  file: FileHandle,
  path: string,
  {
    mostBytes = Number.POSITIVE_INFINITY,
    isKept,
  }: { mostBytes?: number; isKept?: (key: string) => boolean } = {},
): Promise<GgufHeader> {
  const { size } = await file.stat()
  const most = Math.min(size, mostBytes)
  for (let length = Math.min(most, FIRST_READ_BYTES); ; length = Math.min(most, length * 4)) {
    const bytes = new Uint8Array(length)
    await file.read(bytes, 0, length, 0)
    const header = decodeGguf(bytes, size, path, isKept)
    if (header) return header
    if (length === most)
      throw errors.gguf_broken({ path, where: 'header', problem: `it is longer than ${most} bytes` })
  }
}
