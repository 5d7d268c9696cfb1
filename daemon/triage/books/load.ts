/**
 * Code books: what a field's own codes and words mean, as data. A book is a YAML file in this folder; every entry says its
 * verdict in one line, `is: warning electrical motor`: severity, category, component, and `plan` behind an advisory that
 * leaves work to do. Everything is checked when loaded, and frozen.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { packageFile } from '../../base/package-root.js'
import { parse, z } from '../../base/schema.js'
import { readYaml } from '../../base/yaml.js'
import {
  CATEGORIES,
  type Category,
  COMPONENTS,
  type Component,
  isAlarm,
  SEVERITIES,
  type Severity,
} from '../verdict.js'
import type { Finding } from './finding.js'

/** What stands behind `is:`. */
export interface Judgement {
  severity: Severity
  category: Category
  component: Component
  needsHuman: boolean
}

const pattern = z.string().transform((text, context) => {
  try {
    return new RegExp(text, 'i')
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message })
    return z.NEVER
  }
})

const judgement = z.string().transform((text, context): Judgement => {
  const [severity, category = 'normal', component = 'other', plan] = text.split(' ')
  const fits =
    SEVERITIES.includes(severity as Severity) &&
    CATEGORIES.includes(category as Category) &&
    COMPONENTS.includes(component as Component) &&
    (severity === 'normal') === (category === 'normal') &&
    (plan === undefined || (plan === 'plan' && severity === 'advisory'))
  if (!fits) {
    context.addIssue({ code: 'custom', message: `expected "severity category component", got "${text}"` })
    return z.NEVER
  }
  return {
    severity: severity as Severity,
    category: category as Category,
    component: component as Component,
    needsHuman: isAlarm(severity as Severity) || plan === 'plan',
  }
})

const EntrySchema = z.strictObject({
  /** One clause in plain words. */
  means: z.string().min(3).max(160),
  is: judgement,
  /** Found by these words, a regular expression; without it by the key as a code. */
  says: pattern.optional(),
  /** Further codes for the same. */
  also: z.array(z.string()).optional(),
  cause: z.string().optional(),
  action: z.string().optional(),
  /** What a J1939 parameter is made of: decides what a short circuit in it means. */
  kind: z.enum(['sensor', 'circuit', 'supply', 'network']).optional(),
  /** A line, or lines, that the entry must be found in. */
  test: z.union([z.string(), z.array(z.string())]).optional(),
})

const BookSchema = z.strictObject({
  title: z.string(),
  /** Documents by name and clause. */
  sources: z.array(z.string()).min(1),
  /** Lower case. The book is opened only when one of these stands in the line, its process or its source. */
  words: z.array(z.string().regex(/^[^A-Z]+$/)).min(1),
  /** And only when this is found in the same. */
  only_if: pattern.optional(),
  /** Not when this is found in the same: words that another field uses otherwise. */
  not_if: pattern.optional(),
  /** Whether a code alone decides. */
  certain: z.boolean().default(true),
  /** Whether words such as `cleared` and `outgoing` make an entry normal. */
  ends: z.boolean().default(true),
  /** Where a code stands: the group named `code`; `number` is decimal or 0x, `hex` bare hexadecimal, `flags` several words. */
  recognise: z
    .array(z.strictObject({ pattern, as: z.enum(['word', 'number', 'hex', 'flags']).default('word') }))
    .default([]),
  /** Read by code of its own, see decoders.ts. */
  decoder: z.enum(['j1939', 'current_loop', 'vibration_zone', 'emcy', 'nmea_alert']).optional(),
  /** Of every entry that has none of its own and needs somebody. */
  cause: z.string().optional(),
  action: z.string().optional(),
  /** A line in which `{code}` stands for each key. */
  test_form: z.string().optional(),
  tests: z
    .array(
      z.strictObject({
        line: z.string(),
        source: z.string().optional(),
        entry: z.string().optional(),
        severity: z.enum(SEVERITIES).optional(),
        category: z.enum(CATEGORIES).optional(),
        component: z.enum(COMPONENTS).optional(),
      }),
    )
    .default([]),
  entries: z.record(z.string(), EntrySchema),
})

export type BookFile = z.output<typeof BookSchema>

export interface Entry extends z.output<typeof EntrySchema> {
  key: string
}

/** A book, ready to be looked up in. */
export interface Book extends Omit<BookFile, 'entries'> {
  /** File without `.yaml`. */
  name: string
  entries: readonly Entry[]
  /** Upper case with `_` for blanks; numbers decimal. */
  codes: ReadonlyMap<string, Entry>
  /** Both ends belong to it; narrow ones first. */
  ranges: readonly { from: number; to: number; entry: Entry }[]
  phrases: readonly Entry[]
  /** `words`, each with the hash of its first three letters; -1 when it is shorter. */
  openedBy: readonly { word: string; gram: number }[]
}

/** Size of the table of groups of three letters. */
export const GRAMS = 4096
export const gramHash = (a: number, b: number, c: number): number => (a * 961 + b * 31 + c) & (GRAMS - 1)

/** A code as a key: `off-normal` and `OFF NORMAL` are one. */
export const keyOf = (code: string): string =>
  code
    .trim()
    .toUpperCase()
    .replaceAll(/[\s:._-]+/g, '_')

/**
 * Reads every book of a folder.
 * @throws invalid_value naming the file and every problem in it: books that ship are checked by a test
 */
export function loadBooks(folder: string): readonly Book[] {
  return Object.freeze(
    readdirSync(folder)
      .filter(file => file.endsWith('.yaml'))
      .sort()
      .map(file => {
        const checked = parse(BookSchema, readYaml(join(folder, file)), `code book ${file}`)
        return compile(file.slice(0, -'.yaml'.length), checked)
      }),
  )
}

/** The finding of one entry. */
export function findingOf(book: Book, entry: Entry, quote: string): Finding {
  return {
    book: book.name,
    entry: entry.key,
    quote,
    means: entry.means,
    ...entry.is,
    ...(entry.cause === undefined ? {} : { cause: entry.cause }),
    ...(entry.action === undefined ? {} : { action: entry.action }),
    certain: book.certain,
  }
}

let shipped: readonly Book[] | undefined
/** The books of this package, read once. */
export function shippedBooks(): readonly Book[] {
  shipped ??= loadBooks(packageFile('daemon', 'triage', 'books'))
  return shipped
}

function compile(name: string, file: BookFile): Book {
  const entries = Object.entries(file.entries).map(([key, entry]): Entry => {
    const withDefaults: Entry = { ...entry, key }
    const cause = entry.cause ?? file.cause
    const action = entry.action ?? file.action
    if (entry.is.needsHuman && cause !== undefined) withDefaults.cause = cause
    if (entry.is.needsHuman && action !== undefined) withDefaults.action = action
    return Object.freeze(withDefaults)
  })
  const codes = new Map<string, Entry>()
  const ranges: { from: number; to: number; entry: Entry }[] = []
  const hex =
    file.decoder === 'emcy' || (file.recognise.length > 0 && file.recognise.every(r => r.as === 'hex'))
  const numeric = hex || file.decoder === 'j1939' || file.recognise.some(r => r.as === 'number')
  for (const entry of entries)
    if (entry.says === undefined)
      for (const code of [entry.key, ...(entry.also ?? [])]) {
        const [from, to] = code.split('-').map(part => (hex ? Number.parseInt(part, 16) : Number(part)))
        if (!numeric || Number.isNaN(from)) codes.set(keyOf(code), entry)
        else if (to === undefined || Number.isNaN(to)) codes.set(String(from), entry)
        else ranges.push({ from: from!, to, entry })
      }
  ranges.sort((a, b) => a.to - a.from - (b.to - b.from))
  return Object.freeze({
    ...file,
    name,
    entries,
    codes,
    ranges,
    phrases: entries.filter(e => e.says !== undefined),
    openedBy: file.words.map(word => ({
      word,
      gram: word.length < 3 ? -1 : gramHash(word.charCodeAt(0), word.charCodeAt(1), word.charCodeAt(2)),
    })),
  })
}
