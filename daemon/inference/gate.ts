import type { Clock } from '../base/clock.js'
import { errors } from './errors.js'

/** Where requests wait while no model is loaded, none for ever. */
export class Gate {
  readonly #patienceMs: number
  readonly #clock: Clock
  readonly #waiting = new Set<{ since: number; go: () => void; fail: (error: unknown) => void }>()

  constructor(patienceMs: number, clock: Clock) {
    this.#patienceMs = patienceMs
    this.#clock = clock
  }

  /**
   * Resolves when the gate is opened next.
   * @param since when its patience began, monotonic: it may have passed before, and found the gate closed again
   * @param late what is thrown after `patienceMs`
   * @throws what `late` makes, completion_cancelled, and what `close` is given
   */
  pass(since: number, late: (waitedMs: number) => unknown, signal?: AbortSignal): Promise<void> {
    const waitedMs = () => Math.round(this.#clock.monotonic() - since)
    return new Promise((resolve, reject) => {
      const end = (how: () => void) => {
        this.#waiting.delete(waiter)
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        how()
      }
      const onAbort = () => end(() => reject(errors.completion_cancelled({})))
      const waiter = { since, go: () => end(resolve), fail: (error: unknown) => end(() => reject(error)) }
      const timer = setTimeout(
        () => waiter.fail(late(waitedMs())),
        Math.max(0, this.#patienceMs - waitedMs()),
      )
      if (signal?.aborted) return onAbort()
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiting.add(waiter)
    })
  }

  /** Of who has waited longest, milliseconds; 0 where nobody waits. */
  get longestWaitMs(): number {
    const now = this.#clock.monotonic()
    return Math.max(0, ...[...this.#waiting].map(({ since }) => now - since))
  }

  open(): void {
    for (const { go } of [...this.#waiting]) go()
  }

  /** Sends all away. */
  close(error: unknown): void {
    for (const { fail } of [...this.#waiting]) fail(error)
  }
}
