/**
 * A source that says something new with every line is garbage or a fault of its own: judging each new thing would cost
 * the other sources their time. So each source may bring so many new things a second; what is beyond is counted, and
 * told once. Pure; time is passed in.
 */

export interface NoveltyOptions {
  /** New things a second that one source may bring for long. Default 50. */
  perSecond: number
  /** At once. Default 2,000: a source that starts. */
  burst: number
  /** So long without anything left out, and it is over, milliseconds. Default 60,000. */
  calmMs: number
  /** Most sources that are followed. Default 1,000. */
  mostSources: number
}

interface Bucket {
  tokens: number
  at: number
  leftOut: number
  /** When something was left out last; 0 when it is over. */
  since: number
}

export type NoveltyNews = { kind: 'begins' } | { kind: 'over'; leftOut: number }

export class Novelty {
  readonly #o: NoveltyOptions
  readonly #buckets = new Map<string, Bucket>()

  constructor(options: Partial<NoveltyOptions> = {}) {
    this.#o = { perSecond: 50, burst: 2_000, calmMs: 60_000, mostSources: 1_000, ...options }
  }

  /** Whether one more new thing of this source may be judged, and what there is to tell. */
  take(source: string, at: number): { allowed: boolean; news?: NoveltyNews } {
    const bucket = this.#bucket(source, at)
    bucket.tokens = Math.min(
      this.#o.burst,
      bucket.tokens + (Math.max(0, at - bucket.at) / 1000) * this.#o.perSecond,
    )
    bucket.at = Math.max(bucket.at, at)
    if (bucket.tokens >= 1) {
      bucket.tokens--
      return { allowed: true }
    }
    const begins = bucket.since === 0
    bucket.since = at
    bucket.leftOut++
    return { allowed: false, ...(begins ? { news: { kind: 'begins' } as const } : {}) }
  }

  /** Whether nothing new of this source may be judged now: then it need not be learnt either. */
  isSpent(source: string, at: number): boolean {
    const bucket = this.#buckets.get(source)
    return (
      bucket !== undefined && bucket.tokens + (Math.max(0, at - bucket.at) / 1000) * this.#o.perSecond < 1
    )
  }

  /** What is over by now. */
  settle(at: number): { source: string; leftOut: number }[] {
    const over: { source: string; leftOut: number }[] = []
    for (const [source, bucket] of this.#buckets) {
      if (bucket.since === 0 || at - bucket.since < this.#o.calmMs) continue
      over.push({ source, leftOut: bucket.leftOut })
      bucket.since = 0
      bucket.leftOut = 0
    }
    return over
  }

  #bucket(source: string, at: number): Bucket {
    let bucket = this.#buckets.get(source)
    if (!bucket) {
      bucket = { tokens: this.#o.burst, at, leftOut: 0, since: 0 }
      this.#buckets.set(source, bucket)
      if (this.#buckets.size > this.#o.mostSources) this.#buckets.delete(this.#buckets.keys().next().value!)
    }
    return bucket
  }
}
