import type { Clock } from '../../daemon/base/clock.js'

/** A clock that only moves when it is turned. `wait` takes the place of `sleep`. */
export class FakeClock implements Clock {
  #nowMs: number
  #waiting: { atMs: number; resolve: () => void }[] = []
  constructor(startMs = Date.UTC(2024, 0, 1)) {
    this.#nowMs = startMs
  }

  now(): number {
    return this.#nowMs
  }

  monotonic(): number {
    return this.#nowMs
  }

  wait = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const entry = { atMs: this.#nowMs + ms, resolve }
      this.#waiting.push(entry)
      signal?.addEventListener('abort', () => {
        this.#waiting = this.#waiting.filter(other => other !== entry)
        reject(signal.reason)
      })
    })

  /** Lets time pass; everything that is due happens in its order before this resolves. */
  async turn(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    for (;;) {
      const [next] = this.#waiting.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)
      if (!next) break
      this.#waiting = this.#waiting.filter(other => other !== next)
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.resolve()
      await new Promise(resolve => setImmediate(resolve))
    }
    this.#nowMs = endMs
  }
}
