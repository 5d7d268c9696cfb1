/** A model file is judged by its header and its hash before llama.cpp sees it. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { type GgufHeader, readGgufHeader } from '../base/gguf.js'
import { errors } from './errors.js'

export interface Expected {
  sha256?: string
  /**
   * The words of the model are read as well, instead of passed over. They are most of a header: of the factory model 12,000 values,
   * 3 ms and as much for the collector, each time. Default true.
   */
  withWords?: boolean
}

/**
 * Checks a model file: header, sizes, and the hash when one is expected.
 * @throws model_not_found, not_gguf, gguf_truncated, gguf_broken, hash_mismatch
 */
export async function checkGguf(
  path: string,
  { sha256, withWords = true }: Expected = {},
): Promise<GgufHeader> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    throw errors.model_not_found({ path }, error)
  }
  let header: GgufHeader
  try {
    header = await readGgufHeader(file, path, withWords ? {} : { isKept: key => !key.startsWith(WORDS) })
  } finally {
    await file.close()
  }
  if (sha256) {
    const found = await sha256Of(path)
    if (found !== sha256.toLowerCase()) throw errors.hash_mismatch({ path, expected: sha256, found })
  }
  return header
}

/** Tokens, their scores and types, merges. @source ggml/docs/gguf.md, "Tokenizer" */
const WORDS = 'tokenizer.ggml.'

/** Of a whole file, 64 lower-case hexadecimal digits. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
