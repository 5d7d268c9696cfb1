import type { Capability, Domain } from '../vocabulary.js'
import { type Codec, decode, encode, templateScope, type Value } from './codec.js'
import { payloadScope, render, type Template } from './template.js'

/*
 * How one device is reached over MQTT, as plain data: what is read from which topic, what is written to which topic, and
 * how each value is spelled there. The owner's YAML and Home Assistant's discovery messages become the same form.
 *
 * Fields: `state` (the main one: on, open, locked, cleaning, a mode, a reading), `brightness`, `position`, `percentage`,
 * `volume_level` (percent), `kelvin`, `color`, `temperature` (wanted), `current_temperature`, `mode`, `preset`, `program`, and
 * `do` (written only): open, close, stop, lock, unlock, start, pause, return_to_base, activate.
 */

/** One value that is read. */
export interface Read {
  readonly field: string
  readonly topic: string
  /** Where in a JSON payload; absent: the whole payload. */
  readonly path?: readonly string[]
  /** Instead of `path`, for what a path cannot say. */
  readonly template?: Template
  readonly codec: Codec
}

/** One value that can be written. Writes with a `path` to one topic travel together, in one JSON object. */
export type Write = Read

/** Whether the device is there at all. */
export interface Availability {
  readonly topic: string
  readonly path?: readonly string[]
  readonly template?: Template
  readonly yes: string
  readonly no: string
}

/** What the device accepts. Temperatures in the home's degrees, kelvin, names of modes. */
export interface Limits {
  readonly temperature?: readonly [min: number, max: number]
  readonly kelvin?: readonly [min: number, max: number]
  readonly modes?: readonly string[]
  readonly presets?: readonly string[]
}

/** A capability that the device has, or should have, and that we cannot use; `doctor` shows it. */
export interface Unavailable {
  readonly capability: Capability | 'state'
  readonly reason: string
}

export interface Binding {
  readonly kind: Domain
  /** What can be commanded through it. */
  readonly capabilities: readonly Capability[]
  readonly unavailable: readonly Unavailable[]
  readonly reads: readonly Read[]
  readonly writes: readonly Write[]
  /** Set for devices that take `{"action": ..., ...params}` on one topic (media players, appliances). */
  readonly actionTopic?: string
  readonly availability: readonly Availability[]
  readonly availabilityMode: 'all' | 'any' | 'latest'
  readonly limits: Limits
  /** Unit of a sensor's reading, as declared. */
  readonly unit?: string
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  /** Lights without JSON: whether "on" goes before or after the style, or a brightness goes instead of it. */
  readonly onCommand?: 'first' | 'last' | 'brightness'
}

/** Values by field; only `state` is common to all devices. */
export type Fields = Readonly<Record<string, Value>>
/** Values to set, in the order in which they are sent. */
export type Change = readonly (readonly [field: string, value: Value])[]
export interface Message {
  topic: string
  payload: string
}

const MAX_STATE_BYTES = 64 * 1024
const utf8 = new TextDecoder()

/** The topics that tell something about the device. */
export function readTopics(binding: Binding): Set<string> {
  return new Set([...binding.reads, ...binding.availability].map(read => read.topic))
}

/** What a message on one of the device's topics says; empty when nothing. Never throws. */
export function readMessage(binding: Binding, topic: string, payload: Uint8Array): Record<string, Value> {
  const fields = readFields(binding.reads, topic, payload)
  // A cover or valve that tells only its position is open unless it is fully closed.
  if (typeof fields.position === 'number' && fields.state === undefined && !readsState(binding))
    fields.state = fields.position > 0 ? 'open' : 'closed'
  return fields
}

/** The values that a message holds. With a binding's writes: what a device is being told. */
export function readFields(
  reads: readonly (Read | Write)[],
  topic: string,
  payload: Uint8Array,
): Record<string, Value> {
  const fields: Record<string, Value> = {}
  if (payload.length === 0 || payload.length > MAX_STATE_BYTES) return fields
  const scope = payloadScope(utf8.decode(payload))
  for (const read of reads) {
    if (read.topic !== topic) continue
    const value = decode(read.codec, pick(read, scope))
    if (value !== undefined && fields[read.field] === undefined) fields[read.field] = value
  }
  return fields
}

/** Whether a message says that the device is there (true) or gone (false); undefined when it says neither. */
export function readAvailability(entry: Availability, payload: Uint8Array): boolean | undefined {
  const said = String(pick(entry, payloadScope(utf8.decode(payload))))
  return said === entry.yes ? true : said === entry.no ? false : undefined
}

function readsState(binding: Binding): boolean {
  return binding.reads.some(read => read.field === 'state')
}

function pick(
  read: { path?: readonly string[]; template?: Template },
  scope: ReturnType<typeof payloadScope>,
): unknown {
  if (read.path) return walk(scope.value_json, read.path)
  return read.template ? render(read.template, scope) : scope.value
}

function walk(json: unknown, path: readonly string[]): unknown {
  let here = json
  for (const key of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined
    here = (here as Record<string, unknown>)[key]
  }
  return here
}

/** The write that can say this value of this field. */
export function writeFor(binding: Binding, field: string, value: Value): Write | undefined {
  return binding.writes.find(write => write.field === field && encode(write.codec, value) !== undefined)
}

/** A change as messages, or what the device has no way to be told. */
export function writeMessages(
  binding: Binding,
  change: Change,
): { messages: Message[] } | { missing: string } {
  const messages: Message[] = []
  const objects = new Map<string, Record<string, unknown>>()
  for (const [field, value] of inOrder(binding, change)) {
    const write = writeFor(binding, field, value)
    if (!write) return { missing: field }
    const wire = encode(write.codec, value)
    if (write.path) {
      const known = objects.get(write.topic)
      const object = known ?? {}
      put(object, write.path, wire)
      if (!known) objects.set(write.topic, object)
      continue
    }
    const text = typeof wire === 'object' ? JSON.stringify(wire) : String(wire)
    const payload = write.template ? render(write.template, templateScope(write.codec, value, wire)) : text
    if (payload === undefined) return { missing: field }
    messages.push({ topic: write.topic, payload })
  }
  for (const [topic, object] of objects) messages.push({ topic, payload: JSON.stringify(object) })
  return { messages }
}

/** Sets a value inside of an object, making what is missing on the way. */
export function put(object: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const last = path.at(-1)
  if (last === undefined || path.includes('__proto__')) return
  let here = object
  for (const key of path.slice(0, -1)) {
    if (typeof here[key] !== 'object' || here[key] === null) here[key] = {}
    here = here[key] as Record<string, unknown>
  }
  here[last] = value
}

/** @source homeassistant/components/mqtt/light/schema_basic.py, on_command_type */
function inOrder(binding: Binding, change: Change): Change {
  if (!binding.onCommand) return change
  const on = change.filter(([field, value]) => field === 'state' && value === 'on')
  const rest = change.filter(entry => !on.includes(entry))
  if (binding.onCommand === 'first' || on.length === 0) return [...on, ...rest]
  if (binding.onCommand === 'last') return [...rest, ...on]
  return rest.some(([field]) => field === 'brightness') ? rest : [...rest, ['brightness', 100]]
}
