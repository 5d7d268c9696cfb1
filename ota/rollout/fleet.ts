/** A fleet as its broker shows it: what all devices said, and the rollouts there are. Listens; tells nobody anything. */
import { type Clock, sleep, systemClock } from '../../daemon/base/clock.js'
import { describe } from '../../daemon/base/errors.js'
import { uniqueId } from '../../daemon/base/random.js'
import { type RolloutNews, RolloutOperator } from '../format/rollout.js'
import { Heard } from './heard.js'
import type { DeviceKeys } from './keys.js'
import { readNews } from './record.js'
import { type FleetTopics, fleetTopics } from './topics.js'

/** A broker, as a fleet wants it; the shell hands in its own connection. */
export interface FleetBus {
  /** At QoS 1; resolves when the broker has it. */
  publish(message: { topic: string; payload: string; retain: boolean }): Promise<void>
  /** At QoS 1, what is retained first; for as long as the connection lives. */
  subscribe(
    filter: string,
    on: (topic: string, payload: Uint8Array, retained: boolean) => void,
  ): Promise<unknown>
}

export interface FleetOptions {
  bus: FleetBus
  /** Which program this is. Default: one of its own. */
  instance?: string
  /** It decides by what it hears: all that is retained must have come. Default: it only shows. */
  decides?: boolean
  /** First levels of all topics. */
  root: string
  keys: DeviceKeys
  clock?: Clock
  wait?: (ms: number, signal?: AbortSignal) => Promise<void>
  /** What came and is not what it should be. */
  onOdd?: (what: string, problem: string) => void
}

/** After the marker came back and nothing more came for so long, all that was retained has come. */
const QUIET_MS = 300
/** The marker is sent again: a queue that was full may have dropped it. */
const MARKER_MS = 2_000
/** Who only reads may have no right to write: nothing for so long is taken for all. */
const READER_QUIET_MS = 1_500
/** Who decides waits longer; then it is said that some of it may be missing. */
const MOST_GATHER_MS = 60_000

export class Fleet {
  readonly bus: FleetBus
  readonly topics: FleetTopics
  readonly clock: Clock
  readonly wait: NonNullable<FleetOptions['wait']>
  readonly heard: Heard
  readonly keys: DeviceKeys
  /** Which program this is. */
  readonly instance: string
  /** Rollouts by name, as they were published last. */
  readonly rollouts = new Map<string, RolloutNews>()
  /** Who carries them out. */
  readonly operators = new Map<string, RolloutOperator>()
  /** Rollouts that another program said it carries out, since `takeOver`: it may have said goodbye in the same breath. */
  readonly #rivals = new Set<string>()
  readonly #onOdd: NonNullable<FleetOptions['onOdd']>
  readonly #decides: boolean
  #lastMs = Number.NEGATIVE_INFINITY
  #isBack = false
  #listeners = new Set<() => void>()

  constructor(options: FleetOptions) {
    this.bus = options.bus
    this.instance = options.instance ?? uniqueId()
    this.#decides = options.decides ?? false
    this.topics = fleetTopics(options.root)
    this.clock = options.clock ?? systemClock
    this.wait = options.wait ?? sleep
    this.keys = options.keys
    this.#onOdd = options.onOdd ?? (() => {})
    this.heard = new Heard({ clock: this.clock, keys: this.keys, onOdd: this.#onOdd })
  }

  /** Hears the rollouts, and with `devices` all devices. Resolves when what was retained has come. */
  async listen(signal: AbortSignal, what: 'devices' | 'rollouts' = 'devices'): Promise<void> {
    const { topics } = this
    await this.#on(topics.marker(this.instance), () => {
      this.#isBack = true
    })
    await this.#on(topics.rollouts, (topic, payload) => this.#news(topic, payload))
    await this.#on(`${topics.rollouts}/operator`, (topic, payload) => this.#operator(topic, payload))
    if (what === 'devices')
      for (const filter of topics.all)
        await this.#on(filter, (topic, payload) => {
          const known = topics.parse(topic)
          if (known) this.heard.hear(known.device, known.what, payload)
        })
    await this.gather(signal)
  }

  /** Waits until what is retained has come; again after the connection was lost. @throws the signal's reason */
  async gather(signal: AbortSignal): Promise<void> {
    this.#isBack = false
    const beganMs = this.clock.monotonic()
    let sentMs = Number.NEGATIVE_INFINITY
    for (;;) {
      signal.throwIfAborted()
      const nowMs = this.clock.monotonic()
      if (this.#isBack && nowMs - this.#lastMs >= QUIET_MS) return
      if (!this.#decides && nowMs - Math.max(beganMs, this.#lastMs) >= READER_QUIET_MS) return
      if (nowMs - beganMs > MOST_GATHER_MS) {
        this.#onOdd(
          this.topics.marker(this.instance),
          'it did not come back; some of what is retained may be missing',
        )
        return
      }
      if (!this.#isBack && nowMs - sentMs > MARKER_MS) {
        sentMs = nowMs
        const topic = this.topics.marker(this.instance)
        await this.bus.publish({ topic, payload: 'here', retain: false }).catch(error => {
          this.#onOdd(topic, describe(error))
        })
      }
      await this.wait(50, signal)
    }
  }

  /** The connection went: what was desired of devices may be gone with it. */
  lost(): void {
    this.heard.forgetDesired()
  }

  /** Called after each message. @returns ends it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async on(filter: string, handler: (topic: string, payload: Uint8Array) => void): Promise<void> {
    await this.#on(filter, handler)
  }

  async #on(
    filter: string,
    handler: (topic: string, payload: Uint8Array, retained: boolean) => void,
  ): Promise<void> {
    await this.bus.subscribe(filter, (topic, payload, retained) => {
      // a live fleet is never quiet; what the broker had kept comes to an end
      if (retained) this.#lastMs = this.clock.monotonic()
      handler(topic, payload, retained)
      for (const listener of this.#listeners) listener()
    })
  }

  #news(topic: string, payload: Uint8Array): void {
    const name = topic.slice(topic.lastIndexOf('/') + 1)
    try {
      const news = readNews(topic, payload)
      if (news === undefined) this.rollouts.delete(name)
      else if (news.record.name === name) this.rollouts.set(name, news)
    } catch (error) {
      this.#onOdd(topic, describe(error))
    }
  }

  #operator(topic: string, payload: Uint8Array): void {
    const name = topic.split('/').at(-2)!
    const said = RolloutOperator.safeParse(jsonOf(payload))
    if (said.success) this.operators.set(name, said.data)
    else this.operators.delete(name)
    if (said.success && said.data.state === 'online' && said.data.instance !== this.instance)
      this.#rivals.add(name)
  }

  /** From now on this program carries it out; what was retained of the one before counts no more. */
  takeOver(name: string): void {
    this.operators.set(name, { state: 'online', instance: this.instance })
    this.#rivals.delete(name)
  }

  /** Whether another program has carried it out, or does, since `takeOver`. */
  isTakenOver(name: string): boolean {
    return this.#rivals.has(name)
  }
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch {
    return undefined
  }
}
