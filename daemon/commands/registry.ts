import type { Clock } from '../base/clock.js'
import { Closer } from '../base/closer.js'
import { describe } from '../base/errors.js'
import type { Part } from '../base/part.js'
import { type Binding, type Fields, readAvailability, readMessage, readTopics } from './devices/binding.js'
import type { Value } from './devices/codec.js'
import { bindConfigured } from './devices/layout.js'
import { type DiscoveredDevice, discoveryFilters, readDiscovery, type Skipped } from './discovery.js'
import { type Area, type ConfiguredHome, type Device, type Home, slug } from './home.js'
import type { Wire } from './wire.js'

/*
 * The home as it is now: what its owner wrote, what announced itself, and what each device last said.
 */

/** What a device last said. Percent, kelvin, red-green-blue, the home's degrees. */
export interface DeviceState {
  /** The main value (on, open, locked, a mode, a reading); null when the device says that it does not know. */
  readonly state: Value | undefined
  readonly attributes: Fields
  /** Unit of a sensor's reading, when it has one. */
  readonly unit?: string
  /** When it last said anything, milliseconds since the epoch. */
  readonly at: number
}

/** A change of the home itself, or a message of one device (also one that says nothing new). */
export type HomeEvent =
  | { readonly type: 'home' }
  | {
      readonly type: 'state'
      readonly deviceId: string
      readonly retained: boolean
      readonly changed: boolean
    }

/** Something that does not work as its owner may think; for `doctor`. */
export interface HomeProblem {
  /** A device id, or the name under which something announced itself. */
  readonly device: string
  readonly reason: string
}

export interface RegistryOptions {
  home: ConfiguredHome
  wire: Wire
  clock: Clock
  /** Home Assistant's discovery prefix; null listens to no announcements. Default `homeassistant`. */
  discoveryPrefix?: string | null
}

const MAX_SOURCES = 2_000

/** Keeps the home. Its snapshot never changes under its reader. */
export class Registry implements Part {
  readonly name = 'home registry'
  readonly #options: RegistryOptions
  readonly #listeners = new Set<(event: HomeEvent) => void>()
  readonly #announced = new Map<
    string,
    { payload: string; devices: readonly DiscoveredDevice[]; skipped: readonly Skipped[] }
  >()
  readonly #topics = new Map<string, { devices: Set<string>; end?: () => Promise<void> }>()
  readonly #known = new Map<string, { fields: Record<string, Value>; at: number }>()
  readonly #there = new Map<string, Map<string, boolean>>()
  readonly #troubles = new Map<string, string>()
  #bindings = new Map<string, Binding>()
  #problems: HomeProblem[] = []
  #home: Home
  #closer = new Closer()
  #work: Promise<unknown> = Promise.resolve()
  #running = false
  #queued = false

  constructor(options: RegistryOptions) {
    this.#options = options
    this.#home = this.#compose()
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.#running = true
    const prefix = this.#options.discoveryPrefix ?? 'homeassistant'
    try {
      this.#listen()
      await this.#work
      if (this.#options.discoveryPrefix !== null)
        for (const filter of discoveryFilters(prefix))
          this.#closer.defer(
            await this.#options.wire.subscribe(filter, (topic, payload) =>
              this.#announce(prefix, topic, payload),
            ),
          )
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  async stop(): Promise<void> {
    this.#running = false
    await this.#work
    const open = [...this.#topics.values()]
    this.#topics.clear()
    const closer = this.#closer
    this.#closer = new Closer()
    for (const { end } of open) if (end) closer.defer(end)
    await closer.close()
  }

  /** The home as known now. The same object until something changes. */
  home(): Home {
    return this.#home
  }

  /** How a device is reached; undefined when nobody has said. */
  binding(deviceId: string): Binding | undefined {
    return this.#bindings.get(deviceId)
  }

  /** What a device last said; undefined when it never said anything. */
  readState(deviceId: string): DeviceState | undefined {
    const known = this.#known.get(deviceId)
    if (!known) return undefined
    const { state, ...attributes } = known.fields
    const unit = this.#bindings.get(deviceId)?.unit
    return { state, attributes, at: known.at, ...(unit === undefined ? {} : { unit }) }
  }

  /** Whether a device says that it is there; undefined when it does not say. */
  available(deviceId: string): boolean | undefined {
    const said = [...(this.#there.get(deviceId)?.values() ?? [])]
    const binding = this.#bindings.get(deviceId)
    if (!binding || said.length === 0) return undefined
    if (binding.availabilityMode === 'any') return said.includes(true)
    if (binding.availabilityMode === 'all') return !said.includes(false)
    return said.at(-1)
  }

  /** What does not work as its owner may think. */
  problems(): HomeProblem[] {
    const announced = [...this.#announced.values()].flatMap(({ skipped }) =>
      skipped.map(({ what, reason }) => ({ device: what, reason })),
    )
    const troubles = [...this.#troubles].map(([device, reason]) => ({ device, reason }))
    return [...this.#problems, ...troubles, ...announced]
  }

  /** Tells of every change, after it can be read here. @returns how to stop that */
  onChange(listener: (event: HomeEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #announce(prefix: string, topic: string, payload: Uint8Array): void {
    const found = readDiscovery(prefix, topic, payload, this.#options.home.units)
    if (found.type === 'ignored') return
    if (found.type === 'gone') {
      if (!this.#announced.delete(found.source)) return
    } else {
      // Bridges announce everything again at every start; that is no news.
      const text = Buffer.from(payload).toString('base64')
      if (this.#announced.get(found.source)?.payload === text) return
      if (this.#announced.size >= MAX_SOURCES && !this.#announced.has(found.source)) return
      this.#announced.set(found.source, { payload: text, devices: found.devices, skipped: found.skipped })
    }
    this.#home = this.#compose()
    if (this.#running) this.#listen()
    this.#tell({ type: 'home' })
  }

  /** Owner's words and announcements as one home. Also sets bindings and problems. */
  #compose(): Home {
    const { home } = this.#options
    const bindings = new Map<string, Binding>()
    const problems: HomeProblem[] = []
    const areas: Area[] = [...home.areas]
    const devices = new Map<string, Device>()
    for (const { device, binding, areaName } of [...this.#announced.values()].flatMap(
      entry => entry.devices,
    )) {
      let { id } = device
      for (let n = 2; devices.has(id); n++) id = `${device.id}_${n}`
      devices.set(id, { ...device, id, area: areaName === null ? null : areaFor(areaName, areas) })
      bindings.set(id, binding)
    }
    for (const configured of home.devices) {
      const { mqtt, capabilitiesAssumed, ...own } = configured
      const found = devices.get(own.id)
      const foundBinding = bindings.get(own.id)
      const bound = bindConfigured(configured, home.units)
      if (bound && 'reason' in bound) problems.push({ device: own.id, reason: bound.reason })
      if (bound && 'binding' in bound) {
        bindings.set(own.id, bound.binding)
        devices.set(own.id, { ...own, capabilities: bound.capabilities })
      } else if (found && foundBinding) {
        const capabilities = capabilitiesAssumed
          ? found.capabilities
          : own.capabilities.filter(capability => foundBinding.capabilities.includes(capability))
        devices.set(own.id, {
          ...own,
          area: own.area ?? found.area,
          class: own.class ?? found.class,
          capabilities,
        })
      } else devices.set(own.id, own)
    }
    for (const { id, name, ...added } of home.additions) {
      const found = devices.get(id)
      if (!found)
        problems.push({
          device: id,
          reason: 'has not announced itself, so its names in the home file are of no use',
        })
      else
        devices.set(id, {
          ...found,
          name: name ?? found.name,
          aliases: [...found.aliases, ...(name === undefined ? [] : [found.name]), ...added.aliases],
          area: added.area ?? found.area,
          class: added.class ?? found.class,
          ...(added.programs === undefined ? {} : { programs: added.programs }),
        })
    }
    for (const [id, binding] of bindings)
      for (const { capability, reason } of binding.unavailable)
        problems.push({ device: id, reason: `${capability} is not available: ${reason}` })
    this.#bindings = bindings
    this.#problems = problems
    return frozen({
      id: home.id,
      name: home.name,
      units: home.units,
      floors: home.floors,
      areas,
      devices: [...devices.values()],
      routines: home.routines,
    })
  }

  /** Brings the subscriptions in line with the bindings; many announcements in a row cost one round. */
  #listen(): void {
    for (const id of [...this.#known.keys(), ...this.#there.keys()])
      if (!this.#bindings.has(id)) {
        this.#known.delete(id)
        this.#there.delete(id)
      }
    if (this.#queued) return
    this.#queued = true
    this.#work = this.#work.then(async () => {
      this.#queued = false
      const wanted = new Map<string, Set<string>>()
      for (const [id, binding] of this.#bindings)
        for (const topic of readTopics(binding)) wanted.set(topic, (wanted.get(topic) ?? new Set()).add(id))
      const dropped = [...this.#topics].filter(([topic]) => !wanted.has(topic))
      for (const [topic] of dropped) this.#topics.delete(topic)
      await Promise.all(dropped.map(([, entry]) => entry.end?.().catch(() => undefined)))
      await Promise.all([...wanted].map(([topic, devices]) => this.#hearFrom(topic, devices)))
    })
  }

  async #hearFrom(topic: string, devices: Set<string>): Promise<void> {
    const entry = this.#topics.get(topic)
    if (entry) {
      const joined = [...devices].some(id => !entry.devices.has(id))
      entry.devices = devices
      if (!joined) return
      // A device that joins a topic we already hear gets no retained message: ask for it again.
      await entry.end?.().catch(() => undefined)
    }
    await this.#subscribe(topic, devices)
  }

  async #subscribe(topic: string, devices: Set<string>): Promise<void> {
    if (!this.#running) return
    const entry: { devices: Set<string>; end?: () => Promise<void> } = { devices }
    this.#topics.set(topic, entry)
    try {
      entry.end = await this.#options.wire.subscribe(topic, (heard, payload, retained) =>
        this.#hear(heard, payload, retained),
      )
      for (const id of devices) this.#troubles.delete(id)
    } catch (error) {
      this.#topics.delete(topic)
      for (const id of devices) this.#troubles.set(id, `cannot listen to ${topic}: ${describe(error)}`)
    }
  }

  #hear(topic: string, payload: Uint8Array, retained: boolean): void {
    for (const id of this.#topics.get(topic)?.devices ?? []) {
      const binding = this.#bindings.get(id)
      if (!binding) continue
      for (const entry of binding.availability) {
        const yes = entry.topic === topic ? readAvailability(entry, payload) : undefined
        if (yes === undefined) continue
        const said = this.#there.get(id) ?? new Map<string, boolean>()
        said.delete(topic)
        this.#there.set(id, said.set(topic, yes))
      }
      const fields = readMessage(binding, topic, payload)
      if (Object.keys(fields).length === 0) continue
      const before = this.#known.get(id)?.fields ?? {}
      const changed = Object.entries(fields).some(([field, value]) => !same(before[field], value))
      this.#known.set(id, { fields: { ...before, ...fields }, at: this.#options.clock.now() })
      this.#tell({ type: 'state', deviceId: id, retained, changed })
    }
  }

  #tell(event: HomeEvent): void {
    for (const listener of [...this.#listeners]) listener(event)
  }
}

/** The area that a device says it is in; added when the owner has none of that name. */
function areaFor(name: string, areas: Area[]): string | null {
  const id = slug(name)
  if (!id) return null
  const known = areas.find(area => [area.id, slug(area.name), ...area.aliases.map(slug)].includes(id))
  if (known) return known.id
  areas.push({ id, name, aliases: [], floor: null })
  return id
}

function same(a: Value | undefined, b: Value): boolean {
  return a === b || (typeof a === 'object' && a !== null && JSON.stringify(a) === JSON.stringify(b))
}

function frozen<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) frozen(inner)
  return Object.freeze(value)
}
