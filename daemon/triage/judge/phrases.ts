/**
 * Phrases of the lexicon: `(a|b)` one of these, `[a]` perhaps, `..` up to four words in between, `#` a number, a star for
 * more letters at either end of a word. Parsed once; found by their first words, so that a line is held only against the
 * phrases that can begin in it. Pure.
 */
import { type LineMarks, marksOf, type Needs, needOf, needsOf } from './line-marks.js'
import { NumbersInPhrases } from './numbers-in-phrases.js'
import { ENDINGS, fits, type PhraseNode } from './phrase-node.js'
import { WordParts } from './word-parts.js'
import { isNumber, type Word, wordsOf } from './words.js'

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

/** A phrase as it is walked: each step knows what comes after it. */
type Step =
  | { kind: 'end' }
  | { kind: 'word'; word: PhraseNode & { kind: 'word' }; next: Step }
  | { kind: 'number'; next: Step }
  | { kind: 'gap'; next: Step }
  | { kind: 'any'; of: readonly Step[]; needs: Int32Array; needsOne: number }

const END: Step = { kind: 'end' }
/** Marks of which the word that a step begins at has one (line-marks.ts). */
function needOfStep(step: Step): number {
  if (step.kind === 'any') return step.needsOne
  return step.kind === 'word' ? needOf(step.word) : step.kind === 'number' ? needOf(step) : ANYTHING
}
const ANYTHING = -1

function anyOf(of: readonly Step[]): Step {
  const needs = Int32Array.from(of, needOfStep)
  return { kind: 'any', of, needs, needsOne: needs.reduce((all, need) => all | need, 0) }
}

/** @param then what comes after these nodes; a gap at their end is none */
function stepsOf(nodes: readonly PhraseNode[], then: Step = END): Step {
  let next = then
  for (const [i, node] of [...nodes.entries()].reverse()) {
    const after = next
    if (node.kind === 'any')
      next = anyOf([...node.of.map(branch => stepsOf(branch, after)), ...(node.maybe ? [after] : [])])
    else if (node.kind === 'word') next = { kind: 'word', word: node, next }
    else if (node.kind === 'number' || i < nodes.length - 1) next = { kind: node.kind, next }
  }
  return next
}

/** Where the longest way ends in which a phrase can be read from word `at` on; -1 when there is none. */
function endOf(step: Step, words: readonly Word[], marks: Int32Array, at: number): number {
  switch (step.kind) {
    case 'end':
      return at
    case 'gap': {
      let end = -1
      for (let skip = 0; skip <= MOST_GAP && at + skip <= words.length; skip++) {
        end = Math.max(end, endOf(step.next, words, marks, at + skip))
        if (!bridges(words[at + skip])) break
      }
      return end
    }
    case 'any': {
      let end = -1
      const here = marks[at]!
      if ((step.needsOne & here) === 0) return end
      const { of, needs } = step
      for (let i = 0; i < needs.length; i++)
        if ((needs[i]! & here) !== 0) end = Math.max(end, endOf(of[i]!, words, marks, at))
      return end
    }
    default: {
      const text = words[at]?.text
      if (text === undefined) return -1
      return (step.kind === 'number' ? isNumber(text) : fits(step.word, text))
        ? endOf(step.next, words, marks, at + 1)
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
  /** What must stand behind its first word, as the words of a line are marked (line-marks.ts): some mark of each of the two. */
  needs: Needs
}
/** Phrases that a word may begin, and what each needs: most are ruled out by that alone, without being looked at. */
interface Candidates<T> {
  phrases: readonly Phrase<T>[]
  needs: Int32Array
}
const candidatesOf = <T>(all: Iterable<Phrase<T>>): Candidates<T> => {
  const phrases = [...all]
  return { phrases, needs: Int32Array.from(phrases.flatMap(p => p.needs)) }
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
  readonly #candidates = new Map<string, Candidates<T>>()
  /** Those that a number may begin; found out when it is asked for. */
  #withNumbers: Candidates<T> | undefined
  /** Numbers that stand in phrases as they are, and beside what. */
  readonly numbers = new NumbersInPhrases()

  /** @param text phrases with commas between them */
  add(text: string, value: T): void {
    for (const nodes of parsePhrases(text)) {
      const phrase = { first: stepsOf(nodes), value, needs: needsOf(nodes) }
      this.#learn(nodes)
      this.numbers.add(nodes)
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
    const marks: LineMarks = marksOf(words)
    for (let at = 0; at < words.length; at++) {
      const { phrases, needs } = this.#beginningWith(words[at]!.text)
      const behind = marks.behind[at]!
      for (let i = 0; i < phrases.length; i++) {
        if ((needs[2 * i]! & behind) === 0 || (needs[2 * i + 1]! & behind) === 0) continue
        const { first, value } = phrases[i]!
        const to = endOf(first, words, marks.own, at)
        if (to > at) found.push({ value, from: at, to })
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
  #beginningWith(word: string): Candidates<T> {
    if (isNumber(word)) {
      this.#withNumbers ??= candidatesOf(this.#numbers)
      return this.#withNumbers
    }
    let found = this.#candidates.get(word)
    if (!found) {
      found = candidatesOf(this.#lookFor(word))
      if (this.#candidates.size >= MOST_CANDIDATES) this.#candidates.clear()
      this.#candidates.set(word, found)
    }
    return found
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
