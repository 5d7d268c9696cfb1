/** A model file is judged by its header and its hash before llama.cpp sees it. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { type GgufHeader, readGgufHeader } from '../base/gguf.js'
import { errors } from './errors.js'

/**
 * Checks a model file: header, sizes, and the hash when one is expected.
 * @throws model_not_found, not_gguf, gguf_truncated, gguf_broken, hash_mismatch
 */
export async function checkGguf(path: string, expected: { sha256?: string } = {}): Promise<GgufHeader> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    throw errors.model_not_found({ path }, error)
  }
  let header: GgufHeader
  try {
    header = await readGgufHeader(file, path)
  } finally {
    await file.close()
  }
  if (expected.sha256) {
    const found = await sha256Of(path)
    if (found !== expected.sha256.toLowerCase())
      throw errors.hash_mismatch({ path, expected: expected.sha256, found })
  }
  return header
}

/** Of a whole file, 64 lower-case hexadecimal digits. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
