/** What the daemon says of itself over MQTT: status, events, metrics. */
import type { Clock } from './base/clock.js'
import { describe } from './base/errors.js'
import { packageVersion } from './base/package-root.js'
import type { Connection } from './bus/mqtt/connect.js'
import type { Topics } from './bus/mqtt/topics.js'
import type { CommandsOptions } from './commands/handle.js'
import type { Conditions } from './observability/conditions.js'
import type { Events } from './observability/events.js'
import type { Metrics } from './observability/metrics.js'

export interface OutwardOptions {
  topics: Topics
  clock: Clock
  events: Events
  metrics: Metrics
  conditions: Conditions
  /** As it is now; undefined before the start. */
  connection(): Connection | undefined
  board(): string
  model(): string | undefined
}

const JSON_TEXT = { contentType: 'application/json', isText: true }

export class Outward {
  readonly #o: OutwardOptions
  readonly #since: string

  constructor(options: OutwardOptions) {
    this.#o = options
    this.#since = new Date(options.clock.now()).toISOString()
  }

  /** The document on the status topic. */
  status(state: 'online' | 'degraded' | 'offline') {
    return {
      state,
      version: packageVersion(),
      board: this.#o.board(),
      model: this.#o.model() ?? null,
      since: this.#since,
      conditions: state === 'offline' ? [] : this.#o.conditions.shown(),
    }
  }

  /** What was understood and done, on `event/command` and in the log. */
  readonly command: NonNullable<CommandsOptions['onCommand']> = ({ understanding, result, later, text }) => {
    const { events } = this.#o
    if (text !== undefined && understanding)
      events.tell('CommandHeard', {
        text,
        answer: result.text,
        stage: understanding.stage,
        confidence: understanding.confidence,
      })
    for (const o of result.devices)
      if (o.result === 'no_answer') events.tell('DeviceUnconfirmed', { device: o.deviceId })
    this.event('command', {
      actions: result.actions,
      devices: result.devices.map(({ deviceId, action, result: what }) => ({
        device: deviceId,
        action,
        result: what,
      })),
      answer: result.text,
      ...(understanding
        ? { stage: understanding.stage, confidence: Math.round(understanding.confidence * 1000) / 1000 }
        : {}),
      later,
    })
  }

  /** One message on `event/<name>`; lost while there is no broker. */
  event(name: string, payload: object): void {
    const { topics, clock, events, connection } = this.#o
    const topic = topics.event(name)
    connection()
      ?.publish({
        topic,
        payload: JSON.stringify({ time: new Date(clock.now()).toISOString(), ...payload }),
        qos: 0,
        properties: JSON_TEXT,
      })
      .catch(error => events.tell('MessageDropped', { topic, problem: describe(error) }))
  }

  metrics(): void {
    const { topics, metrics, connection } = this.#o
    connection()
      ?.publish({
        topic: topics.metrics,
        payload: JSON.stringify(metrics.snapshot()),
        qos: 0,
        properties: JSON_TEXT,
      })
      .catch(() => {
        // the next one follows in a minute, and broker_away says why
      })
  }
}
