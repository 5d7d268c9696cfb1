import { readFile } from 'node:fs/promises'
import { parse as parseYaml } from 'yaml'
import { describe } from '../base/errors.js'
import { parse, z } from '../base/schema.js'
import { errors } from './errors.js'
import { CAPABILITIES, type Capability, DOMAINS, type Domain } from './vocabulary.js'

/*
 * A home as plain data: what there is, where it is, and what people call it. How devices are reached is in binding.ts,
 * what they do just now is in registry.ts.
 */

/** A storey. */
export interface Floor {
  id: string
  name: string
  /** Other names that people use, without the name itself. */
  aliases: string[]
}

/** A room, or another place such as the garden. */
export interface Area {
  id: string
  name: string
  aliases: string[]
  /** Floor id; null when the area is on no floor. */
  floor: string | null
}

/** One thing that can be named, asked about and, mostly, told what to do. */
export interface Device {
  /** Unique in the home, as Home Assistant's entity ids: `light.ceiling`. */
  id: string
  name: string
  aliases: string[]
  /** Area id; null when it belongs to the whole home. */
  area: string | null
  /** Home Assistant's domain, or `appliance`. */
  kind: Domain
  /** Home Assistant's device class (`blind`, `outlet`, `motion`), or null. */
  class: string | null
  capabilities: Capability[]
}

/** A home as known now. */
export interface Home {
  id: string
  name: string
  /** Temperatures in Celsius (`metric`) or Fahrenheit (`us`). */
  units: 'metric' | 'us'
  floors: Floor[]
  areas: Area[]
  devices: Device[]
}

/** MQTT settings of a device, under the keys of Home Assistant's MQTT platforms; binding.ts reads them. */
export type MqttSettings = Record<string, unknown>

/** A device as its owner wrote it: with the way to reach it, or without (then it is only known by discovery, or not at all). */
export interface ConfiguredDevice extends Device {
  /** A base topic (the layout of binding.ts is used below it), or the settings themselves. */
  mqtt?: string | MqttSettings
  /** True when `capabilities` was not written and comes from the kind; then a binding may say better. */
  capabilitiesAssumed?: boolean
}

/** A home as its owner wrote it. Also a `Home`. */
export interface ConfiguredHome extends Home {
  devices: ConfiguredDevice[]
}

/** What a device can do when its owner does not say. */
export const DEFAULT_CAPABILITIES: Readonly<Record<Domain, readonly Capability[]>> = {
  light: ['on_off'],
  switch: ['on_off'],
  fan: ['on_off', 'fan_speed'],
  cover: ['open_close'],
  lock: ['lock'],
  climate: ['target_temperature', 'hvac_mode', 'on_off'],
  media_player: ['on_off', 'playback', 'volume'],
  vacuum: ['start_stop', 'pause_resume', 'dock'],
  lawn_mower: ['start_stop', 'pause_resume', 'dock'],
  valve: ['open_close'],
  scene: ['activate'],
  script: ['activate'],
  sensor: [],
  binary_sensor: [],
  appliance: ['on_off'],
}

/** A name as an id: lower case letters and digits of any script, joined by `_`. "Küche" becomes `kuche`. */
export function slug(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_+|_+$/g, '')
}

const Name = z.string().trim().min(1).max(120)
const Id = z.string().trim().min(1).max(200)
const Aliases = z.array(Name).default([])
/** "Kitchen" stands for `{name: Kitchen}`. */
const nameOr = <S extends z.ZodType>(schema: S) =>
  z.preprocess(value => (typeof value === 'string' ? { name: value } : value), schema)

const FloorEntry = nameOr(
  z
    .strictObject({ id: Id.optional(), name: Name, aliases: Aliases })
    .transform((floor): Floor => ({ ...floor, id: floor.id ?? slug(floor.name) })),
)
const AreaEntry = nameOr(
  z
    .strictObject({ id: Id.optional(), name: Name, aliases: Aliases, floor: Id.nullish() })
    .transform((area): Area => ({ ...area, id: area.id ?? slug(area.name), floor: area.floor ?? null })),
)
const DeviceEntry = z
  .strictObject({
    id: Id.optional().describe('Default: the kind, a dot, and the name as an id.'),
    name: Name,
    aliases: Aliases,
    area: Id.nullish(),
    kind: z.enum(DOMAINS),
    class: Id.nullish(),
    capabilities: z.array(z.enum(CAPABILITIES)).optional(),
    mqtt: z.union([z.string().min(1), z.record(z.string(), z.unknown())]).optional(),
  })
  .transform(
    (device): ConfiguredDevice => ({
      id: device.id ?? `${device.kind}.${slug(device.name)}`,
      name: device.name,
      aliases: device.aliases,
      area: device.area ?? null,
      kind: device.kind,
      class: device.class ?? null,
      capabilities: device.capabilities ?? [...DEFAULT_CAPABILITIES[device.kind]],
      ...(device.mqtt === undefined ? {} : { mqtt: device.mqtt }),
      ...(device.capabilities ? {} : { capabilitiesAssumed: true }),
    }),
  )

/** Reads a home, from our YAML or from a row of a `homes.json`. Unknown keys, doubled ids and dangling references are refused. */
export const HomeSchema = z
  .strictObject({
    id: Id.default('home'),
    name: Name.default('Home'),
    units: z.enum(['metric', 'us']).default('metric').describe('Celsius (metric) or Fahrenheit (us).'),
    floors: z.array(FloorEntry).default([]),
    areas: z.array(AreaEntry).default([]),
    devices: z.array(DeviceEntry).default([]),
  })
  .transform((home): ConfiguredHome => home)
  .superRefine((home, context) => {
    const problem = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message })
    const known = { floors: new Set<string>(), areas: new Set<string>(), devices: new Set<string>() }
    for (const list of ['floors', 'areas', 'devices'] as const) {
      home[list].forEach((entry, index) => {
        if (!entry.id) problem([list, index, 'id'], `"${entry.name}" gives no id of its own; write one`)
        if (known[list].has(entry.id))
          problem([list, index, 'id'], `"${entry.id}" is there twice; ids are unique`)
        known[list].add(entry.id)
      })
    }
    home.areas.forEach((area, index) => {
      if (area.floor !== null && !known.floors.has(area.floor))
        problem(['areas', index, 'floor'], `there is no floor "${area.floor}"${list(known.floors)}`)
    })
    home.devices.forEach((device, index) => {
      if (device.area !== null && !known.areas.has(device.area))
        problem(['devices', index, 'area'], `there is no area "${device.area}"${list(known.areas)}`)
    })
  })

function list(ids: Set<string>): string {
  return ids.size ? ` (there are ${[...ids].slice(0, 12).join(', ')})` : ' (none are declared)'
}

/** Reads a home from a value. @throws invalid_value with every problem and its path */
export function parseHome(value: unknown, where: string): ConfiguredHome {
  return parse(HomeSchema, value, where)
}

/**
 * Reads a file of one home, or of several (`{homes: [...]}` or a list). YAML or JSON: JSON is YAML.
 * @throws home_file_unreadable, invalid_value
 */
export async function loadHomeFile(path: string): Promise<ConfiguredHome[]> {
  let value: unknown
  try {
    const text = await readFile(path, 'utf8')
    value = path.endsWith('.json') ? JSON.parse(text) : parseYaml(text)
  } catch (error) {
    throw errors.home_file_unreadable({ path, problem: describe(error) }, error)
  }
  const many = Array.isArray(value)
    ? value
    : typeof value === 'object' && value !== null && 'homes' in value
      ? parse(z.strictObject({ homes: z.array(z.unknown()) }), value, path).homes
      : undefined
  if (!many) return [parseHome(value, path)]
  return many.map((home, index) => parseHome(home, `${path}, home ${index + 1}`))
}
