/**
 * What phrases are found in a line. Lines of one shape (signature.ts) have the same words wherever a phrase could stop,
 * so what was found in the first holds for all: only their numbers are looked at anew.
 */
import type { ComponentWords, Condition, State } from './lexicon.js'
import { lexicon } from './lexicon.js'
import type { Found } from './phrases.js'
import { putRight } from './spelling.js'
import type { Word } from './words.js'

export interface Sayings {
  readonly conditions: readonly Found<Condition>[]
  readonly states: readonly Found<State>[]
  readonly things: readonly Found<ComponentWords>[]
}

interface Known {
  /** Words of the line: another number of them is another line. */
  count: number
  plain: Sayings
  /** Bent words put right, by place; null when there are none, undefined until asked. */
  right?: { texts: readonly (string | undefined)[]; sayings: Sayings } | null
}

const MOST_SHAPES = 20_000
const byShape = new Map<number, Known>()
/** Found in the words of this line, for whoever asks next. */
const ofWords = new WeakMap<readonly Word[], Sayings>()

const find = (words: readonly Word[]): Sayings => {
  const { conditionBook, stateBook, componentBook } = lexicon()
  return {
    conditions: conditionBook.find(words),
    states: stateBook.find(words),
    things: componentBook.find(words),
  }
}

function known(words: readonly Word[], shape: number): Known {
  const seen = byShape.get(shape)
  if (seen?.count === words.length) return seen
  const fresh: Known = { count: words.length, plain: find(words) }
  byShape.set(shape, fresh)
  if (byShape.size > MOST_SHAPES) byShape.delete(byShape.keys().next().value!)
  return fresh
}

/** @param shape of the line that the words are all of; without it they are looked through */
export function sayingsOf(words: readonly Word[], shape?: number): Sayings {
  let sayings = ofWords.get(words)
  if (!sayings) {
    sayings = shape === undefined ? find(words) : known(words, shape).plain
    ofWords.set(words, sayings)
  }
  return sayings
}

/** The words with bent ones put right; undefined when there are none. */
export function putRightOf(words: readonly Word[], shape?: number): Word[] | undefined {
  if (shape === undefined) return putRight(words)
  const k = known(words, shape)
  if (k.right === undefined) {
    const right = putRight(words)
    k.right = right
      ? { texts: right.map((w, i) => (w.text === words[i]!.text ? undefined : w.text)), sayings: find(right) }
      : null
  }
  if (k.right === null) return undefined
  const { texts, sayings } = k.right
  const right = words.map((w, i) => (texts[i] === undefined ? w : { ...w, text: texts[i]! }))
  ofWords.set(right, sayings)
  return right
}
