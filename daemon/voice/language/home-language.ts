/** Keeps the language of the home as the home changes, in the background. */
import { sleep } from '../../base/clock.js'
import { describe } from '../../base/errors.js'
import type { Part } from '../../base/part.js'
import type { Home } from '../../commands/home.js'
import { errors } from '../errors.js'
import { contentOf, type HomeSpeech } from './build.js'
import type { Builder } from './in-worker.js'

/** What becomes of it, for logs. */
export type LanguageEvent =
  | { readonly type: 'built'; readonly id: string; readonly ms: number; readonly troubles: readonly string[] }
  | { readonly type: 'failed'; readonly problem: string }

export interface HomeLanguageOptions {
  /** The home as it is at the start. */
  home: Home
  build: Builder
  /** Monotonic milliseconds, for the event. */
  monotonic: () => number
  /** How long the home must rest before its language is built anew, milliseconds: discovery comes in bursts. Default 2000. */
  settleMs?: number
  onEvent?: (event: LanguageEvent) => void
}

/** Languages that are kept, so that a device that comes and goes costs nothing. */
const KEPT = 3

/** The language of a home. */
export class HomeLanguage implements Part {
  readonly name = 'language of the home'
  readonly #o: HomeLanguageOptions
  readonly #kept = new Map<string, HomeSpeech>()
  #wanted: Home
  #current: HomeSpeech | undefined
  #failure: unknown
  #work: Promise<void> | undefined
  #stop = new AbortController()
  #waiting: (() => void)[] = []

  constructor(options: HomeLanguageOptions) {
    this.#o = options
    this.#wanted = options.home
  }

  /** Begins to build and does not wait for it. */
  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.#stop = new AbortController()
    this.#begin(0)
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('stopped'))
    await this.#work
    this.#tell()
  }

  /** The home has changed, or may have. */
  update(home: Home): void {
    this.#wanted = home
    this.#begin(this.#o.settleMs ?? 2_000)
  }

  /** The language now; the one before while a new one is built, undefined before the first. */
  current(): HomeSpeech | undefined {
    return this.#current
  }

  /**
   * The language, waited for when there is none yet.
   * @throws speech_language_failed when it could not be built
   */
  async ready(signal: AbortSignal): Promise<HomeSpeech> {
    while (!this.#current) {
      signal.throwIfAborted()
      if (this.#failure !== undefined) throw this.#failure
      if (this.#stop.signal.aborted) throw errors.speech_language_failed({ problem: 'it was stopped' })
      await new Promise<void>(resolve => {
        this.#waiting.push(resolve)
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    }
    return this.#current
  }

  #begin(waitMs: number): void {
    if (this.#stop.signal.aborted || this.#work) return
    this.#work = this.#run(waitMs)
  }

  async #run(waitMs: number): Promise<void> {
    try {
      await this.#follow(waitMs)
    } finally {
      this.#work = undefined
    }
  }

  /** Builds until the home is the one that was built. */
  async #follow(waitMs: number): Promise<void> {
    const { signal } = this.#stop
    let built: string | undefined
    while (!signal.aborted) {
      const home = this.#wanted
      const content = contentOf(home)
      if (content === built) return
      try {
        if (waitMs > 0) {
          await sleep(waitMs, signal)
          // it changed again meanwhile: wait anew
          if (home !== this.#wanted) continue
        }
        await this.#make(home, content, signal)
        built = content
        this.#failure = undefined
      } catch (error) {
        if (signal.aborted) return
        // the language before stays; the next change tries again
        this.#failure = error
        this.#o.onEvent?.({ type: 'failed', problem: describe(error) })
        this.#tell()
        return
      }
      this.#tell()
      waitMs = this.#o.settleMs ?? 2_000
    }
  }

  async #make(home: Home, content: string, signal: AbortSignal): Promise<void> {
    const known = this.#kept.get(content)
    if (known) {
      this.#kept.delete(content)
      this.#kept.set(content, known)
      this.#current = known
      return
    }
    const began = this.#o.monotonic()
    const { speech, troubles } = await this.#o.build(home, signal)
    this.#kept.set(content, speech)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break
      this.#kept.delete(oldest)
    }
    this.#current = speech
    this.#o.onEvent?.({ type: 'built', id: speech.id, ms: this.#o.monotonic() - began, troubles })
  }

  #tell(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
