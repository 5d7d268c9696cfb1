import { readFile } from 'node:fs/promises'
import type { Clock } from '../../daemon/base/clock.js'
import { type DiskCalls, writeDurably } from '../../daemon/base/disk.js'

export interface TimeFloorOptions {
  path: string
  clock: Clock
  builtMs: number
  isSynchronised?: () => boolean | undefined
  disk: DiskCalls
}

const HOUR_MS = 3600_000
/** A clock that nobody vouches for moves the floor by no more than this at once: a wild one must not end all trust. */
const MOST_LEAP_MS = 400 * 24 * HOUR_MS

/** The time that may be believed: never before the build, nor before what was seen. Most boards have no battery clock. */
export class TimeFloor {
  readonly #o: TimeFloorOptions
  constructor(options: TimeFloorOptions) {
    this.#o = options
  }

  /** @returns milliseconds, and a word on the clock for whoever reads an error */
  async now(): Promise<{ ms: number; says: string }> {
    const { clock, builtMs, isSynchronised } = this.#o
    const floor = Math.max(builtMs, await this.#seen())
    const system = clock.now()
    const ms = Math.max(system, floor)
    const date = new Date(ms).toISOString().slice(0, 16)
    if (system < floor)
      return { ms, says: `this board's clock is behind; it is taken to be ${date}Z at least` }
    const doubt = isSynchronised?.() === false ? ', a clock that is not synchronised' : ''
    return { ms, says: `it is ${date}Z${doubt}` }
  }

  /** Remembers that this time was reached; at most once an hour, for flash wears. */
  async saw(ms: number): Promise<void> {
    const seen = await this.#seen()
    if (ms - seen < HOUR_MS) return
    const floor = Math.max(seen, this.#o.builtMs)
    const isVouchedFor = this.#o.isSynchronised?.() === true
    if (floor > 0 && !isVouchedFor && ms - floor > MOST_LEAP_MS) return
    await writeDurably(
      this.#o.path,
      `${JSON.stringify({ version: 1, seen_ms: Math.floor(ms) })}\n`,
      this.#o.disk,
    )
  }

  async #seen(): Promise<number> {
    try {
      const { seen_ms } = JSON.parse(await readFile(this.#o.path, 'utf8')) as { seen_ms?: unknown }
      return typeof seen_ms === 'number' && Number.isFinite(seen_ms) ? seen_ms : 0
    } catch {
      return 0
    }
  }
}
