/**
 * Limits that people have set for a number: low and high, the worse low-low and high-high, how fast it may change. With a
 * deadband, so that a value on the edge is one alarm and not a hundred (ISA-18.2). Pure.
 */
import type { Severity } from '../verdict.js'

export interface NumberLimit {
  /** Sources that it is for, exactly; absent for all. */
  source?: string | undefined
  /** Name of the number, exactly. */
  name: string
  lowLow?: number | undefined
  low?: number | undefined
  high?: number | undefined
  highHigh?: number | undefined
  /** Most change in one minute, in the number's unit. */
  perMinute?: number | undefined
  /** So far back inside it must be before the alarm is over. Default 0. */
  deadband: number
}

export interface LimitNews {
  /** Unlike that of another limit: `high`, `low`, `rate`. */
  which: 'high' | 'low' | 'rate'
  phase: 'raise' | 'return'
  severity: Severity
  /** One sentence with the values that led to it. */
  reason: string
}

interface Seen {
  high: Severity | undefined
  low: Severity | undefined
  rate: boolean
  last?: { value: number; at: number }
}

/** Changes over less than this are not judged: two lines in the same second say nothing of a rate. Milliseconds. */
const LEAST_SPAN_MS = 1_000
const MOST_STREAMS = 10_000

export class NumberLimits {
  readonly #byName = new Map<string, NumberLimit[]>()
  readonly #seen = new Map<string, Seen>()

  constructor(limits: readonly NumberLimit[]) {
    for (const limit of limits) this.#byName.set(limit.name, [...(this.#byName.get(limit.name) ?? []), limit])
  }

  get isEmpty(): boolean {
    return this.#byName.size === 0
  }

  /** The next value of a number. @returns what began or ended */
  take(source: string, name: string, value: number, at: number): LimitNews[] {
    const limits = (this.#byName.get(name) ?? []).filter(l => l.source === undefined || l.source === source)
    return limits.flatMap((limit, i) => this.#judge(limit, `${source}\n${name}\n${i}`, name, value, at))
  }

  #judge(limit: NumberLimit, key: string, name: string, value: number, at: number): LimitNews[] {
    const seen = this.#seen.get(key) ?? { high: undefined, low: undefined, rate: false }
    this.#seen.set(key, seen)
    if (this.#seen.size > MOST_STREAMS) this.#seen.delete(this.#seen.keys().next().value!)
    const news: LimitNews[] = []
    const side = (
      which: 'high' | 'low',
      sign: 1 | -1,
      first: number | undefined,
      second: number | undefined,
    ) => {
      const beyond = (bound: number | undefined, slack: number) =>
        bound !== undefined && sign * (value - bound) > -slack
      const now = beyond(second, seen[which] === 'critical' ? limit.deadband : 0)
        ? 'critical'
        : beyond(first, seen[which] !== undefined ? limit.deadband : 0)
          ? 'warning'
          : undefined
      if (now === seen[which]) return
      const bound = now === 'critical' ? second : (first ?? second)
      news.push({
        which,
        phase: now === undefined ? 'return' : 'raise',
        severity: now ?? 'normal',
        reason:
          now === undefined
            ? `${name} ${value} is back within ${bound}`
            : `${name} ${value} is ${which === 'high' ? 'above' : 'below'} ${bound}`,
      })
      seen[which] = now
    }
    side('high', 1, limit.high, limit.highHigh)
    side('low', -1, limit.low, limit.lowLow)
    if (limit.perMinute !== undefined && seen.last && at - seen.last.at >= LEAST_SPAN_MS) {
      const rate = ((value - seen.last.value) / (at - seen.last.at)) * 60_000
      const fast = Math.abs(rate) > limit.perMinute
      if (fast !== seen.rate)
        news.push({
          which: 'rate',
          phase: fast ? 'raise' : 'return',
          severity: fast ? 'warning' : 'normal',
          reason: `${name} changes by ${Number(rate.toPrecision(3))} a minute, ${limit.perMinute} may be`,
        })
      seen.rate = fast
    }
    if (!seen.last || at - seen.last.at >= LEAST_SPAN_MS) seen.last = { value, at }
    return news
  }
}
