/**
 * Whether one microphone can have sent all that sound. Two satellites with one name interleave their frames, and what
 * is then heard is neither: better to say so than to answer it.
 */

/** Of real time; more than this no single microphone sends for long. */
const DOUBLE = 1.5
const CALM = 1.2
const WINDOW_MS = 1_000
/** A satellite that was cut off for a while sends what it kept all at once: over within one window. */
const HOT_WINDOWS = 2
const CALM_WINDOWS = 5

/** Counts the sound of one site against the clock. */
export class StreamMeter {
  /** More than one stream comes. */
  doubled = false
  #windowAt = Number.NEGATIVE_INFINITY
  #soundMs = 0
  #hot = 0
  #calm = 0

  /**
   * @param ms sound that came
   * @param at monotonic, milliseconds
   * @returns what became known with it
   */
  push(ms: number, at: number): 'doubled' | 'settled' | undefined {
    const elapsed = at - this.#windowAt
    if (elapsed < WINDOW_MS) {
      this.#soundMs += ms
      return undefined
    }
    const ratio = this.#soundMs / elapsed
    this.#windowAt = at
    this.#soundMs = ms
    this.#hot = ratio > DOUBLE ? this.#hot + 1 : 0
    this.#calm = ratio <= CALM ? this.#calm + 1 : 0
    if (!this.doubled && this.#hot >= HOT_WINDOWS) {
      this.doubled = true
      return 'doubled'
    }
    if (this.doubled && this.#calm >= CALM_WINDOWS) {
      this.doubled = false
      return 'settled'
    }
    return undefined
  }
}
