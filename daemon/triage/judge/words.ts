/**
 * A line as plain words, for lexicons: lower case, no accents, `overTemp`, `over_temp` and `over-temp` alike, German
 * umlauts as two letters. Every word knows where it stands, so that what was found can be quoted. Pure.
 */

export interface Word {
  readonly text: string
  /** Where it stands in the line. */
  readonly start: number
  readonly end: number
  /** Marks between this word and the one before it, without blanks. */
  readonly before: string
  /** Marks up to the next word, without blanks. */
  readonly after: string
}

/** Longer lines are judged by their beginning. */
const MOST_CHARS = 4096
const MOST_WORDS = 400

const FOLDED: Record<string, string> = { ä: 'ae', ö: 'oe', ü: 'ue', ß: 'ss', æ: 'ae', ø: 'oe', œ: 'oe' }

/** Lower case, without accents. */
const folded = (text: string): string =>
  ASCII.test(text) ? text.toLowerCase() : Array.from(text, fold).join('')
const ASCII = /^[\x00-\x7f]*$/

/** One character without accent; several letters for umlauts. */
function fold(char: string): string {
  const lower = char.toLowerCase()
  return FOLDED[lower] ?? lower.normalize('NFKD').replace(/[\u0300-\u036f]/g, '')
}

const LETTERS =
  /[\p{L}\p{M}]+\d*(?:[\p{L}\d]*)|\d+(?:\.\d+){2,}|\d{1,3}(?:,\d{3}){2,}(?!\d)|\d+(?=(?:,\d+){2,})|\d+(?:[.,]\d+)?/gu
/** The same where there are no others: twice as fast, and most lines are such. */
const LETTERS_ASCII = new RegExp(
  LETTERS.source.replace('[\\p{L}\\p{M}]', '[A-Za-z]').replace('[\\p{L}\\d]', '[A-Za-z\\d]'),
  'g',
)
/** Where a lower-case letter meets the upper-case one of the next word; units such as kOhm, mA and dBm stay whole. */
const CAMEL = /(?<=\p{L}\p{Ll})(?=\p{Lu})|(?<=\p{Ll})(?=\p{Lu}\p{Ll}{3})/u

const HUMP = /[^A-Z][^a-z]/

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

/** Times give way to blanks. */
export const withoutTimes = (text: string): string => text.replace(TIMES, blank)

const UNREAD_HERE = new RegExp(UNREAD.source, 'y')

/** Where what begins here and is not read ends: a time, a dump of bytes, an id; 0 when something else begins. */
export function endOfUnread(line: string, at: number): number {
  if (!mayBeUnread(line, at)) return 0
  UNREAD_HERE.lastIndex = at
  return UNREAD_HERE.test(line) ? UNREAD_HERE.lastIndex : 0
}

const between = (code: number): boolean => code === 58 || code === 32 || code === 45
const digit = (code: number): boolean => code >= 48 && code <= 57
const hexLetter = (code: number): boolean => (code >= 97 && code <= 102) || (code >= 65 && code <= 70)

/** Told by a few characters, because every word and number is asked: `12:3`, `2026-`, `1.2.`, `1-J`, `Nov `, `3f`, `f3`. */
function mayBeUnread(line: string, at: number): boolean {
  const code = line.charCodeAt(at)
  const isDigit = digit(code)
  const isHex = isDigit || hexLetter(code)
  if (isHex && between(line.charCodeAt(at + 2)) && between(line.charCodeAt(at + 5))) return true
  let end = at + 1
  if (isDigit) {
    while (digit(line.charCodeAt(end))) end++
    const mark = line.charCodeAt(end)
    if (hexLetter(mark) || (mark === 45 && (end === at + 4 || end > at + 6))) return true
    if (mark === 46)
      return end < at + 3 && (line.charCodeAt(end + 2) === 46 || line.charCodeAt(end + 3) === 46)
    return mark === 45 && end < at + 3 && line.charCodeAt(end + 1) >= 65
  }
  if (isHex) {
    while (hexLetter(line.charCodeAt(end))) end++
    if (digit(line.charCodeAt(end))) return true
  }
  return (code === 60 && at === 0) || (code <= 90 && line.charCodeAt(at + 3) === 32)
}

/** @param most words; what stands behind them is not looked at */
export function wordsOf(line: string, most = MOST_WORDS): Word[] {
  const cut = line.length > MOST_CHARS ? line.slice(0, MOST_CHARS) : line
  const text = cut.replace(UNREAD, blank)
  const words: { text: string; start: number; end: number; before: string; after: string }[] = []
  let end = 0
  for (const { 0: run, index } of text.matchAll(ASCII.test(text) ? LETTERS_ASCII : LETTERS)) {
    let at = index
    for (const part of HUMP.test(run) ? run.split(CAMEL) : [run]) {
      const between = text.slice(end, at)
      const before = between === ' ' ? '' : between.replace(/\s+/g, '')
      end = at + part.length
      const last = words.at(-1)
      if (last) last.after = before
      words.push({ text: folded(part), start: at, end, before, after: '' })
      at = end
    }
    if (words.length >= most) break
  }
  const last = words.at(-1)
  if (last) last.after = text.slice(last.end, last.end + 20).replace(/\s+/g, '')
  return words
}

/** The words of a text of our own, as patterns want them. */
export const foldedWords = (text: string): string[] => wordsOf(text).map(w => w.text)

export const isNumber = (word: string): boolean => word >= '0' && word < ':'

const SWITCH =
  /^(\w*(alarm|alm|fault|flt|error|err|leak|leckage|estop|trip|smoke|fire|flood|wet|tamper|overtemp\w*|overload|lowbatt\w*|fail|failed|failure|lost|blocked|jam|intrusion|gas|overflow|hihi|lolo|dryrun|moisture|stoerung|defaut|fallo|guasto|detected|det|shutdown|lockout|overcurrent|undervoltage|overvoltage|bypass|bypassed))$/

export const isSwitch = (word: string): boolean => SWITCH.test(word)

/** `leak=true`, `ESTOP: 1`: a switch that is on says so in words, and one that is off too. */
export function readBooleans(words: readonly Word[]): Word[] {
  return words.map((word, at) => {
    if (word.text === 'true') return { ...word, text: 'active' }
    if (word.text === 'false') return { ...word, text: 'inactive' }
    const key = words[at - 1]?.text ?? ''
    const ends = word.after === '' || /^["'\s]*[,;}|)\]]/.test(word.after)
    if (
      word.text === '1' &&
      /[=:]/.test(word.before) &&
      !/\./.test(word.after) &&
      (ends || word.after === '') &&
      SWITCH.test(key)
    )
      return { ...word, text: 'active' }
    return word
  })
}
