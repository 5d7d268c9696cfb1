/** Words to things of the home: names, aliases, nouns, places. Pure; forgiving about plurals, articles and slips of spelling. */
import type { Area, Device, Floor, Home } from './home.js'
import { EVERYWHERE, HERE, NOUNS, OUTSIDE, plural } from './lexicon.js'
import { normalise } from './normalise.js'
import type { Kind } from './vocabulary.js'

const STOP = new Set([
  'the',
  'a',
  'an',
  'my',
  'our',
  'your',
  'his',
  'her',
  'their',
  'this',
  'that',
  'these',
  'those',
  'of',
  'please',
  'all',
  'every',
  'each',
  'both',
  'some',
  'any',
  'current',
])

/** Ordinals and the like in one spelling. */
const SAME: Record<string, string> = {
  '1st': 'first',
  '2nd': 'second',
  '3rd': 'third',
  '4th': 'fourth',
  colour: 'color',
  storey: 'floor',
  story: 'floor',
  level: 'floor',
  television: 'tv',
  telly: 'tv',
}

/** One word without its plural, for comparing only: "blinds" and "blind" are the same, "class" stays. */
export function stem(word: string): string {
  const w = SAME[word] ?? word
  if (/'s$/.test(w)) return w.slice(0, -2)
  if (/s'$/.test(w)) return w.slice(0, -1)
  if (w.length > 3 && /[^s]s$/.test(w) && !/(us|is)$/.test(w)) {
    if (/(ch|sh|x)es$/.test(w)) return w.slice(0, -2)
    if (/ies$/.test(w) && w.length > 4) return `${w.slice(0, -3)}y`
    return w.slice(0, -1)
  }
  return w
}

/** A phrase as comparable words: normalised, articles gone, singular. */
export function words(phrase: string): string[] {
  return normalise(phrase)
    .split(' ')
    .filter(w => w && !STOP.has(w))
    .map(stem)
}

/** Edit distance with neighbouring swaps, capped at 3. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3
  const d: number[][] = Array.from({ length: a.length + 1 }, (_, i) => [i])
  for (let j = 1; j <= b.length; j++) d[0]![j] = j
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let best = Math.min(d[i - 1]![j]! + 1, d[i]![j - 1]! + 1, d[i - 1]![j - 1]! + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, d[i - 2]![j - 2]! + 1)
      d[i]![j] = best
    }
  return Math.min(3, d[a.length]![b.length]!)
}

/** Whether two words are the same but for a slip: one letter from five on, two from nine on. */
export function alike(a: string, b: string): boolean {
  if (a === b) return true
  const length = Math.min(a.length, b.length)
  if (length < 5 || /\d/.test(a + b)) return false
  return distance(a, b) <= (length >= 9 ? 2 : 1)
}

/** Whether two phrases are the same words in the same order, or the same when written together ("bed room"). */
function samePhrase(a: readonly string[], b: readonly string[], slips: boolean): boolean {
  if (a.join('') === b.join('')) return a.length > 0
  return slips && a.length === b.length && a.length > 0 && a.every((w, i) => alike(w, b[i]!))
}

interface Named {
  name: string
  aliases: string[]
}
/** Comparable words of a thing's names, kept as long as the thing: a home does not change under its reader. */
const PHRASES = new WeakMap<Named, string[][]>()
export function phrases(thing: Named): string[][] {
  let known = PHRASES.get(thing)
  if (!known) {
    known = [thing.name, ...thing.aliases].map(words)
    PHRASES.set(thing, known)
  }
  return known
}

/** All whose name or alias is this phrase; exact matches win over near ones. */
export function named<T extends Named>(things: readonly T[], phrase: readonly string[]): T[] {
  if (phrase.length === 0) return []
  for (const slips of [false, true]) {
    const found = things.filter(t => phrases(t).some(p => samePhrase(p, phrase, slips)))
    if (found.length) return found
  }
  return []
}

/** All whose name or alias holds every word of the phrase, in any order. */
export function containing<T extends Named>(things: readonly T[], phrase: readonly string[]): T[] {
  if (phrase.length === 0) return []
  return things.filter(t => phrases(t).some(p => phrase.every(w => p.some(x => alike(x, w)))))
}

/** Where: an area, a floor, here, everywhere, out of doors. */
export type Place =
  | { area: Area }
  | { floor: Floor; area?: undefined }
  | { special: 'here' | 'all' | 'outside' }

const phraseSet = (list: readonly string[]) => new Set(list.map(p => words(p).join(' ')))
const HERE_SET = phraseSet(HERE)
const ALL_SET = phraseSet(EVERYWHERE)
const OUTSIDE_SET = phraseSet(OUTSIDE)
const UP = /^(upstairs?|up stair|upper floor|top floor)$/
const DOWN = /^(downstairs?|down stair|lower floor|ground floor|main floor)$/

/** The place that a phrase names, or undefined when the home has none of that name. */
export function placeOf(phrase: readonly string[], home: Home): Place | undefined {
  const p = phrase.filter(
    w =>
      !['in', 'on', 'at', 'inside', 'over', 'around', 'from', 'for', 'and', 'up', 'out'].includes(w) ||
      phrase.length === 1,
  )
  const text = p.join(' ')
  if (!text) return undefined
  const area = named(home.areas, p)[0]
  if (area) return { area }
  const floor = named(home.floors, p)[0] ?? stairs(text, home)
  if (floor) return { floor }
  if (HERE_SET.has(text)) return { special: 'here' }
  if (ALL_SET.has(text)) return { special: 'all' }
  if (OUTSIDE_SET.has(text)) return { special: 'outside' }
  // "dining area" for the dining room, "hall way" for the hallway; only when one place fits
  const last = p.at(-1)
  if (p.length > 1 && (last === 'room' || last === 'area' || last === 'place')) {
    const rest = containing(home.areas, p.slice(0, -1))
    if (rest.length === 1) return { area: rest[0]! }
  }
  if (p.length === 1) {
    const wider = containing(home.areas, p)
    if (wider.length === 1) return { area: wider[0]! }
  }
  return undefined
}

/** Upstairs and downstairs in a home of two floors, whatever these are called. */
function stairs(text: string, home: Home): Floor | undefined {
  const up = home.floors.filter(f => /\b(up|upper|upstairs|second|top|first)\b/.test(normalise(f.name)))
  const down = home.floors.filter(f =>
    /\b(ground|down|lower|downstairs|main|first)\b/.test(normalise(f.name)),
  )
  if (UP.test(text))
    return up.length === 1
      ? up[0]
      : home.floors.find(f => /\b(up|upper|upstairs|second|top)\b/.test(normalise(f.name)))
  if (DOWN.test(text))
    return down.length === 1
      ? down[0]
      : home.floors.find(f => /\b(ground|down|lower|downstairs|main)\b/.test(normalise(f.name)))
  return undefined
}

/** A noun at the end of a phrase: its kinds (one word may name several), how many words it takes, whether it is plural. */
export interface NounMatch {
  kinds: Kind[]
  length: number
  plural: boolean
  /** The noun itself, as words. */
  noun: string[]
}

const NOUN_INDEX = new Map<string, Kind[]>()
for (const [kind, nouns] of Object.entries(NOUNS) as [Kind, readonly string[]][])
  for (const noun of nouns) {
    const key = words(noun).join(' ')
    NOUN_INDEX.set(key, [...(NOUN_INDEX.get(key) ?? []), kind])
  }

/** The longest noun of the lexicon that ends the phrase. `raw` are the words before stemming, to see plurals. */
export function nounAtEnd(raw: readonly string[]): NounMatch | undefined {
  for (let length = Math.min(3, raw.length); length >= 1; length--) {
    const tail = raw.slice(-length)
    const stems = tail.map(stem)
    const kinds = NOUN_INDEX.get(stems.join(' '))
    if (kinds) return { kinds, length, plural: isPlural(tail), noun: stems }
  }
  return undefined
}

/** Whether the last word is a plural. */
export function isPlural(raw: readonly string[]): boolean {
  const last = raw.at(-1) ?? ''
  return last !== stem(last) && !/'/.test(last) && plural(stem(last)) !== stem(last)
}

/** The words of a span without articles, unstemmed. */
export function rawWords(phrase: string): string[] {
  return normalise(phrase)
    .split(' ')
    .filter(w => w && !STOP.has(w))
}

/** Devices of a list that are in a place. Outside means an area of that name, or class `outdoor`. */
export function within(
  devices: readonly Device[],
  place: Place | undefined,
  home: Home,
  here: string | undefined,
): Device[] {
  if (!place) return [...devices]
  if ('special' in place) {
    if (place.special === 'all') return [...devices]
    if (place.special === 'here') return here ? devices.filter(d => d.area === here) : [...devices]
    return devices.filter(d => d.class === 'outdoor')
  }
  if (place.area) return devices.filter(d => d.area === place.area!.id)
  const areas = new Set(
    home.areas.filter(a => a.floor === (place as { floor: Floor }).floor.id).map(a => a.id),
  )
  return devices.filter(d => d.area !== null && areas.has(d.area))
}
