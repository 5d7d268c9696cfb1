/** What others hear of updates: the retained state, Home Assistant's `update` entities, the log. */

import type { DeviceUpdates, UpdateState } from '../ota/format/state.js'
import { homeAssistantComponent, homeAssistantUpdate } from '../ota/format/state.js'
import type { Clock } from './base/clock.js'
import { describe } from './base/errors.js'
import { packageVersion } from './base/package-root.js'
import type { Connection } from './bus/mqtt/connect.js'
import type { Topics } from './bus/mqtt/topics.js'
import type { Config } from './config/schema.js'
import type { Events } from './observability/events.js'

export interface UpdateNewsOptions {
  config: Config
  connection: Connection
  topics: Topics
  clock: Clock
  events: Events
}

/** Progress is told no more often; a change of state at once. */
const EVERY_MS = 2_000

export class UpdateNews {
  readonly #o: UpdateNewsOptions
  readonly #shown = new Map<string, string>()
  readonly #states = new Map<string, string>()
  #latest: DeviceUpdates | undefined
  #told = ''
  #toldMs = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  constructor(options: UpdateNewsOptions) {
    this.#o = options
  }

  /** One model's state changed, or was told again. */
  heard(state: UpdateState): void {
    const { family } = state
    const key = `${state.state} ${state.reason?.code ?? ''} ${state.candidate?.sha256 ?? ''}`
    if (this.#states.get(family) === key) return
    const isFirst = !this.#states.has(family)
    this.#states.set(family, key)
    // a start that finds everything at rest is no news, nor is each look at the repository
    if (state.state === 'checking' || (isFirst && state.state === 'idle')) return
    if (state.state === 'idle' && !state.candidate && state.reason?.code === 'up_to_date') return
    this.#o.events.tell('UpdateMoved', {
      family,
      state: state.state,
      version: state.candidate?.version ?? state.running.version,
      ...(state.reason ? { reason: state.reason.message } : {}),
    })
  }

  /** Publishes where updates stand: at once when a state changed, else now and then. */
  show(updates: DeviceUpdates): void {
    this.#latest = updates
    const told = updates.models.map(m => `${m.state} ${m.running.sha256} ${m.waiting_for ?? ''}`).join()
    const dueMs = told === this.#told ? this.#toldMs + EVERY_MS - this.#o.clock.monotonic() : 0
    if (dueMs <= 0) this.#publish(told)
    else this.#timer ??= setTimeout(() => this.#publish(told), dueMs).unref()
  }

  /** Announces an `update` entity for each model, when the owner wants it. */
  announce(families: readonly string[]): void {
    const { config, topics } = this.#o
    if (config.ota.homeAssistant === 'off') return
    const id = `fieldmouse_${config.id}_models`
    const version = packageVersion()
    this.#retain(`${config.home.discoveryPrefix}/device/${id}/config`, {
      device: {
        identifiers: [id],
        name: `Fieldmouse ${config.id} models`,
        manufacturer: 'Fieldmouse',
        sw_version: version,
      },
      origin: { name: 'Fieldmouse', sw_version: version },
      availability: [
        {
          topic: topics.status,
          value_template: "{{ 'offline' if value_json.state == 'offline' else 'online' }}",
        },
      ],
      components: Object.fromEntries(
        families.map(family => [`model_${family}`, homeAssistantComponent(topics.base, id, family)]),
      ),
    })
  }

  /** What was published may be gone. */
  forget(): void {
    this.#shown.clear()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #publish(told: string): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#told = told
    this.#toldMs = this.#o.clock.monotonic()
    const { config, topics } = this.#o
    const updates = this.#latest!
    this.#retain(topics.updateState, updates)
    if (config.ota.homeAssistant === 'off') return
    for (const model of updates.models)
      this.#retain(topics.homeAssistantUpdate(model.family), homeAssistantUpdate(model))
  }

  #retain(topic: string, document: object): void {
    const payload = JSON.stringify(document)
    if (this.#shown.get(topic) === payload) return
    this.#shown.set(topic, payload)
    this.#o.connection
      .publish({
        topic,
        payload,
        qos: 1,
        retain: true,
        properties: { contentType: 'application/json', isText: true },
      })
      .catch(error => {
        // told again when the broker is back
        this.#shown.delete(topic)
        this.#o.events.tell('UpdateTrouble', { family: 'all', problem: `${topic}: ${describe(error)}` })
      })
  }
}
