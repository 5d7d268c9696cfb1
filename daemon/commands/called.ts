/**
 * Scenes, scripts and routines that are called by name: "movie night", "please run the movie night routine"; and programs
 * of appliances: "start the washer on cotton sixty". Certain code, so that a name works from the moment it stands in the home file. Pure.
 */
import type { Device, Home, Program, Routine } from './home.js'
import { named, nounAtEnd, placeOf, rawWords, words } from './names.js'
import { normalise } from './normalise.js'
import { programAlone } from './programs.js'
import type { Kind } from './vocabulary.js'

/** What was called: a scene or script, an appliance with its program, a routine. */
export type Called = { device: Device; program?: Program } | { routine: Routine }

/** Spelling in which called names are compared: "Wi-Fi off", "wifi off" and "WIFI OFF!" are the same. */
export function calledKey(name: string): string {
  return keyOf(normalise(name))
}
const keyOf = (normalised: string) => normalised.replace(/[\s'-]+/g, '')

/** Words that are commands or answers by themselves, whatever a home calls by them. */
const COMMANDS = new Set(
  'stop pause resume continue next previous back skip mute unmute undo again cancel yes no ok okay open close lock unlock on off up down louder quieter brighter darker timer alarm more less help everything all'.split(
    ' ',
  ),
)

/** Nouns that only say which sort of callable is meant: "evening mode" is no selector, as "bedroom lights" is. */
const CALLABLE_NOUNS: ReadonlySet<Kind> = new Set<Kind>(['scene', 'script'])

/**
 * Why a name cannot be called without stealing what people say for something else: a place, another device, a sort of
 * thing ("light", "bedroom lights"), a command of one word ("stop").
 * @returns a sentence without its subject; undefined when the name is free
 */
export function takenBy(name: string, home: Home): string | undefined {
  const normalised = normalise(name)
  const w = words(normalised)
  if (w.length === 0) return 'has no words of its own'
  if (COMMANDS.has(keyOf(normalised))) return 'is a command by itself'
  if (placeOf(w, home)) return 'is also said for a place'
  const other = named(
    home.devices.filter(d => d.kind !== 'scene' && d.kind !== 'script'),
    w,
  )[0]
  if (other) return `is also said for the ${other.kind.replace(/_/g, ' ')} ${other.name}`
  const raw = rawWords(normalised)
  const noun = nounAtEnd(raw)
  if (!noun) return undefined
  const rest = w.slice(0, raw.length - noun.length)
  if (rest.length === 0) return 'is also said for any device of that sort'
  if (noun.kinds.every(kind => CALLABLE_NOUNS.has(kind))) return undefined
  return placeOf(rest, home) ? 'is also said for devices in a place' : undefined
}

/** All that can be called in a home by one spelling. Kept as long as the home: it does not change under its reader. */
const INDEXES = new WeakMap<Home, Map<string, Called[]>>()
function indexOf(home: Home): Map<string, Called[]> {
  let index = INDEXES.get(home)
  if (!index) {
    index = new Map()
    const things: { names: string[]; called: Called }[] = [
      ...home.routines.map(routine => ({ names: [routine.name, ...routine.aliases], called: { routine } })),
      ...home.devices
        .filter(d => (d.kind === 'scene' || d.kind === 'script') && d.capabilities.includes('activate'))
        .map(device => ({ names: [device.name, ...device.aliases], called: { device } })),
    ]
    for (const { names, called } of things)
      for (const key of new Set(names.filter(name => !takenBy(name, home)).map(calledKey)))
        index.set(key, [...(index.get(key) ?? []), called])
    INDEXES.set(home, index)
  }
  return index
}

/** Courtesies around a command, and verbs that call. Nothing that turns off, stops or puts off is among them. */
const BEFORE =
  /^(?:please|kindly|hey|hi|hello|ok|okay|now|just|can you|could you|would you|will you|i want(?: you)? to|i'd like(?: you)? to|let's)\s+/
const AFTER = /\s+(?:please|now|right now|for me|thanks|thank you)$/
const VERB = /^(?:activate|start|run|turn on|switch on|set|trigger|begin|launch|execute)\s+(?=\S)/
const AROUND = /^(?:turn|switch)\s+(\S.*)\s+on$/
const ARTICLE = /^(?:the|my|our)\s+(?=\S)/
const SORT = /^(\S.*)\s+(scene|mood|mode|routine|script|automation)$/
const SORTS: Readonly<Record<string, readonly ('scene' | 'script' | 'routine')[]>> = {
  scene: ['scene'], mood: ['scene'], mode: ['scene', 'script', 'routine'],
  routine: ['routine', 'script'], script: ['script', 'routine'], automation: ['script', 'routine'],
} // biome-ignore format: a table

/** One way to read an utterance as a name. */
interface NameReading {
  name: string
  /** Whether nothing was taken away from the utterance. */
  whole: boolean
  /** Whether a calling verb stood with it. */
  verb: boolean
  /** Which sorts of thing were said, when any was. */
  sorts?: readonly string[]
}

/** The names that an utterance may be, the longest first: a name may itself begin with "hello" or "start". */
function* readings(normalised: string): Generator<NameReading> {
  const bases = [normalised]
  for (const base of bases)
    for (const less of [base.replace(BEFORE, ''), base.replace(AFTER, '')])
      if (!bases.includes(less)) bases.push(less)
  for (const base of bases) {
    const said = base.match(AROUND)?.[1] ?? (VERB.test(base) ? base.replace(VERB, '') : undefined)
    for (const [form, verb] of [
      [base, false],
      [said, true],
    ] as const) {
      if (form === undefined) continue
      for (const name of new Set([form, form.replace(ARTICLE, '')])) {
        yield { name, whole: name === normalised, verb }
        const sort = name.match(SORT)
        if (sort) yield { name: sort[1]!, whole: false, verb: true, sorts: SORTS[sort[2]!]! }
      }
    }
  }
}

/**
 * What an utterance calls by its name and nothing else.
 * @param normalised the utterance after `normalise`
 * @param among which to look at; a routine of the owner goes before a scene that announced itself under the same name
 * @returns undefined when it calls nothing, or one of several
 */
export function called(
  normalised: string,
  home: Home,
  among: { routines: boolean } = { routines: true },
): Called | undefined {
  const index = indexOf(home)
  const choosers = home.devices.filter(d => d.programs?.length)
  if (index.size === 0 && choosers.length === 0) return undefined
  for (const { name, whole, verb, sorts } of readings(normalised)) {
    // one word alone ("party") is said about many things
    if (!whole && !verb && !name.includes(' ')) continue
    const found = (index.get(keyOf(name)) ?? []).filter(
      thing =>
        (among.routines || !('routine' in thing)) &&
        (!sorts || sorts.includes('routine' in thing ? 'routine' : thing.device.kind)),
    )
    const routines = found.filter(thing => 'routine' in thing)
    const one = routines.length ? routines : found
    if (one.length) return one.length === 1 ? one[0] : undefined
    const started = verb && !sorts ? programAlone(name, choosers, free => !takenBy(free, home)) : undefined
    if (started && !takenBy(name, home)) return started
  }
  return undefined
}
