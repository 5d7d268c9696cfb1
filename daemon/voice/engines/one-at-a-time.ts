/** A row of calls: one runs, the others wait in their order. A call that is cancelled while it waits never runs. */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve()

  /** @throws what `work` throws, the reason of `signal` */
  run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.#last
    const mine = new Promise<T>((resolve, reject) => {
      const onAbort = () => reject(signal.reason)
      signal.addEventListener('abort', onAbort, { once: true })
      before
        .then(() => {
          signal.throwIfAborted()
          return work()
        })
        .then(resolve, reject)
        .finally(() => signal.removeEventListener('abort', onAbort))
      if (signal.aborted) onAbort()
    })
    // the next one waits for the work, also of a caller that has left
    this.#last = Promise.all([before, mine.catch(() => {})])
    return mine
  }
}
