/**
 * What of a line decides its verdict, beside its template: its shape. Words at which some part of the judge stops stand in
 * it as they are, and so does every mark; other words are names, and numbers are numbers, whichever. Lines of one shape
 * are read alike in everything but the values of their numbers, so where those count, or where a line may be bait, a
 * shape is not enough: then the whole line counts. A shape must never be too poor: what cannot be told cheaply is not
 * remembered at all. Pure.
 */

import { endOfUnread } from './judge/unread.js'
import { type BesideNumbers, besideNumbers, roleOf } from './judge/vocabulary.js'
import { isNamedNought } from './judge/words.js'
import { ADDRESS_WORD, hashOn, idOf, isAddress, learnWord, wordAt } from './shape-words.js'

export interface Shape {
  /** Of 53 bits: equal shapes have equal keys, and of others two in nine million millions of millions meet. */
  key: number
  /** Parts of an attempt to steer the reader stand in it: every word of it counts. */
  bait: boolean
}

/** Places of words, numbers and what is not read, from and to in turn: room for one line after the other. */
export class Runs {
  readonly places = new Int32Array(2 * MOST_CHARS)
  count = 0

  add(from: number, to: number): void {
    this.places[this.count++] = from
    this.places[this.count++] = to
  }

  /** Which place is the begin, or the end, of a run; -1 when none is. */
  indexOf(place: number | undefined, side: 'begin' | 'end'): number {
    for (let i = side === 'begin' ? 0 : 1; i < this.count; i += 2) if (this.places[i] === place) return i
    return -1
  }
}

/** Longer words without a blank hide something or are hashes: judged each time. */
const MOST_WORD = 40
/** Longer lines are judged each time. */
const MOST_CHARS = 2048
/** A run of so many letters and digits may be text in disguise. @source judge/hostile.ts */
const BASE64 = 32
/**
 * What stands for whole numbers of up to four digits, by how many and which: 0 when they were not seen, negative for those
 * that count beside certain words only.
 */
const shortNumbers = new Int32Array(5 * 10_000)
/** Those of them that some phrase has, and what stands for the first. */
const literals: BesideNumbers[] = []
const LITERAL = 0x20000000

/**
 * @param start where the message begins: what stands before it is another sentence
 * @param runs gets where words, numbers and what is not read stand: as many in every line of a shape
 * @returns undefined when the line must be judged itself
 */
export function shapeOf(line: string, start = 0, runs?: Runs): Shape | undefined {
  const { length } = line
  if (length > MOST_CHARS) return undefined
  if (runs) runs.count = 0
  // the priority of syslog is a level, and its number counts
  let [a, b] = [line.charCodeAt(0) === 60 ? Number.parseInt(line.slice(1, 4), 10) || 0 : 0, 0]
  let [first, second, third] = [0, 0, 0]
  /** Where what may be text in disguise begins. */
  let since = 0
  let coded = false
  let at = 0
  let blank = false
  let begun = false
  /** What stands before says that certain numbers count right behind it; and that they do from here on. */
  let leads = false
  let leadsFar = false
  /** Where the last of the words ends, if it may be a name. */
  let nameEnd = -1
  /** Since the word or number before: `=` or `:`. */
  let assigned = false
  /** A number that counts if the next word says so. */
  let waiting = 0
  while (at < length) {
    const code = line.charCodeAt(at)
    const from = at
    const begins = isDigit(code) || (from === 0 && !isLetter(code)) ? endOfUnread(line, from) : 0
    let id: number
    if (isLetter(code)) {
      let hash = 0
      for (let next = code; isLetterOrDigit(next); next = line.charCodeAt(at)) {
        hash = hashOn(hash, next)
        at++
      }
      let seen = wordAt(line, from, at, hash)
      const unread = seen === undefined || seen.begins ? endOfUnread(line, from) : 0
      if (unread > 0) {
        at = unread
        id = unreadId(line, from, at)
      } else {
        if (at - from > MOST_WORD) return undefined
        seen ??= isAddress(line, from, at) ? ADDRESS_WORD : learnWord(line.slice(from, at), hash)
        id = seen.id
        first |= seen.parts[0]
        second |= seen.parts[1]
        third |= seen.parts[2]
        if (waiting !== 0 && seen.beside.follows) {
          a = Math.imul((a ^ waiting) + 0x9e3779b9, 0x85ebca6b)
          b = Math.imul(b ^ waiting, 0xc2b2ae35)
        }
        nameEnd = seen.names ? at : -1
        leads = seen.beside.leads
        leadsFar ||= seen.beside.leadsFar
        waiting = 0
        assigned = false
      }
      runs?.add(from, at)
      blank = false
    } else if (begins > 0) {
      at = begins
      id = unreadId(line, from, at)
      runs?.add(from, at)
      blank = false
    } else if (isDigit(code)) {
      let marks = 0
      for (;;) {
        do at++
        while (at < length && isDigit(line.charCodeAt(at)))
        const mark = line.charCodeAt(at)
        if ((mark !== 46 && mark !== 44) || !isDigit(line.charCodeAt(at + 1))) break
        if (endOfUnread(line, at + 1) > 0) break
        marks++
        since = at + 1
      }
      if (at - from > MOST_WORD) return undefined
      id = numberId(line, from, at, marks)
      if (id === NOUGHT && isNamedNought(line, from, nameEnd)) id = HYPHENED + 1
      if (id < LITERAL && id > 0) {
        waiting = 0
        leads = false
      } else {
        const number = literals[Math.abs(id) - LITERAL]!
        if (waiting !== 0 && number.follows) {
          a = Math.imul((a ^ waiting) + 0x9e3779b9, 0x85ebca6b)
          b = Math.imul(b ^ waiting, 0xc2b2ae35)
        }
        waiting = 0
        if (id < 0) {
          const counts = leads || leadsFar || (assigned && at - from === 1 && code === 49)
          waiting = counts ? 0 : -id
          id = counts ? -id : looksOf(line, from, at)
        }
        leads = number.leads
        leadsFar ||= number.leadsFar
      }
      assigned = false
      runs?.add(from, at)
      blank = false
    } else {
      if (mayHide(line, at, code)) return undefined
      at++
      if (code !== 43 && code !== 47) {
        coded ||= from - since >= BASE64
        since = at
      }
      const isBlank = code === 32 || code === 9
      if (isBlank && blank) continue
      blank = isBlank
      id = isBlank ? 32 : code < 256 ? code : code - 0x2000 + 128
      const kind = MARKS[code]
      if (kind === ASSIGNS) assigned = true
      else if (kind === BEGINS_SENTENCE && isSentence(line, at)) id = SENTENCE
    }
    if (from >= start && !begun) {
      begun = true
      a = Math.imul(a ^ 0x5bd1e995, 0x1b873593)
    }
    a = Math.imul((a ^ id) + 0x9e3779b9, 0x85ebca6b)
    a ^= a >>> 15
    b = Math.imul(b ^ id, 0xc2b2ae35)
    b ^= b >>> 13
  }
  coded ||= at - since >= BASE64
  return {
    key: (a >>> 0) * 0x200000 + (b >>> 11),
    bait: ((first & second) | (second & third) | (first & third)) !== 0 || (coded && isText(line)),
  }
}

/** Whether a mark may make a line read otherwise than it looks. */
function mayHide(line: string, at: number, code: number): boolean {
  // control characters, other alphabets, look-alikes and text that runs the other way
  if (code < 32 ? code !== 9 : code >= 0x7f && isStrange(code)) return true
  // an escape written out, a shell's or a template's marks
  if (code === 96 || code === 92 || (code === 36 && SHELL.includes(line[at + 1] ?? ''))) return true
  // a percent sign with two hexadecimal digits hides a character
  return code === 37 && isHex(line.charCodeAt(at + 1)) && isHex(line.charCodeAt(at + 2))
}

const isStrange = (code: number): boolean =>
  code !== 0xb0 && code !== 0xb5 && code !== 0x2013 && code !== 0x2026 && (code < 0xa0 || code >= 0x250)

/** Whether a long run of letters and digits is text in disguise. */
const isText = (line: string): boolean =>
  (line.match(/[A-Za-z0-9+/]{32,}={0,2}/g) ?? []).some(r =>
    /^[\x20-\x7e\r\n\t]+$/.test(Buffer.from(r, 'base64').toString('latin1')),
  )

/**
 * A number by what its looks tell: none, whole, with decimals, a date, a time; one that some phrase has as it is, negative
 * where it has it beside certain words only.
 */
function numberId(text: string, from: number, to: number, marks: number): number {
  const length = to - from
  if (length <= 8 && isNought(text, from, to)) return noughtId(text, from, to)
  // commas make several numbers of one, or none: by how many digits stand between them
  if (marks > 1) return text.slice(from, to).includes(',') ? idOf(listOf(text.slice(from, to))) : 0x82
  if (marks === 1) {
    // a code of one digit is found in front of its decimals, too
    const decimals = text.charCodeAt(from + 1) === 46 || text.charCodeAt(from + 1) === 44
    return decimals && text.charCodeAt(from) < 50 ? 0x8c + text.charCodeAt(from) - 48 : 0x83
  }
  const asIs = length <= 4 ? shortNumber(text, from, to) : WHOLE
  return asIs === WHOLE ? looksOf(text, from, to) : asIs
}

/** A whole number by its length and what stands beside it. */
function looksOf(text: string, from: number, to: number): number {
  const length = to - from
  if (length <= 4) {
    const before = text.charCodeAt(from - 1)
    const after = text.charCodeAt(to)
    if (before === 58 || after === 58 || after === 84) {
      if (length === 2) return 0x84
    } else if (before === 45 || after === 45) return HYPHENED + length
    // the day of a month, in a header
    if (length <= 2 && from < 12 && before === 32) return 0x8e
  }
  return length > 15 ? 0x8a : WHOLE
}
/** `12,0,345` as `99,0,999`: nought is a word of its own in a list, too. */
const listOf = (numbers: string): string =>
  numbers.replace(/\d+/g, n => (/^0+$/.test(n) ? n : n.replace(/\d/g, '9')))
const WHOLE = 0x8b
/** With its length: a number at a hyphen. */
const HYPHENED = 0x85
const NOUGHT = 0x8f
/** Of marks: `=` and `:`; those that may begin a sentence of ships. */
const [ASSIGNS, BEGINS_SENTENCE] = [1, 2]
const MARKS = Uint8Array.from({ length: 128 }, (_, code) =>
  code === 61 || code === 58 ? ASSIGNS : code === 36 || code === 33 ? BEGINS_SENTENCE : 0,
)
/** A mark that begins a sentence of ships: what follows is read as one. @source books/codes-say.ts */
const SENTENCE = 0x90
const isSentence = (line: string, at: number): boolean =>
  isCapital(line.charCodeAt(at)) && isCapital(line.charCodeAt(at + 1))
const isCapital = (code: number): boolean => code >= 65 && code <= 90
/** A dump of bytes, an id; a month and what follows; with its length, a time by its digits. */
const UNREAD = 0x80
const MONTH = 0x81
const TIME = 0x40000000
/** Times of one form count the same, of two forms not: where a header ends, and what stands in it, they tell. */
function unreadId(text: string, from: number, to: number): number {
  if (text.charCodeAt(from + 2) === 58 || text.charCodeAt(from + 4) === 45) return TIME + to - from
  return text.charCodeAt(from + 3) === 32 ? MONTH : UNREAD
}

function asItIs(number: string): number {
  const role = roleOf(number)
  if (role === 'any') return WHOLE
  literals.push(besideNumbers(number))
  const id = LITERAL + literals.length - 1
  return role === 'itself' ? id : -id
}

/** A whole number of up to four digits. */
function shortNumber(text: string, from: number, to: number): number {
  let index = to - from
  for (let i = from; i < to; i++) index = index * 10 + text.charCodeAt(i) - 48
  let id = shortNumbers[index]!
  if (id === 0) {
    id = asItIs(text.slice(from, to))
    shortNumbers[index] = id
  }
  return id
}

/** None at all, whatever its form: off. */
function isNought(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i)
    if (code !== 48 && code !== 46 && code !== 44) return false
  }
  return true
}
const noughtId = (text: string, from: number, to: number): number =>
  to - from === 1 ? NOUGHT : idOf(text.slice(from, to))

const SHELL = '({'
const isLetter = (code: number): boolean => code < KINDS.length && KINDS[code] === LETTER
const isDigit = (code: number): boolean => code >= 48 && code <= 57
const isLetterOrDigit = (code: number): boolean => code < KINDS.length && KINDS[code] !== 0
const LETTER = 2
/** Of Latin characters: 0 a mark, 1 a digit, 2 a letter. */
const KINDS = Uint8Array.from({ length: 0x250 }, (_, code) =>
  isDigit(code)
    ? 1
    : /[A-Za-z\u00c0-\u024f]/.test(String.fromCharCode(code)) && code !== 0xd7 && code !== 0xf7
      ? LETTER
      : 0,
)
const isHex = (code: number): boolean =>
  isDigit(code) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70)
