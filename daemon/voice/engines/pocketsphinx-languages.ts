/** The languages that a decoder has compiled, the few last used. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from '../../base/errors.js'
import { errors } from '../errors.js'
import { lookUp } from './pocketsphinx-dictionary.js'
import { type Grammar, parseJsgf, printJsgf, prune, wordsOf } from './pocketsphinx-jsgf.js'
import type { Decoder } from './pocketsphinx-library.js'
import type { Definition } from './pocketsphinx-protocol.js'

/** A compiled language: the names of its searches. */
export interface Compiled {
  readonly grammar?: string
  readonly ngram?: string
  /** Words without a pronunciation, which cannot be heard. */
  readonly dropped: readonly string[]
}

export class Languages {
  readonly #closed: Decoder
  /** Makes it when it is not yet there. */
  readonly #open: () => Decoder
  readonly #dictionary: string
  readonly #most: number
  /** By id, the last used last. */
  readonly #kept = new Map<string, Compiled>()
  /** Pronunciations that were added to each: `word PH ON ES`. They stay; a dictionary only grows. */
  readonly #added = new Map<Decoder, Set<string>>()
  #named = 0

  /**
   * @param closed hears grammars
   * @param open hears n-gram models
   * @param dictionary file of the words that the model knows
   * @param most languages that are kept
   */
  constructor(closed: Decoder, open: () => Decoder, dictionary: string, most: number) {
    this.#dictionary = dictionary
    this.#closed = closed
    this.#open = open
    this.#most = most
  }

  get(id: string): Compiled | undefined {
    const compiled = this.#kept.get(id)
    if (compiled) {
      this.#kept.delete(id)
      this.#kept.set(id, compiled)
    }
    return compiled
  }

  /** @throws speech_language_bad */
  compile(id: string, { grammar, ngram, pronunciations }: Definition): Compiled {
    const name = `language-${++this.#named}`
    const dropped = new Set<string>()
    let made: Compiled = { dropped: [] }
    try {
      if (grammar !== undefined) {
        const parsed = parseJsgf(grammar)
        this.#teach(this.#closed, wordsOf(parsed), pronunciations)
        if (setGrammar(this.#closed, name, parsed, dropped)) made = { ...made, grammar: name }
      }
      if (ngram !== undefined) {
        const open = this.#open()
        this.#teach(open, unigrams(ngram), pronunciations)
        setNgram(open, name, ngram, dropped)
        made = { ...made, ngram: name }
      }
      if (!made.grammar && !made.ngram) throw new Error('nothing that it holds can be said')
    } catch (error) {
      this.#forget(made)
      const unheard = dropped.size > 0 ? ` (without pronunciation: ${[...dropped].sort().join(', ')})` : ''
      const problem = `${describe(error)}${unheard}`
      throw errors.speech_language_bad({ engine: 'pocketsphinx', problem }, error)
    }
    const compiled = { ...made, dropped: [...dropped].sort() }
    this.#kept.set(id, compiled)
    for (const [other, old] of this.#kept) {
      if (this.#kept.size <= this.#most) break
      this.#kept.delete(other)
      this.#forget(old)
    }
    return compiled
  }

  #forget({ grammar, ngram }: Compiled): void {
    if (grammar) this.#closed.forget(grammar)
    if (ngram) this.#open().forget(ngram)
  }

  /** Gives a decoder the words of a language: as the dictionary has them, then as the language says. */
  #teach(decoder: Decoder, words: readonly string[], pronunciations: Definition['pronunciations']): void {
    const added = this.#added.get(decoder) ?? new Set()
    this.#added.set(decoder, added)
    const teach = (word: string, ways: readonly string[]) => {
      for (const phones of ways) {
        const key = `${word} ${phones}`
        if (added.has(key)) continue
        added.add(key)
        addWord(decoder, word, phones)
      }
    }
    const wanted = new Set([...words, ...pronunciations.map(([word]) => word)])
    for (const word of wanted) if (decoder.knows(word)) wanted.delete(word)
    for (const [word, ways] of lookUp(this.#dictionary, wanted)) teach(word, ways)
    for (const [word, ways] of pronunciations) teach(word, ways)
  }
}

/** A word that is there already gets one more way to be said. Phones that the model does not have add nothing. */
function addWord(decoder: Decoder, word: string, phones: string): void {
  let name = word
  for (let n = 2; decoder.knows(name); n++) name = `${word}(${n})`
  decoder.addWord(name, phones)
}

/** @returns false when nothing of it can be said */
function setGrammar(decoder: Decoder, name: string, parsed: Grammar, dropped: Set<string>): boolean {
  const pruned = prune(parsed, word => decoder.knows(word))
  for (const word of pruned.dropped) dropped.add(word)
  if (!pruned.grammar) return false
  decoder.setGrammar(name, printJsgf(pruned.grammar))
  return true
}

function setNgram(decoder: Decoder, name: string, arpa: string, dropped: Set<string>): void {
  for (const word of unigrams(arpa)) if (!decoder.knows(word)) dropped.add(word)
  withFile(arpa, path => decoder.setNgram(name, path))
}

/** The library reads some things from files only. What is written is no speech; it is gone when this returns. */
export function withFile<T>(text: string, read: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'fieldmouse-language-'))
  try {
    const path = join(folder, 'model')
    writeFileSync(path, text)
    return read(path)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The words of an n-gram model, without its marks. */
function unigrams(arpa: string): string[] {
  const section = /\\1-grams:\s*\n([\s\S]*?)(?:\n\s*\\|$)/.exec(arpa)?.[1] ?? ''
  return section
    .split('\n')
    .map(line => line.trim().split(/\s+/)[1] ?? '')
    .filter(word => word && !/^<.*>$/.test(word))
}
