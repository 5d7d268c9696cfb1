import type { MqttSettings } from '../home.js'
import type { Capability } from '../vocabulary.js'
import type { Availability, Binding, Read, Unavailable, Write } from './binding.js'
import type { Codec } from './codec.js'
import { asText, readTemplate, type Template } from './template.js'

/** What the settings of one kind of device come to. */
export type Ports = Pick<Binding, 'capabilities' | 'reads' | 'writes'> &
  Partial<Pick<Binding, 'limits' | 'onCommand' | 'actionTopic'>>

/** The key under which most platforms keep the template of what they read. */
export const TEMPLATE = ['value_template']

/** The settings of one device (keys of Home Assistant's MQTT platforms), read key by key; what is wrong is gathered. */
export class Settings {
  readonly problems: Unavailable[] = []
  readonly #values: MqttSettings
  readonly #seen = new Set<string>()
  constructor(values: MqttSettings) {
    this.#values = values
  }

  /** Keys that nobody has asked for: typing errors, in a file written by hand. */
  unread(): string[] {
    return Object.keys(this.#values).filter(key => !this.#seen.has(key))
  }

  has(key: string): boolean {
    return this.raw(key) !== undefined && this.raw(key) !== null
  }

  raw(key: string): unknown {
    this.#seen.add(key)
    return Object.hasOwn(this.#values, key) ? this.#values[key] : undefined
  }

  /** Texts are taken as Home Assistant takes them: numbers and booleans become their Python spelling. */
  text(key: string): string | undefined
  text(key: string, otherwise: string): string
  text(key: string, otherwise?: string): string | undefined {
    const value = this.raw(key)
    return value === undefined || value === null || typeof value === 'object' ? otherwise : asText(value)
  }

  number(key: string): number | undefined
  number(key: string, otherwise: number): number
  number(key: string, otherwise?: number): number | undefined {
    const value = this.raw(key)
    const number = typeof value === 'string' && value.trim() ? Number(value) : value
    return typeof number === 'number' && Number.isFinite(number) ? number : otherwise
  }

  flag(key: string): boolean {
    const value = this.raw(key)
    return value === true || (typeof value === 'string' && /^(true|yes|on|1)$/i.test(value))
  }

  list(key: string): string[] | undefined {
    const value = this.raw(key)
    return Array.isArray(value)
      ? value
          .filter(entry => typeof entry !== 'object')
          .slice(0, 100)
          .map(asText)
      : undefined
  }

  /** A topic to publish to or to read: no wildcards, so that no message can make us listen to everything. */
  topic(key: string, serves: Unavailable['capability']): string | undefined {
    const value = this.raw(key)
    if (value === undefined || value === null) return undefined
    if (typeof value === 'string' && isTopic(value)) return value
    this.problems.push({ capability: serves, reason: `${key} is not a topic without wildcards` })
    return undefined
  }

  /** @returns `false` when there is a template that we refuse; the reason is in `problems` */
  template(key: string, serves: Unavailable['capability']): Template | undefined | false {
    const source = this.raw(key)
    if (source === undefined || source === null || source === '') return undefined
    const result =
      typeof source === 'string' ? readTemplate(source) : { reason: 'the template is not a text' }
    if ('template' in result) return result.template
    this.problems.push({ capability: serves, reason: `${key}: ${result.reason}` })
    return false
  }

  /** A value that is read from `topicKey` through `templateKey`, if both can be used. */
  read(field: string, topicKey: string, templateKeys: string[], codec: Codec): Read[] {
    const topic = this.topic(topicKey, 'state')
    const templateKey = templateKeys.find(key => this.has(key))
    const template = templateKey ? this.template(templateKey, 'state') : undefined
    if (!topic || template === false) return []
    return [{ field, topic, ...through(template), codec }]
  }

  /** A value that is written to `topicKey`, through `templateKey`, for a capability. */
  write(
    field: string,
    topicKey: string,
    templateKey: string | undefined,
    codec: Codec,
    serves: Capability,
  ): Write[] {
    const topic = this.topic(topicKey, serves)
    const template = templateKey && topic ? this.template(templateKey, serves) : undefined
    if (!topic || template === false) return []
    return [{ field, topic, ...(template ? { template } : {}), codec }]
  }

  availability(): Availability[] {
    const yes = this.text('payload_available', 'online')
    const no = this.text('payload_not_available', 'offline')
    const single = this.topic('availability_topic', 'state')
    const template = this.template('availability_template', 'state')
    const list: Availability[] =
      single && template !== false ? [{ topic: single, ...through(template), yes, no }] : []
    const many = this.raw('availability')
    const entries = Array.isArray(many) ? many : many ? [many] : []
    for (const entry of entries.slice(0, 16)) {
      if (typeof entry !== 'object' || entry === null) continue
      const inner = new Settings(entry as MqttSettings)
      const topic = inner.topic('topic', 'state')
      const innerTemplate = inner.template('value_template', 'state')
      if (!topic || innerTemplate === false) continue
      list.push({
        topic,
        ...through(innerTemplate),
        yes: inner.text('payload_available', 'online'),
        no: inner.text('payload_not_available', 'offline'),
      })
    }
    return list
  }

  qos(): 0 | 1 | 2 {
    const qos = this.number('qos', 0)
    return qos === 1 || qos === 2 ? qos : 0
  }
}

/** A template as what is kept of it: a bare path where it is one (that can also be turned round). */
function through(template: Template | undefined): { path?: readonly string[]; template?: Template } {
  if (!template) return {}
  return template.path ? { path: template.path } : { template }
}

/** Whether a text can be published to. [MQTT-3.3.2-2], [MQTT-4.7.3-1] */
export function isTopic(text: string): boolean {
  return text.length > 0 && Buffer.byteLength(text) <= 1024 && !/[#+\0]/.test(text)
}

/** Capabilities by the field that has to be writable. */
export function able(writes: readonly Write[], gives: Readonly<Record<string, Capability>>): Capability[] {
  return Object.entries(gives).flatMap(([field, capability]) =>
    writes.some(write => write.field === field) ? capability : [],
  )
}
