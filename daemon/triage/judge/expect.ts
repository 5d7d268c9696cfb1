/** What a value without a written limit is expected to be, by its name, unit and the thing it belongs to. Pure. */
import { packageFile } from '../../base/package-root.js'
import { parse, z } from '../../base/schema.js'
import { readYaml } from '../../base/yaml.js'
import { CATEGORIES, type Category, COMPONENTS, type Component, type Severity } from '../verdict.js'
import { isNumber, type Word, wordsOf } from './words.js'

const Row = z.strictObject({
  /** One of these words stands before the value, at most three words away. */
  name: z.string(),
  /** One of these units follows it. Without it: any or none. */
  unit: z.string().optional(),
  /** One of these words stands anywhere in the line or its source. Without it: always. */
  where: z.string().optional(),
  /** Beyond these: [warning, critical, emergency], each may be null. */
  above: z.array(z.number().nullable()).optional(),
  below: z.array(z.number().nullable()).optional(),
  /** Values that the thing cannot have: the sensor is at fault. */
  equals: z.array(z.number()).optional(),
  /** A per cent of a battery: up to 5 with decimals and without a sign it is the voltage of a cell, or of two. */
  or_volts: z.boolean().optional(),
  category: z.enum(CATEGORIES),
  component: z.enum(COMPONENTS).optional(),
  because: z.string(),
})

export interface Expectation {
  category: Category
  severity: Severity
  component?: Component
  reason: string
  cause: string
  action: string
  from: number
  to: number
}

export interface Rule {
  name: Set<string>
  unit?: Set<string>
  where?: Set<string>
  above: readonly (number | null)[]
  below: readonly (number | null)[]
  equals: readonly number[]
  orVolts: boolean
  category: Category
  component?: Component
  because: string
}

interface Rules {
  all: readonly Rule[]
  /** Places of rules by a word that names the value. */
  byName: ReadonlyMap<string, readonly number[]>
}
let shared: Rules | undefined

function rules(): Rules {
  if (shared) return shared
  const path = packageFile('daemon', 'triage', 'judge', 'lexicon', 'expectations.yaml')
  const rows = parse(z.array(Row), readYaml(path), path)
  const set = (text: string) => new Set(text.split(/\s+/))
  const all = rows.map(r => ({
    name: set(r.name),
    ...(r.unit ? { unit: set(r.unit) } : {}),
    ...(r.where ? { where: set(r.where) } : {}),
    above: r.above ?? [],
    below: r.below ?? [],
    equals: r.equals ?? [],
    orVolts: r.or_volts ?? false,
    category: r.category,
    ...(r.component ? { component: r.component } : {}),
    because: r.because,
  }))
  const byName = new Map<string, number[]>()
  for (const [i, rule] of all.entries())
    for (const name of rule.name) byName.set(name, [...(byName.get(name) ?? []), i])
  shared = { all, byName }
  return shared
}

const LEVELS: readonly Severity[] = ['warning', 'critical', 'emergency']
const NAME_REACH = 4

/** A number of which something is expected, and what. */
export interface Expected {
  /** Place of the number. */
  readonly at: number
  readonly negative: boolean
  readonly rules: readonly Rule[]
  /** Places of words before it that name it. */
  readonly named: number
}

/** The numbers of which something is expected, by the words around them alone: their own values do not matter. */
export function expectedIn(words: readonly Word[], source: string): Expected[] {
  let around: ReadonlySet<string> | undefined
  const standsThere = (word: string) => {
    around ??= new Set([...words, ...wordsOf(source)].map(w => w.text.replace(/\d+$/, '')))
    return around.has(word)
  }
  const all: Expected[] = []
  for (const [at, word] of words.entries()) {
    if (!isNumber(word.text)) continue
    const next = words[at + 1]
    const isHex = word.text === '0' && next?.before === '' && next.text.startsWith('x')
    if (isHex || /^\d+[.,]\d+[.,]/.test(word.text)) continue
    // `input 3: 12.1 mA`: the number of a thing
    if (
      /^:/.test(word.after) &&
      !/[.,]/.test(word.text) &&
      !/[=:]/.test(word.before) &&
      isNumber(next?.text ?? '')
    )
      continue
    const record = recordOf(words, at)
    const unit = /^\s*%/.test(word.after) ? '%' : (record?.unit ?? words[at + 1]?.text)
    const names: string[] = record?.names ?? []
    for (let back = 1; back <= NAME_REACH && at - back >= 0; back++) {
      if (isNumber(words[at - back]!.text)) {
        // the number of a thing may stand between: `H2S area 4 headworks 58 ppm`
        if (/[.,]/.test(words[at - back]!.text) || /[=:]/.test(words[at - back]!.before)) break
        continue
      }
      names.push(unnumbered(words[at - back]!.text))
      if (/[,;{|]/.test(words[at - back]!.before)) break
    }
    const found = rulesFor(names).filter(
      rule =>
        (!rule.unit || rule.unit.has(unit ?? '') || names.some(name => rule.unit!.has(name))) &&
        (!rule.where || [...rule.where].some(standsThere)),
    )
    if (found.length === 0) continue
    const negative =
      /[-−]$/.test(word.before) &&
      (/[=:(<>,"-]*[=:(<>,"][-−]$/.test(word.before) || word.start > (words[at - 1]?.end ?? -2) + 1)
    all.push({ at, negative, rules: found, named: names.length })
  }
  return all
}

/** `temp10` is a temperature; `co2` and `l1` are words of their own. */
const unnumbered = (word: string): string => word.replace(/^([a-z]{3,})\d{1,3}$/, '$1')

/** `{"n":"temp10","u":"Cel","v":21.4}`: name and unit of a value stand beside it. @source RFC 8428 §4 */
function recordOf(words: readonly Word[], at: number): { names: string[]; unit?: string } | undefined {
  if (!/^(v|value)$/.test(words[at - 1]?.text ?? '') || !/:/.test(words[at]!.before)) return undefined
  const names: string[] = []
  let unit: string | undefined
  for (let i = at - 1; i >= 0 && i >= at - RECORD_REACH; i--) {
    const { text, before, after } = words[i]!
    if (/:/.test(after) && /^(n|name)$/.test(text))
      for (let j = i + 1; j < at && (j === i + 1 || !/,/.test(words[j]!.before)); j++)
        names.push(unnumbered(words[j]!.text))
    if (/:/.test(after) && /^(u|unit)$/.test(text)) unit = words[i + 1]!.text
    if (/\{/.test(before)) return names.length === 0 ? undefined : { names, ...(unit ? { unit } : {}) }
  }
  return undefined
}
const RECORD_REACH = 10
const RECORD = ['n', 'name', 'u', 'unit', 'v', 'value']

/** The rules of values that one of these words names, in the order in which they stand. */
function rulesFor(names: readonly string[]): Rule[] {
  const { all, byName } = rules()
  const places = new Set<number>()
  for (const name of names) for (const place of byName.get(name) ?? []) places.add(place)
  return [...places].sort((a, b) => a - b).map(place => all[place]!)
}

/** A lithium cell has 4.2 V at most, two or three dry cells less than 5. */
const MOST_VOLTS = 5

/** What an expected number comes to, as it is written: 0 when it is as expected, else which rule and how bad. */
export function outcomeOf({ negative, rules }: Expected, text: string): number {
  const n = Number(text.replace(',', '.')) * (negative ? -1 : 1)
  if (!Number.isFinite(n)) return 0
  for (const [i, rule] of rules.entries()) {
    if (rule.orVolts && n <= MOST_VOLTS && /[.,]/.test(text)) continue
    const level = levelOf(rule, n)
    if (level >= 0) return 1 + i * LEVELS.length + level
  }
  return 0
}

let vocabulary: ReadonlySet<string> | undefined
/** Whether a word can make a value an expected one. */
export function isExpectWord(word: string): boolean {
  vocabulary ??= new Set([
    ...RECORD,
    ...rules().all.flatMap(r => [...r.name, ...(r.unit ?? [])]),
    // a word without the digits at its end is looked for: a number is none
    ...rules().all.flatMap(r => [...(r.where ?? [])].filter(word => !isNumber(word))),
  ])
  return vocabulary.has(word)
}

/** Values that are not as expected. */
export function unexpected(words: readonly Word[], source: string): Expectation[] {
  return expectedIn(words, source).flatMap(expected => {
    const outcome = outcomeOf(expected, words[expected.at]!.text)
    if (outcome === 0) return []
    const rule = expected.rules[Math.floor((outcome - 1) / LEVELS.length)]!
    return [
      {
        category: rule.category,
        severity: LEVELS[(outcome - 1) % LEVELS.length]!,
        ...(rule.component ? { component: rule.component } : {}),
        reason: rule.because,
        cause: `${rule.because[0]!.toUpperCase()}${rule.because.slice(1)}.`,
        action: 'Compare with a second measurement, then look at the place.',
        from: Math.max(0, expected.at - Math.min(expected.named, 2)),
        to: Math.min(words.length, expected.at + 2),
      },
    ]
  })
}

/** How bad, as a place in LEVELS; -1 when it is as expected. */
function levelOf(rule: Rule, n: number): number {
  if (rule.equals.includes(n)) return 0
  for (let i = 2; i >= 0; i--) {
    const [above, below] = [rule.above[i], rule.below[i]]
    if (
      (above !== undefined && above !== null && n > above) ||
      (below !== undefined && below !== null && n < below)
    )
      return i
  }
  return -1
}
