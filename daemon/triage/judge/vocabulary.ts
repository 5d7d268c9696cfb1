/**
 * Every word that some part of the judge stops at: lexicon, limits, expectations, relations, what turns meaning, what
 * tries to steer a reader, and code books; and those that the classifier was taught. Other words are names: one may stand for
 * another. Pure; read once.
 */
import { ENDINGS } from '../books/ended.js'
import { shippedBooks } from '../books/load.js'
import { isExpectWord } from './expect.js'
import { BAIT } from './hostile.js'
import { lexicon } from './lexicon.js'
import { isLimitWord } from './limits.js'
import type { PhraseBook } from './phrases.js'
import { isTurningWord } from './polarity.js'
import { isRelationWord } from './relations.js'
import { isBent, readingsOf } from './spelling.js'
import { TAUGHT_WORDS } from './taught-words.js'
import { WordParts } from './word-parts.js'
import { foldedWords, isNumber, isSwitch } from './words.js'

/** Flags, levels and zones too short for a lexicon, months, and `true`. */
const SHORT = new Set(
  'a b c d e f g h i l m n o p s t v w hh ll hi lo ob ol lb rb ok nok nr on off up down yes no true false good bad jan feb mar apr may jun jul aug sep oct nov dec'.split(
    ' ',
  ),
)

/** Letters that regular expressions ask for, as words. */
function literalsOf(source: string): string[] {
  const plain = source
    .replace(/\\u[0-9a-f]{4}|\\p\{\w+\}|\\x[0-9a-f]{2}/gi, ' ')
    .replace(/\\./g, ' ')
    .replace(/\[[^\]]*\]\??/g, ' ')
    .replace(/\{[\d,]+\}/g, ' ')
    .replace(/\(\?(?:<\w+>|<?[=!]|:)/g, '(')
    .replace(/.\?/g, c => (c.startsWith(')') ? ')' : ' '))
  return foldedWords(plain)
}

interface Literals {
  whole: Set<string>
  starts: WordParts
  inside: WordParts
}
let literals: Literals | undefined

function bookLiterals(): Literals {
  if (literals) return literals
  const all = new Set<string>()
  const take = (pattern: RegExp | undefined) => {
    if (pattern) for (const word of literalsOf(pattern.source)) all.add(word)
  }
  for (const book of shippedBooks()) {
    for (const word of book.words.flatMap(foldedWords)) all.add(word)
    // numbers that are codes make the whole line count
    for (const code of book.codes.keys())
      for (const word of foldedWords(code.replaceAll('_', ' '))) if (!isNumber(word)) all.add(word)
    take(book.only_if)
    take(book.not_if)
    for (const entry of book.phrases) take(entry.says)
    for (const { pattern } of book.recognise) take(pattern)
  }
  for (const pattern of [...ENDINGS, ...BAIT]) take(pattern)
  const words = [...all]
  literals = {
    whole: all,
    starts: new WordParts(words.filter(w => w.length === 3 && !isNumber(w))),
    inside: new WordParts(words.filter(w => w.length > 3 && !isNumber(w))),
  }
  return literals
}

/** Whether a folded word, or number, may decide: for plain code, or for the classifier. */
export const mayDecide = (word: string): boolean => TAUGHT_WORDS.has(word) || stopsAt(word)

/** Whether some part of plain code stops at it. */
export function stopsAt(word: string): boolean {
  const { conditionBook, componentBook, stateBook, tags } = lexicon()
  const { whole, starts, inside } = bookLiterals()
  const letters = /^([a-z]{1,5})(?:\d+[a-z]?)?$/.exec(word)?.[1]
  return (
    SHORT.has(word) ||
    whole.has(word) ||
    conditionBook.knows(word) ||
    stateBook.knows(word) ||
    componentBook.knows(word) ||
    isLimitWord(word) ||
    isExpectWord(word) ||
    isRelationWord(word) ||
    isTurningWord(word) ||
    isSwitch(word) ||
    isBent(word) ||
    (letters !== undefined && tags.has(letters)) ||
    starts.begins(word) ||
    inside.isIn(word)
  )
}

/**
 * Whether it matters which number it is: never, beside certain words only, or wherever it stands. Those that code books ask
 * for are looked for on their own (books/codes-say.ts). A bare 1 is a switch that is on, too, where `=` or `:` stands before it.
 */
export function roleOf(number: string): 'any' | 'beside' | 'itself' {
  if (isExpectWord(number) || (isTurningWord(number) && number !== '1')) return 'itself'
  const books = phraseBooks()
  if (books.some(book => book.numbers.isAnywhere(number))) return 'itself'
  return books.some(book => book.knows(number)) ? 'beside' : 'any'
}

/** Whether a number of some phrase may stand right behind this word or number, far behind it, and right in front of it. */
export interface BesideNumbers {
  readonly leads: boolean
  readonly leadsFar: boolean
  readonly follows: boolean
}
export function besideNumbers(word: string): BesideNumbers {
  const texts = readingsOf(SWITCHES.get(word) ?? word)
  const some = (is: 'leads' | 'leadsFar' | 'follows') =>
    phraseBooks().some(({ numbers }) => texts.some(text => numbers[is](text)))
  return { leads: some('leads'), leadsFar: some('leadsFar'), follows: some('follows') }
}
/** @source judge/words.ts, readBooleans */
const SWITCHES = new Map([
  ['true', 'active'],
  ['false', 'inactive'],
])

function phraseBooks(): readonly PhraseBook<unknown>[] {
  const { conditionBook, componentBook, stateBook } = lexicon()
  return [conditionBook, componentBook, stateBook]
}

/** Whether a word with digits is meant as it is: `ne107`, `l1`, `co2`; not `pump2`. */
export function isOwnWord(word: string): boolean {
  return (
    bookLiterals().whole.has(word) ||
    phraseBooks().some(book => book.has(word)) ||
    isExpectWord(word) ||
    isRelationWord(word)
  )
}

/**
 * In which parts of which bait a word may stand, a bit for each bait of several parts: bait may be where two parts of one
 * are. Words so common that they tell nothing count in no part; each bait has rarer ones beside them.
 */
export function baitParts(word: string): readonly [number, number, number] {
  const { whole, begins } = baits()
  const masks: [number, number, number] = [0, 0, 0]
  const take = (found: BaitParts | undefined) => {
    if (found) for (const i of [0, 1, 2] as const) masks[i] |= found[i]
  }
  take(whole.get(word))
  if (word.endsWith('s')) take(whole.get(word.slice(0, -1)))
  for (const [start, found] of begins) if (word.startsWith(start)) take(found)
  return masks
}

type BaitParts = [number, number, number]
interface Baits {
  whole: Map<string, BaitParts>
  /** Words of which only the beginning is asked. */
  begins: Map<string, BaitParts>
}

const OPEN = '9'
const COMMON = new Set('info the any its his no not an a as with to this be is are do'.split(' '))
let shared: Baits | undefined

function baits(): Baits {
  if (shared) return shared
  shared = { whole: new Map(), begins: new Map() }
  for (const [bit, parts] of BAIT.filter(p => /\.\{0,\d+\}/.test(p.source))
    .map(partsOfBait)
    .entries())
    for (const [i, words] of parts.entries())
      for (const word of words) {
        const map = word.includes(OPEN) ? shared.begins : shared.whole
        const text = word.split(OPEN)[0]!
        const masks = map.get(text) ?? [0, 0, 0]
        masks[i as 0 | 1 | 2] |= 1 << bit
        map.set(text, masks)
      }
  return shared
}

const partsOfBait = (bait: RegExp): string[][] =>
  bait.source
    // what may be missing is no part
    .replace(/\.\{0,\d+\}\\b\([^()]*\)\?$/, '')
    .replace(/\((?!\?)[^()]*\)\?/g, ' ')
    .split(/\.\{0,\d+\}/)
    .slice(0, 3)
    // more letters may follow
    .map(part => part.replace(/\\w\*|\\p\{L\}\*|(?<=\p{L})\[\p{L}+\]/gu, OPEN))
    .map(part => literalsOf(part).filter(w => !COMMON.has(w)))
