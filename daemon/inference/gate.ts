import type { Clock } from '../base/clock.js'
import { errors } from './errors.js'

/** Where requests wait while no model is loaded, none for ever. */
export class Gate {
  readonly #patienceMs: number
  readonly #clock: Clock
  readonly #waiting = new Set<{ go: () => void; fail: (error: unknown) => void }>()

  constructor(patienceMs: number, clock: Clock) {
    this.#patienceMs = patienceMs
    this.#clock = clock
  }

  /**
   * Resolves when the gate is opened next.
   * @param since when its patience began, monotonic: it may have passed before, and found the gate closed again
   * @throws engine_unavailable after `patienceMs`, completion_cancelled, and what `close` is given
   */
  pass(since: number, signal?: AbortSignal): Promise<void> {
    const waitedMs = () => Math.round(this.#clock.monotonic() - since)
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
        () => waiter.fail(errors.engine_unavailable({ waitedMs: waitedMs() })),
        Math.max(0, this.#patienceMs - waitedMs()),
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
