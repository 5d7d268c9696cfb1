/**
 * What of a line decides its verdict, beside its template: its shape. Words at which some part of the judge stops stand in
 * it as they are, and so does every mark; other words are names, and numbers are numbers, whichever. Lines of one shape
 * are read alike in everything but the values of their numbers, so where those count, or where a line may be bait, a
 * shape is not enough: then the whole line counts. A shape must never be too poor: what cannot be told cheaply is not
 * remembered at all. Pure.
 */

import { endOfUnread } from './judge/unread.js'
import { numberMayDecide } from './judge/vocabulary.js'
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
/** Numbers that some phrase has as they are. */
const numberIds = new Map<string, number>()
const MOST_NUMBERS = 50_000
/** The same of those with up to three digits, by how many and which: 0 when they were not seen. */
const shortNumbers = new Int32Array(4 * 1000)

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

/** A number by what its looks tell: none, one, whole, with decimals, a date, a time; one that some phrase has as it is. */
function numberId(text: string, from: number, to: number, marks: number): number {
  const length = to - from
  if (length <= 8 && isPlain(text, from, to))
    return marks === 0 && length <= 3 ? shortNumber(text, from, to) : numberAsIs(text.slice(from, to), true)
  // commas make several numbers of one, or none: by how many digits stand between them
  if (marks > 1)
    return text.slice(from, to).includes(',') ? idOf(text.slice(from, to).replace(/\d/g, '9')) : 0x82
  if (marks === 1) {
    // a code of one digit is found in front of its decimals, too
    const decimals = text.charCodeAt(from + 1) === 46 || text.charCodeAt(from + 1) === 44
    return decimals && text.charCodeAt(from) < 50 ? 0x8c + text.charCodeAt(from) - 48 : 0x83
  }
  if (length <= 4) {
    const before = text.charCodeAt(from - 1)
    const after = text.charCodeAt(to)
    if (before === 58 || after === 58 || after === 84) {
      if (length === 2) return 0x84
    } else if (before === 45 || after === 45) return 0x85 + length
    // the day of a month, in a header
    if (length <= 2 && from < 12 && before === 32) return 0x8e
    if (length <= 3) return shortNumber(text, from, to)
  }
  return length > 15 ? 0x8a : WHOLE
}
const WHOLE = 0x8b
/** A dump of bytes, an id; a month and what follows; with its length, a time by its digits. */
const UNREAD = 0x80
const MONTH = 0x81
const TIME = 0x40000000
/** Times of one form count the same, of two forms not: where a header ends, and what stands in it, they tell. */
function unreadId(text: string, from: number, to: number): number {
  if (text.charCodeAt(from + 2) === 58 || text.charCodeAt(from + 4) === 45) return TIME + to - from
  return text.charCodeAt(from + 3) === 32 ? MONTH : UNREAD
}

function numberAsIs(number: string, always: boolean): number {
  let id = numberIds.get(number)
  if (id === undefined) {
    id = always || numberMayDecide(number) ? idOf(number) : WHOLE
    if (numberIds.size < MOST_NUMBERS) numberIds.set(number, id)
  }
  return id
}

/** A whole number of up to three digits. */
function shortNumber(text: string, from: number, to: number): number {
  let index = to - from
  for (let i = from; i < to; i++) index = index * 10 + text.charCodeAt(i) - 48
  let id = shortNumbers[index]!
  if (id === 0) {
    id = numberAsIs(text.slice(from, to), isPlain(text, from, to))
    shortNumbers[index] = id
  }
  return id
}

/** 0 and 1, whatever their form: off and on. */
function isPlain(text: string, from: number, to: number): boolean {
  if (to - from === 1 && text.charCodeAt(from) === 49) return true
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i)
    if (code !== 48 && code !== 46 && code !== 44) return false
  }
  return true
}

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
