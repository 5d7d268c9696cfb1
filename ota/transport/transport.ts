/** The seam between a repository and a device: HTTP, a folder or a stick, chunks over a broker. One contract suite for all. */
import { errors } from './errors.js'

export interface ReadOptions {
  /** Where to begin, bytes. Default 0. */
  offset?: number
  /** At most so many bytes. Default: to the end. */
  length?: number
  signal: AbortSignal
}

export interface Transport {
  /** For logs and errors: an address without secrets. */
  readonly name: string
  /**
   * Reads a file of the repository (`metadata/timestamp.json`, `targets/command/<sha256>.x.gguf`).
   * @returns pieces in order, the first at `offset`. Ends early where the file ends: whoever reads knows its length.
   * @throws source_not_found, source_refused, source_busy, source_unreachable, path_not_allowed; while iterating too
   */
  read(path: string, options: ReadOptions): AsyncIterable<Uint8Array>
}

/** @throws path_not_allowed for what is absolute, empty, or climbs */
export function checkedPath(path: string): string {
  const parts = path.split('/')
  if (parts.some(part => part === '' || part === '.' || part === '..') || /[\0\\]/.test(path))
    throw errors.path_not_allowed({ path })
  return path
}
