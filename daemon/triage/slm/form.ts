/**
 * What the line model reads and writes. It reads the folded words of a source and a line, numbers as `#`; it writes the
 * words that its verdict rests on, copied from the line, and then marks: the condition, how bad, what kind, what thing.
 * Grammar and decoder are the model's contract; the generator of its training lines uses the same code. Pure.
 */
import { alt, type Grammar, lit, opt, type Rule, ref, seq } from '../../inference/grammar.js'
import { type Condition, lexicon } from '../judge/lexicon.js'
import { isNumber, type Word, wordsOf } from '../judge/words.js'
import {
  CATEGORIES,
  type Category,
  COMPONENTS,
  type Component,
  SEVERITIES,
  type Severity,
} from '../verdict.js'

export const PREFIX = '<line>'
export const OUT = '<out>'
const EVIDENCE = '<ev>'
const NONE = 'none'

/** More words are cut: what a line is about stands early. */
const MOST_WORDS = 40
const MOST_SOURCE_WORDS = 4
const MOST_WORD_CHARS = 18

/** What the model says of a line. */
export interface LineForm {
  /** Words of the prompt that it rests on, as they stand there. Empty when nothing speaks for more than normal. */
  evidence: readonly string[]
  /** Of the lexicon; absent when it is none of them. */
  condition?: Condition
  severity: Severity
  category: Category
  component: Component
  needsHuman: boolean
}

export interface LinePrompt {
  /** Words of the line, as the model reads them. */
  words: readonly string[]
  /** The same words with their places in the line. */
  places: readonly Word[]
  /** Of the source. */
  source: readonly string[]
}

const plain = (word: string): string =>
  word === '0' || word === '1'
    ? word
    : isNumber(word)
      ? '#'
      : word.replace(/\d+/g, '#').slice(0, MOST_WORD_CHARS)

/** A line and its source as the model reads them. */
export function linePrompt(line: string, source: string): LinePrompt {
  const places = wordsOf(line).slice(0, MOST_WORDS)
  const from = wordsOf(source.replace(/\/dev\/tty\w*/, ' '))
  return {
    words: places.map(w => plain(w.text)),
    places,
    source: from.slice(0, MOST_SOURCE_WORDS).map(w => plain(w.text)),
  }
}

/** What stands between `<line>` and `<out>`. */
export const promptText = ({ words, source }: LinePrompt): string =>
  `${source.join(' ')} : ${words.join(' ')}`

const conditionMark = (id: string) => `<x_${id}>`
const severityMark = (s: Severity) => `<s_${s}>`
const categoryMark = (c: Category) => `<c_${c}>`
const componentMark = (c: Component) => `<k_${c}>`
const HUMAN = ['<h_no>', '<h_yes>'] as const

/** All marks: whole tokens of the model's tokenizer. Their order is the file's; new ones come last. */
export function marks(): string[] {
  return [
    PREFIX,
    OUT,
    EVIDENCE,
    ...HUMAN,
    ...SEVERITIES.map(severityMark),
    ...CATEGORIES.map(categoryMark),
    ...COMPONENTS.map(componentMark),
    conditionMark(NONE),
    ...lexicon().conditions.map(c => conditionMark(c.id)),
  ]
}

export function encode(form: LineForm): string {
  const words = form.evidence.map(w => ` ${w}`).join('')
  const human = form.severity === 'advisory' ? HUMAN[form.needsHuman ? 1 : 0] : ''
  return `${EVIDENCE}${words}${conditionMark(form.condition?.id ?? NONE)}${severityMark(form.severity)}${categoryMark(form.category)}${componentMark(form.component)}${human}`
}

const FORM = /^<ev>((?: [^<>\s]+)*)<x_(\w+)><s_(\w+)><c_(\w+)><k_(\w+)>(<h_yes>|<h_no>)?$/

/** @returns undefined for anything that `encode` does not write */
export function decode(text: string): LineForm | undefined {
  const match = FORM.exec(text)
  if (!match) return undefined
  const [, words = '', id = '', severity, category, component, human] = match
  const condition = lexicon().conditions.find(c => c.id === id)
  const [s, c, k] = [severity as Severity, category as Category, component as Component]
  if (!SEVERITIES.includes(s) || !CATEGORIES.includes(c) || !COMPONENTS.includes(k)) return undefined
  if ((id !== NONE && !condition) || (s === 'normal') !== (c === 'normal')) return undefined
  if ((s === 'advisory') !== (human !== undefined)) return undefined
  return {
    evidence: words === '' ? [] : words.slice(1).split(' '),
    ...(condition ? { condition } : {}),
    severity: s,
    category: c,
    component: k,
    needsHuman: s === 'normal' ? false : s === 'advisory' ? human === HUMAN[1] : true,
  }
}

/** The grammar for one line: evidence can only be a run of its own words, and what must agree does. */
export function lineGrammar({ words }: LinePrompt): Grammar {
  const rules: Record<string, Rule> = {}
  words.forEach((word, i) => {
    rules[`w${i}`] = i + 1 < words.length ? seq(lit(` ${word}`), opt(ref(`w${i + 1}`))) : lit(` ${word}`)
  })
  const span: Rule[] = words.length > 0 ? [opt(alt(...words.map((_, i) => ref(`w${i}`))))] : []
  const oneOf = (list: readonly string[]) => alt(...list.map(lit))
  rules.cond = oneOf([conditionMark(NONE), ...lexicon().conditions.map(c => conditionMark(c.id))])
  rules.cat = oneOf(CATEGORIES.filter(c => c !== 'normal').map(categoryMark))
  rules.comp = oneOf(COMPONENTS.map(componentMark))
  rules.verdict = alt(
    seq(lit(`${severityMark('normal')}${categoryMark('normal')}`), ref('comp')),
    seq(lit(severityMark('advisory')), ref('cat'), ref('comp'), oneOf(HUMAN)),
    seq(
      oneOf([severityMark('warning'), severityMark('critical'), severityMark('emergency')]),
      ref('cat'),
      ref('comp'),
    ),
  )
  rules.root = seq(lit(EVIDENCE), ...span, ref('cond'), ref('verdict'))
  return { root: 'root', rules }
}

/** Where the evidence stands in the line; empty when it is not there: then it is no evidence. */
export function quoteOf(line: string, prompt: LinePrompt, evidence: readonly string[]): string {
  if (evidence.length === 0) return ''
  const at = prompt.words.findIndex((_, i) => evidence.every((word, j) => prompt.words[i + j] === word))
  const [first, last] = [prompt.places[at], prompt.places[at + evidence.length - 1]]
  return at >= 0 && first && last ? line.slice(first.start, last.end) : ''
}
