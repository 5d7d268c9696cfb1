/**
 * A model that has done well on trial waits here, loaded, for whoever makes it the one that answers: nothing is started
 * twice, and it answers people as fast as it did at its last golden request. One at a time: a second one would be a third
 * model in memory.
 */
import { isDeepStrictEqual } from 'node:util'
import type { ModelFiles } from './model-files.js'
import type { OwnedEngine } from './tenant.js'

/** Between the verdict and the swap a few files are written; whoever takes longer loads it again. */
const KEEP_MS = 30_000

export class Standby {
  readonly #keepMs: number
  #waiting: { files: ModelFiles; engine: OwnedEngine; timer: NodeJS.Timeout } | undefined
  readonly #leaving = new Set<Promise<void>>()

  constructor(keepMs = KEEP_MS) {
    this.#keepMs = keepMs
  }

  /** Takes over a started engine: it is stopped unless somebody takes it in time. */
  offer(files: ModelFiles, engine: OwnedEngine): void {
    this.#dismiss()
    const timer = setTimeout(() => this.#dismiss(), this.#keepMs)
    timer.unref()
    this.#waiting = { files, engine, timer }
  }

  /** The engine of just these files, from now on the caller's; undefined when it does not wait here. */
  take(files: ModelFiles): OwnedEngine | undefined {
    if (!this.#waiting || !isDeepStrictEqual(this.#waiting.files, files)) return undefined
    const { engine, timer } = this.#waiting
    clearTimeout(timer)
    this.#waiting = undefined
    return engine
  }

  /** Resolves when nothing waits, and what waited has ended. */
  async clear(): Promise<void> {
    this.#dismiss()
    await Promise.all(this.#leaving)
  }

  #dismiss(): void {
    if (!this.#waiting) return
    const { engine, timer } = this.#waiting
    clearTimeout(timer)
    this.#waiting = undefined
    const gone = engine.stop().finally(() => this.#leaving.delete(gone))
    this.#leaving.add(gone)
  }
}
