/**
 * What a figure has been: its usual range and its extremes, in memory of fixed size. The body is a sorted sample, thinned
 * so that it spans the horizon; the extremes of the horizon are kept apart, since they are what counts.
 */

const SAMPLES = 256
/** So many values back count. */
export const HORIZON = 4_096
/** The range leaves out so much at each end: one wild value is no range. */
const EDGE = 0.001
/** The horizon is left behind in so many pieces; each keeps enough extremes to answer for all. */
const EPOCHS = 4
const EPOCH_VALUES = HORIZON / EPOCHS
const KEPT_EXTREMES = 6

/** The most extreme values of a piece of the past, the most extreme first. */
interface Epoch {
  high: number[]
  low: number[]
}

export class History {
  /** Values so far. */
  count = 0
  readonly #sorted = new Float64Array(SAMPLES)
  readonly #ring = new Float64Array(SAMPLES)
  #filled = 0
  #next = 0
  #epochs: Epoch[] = []
  /** Of all epochs together; undefined when it has to be put together again. */
  #extremes: Epoch | undefined

  add(x: number): void {
    const at = this.count++
    if (at % EPOCH_VALUES === 0) {
      this.#epochs = [...this.#epochs.slice(-EPOCHS), { high: [], low: [] }]
      this.#extremes = undefined
    }
    const epoch = this.#epochs.at(-1)!
    // both, always: a value may be among the highest and the lowest of a young epoch
    const changed = [keepExtreme(epoch.high, x, 1), keepExtreme(epoch.low, x, -1)]
    if (changed.includes(true)) this.#extremes = undefined
    if (at >= SAMPLES && at % (HORIZON / SAMPLES) !== 0) return
    if (this.#filled === SAMPLES) this.#remove(this.#ring[this.#next]!)
    this.#ring[this.#next] = x
    this.#next = (this.#next + 1) % SAMPLES
    this.#insert(x)
  }

  /** @param p 0 to 1; NaN before the first value */
  quantile(p: number): number {
    if (this.#filled === 0) return Number.NaN
    const at = p * (this.#filled - 1)
    const below = Math.floor(at)
    const a = this.#sorted[below]!
    const b = this.#sorted[Math.min(below + 1, this.#filled - 1)]!
    return a + (at - below) * (b - a)
  }

  /** The range but for the few most extreme. */
  get low(): number {
    return this.#edge(this.#all.low)
  }
  get high(): number {
    return this.#edge(this.#all.high)
  }

  /**
   * How far a value lies beyond anything usual, in units of how far the usual reaches from the middle to that edge.
   * 0 within the range; negative below it.
   */
  beyond(x: number): number {
    const { high, low } = this
    if (x <= high && x >= low) return 0
    const middle = this.quantile(0.5)
    const least = Math.max((this.quantile(0.75) - this.quantile(0.25)) / 2, 1e-9 + Math.abs(middle) * 1e-3)
    return x > high ? (x - high) / Math.max(high - middle, least) : (x - low) / Math.max(middle - low, least)
  }

  get #all(): Epoch {
    this.#extremes ??= {
      high: this.#epochs.flatMap(e => e.high).sort((a, b) => b - a),
      low: this.#epochs.flatMap(e => e.low).sort((a, b) => a - b),
    }
    return this.#extremes
  }

  #edge(extremes: readonly number[]): number {
    const at = EDGE * (Math.min(this.count, HORIZON) - 1)
    const rank = Math.min(Math.floor(at), extremes.length - 1)
    const x = extremes[rank] ?? Number.NaN
    const next = extremes[Math.min(rank + 1, extremes.length - 1)] ?? x
    return x + (at - Math.floor(at)) * (next - x)
  }

  #insert(x: number): void {
    const at = this.#find(x)
    this.#sorted.copyWithin(at + 1, at, this.#filled)
    this.#sorted[at] = x
    this.#filled++
  }

  #remove(x: number): void {
    const at = this.#find(x)
    this.#sorted.copyWithin(at, at + 1, this.#filled)
    this.#filled--
  }

  /** Where x is or would be. */
  #find(x: number): number {
    let low = 0
    let high = this.#filled
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#sorted[middle]! < x) low = middle + 1
      else high = middle
    }
    return Math.min(low, SAMPLES - 1)
  }
}

/** Puts a value where it belongs, in place. @returns whether it was extreme enough */
function keepExtreme(list: number[], x: number, sign: 1 | -1): boolean {
  if (list.length >= KEPT_EXTREMES && sign * (x - list.at(-1)!) <= 0) return false
  const place = list.findIndex(e => sign * (x - e) > 0)
  list.splice(place < 0 ? list.length : place, 0, x)
  if (list.length > KEPT_EXTREMES) list.pop()
  return true
}
