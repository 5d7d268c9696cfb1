/**
 * Work done ahead: when somebody pauses, what was said so far is transcribed while the silence that ends an utterance is
 * still waited for. If nobody goes on speaking, the words are there when the utterance ends; else they are thrown away.
 */
import type { Samples } from './audio/pcm.js'

/** Guesses under way at once: more than one or two a core only delays those that are asked for. */
const MOST = 2

interface Guess<T> {
  result: Promise<T>
  abort: AbortController
  /** It has an end, good or bad, and takes no more of the recogniser's time. */
  over: boolean
}

/** @typeParam T what is made of samples */
export class Ahead<T> {
  readonly #guesses = new Map<Samples, Guess<T>>()

  /** Guesses that nobody has asked for yet. */
  get size(): number {
    return this.#guesses.size
  }

  /** @returns drops the guess, if nobody has asked for it yet. To be called in any case */
  expect(samples: Samples, work: (signal: AbortSignal) => Promise<T>): () => void {
    const busy = [...this.#guesses.values()].filter(guess => !guess.over).length
    if (busy >= MOST || this.#guesses.has(samples)) return () => {}
    const abort = new AbortController()
    const result = work(abort.signal)
    const guess: Guess<T> = { result, abort, over: false }
    const done = () => {
      guess.over = true
    }
    // an error is for who asks, by `take`; of a guess that nobody asks for it is nobody's
    result.then(done, done)
    this.#guesses.set(samples, guess)
    return () => {
      if (this.#guesses.get(samples) !== guess) return
      this.#guesses.delete(samples)
      abort.abort(new Error('somebody went on speaking'))
    }
  }

  /**
   * What was begun with these very samples, from now on under the caller's signal; undefined where nothing was, or it
   * failed: then the caller does it.
   * @throws the signal's reason
   */
  async take(samples: Samples, signal: AbortSignal): Promise<T | undefined> {
    const guess = this.#guesses.get(samples)
    if (!guess) return undefined
    this.#guesses.delete(samples)
    const abort = () => guess.abort.abort(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await guess.result
    } catch {
      // told by the caller's own attempt, if it fails again
      signal.throwIfAborted()
      return undefined
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** Drops everything. */
  clear(): void {
    for (const { abort } of this.#guesses.values()) abort.abort(new Error('speech is being stopped'))
    this.#guesses.clear()
  }
}
