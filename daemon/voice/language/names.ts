/** The names of a home as they are said, by class: what stands for `<light>` or `<area>` in a sentence. Pure. */
import type { Device, Home } from '../../commands/home.js'
import { NOUNS, plural } from '../../commands/lexicon.js'
import { type Kind, reachOf } from '../../commands/vocabulary.js'
import { spoken } from './spoken.js'

/** Names with weights; only the proportions count. */
export type Names = ReadonlyMap<string, number>

/*
 * How much likelier one way of saying a name is than another. Chosen by hand: the full name is what people are taught by
 * their own app; the rest are habits ("kitchen worktop light", "the ceiling lights") that must be heard when they come.
 */
const FULL = 1
const ALIAS = 0.7
const WITH_ROOM = 0.3
const WITHOUT_ROOM = 0.4
const OTHER_NUMBER = 0.15
const WITHOUT_NOUN = 0.15
/** A device asked for under the class of another: "is the front door open", where the front door is a sensor. */
const STRANGER = 0.25

const NOUN_WORDS = new Set(
  Object.values(NOUNS)
    .flat()
    .map(n => spoken(n)),
)
const OPENINGS = new Set(['door', 'window', 'garage_door', 'opening', 'garage', 'gate'])

/** Every way in which a device is called, with its weight. */
export function namesOf(device: Device, home: Home): Map<string, number> {
  const out = new Map<string, number>()
  const add = (name: string, weight: number) => {
    if (name) out.set(name, Math.max(out.get(name) ?? 0, weight))
  }
  const area = home.areas.find(a => a.id === device.area)
  const rooms = area ? [area.name, ...area.aliases].map(spoken) : []
  const all = [[device.name, FULL] as const, ...device.aliases.map(a => [a, ALIAS] as const)]
  for (const [written, weight] of all) {
    const name = spoken(written)
    if (!name) continue
    add(name, weight)
    const within = rooms.filter(room => name.startsWith(`${room} `))
    for (const room of within) add(name.slice(room.length + 1), weight * WITHOUT_ROOM)
    if (within.length === 0) for (const room of rooms) add(`${room} ${name}`, weight * WITH_ROOM)
    add(otherNumber(name), weight * OTHER_NUMBER)
    const words = name.split(' ')
    const last = words.at(-1)!
    if (words.length > 1 && NOUN_WORDS.has(last)) add(words.slice(0, -1).join(' '), weight * WITHOUT_NOUN)
  }
  return out
}

/** "ceiling light" is "ceiling lights", and the other way round. */
function otherNumber(name: string): string {
  const words = name.split(' ')
  const last = words.pop()!
  const singular = [...NOUN_WORDS].find(noun => !noun.includes(' ') && plural(noun) === last)
  const other = singular ?? (NOUN_WORDS.has(last) ? plural(last) : '')
  return other ? [...words, other].join(' ') : ''
}

const labelOf = (device: Device) => (device.kind === 'script' ? '<scene>' : `<${device.kind}>`)

/** Classes under which a device is asked for beside its own. */
function strangers(device: Device): string[] {
  if (device.kind === 'binary_sensor' && OPENINGS.has(device.class ?? '')) return ['<cover>', '<sensor>']
  if (device.kind === 'binary_sensor') return ['<sensor>']
  if (device.kind === 'lock') return ['<cover>']
  if (device.kind === 'cover') return ['<lock>', '<binary_sensor>']
  if (device.kind === 'scene' || device.kind === 'script') return []
  return ['<appliance>']
}

/** The names of a home by class. Classes that it has nothing for are left out. */
export function namesByClass(home: Home): Map<string, Map<string, number>> {
  const out = new Map<string, Map<string, number>>()
  const add = (label: string, name: string, weight: number) => {
    const names = out.get(label) ?? new Map<string, number>()
    out.set(label, names)
    if (name && weight > 0) names.set(name, (names.get(name) ?? 0) + weight)
  }
  for (const device of home.devices) {
    const names = namesOf(device, home)
    for (const [name, weight] of names) {
      add(labelOf(device), name, weight)
      for (const label of strangers(device)) add(label, name, weight * STRANGER)
    }
    for (const program of device.programs ?? [])
      for (const name of [program.name, ...program.aliases]) add('<program>', spoken(name), FULL)
  }
  for (const routine of home.routines)
    for (const name of [routine.name, ...routine.aliases]) add('<scene>', spoken(name), FULL)
  for (const [label, places] of [
    ['<area>', home.areas],
    ['<floor>', home.floors],
  ] as const)
    for (const place of places) {
      add(label, spoken(place.name), FULL)
      for (const alias of place.aliases) add(label, spoken(alias), ALIAS)
    }
  return out
}

/** Single nouns of kinds that a home has nothing of ("awning"), singular and plural; never a word of one of its names. */
export function absentNouns(home: Home, names: ReadonlyMap<string, Names>): Set<string> {
  const has = (kind: Kind) =>
    reachOf(kind).some(reach =>
      home.devices.some(
        d => d.kind === reach.domain && (reach.class === undefined || d.class === reach.class),
      ),
    )
  const present = new Set<string>()
  const absent = new Set<string>()
  for (const [kind, nouns] of Object.entries(NOUNS) as [Kind, readonly string[]][])
    for (const word of nouns.flatMap(n => [n, plural(n)]).map(n => spoken(n)))
      if (has(kind)) for (const part of word.split(' ')) present.add(part)
      else if (!word.includes(' ')) absent.add(word)
  for (const known of names.values())
    for (const name of known.keys()) for (const part of name.split(' ')) present.add(part)
  return new Set([...absent].filter(word => !present.has(word)))
}
