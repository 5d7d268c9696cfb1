import type { Part, Vocabulary } from './vocabulary.js'

/** What an appliance is asked for. */
export interface Order {
  readonly intent: string
  readonly slots: Readonly<Record<string, string>>
}

/** Said without meaning anything, where the vocabulary does not use them. */
const FILLERS = new Set(['please', 'um', 'uh', 'er', 'hm', 'thanks', 'thank', 'you'])

/**
 * The whole sentence as an order; where it can be read in two ways, the sentence that the vocabulary names first.
 * @returns undefined when it is none
 */
export function interpret(text: string, vocabulary: Vocabulary): Order | undefined {
  const words = text
    .toLowerCase()
    .replace(/[\u2019`]/g, "'")
    .replace(/[^\p{L}\p{N}']+/gu, ' ')
    .split(' ')
    .filter(Boolean)
  if (words.length === 0 || words.length > LONGEST) return undefined
  return (
    read(words, vocabulary) ??
    read(
      words.filter(word => !FILLERS.has(word)),
      vocabulary,
    )
  )
}

/** Words of a sentence; an order to an appliance is far shorter. */
const LONGEST = 100

function read(words: readonly string[], vocabulary: Vocabulary): Order | undefined {
  for (const { name, sentences } of vocabulary.intents)
    for (const sentence of sentences)
      for (const { end, slots } of match(sentence, words, 0, {}, vocabulary))
        if (end === words.length) return { intent: name, slots }
  return undefined
}

interface Match {
  end: number
  slots: Record<string, string>
}

/** Every way in which words from `at` on can be read as this part. */
function* match(
  part: Part,
  words: readonly string[],
  at: number,
  slots: Record<string, string>,
  vocabulary: Vocabulary,
): Generator<Match> {
  switch (part.type) {
    case 'words': {
      const end = follow(words, at, part.words)
      if (end > 0) yield { end, slots }
      return
    }
    case 'slot':
      for (const { says, value } of vocabulary.slots.get(part.slot) ?? []) {
        const end = follow(words, at, says)
        // a slot has one value
        if (end > 0 && (slots[part.slot] ?? value) === value)
          yield { end, slots: { ...slots, [part.slot]: value } }
      }
      return
    case 'choice':
      for (const one of part.parts) yield* match(one, words, at, slots, vocabulary)
      return
    case 'optional':
      yield* match(part.part, words, at, slots, vocabulary)
      yield { end: at, slots }
      return
    case 'sequence':
      yield* all(part.parts, 0, { end: at, slots }, words, vocabulary)
  }
}

function* all(
  parts: readonly Part[],
  n: number,
  so: Match,
  words: readonly string[],
  vocabulary: Vocabulary,
): Generator<Match> {
  const part = parts[n]
  if (!part) yield so
  else
    for (const next of match(part, words, so.end, so.slots, vocabulary))
      yield* all(parts, n + 1, next, words, vocabulary)
}

/** Where these words end when they stand at `at`, or 0. */
function follow(words: readonly string[], at: number, phrase: string): number {
  const own = phrase.split(' ')
  return own.every((word, i) => words[at + i] === word) ? at + own.length : 0
}
