import type { Samples } from '../audio/pcm.js'

/** Pieces that wait at most: two seconds of a tenth each. A reader that is slower loses the oldest. */
const MOST = 20

/** A stream of samples for one reader that may be slow: pushed on one side, read on the other, bounded. */
export class Ring implements AsyncIterable<Samples> {
  #waiting: Samples[] = []
  #wake: (() => void) | undefined
  #ended = false

  push(samples: Samples): void {
    if (this.#ended) return
    this.#waiting.push(samples)
    if (this.#waiting.length > MOST) this.#waiting.shift()
    this.#wake?.()
  }

  /** No more comes. */
  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Samples> {
    for (;;) {
      const next = this.#waiting.shift()
      if (next) yield next
      else if (this.#ended) return
      else
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
    }
  }
}
