import type { Clock } from '../base/clock.js'

/** Upper ends of the latency buckets, milliseconds; one more holds what is slower. */
export const BUCKETS_MS = [
  0.5, 1, 2, 5, 10, 20, 35, 50, 75, 100, 150, 200, 350, 500, 750, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000,
] as const

/** One histogram, read. Percentiles are interpolated within their bucket, so exact to its width. */
export interface Latency {
  count: number
  mean_ms: number
  p50_ms: number
  p95_ms: number
  p99_ms: number
  max_ms: number
}

/** The payload of the `metrics` topic. */
export interface MetricsSnapshot {
  /** ISO 8601, UTC. */
  time: string
  uptime_s: number
  counters: Record<string, number>
  latencies: Record<string, Latency>
  gauges: Record<string, number>
}

/** Most different names of a kind: a name made from what comes in from outside cannot fill the memory. */
const MOST_NAMES = 256

/** Counters, latencies and gauges since the start. Names are snake_case; gauges end in their unit. */
export class Metrics {
  readonly #clock: Clock
  readonly #startedAt: number
  readonly #counters = new Map<string, number>()
  readonly #latencies = new Map<string, Histogram>()
  readonly #gauges = new Map<string, () => number | undefined>()

  constructor(clock: Clock) {
    this.#clock = clock
    this.#startedAt = clock.monotonic()
  }

  /** Adds to a counter. */
  count(name: string, by = 1): void {
    const now = this.#counters.get(name)
    if (now !== undefined || this.#counters.size < MOST_NAMES) this.#counters.set(name, (now ?? 0) + by)
  }

  /** Adds one duration, milliseconds. */
  observe(name: string, ms: number): void {
    let histogram = this.#latencies.get(name)
    if (!histogram) {
      if (this.#latencies.size >= MOST_NAMES) return
      histogram = new Histogram()
      this.#latencies.set(name, histogram)
    }
    histogram.add(ms)
  }

  /** Sets a gauge: a value, or a function that is asked whenever somebody looks (undefined leaves it out). */
  gauge(name: string, value: number | (() => number | undefined)): void {
    if (this.#gauges.has(name) || this.#gauges.size < MOST_NAMES)
      this.#gauges.set(name, typeof value === 'number' ? () => value : value)
  }

  snapshot(): MetricsSnapshot {
    const gauges: Record<string, number> = {}
    for (const [name, read] of this.#gauges) {
      const value = read()
      if (value !== undefined && Number.isFinite(value)) gauges[name] = round(value)
    }
    return {
      time: new Date(this.#clock.now()).toISOString(),
      uptime_s: Math.round((this.#clock.monotonic() - this.#startedAt) / 1000),
      counters: Object.fromEntries(this.#counters),
      latencies: Object.fromEntries([...this.#latencies].map(([name, h]) => [name, h.read()])),
      gauges,
    }
  }
}

/** Counts in fixed buckets: the memory does not grow with what is measured. */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS_MS.length + 1)
  #count = 0
  #sum = 0
  #max = 0

  /** Negative and unreal durations are not durations: passed over. */
  add(ms: number): void {
    if (!(ms >= 0) || !Number.isFinite(ms)) return
    let index = BUCKETS_MS.findIndex(end => ms <= end)
    if (index < 0) index = BUCKETS_MS.length
    this.#counts[index]! += 1
    this.#count++
    this.#sum += ms
    if (ms > this.#max) this.#max = ms
  }

  /** @param share 0 to 1; 0 for an empty histogram */
  percentile(share: number): number {
    if (this.#count === 0) return 0
    const wanted = share * this.#count
    let seen = 0
    for (let i = 0; i < this.#counts.length; i++) {
      const here = this.#counts[i]!
      if (here > 0 && seen + here >= wanted) {
        const low = i === 0 ? 0 : BUCKETS_MS[i - 1]!
        const high = Math.min(BUCKETS_MS[i] ?? this.#max, this.#max)
        return low + ((wanted - seen) / here) * Math.max(0, high - low)
      }
      seen += here
    }
    return this.#max
  }

  read(): Latency {
    return {
      count: this.#count,
      mean_ms: round(this.#count === 0 ? 0 : this.#sum / this.#count),
      p50_ms: round(this.percentile(0.5)),
      p95_ms: round(this.percentile(0.95)),
      p99_ms: round(this.percentile(0.99)),
      max_ms: round(this.#max),
    }
  }
}

const round = (n: number) => Math.round(n * 1000) / 1000
