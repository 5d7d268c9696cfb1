import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { readGgufHeader } from '../../daemon/base/gguf.js'
import {
  CHUNK_BYTES,
  chunkLength,
  type Manifest,
  MOST_PADDING_BYTES,
  type Part,
  parseManifest,
  type TensorPart,
} from './manifest.js'
import { readExactly } from './read-exactly.js'

/** Headers are held in memory once; the vocabulary of 262,144 words takes 15 MB. */
export const MOST_HEADER_BYTES = 64 * 2 ** 20

/**
 * Reads a GGUF once, in chunks, and describes it.
 * @param chunkBytes 512 to 4 MiB; default 256 KiB
 * @throws not_gguf, gguf_truncated, gguf_broken, invalid_value (two tensors of one name), the system's own error, the
 *   signal's reason
 */
export async function makeManifest(
  path: string,
  {
    chunkBytes = CHUNK_BYTES,
    signal,
    onProgress,
  }: {
    chunkBytes?: number
    signal?: AbortSignal
    onProgress?: (doneBytes: number, totalBytes: number) => void
  } = {},
): Promise<Manifest> {
  const file = await open(path, 'r')
  try {
    const { tensors, fileBytes } = await readGgufHeader(file, path, {
      mostBytes: MOST_HEADER_BYTES,
      isKept: () => false,
    })
    const ordered = tensors.toSorted((a, b) => a.offset - b.offset)
    const whole = createHash('sha256')
    const onBytes = (doneBytes: number) => onProgress?.(doneBytes, fileBytes)
    const described = { file, whole, chunkBytes, signal, onBytes }
    const header = await describe(described, 0, ordered[0]?.offset ?? fileBytes)
    const parts: TensorPart[] = []
    const gaps: Part[] = []
    let end = header.length
    for (const { name, type, shape, offset, sizeBytes } of ordered) {
      gaps.push(...(await describeGap(described, end, offset)))
      parts.push({ name, type, shape, ...(await describe(described, offset, sizeBytes, type)) })
      end = offset + sizeBytes
    }
    gaps.push(...(await describeGap(described, end, fileBytes)))
    const sha256 = whole.digest('hex')
    return parseManifest(
      { version: 1, length: fileBytes, sha256, chunk_bytes: chunkBytes, header, tensors: parts, gaps },
      path,
    )
  } finally {
    await file.close()
  }
}

interface Described {
  file: FileHandle
  /** Hears every byte of the file in order. */
  whole: Hash
  chunkBytes: number
  signal: AbortSignal | undefined
  /** Hears how far it is, bytes of the file. */
  onBytes: (doneBytes: number) => void
}

async function describe(
  { file, whole, chunkBytes, signal, onBytes }: Described,
  offset: number,
  length: number,
  type?: number,
): Promise<Part> {
  const most = chunkLength(type, chunkBytes)
  const part = createHash('sha256')
  const chunks: string[] = []
  for (let at = 0; at < length; at += most) {
    signal?.throwIfAborted()
    const bytes = await readExactly(file, offset + at, Math.min(most, length - at))
    whole.update(bytes)
    part.update(bytes)
    if (length > most) chunks.push(createHash('sha256').update(bytes).digest('hex'))
    onBytes(offset + at + bytes.length)
  }
  return { offset, length, sha256: part.digest('hex'), ...(chunks.length ? { chunks } : {}) }
}

/** A few zeros need no description. */
async function describeGap(described: Described, from: number, to: number): Promise<Part[]> {
  if (from === to) return []
  if (to - from < MOST_PADDING_BYTES) {
    const bytes = await readExactly(described.file, from, to - from)
    if (bytes.every(byte => byte === 0)) {
      described.whole.update(bytes)
      return []
    }
  }
  return [await describe(described, from, to - from)]
}
