/**
 * A message as words and values. What looks like a value (numbers, addresses, paths, ids) becomes `<*>` at once, whatever
 * the source; which words vary is learnt by template.ts. Pure.
 */
import { isBlank, isDigit, isWordCharacter } from './characters.js'
import { withoutQuantities } from './quantities.js'

/** Stands for any value. */
export const WILD = '<*>'
/** Longer messages are cut for the template; the raw line is kept elsewhere. */
const MOST_CHARS = 2048
const MOST_TOKENS = 96

/** The same quantity said again: `1190 bytes (1.16 KB)`. */
const AGAIN = /<\*>(?:\s?\(<\*>\))+/g
/** A URL or a path, up to a blank or a bracket. */
const PATH = /(?<![\w])(?:[a-z][a-z0-9+.-]*:\/\/|\/(?=[\w.~-]+\/)|[a-z]:\\)[^\s,;()[\]{}"'<>]+/gi

/**
 * A message with its values masked: its tokens with one blank between them.
 * @param start where the message begins in the line; to cut it out first makes it slower to read
 */
export function masked(line: string, start = 0): string {
  let text = line
  let begin = start
  if (line.length - start > MOST_CHARS) {
    text = line.slice(start, start + MOST_CHARS)
    begin = 0
  }
  // most messages have no path, and looking for one costs more than looking for its mark
  if (text.includes('/', begin) || text.includes('\\', begin)) {
    text = text.slice(begin).replace(PATH, WILD)
    begin = 0
  }
  const bare = withoutQuantities(text, WILD, begin)
  if (bare !== undefined) {
    text = bare
    begin = 0
  }
  if (text.includes('(<*>)', begin)) {
    text = text.slice(begin).replace(AGAIN, WILD)
    begin = 0
  }
  return maskedTokens(text, begin)
}

function maskedTokens(text: string, begin: number): string {
  const { length } = text
  let result = ''
  /** What stands before is in the result. */
  let done = begin
  /** Of the token before. */
  let end = begin
  for (let count = 0; ; count++) {
    let from = end
    while (from < length && isBlank(text.charCodeAt(from))) from++
    if (from === length) return result + text.slice(done, end)
    if (count === 0) done = from
    else if (from > end + 1 || text.charCodeAt(end) !== BLANK) {
      result += `${text.slice(done, end)} `
      done = from
    }
    if (count === MOST_TOKENS) return result + text.slice(done, from) + WILD
    let digit = false
    let equals = -1
    for (end = from; end < length; end++) {
      const code = text.charCodeAt(end)
      if (isBlank(code)) break
      if (isDigit(code)) digit = true
      else if (code === EQUALS && equals < 0) equals = end
    }
    const token = digit || equals > from ? maskedToken(text, from, end, digit, equals) : undefined
    if (token === undefined) continue
    result += text.slice(done, from) + token
    done = end
  }
}

/** Tokens of a masked message. */
export const splitTokens = (text: string): string[] => (text === '' ? [] : text.split(' '))

/** Tokens of one message. */
export const tokensOf = (message: string): string[] => splitTokens(masked(message))

/**
 * `key=value` keeps its key; a token with a digit is a value unless it is a name such as SOCKS5.
 * @param equals place of the first sign of equality, -1 when there is none
 * @returns undefined when the token stays as it is
 */
function maskedToken(
  text: string,
  from: number,
  to: number,
  digit: boolean,
  equals: number,
): string | undefined {
  if (equals > from && equals < to - 1 && isKey(text, from, equals))
    return text.slice(from, equals + 1) + WILD
  if (!digit || isName(text, from, to)) return undefined
  // punctuation around a value belongs to the sentence
  let first = from
  while (first < to && LEAD.includes(text[first]!)) first++
  let last = to
  while (last > first && TRAIL.includes(text[last - 1]!)) last--
  if (first === last) return undefined
  if (first === from && last === to) return WILD
  return text.slice(from, first).replace('<', '') + WILD + text.slice(last, to).replace('>', '')
}

/** `temp`, `oil.temp`, `$x`, `a-b`. */
function isKey(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at)
    if (!isWordCharacter(code) && code !== 36 && code !== 45 && code !== 46) return false
  }
  return true
}

/** Two capitals and more, then one or two digits. */
function isName(text: string, from: number, to: number): boolean {
  let at = from
  while (at < to && isCapital(text.charCodeAt(at))) at++
  if (at - from < 2 || to - at < 1 || to - at > 2) return false
  while (at < to && isDigit(text.charCodeAt(at))) at++
  return at === to
}

const isCapital = (code: number): boolean => code >= 65 && code <= 90
const LEAD = '([{"\'<'
const TRAIL = ')]}"\'>,;:.!?'
const EQUALS = 61
const BLANK = 32
