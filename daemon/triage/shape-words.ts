/**
 * What stands for words in the shape of a line (signature.ts): a number for each that may decide, one for all names. A word is
 * looked at once and then found by its characters where it stands, without being cut out of its line.
 */
import { ownText } from './characters.js'
import { ADDRESS, isName, maskOf, NAME_WITH_X } from './judge/masks.js'
import { type BesideNumbers, baitParts, besideNumbers, mayDecide } from './judge/vocabulary.js'
import { foldedWords, nameEnd } from './judge/words.js'

export interface ShapeWord {
  readonly text: string
  /** Of what stands for it in a shape. */
  readonly id: number
  /** In which parts of which bait it may stand. */
  readonly parts: readonly [number, number, number]
  /** What is not read may begin with it: a month, a byte, an id. */
  readonly begins: boolean
  /** A 0 behind it and a hyphen is part of a name. */
  readonly names: boolean
  /** Behind it, and in front of it, certain numbers may decide. */
  readonly beside: BesideNumbers
  /** Another word at the same place. */
  other: ShapeWord | undefined
}

const MOST_WORDS = 50_000
/** By their hash; words that were there earlier, which are those that come again, stand in front. */
const PLACES_BITS = 15
const words: (ShapeWord | undefined)[] = new Array(1 << PLACES_BITS).fill(undefined)
const placeOf = (hash: number): number => Math.imul(hash, 0x9e3779b1) >>> (32 - PLACES_BITS)
let size = 0
/** What stands for words in shapes -> its number, from 256 on: below are marks. */
const ids = new Map<string, number>()
let nextId = 256

/** Of a word, character by character: that of Java's strings, which asks for no multiplication. */
export const hashOn = (hash: number, code: number): number => ((hash << 5) - hash + code) | 0

/** The word that stands from here to there, when it was looked at before. @param hash of its characters */
export function wordAt(line: string, from: number, to: number, hash: number): ShapeWord | undefined {
  let word = words[placeOf(hash)]
  while (word !== undefined && !standsAt(word.text, line, from, to)) word = word.other
  return word
}

function standsAt(text: string, line: string, from: number, to: number): boolean {
  if (text.length !== to - from) return false
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== line.charCodeAt(from + i)) return false
  return true
}

export function idOf(text: string): number {
  let id = ids.get(text)
  if (id === undefined) {
    // shapes that are remembered are forgotten with it: it must come to that only where nearly every word is another
    if (ids.size >= MOST_WORDS) ids.clear()
    id = nextId++
    ids.set(text, id)
  }
  return id
}

/** Looks at a word. @param hash of its characters */
export function learnWord(word: string, hash: number): ShapeWord {
  const parts = foldedWords(word)
  const whole = parts.join('')
  const texts = parts.map(maskOf)
  const hidden = texts.every(isName) && parts.length > 1 && mayDecide(whole)
  const masks = [whole, ...parts].map(baitParts)
  const or = (i: 0 | 1 | 2) => masks.reduce((bits, mask) => bits | mask[i], 0)
  if (size >= MOST_WORDS) {
    words.fill(undefined)
    size = 0
  }
  const result: ShapeWord = {
    text: ownText(word),
    // one character over and over is noise
    id: idOf(/(.)\1{15,}/.test(word) ? word : (hidden ? parts : texts).join("'")),
    parts: TURNED.test(word) ? [-1, -1, -1] : [or(0), or(1), or(2)],
    begins: BEGINS.test(word),
    names: parts.length > 0 && nameEnd(parts.at(-1)!, 0) === 0,
    beside: besideOf(parts),
    other: undefined,
  }
  append(result, placeOf(hash))
  size++
  return result
}

/** The first part may follow a number, the last one lead to another, and each of them from far. */
function besideOf(parts: readonly string[]): BesideNumbers {
  const all = parts.map(besideNumbers)
  // what is no word here may be one in its line
  if (all.length === 0) return { leads: true, leadsFar: true, follows: true }
  return {
    leads: all.at(-1)!.leads,
    leadsFar: all.some(b => b.leadsFar),
    follows: all[0]!.follows,
  }
}

function append(word: ShapeWord, place: number): void {
  let last = words[place]
  if (last === undefined) {
    words[place] = word
    return
  }
  while (last.other !== undefined) last = last.other
  last.other = word
}

/** There are too many of them to look at each. */
export const isAddress = (line: string, from: number, to: number): boolean =>
  line.charCodeAt(from - 1) === 48 && ADDRESS.test(line.slice(from, to))
/** Whichever. */
export const ADDRESS_WORD: ShapeWord = {
  text: '',
  id: idOf(NAME_WITH_X),
  parts: [0, 0, 0],
  begins: false,
  names: true,
  beside: { leads: false, leadsFar: false, follows: false },
  other: undefined,
}

/** Of a dump, of an id, of a day. @source judge/unread.ts */
const BEGINS = /^(?:[0-9a-fA-F]{2}|[a-fA-F]+\d[0-9a-fA-F]*|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)$/

/** Words of bait whose letters were moved by thirteen. */
const TURNED = /vafgehpgvba|vtaber|frirevgl|pynffvsl/i
