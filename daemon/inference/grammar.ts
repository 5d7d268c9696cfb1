/**
 * Grammars as values: built once, walked in TypeScript to check every token and to find the text that is forced. Plain
 * JSON, so that they cross to the child process.
 */

/** A rule. References must not be recursive, and what `many` repeats must not match the empty text. */
export type Rule =
  | { readonly lit: string }
  | { readonly seq: readonly Rule[] }
  | { readonly alt: readonly Rule[] }
  | { readonly many: Rule; readonly min: number; readonly max?: number }
  | { readonly ref: string }

/** Named rules and the one to start from. */
export interface Grammar {
  readonly root: string
  readonly rules: Readonly<Record<string, Rule>>
}

export const lit = (text: string): Rule => ({ lit: text })
export const seq = (...rules: Rule[]): Rule => ({ seq: rules })
export const alt = (...rules: Rule[]): Rule => ({ alt: rules })
export const many = (rule: Rule, min = 0, max?: number): Rule =>
  max === undefined ? { many: rule, min } : { many: rule, min, max }
export const opt = (rule: Rule): Rule => many(rule, 0, 1)
export const ref = (name: string): Rule => ({ ref: name })

/** What is still to come in one reading: a rule, then the rest. Shared between readings, never changed. */
interface Pending {
  readonly rule: Rule
  readonly next: Pending | null
}
/** One possible next stretch of literal text (from `at` on), and what follows it. */
interface Head {
  readonly text: string
  readonly at: number
  readonly next: Pending | null
}

const nextCode = (head: Head) => head.text.charCodeAt(head.at)
/** A blank begins a word, `<` a mark. */
const BREAKS = new Set([' ', '<'].map(c => c.charCodeAt(0)))

/**
 * Walks a grammar over text: all readings at once, a character at a time.
 * Readings that fail drop out; when none is left the text does not fit. UTF-16 code units.
 */
export class Matcher {
  readonly #rules: Readonly<Record<string, Rule>>
  #heads: Head[]
  #end: boolean

  constructor(grammar: Grammar) {
    this.#rules = grammar.rules
    this.#heads = []
    this.#end = false
    this.#open({ rule: ref(grammar.root), next: null })
  }

  /** Takes text in. @returns false, and stays where it was, when the text does not fit */
  advance(text: string): boolean {
    const heads = this.#heads
    const end = this.#end
    for (let i = 0; i < text.length; i++) {
      if (!this.#step(text.charCodeAt(i))) {
        this.#heads = heads
        this.#end = end
        return false
      }
    }
    return true
  }

  /** Whether `text` could be taken in from here. */
  fits(text: string): boolean {
    const heads = this.#heads
    const end = this.#end
    const fits = this.advance(text)
    this.#heads = heads
    this.#end = end
    return fits
  }

  /** Whether the text so far is a whole sentence of the grammar. */
  canEnd(): boolean {
    return this.#end
  }

  /** Whether nothing more can follow. */
  isOver(): boolean {
    return this.#end && this.#heads.length === 0
  }

  /**
   * The text that must come next: empty where the sentence may end or where there is a choice. Ends where a word ends
   * (before a blank, a mark, or the end), because a tokenizer spells a word as one: half a word would be misspelt.
   */
  forced(): string {
    const heads = this.#heads
    const end = this.#end
    let text = ''
    let whole = 0
    while (!this.#end && this.#heads.length > 0) {
      const code = nextCode(this.#heads[0]!)
      if (this.#heads.some(h => nextCode(h) !== code)) break
      text += String.fromCharCode(code)
      this.#step(code)
      if (this.#heads.every(h => BREAKS.has(nextCode(h)))) whole = text.length
    }
    this.#heads = heads
    this.#end = end
    return text.slice(0, whole)
  }

  #step(code: number): boolean {
    const before = this.#heads
    this.#heads = []
    this.#end = false
    const opened = new Set<Pending | null>()
    for (const head of before) {
      if (nextCode(head) !== code) continue
      if (head.at + 1 < head.text.length)
        this.#heads.push({ text: head.text, at: head.at + 1, next: head.next })
      else if (!opened.has(head.next)) {
        opened.add(head.next)
        this.#open(head.next)
      }
    }
    return this.#end || this.#heads.length > 0
  }

  /** Finds the literals that can come first in what is pending. */
  #open(pending: Pending | null): void {
    if (pending === null) {
      this.#end = true
      return
    }
    const { rule, next } = pending
    if ('lit' in rule) {
      if (rule.lit === '') this.#open(next)
      else this.#heads.push({ text: rule.lit, at: 0, next })
    } else if ('seq' in rule) {
      this.#open(rule.seq.reduceRight<Pending | null>((rest, item) => ({ rule: item, next: rest }), next))
    } else if ('alt' in rule) {
      for (const option of rule.alt) this.#open({ rule: option, next })
    } else if ('ref' in rule) {
      const named = this.#rules[rule.ref]
      if (!named) throw new Error(`the grammar has no rule "${rule.ref}"`)
      this.#open({ rule: named, next })
    } else {
      const { many: repeated, min, max } = rule
      if (min === 0) this.#open(next)
      if (max === undefined || max > 0) {
        const again: Rule =
          max === undefined
            ? { many: repeated, min: Math.max(0, min - 1) }
            : { many: repeated, min: Math.max(0, min - 1), max: max - 1 }
        this.#open({ rule: repeated, next: { rule: again, next } })
      }
    }
  }
}
