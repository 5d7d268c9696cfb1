import type { ByteSource } from '../format/byte-source.js'
import { bounded } from '../transport/bounds.js'
import { targetPath } from '../transport/transport.js'
import type { FetchContext } from './fetch.js'

/** A server that knows no ranges may send so much of a file for nothing, each time; more, and the whole file is cheaper. */
const MOST_SKIPPED_BYTES = 128 * 1024
/** A line that nobody listened to for so long may be cut by whoever stands between: a new one is opened. */
const STALE_MS = 15_000

/**
 * A target as ranges that mostly follow each other: one request serves as many as it can, and nothing is asked for that is
 * not wanted. Nothing is read beyond the signed length.
 */
export class PieceStream implements ByteSource {
  readonly isStream = true
  readonly #target: { path: string; length: number; sha256: string }
  readonly #context: FetchContext
  #pieces: AsyncGenerator<Uint8Array> | undefined
  /** What came and was not asked for yet. */
  #rest: Uint8Array = new Uint8Array(0)
  #at = 0
  #end = 0
  /** While nobody asked: not the source's fault. */
  #idleMs = 0
  #idleSince: number

  constructor(target: { path: string; length: number; sha256: string }, context: FetchContext) {
    this.#target = target
    this.#context = context
    this.#idleSince = context.clock.monotonic()
  }

  /** @throws what `bounded` throws; fewer bytes come where the file ends before */
  async read(
    offset: number,
    length: number,
    _signal?: AbortSignal,
    through = offset + length,
  ): Promise<Uint8Array> {
    const idle = this.#context.clock.monotonic() - this.#idleSince
    this.#idleMs += idle
    if (offset !== this.#at || offset + length > this.#end || idle > STALE_MS)
      await this.#open(offset, Math.max(through, offset + length))
    try {
      return await this.#take(length)
    } finally {
      this.#idleSince = this.#context.clock.monotonic()
    }
  }

  async #open(offset: number, end: number): Promise<void> {
    await this.close()
    this.#at = offset
    this.#end = Math.min(end, this.#target.length)
    const { transport, bounds, clock, heldUpMs, signal } = this.#context
    const mostBytes = this.#end - offset
    if (mostBytes <= 0) return
    const path = targetPath(this.#target.path, this.#target.sha256)
    const options = { offset, length: mostBytes, mostSkipped: MOST_SKIPPED_BYTES, signal }
    const heldUp = () => this.#idleMs + (heldUpMs?.() ?? 0)
    this.#pieces = bounded(transport, path, options, { ...bounds, mostBytes }, clock, heldUp)
  }

  async #take(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length)
    let has = 0
    while (has < length) {
      if (this.#rest.length === 0) {
        const next = await this.#pieces?.next()
        if (!next || next.done) break
        this.#rest = next.value
        this.#context.onBytes(next.value.length)
      }
      const part = this.#rest.subarray(0, length - has)
      bytes.set(part, has)
      has += part.length
      this.#rest = this.#rest.subarray(part.length)
    }
    this.#at += has
    return bytes.subarray(0, has)
  }

  /** Lets go of the line. May be read from again. */
  async close(): Promise<void> {
    this.#rest = new Uint8Array(0)
    this.#end = 0
    await this.#pieces?.return(undefined).catch(() => {})
    this.#pieces = undefined
  }
}
