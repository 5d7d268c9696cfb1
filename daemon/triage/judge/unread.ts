/**
 * What stands in a line and is not read: times, dumps of bytes, hashes and ids. Their digits and letters measure nothing and
 * name nothing. Pure.
 */
import { isDigit, isWordCharacter } from '../characters.js'

/** The priority of a syslog line, dates and times of day: numbers that measure nothing. */
const TIMES =
  /^<\d{1,3}>\d?(?=\s|\w{3}\s)|\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s+\d{1,2}\s+\d\d:\d\d:\d\d|\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b|\b\d{1,2}\.\d{1,2}\.\d{4}\b|\b\d{1,2}-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?:-\d{2,4})?\b/g

/** A dump of bytes: its pairs of letters are no words. */
const DUMP = /(?:\b[0-9a-fA-F]{2}\b[ :-]?){12,}/
/** A hash, an id made by chance, a UUID: digits between letters and letters between digits. `F30001`, `6.022e23` are none. */
const ID =
  /(?<![\w.,])(?:(?=[0-9a-fA-F]{7})(?:\d+[a-fA-F]+\d|[a-fA-F]+\d+[a-fA-F])[0-9a-fA-F]*(?:-[0-9a-fA-F]+)*|\d(?=[\d-]*[a-fA-F])[0-9a-fA-F]{6,}(?:-[0-9a-fA-F]{3,})+)\b/
const UNREAD = new RegExp([TIMES, DUMP, ID].map(p => p.source).join('|'), 'g')
const blank = (text: string): string => ' '.repeat(text.length)

/** All of it gives way to blanks. */
export const withoutUnread = (text: string): string => text.replace(UNREAD, blank)

/** Times give way to blanks. */
export const withoutTimes = (text: string): string => text.replace(TIMES, blank)

const UNREAD_HERE = new RegExp(UNREAD.source, 'y')

/** Where what begins here and is not read ends: a time, a dump of bytes, an id; 0 when something else begins. */
export function endOfUnread(line: string, at: number): number {
  // nearly every line has one of these three, and a pattern takes several times as long
  const clock = endOfClock(line, at)
  if (clock > 0) return clock
  if (!mayBeUnread(line, at)) return 0
  const end = endOfDay(line, at) || endOfDayInMonth(line, at)
  if (end > 0) return end
  UNREAD_HERE.lastIndex = at
  return UNREAD_HERE.test(line) ? UNREAD_HERE.lastIndex : 0
}

/** `2026-11-21`, with a time of day behind it perhaps, as TIMES has it; 0 when there is none. */
function endOfDay(line: string, at: number): number {
  if (!isNumber(line, at, 4) || isWordCharacter(line.charCodeAt(at - 1))) return 0
  if (line.charCodeAt(at + 4) !== MINUS || !isNumber(line, at + 5, 2)) return 0
  if (line.charCodeAt(at + 7) !== MINUS || !isNumber(line, at + 8, 2)) return 0
  const mark = line.charCodeAt(at + 10)
  if ((mark !== 32 && mark !== 84) || !isNumber(line, at + 11, 2)) return at + 10
  if (line.charCodeAt(at + 13) !== COLON || !isNumber(line, at + 14, 2)) return at + 10
  let end = at + 16
  if (line.charCodeAt(end) === COLON && isNumber(line, end + 1, 2)) end = endOfFraction(line, end + 3)
  const zone = line.charCodeAt(end)
  if (zone === 90) return end + 1
  if ((zone !== MINUS && zone !== PLUS) || !isNumber(line, end + 1, 2)) return end
  const minutes = line.charCodeAt(end + 3) === COLON ? end + 4 : end + 3
  return isNumber(line, minutes, 2) ? minutes + 2 : end
}

/** `Nov 21 08:14:03`, `Nov  3 08:14:03`; 0 when there is none. */
function endOfDayInMonth(line: string, at: number): number {
  if (line.charCodeAt(at + 3) !== BLANK || isWordCharacter(line.charCodeAt(at - 1))) return 0
  const day = line.charCodeAt(at + 4) === BLANK ? at + 5 : at + 4
  if (!isDigit(line.charCodeAt(day))) return 0
  const clock = isDigit(line.charCodeAt(day + 1)) ? day + 3 : day + 2
  if (line.charCodeAt(clock - 1) !== BLANK || !isClock(line, clock)) return 0
  return MONTHS.has(threeAt(line, at)) ? clock + 8 : 0
}
/** Three ASCII characters as a number. */
const threeAt = (text: string, at: number): number =>
  (text.charCodeAt(at) << 16) | (text.charCodeAt(at + 1) << 8) | text.charCodeAt(at + 2)
const MONTHS = new Set(
  'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ').map(month => threeAt(month, 0)),
)

/** `08:14:03`. */
const isClock = (line: string, at: number): boolean =>
  line.charCodeAt(at + 2) === COLON &&
  line.charCodeAt(at + 5) === COLON &&
  isNumber(line, at, 2) &&
  isNumber(line, at + 3, 2) &&
  isNumber(line, at + 6, 2)

/** `08:14:03,250`; 0 when there is none. */
function endOfClock(line: string, at: number): number {
  if (!isClock(line, at) || isWordCharacter(line.charCodeAt(at - 1))) return 0
  const end = endOfFraction(line, at + 8)
  if (!isWordCharacter(line.charCodeAt(end))) return end
  return end > at + 8 ? at + 8 : 0
}

/** Behind `,250` or `.5`, when it stands here. */
function endOfFraction(line: string, at: number): number {
  const mark = line.charCodeAt(at)
  if ((mark !== COMMA && mark !== DOT) || !isDigit(line.charCodeAt(at + 1))) return at
  let end = at + 2
  while (isDigit(line.charCodeAt(end))) end++
  return end
}

/** So many digits. */
function isNumber(line: string, at: number, length: number): boolean {
  for (let i = at; i < at + length; i++) if (!isDigit(line.charCodeAt(i))) return false
  return true
}

const [BLANK, PLUS, COMMA, MINUS, DOT, COLON] = [32, 43, 44, 45, 46, 58]
const between = (code: number): boolean => code === 58 || code === 32 || code === 45
const hexLetter = (code: number): boolean => (code >= 97 && code <= 102) || (code >= 65 && code <= 70)

/** In a dump of bytes these characters are none of its digits; four of them are enough to rule out nearly all else. */
const SEPARATED = [2, 5, 8, 11]

/** Told by a few characters, because every word and number is asked: `3f 4a 00 `, `2026-`, `1.2.`, `1-J`, `Nov `, `3f`, `f3`. */
function mayBeUnread(line: string, at: number): boolean {
  const code = line.charCodeAt(at)
  const digit = isDigit(code)
  const isHex = digit || hexLetter(code)
  if (isHex && SEPARATED.every(on => between(line.charCodeAt(at + on)))) return true
  let end = at + 1
  if (digit) {
    while (isDigit(line.charCodeAt(end))) end++
    const mark = line.charCodeAt(end)
    if (hexLetter(mark) || (mark === 45 && (end === at + 4 || end > at + 6))) return true
    if (mark === 46)
      return end < at + 3 && (line.charCodeAt(end + 2) === 46 || line.charCodeAt(end + 3) === 46)
    return mark === 45 && end < at + 3 && line.charCodeAt(end + 1) >= 65
  }
  if (isHex) {
    while (hexLetter(line.charCodeAt(end))) end++
    if (isDigit(line.charCodeAt(end))) return true
  }
  return (code === 60 && at === 0) || (code <= 90 && line.charCodeAt(at + 3) === 32)
}
