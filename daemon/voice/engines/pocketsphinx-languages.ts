/** The languages that a decoder has compiled, the few last used. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { errors } from '../errors.js'
import { parseJsgf, printJsgf, prune } from './pocketsphinx-jsgf.js'
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
  readonly #decoder: Decoder
  readonly #most: number
  /** By id, the last used last. */
  readonly #kept = new Map<string, Compiled>()
  /** Pronunciations that were added: `word PH ON ES`. They stay; the dictionary only grows. */
  readonly #added = new Set<string>()
  #named = 0

  constructor(decoder: Decoder, most: number) {
    this.#decoder = decoder
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
  compile(id: string, definition: Definition): Compiled {
    for (const [word, ways] of definition.pronunciations) for (const phones of ways) this.#teach(word, phones)
    const dropped = new Set<string>()
    const made: string[] = []
    const name = () => {
      made.push(`language-${++this.#named}`)
      return made.at(-1)!
    }
    try {
      const grammar =
        definition.grammar === undefined ? undefined : this.#grammar(definition.grammar, name, dropped)
      const ngram =
        definition.ngram === undefined ? undefined : this.#ngram(definition.ngram, name(), dropped)
      if (!grammar && !ngram) throw new Error('nothing that it holds can be said')
      const compiled: Compiled = {
        ...(grammar ? { grammar } : {}),
        ...(ngram ? { ngram } : {}),
        dropped: [...dropped].sort(),
      }
      this.#kept.set(id, compiled)
      this.#makeRoom()
      return compiled
    } catch (error) {
      for (const search of made) this.#decoder.forget(search)
      const unheard = dropped.size > 0 ? ` (without pronunciation: ${[...dropped].sort().join(', ')})` : ''
      throw errors.speech_language_bad(
        { engine: 'pocketsphinx', problem: `${(error as Error).message}${unheard}` },
        error,
      )
    }
  }

  #teach(word: string, phones: string): void {
    const key = `${word} ${phones}`
    if (this.#added.has(key)) return
    this.#added.add(key)
    if (this.#decoder.addWord(word, phones)) return
    // the word is there already: this is one more way to say it
    for (let n = 2; n < 20; n++)
      if (!this.#decoder.knows(`${word}(${n})`)) {
        this.#decoder.addWord(`${word}(${n})`, phones)
        return
      }
  }

  #grammar(text: string, name: () => string, dropped: Set<string>): string | undefined {
    const pruned = prune(parseJsgf(text), word => this.#decoder.knows(word))
    for (const word of pruned.dropped) dropped.add(word)
    if (!pruned.grammar) return undefined
    const search = name()
    this.#decoder.setGrammar(search, printJsgf(pruned.grammar))
    return search
  }

  /** The library reads n-gram models from files only; the file is gone when this returns. It holds no speech. */
  #ngram(arpa: string, name: string, dropped: Set<string>): string {
    for (const word of unigrams(arpa)) if (!this.#decoder.knows(word)) dropped.add(word)
    const folder = mkdtempSync(join(tmpdir(), 'fieldmouse-language-'))
    try {
      const path = join(folder, 'language.arpa')
      writeFileSync(path, arpa)
      this.#decoder.setNgram(name, path)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    return name
  }

  #makeRoom(): void {
    for (const [id, { grammar, ngram }] of this.#kept) {
      if (this.#kept.size <= this.#most) return
      this.#kept.delete(id)
      for (const search of [grammar, ngram]) if (search) this.#decoder.forget(search)
    }
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
