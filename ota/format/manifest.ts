/**
 * What a GGUF consists of, so that a device can tell which parts of a new model it already has. Part of what is signed:
 * whoever trusts a manifest trusts each chunk in it. The same file has the same manifest, to the byte.
 */
import { GGML_BLOCKS } from '../../daemon/base/gguf.js'
import { parse, z } from '../../daemon/base/schema.js'

/** Each piece that is fetched, checked and written is at most this long. @source docs/decisions/0020 */
export const CHUNK_BYTES = 256 * 1024
/** A block of weights is at most 292 bytes. */
const LEAST_CHUNK_BYTES = 512
const MOST_CHUNK_BYTES = 4 * 2 ** 20
/** 64 GiB: beyond any model for such boards. */
const MOST_FILE_BYTES = 2 ** 36
const MOST_TENSORS = 100_000
/** What no part covers is zeros, as alignment leaves them; alignment is at most this. */
export const MOST_PADDING_BYTES = 65_536

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 is 64 hexadecimal digits')
const bytes = z.int().min(0).max(MOST_FILE_BYTES)

const Part = z.strictObject({
  /** From the start of the file. */
  offset: bytes,
  length: bytes.min(1),
  sha256: Sha256,
  /** Of each chunk from the start of the part; left out when there is only one. */
  chunks: z.array(Sha256).optional(),
})
export type Part = z.infer<typeof Part>

const Tensor = z.strictObject({
  name: z.string(),
  /** ggml type number. */
  type: z.int().refine(type => type in GGML_BLOCKS, { error: 'unknown tensor type', abort: true }),
  /** Elements along each dimension, the fastest first. */
  shape: z.array(z.int().min(1)).min(1).max(4),
  ...Part.shape,
})
export type TensorPart = z.infer<typeof Tensor>

const Manifest = z
  .strictObject({
    version: z.literal(1),
    length: bytes.min(1),
    sha256: Sha256,
    chunk_bytes: z.int().min(LEAST_CHUNK_BYTES).max(MOST_CHUNK_BYTES),
    /** All that stands before the first tensor. */
    header: Part,
    /** In the order of their offsets. */
    tensors: z.array(Tensor).max(MOST_TENSORS),
    /** Bytes between tensors, or after them, that are more than padding. */
    gaps: z.array(Part).max(MOST_TENSORS),
  })
  .superRefine((manifest, context) => {
    const problem = problemOf(manifest)
    if (problem) context.addIssue({ code: 'custom', message: problem })
  })
export type Manifest = z.infer<typeof Manifest>

/** @throws invalid_value */
export function parseManifest(value: unknown, where = 'manifest'): Manifest {
  return parse(Manifest, value, where)
}

/** The bytes that are signed. */
export function formatManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest)}\n`
}

/** All parts in the order of the file. A tensor knows its type. */
export function partsOf({ header, tensors, gaps }: Manifest): (Part | TensorPart)[] {
  return [header, ...tensors, ...gaps].sort((a, b) => a.offset - b.offset)
}

/** ggml type number; undefined for what is no tensor. */
export const typeOf = (part: Part | TensorPart) => ('type' in part ? part.type : undefined)

/** Chunks of a tensor hold whole blocks. @returns bytes */
export function chunkLength(type: number | undefined, chunkBytes: number): number {
  const block = type === undefined ? 1 : GGML_BLOCKS[type]![1]
  return chunkBytes - (chunkBytes % block)
}

export interface Chunk {
  /** From the start of the file. */
  offset: number
  length: number
  sha256: string
}

/** The chunks of a part, in order. */
export function chunksOf(part: Part | TensorPart, chunkBytes: number): Chunk[] {
  const length = chunkLength(typeOf(part), chunkBytes)
  const hashes = part.chunks ?? [part.sha256]
  return hashes.map((sha256, i) => ({
    offset: part.offset + i * length,
    length: Math.min(length, part.length - i * length),
    sha256,
  }))
}

/** What the schema can not say: parts follow each other inside the file, and their chunks fill them. */
function problemOf(manifest: Manifest): string | undefined {
  let end = 0
  for (const part of partsOf(manifest)) {
    if (part.offset < end) return `a part at ${part.offset} overlaps the one before it`
    if (part.offset - end >= MOST_PADDING_BYTES)
      return `nothing covers the bytes from ${end} to ${part.offset}`
    end = part.offset + part.length
    const count = Math.ceil(part.length / chunkLength(typeOf(part), manifest.chunk_bytes))
    if ((part.chunks?.length ?? 1) !== count) return `a part of ${part.length} bytes has ${count} chunks`
    if (part.chunks?.length === 1) return 'a single chunk is not listed'
  }
  if (manifest.header.offset !== 0) return 'the header is not at the start'
  if (end > manifest.length) return `a part ends at ${end}, the file at ${manifest.length}`
  if (manifest.length - end >= MOST_PADDING_BYTES) return `nothing covers the bytes from ${end} on`
  for (const { name, type, shape, length } of manifest.tensors) {
    const [elements, size] = GGML_BLOCKS[type]!
    if ((shape.reduce((n, d) => n * d, 1) / elements) * size !== length)
      return `tensor "${name.slice(0, 60)}" is not as long as its shape`
  }
  const names = new Set(manifest.tensors.map(tensor => tensor.name))
  return names.size < manifest.tensors.length ? 'two tensors have one name' : undefined
}
