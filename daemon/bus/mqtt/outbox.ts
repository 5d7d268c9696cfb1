import type { Clock } from '../../base/clock.js'
import { isRetryable } from '../../base/errors.js'
import { errors } from '../errors.js'
import type { Outgoing } from './message.js'

/** Hands one message to a live connection; settles when the broker has it. */
export type Send = (message: Outgoing) => Promise<void>

interface Entry {
  message: Outgoing
  keep: boolean
  expiresAt: number
  resolve: () => void
  reject: (error: Error) => void
}

/** What is on its way to the broker, and what waits for the broker to come back. Bounded; nothing is lost unsaid. */
export class Outbox {
  #length: number
  #clock: Clock
  #waiting: Entry[] = []
  #underWay = new Set<Entry>()
  #whenEmpty: (() => void)[] = []

  constructor(length: number, clock: Clock) {
    this.#length = length
    this.#clock = clock
  }

  add(message: Outgoing, whenAway: 'refuse' | 'keep', send: Send | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const lastsMs = (message.properties?.expirySeconds ?? Number.POSITIVE_INFINITY) * 1000
      const expiresAt = this.#clock.monotonic() + lastsMs
      const entry: Entry = { message, keep: whenAway === 'keep', expiresAt, resolve, reject }
      if (send) this.#send(entry, send)
      else this.#park(entry)
    })
  }

  /** The connection went: what it had not delivered waits for the next, or is given up. */
  interrupted(): void {
    const cut = [...this.#underWay]
    this.#underWay.clear()
    for (const entry of cut) this.#park(entry)
    this.#tellIfEmpty()
  }

  /** Sends what waited, oldest first. */
  flush(send: Send): void {
    const now = this.#clock.monotonic()
    for (const entry of this.#waiting.splice(0)) {
      if (now < entry.expiresAt) this.#send(entry, send)
      else entry.reject(errors.not_connected({ topic: entry.message.topic }))
    }
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    if (this.#underWay.size > 0) await new Promise<void>(resolve => this.#whenEmpty.push(resolve))
  }

  /** Gives up all that waits. */
  clear(): void {
    for (const entry of [...this.#waiting.splice(0), ...this.#underWay])
      entry.reject(errors.not_connected({ topic: entry.message.topic }))
    this.#underWay.clear()
    this.#tellIfEmpty()
  }

  #send(entry: Entry, send: Send): void {
    this.#underWay.add(entry)
    send(entry.message).then(
      () => {
        this.#underWay.delete(entry)
        entry.resolve()
        this.#tellIfEmpty()
      },
      (error: Error) => {
        if (!this.#underWay.delete(entry)) return // interrupted() has taken it back already
        if (isRetryable(error)) this.#park(entry)
        else entry.reject(error)
        this.#tellIfEmpty()
      },
    )
  }

  #park(entry: Entry): void {
    const { topic } = entry.message
    if (!entry.keep) {
      entry.reject(errors.not_connected({ topic }))
      return
    }
    this.#waiting.push(entry)
    if (this.#waiting.length > this.#length) {
      const oldest = this.#waiting.shift()!
      oldest.reject(errors.outbox_full({ topic: oldest.message.topic, kept: this.#length }))
    }
  }

  #tellIfEmpty(): void {
    if (this.#underWay.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve()
  }
}
