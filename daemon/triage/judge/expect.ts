/** What a value without a written limit is expected to be, by its name, unit and the thing it belongs to. Pure. */
import { readFileSync } from 'node:fs'
import { parse as parseYaml } from 'yaml'
import { packageFile } from '../../base/package-root.js'
import { parse, z } from '../../base/schema.js'
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

interface Rule {
  name: Set<string>
  unit?: Set<string>
  where?: Set<string>
  above: readonly (number | null)[]
  below: readonly (number | null)[]
  equals: readonly number[]
  category: Category
  component?: Component
  because: string
}

let shared: readonly Rule[] | undefined

function rules(): readonly Rule[] {
  if (shared) return shared
  const path = packageFile('daemon', 'triage', 'judge', 'lexicon', 'expectations.yaml')
  const rows = parse(z.array(Row), parseYaml(readFileSync(path, 'utf8')), path)
  const set = (text: string) => new Set(text.split(/\s+/))
  shared = rows.map(r => ({
    name: set(r.name),
    ...(r.unit ? { unit: set(r.unit) } : {}),
    ...(r.where ? { where: set(r.where) } : {}),
    above: r.above ?? [],
    below: r.below ?? [],
    equals: r.equals ?? [],
    category: r.category,
    ...(r.component ? { component: r.component } : {}),
    because: r.because,
  }))
  return shared
}

const LEVELS: readonly Severity[] = ['warning', 'critical', 'emergency']
const NAME_REACH = 4

/** Whether some value is expected to be anything: then every number of the line counts. */
export function expectsSomething(words: readonly Word[], source: string): boolean {
  const around = new Set([...words, ...wordsOf(source)].map(w => w.text.replace(/\d+$/, '')))
  return (
    words.some(w => isNumber(w.text)) &&
    rules().some(
      rule =>
        words.some(w => rule.name.has(w.text)) && (!rule.where || [...rule.where].some(w => around.has(w))),
    )
  )
}

let vocabulary: ReadonlySet<string> | undefined
/** Whether a word can make a value an expected one. */
export function isExpectWord(word: string): boolean {
  vocabulary ??= new Set(rules().flatMap(r => [...r.name, ...(r.unit ?? []), ...(r.where ?? [])]))
  return vocabulary.has(word)
}

/** Values that are not as expected. */
export function unexpected(words: readonly Word[], source: string): Expectation[] {
  const around = new Set([...words, ...wordsOf(source)].map(w => w.text.replace(/\d+$/, '')))
  const found: Expectation[] = []
  words.forEach((word, at) => {
    const next = words[at + 1]
    const isHex = word.text === '0' && next?.before === '' && next.text.startsWith('x')
    if (!isNumber(word.text) || isHex || /^\d+[.,]\d+[.,]/.test(word.text)) return
    const n =
      Number(word.text.replace(',', '.')) *
      (/[-−]$/.test(word.before) &&
      (/[=:(<>,"-]*[=:(<>,"][-−]$/.test(word.before) || word.start > (words[at - 1]?.end ?? -2) + 1)
        ? -1
        : 1)
    if (!Number.isFinite(n)) return
    const unit = /^\s*%/.test(word.after) ? '%' : words[at + 1]?.text
    const names: string[] = []
    for (let back = 1; back <= NAME_REACH && at - back >= 0; back++) {
      if (isNumber(words[at - back]!.text)) {
        // the number of a thing may stand between: `H2S area 4 headworks 58 ppm`
        if (/[.,]/.test(words[at - back]!.text) || /[=:]/.test(words[at - back]!.before)) break
        continue
      }
      names.push(words[at - back]!.text)
      if (/[,;{|]/.test(words[at - back]!.before)) break
    }
    for (const rule of rules()) {
      if (!names.some(name => rule.name.has(name))) continue
      if (rule.unit && !rule.unit.has(unit ?? '') && !names.some(name => rule.unit!.has(name))) continue
      if (rule.where && ![...rule.where].some(w => around.has(w))) continue
      const severity = severityOf(rule, n)
      if (!severity) continue
      found.push({
        category: rule.category,
        severity,
        ...(rule.component ? { component: rule.component } : {}),
        reason: rule.because,
        cause: `${rule.because[0]!.toUpperCase()}${rule.because.slice(1)}.`,
        action: 'Compare with a second measurement, then look at the place.',
        from: Math.max(0, at - Math.min(names.length, 2)),
        to: Math.min(words.length, at + 2),
      })
      break
    }
  })
  return found
}

function severityOf(rule: Rule, n: number): Severity | undefined {
  if (rule.equals.includes(n)) return 'warning'
  for (let i = 2; i >= 0; i--) {
    const [above, below] = [rule.above[i], rule.below[i]]
    if (
      (above !== undefined && above !== null && n > above) ||
      (below !== undefined && below !== null && n < below)
    )
      return LEVELS[i]
  }
  return undefined
}
