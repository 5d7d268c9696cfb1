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
}

/** Longer lines are judged by their beginning. */
const MOST_CHARS = 4096
const MOST_WORDS = 400

const FOLDED: Record<string, string> = { ä: 'ae', ö: 'oe', ü: 'ue', ß: 'ss', æ: 'ae', ø: 'oe', œ: 'oe' }

/** One character without accent; several letters for umlauts. */
function fold(char: string): string {
  if (char < '\u0080') return char.toLowerCase()
  const lower = char.toLowerCase()
  return FOLDED[lower] ?? lower.normalize('NFKD').replace(/[\u0300-\u036f]/g, '')
}

const LETTERS = /[\p{L}\p{M}]+\d*(?:[\p{L}\d]*)|\d+(?:[.,]\d+)*/gu
/** Where a lower-case letter meets the upper-case one of the next word. */
const CAMEL = /(?<=\p{Ll})(?=\p{Lu})/u

export function wordsOf(line: string): Word[] {
  const text = line.length > MOST_CHARS ? line.slice(0, MOST_CHARS) : line
  const words: Word[] = []
  let end = 0
  for (const { 0: run, index } of text.matchAll(LETTERS)) {
    let at = index
    for (const part of run.split(CAMEL)) {
      const before = text.slice(end, at).replace(/\s+/g, '')
      end = at + part.length
      words.push({ text: [...part].map(fold).join(''), start: at, end, before })
      at = end
    }
    if (words.length >= MOST_WORDS) break
  }
  return words
}

/** The words of a text of our own, as patterns want them. */
export const foldedWords = (text: string): string[] => wordsOf(text).map(w => w.text)

export const isNumber = (word: string): boolean => word >= '0' && word < ':'
