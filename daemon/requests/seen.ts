import { createHash } from 'node:crypto'
import type { Reply } from './reply.js'
import type { Request } from './request.js'

/** How much is remembered of requests that were taken. */
export interface SeenLimits {
  /** A message is recognised as the same one for this long. */
  windowMs: number
  /** Requests remembered at most. */
  entries: number
  /** Size of their replies at most; a board has little memory and a reply can be long. */
  bytes: number
}

interface Entry {
  at: number
  digest: string
  reply?: Reply
  bytes: number
}

/** What is known of a request that came in. */
export type Sighting = { was: 'new' | 'in_flight' | 'different' } | { was: 'answered'; reply: Reply }

/**
 * Remembers which requests were taken and what was answered, so that a message the broker delivers twice, or a sender
 * repeats for want of an answer, is acted on once. Lives in memory: after a restart nothing is remembered, which is why
 * the first connection starts a clean session.
 */
export class Seen {
  #limits: SeenLimits
  #entries = new Map<string, Entry>()
  #bytes = 0

  constructor(limits: SeenLimits) {
    this.#limits = limits
  }

  /** Looks a request up and, when it is new, remembers it as in flight. Requests without a key are always new. */
  look(request: Request, now: number): Sighting {
    const key = keyOf(request)
    if (key === undefined) return { was: 'new' }
    const digest = digestOf(request)
    const known = this.#entries.get(key)
    if (known && (known.reply === undefined || now - known.at < this.#limits.windowMs)) {
      if (known.digest !== digest) return { was: 'different' }
      return known.reply ? { was: 'answered', reply: known.reply } : { was: 'in_flight' }
    }
    this.#delete(key)
    this.#entries.set(key, { at: now, digest, bytes: 0 })
    return { was: 'new' }
  }

  /** The request was acted on, and this is what came of it. */
  answered(request: Request, reply: Reply, now: number): void {
    const key = keyOf(request)
    const entry = key === undefined ? undefined : this.#entries.get(key)
    if (!entry || key === undefined) return
    entry.reply = reply
    entry.at = now
    entry.bytes = JSON.stringify(reply).length
    this.#bytes += entry.bytes
    this.#entries.delete(key)
    this.#entries.set(key, entry) // newest last
    for (const [oldest, { reply: known }] of this.#entries) {
      if (this.#entries.size <= this.#limits.entries && this.#bytes <= this.#limits.bytes) break
      if (known) this.#delete(oldest) // what is in flight is bounded by the queue
    }
  }

  /** The request was not acted on: should it come again, it is new. */
  forget(request: Request): void {
    const key = keyOf(request)
    if (key !== undefined) this.#delete(key)
  }

  get size(): number {
    return this.#entries.size
  }

  #delete(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0
    this.#entries.delete(key)
  }
}

/** Two senders may well count from one: the key holds only together with where the answer goes. */
const keyOf = (request: Request) =>
  request.dedupeKey === undefined ? undefined : `${request.origin}\u0000${request.dedupeKey}`

function digestOf(request: Request): string {
  const { bytes, ...rest } = request.body
  const hash = createHash('sha1').update(request.kind).update(JSON.stringify(rest))
  if (bytes) hash.update(bytes)
  return hash.digest('base64')
}
