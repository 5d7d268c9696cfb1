/**
 * Phrases of the lexicon: `(a|b)` one of these, `[a]` perhaps, `..` up to four words in between, `#` a number, a star for
 * more letters at either end of a word. Parsed once; found by their first words, so that a line is held only against the
 * phrases that can begin in it. Pure.
 */
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

/** Ends of every way in which nodes from `n` on can be read from word `at` on. */
function* endsOf(
  nodes: readonly PhraseNode[],
  n: number,
  words: readonly Word[],
  at: number,
): Generator<number> {
  const node = nodes[n]
  if (!node) {
    yield at
    return
  }
  if (node.kind === 'gap') {
    if (n === nodes.length - 1) yield at
    else
      for (let skip = 0; skip <= MOST_GAP && at + skip <= words.length; skip++) {
        yield* endsOf(nodes, n + 1, words, at + skip)
        if (!bridges(words[at + skip])) break
      }
    return
  }
  if (node.kind === 'any') {
    for (const branch of node.of)
      for (const end of endsOf(branch, 0, words, at)) yield* endsOf(nodes, n + 1, words, end)
    if (node.maybe) yield* endsOf(nodes, n + 1, words, at)
    return
  }
  const word = words[at]
  if (!word) return
  if (node.kind === 'number' ? isNumber(word.text) : fits(node, word.text))
    yield* endsOf(nodes, n + 1, words, at + 1)
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
  nodes: readonly PhraseNode[]
  value: T
}

/** Many phrases, looked for at once. */
export class PhraseBook<T> {
  readonly #exact = new Map<string, Set<Phrase<T>>>()
  readonly #beginning = new Map<string, Set<Phrase<T>>>()
  readonly #inside = new Map<string, Set<Phrase<T>>>()
  readonly #numbers = new Set<Phrase<T>>()
  #longestInside = 0
  readonly #words = new Set<string>()
  readonly #starts: string[] = []
  readonly #insides: string[] = []

  /** @param text phrases with commas between them */
  add(text: string, value: T): void {
    for (const nodes of parsePhrases(text)) {
      const phrase = { nodes, value }
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
      if (node.from) this.#insides.push(node.text)
      else if (node.to) this.#starts.push(node.text)
      else this.#words.add(node.text)
    }
  }

  /** Everything that is said in these words: for each phrase and place its longest reading. */
  find(words: readonly Word[]): Found<T>[] {
    const found: Found<T>[] = []
    for (let at = 0; at < words.length; at++) {
      for (const phrase of this.#candidates(words[at]!.text)) {
        let to = -1
        for (const end of endsOf(phrase.nodes, 0, words, at)) to = Math.max(to, end)
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
    if (
      this.#words.has(word) ||
      this.#starts.some(s => word.startsWith(s)) ||
      this.#insides.some(s => word.includes(s))
    )
      return true
    return ENDINGS.some(e => word.endsWith(e) && this.#words.has(word.slice(0, -e.length)))
  }

  #candidates(word: string): Set<Phrase<T>> {
    if (isNumber(word)) return this.#numbers
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
