/** What the engine is to run with now, and whether the child does so yet. No effects: the supervisor asks and acts. */

/** Numbers that may change while the engine runs. */
export interface EngineLimits {
  threads: number
  sequences: number
  /** Pause after a completion, as a share of the time that it took. */
  rest: number
}

export class Pace {
  /** Undefined as long as nobody wished for anything but the plan. */
  limits: EngineLimits | undefined
  /** `due`: the child has to be told once nothing runs; `sent`: it is at work on it. Nothing is handed to it meanwhile. */
  #change: 'due' | 'sent' | undefined
  #restUntil = 0

  /**
   * @param running what the child has now; undefined while there is none
   * @throws RangeError for numbers that make no sense
   */
  wish(limits: EngineLimits, running: { threads: number; sequences: number } | undefined): void {
    const { threads, sequences, rest } = limits
    if (![threads, sequences].every(n => Number.isInteger(n) && n >= 1) || !(rest >= 0))
      throw new RangeError(`threads and sequences must be whole numbers from 1 on: ${threads}, ${sequences}`)
    this.limits = limits
    if (rest === 0) this.#restUntil = 0
    if (running && this.#change !== 'sent') this.#change = this.#differs(running) ? 'due' : undefined
  }

  get change(): 'due' | 'sent' | undefined {
    return this.#change
  }

  sent(): void {
    this.#change = 'sent'
  }

  /** A child runs with these now. The wish may have changed while it was busy. */
  running(now: { threads: number; sequences: number }): void {
    this.#change = this.#differs(now) ? 'due' : undefined
  }

  /** The next child is loaded with what is wished for. */
  lost(): void {
    this.#change = undefined
  }

  completed(inferMs: number, nowMs: number): void {
    const rest = (this.limits?.rest ?? 0) * inferMs
    if (rest > 0) this.#restUntil = nowMs + rest
  }

  /** Milliseconds in which no completion may start. */
  restMs(nowMs: number): number {
    return Math.max(0, this.#restUntil - nowMs)
  }

  #differs({ threads, sequences }: { threads: number; sequences: number }): boolean {
    return (
      this.limits !== undefined && (this.limits.threads !== threads || this.limits.sequences !== sequences)
    )
  }
}
