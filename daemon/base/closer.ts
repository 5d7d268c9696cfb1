/** A stack of things to give back. (Node 20 lacks AsyncDisposableStack.) */
export class Closer {
  #stack: (() => unknown | Promise<unknown>)[] = []

  /** Remembers how to give something back. */
  defer(close: () => unknown | Promise<unknown>): void {
    this.#stack.push(close)
  }

  /** Gives everything back, last first. All are tried; the first error is thrown at the end. Safe twice. */
  async close(): Promise<void> {
    let first: unknown
    let failed = false
    for (;;) {
      const close = this.#stack.pop()
      if (!close) break
      try {
        await close()
      } catch (error) {
        if (!failed) first = error
        failed = true
      }
    }
    if (failed) throw first
  }
}
