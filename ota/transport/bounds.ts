/** Bounds on what a repository may make a device wait for or keep: endless data, slow retrieval. */
import { type Clock, systemClock } from '../../daemon/base/clock.js'
import { errors } from './errors.js'
import type { ReadOptions, Transport } from './transport.js'

export interface Bounds {
  /** More is an attack: the reading ends with `too_long`. */
  mostBytes: number
  /** Over each window of `windowMs`; below it the reading ends with `too_slow`. 0: any speed. */
  minBytesPerSecond: number
  /** Default 20 s: a link may stall for a moment. */
  windowMs?: number
  /** For the whole reading. */
  deadlineMs: number
}

const WINDOW_MS = 20_000

/**
 * Reads within bounds. A source that says nothing at all ends too: each wait has an end.
 * @param heldUpMs how long the reader's own limits (bandwidth, busy) held it up so far; that is not the source's fault
 * @throws too_long, too_slow, past_deadline, and what the transport throws
 */
export async function* bounded(
  transport: Transport,
  path: string,
  options: ReadOptions,
  bounds: Bounds,
  clock: Clock = systemClock,
  heldUpMs: () => number = () => 0,
): AsyncGenerator<Uint8Array> {
  const windowMs = bounds.windowMs ?? WINDOW_MS
  const abort = new AbortController()
  const forward = () => abort.abort(options.signal.reason)
  options.signal.throwIfAborted()
  options.signal.addEventListener('abort', forward, { once: true })
  const pieces = transport.read(path, { ...options, signal: abort.signal })[Symbol.asyncIterator]()
  const busyMs = () => clock.monotonic() - heldUpMs()
  const began = busyMs()
  let windowBegan = began
  let windowBytes = 0
  let total = 0
  let pending: Promise<IteratorResult<Uint8Array>> | undefined
  try {
    for (;;) {
      pending ??= pieces.next()
      const waitMs = Math.min(windowBegan + windowMs, began + bounds.deadlineMs) - busyMs()
      const piece = await within(pending, Math.max(1, waitMs), abort.signal)
      const now = busyMs()
      if (piece !== 'late') {
        pending = undefined
        if (piece.done) return
        total += piece.value.length
        windowBytes += piece.value.length
        if (total > bounds.mostBytes) throw errors.too_long({ path, most: bounds.mostBytes })
      }
      if (now - began >= bounds.deadlineMs)
        throw errors.past_deadline({ path, deadlineMs: bounds.deadlineMs })
      if (now - windowBegan >= windowMs) {
        const bytesPerSecond = Math.round((windowBytes * 1000) / Math.max(1, now - windowBegan))
        if (bytesPerSecond < bounds.minBytesPerSecond || piece === 'late')
          throw errors.too_slow({ path, bytesPerSecond, floor: bounds.minBytesPerSecond })
        windowBegan = now
        windowBytes = 0
      }
      // held up by the reader itself: the source still has its time
      if (piece === 'late') continue
      yield piece.value
    }
  } finally {
    options.signal.removeEventListener('abort', forward)
    abort.abort(new Error('the reading is over'))
    // a source that hangs is not waited for
    void pieces.return?.(undefined).catch(() => {})
  }
}

/** What comes first: the value, or the end of patience. */
function within<T>(promise: Promise<T>, ms: number, signal: AbortSignal): Promise<T | 'late'> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve('late'), ms)
    const stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
    })
  })
}

/**
 * A whole small file.
 * @throws as `bounded`
 */
export async function readWhole(
  transport: Transport,
  path: string,
  bounds: Bounds,
  signal: AbortSignal,
  clock?: Clock,
): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of bounded(transport, path, { signal }, bounds, clock)) pieces.push(piece)
  return Buffer.concat(pieces)
}
