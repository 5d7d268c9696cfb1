/** What phrases of the lexicon are made of, and when a word of a line is one of theirs. Pure. */
import { isNumber } from './words.js'

export type PhraseNode =
  | { kind: 'word'; text: string; from: boolean; to: boolean }
  | { kind: 'number' }
  | { kind: 'gap' }
  | { kind: 'any'; of: PhraseNode[][]; maybe: boolean }

/** Plurals, and the endings of German adjectives and nouns. */
export const ENDINGS = ['s', 'es', 'n', 'en', 'e', 'er']
const PLURAL_FROM = 4

/** Whether a word of a line is this word of a phrase. */
export const fits = (node: PhraseNode & { kind: 'word' }, word: string): boolean => {
  const { text, from, to } = node
  if (word === text) return true
  if (isNumber(text)) return to && word.startsWith(text)
  // `pump2`, `station7`
  if (text.length > 2 && word.startsWith(text) && /^\d{1,3}$/.test(word.slice(text.length))) return true
  if (from && to) return word.includes(text)
  if (from)
    return (
      word.endsWith(text) || (word.length > text.length + 3 && ENDINGS.some(e => word.endsWith(text + e)))
    )
  if (to) return word.startsWith(text)
  return text.length >= PLURAL_FROM && word.startsWith(text) && ENDINGS.includes(word.slice(text.length))
}
