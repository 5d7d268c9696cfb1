/**
 * Lines of an owner with what each means, in whichever form they are at hand, as rows to train on or as golden lines:
 *
 *   node dist/scripts/train/lines/own-lines.js [--golden [--most 600]] FILE... > rows.jsonl
 *
 * A file is what `{"action":"list_feedback"}` was answered with, `triage/knowledge.json` of a data folder, or JSON Lines: rows
 * with `expected`, as evaluation sets have them, or golden lines. `--golden` leaves out what a trial could not ask, and
 * all but `--most` lines, evenly.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { describe } from '../../../daemon/base/errors.js'
import { parse, z } from '../../../daemon/base/schema.js'
import { Feedback, FeedbackStateSchema } from '../../../daemon/triage/feedback.js'
import { GoldenLine } from '../../../daemon/triage/golden.js'
import { CATEGORIES, COMPONENTS, SEVERITIES } from '../../../daemon/triage/verdict.js'

const Expected = z
  .object({
    severity: z.enum(SEVERITIES),
    severity_ok: z.array(z.enum(SEVERITIES)).optional(),
    category: z.enum(CATEGORIES),
    category_ok: z.array(z.enum(CATEGORIES)).optional(),
    component: z.enum(COMPONENTS).default('other'),
    component_ok: z.array(z.enum(COMPONENTS)).optional(),
    needs_human: z.boolean().nullish(),
  })
  .refine(e => (e.severity === 'normal') === (e.category === 'normal'), {
    path: ['category'],
    message: '`normal` goes with `normal`, and nothing else does',
  })

export const LabelledRow = z.object({
  id: z.union([z.string(), z.number()]).default(''),
  source: z.string().default(''),
  line: z.string().min(1).max(10_000),
  expected: Expected,
})
export type LabelledRow = z.output<typeof LabelledRow>

/** What a daemon answers, or keeps; anything else is lines. */
const Answer = z.object({ rows: z.array(z.unknown()) })
const Reply = z.object({ result: Answer })
const Knowledge = z.object({ feedback: FeedbackStateSchema })

/** @throws invalid_value, with the file and the line; the system's own error */
export function readOwnLines(path: string): LabelledRow[] {
  const text = readFileSync(path, 'utf8')
  const whole = jsonOf(text)
  const knowledge = Knowledge.safeParse(whole)
  const rows =
    Reply.safeParse(whole).data?.result.rows ??
    Answer.safeParse(whole).data?.rows ??
    (knowledge.success ? new Feedback(knowledge.data.feedback, () => {}).rows() : undefined)
  if (rows) return rows.map((row, i) => labelled(row, `${path}, row ${i + 1}`))
  return text.split('\n').flatMap((line, i) => {
    if (!line.trim()) return []
    const where = `${path}, line ${i + 1}`
    const row = jsonOf(line)
    if (row === undefined) throw new Error(`${where}: no JSON`)
    return [labelled(row, where)]
  })
}

/** A golden line says at its own level what a row expects. */
function labelled(row: unknown, where: string): LabelledRow {
  const isFlat = typeof row === 'object' && row !== null && 'severity' in row && !('expected' in row)
  return parse(LabelledRow, isFlat ? { ...row, expected: row } : row, where)
}

/** Those that a trial can ask; of more than `most` evenly so many. */
export function goldenLines(rows: readonly LabelledRow[], most: number): GoldenLine[] {
  const golden = rows.flatMap(({ line, source, expected: { severity, category, component } }) => {
    const { data } = GoldenLine.safeParse({ line, source, severity, category, component })
    return data ? [data] : []
  })
  if (golden.length <= most) return golden
  return Array.from({ length: most }, (_, i) => golden[Math.floor((i * golden.length) / most)]!)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

if (import.meta.filename === process.argv[1]) {
  const { values, positionals } = parseArgs({
    options: { golden: { type: 'boolean', default: false }, most: { type: 'string', default: '600' } },
    allowPositionals: true,
  })
  try {
    const rows = positionals.flatMap(readOwnLines)
    const out = values.golden ? goldenLines(rows, Number(values.most)) : rows
    for (const row of out) process.stdout.write(`${JSON.stringify(row)}\n`)
  } catch (error) {
    process.stderr.write(`${describe(error)}\n`)
    process.exitCode = 1
  }
}
