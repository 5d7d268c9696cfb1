import { errors } from './errors.js'

/** Where requests wait while no model is loaded, none for ever. */
export class Gate {
  readonly #patienceMs: number
  readonly #waiting = new Set<{ go: () => void; fail: (error: unknown) => void }>()

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs
  }

  /**
   * Resolves when the gate is opened next.
   * @throws engine_unavailable after `patienceMs`, completion_cancelled, and what `close` is given
   */
  pass(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (how: () => void) => {
        this.#waiting.delete(waiter)
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        how()
      }
      const onAbort = () => end(() => reject(errors.completion_cancelled({})))
      const waiter = { go: () => end(resolve), fail: (error: unknown) => end(() => reject(error)) }
      const timer = setTimeout(
        () => waiter.fail(errors.engine_unavailable({ waitedMs: this.#patienceMs })),
        this.#patienceMs,
      )
      if (signal?.aborted) return onAbort()
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiting.add(waiter)
    })
  }

  open(): void {
    for (const { go } of [...this.#waiting]) go()
  }

  /** Sends all away. */
  close(error: unknown): void {
    for (const { fail } of [...this.#waiting]) fail(error)
  }
}
