import { createHash } from 'node:crypto'
import { open, stat } from 'node:fs/promises'
import type { BundleFile } from '../format/target.js'
import { errors } from './errors.js'

/** Looks into a model file without native code; throws when no engine should see it. */
export type Inspect = (path: string) => Promise<unknown>

/** The least that a GGUF is; the daemon hands in its own, which reads the whole header. */
export const looksLikeGguf: Inspect = async path => {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0)
    if (bytesRead < 8 || buffer.toString('latin1', 0, 4) !== 'GGUF')
      throw new Error('it does not begin with GGUF')
  } finally {
    await file.close()
  }
}

/**
 * Holds a file on disk against what was signed: length, hash, and for a model its header. Read back, not remembered: what
 * counts is what the disk gives.
 * @throws wrong_length, wrong_hash, not_a_model
 */
export async function verify(
  path: string,
  file: BundleFile,
  signal: AbortSignal,
  inspect: Inspect = looksLikeGguf,
): Promise<void> {
  const has = await stat(path).then(
    s => s.size,
    () => 0,
  )
  if (has !== file.length) throw errors.wrong_length({ path: file.path, has, expected: file.length })
  const found = await sha256Of(path, signal)
  if (found !== file.sha256) throw errors.wrong_hash({ path: file.path, found, expected: file.sha256 })
  if (file.role !== 'model' && file.role !== 'adapter') return
  try {
    await inspect(path)
  } catch (error) {
    throw errors.not_a_model({ path: file.path, problem: (error as Error).message }, error)
  }
}

/** In little pieces, so that nobody waits long for one, and into the same memory: the collector would have to see to each. */
const PIECE_BYTES = 64 * 1024

/** In constant memory. */
export async function sha256Of(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  const piece = Buffer.alloc(PIECE_BYTES)
  const file = await open(path, 'r')
  try {
    for (;;) {
      signal?.throwIfAborted()
      const { bytesRead } = await file.read(piece, 0, PIECE_BYTES)
      if (bytesRead === 0) return hash.digest('hex')
      hash.update(piece.subarray(0, bytesRead))
    }
  } finally {
    await file.close()
  }
}
