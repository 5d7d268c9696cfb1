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

export interface GgufParts {
  magic?: string
  version?: number
  /** Overrides the true counts. */
  tensorCount?: number | bigint
  pairCount?: number | bigint
  metadata?: Record<string, string | number>
  tensors?: { name: string; shape: (number | bigint)[]; type: number; offset: number | bigint }[]
  /** Bytes of tensor data. */
  data?: number
}

/** A GGUF with these parts; the default is a whole file with one tensor of 32 F32 values. */
export function ggufBytes(parts: GgufParts = {}): Buffer {
  const { magic = 'GGUF', version = 3, metadata = { 'general.architecture': 'llama' }, data = 128 } = parts
  const tensors = parts.tensors ?? [{ name: 'w', shape: [32], type: 0, offset: 0 }]
  const pairs = Object.entries(metadata).map(([key, value]) =>
    Buffer.concat([
      text(key),
      typeof value === 'string' ? Buffer.concat([u32(8), text(value)]) : Buffer.concat([u32(4), u32(value)]),
    ]),
  )
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
