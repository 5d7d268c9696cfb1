/** The seam between a repository and a device: HTTP, a folder or a stick, chunks over a broker. One contract suite for all. */
import { errors } from './errors.js'

export interface ReadOptions {
  /** Where to begin, bytes. Default 0. */
  offset?: number
  /** At most so many bytes. Default: to the end. */
  length?: number
  /** Bytes before `offset` that may come for nothing, from a source that always begins at the start. Default: any. */
  mostSkipped?: number
  signal: AbortSignal
}

export interface Transport {
  /** For logs and errors: an address without secrets. */
  readonly name: string
  /**
   * Reads a file of the repository (`metadata/timestamp.json`, `targets/command/<sha256>.x.gguf`).
   * @returns pieces in order, the first at `offset`. Ends early where the file ends: whoever reads knows its length.
   * @throws source_not_found, source_refused, source_busy, source_unreachable, source_without_ranges, path_not_allowed; while
   *   iterating too
   */
  read(path: string, options: ReadOptions): AsyncIterable<Uint8Array>
}

/**
 * Paths are quoted as in a URL, once; a folder keeps the quoted names, as publishers write them.
 * @throws path_not_allowed for what is absolute, empty, or climbs
 */
export function checkedPath(path: string): string {
  const isBad = (part: string) => part === '' || /^(\.|%2e){1,2}$/i.test(part)
  if (path.split('/').some(isBad) || !/^[\x21-\x7e]+$/.test(path) || /[\\?#]/.test(path))
    throw errors.path_not_allowed({ path })
  return path
}

/** A target's path as it lies in a repository with consistent snapshots, quoted. @source TUF 1.0.34, 6.2.4 */
export function targetPath(path: string, sha256: string): string {
  const parts = path.split('/').map(encodeURIComponent)
  const name = parts.pop()
  return ['targets', ...parts, `${sha256}.${name}`].join('/')
}
