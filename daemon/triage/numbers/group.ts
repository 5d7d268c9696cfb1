/**
 * Several numbers of one machine, judged together: a fault shows in how they move against one another before it shows in any
 * of them. Fast means are held against slow ones (so that warming up and drift are no fault), in units of what they did
 * while learning, with the correlations of that time: Hotelling's T². Persistence makes one alarm of an event.
 * @source Hotelling 1947; persistence on a cheap score: measured on SKAB, docs/benchmarks.md
 */
import type { NumberAlarm } from './channel.js'
import { short } from './channel.js'

export interface GroupOptions {
  /** Rows to learn from. */
  learnRows: number
  /** Of them, left out at the beginning, while the slow means settle. */
  skipRows: number
  /** Weight of a new row in the fast and in the slow means. */
  fast: number
  slow: number
  /** Spreads beyond the learnt range of the score. */
  margin: number
  /** Rows beyond it that make an alarm. */
  persist: number
  /** Rows within it that end the event. */
  holdRows: number
}

export const GROUP_DEFAULTS: GroupOptions = {
  learnRows: 400,
  skipRows: 40,
  fast: 0.2,
  slow: 0.01,
  margin: 1.5,
  persist: 10,
  holdRows: 100,
}

/** No channel alone may be more than so many of its deviations. */
const MOST_DEVIATIONS = 12
/** Keeps the correlations invertible where channels move as one. */
const RIDGE = 0.1
/** So many rows within bounds are only a pause. */
const PAUSE_ROWS = 2

interface Learnt {
  deviations: number[]
  inverse: number[][]
  threshold: number
  usual: number
}

export class ChannelGroup {
  readonly #o: GroupOptions
  readonly #names: readonly string[]
  #slow: number[] | undefined
  #fast: number[] = []
  #rows = 0
  #residuals: number[][] = []
  #learnt: Learnt | undefined
  #beyond = 0
  #within = 0
  #alarmed = false

  constructor(names: readonly string[], options: Partial<GroupOptions> = {}) {
    this.#names = names
    this.#o = { ...GROUP_DEFAULTS, ...options }
  }

  /**
   * Takes the next row, in the order of the names. What is missing stays as it was.
   * @returns an alarm when an event begins
   */
  add(row: readonly number[]): NumberAlarm | undefined {
    const { fast, slow, learnRows, persist, holdRows } = this.#o
    const known = row.map((x, i) => (Number.isFinite(x) ? x : (this.#fast[i] ?? 0)))
    this.#slow ??= [...known]
    if (this.#fast.length === 0) this.#fast = [...known]
    this.#rows++
    this.#fast = this.#fast.map((f, i) => f + (known[i]! - f) * fast)
    const residual = this.#fast.map((f, i) => f - this.#slow![i]!)
    // during an event the slow means stay: a fault that lasts must not become usual
    if (!this.#alarmed) {
      const weight = Math.max(slow, 1 / this.#rows)
      this.#slow = this.#slow.map((s, i) => s + (known[i]! - s) * weight)
    }
    if (!this.#learnt) {
      this.#residuals.push(residual)
      if (this.#rows >= learnRows) this.#learn()
      return undefined
    }
    const scaled = scale(residual, this.#learnt.deviations)
    const score = distance(scaled, this.#learnt.inverse)
    if (score > this.#learnt.threshold) {
      this.#beyond++
      this.#within = 0
      if (this.#alarmed || this.#beyond < persist) return undefined
      this.#alarmed = true
      return this.#alarm(score, scaled)
    }
    this.#within++
    if (this.#within > PAUSE_ROWS) this.#beyond = 0
    if (this.#within >= holdRows) this.#alarmed = false
    return undefined
  }

  #learn(): void {
    const used = this.#residuals.slice(this.#o.skipRows)
    this.#residuals = []
    const deviations = this.#names.map((_, i) =>
      Math.max(
        Math.sqrt(used.reduce((sum, r) => sum + r[i]! ** 2, 0) / used.length),
        Math.abs(this.#fast[i]!) * 1e-4,
        1e-9,
      ),
    )
    const rows = used.map(r => scale(r, deviations))
    const n = this.#names.length
    const correlation = Array.from({ length: n }, (_, i) =>
      Array.from(
        { length: n },
        (_, j) => rows.reduce((sum, r) => sum + r[i]! * r[j]!, 0) / rows.length + (i === j ? RIDGE : 0),
      ),
    )
    const inverse = inverted(correlation)
    const scores = rows.map(r => distance(r, inverse)).sort((a, b) => a - b)
    const at = (p: number) => scores[Math.min(scores.length - 1, Math.floor(p * scores.length))]!
    const usual = at(0.99)
    this.#learnt = { deviations, inverse, usual, threshold: usual + this.#o.margin * (usual - at(0.5)) }
  }

  #alarm(score: number, scaled: readonly number[]): NumberAlarm {
    const moved = scaled
      .map((x, i) => ({ name: this.#names[i]!, x, now: this.#fast[i]!, before: this.#slow![i]! }))
      .sort((a, b) => Math.abs(b.x) - Math.abs(a.x))
      .slice(0, 3)
      .map(m => `${m.name} ${m.x > 0 ? 'rose' : 'fell'} from ${short(m.before)} to ${short(m.now)}`)
    return {
      score: Math.round((score / this.#learnt!.usual) * 100) / 100,
      reason: `together they left what was learnt by ${short(score / this.#learnt!.usual)} times: ${moved.join(', ')}`,
    }
  }
}

const scale = (residual: readonly number[], deviations: readonly number[]): number[] =>
  residual.map((x, i) => Math.max(-MOST_DEVIATIONS, Math.min(MOST_DEVIATIONS, x / deviations[i]!)))

/** Mahalanobis, per channel. */
function distance(x: readonly number[], inverse: readonly (readonly number[])[]): number {
  let sum = 0
  for (let i = 0; i < x.length; i++) for (let j = 0; j < x.length; j++) sum += x[i]! * inverse[i]![j]! * x[j]!
  return Math.sqrt(Math.max(0, sum) / x.length)
}

/** Gauss and Jordan; the ridge keeps it from being singular. */
function inverted(matrix: readonly (readonly number[])[]): number[][] {
  const n = matrix.length
  const a = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))])
  for (let i = 0; i < n; i++) {
    let pivot = i
    for (let k = i + 1; k < n; k++) if (Math.abs(a[k]![i]!) > Math.abs(a[pivot]![i]!)) pivot = k
    ;[a[i], a[pivot]] = [a[pivot]!, a[i]!]
    const by = a[i]![i]!
    for (let j = 0; j < 2 * n; j++) a[i]![j]! /= by
    for (let k = 0; k < n; k++) {
      const factor = a[k]![i]!
      if (k !== i && factor !== 0) for (let j = 0; j < 2 * n; j++) a[k]![j]! -= factor * a[i]![j]!
    }
  }
  return a.map(row => row.slice(n))
}
