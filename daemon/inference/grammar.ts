/**
 * Grammars as values: built once, walked in TypeScript to check every token and to find the text that is forced. Plain
 * JSON, so that they cross to the child process.
 */
import { errors } from './errors.js'
import { toBytes } from './utf8.js'

/** A rule. A rule must not begin with itself. */
export type Rule =
  | { readonly lit: string }
  | { readonly seq: readonly Rule[] }
  | { readonly alt: readonly Rule[] }
  | { readonly many: Rule; readonly min: number; readonly max?: number }
  /** One character: of these ASCII characters and ranges (`['a-z', '_']`), or any Unicode character but these. */
  | { readonly chars: readonly string[]; readonly not?: boolean }
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
export const chars = (of: readonly string[], not = false): Rule => (not ? { chars: of, not } : { chars: of })
export const ref = (name: string): Rule => ({ ref: name })

/** What is still to come in one reading: a rule, then the rest. One object for each such pair, so that readings meet again. */
interface Pending {
  readonly rule: Rule
  readonly next: Pending | null
  opening?: Opening
  head?: Head
}
/** What can come first: bytes, and whether the sentence may end here. */
interface Opening {
  readonly heads: readonly Head[]
  readonly end: boolean
}
/** A stretch of literal bytes from `at` on, or one character of a class with `at` of its bytes to come; then the rest. */
interface Head {
  readonly bytes: string
  readonly set?: Uint8Array
  readonly at: number
  readonly next: Pending | null
}

/** A grammar that opens this many readings at one place begins with itself. */
const MOST_OPEN = 100_000
const NOTHING: Opening = { heads: [], end: true }

/** A grammar opened up as far as walks have come: each place is worked out once. */
class Opened {
  readonly #rules: Readonly<Record<string, Rule>>
  readonly #pending = new Map<Rule, Map<Pending | null, Pending>>()
  readonly #again = new Map<Rule, Rule>()
  readonly start: Pending

  constructor(grammar: Grammar) {
    this.#rules = grammar.rules
    this.start = this.#pend(ref(grammar.root), null)
  }

  #pend(rule: Rule, next: Pending | null): Pending {
    const byNext = this.#pending.get(rule) ?? new Map<Pending | null, Pending>()
    if (byNext.size === 0) this.#pending.set(rule, byNext)
    const pending = byNext.get(next) ?? { rule, next }
    byNext.set(next, pending)
    return pending
  }

  open(start: Pending | null): Opening {
    if (start === null) return NOTHING
    if (start.opening) return start.opening
    const heads: Head[] = []
    let end = false
    const seen = new Set<Pending>()
    const todo: (Pending | null)[] = [start]
    while (todo.length > 0) {
      const pending = todo.pop()!
      if (pending === null) {
        end = true
        continue
      }
      if (seen.has(pending)) continue
      seen.add(pending)
      if (seen.size > MOST_OPEN) throw errors.grammar_unfit({ problem: 'a rule begins with itself' })
      const { rule, next } = pending
      if ('lit' in rule) {
        if (rule.lit === '') todo.push(next)
        else {
          pending.head ??= { bytes: toBytes(rule.lit), at: 0, next }
          heads.push(pending.head)
        }
      } else if ('chars' in rule) {
        pending.head ??= { bytes: '', set: tableOf(rule), at: 0, next }
        heads.push(pending.head)
      } else if ('seq' in rule) {
        todo.push(rule.seq.reduceRight<Pending | null>((rest, item) => this.#pend(item, rest), next))
      } else if ('alt' in rule) {
        for (const option of rule.alt) todo.push(this.#pend(option, next))
      } else if ('ref' in rule) {
        const named = this.#rules[rule.ref]
        if (!named) throw errors.grammar_unfit({ problem: `there is no rule "${rule.ref}"` })
        todo.push(this.#pend(named, next))
      } else if ('many' in rule) {
        if (rule.min <= 0) todo.push(next)
        if (rule.max === undefined || rule.max > 0)
          todo.push(this.#pend(rule.many, this.#pend(this.#oneLess(rule), next)))
      } else throw errors.grammar_unfit({ problem: `unknown rule ${JSON.stringify(rule).slice(0, 80)}` })
    }
    start.opening = { heads, end }
    return start.opening
  }

  /** What is left of a repetition after one. */
  #oneLess(rule: Extract<Rule, { many: Rule }>): Rule {
    const { min, max } = rule
    if (min <= 0 && max === undefined) return rule
    let less = this.#again.get(rule)
    if (!less) {
      less = many(rule.many, Math.max(0, min - 1), max === undefined ? undefined : max - 1)
      this.#again.set(rule, less)
    }
    return less
  }
}

/** Which first bytes a class takes. Bytes from 0x80 on begin characters beyond ASCII: a class with `not` takes them all. */
function tableOf(rule: Extract<Rule, { chars: readonly string[] }>): Uint8Array {
  const table = new Uint8Array(256)
  if (rule.not) table.fill(1, 0, 0x80).fill(1, 0xc2, 0xf5)
  for (const range of rule.chars) {
    const [from, to] = range.length === 3 && range[1] === '-' ? [range[0]!, range[2]!] : [range, range]
    if (from.length !== 1 || from > to || to > '\x7f')
      throw errors.grammar_unfit({ problem: `"${range}" is no ASCII character or range` })
    table.fill(rule.not ? 0 : 1, from.charCodeAt(0), to.charCodeAt(0) + 1)
  }
  return table
}

/** A blank begins a word, `<` a mark. */
const BREAKS = new Set([' ', '<'].map(c => c.charCodeAt(0)))
const beginsWithBreak = (head: Head) => !head.set && BREAKS.has(head.bytes.charCodeAt(head.at))

/**
 * Walks a grammar over an answer: all readings at once, a byte at a time. Readings that fail drop out; when none is
 * left the text does not fit. Text comes as UTF-8 in a byte string (see utf8.ts), which for ASCII is the text itself.
 */
export class Matcher {
  readonly #grammar: Opened
  #now: Opening

  /** @throws grammar_unfit here or on the way, when a rule is missing, unknown, or begins with itself */
  constructor(grammar: Grammar) {
    this.#grammar = new Opened(grammar)
    this.#now = this.#grammar.open(this.#grammar.start)
  }

  /** Takes bytes in. @returns false, and stays where it was, when they do not fit */
  advance(bytes: string): boolean {
    const before = this.#now
    for (let i = 0; i < bytes.length; i++) {
      if (!this.#step(bytes.charCodeAt(i))) {
        this.#now = before
        return false
      }
    }
    return true
  }

  /** Whether these bytes could be taken in from here. */
  fits(bytes: string): boolean {
    const before = this.#now
    const fits = this.advance(bytes)
    this.#now = before
    return fits
  }

  /** Whether the answer so far is a whole sentence of the grammar. */
  canEnd(): boolean {
    return this.#now.end
  }

  /** Whether nothing more can follow. */
  isOver(): boolean {
    return this.#now.end && this.#now.heads.length === 0
  }

  /**
   * The bytes that must come next: empty where the sentence may end or where there is a choice. Ends where a word ends
   * (before a blank, a mark, or the end), because a tokenizer spells a word as one: half a word would be misspelt.
   */
  forced(): string {
    const before = this.#now
    let bytes = ''
    let whole = 0
    while (!this.#now.end && this.#now.heads.length > 0) {
      const { heads } = this.#now
      const first = heads[0]!
      const code = first.bytes.charCodeAt(first.at)
      if (heads.some(h => h.set || h.bytes.charCodeAt(h.at) !== code)) break
      bytes += String.fromCharCode(code)
      this.#step(code)
      if (this.#now.heads.every(beginsWithBreak)) whole = bytes.length
    }
    this.#now = before
    return bytes.slice(0, whole)
  }

  #step(code: number): boolean {
    const heads: Head[] = []
    const done: (Pending | null)[] = []
    for (const head of this.#now.heads) {
      let left: number
      if (!head.set) {
        if (head.bytes.charCodeAt(head.at) !== code) continue
        left = head.bytes.length - head.at - 1
      } else if (head.at > 0) {
        if (code < 0x80 || code > 0xbf) continue
        left = head.at - 1
      } else {
        if (!head.set[code]) continue
        left = code < 0x80 ? 0 : code < 0xe0 ? 1 : code < 0xf0 ? 2 : 3
      }
      if (left > 0)
        heads.push(head.set ? { ...head, at: left } : { bytes: head.bytes, at: head.at + 1, next: head.next })
      else if (!done.includes(head.next)) done.push(head.next)
    }
    if (heads.length === 0 && done.length === 1) {
      this.#now = this.#grammar.open(done[0]!)
      return true
    }
    let end = false
    if (done.length > 0) {
      const seen = new Set<Head>()
      for (const pending of done) {
        const opening = this.#grammar.open(pending)
        end ||= opening.end
        for (const head of opening.heads) seen.add(head)
      }
      heads.push(...seen)
    }
    this.#now = { heads, end }
    return end || heads.length > 0
  }
}
