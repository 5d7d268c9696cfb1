import type { Incoming } from './message.js'
import { matches, withoutShare } from './topics.js'

/** Called for every message that matches; must not wait. */
export type Handler = (message: Incoming) => void

/** How a filter is subscribed. The last two are MQTT 5 only. */
export interface SubscribeOptions {
  qos?: 0 | 1 | 2
  /** Do not hand back what this connection published itself. */
  noLocal?: boolean
  /** Do not deliver what the broker had kept. */
  skipRetained?: boolean
}

/** Who listens to what. Most filters are plain topics, so those are looked up and only the others are matched. */
export class Subscriptions {
  #entries = new Map<string, { options: SubscribeOptions; handlers: Set<Handler> }>()
  #onFailure: (topic: string, error: unknown) => void

  constructor(onFailure: (topic: string, error: unknown) => void) {
    this.#onFailure = onFailure
  }

  add(filter: string, handler: Handler, options: SubscribeOptions): void {
    const entry = this.#entries.get(filter)
    if (entry) entry.handlers.add(handler)
    else this.#entries.set(filter, { options, handlers: new Set([handler]) })
  }

  /** @returns whether nobody listens to the filter any more */
  remove(filter: string, handler: Handler): boolean {
    const entry = this.#entries.get(filter)
    if (!entry?.handlers.delete(handler) || entry.handlers.size > 0) return false
    this.#entries.delete(filter)
    return true
  }

  all(): Record<string, SubscribeOptions> {
    return Object.fromEntries([...this.#entries].map(([filter, { options }]) => [filter, options]))
  }

  /** Hands a message to whom it concerns. One that fails does not keep the others from hearing it. */
  deliver(message: Incoming): void {
    for (const [filter, { handlers }] of this.#entries) {
      const isPlain = !/[+#]/.test(filter)
      if (isPlain ? withoutShare(filter) !== message.topic : !matches(filter, message.topic)) continue
      for (const handler of handlers) {
        try {
          handler(message)
        } catch (error) {
          this.#onFailure(message.topic, error)
        }
      }
    }
  }
}
