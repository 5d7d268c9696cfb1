/** Our own labelled lines, and a random walk around them. */
import { readFileSync } from 'node:fs'
import { packageFile } from '../../daemon/base/package-root.js'
import type { Category, Component, Severity, Verdict } from '../../daemon/triage/verdict.js'

export interface LabelledLine {
  id: string
  line: string
  source: string
  expected: {
    severity: Severity
    severity_ok?: Severity[]
    category: Category
    category_ok?: Category[]
    component: Component
    component_ok?: Component[]
    needs_human: boolean | null
  }
  tags: string[]
}
export interface Pair {
  id: string
  source: string
  a: string
  b: string
  a_severity: Severity
  b_severity: Severity
  differs: string
}

const read = <T>(name: string): T[] =>
  readFileSync(packageFile('test', 'fixtures', 'lines', `${name}.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as T)
export const labelled = (set: string): LabelledLine[] => read(set)
export const pairs = (): Pair[] => read('pairs')

export const severityFits = (e: LabelledLine['expected'], v: Verdict): boolean =>
  [e.severity, ...(e.severity_ok ?? [])].includes(v.severity)

/** All four right; the component does not matter where both say normal. */
export const exact = (e: LabelledLine['expected'], v: Verdict): boolean =>
  severityFits(e, v) &&
  [e.category, ...(e.category_ok ?? [])].includes(v.category) &&
  ((e.severity === 'normal' && v.severity === 'normal') ||
    [e.component, ...(e.component_ok ?? [])].includes(v.component)) &&
  (e.needs_human === null || e.needs_human === v.needsHuman)

const NUMBERS = '0 1 2 00 0.0 85 -127 7 42 96.5 404 3501 81234 0,01 327.6 65535 9999'.split(' ')
const STATES =
  'ok OK fault FAULT alarm off on open closed high low HH LL normal cleared active inactive true false null yes no lost good bad trip running stopped failed warning error not still again C F S M A B D'.split(
    ' ',
  )
const NAMES = 'ada zork Quix hall7 k3 P-12 node-b x9f3a2 blah W1 I7'.split(' ')
const CODES = '0x0000 0x0001 0x8130 0xff 0x80 0x0 F30001 F0001 E12 A501 7F'.split(' ')

/** The same line with something else in it: a number, a code, a value, a state, a name. */
export function another(line: string, below: (n: number) => number): string {
  const pick = <T>(from: readonly T[]) => from[below(from.length)]!
  const put = (places: RegExp, by: readonly string[]) => {
    const found = [...line.matchAll(places)]
    if (found.length === 0) return line
    const { 0: text, index } = pick(found)
    return line.slice(0, index) + pick(by) + line.slice(index + text.length)
  }
  const number = /-?\d+(?:[.,]\d+)*/g
  switch (below(8)) {
    case 0:
    case 1:
    case 2:
      return put(number, NUMBERS)
    case 3:
      return line.replace(number, () => pick(NUMBERS))
    case 4:
      return put(/0x[0-9a-f]+|\b[A-Z]\d{2,5}\b/gi, CODES)
    case 5:
      return put(/(?<==)[\w.]+|(?<=":\s?"?)[\w.-]+/g, [...STATES, ...NUMBERS])
    case 6:
      return put(/\p{L}+/gu, STATES)
    default:
      return put(/\p{L}{2,}/gu, NAMES)
  }
}

/** Values that some rule, code, limit or sensor stops at, and others. */
const VALUES =
  '0 1 4 7 12 85 95 99 100 250 9999 65535 32767 327.6 850.0 -127 3.4 20.99 2.9 3.60 00 007 1000000 0.01 1,234,567'.split(
    ' ',
  )

/** The same words with other numbers, of other lengths too. */
export function otherNumbers(line: string, below: (n: number) => number): string {
  const digit = () => String(below(10))
  const number = /\d+(?:[.,]\d+)?/g
  switch (below(5)) {
    case 0:
      return line.replace(/\d/g, digit)
    case 1:
      return line.replace(/\d/g, d => (below(4) > 0 ? d : digit()))
    case 2:
      return line.replace(/\d+/g, d => (below(2) > 0 ? d : String(below(10 ** (1 + below(5))))))
    case 3:
      return line.replace(number, d => (below(3) > 0 ? d : VALUES[below(VALUES.length)]!))
    default:
      return line.replace(number, d => (below(3) > 0 ? d : (below(10_000) / 10 ** below(3)).toString()))
  }
}

const SYLLABLES = 'zor quix vab nyt ulm wex jop haf gry sob kli dun mez tav'.split(' ')
/** A word that nobody has said yet, with a number behind it perhaps, or an address. */
export function someName(below: (n: number) => number): string {
  if (below(6) === 0) return `0x${(0x10000 + below(0xfffffff)).toString(16)}`
  const name = Array.from({ length: 1 + below(3) }, () => SYLLABLES[below(SYLLABLES.length)]!).join('')
  const said = below(4) === 0 ? name[0]!.toUpperCase() + name.slice(1) : name
  return below(3) === 0 ? `${said}${below(2000)}` : said
}
