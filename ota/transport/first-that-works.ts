/**
 * Several sources of one repository as one: a mirror near by, the publisher's server, a stick. None is believed more than
 * another, for what they serve is signed; which is asked first is a matter of what works.
 */
import { type Clock, systemClock } from '../../daemon/base/clock.js'
import { codeOf, isRetryable } from '../../daemon/base/errors.js'
import { bounded } from './bounds.js'
import { checkedPath, type ReadOptions, type Transport } from './transport.js'

export interface FirstThatWorksOptions {
  /** A source that comes slower than this is left for the next one, bytes a second. Default 64. */
  minBytesPerSecond?: number
  /** Measured over so long; shorter than the window of whoever reads, or it gives up first. Default 8 s. */
  windowMs?: number
  /** A source that failed is asked after the others for so long. Default 10 min. */
  restMs?: number
  clock?: Clock
}

export interface Sources extends Transport {
  /**
   * What was read last turned out not to be right (stale, mixed, wrong hash), or did not get anywhere: the next reading
   * begins with another source. Call it with every trouble of an update; it changes nothing but the order.
   */
  turn(): void
  /** Name of the source that is asked first now. */
  readonly first: string
}

/** A file that has another content tomorrow must not be pieced together from two sources. */
const isNamedByHash = (path: string) => path.startsWith('targets/')
/** "No newer root" is an answer, and the usual one: not every mirror is asked for it at every look. */
const isAnswer = (error: unknown, path: string) =>
  codeOf(error) === 'source_not_found' && /^metadata\/\d+\.root\.json$/.test(path)

/**
 * Asks the sources in their order, those that failed lately after the others. Where one fails in the middle of a target, the
 * next goes on at the same byte. The last one has all the time that the reader gives.
 * @param sources at least one, the preferred first
 * @throws what the sources throw: when all fail, the first error that may pass
 */
export function firstThatWorks(sources: readonly Transport[], options: FirstThatWorksOptions = {}): Sources {
  const { minBytesPerSecond = 64, windowMs = 8_000, restMs = 10 * 60_000, clock = systemClock } = options
  if (sources.length === 0) throw new RangeError('there is no source to ask')
  const failedAt = new Map<Transport, number>()
  let last: Transport | undefined
  const rest = (source: Transport) => void failedAt.set(source, clock.monotonic())
  /** Of those that rest, the one that has rested longest first. */
  const order = (): Transport[] => {
    const now = clock.monotonic()
    const since = (source: Transport) => {
      const at = failedAt.get(source)
      return at === undefined || now - at >= restMs ? Number.NEGATIVE_INFINITY : at
    }
    return [...sources].sort((a, b) => (since(a) < since(b) ? -1 : since(a) > since(b) ? 1 : 0))
  }
  return {
    name: sources.map(source => source.name).join(' or '),
    get first() {
      return order()[0]!.name
    },
    turn: () => {
      if (last) rest(last)
    },
    async *read(path: string, { offset = 0, length = Number.POSITIVE_INFINITY, signal }: ReadOptions) {
      checkedPath(path)
      const failures: unknown[] = []
      const end = offset + length
      const asked = order()
      let at = offset
      // what the reader does between two pieces is not the source's time
      let heldUp = 0
      for (const source of asked) {
        signal.throwIfAborted()
        last = source
        const part = { offset: at, ...(Number.isFinite(end) ? { length: end - at } : {}), signal }
        const bounds = { mostBytes: Infinity, minBytesPerSecond, windowMs, deadlineMs: Infinity }
        try {
          const pieces =
            source === asked.at(-1)
              ? source.read(path, part)
              : bounded(source, path, part, bounds, clock, () => heldUp)
          for await (const piece of pieces) {
            at += piece.length
            const from = clock.monotonic()
            yield piece
            heldUp += clock.monotonic() - from
          }
          return
        } catch (error) {
          if (signal.aborted || isAnswer(error, path)) throw error
          rest(source)
          failures.push(error)
          if (at >= end) return
          if (at > offset && !isNamedByHash(path)) break
        }
      }
      throw failures.find(isRetryable) ?? failures[0]
    },
  }
}
