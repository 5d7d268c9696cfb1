/** A signal that ends with the caller's or after a time, whichever comes first. To be closed: it holds a timer. */
export interface Deadline {
  readonly signal: AbortSignal
  close(): void
}

/** @param late the error that the signal carries when time is over */
export function deadline(signal: AbortSignal, ms: number, late: () => Error): Deadline {
  const both = new AbortController()
  const onAbort = () => both.abort(signal.reason)
  const timer = setTimeout(() => both.abort(late()), ms)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  return {
    signal: both.signal,
    close: () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    },
  }
}
