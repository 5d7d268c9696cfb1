/**
 * A message as words and values. What looks like a value (numbers, addresses, paths, ids) becomes `<*>` at once, whatever
 * the source; which words vary is learnt by template.ts. Pure.
 */

/** Stands for any value. */
export const WILD = '<*>'
/** Longer messages are cut for the template; the raw line is kept elsewhere. */
const MOST_CHARS = 2048
const MOST_TOKENS = 96

/** A number with its unit is one value: `1190 bytes (1.16 KB)`, `<1 sec`, `30 seconds`. */
const QUANTITY =
  /(?<![\w.])[<>~]?[-+]?\d+(?:[.,:]\d+)*\s?(?:bytes?|[kmgt]i?b|b|ms|us|ns|secs?|seconds?|mins?|minutes?|hours?|hrs?|days?|s|m|h|%|°c|°f|mm\/s|m\/s|rpm|v|a|mv|ma|kw|w|hz|khz|mhz|bar|mbar|psi|kpa|pa|l\/min|m3\/h)(?![\w/])/gi
/** The same quantity said again: `1190 bytes (1.16 KB)`. */
const AGAIN = /<\*>(?:\s?\(<\*>\))+/g
/** A URL or a path, up to a blank or a bracket. */
const PATH = /(?<![\w])(?:[a-z][a-z0-9+.-]*:\/\/|\/(?=[\w.~-]+\/)|[a-z]:\\)[^\s,;()[\]{}"'<>]+/gi

/** Tokens of one message. */
export function tokensOf(message: string): string[] {
  const text = (message.length > MOST_CHARS ? message.slice(0, MOST_CHARS) : message)
    .replace(PATH, WILD)
    .replace(QUANTITY, WILD)
    .replace(AGAIN, WILD)
  const tokens: string[] = []
  for (const word of text.split(/\s+/)) {
    if (word === '') continue
    if (tokens.length === MOST_TOKENS) {
      tokens.push(WILD)
      break
    }
    tokens.push(tokenOf(word))
  }
  return tokens
}

/** `key=value` keeps its key; a token with a digit is a value unless it is a name such as SOCKS5. */
function tokenOf(word: string): string {
  const equals = word.indexOf('=')
  if (equals > 0 && equals < word.length - 1 && /^[\w.$-]+$/.test(word.slice(0, equals)))
    return `${word.slice(0, equals + 1)}${WILD}`
  if (!/\d/.test(word)) return word
  if (/^[A-Z]{2,}\d{1,2}$/.test(word)) return word
  // punctuation around a value belongs to the sentence
  const lead = /^[([{"'<]*/.exec(word)![0]
  const trail = /[)\]}"'>,;:.!?]*$/.exec(word)![0]
  const core = word.slice(lead.length, word.length - trail.length)
  return core === '' ? word : `${lead.replace('<', '')}${WILD}${trail.replace('>', '')}`
}
