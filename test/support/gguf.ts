/** Writes small GGUF files, whole or broken. */

const u32 = (n: number) => {
  const b = Buffer.alloc(4)
  b.writeUInt32LE(n >>> 0)
  return b
}
const u64 = (n: number | bigint) => {
  const b = Buffer.alloc(8)
  b.writeBigUInt64LE(BigInt.asUintN(64, BigInt(n)))
  return b
}
const text = (s: string) => Buffer.concat([u64(Buffer.byteLength(s)), Buffer.from(s)])

type Value = string | number | { float: number } | readonly number[]
/** Texts, whole numbers (as 32 bits), fractions and lists of numbers (as 32-bit floats). */
export type Metadata = Record<string, Value>

function pairOf([key, value]: [string, Value]): Buffer {
  if (typeof value === 'string') return Buffer.concat([text(key), u32(8), text(value)])
  if (typeof value === 'number') return Buffer.concat([text(key), u32(4), u32(value)])
  if ('float' in value)
    return Buffer.concat([text(key), u32(6), Buffer.from(Float32Array.of(value.float).buffer)])
  const floats = Buffer.from(Float32Array.from(value).buffer)
  return Buffer.concat([text(key), u32(9), u32(6), u64(value.length), floats])
}

export interface GgufParts {
  magic?: string
  version?: number
  /** Overrides the true counts. */
  tensorCount?: number | bigint
  pairCount?: number | bigint
  metadata?: Metadata
  tensors?: { name: string; shape: (number | bigint)[]; type: number; offset: number | bigint }[]
  /** Bytes of tensor data. */
  data?: number
}

/** A GGUF with these parts; the default is a whole file with one tensor of 32 F32 values. */
export function ggufBytes(parts: GgufParts = {}): Buffer {
  const { magic = 'GGUF', version = 3, metadata = { 'general.architecture': 'llama' }, data = 128 } = parts
  const tensors = parts.tensors ?? [{ name: 'w', shape: [32], type: 0, offset: 0 }]
  const pairs = Object.entries(metadata).map(pairOf)
  const infos = tensors.map(t =>
    Buffer.concat([text(t.name), u32(t.shape.length), ...t.shape.map(u64), u32(t.type), u64(t.offset)]),
  )
  const head = Buffer.concat([
    Buffer.from(magic),
    u32(version),
    u64(parts.tensorCount ?? tensors.length),
    u64(parts.pairCount ?? pairs.length),
    ...pairs,
    ...infos,
  ])
  const pad = Buffer.alloc((32 - (head.length % 32)) % 32)
  return Buffer.concat([head, pad, Buffer.alloc(data)])
}

const PAIR_COUNT_AT = 16
const PAIRS_AT = 24

/** A copy of a whole GGUF (alignment 32) with more metadata. */
export function withMetadata(gguf: Buffer, metadata: Metadata): Buffer {
  const added = Object.entries(metadata).map(pairOf)
  // tensor data stays aligned when what is put before it is a multiple of the alignment
  const length = added.reduce((sum, b) => sum + b.length, 0) + pairOf(['test.padding', '']).length
  added.push(pairOf(['test.padding', ' '.repeat((32 - (length % 32)) % 32)]))
  const head = Buffer.from(gguf.subarray(0, PAIRS_AT))
  head.writeBigUInt64LE(head.readBigUInt64LE(PAIR_COUNT_AT) + BigInt(added.length), PAIR_COUNT_AT)
  return Buffer.concat([head, ...added, gguf.subarray(PAIRS_AT)])
}
