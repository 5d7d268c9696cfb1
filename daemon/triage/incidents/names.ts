/**
 * What a line names and what it says of it: tags, ids and numbered parts here, all other words there. Values are left out.
 * Pure.
 */
import { directionOf } from './words.js'

/** `P-301`, `FIR123`, `AIR001_3`, `TIC-101A`, `M4`, `inv[3]`, `PLC_2.DI4` */
const TAG = /^(?=.{2,24}$)\p{L}[\p{L}_]{0,9}[-_.]?\d[\p{L}\d]{0,5}(?:[-_.:/]\p{L}{0,3}\d{1,4}\p{L}?)*$/u
/** A longer number in brackets is a process. */
const INDEXED = /^\p{L}[\p{L}\d_.-]*\[\d{1,3}\]$/u
/** A number of a message or of a connection, other with every line. */
const PASSING = /^(?:\d{5,}|[\da-f-]{16,})$/i
/** `key=value` or a JSON field that names a thing. */
const NAMING =
  /^(?:dev|device|device_?id|asset|asset_?id|id|tag|unit|node|machine|station|slave|slave_?id|addr|address|ch|channel|port|pump|motor|sensor|sensor_?id|equipment|eq|loc|location|line|zone|name|serial|sn|inv|inverter|rack|cell|module|slot)$/i
/** These name a thing only by a number: `unit=mm/s` and `zone=D` (of vibration) do not. */
const NAMING_BY_NUMBER = /^(?:unit|zone|phase|class)$/i
/** A word that a number or a letter belongs to: `pump 3` and `zone B` are names, `3 bar` is a value. */
const NUMBERED = new RegExp(
  `^(?:${[
    'pump motor inverter channel ch zone unit line slot port phase string module drive fan node slave station sensor rack tank',
    'cell drum valve compressor boiler burner chiller conveyor machine axis bay loop group relay input output cylinder bearing',
    'furnace oven freezer genset generator turbine engine gearbox transformer breaker feeder heater cooler mixer agitator',
    'hopper silo filter press robot lathe spindle lift crane gate door room floor cabinet panel battery building train',
    'pumpe kanal linie antrieb ventil lüfter kessel achse ofen tür schrank presse trafo raum halle sensor',
    'pompe moteur canal voie ligne vanne capteur four porte armoire chaudière code fault error alarm',
  ]
    .join(' ')
    .split(' ')
    .join('|')})$`,
  'u',
)
/** Look like tags and are none: units, gases, protocols, counts. */
const NO_TAG =
  /^(?:[cdkm]?m[23]|n?m3h?|co2|o2|h2o?|h2s|n2|so2|no2|ch4|nh3|rs\d{3}|ssh\d|ipv[46]|utf\d+|sha\d+|md5|http\d?|tls\d?|l\/\d+)$/
/** `(x48 in 60 s)` */
const COUNT = /^x\d+$/
/** After a number these make a value of it: `motor 85 °C` is no name. */
const UNIT =
  /^(?:%|°?[cfk]|[mk]?bar|psi|[kmh]?pa|rpm|[km]?hz|[kmg]?wh?|[mµuk]?[av]h?|[mckµ]?m|mm\/s|m\/s|l\/min|m3\/h|[mµ]?s|sec|min|h|deg|cel|ppm|[km]?ohms?|l|[mk]?g|t|percent|degrees|of|times)$/
/** The number in brackets after these is a process. */
const PROCESS = /(?:d|mon|cron|kernel|agent|server|service|python\d*|node|java)\[\d{2,}\]$/

/** Say by yes or no whether it stands. */
const SWITCH = /^(?:active|alarm|alm|in_?alarm|fault|state|raised|on)$/i
/** Say what kind of message it is, or when: never which alarm. */
const TIMELY =
  /^(?:(?:time|timestamp|ts|date|at|level|lvl|severity|sev|seq|count|cnt|uptime|epoch|prio|priority)$)/i

const MOST_CHARS = 2_048
const MOST_WORDS = 64
/** Before a letter that names something, so that `A` is no article. */
export const LETTER = '·'

export interface Spelled {
  assets: string[]
  words: string[]
  /** All words in order, for the phase. */
  spoken: string[]
}

/** @param text one line without its header */
export function spell(text: string): Spelled {
  const tokens: Spelled = { assets: [], words: [], spoken: [] }
  const trimmed = text.slice(0, MOST_CHARS).trim()
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
    const word = bare(raw[i]!)
    const pair = /^([\p{L}_][\p{L}\d_.-]*)[=:](.+)$/u.exec(word)
    if (pair) named(pair[1]!, pair[2]!, tokens)
    else if (NUMBERED.test(word.toLowerCase()) && isName(raw, i + 1)) {
      const which = bare(raw[++i]!)
      tokens.assets.push(`${word.toLowerCase()} ${/\d/.test(which) ? Number(which) : which.toLowerCase()}`)
      tokens.spoken.push(word.toLowerCase())
    } else one(word, tokens)
  }
  return tokens
}

/** Whether the number or letter at this place belongs to the word before it. */
const isName = (raw: readonly string[], at: number): boolean =>
  /^(?:\d{1,3}|[A-Z])$/.test(bare(raw[at] ?? '')) && !UNIT.test(bare(raw[at + 1] ?? '').toLowerCase())

const bare = (word: string): string => word.replace(/^[("'<«]+|[)"'>».:!?]+$/g, '')

function fields(value: unknown, name: string, tokens: Spelled): void {
  if (tokens.words.length >= MOST_WORDS) return
  if (Array.isArray(value)) for (const item of value.slice(0, 16)) fields(item, name, tokens)
  else if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value).slice(0, MOST_WORDS)) fields(inner, key, tokens)
  else if (value !== null) named(name, String(value), tokens)
}

/** Values of naming keys are things; other keys are words, and so are their values when they are words. */
function named(key: string, value: string, tokens: Spelled): void {
  if (TIMELY.test(key)) return
  if (SWITCH.test(key) && /^(?:true|false|0|1|on|off)$/i.test(value)) {
    tokens.spoken.push(/^(?:true|1|on)$/i.test(value) ? 'active' : 'cleared')
    return
  }
  if (NAMING.test(key)) {
    if (PASSING.test(value) || (NAMING_BY_NUMBER.test(key) && !/\d/.test(value))) return
    tokens.assets.push(`${key.toLowerCase()}=${value.toLowerCase()}`)
    return
  }
  for (const word of key.split(/[_.]/)) one(word, tokens)
  if (!/^[-+<>]?\d/.test(value)) for (const word of value.split(/[\s_]+/)) one(word, tokens)
}

function one(word: string, tokens: Spelled): void {
  if (word === '') return
  const small = word.toLowerCase()
  if (COUNT.test(small)) return
  if (PROCESS.test(small)) {
    one(small.slice(0, small.indexOf('[')), tokens)
    return
  }
  if ((TAG.test(word) || INDEXED.test(word)) && !NO_TAG.test(small)) {
    tokens.assets.push(small)
    return
  }
  // `PURGE A CONC`: a letter that stands alone is a name, unless it is the limit
  if (/^[A-Z]$/.test(word) && directionOf(small) === undefined) {
    tokens.words.push(`${LETTER}${small}`)
    return
  }
  for (const part of small.split(/[^\p{L}\d]+/u)) {
    // numbers, and what begins with one (4.2bar), are values
    if (part === '' || /^\d/.test(part)) continue
    tokens.spoken.push(part)
    tokens.words.push(part)
  }
}
