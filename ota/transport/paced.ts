import { type Clock, sleep, systemClock } from '../../daemon/base/clock.js'
import type { ReadOptions, Transport } from './transport.js'

export interface Pace {
  /** 0: as fast as it goes. */
  bytesPerSecond: number
  /** Asked before each piece: true holds the reading up (a window closed, a link that costs). */
  isHeld?: () => boolean
  /** Asked before each piece: true lets somebody go first, but not for ever: a busy board gets its model as well, slowly. */
  isBusy?: () => boolean
  clock?: Clock
  wait?: typeof sleep
}

/** While held, asked again this often. */
const HELD_MS = 250
/** While busy, asked again this often, and for so long at most before each piece. */
const BUSY_MS = 25
const MOST_BUSY_MS = 1_000
/** A bucket holds so much of a second: bursts stay short. */
const BURST_S = 0.5

export interface PacedTransport extends Transport {
  /** How long the reader was held up so far. */
  heldUpMs(): number
  /** Resolves when nothing holds it. */
  quiet(signal: AbortSignal): Promise<void>
}

/** A transport that takes no more than its share of the line: a token bucket, and a hand on the tap. */
export function paced(transport: Transport, pace: Pace): PacedTransport {
  const clock = pace.clock ?? systemClock
  const wait = pace.wait ?? sleep
  const capacity = pace.bytesPerSecond * BURST_S
  let tokens = capacity
  let filledAt = clock.monotonic()
  let heldUp = 0
  let heldSince: number | undefined
  const holdUp = async (ms: number, signal: AbortSignal) => {
    heldSince = clock.monotonic()
    try {
      await wait(ms, signal)
    } finally {
      heldUp += clock.monotonic() - heldSince
      heldSince = undefined
    }
  }
  const quiet = async (signal: AbortSignal) => {
    while (pace.isHeld?.()) await holdUp(HELD_MS, signal)
    for (let ms = 0; ms < MOST_BUSY_MS && pace.isBusy?.(); ms += BUSY_MS) await holdUp(BUSY_MS, signal)
  }
  return {
    name: transport.name,
    quiet,
    heldUpMs: () => heldUp + (heldSince === undefined ? 0 : clock.monotonic() - heldSince),
    async *read(path: string, options: ReadOptions) {
      await quiet(options.signal)
      for await (const piece of transport.read(path, options)) {
        yield piece
        await quiet(options.signal)
        if (pace.bytesPerSecond <= 0) continue
        const now = clock.monotonic()
        tokens = Math.min(capacity, tokens + ((now - filledAt) / 1000) * pace.bytesPerSecond) - piece.length
        filledAt = now
        if (tokens < 0) await holdUp((-tokens / pace.bytesPerSecond) * 1000, options.signal)
      }
    },
  }
}
