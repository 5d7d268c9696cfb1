/**
 * Which lines speak of the same alarm: the same source, the same things (tags, ids, numbered parts) and the same
 * condition in words, whatever the values and whether it begins or is over. Pure.
 */
import { unitOf } from '../read/units.js'
import type { Verdict } from '../verdict.js'
import { directionOf, isFilling, phaseOf, placesDiffer, withoutReturn } from './words.js'

export { phaseOf } from './words.js'

export interface Spoken {
  source: string
  /** Of the template the line belongs to. Used where a line names no limit: its words may be names. */
  templateId?: string
  line: string
  /** The line without its header, when known. */
  message?: string
  verdict?: Verdict
  /** Names of things found elsewhere: fields of a record, an object of a code book. */
  entities?: readonly string[]
}

export interface Identity {
  /** Equal keys are one alarm. At most 400 characters. */
  key: string
  source: string
  /** The things it is about as they stand there, sorted; the first found is `asset`. */
  assets: string[]
  asset?: string
  /** Words of the condition, without values, filling and direction, sorted. */
  words: string[]
  /** `high`, `low`, `high high`, `low low` */
  direction?: string
  phase: 'raise' | 'return' | 'event'
}

/** `P-301`, `FIR123`, `AIR001_3`, `TIC-101A`, `M4`, `inv[3]`, `PLC_2.DI4` */
const TAG = /^(?=.{2,24}$)\p{L}[\p{L}_]{0,9}[-_.]?\d[\p{L}\d]{0,5}(?:[-_.:/]\p{L}{0,3}\d{1,4}\p{L}?)*$/u
/** A longer number in brackets is a process. */
const INDEXED = /^\p{L}[\p{L}\d_.-]*\[\d{1,3}\]$/u
/** A number of a message or of a connection, other with every line. */
const PASSING = /^(?:\d{5,}|[\da-f-]{16,})$/i
/** `key=value` or a JSON field that names a thing. */
const NAMING =
  /^(?:dev|device|device_?id|asset|asset_?id|id|tag|unit|node|machine|station|slave|slave_?id|addr|address|ch|channel|port|pump|motor|sensor|sensor_?id|equipment|eq|loc|location|line|zone|name|serial|sn|inv|inverter|rack|cell|module|slot)$/i
/** A word that a number belongs to: `pump 3` is a name, `3 bar` a value. */
const NUMBERED =
  /^(?:pump|motor|inverter|channel|ch|zone|unit|line|slot|port|phase|string|module|drive|fan|node|slave|station|sensor|rack|tank|cell|drum|valve|compressor|boiler|burner|chiller|conveyor|machine|axis|bay|loop|group|relay|input|output|cylinder|bearing|pumpe|kanal|linie|antrieb|ventil|lüfter|kessel|achse|pompe|moteur|canal|voie|ligne|vanne|capteur|code|fault|error|alarm)$/u
/** Numbers of a fault, not of a thing. */
const CODE = /^(?:code|fault|error|alarm) \d|^[efaw]\d{2,5}$/
/** Say by yes or no whether it stands. */
const SWITCH = /^(?:active|alarm|alm|in_?alarm|fault|state|raised|on)$/i
/** Say what kind of message it is, or when: never which alarm. */
const TIMELY =
  /^(?:(?:time|timestamp|ts|date|at|level|lvl|severity|sev|seq|count|cnt|uptime|epoch|prio|priority)$)/i

const MOST_CHARS = 2_048
const MOST_WORDS = 64
const LONGEST_KEY = 400
/** Share of words in common that makes a line of return about an open alarm. */
const OVERLAP = 0.6

interface Tokens {
  assets: string[]
  words: string[]
  /** All words in order, for the phase. */
  spoken: string[]
}

/** What a line is about. */
export function identify(spoken: Spoken): Identity {
  const { source, templateId } = spoken
  const tokens = take((spoken.message ?? spoken.line).slice(0, MOST_CHARS))
  const assets = [...new Set([...tokens.assets, ...(spoken.entities ?? []).map(e => e.toLowerCase())])]
  const said = withoutReturn(tokens.words)
  const direction = limitOf(said)
  const words = [...new Set(said.filter(w => !directionOf(w) && !isFilling(w)))].sort()
  const phase = phaseOf(tokens.spoken)
  const condition =
    phase === 'event' && direction === undefined && templateId !== undefined
      ? `#${templateId}`
      : `${words.join(' ')}|${direction ?? ''}`
  return {
    key: `${source}|${[...assets].sort().join(' ')}|${condition}`.slice(0, LONGEST_KEY),
    source,
    assets: [...assets].sort(),
    asset: assets.find(a => !CODE.test(a)),
    words,
    direction,
    phase,
  }
}

/** The key alone. */
export const alarmKey = (spoken: Spoken): string => identify(spoken).key

/**
 * The alarm that a line of return ends: the one with its key, or the only one of the same source and things whose words
 * are nearly the same. Undefined when two could be meant: an alarm that stays is seen, one that goes wrongly is not.
 */
export function endedBy<A extends { identity: Identity }>(
  over: Identity,
  open: ReadonlyMap<string, A>,
): A | undefined {
  const same = open.get(over.key)
  if (same) return same
  const fitting = [...open.values()].filter(({ identity }) => mayEnd(over, identity))
  if (fitting.length <= 1) return fitting[0]
  const scored = fitting.map(a => ({ a, fit: jaccard(over.words, a.identity.words) }))
  scored.sort((x, y) => y.fit - x.fit)
  return scored[0]!.fit > scored[1]!.fit ? scored[0]!.a : undefined
}

function mayEnd(over: Identity, alarm: Identity): boolean {
  if (over.source !== alarm.source || over.assets.join(' ') !== alarm.assets.join(' ')) return false
  if (over.direction !== undefined && over.direction !== alarm.direction) return false
  const a = new Set(over.words)
  const b = new Set(alarm.words)
  if (placesDiffer(a, b)) return false
  const isPart = over.words.every(w => b.has(w))
  // a thing with a name says enough by `P-301 normal again`; a whole source does not
  if (isPart && over.assets.length > 0) return true
  return jaccard(over.words, alarm.words) >= OVERLAP
}

function jaccard(a: readonly string[], b: readonly string[]): number {
  const both = a.filter(w => b.includes(w)).length
  const any = new Set([...a, ...b]).size
  return any === 0 ? 0 : both / any
}

/** The limit that was passed. Letters may be names (`PURGE H CONC LOW`), words are not. Doubled is the outer limit. */
function limitOf(words: readonly string[]): string | undefined {
  const named = words.filter(w => w.length > 1 && directionOf(w) !== undefined)
  const found = (named.length > 0 ? named : words).flatMap(w => directionOf(w) ?? [])
  const outer = found.find(
    (d, i) => d.includes(' ') || (words.includes(d) && named.length > 1 && d === found[i + 1]),
  )
  if (outer !== undefined) return outer.includes(' ') ? outer : `${outer} ${outer}`
  return found.length === 0 ? undefined : [...new Set(found)].sort().join('/')
}

function take(text: string): Tokens {
  const tokens: Tokens = { assets: [], words: [], spoken: [] }
  const trimmed = text.trim()
  if (trimmed.startsWith('{')) {
    try {
      fields(JSON.parse(trimmed), '', tokens)
      return tokens
    } catch {
      // not JSON after all
    }
  }
  const raw = trimmed.split(/[\s,;|]+/).slice(0, MOST_WORDS * 2)
  for (let i = 0; i < raw.length && tokens.words.length < MOST_WORDS; i++) {
    const word = raw[i]!.replace(/^[("'<«]+|[)"'>».:!?]+$/g, '')
    const pair = /^([\p{L}_][\p{L}\d_.-]*)[=:](.+)$/u.exec(word)
    if (pair) named(pair[1]!, pair[2]!, tokens)
    else if (
      /^\d+$/.test(raw[i + 1]?.replace(/[).:!]+$/, '') ?? '') &&
      NUMBERED.test(word.toLowerCase()) &&
      !isUnit(raw[i + 2])
    ) {
      tokens.assets.push(`${word.toLowerCase()} ${Number.parseInt(raw[i + 1]!, 10)}`)
      tokens.spoken.push(word.toLowerCase())
      i++
    } else one(word, tokens)
  }
  return tokens
}

/** `alarm 96 C`: a number with a unit names nothing. Not `in` and single small letters, which are words too. */
const isUnit = (word: string | undefined): boolean =>
  word !== undefined && unitOf(word) !== undefined && !/^(?:in|[a-z])$/.test(word)

function fields(value: unknown, name: string, tokens: Tokens): void {
  if (tokens.words.length >= MOST_WORDS) return
  if (Array.isArray(value)) for (const item of value.slice(0, 16)) fields(item, name, tokens)
  else if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value).slice(0, MOST_WORDS)) fields(inner, key, tokens)
  else if (value !== null) named(name, String(value), tokens)
}

/** Values of naming keys are things; other keys are words, and so are their values when they are words. */
function named(key: string, value: string, tokens: Tokens): void {
  if (TIMELY.test(key)) return
  if (SWITCH.test(key) && /^(?:true|false|0|1|on|off)$/i.test(value)) {
    tokens.spoken.push(/^(?:true|1|on)$/i.test(value) ? 'active' : 'cleared')
    return
  }
  if (NAMING.test(key)) {
    if (PASSING.test(value)) return
    tokens.assets.push(`${key.toLowerCase()}=${value.toLowerCase()}`)
    return
  }
  for (const word of key.split(/[_.]/)) one(word, tokens)
  if (!/^[-+<>]?\d/.test(value)) for (const word of value.split(/[\s_]+/)) one(word, tokens)
}

function one(word: string, tokens: Tokens): void {
  if (word === '') return
  const small = word.toLowerCase()
  if (TAG.test(word) || INDEXED.test(word)) {
    if (directionOf(small) === undefined) tokens.assets.push(small)
    return
  }
  for (const part of small.split(/[^\p{L}\d]+/u)) {
    // numbers, and what begins with one (4.2bar), are values
    if (part === '' || /^\d/.test(part)) continue
    tokens.spoken.push(part)
    tokens.words.push(part)
  }
}
