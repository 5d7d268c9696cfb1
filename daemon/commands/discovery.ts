import { bind } from './devices/bind.js'
import type { Binding } from './devices/binding.js'
import { DEVICE_KEYS, expand, KEYS } from './devices/discovery-keys.js'
import { type Device, slug } from './home.js'
import { DOMAINS, type Domain } from './vocabulary.js'

/*
 * Home Assistant's MQTT discovery, the reading side: one retained message is one entity
 * (`<prefix>/<component>/[<node>/]<object>/config`) or one device with its components (`<prefix>/device/<object>/config`);
 * an empty message takes it back. Pure: bytes in, devices or a reason out, whatever the bytes are.
 * @source homeassistant/components/mqtt/discovery.py, schemas.py
 */

/** A device that announced itself. */
export interface DiscoveredDevice {
  /** Its area is the slug of `areaName`; whoever keeps the home decides which area that is. */
  readonly device: Device
  readonly areaName: string | null
  readonly binding: Binding
}

/** Something announced that we do not take, and why. */
export interface Skipped {
  readonly what: string
  readonly reason: string
}

/** What a message on a discovery topic means. `source` is the same for all messages about the same thing. */
export type Discovery =
  | {
      readonly type: 'found'
      readonly source: string
      readonly devices: readonly DiscoveredDevice[]
      readonly skipped: readonly Skipped[]
    }
  | { readonly type: 'gone'; readonly source: string }
  | { readonly type: 'ignored'; readonly reason: string }

const MAX_BYTES = 256 * 1024
const MAX_COMPONENTS = 200
const NAME = /^[a-zA-Z0-9_-]+$/
const KINDS: ReadonlySet<string> = new Set(
  DOMAINS.filter(kind => !['media_player', 'script', 'appliance'].includes(kind)),
)

/** The filters to subscribe to. */
export function discoveryFilters(prefix: string): string[] {
  return [`${prefix}/+/+/config`, `${prefix}/+/+/+/config`]
}

/**
 * Reads one discovery message. Never throws.
 * @param prefix the discovery prefix, `homeassistant` unless somebody changed it
 */
export function readDiscovery(
  prefix: string,
  topic: string,
  payload: Uint8Array,
  units: 'metric' | 'us',
): Discovery {
  const parts = topic.startsWith(`${prefix}/`) ? topic.slice(prefix.length + 1).split('/') : []
  const [component = '', ...names] = parts.slice(0, -1)
  if (
    parts.at(-1) !== 'config' ||
    names.length < 1 ||
    names.length > 2 ||
    !names.every(name => NAME.test(name))
  )
    return { type: 'ignored', reason: `${topic} is no discovery topic` }
  const source = `${component} ${names.join(' ')}`
  if (payload.length === 0) return { type: 'gone', source }
  if (component !== 'device' && !KINDS.has(component))
    return { type: 'ignored', reason: `a ${component} is nothing that can be spoken to` }
  if (payload.length > MAX_BYTES)
    return { type: 'ignored', reason: `${topic} is longer than ${MAX_BYTES} bytes` }
  const config = readJson(payload)
  if (!config) return { type: 'ignored', reason: `${topic} holds no JSON object` }
  const object = names.at(-1) ?? ''
  const entries =
    component === 'device' ? componentsOf(config, object) : [{ kind: component, object, config }]
  if (!entries) return { type: 'ignored', reason: `${topic} names no components` }
  const devices: DiscoveredDevice[] = []
  const skipped: Skipped[] = []
  for (const entry of entries) {
    const result = entity(entry, units)
    if ('reason' in result) skipped.push({ what: `${entry.kind} ${entry.object}`, reason: result.reason })
    else if (devices.some(known => known.device.id === result.device.id))
      devices.push({
        ...result,
        device: { ...result.device, id: `${result.device.id}_${slug(entry.object)}` },
      })
    else devices.push(result)
  }
  return { type: 'found', source, devices, skipped }
}

interface Entry {
  kind: string
  object: string
  config: Record<string, unknown>
}

/** Keys of a device message that its components take over. @source schemas.py, SHARED_OPTIONS */
const SHARED = [
  'availability',
  'availability_mode',
  'availability_template',
  'availability_topic',
  'command_topic',
  'payload_available',
  'payload_not_available',
  'state_topic',
  'qos',
  '~',
]

function componentsOf(config: Record<string, unknown>, object: string): Entry[] | undefined {
  const components = config.components
  if (!isObject(components)) return undefined
  const shared = Object.fromEntries(
    SHARED.flatMap(key => (Object.hasOwn(config, key) ? [[key, config[key]]] : [])),
  )
  const entries: Entry[] = []
  for (const [id, value] of Object.entries(components).slice(0, MAX_COMPONENTS)) {
    if (!isObject(value)) continue
    const own = expand(value, KEYS)
    const { platform } = own
    // A component with nothing but its platform is taken back.
    if (typeof platform !== 'string' || Object.keys(own).length === 1) continue
    entries.push({
      kind: platform,
      object: `${object}_${id}`,
      config: { ...shared, ...own, device: config.device },
    })
  }
  return entries
}

function entity(
  { kind, object, config }: Entry,
  units: 'metric' | 'us',
): DiscoveredDevice | { reason: string } {
  if (!KINDS.has(kind)) return { reason: `a ${kind} is nothing that can be spoken to` }
  // Home Assistant does not offer these to voice assistants either.
  if (typeof config.entity_category === 'string') return { reason: `it is for ${config.entity_category}` }
  if (config.enabled_by_default === false) return { reason: 'it is disabled unless somebody enables it' }
  const about = isObject(config.device) ? expand(config.device, DEVICE_KEYS) : {}
  const bound = bind(kind as Domain, withBase(config), { units })
  if ('reason' in bound) return bound
  const { binding } = bound
  if (!binding.reads.length && !binding.writes.length)
    return { reason: binding.unavailable[0]?.reason ?? 'it has no topic to read or to command' }
  const name = nameOf(config.name, text(about.name), object)
  const areaName = text(about.suggested_area) ?? null
  return {
    areaName,
    binding,
    device: {
      id: idOf(kind, config, name, object),
      name,
      aliases: [],
      area: (areaName && slug(areaName)) || null,
      kind: kind as Domain,
      class: text(config.device_class) ?? null,
      capabilities: [...binding.capabilities],
    },
  }
}

/** A device and its entity as people would call it: "Kitchen Plug", "Kitchen Plug Power". */
function nameOf(own: unknown, device: string | undefined, object: string): string {
  const name = text(own)
  if (!name) return device ?? object.replace(/[_-]+/g, ' ').trim()
  if (!device || name.toLowerCase().startsWith(device.toLowerCase())) return name
  return `${device} ${name}`
}

function idOf(kind: string, config: Record<string, unknown>, name: string, object: string): string {
  const wished = text(config.default_entity_id)
  if (wished?.startsWith(`${kind}.`) && slug(wished.slice(kind.length + 1)))
    return `${kind}.${slug(wished.slice(kind.length + 1))}`
  return `${kind}.${slug(text(config.object_id) ?? '') || slug(name) || slug(object) || 'device'}`
}

/** Replaces `~` at either end of topics by the base topic. @source discovery.py, _replace_topic_base */
function withBase(config: Record<string, unknown>): Record<string, unknown> {
  const base = config['~']
  if (typeof base !== 'string') return config
  const expanded = (topic: unknown) => {
    if (typeof topic !== 'string' || !topic) return topic
    if (topic.startsWith('~')) return base + topic.slice(1)
    return topic.endsWith('~') ? topic.slice(0, -1) + base : topic
  }
  const availability = config.availability
  const list = Array.isArray(availability) ? availability : availability === undefined ? [] : [availability]
  return Object.fromEntries([
    ...Object.entries(config).map(([key, value]) => [key, key.endsWith('topic') ? expanded(value) : value]),
    ...(list.length
      ? [
          [
            'availability',
            list.map(entry => (isObject(entry) ? { ...entry, topic: expanded(entry.topic) } : entry)),
          ],
        ]
      : []),
  ])
}

function readJson(payload: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(payload))
    if (!isObject(value)) return undefined
    const config = expand(value, KEYS)
    const { availability } = config
    if (availability !== undefined) {
      const list = Array.isArray(availability) ? availability : [availability]
      config.availability = list.map(entry => (isObject(entry) ? expand(entry, KEYS) : entry))
    }
    return config
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() ? value.trim().slice(0, 120) : undefined
}
