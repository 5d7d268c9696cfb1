/**
 * A line as plain words, for lexicons: lower case, no accents, `overTemp`, `over_temp` and `over-temp` alike, German
 * umlauts as two letters. Every word knows where it stands, so that what was found can be quoted. Pure.
 */
import { withoutUnread } from './unread.js'

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

/** The line that was asked for last, which several parts of the judge read one after the other. */
let recent: { line: string; words: readonly Word[] } | undefined

/** @param most words; what stands behind them is not looked at */
export function wordsOf(line: string, most = MOST_WORDS): readonly Word[] {
  if (most !== MOST_WORDS) return split(line, most)
  if (recent?.line !== line) recent = { line, words: split(line, most) }
  return recent.words
}

function split(line: string, most: number): readonly Word[] {
  const cut = line.length > MOST_CHARS ? line.slice(0, MOST_CHARS) : line
  const text = withoutUnread(cut)
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
      const isNamed =
        part === '0' && last !== undefined && isNamedNought(text, at, nameEnd(last.text, last.end))
      words.push({ text: isNamed ? NAMED_NOUGHT : folded(part), start: at, end, before, after: '' })
      at = end
    }
    if (words.length >= most) break
  }
  const last = words.at(-1)
  if (last) last.after = text.slice(last.end, last.end + 20).replace(/\s+/g, '')
  return words
}

/**
 * `worker-0`, `axis-0`: the first of several, not none of something: no count, and a number to everybody else.
 * @param end of the name before it, by `nameEnd`
 */
export const isNamedNought = (line: string, at: number, end: number): boolean =>
  end === at - 1 && line.charCodeAt(at - 1) === 45 && !LETTER_OR_DIGIT.test(line.charAt(at + 1))
/** Where a word ends that may be a name with a number behind it; -1 of others: `alarm-0` is off. */
export const nameEnd = (word: string, end: number): number => (isNumber(word) || isSwitch(word) ? -1 : end)
const NAMED_NOUGHT = '0-'
const LETTER_OR_DIGIT = /[\p{L}\d]/u

/** The words of a text of our own, as patterns want them. */
export const foldedWords = (text: string): string[] => wordsOf(text).map(w => w.text)

export const isNumber = (word: string): boolean => word >= '0' && word < ':'

const SWITCH =
  /^(\w*(alarm|alm|fault|flt|error|err|leak|leckage|estop|trip|smoke|fire|flood|wet|tamper|overtemp\w*|overload|lowbatt\w*|fail|failed|failure|lost|blocked|jam|intrusion|gas|overflow|hihi|lolo|dryrun|moisture|stoerung|defaut|fallo|guasto|detected|det|shutdown|lockout|overcurrent|undervoltage|overvoltage|bypass|bypassed))$/

export const isSwitch = (word: string): boolean => SWITCH.test(word)

/** `leak=true`, `ESTOP: 1`: a switch that is on says so in words, and one that is off too. */
export const readBooleans = once((words: readonly Word[]): readonly Word[] =>
  words.map((word, at) => {
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
  }),
)

/**
 * What these words come to, found out once for whoever asks next of the same ones: of the words that were asked for last, and of
 * those before them, which are the same line with bent words put right. A map of all would cost more than it saves.
 */
export function once<T>(of: (words: readonly Word[]) => T): (words: readonly Word[]) => T {
  let last: { words: readonly Word[]; found: T } | undefined
  let before: typeof last
  return words => {
    if (last?.words === words) return last.found
    if (before?.words === words) return before.found
    before = last
    last = { words, found: of(words) }
    return last.found
  }
}
