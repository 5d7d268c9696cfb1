/**
 * Words that a person or a display of twenty characters has bent: one letter wrong, missing or swapped, vowels left out,
 * cut off. Only for lines in which nothing was understood: a name must not be read as a fault. Pure.
 * @source deletions as in SymSpell (Garbe, 2012): words at distance one share a form with one letter taken out
 */
import { lexicon } from './lexicon.js'
import type { Word } from './words.js'

/** Shorter words are near too many others. */
const LEAST = 6
const LEAST_CUT = 5
const LEAST_SKELETON = 4

interface Vocabulary {
  words: Set<string>
  /** A form with one letter taken out -> word. */
  near: Map<string, string>
  /** First letter and consonants -> word. */
  skeletons: Map<string, string>
  /** Beginnings of five letters and more -> word. */
  cut: Map<string, string>
}

let shared: Vocabulary | undefined

function vocabulary(): Vocabulary {
  if (shared) return shared
  const { conditionBook, stateBook, componentBook } = lexicon()
  const v: Vocabulary = { words: new Set(), near: new Map(), skeletons: new Map(), cut: new Map() }
  // what can be wrong comes first: it takes the forms that others would have too
  for (const book of [conditionBook, stateBook, componentBook])
    for (const word of book.vocabulary()) {
      if (v.words.has(word)) continue
      v.words.add(word)
      if (word.length < LEAST) continue
      for (const form of shorter(word)) put(v.near, form, word)
      put(v.near, word, word)
      const bones = skeleton(word)
      if (bones.length >= LEAST_SKELETON) put(v.skeletons, bones, word)
      for (let n = LEAST_CUT; n < word.length - 1; n++) put(v.cut, word.slice(0, n), word)
    }
  shared = v
  return v
}

const put = (map: Map<string, string>, key: string, word: string) => {
  if (!map.has(key)) map.set(key, word)
}
const shorter = (word: string): string[] => Array.from(word, (_, i) => word.slice(0, i) + word.slice(i + 1))
const skeleton = (word: string): string => word[0] + word.slice(1).replace(/[aeiou]/g, '')

/** The word that is meant; undefined when it is known, or near none. */
function meant(word: string, v: Vocabulary): string | undefined {
  const { conditionBook, stateBook, componentBook, abbreviations } = lexicon()
  const short = abbreviations.get(word)
  if (short !== undefined) return short
  if (!/^[a-z]+$/.test(word) || v.words.has(word)) return undefined
  if (conditionBook.knows(word) || stateBook.knows(word) || componentBook.knows(word)) return undefined
  if (word.length >= LEAST_SKELETON && !/[aeiou]/.test(word.slice(1))) {
    const found = v.skeletons.get(word)
    if (found) return found
  }
  if (word.length >= LEAST_CUT) {
    const found = v.cut.get(word)
    if (found) return found
  }
  if (word.length < LEAST - 1) return undefined
  for (const form of [word, ...shorter(word)]) {
    const found = v.near.get(form)
    if (found && found[0] === word[0] && Math.abs(found.length - word.length) <= 1) return found
  }
  return undefined
}

/** Whether a word would be read as another one. */
export const isBent = (word: string): boolean => meant(word, vocabulary()) !== undefined

/** What a word may be read as: itself, and the one that is meant. */
export function readingsOf(word: string): string[] {
  const other = meant(word, vocabulary())
  const named = word === 'p' ? 'pressure' : word === 't' ? 'temperature' : undefined
  return [word, ...(other ? [other] : []), ...(named ? [named] : [])]
}

/** `P LL: 41_bar`, `T 112°C`: one letter, told by the unit that follows. */
function byUnit(word: Word, words: readonly Word[], at: number): string | undefined {
  if (!/^[pt]$/.test(word.text)) return undefined
  const near = words.slice(at + 1, at + 6).map(w => w.text)
  if (word.text === 'p')
    return near.some(w => /^(bar|mbar|psi|kpa|mpa|barg|mwc)$/.test(w)) ? 'pressure' : undefined
  return near.some(w => /^(c|degc|k|f)$/.test(w)) ? 'temperature' : undefined
}

/** The words with those put right that are near one of the lexicon; undefined when there is none such. */
export function putRight(words: readonly Word[]): Word[] | undefined {
  const v = vocabulary()
  let changed = false
  const right = words.map((word, at) => {
    const other = byUnit(word, words, at) ?? meant(word.text, v)
    if (other === undefined) return word
    changed = true
    return { ...word, text: other }
  })
  return changed ? right : undefined
}
