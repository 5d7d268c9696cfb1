/**
 * What of a line decides its verdict, beside its template: words that any lexicon or book could stop at, wherever they
 * stand, and the numbers where they matter. Two lines with the same signature and template get the same verdict from
 * memory, so a signature must never be too short: what cannot be told cheaply is not remembered at all. Pure.
 */
import { lexicon } from './judge/lexicon.js'
import { isBent } from './judge/spelling.js'
import { foldedWords } from './judge/words.js'

/** Words by which bait gives itself away: where one stands, every word of the line decides. @source judge/hostile.ts */
const BAIT =
  /^(ignor|disregard|forget|vergiss|overrid|instruct|instruk|instruc|istruz|consigne|prompt|assistant|jailbreak|pretend|classif|klassif|severity|categor|verdict|needs|script|select|union|drop|curl|wget|passwd|im_start|inst|llm|gpt|chatgpt|administrator|please|bitte|testing|trust|disreg|negeer|zignor|suppress|nobody|someone|anyone|developer|model)/
/** Longer words without a blank hide something or are hashes: judged each time. */
const MOST_WORD = 40
const MOST_KNOWN = 50_000

/** Words seen -> whether they decide. */
const known = new Map<string, boolean | 'bait'>()

function decides(word: string): boolean | 'bait' {
  const seen = known.get(word)
  if (seen !== undefined) return seen
  const { conditionBook, componentBook, stateBook } = lexicon()
  const folded = foldedWords(word)
  const result = BAIT.test(word)
    ? 'bait'
    : folded.some(w => conditionBook.knows(w) || stateBook.knows(w) || componentBook.knows(w) || isBent(w)) ||
      SHORT.has(word)
  if (known.size >= MOST_KNOWN) known.clear()
  known.set(word, result)
  return result
}

/** Flags and zones too short for a lexicon. */
const SHORT = new Set(
  'a b c d e f m s g h l hh ll hi lo ob ol lb rb ok nok nr on off up down yes no true false good bad'.split(
    ' ',
  ),
)

/**
 * @param withNumbers whether numbers decide in lines of this template
 * @returns undefined when the line must be judged itself
 */
export function signatureOf(message: string, withNumbers: boolean): string | undefined {
  let out = ''
  let all = ''
  let bait = false
  const { length } = message
  let at = 0
  while (at < length) {
    const code = message.charCodeAt(at)
    if (isLetter(code)) {
      const from = at
      do at++
      while (at < length && isLetter(message.charCodeAt(at)))
      if (at - from > MOST_WORD) return undefined
      const word = message.slice(from, at).toLowerCase()
      const kind = decides(word)
      if (kind === 'bait') bait = true
      if (kind) out += ` ${word}`
      all += ` ${word}`
    } else if (code >= 48 && code <= 57) {
      const from = at
      do at++
      while (at < length && isNumeric(message.charCodeAt(at)))
      // 0 and 1 turn what stands before them, in whatever template
      if (withNumbers || (at - from === 1 && code <= 49)) out += ` ${message.slice(from, at)}`
    } else {
      // control characters, look-alikes and text that runs the other way
      if (
        code < 32
          ? code !== 9
          : (code >= 0x370 && code !== 0x2013 && code !== 0x2026) || (code >= 0x7f && code < 0xa0)
      )
        return undefined
      // an escape written out, a shell's or a template's marks
      if (
        code === 96 ||
        (code === 36 && SHELL.includes(message[at + 1] ?? '')) ||
        (code === 92 && message.charCodeAt(at + 1) !== 92)
      )
        return undefined
      if (withNumbers && (code === 60 || code === 62 || code === 45)) out += message[at]
      at++
    }
  }
  return bait ? `${out} |${all}` : out
}

const SHELL = '({'
const isLetter = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 0xc0 && code < 0x250)
const isNumeric = (code: number): boolean => (code >= 48 && code <= 57) || code === 46 || code === 44
