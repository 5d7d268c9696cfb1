import { sleep } from '../base/clock.js'
import { Closer } from '../base/closer.js'
import { isRetryable } from '../base/errors.js'
import type { Part } from '../base/part.js'
import { type Binding, type Fields, put, readFields } from './devices/binding.js'
import { encode, isRgb, type Value } from './devices/codec.js'
import { bindConfigured, settingsOf } from './devices/layout.js'
import { type ConfiguredDevice, type ConfiguredHome, slug } from './home.js'
import type { Domain } from './vocabulary.js'
import type { Wire } from './wire.js'

/*
 * A home of devices that exist only here and speak the topics of the real ones: for the demo and for tests. Devices whose
 * settings need a template to be understood stay silent; the plain layout (devices/layout.ts) needs none.
 */

export interface VirtualHomeOptions {
  home: ConfiguredHome
  /** A connection of its own: a device is another client than the daemon. */
  wire: Wire
  /** How long a device takes to do as it is told, milliseconds. Default 0. */
  latencyMs?: number
  /** Also announce the devices by Home Assistant's discovery, retained, under this prefix; taken back by `stop`. */
  discoveryPrefix?: string
  /** What devices say at first, by id; what is not here is off, closed, locked, docked. */
  initial?: Readonly<Record<string, Fields>>
}

interface Virtual {
  device: ConfiguredDevice
  binding: Binding
  fields: Record<string, Value>
  dead: boolean
}

export class VirtualHome implements Part {
  readonly name = 'virtual home'
  readonly #options: VirtualHomeOptions
  readonly #devices = new Map<string, Virtual>()
  #closer = new Closer()
  #ended = new AbortController()

  constructor(options: VirtualHomeOptions) {
    this.#options = options
  }

  async start(signal: AbortSignal): Promise<void> {
    const { home, wire, initial = {} } = this.#options
    this.#ended = new AbortController()
    try {
      for (const device of home.devices) {
        signal.throwIfAborted()
        const bound = bindConfigured(device, home.units)
        if (!bound || 'reason' in bound) continue
        const { binding } = bound
        const fields = { ...atFirst(device, home), ...initial[device.id] }
        const virtual: Virtual = { device, binding, fields, dead: false }
        this.#devices.set(device.id, virtual)
        const topics = new Set(binding.writes.map(write => write.topic))
        if (binding.actionTopic !== undefined) topics.add(binding.actionTopic)
        for (const topic of topics)
          this.#closer.defer(
            await wire.subscribe(topic, (heard, payload) => void this.#told(virtual, heard, payload)),
          )
        this.#closer.defer(() => this.#withdraw(virtual))
        await this.#introduce(virtual)
      }
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** The broker is there, or there again: all devices say how they are, as real ones do. */
  async connected(): Promise<void> {
    for (const virtual of this.#devices.values()) if (!virtual.dead) await this.#introduce(virtual)
  }

  async stop(): Promise<void> {
    this.#ended.abort()
    const closer = this.#closer
    this.#closer = new Closer()
    this.#devices.clear()
    await closer.close()
  }

  /** The device no longer does or says anything, until `revive`. */
  playDead(deviceId: string): void {
    const virtual = this.#devices.get(deviceId)
    if (virtual) virtual.dead = true
  }

  revive(deviceId: string): void {
    const virtual = this.#devices.get(deviceId)
    if (virtual) virtual.dead = false
  }

  /** What a device believes of itself; undefined for a device that is not virtual. */
  fields(deviceId: string): Fields | undefined {
    return this.#devices.get(deviceId)?.fields
  }

  /** Somebody presses a button on the device itself, or a sensor measures something new. */
  async set(deviceId: string, fields: Fields): Promise<void> {
    const virtual = this.#devices.get(deviceId)
    if (!virtual) return
    Object.assign(virtual.fields, fields)
    await this.#say(virtual)
  }

  async #told(virtual: Virtual, topic: string, payload: Uint8Array): Promise<void> {
    if (virtual.dead) return
    try {
      if (this.#options.latencyMs) await sleep(this.#options.latencyMs, this.#ended.signal)
      if (this.#ended.signal.aborted) return
      const { binding } = virtual
      if (topic === binding.actionTopic) obeyAction(virtual, payload)
      else obey(virtual, readFields(binding.writes, topic, payload))
      await this.#whenThere(() => this.#say(virtual))
    } catch (error) {
      if (!this.#ended.signal.aborted) throw error
    }
  }

  /** Publishes everything that the device tells, retained. */
  async #say({ binding, device, fields }: Virtual): Promise<void> {
    const objects = new Map<string, Record<string, unknown>>()
    const texts = new Map<string, string>()
    for (const read of binding.reads) {
      const value = fields[read.field]
      const wire = value === undefined || value === null || read.template ? undefined : spelled(read, value)
      if (wire === undefined) continue
      if (!read.path) texts.set(read.topic, String(wire))
      else {
        const object = objects.get(read.topic) ?? {}
        put(object, read.path, wire)
        objects.set(read.topic, object)
      }
    }
    for (const [topic, object] of objects) {
      if (device.kind === 'light') object.color_mode = fields.color_mode ?? 'onoff'
      texts.set(topic, JSON.stringify(object))
    }
    for (const [topic, text] of texts) await this.#publish(topic, text)
  }

  /** Where the device is announced, and as what; undefined where it is not. */
  #announcement({ device }: Virtual): { topic: string; config: object } | undefined {
    const { discoveryPrefix: prefix, home } = this.#options
    if (prefix === undefined || ['media_player', 'appliance', 'script'].includes(device.kind)) return
    const id = slug(`${home.id} ${device.id}`)
    const area = home.areas.find(entry => entry.id === device.area)
    const config = {
      ...settingsOf(device),
      name: null,
      unique_id: id,
      default_entity_id: device.id,
      ...(device.class === null ? {} : { device_class: device.class }),
      device: { identifiers: [id], name: device.name, ...(area ? { suggested_area: area.name } : {}) },
      origin: { name: 'fieldmouse virtual home' },
    }
    return { topic: `${prefix}/${device.kind}/${id}/config`, config }
  }

  /** Announces the device and says how it is. Without a broker nothing is said; `connected` makes up for it. */
  async #introduce(virtual: Virtual): Promise<void> {
    const announcement = this.#announcement(virtual)
    await this.#whenThere(async () => {
      await this.#say(virtual)
      if (announcement) await this.#publish(announcement.topic, JSON.stringify(announcement.config))
    })
  }

  async #withdraw(virtual: Virtual): Promise<void> {
    const announcement = this.#announcement(virtual)
    if (announcement) await this.#whenThere(() => this.#publish(announcement.topic, ''))
  }

  async #publish(topic: string, text: string): Promise<void> {
    await this.#options.wire.publish(topic, text, { retain: true, qos: 1 })
  }

  async #whenThere(say: () => Promise<void>): Promise<void> {
    try {
      await say()
    } catch (error) {
      if (!isRetryable(error)) throw error
    }
  }
}

function spelled(read: Binding['reads'][number], value: Value): unknown {
  // Segment names are an object of their own on the wire.
  return read.codec.as === 'names' ? value : encode(read.codec, value)
}

const FIRST: Partial<Record<Domain, Fields>> = {
  light: { state: 'off', brightness: 100, color: [255, 255, 255], kelvin: 2700, color_mode: 'onoff' },
  switch: { state: 'off' },
  fan: { state: 'off', percentage: 0 },
  cover: { state: 'closed', position: 0 },
  valve: { state: 'closed', position: 0 },
  lock: { state: 'locked' },
  media_player: { state: 'off', volume_level: 30, muted: false },
  vacuum: { state: 'docked', battery_level: 100 },
  lawn_mower: { state: 'docked' },
  appliance: { state: 'off' },
  binary_sensor: { state: 'off' },
}
const READINGS: Readonly<Record<string, number>> = {
  temperature: 21.5,
  humidity: 47,
  illuminance: 180,
  battery: 88,
  carbon_dioxide: 640,
  power: 12,
  energy: 3.2,
}

function atFirst(device: ConfiguredDevice, home: ConfiguredHome): Record<string, Value> {
  const warm = home.units === 'us'
  if (device.kind === 'climate')
    return { state: 'heat', temperature: warm ? 70 : 21, current_temperature: warm ? 68 : 20 }
  if (device.kind === 'sensor') {
    const reading = READINGS[device.class ?? ''] ?? 0
    return { state: device.class === 'temperature' && warm ? 70.5 : reading }
  }
  const fields = { ...FIRST[device.kind] }
  if (device.kind === 'vacuum')
    fields.segments = Object.fromEntries(home.areas.map((area, index) => [String(index + 1), area.name]))
  return fields
}

/** What each word does to a device. */
const VERBS: Readonly<Record<string, (kind: Domain) => Fields>> = {
  open: () => ({ state: 'open', position: 100 }),
  close: () => ({ state: 'closed', position: 0 }),
  stop: (kind): Fields => (kind === 'vacuum' ? { state: 'idle' } : {}),
  lock: () => ({ state: 'locked' }),
  unlock: () => ({ state: 'unlocked' }),
  start: kind => ({ state: kind === 'lawn_mower' ? 'mowing' : 'cleaning' }),
  pause: () => ({ state: 'paused' }),
  return_to_base: () => ({ state: 'returning' }),
}

function obey({ device, fields }: Virtual, told: Fields): void {
  const verb = typeof told.do === 'string' ? VERBS[told.do] : undefined
  Object.assign(fields, verb?.(device.kind))
  for (const [field, value] of Object.entries(told))
    if (field !== 'do' && field !== 'segments') fields[field] = value
  if (device.kind === 'light') {
    if (isRgb(told.color)) fields.color_mode = 'rgb'
    else if (told.kelvin !== undefined) fields.color_mode = 'color_temp'
    else if (fields.color_mode === 'onoff' && told.brightness !== undefined) fields.color_mode = 'brightness'
  }
  if (typeof told.position === 'number') fields.state = told.position > 0 ? 'open' : 'closed'
  if (device.kind === 'fan') {
    if (told.percentage !== undefined) fields.state = Number(told.percentage) > 0 ? 'on' : 'off'
    else if (told.state === 'off') fields.percentage = 0
    else if (told.state === 'on' && !fields.percentage) fields.percentage = 50
  }
  if (told.mode !== undefined) fields.state = told.mode
  if (told.segments !== undefined) fields.state = 'cleaning'
}

/** Media players and appliances: JSON with our own action names. */
function obeyAction({ device, fields }: Virtual, payload: Uint8Array): void {
  let said: Record<string, unknown>
  try {
    said = JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown>
  } catch {
    return
  }
  const plays = device.kind === 'media_player'
  const states: Readonly<Record<string, string>> = {
    turn_on: plays ? 'idle' : 'on',
    turn_off: 'off',
    play_media: 'playing',
    next: 'playing',
    previous: 'playing',
    resume: plays ? 'playing' : 'running',
    start: 'running',
    pause: 'paused',
    stop: 'idle',
  }
  const action = String(said?.action)
  const state = Object.hasOwn(states, action) ? states[action] : undefined
  if (state !== undefined) fields.state = state
  if (action === 'mute' || action === 'unmute') fields.muted = action === 'mute'
  if (action === 'play_media') fields.media_title = String(said.query ?? '')
  for (const field of ['volume_level', 'temperature', 'mode', 'program']) {
    const value = said?.[field]
    if (typeof value === 'number' || typeof value === 'string') fields[field] = value
  }
}
