/**
 * A message as words and values. What looks like a value (numbers, addresses, paths, ids) becomes `<*>` at once, whatever
 * the source; which words vary is learnt by template.ts. Pure.
 */
import { isBlank, isDigit } from './characters.js'
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

/** Tokens of one message. */
export function tokensOf(message: string): string[] {
  let text = message.length > MOST_CHARS ? message.slice(0, MOST_CHARS) : message
  // most messages have no path, and looking for one costs more than looking for its mark
  if (text.includes('/') || text.includes('\\')) text = text.replace(PATH, WILD)
  text = withoutQuantities(text, WILD)
  if (text.includes('(<*>)')) text = text.replace(AGAIN, WILD)
  const tokens: string[] = []
  const { length } = text
  for (let at = 0; at < length; ) {
    while (at < length && isBlank(text.charCodeAt(at))) at++
    if (at === length) break
    const from = at
    let digit = false
    let equals = -1
    for (; at < length; at++) {
      const code = text.charCodeAt(at)
      if (isBlank(code)) break
      if (isDigit(code)) digit = true
      else if (code === EQUALS && equals < 0) equals = at - from
    }
    if (tokens.length === MOST_TOKENS) {
      tokens.push(WILD)
      break
    }
    tokens.push(tokenOf(text.slice(from, at), digit, equals))
  }
  return tokens
}

/** `key=value` keeps its key; a token with a digit is a value unless it is a name such as SOCKS5. */
function tokenOf(word: string, digit: boolean, equals: number): string {
  if (equals > 0 && equals < word.length - 1 && /^[\w.$-]+$/.test(word.slice(0, equals)))
    return `${word.slice(0, equals + 1)}${WILD}`
  if (!digit) return word
  if (/^[A-Z]{2,}\d{1,2}$/.test(word)) return word
  // punctuation around a value belongs to the sentence
  let from = 0
  while (from < word.length && LEAD.includes(word[from]!)) from++
  let to = word.length
  while (to > from && TRAIL.includes(word[to - 1]!)) to--
  if (from === to) return word
  return from === 0 && to === word.length
    ? WILD
    : `${word.slice(0, from).replace('<', '')}${WILD}${word.slice(to).replace('>', '')}`
}

const LEAD = '([{"\'<'
const TRAIL = ')]}"\'>,;:.!?'
const EQUALS = 61
