/**
 * Which lines speak of the same alarm: the same source, the same things (tags, ids, numbered parts) and the same
 * condition in words, whatever the values and whether it begins or is over. Pure.
 */
import { garbageIn } from '../judge/garbage.js'
import type { Verdict } from '../verdict.js'
import { LETTER, spell } from './names.js'
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

/** Numbers of a fault, not of a thing. */
const CODE = /^(?:code|fault|error|alarm) \d|^[efaw]\d{2,5}$/
const LONGEST_KEY = 400
const MOST_ASSETS = 8
/** Share of words in common that makes a line of return about an open alarm. */
const OVERLAP = 0.6

/** Stands for the words of lines that are no text. */
const NOISE = '#noise'

/** What a line is about. */
export function identify(spoken: Spoken): Identity {
  const { source, templateId } = spoken
  const message = spoken.message ?? spoken.line
  // no two lines of noise are alike, and all of a source are one trouble
  if (garbageIn(message))
    return { key: `${source}||${NOISE}`, source, assets: [], words: [NOISE], phase: 'event' }
  const tokens = spell(message)
  const named = [...tokens.assets, ...(spoken.entities ?? []).map(e => e.toLowerCase())]
  const assets = [...new Set(named)].slice(0, MOST_ASSETS)
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
  // pump A is not pump B
  const letters = (words: readonly string[]) => words.filter(w => w.startsWith(LETTER)).join()
  if (letters(over.words) !== '' && letters(over.words) !== letters(alarm.words)) return false
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
