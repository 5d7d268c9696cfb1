/** Noun phrases: devices, places, quantities. They carry slot marks (see expand.ts) and what they mean. */
import { EVERYWHERE, NOUNS, OUTSIDE, plural } from '../../../daemon/commands/lexicon.js'
import type { Kind, Quantifier } from '../../../daemon/commands/vocabulary.js'
import { chance, int, pick, type Random } from './expand.js'
import { TALK_WORDS } from './refusals.js'
import {
  ADJECTIVES,
  COMMON,
  FLOORS,
  invented,
  MODIFIERS,
  number,
  ODD_NAMES,
  PEOPLE,
  ROOMS,
  STAIRS,
} from './words.js'

/** A device as said. `text` has the [dev:...] mark. */
export interface Thing {
  text: string
  kind: Kind
  quantifier?: Quantifier
  /** The place is in the phrase already. */
  placed: boolean
  plural: boolean
}

/** Nouns that name the kind but are odd as the object of "turn on the ...". */
const NOT_A_DEVICE = new Set([
  'volume',
  'playback',
  'song',
  'video',
  'media',
  'water',
  'opening',
  'contact',
  'engine',
  'cooling',
  'cup of coffee',
  'audio',
  'sound',
  'laundry',
  'garage',
  'illumination',
])

/** The earlier in the list, the commoner. */
const skewed = <T>(random: Random, list: readonly T[]): T => list[Math.floor(list.length * random() ** 2.2)]!
export const possessive = (name: string) => (name.endsWith('s') ? `${name}'` : `${name}'s`)

/** A plain word of any sort. */
export const anyWord = (random: Random) => pick(random, chance(random, 0.5) ? COMMON : TALK_WORDS)
/** One plain word, or two. */
const anyWords = (random: Random) =>
  chance(random, 0.7) ? anyWord(random) : `${anyWord(random)} ${anyWord(random)}`

export function noun(random: Random, kind: Kind): string {
  const nouns = (NOUNS[kind] ?? []).filter(n => !NOT_A_DEVICE.has(n))
  if (nouns.length === 0) return pick(random, ODD_NAMES)
  return skewed(random, nouns)
}

export function room(random: Random): string {
  const roll = random()
  if (roll < 0.78) return pick(random, ROOMS)
  if (roll < 0.84)
    return `${pick(random, ['room', 'office', 'bedroom', 'zone', 'unit', 'cabin', 'bay', 'suite', 'hall', 'area', 'stall', 'bathroom', 'lab', 'cell', 'pod', 'apartment'])} ${number(random, int(random, 1, chance(random, 0.6) ? 12 : 400))}`
  if (roll < 0.91)
    return `${possessive(pick(random, PEOPLE))} ${pick(random, ['room', 'room', 'bedroom', 'office', 'bathroom', 'study'])}`
  if (roll < 0.95)
    return `${chance(random, 0.5) ? invented(random) : anyWord(random)} ${pick(random, ['room', 'room', 'hall', 'suite', 'wing', 'corner', 'lounge', 'nook', 'house'])}`
  return chance(random, 0.6) ? invented(random) : anyWord(random)
}
export const floor = (random: Random) =>
  chance(random, 0.9) ? pick(random, FLOORS) : `${invented(random)} floor`

/** A device of one of these kinds, in one of the ways people name it. */
export function thing(random: Random, kinds: readonly Kind[], named = 0.35): Thing {
  const kind = pick(random, kinds)
  if (kind === 'thing') return oddThing(random)
  const base = noun(random, kind)
  const the = pick(random, ['the ', 'the ', 'the ', 'my ', '', '', 'our ', 'that ', 'this '])
  const roll = random()
  if (roll < named) {
    const mods = MODIFIERS[kind] ?? ADJECTIVES
    const r = random()
    const mod =
      r < 0.56
        ? pick(random, mods)
        : r < 0.63
          ? anyWord(random)
          : r < 0.72
            ? possessive(pick(random, PEOPLE))
            : r < 0.82
              ? invented(random)
              : r < 0.9
                ? `${room(random)} ${pick(random, mods)}`
                : `${pick(random, ADJECTIVES)} ${pick(random, mods)}`
    const many = chance(random, 0.25)
    const tail = chance(random, 0.06) ? ` ${number(random, int(random, 1, 5))}` : ''
    return {
      text: `${the}[dev:${mod} ${many ? plural(base) : base}${tail}]`,
      kind,
      placed: r >= 0.82 && r < 0.9,
      plural: many,
    }
  }
  if (roll < named + 0.22) {
    const many = chance(random, 0.55)
    const where = chance(random, 0.88)
      ? room(random)
      : pick(random, [
          'upstairs',
          'downstairs',
          'outside',
          'outdoor',
          floor(random),
          'upstairs',
          'downstairs',
          'house',
        ])
    return {
      text: `${the}[dev:${where}${chance(random, 0.05) ? "'s" : ''} ${many ? plural(base) : base}]`,
      kind,
      placed: true,
      plural: many,
    }
  }
  if (roll < named + 0.36) {
    const all = pick(
      random,
      [
        'all {P}',
        'all the {P}',
        'all of the {P}',
        'all my {P}',
        'every {S}',
        'each {S}',
        'every single {S}',
        'both {P}',
        'both the {P}',
        'all of my {P}',
        'all our {P}',
        'each and every {S}',
        'the {P} all',
        'all these {P}',
        'any {S}',
        'everything {S}',
      ].slice(0, 14),
    )
    const inner = chance(random, 0.25)
      ? `${room(random)} `
      : chance(random, 0.15)
        ? `${pick(random, ['upstairs', 'downstairs', 'outdoor', 'outside', floor(random)])} `
        : ''
    const text = all.replace('{P}', `[dev:${inner}${plural(base)}]`).replace('{S}', `[dev:${inner}${base}]`)
    return { text, kind, quantifier: 'all', placed: inner !== '', plural: true }
  }
  const many = chance(
    random,
    kind === 'light'
      ? 0.75
      : kind === 'curtain' || kind === 'blind' || kind === 'shade' || kind === 'shutter'
        ? 0.7
        : 0.22,
  )
  return { text: `${the}[dev:${many ? plural(base) : base}]`, kind, placed: false, plural: many }
}

/** A name that does not tell the kind. */
export function oddThing(random: Random): Thing {
  const roll = random()
  const the = pick(random, ['the ', 'the ', 'my ', '', ''])
  const name =
    roll < 0.42
      ? pick(random, ODD_NAMES)
      : roll < 0.55
        ? anyWords(random)
        : roll < 0.75
          ? invented(random)
          : roll < 0.85
            ? `${invented(random)} ${invented(random)}`
            : roll < 0.93
              ? `${pick(random, ADJECTIVES)} ${pick(random, ODD_NAMES)}`
              : `${possessive(pick(random, PEOPLE))} ${pick(random, ODD_NAMES)}`
  return { text: `${the}[dev:${name}]`, kind: 'thing', placed: false, plural: false }
}

/** A place, with its preposition, or nothing. */
export interface Place {
  text: string
  everywhere: boolean
}
const NOWHERE: Place = { text: '', everywhere: false }

/** @param often how often there is a place at all, 0 to 1 */
export function place(random: Random, often = 0.4): Place {
  if (!chance(random, often)) return NOWHERE
  const roll = random()
  if (roll < 0.6)
    return {
      text: `${pick(random, [
        'in the',
        '',
        'in the',
        'in the',
        'in the',
        'in my',
        'in',
        'at the',
        'of the',
        'for the',
        'in our',
        'of',
        'on the',
        'inside the',
        'of my',
        'from the',
      ])} [area:${room(random)}]`,
      everywhere: false,
    }
  if (roll < 0.7)
    return {
      text: `${pick(random, ['on the', 'on the', 'on the', 'on', 'in the', 'of the', ''])} [area:${floor(random)}]`,
      everywhere: false,
    }
  if (roll < 0.78)
    return {
      text: `${chance(random, 0.12) ? 'that are ' : ''}[area:${pick(random, STAIRS)}]`,
      everywhere: false,
    }
  if (roll < 0.9) {
    const here = pick(random, [
      'in [area:here]',
      'in [area:here]',
      'in [area:this room]',
      '[area:here]',
      'in [area:the room]',
      'over [area:here]',
      'in [area:this space]',
      'in [area:this area]',
      'in [area:this room]',
      'in [area:this room]',
      'in the [area:room]',
      '[area:around here]',
      'in the [area:room i am in]',
    ])
    return { text: here, everywhere: false }
  }
  if (roll < 0.93) return { text: `[area:${pick(random, OUTSIDE)}]`, everywhere: false }
  const word = pick(random, EVERYWHERE)
  const all = /everywhere|anywhere|all over|throughout/.test(word)
    ? pick(random, [
        'everywhere',
        'all over',
        'all over the house',
        'throughout the house',
        'all around the house',
        'throughout',
        'everywhere in the house',
        'in every room',
        'in each room',
        'in all rooms',
        'in all the rooms',
        'in every single room',
        'in the entire house',
        'all through the house',
      ])
    : `${pick(random, /every|all/.test(word) ? ['in'] : ['in the', 'in the', 'of the', 'in my', 'around the', 'across the', 'at'])} ${word}`
  return { text: all, everywhere: true }
}
