/**
 * Phrases of the lexicon: `(a|b)` one of these, `[a]` perhaps, `..` up to four words in between, `#` a number, a star for
 * more letters at either end of a word. Parsed once; found by their first words, so that a line is held only against the
 * phrases that can begin in it. Pure.
 */
import { WordParts } from './word-parts.js'
import { isNumber, type Word, wordsOf } from './words.js'

export type PhraseNode =
  | { kind: 'word'; text: string; from: boolean; to: boolean }
  | { kind: 'number' }
  | { kind: 'gap' }
  | { kind: 'any'; of: PhraseNode[][]; maybe: boolean }

export interface Found<T> {
  readonly value: T
  /** Places of words, the end excluded. */
  readonly from: number
  readonly to: number
}

const MOST_GAP = 4
/** Words that turn what comes after them, and the end of a clause, are never passed over. */
const TURNS = new Set(
  '0 no not non nicht kein keine keinen without ohne aucun aucune sans sin nessun nessuna senza geen niet'.split(
    ' ',
  ),
)
const bridges = (word: Word | undefined): boolean =>
  word !== undefined && !TURNS.has(word.text) && !/[;|]/.test(word.after)

/** @param text phrases with commas between them */
export function parsePhrases(text: string): PhraseNode[][] {
  let at = 0
  const alternatives = (close: string): PhraseNode[][] => {
    const all: PhraseNode[][] = []
    for (;;) {
      all.push(sequence())
      if (text[at] === '|') at++
      else break
    }
    if (text[at] !== close)
      throw new Error(`expected ${close} at ${at}: ${text.slice(Math.max(0, at - 40), at + 10)}`)
    at++
    return all
  }
  const sequence = (): PhraseNode[] => {
    const nodes: PhraseNode[] = []
    while (at < text.length && !'|)],'.includes(text[at]!)) {
      const char = text[at]!
      if (/\s/.test(char)) at++
      else if (char === '(' || char === '[') {
        at++
        nodes.push({ kind: 'any', of: alternatives(char === '(' ? ')' : ']'), maybe: char === '[' })
      } else if (text.startsWith('..', at)) {
        at += 2
        nodes.push({ kind: 'gap' })
      } else if (char === '#') {
        at++
        nodes.push({ kind: 'number' })
      } else {
        const raw = /^[^\s()[\]|,]+?(?=\.\.|[\s()[\]|,]|$)/.exec(text.slice(at))![0]
        at += raw.length
        nodes.push(...literal(raw))
      }
    }
    return nodes
  }
  const all: PhraseNode[][] = []
  while (at < text.length) {
    const nodes = sequence()
    if (nodes.length > 0) all.push(nodes)
    if (at < text.length && text[at] !== ',')
      throw new Error(`unexpected ${text[at]} at ${at}: ${text.slice(at - 30, at + 10)}`)
    at++
  }
  return all
}

function literal(raw: string): PhraseNode[] {
  const words = wordsOf(raw.replaceAll('*', ''))
  return words.map((word, i) => ({
    kind: 'word',
    text: word.text,
    from: i === 0 && raw.startsWith('*'),
    to: i === words.length - 1 && raw.endsWith('*'),
  }))
}

/** Plurals, and the endings of German adjectives and nouns. */
const ENDINGS = ['s', 'es', 'n', 'en', 'e', 'er']
const PLURAL_FROM = 4

const fits = (node: PhraseNode & { kind: 'word' }, word: string): boolean => {
  const { text, from, to } = node
  if (word === text) return true
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

/** A phrase as it is walked: each step knows what comes after it. */
type Step =
  | { kind: 'end' }
  | { kind: 'word'; word: PhraseNode & { kind: 'word' }; next: Step }
  | { kind: 'number'; next: Step }
  | { kind: 'gap'; next: Step }
  | { kind: 'any'; of: readonly Step[] }

const END: Step = { kind: 'end' }

/** @param then what comes after these nodes; a gap at their end is none */
function stepsOf(nodes: readonly PhraseNode[], then: Step = END): Step {
  let next = then
  for (const [i, node] of [...nodes.entries()].reverse()) {
    const after = next
    if (node.kind === 'any')
      next = {
        kind: 'any',
        of: [...node.of.map(branch => stepsOf(branch, after)), ...(node.maybe ? [after] : [])],
      }
    else if (node.kind === 'word') next = { kind: 'word', word: node, next }
    else if (node.kind === 'number' || i < nodes.length - 1) next = { kind: node.kind, next }
  }
  return next
}

/** Where the longest way ends in which a phrase can be read from word `at` on; -1 when there is none. */
function endOf(step: Step, words: readonly Word[], at: number): number {
  switch (step.kind) {
    case 'end':
      return at
    case 'gap': {
      let end = -1
      for (let skip = 0; skip <= MOST_GAP && at + skip <= words.length; skip++) {
        end = Math.max(end, endOf(step.next, words, at + skip))
        if (!bridges(words[at + skip])) break
      }
      return end
    }
    case 'any': {
      let end = -1
      for (const branch of step.of) end = Math.max(end, endOf(branch, words, at))
      return end
    }
    default: {
      const text = words[at]?.text
      if (text === undefined) return -1
      return (step.kind === 'number' ? isNumber(text) : fits(step.word, text))
        ? endOf(step.next, words, at + 1)
        : -1
    }
  }
}

/** The words that a sequence can begin with. Empty: it can begin with anything. */
function firstsOf(nodes: readonly PhraseNode[]): (PhraseNode & { kind: 'word' | 'number' })[] {
  const firsts: (PhraseNode & { kind: 'word' | 'number' })[] = []
  for (const node of nodes) {
    if (node.kind === 'word' || node.kind === 'number') return [...firsts, node]
    if (node.kind === 'gap') throw new Error('a phrase cannot begin with a gap')
    for (const branch of node.of) firsts.push(...firstsOf(branch))
    if (!node.maybe) return firsts
  }
  return firsts
}

interface Phrase<T> {
  first: Step
  value: T
}

/** Words of which it is remembered which phrases they may begin. */
const MOST_CANDIDATES = 10_000

/** Many phrases, looked for at once. */
export class PhraseBook<T> {
  readonly #exact = new Map<string, Set<Phrase<T>>>()
  readonly #beginning = new Map<string, Set<Phrase<T>>>()
  readonly #inside = new Map<string, Set<Phrase<T>>>()
  readonly #numbers = new Set<Phrase<T>>()
  #longestInside = 0
  readonly #words = new Set<string>()
  readonly #starts = new WordParts()
  readonly #insides = new WordParts()
  readonly #candidates = new Map<string, readonly Phrase<T>[]>()

  /** @param text phrases with commas between them */
  add(text: string, value: T): void {
    for (const nodes of parsePhrases(text)) {
      const phrase = { first: stepsOf(nodes), value }
      this.#learn(nodes)
      for (const first of firstsOf(nodes)) {
        if (first.kind === 'number') this.#numbers.add(phrase)
        else {
          const map = first.from ? this.#inside : first.to ? this.#beginning : this.#exact
          const known = map.get(first.text)
          if (known) known.add(phrase)
          else map.set(first.text, new Set([phrase]))
          if (first.from) this.#longestInside = Math.max(this.#longestInside, first.text.length)
        }
      }
    }
  }

  #learn(nodes: readonly PhraseNode[]): void {
    for (const node of nodes) {
      if (node.kind === 'any') for (const branch of node.of) this.#learn(branch)
      if (node.kind !== 'word') continue
      if (node.from) this.#insides.add(node.text)
      else if (node.to) this.#starts.add(node.text)
      else this.#words.add(node.text)
    }
  }

  /** Everything that is said in these words: for each phrase and place its longest reading. */
  find(words: readonly Word[]): Found<T>[] {
    const found: Found<T>[] = []
    for (let at = 0; at < words.length; at++) {
      for (const phrase of this.#beginningWith(words[at]!.text)) {
        const to = endOf(phrase.first, words, at)
        if (to > at) found.push({ value: phrase.value, from: at, to })
      }
    }
    return found
  }

  /** Whether some phrase has exactly this word. */
  has(word: string): boolean {
    return this.#words.has(word)
  }

  /** Whole words of its phrases. */
  vocabulary(): Iterable<string> {
    return this.#words
  }

  /** Whether some phrase has this word, first or later. */
  knows(word: string): boolean {
    const numbered = /^([a-z]{3,})\d{1,3}$/.exec(word)
    if (numbered && this.#words.has(numbered[1]!)) return true
    if (this.#words.has(word) || this.#starts.begins(word) || this.#insides.isIn(word)) return true
    return ENDINGS.some(e => word.endsWith(e) && this.#words.has(word.slice(0, -e.length)))
  }

  /** Names and numbers are without end, words of a plant are few and come again. */
  #beginningWith(word: string): Iterable<Phrase<T>> {
    if (isNumber(word)) return this.#numbers
    let phrases = this.#candidates.get(word)
    if (!phrases) {
      phrases = [...this.#lookFor(word)]
      if (this.#candidates.size >= MOST_CANDIDATES) this.#candidates.clear()
      this.#candidates.set(word, phrases)
    }
    return phrases
  }

  #lookFor(word: string): Set<Phrase<T>> {
    const all = new Set<Phrase<T>>(this.#exact.get(word))
    const take = (set: Set<Phrase<T>> | undefined) => {
      if (set) for (const phrase of set) all.add(phrase)
    }
    for (const ending of ENDINGS)
      if (word.endsWith(ending)) take(this.#exact.get(word.slice(0, -ending.length)))
    const numbered = /^([a-z]{3,})\d{1,3}$/.exec(word)
    if (numbered) take(this.#exact.get(numbered[1]!))
    for (let n = 1; n <= word.length; n++) take(this.#beginning.get(word.slice(0, n)))
    if (this.#inside.size > 0)
      for (let from = 0; from < word.length - 2; from++)
        for (let to = from + 3; to <= Math.min(word.length, from + this.#longestInside); to++)
          take(this.#inside.get(word.slice(from, to)))
    return all
  }
}
