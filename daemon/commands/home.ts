import { readFile } from 'node:fs/promises'
import { describe } from '../base/errors.js'
import { parse, z } from '../base/schema.js'
import { readYaml } from '../base/yaml.js'
import { errors } from './errors.js'
import { checkHome } from './home-checks.js'
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

/** What an appliance can be told to run: a washing programme, a cooking mode. */
export interface Program {
  name: string
  aliases: string[]
  /** How the device spells it on MQTT; its name when absent. */
  payload?: string
}

/** Sentences under one name: who says the name says them all, in order. */
export interface Routine {
  id: string
  name: string
  aliases: string[]
  /** Area id in which the sentences count as said; null for the speaker's own. */
  area: string | null
  /** Plain commands. None of them names a routine, so that there can be no loop. */
  do: string[]
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
  /** What it can be started with; absent for a device that is just started. */
  programs?: Program[]
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
  routines: Routine[]
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

/** What the owner adds to a device that announces itself: the entry of a device without its kind. */
export interface Addition {
  /** Id under which the device announces itself. */
  id: string
  /** Instead of the announced name; undefined keeps that. */
  name?: string
  aliases: string[]
  area: string | null
  class: string | null
  programs?: Program[]
}

/** A home as its owner wrote it. Also a `Home`. */
export interface ConfiguredHome extends Home {
  devices: ConfiguredDevice[]
  additions: Addition[]
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
const ProgramEntry = nameOr(
  z
    .strictObject({
      name: Name,
      aliases: Aliases,
      payload: z.union([z.string().min(1), z.number()]).optional(),
    })
    .transform(
      ({ payload, ...program }): Program => ({
        ...program,
        ...(payload === undefined ? {} : { payload: String(payload) }),
      }),
    ),
)
const RoutineEntry = z
  .strictObject({
    id: Id.optional(),
    name: Name,
    aliases: Aliases,
    area: Id.nullish(),
    do: z.array(z.string().trim().min(1).max(300)).min(1).max(30),
  })
  .transform(
    (routine): Routine => ({ ...routine, id: routine.id ?? slug(routine.name), area: routine.area ?? null }),
  )
const DeviceEntry = z
  .strictObject({
    id: Id.optional().describe('Default: the kind, a dot, and the name as an id.'),
    name: Name.optional(),
    aliases: Aliases,
    area: Id.nullish(),
    kind: z.enum(DOMAINS).optional(),
    class: Id.nullish(),
    capabilities: z.array(z.enum(CAPABILITIES)).optional(),
    programs: z.array(ProgramEntry).min(1).optional(),
    mqtt: z.union([z.string().min(1), z.record(z.string(), z.unknown())]).optional(),
  })
  .transform((device, context): ConfiguredDevice | Addition => {
    const { id, name, kind, mqtt, programs } = device
    const own = {
      aliases: device.aliases,
      area: device.area ?? null,
      class: device.class ?? null,
      ...(programs === undefined ? {} : { programs }),
    }
    if (kind === undefined) {
      if (id === undefined || mqtt !== undefined || device.capabilities !== undefined)
        context.addIssue({
          code: 'custom',
          path: ['kind'],
          message:
            'is missing; only an entry that adds names to a device found by discovery (its id, without mqtt and capabilities) needs none',
        })
      return { id: id ?? '', ...(name === undefined ? {} : { name }), ...own }
    }
    if (name === undefined) context.addIssue({ code: 'custom', path: ['name'], message: 'is missing' })
    return {
      id: id ?? `${kind}.${slug(name ?? '')}`,
      name: name ?? '',
      kind,
      capabilities: device.capabilities ?? [
        ...DEFAULT_CAPABILITIES[kind],
        // what has programs can be started
        ...(programs === undefined || DEFAULT_CAPABILITIES[kind].includes('start_stop')
          ? []
          : (['start_stop'] as const)),
      ],
      ...own,
      ...(mqtt === undefined ? {} : { mqtt }),
      ...(device.capabilities ? {} : { capabilitiesAssumed: true }),
    }
  })

const isAddition = (entry: ConfiguredDevice | Addition): entry is Addition => !('kind' in entry)

/** Reads a home, from our YAML or from a row of a `homes.json`. Unknown keys, doubled ids and dangling references are refused. */
export const HomeSchema = z
  .strictObject({
    id: Id.default('home'),
    name: Name.default('Home'),
    units: z.enum(['metric', 'us']).default('metric').describe('Celsius (metric) or Fahrenheit (us).'),
    floors: z.array(FloorEntry).default([]),
    areas: z.array(AreaEntry).default([]),
    devices: z.array(DeviceEntry).default([]),
    routines: z.array(RoutineEntry).default([]),
  })
  .superRefine((home, context) =>
    checkHome(home, (path, message) => context.addIssue({ code: 'custom', path, message })),
  )
  .transform(
    (home): ConfiguredHome => ({
      ...home,
      devices: home.devices.filter((entry): entry is ConfiguredDevice => !isAddition(entry)),
      additions: home.devices.filter(isAddition),
    }),
  )

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
    value = path.endsWith('.json') ? JSON.parse(await readFile(path, 'utf8')) : readYaml(path)
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
