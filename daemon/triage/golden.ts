/** Golden lines: lines whose right verdict is known. What is judged is the line model's word alone, without plain code. */
import { z } from '../base/schema.js'
import type { Engine } from '../inference/engine.js'
import { type Golden, readGolden } from '../inference/golden.js'
import { errors } from './errors.js'
import { linePrompt } from './slm/form.js'
import { FactoryLineStage } from './slm/stage.js'
import { CATEGORIES, COMPONENTS, SEVERITIES, type Verdict } from './verdict.js'

export const GoldenLine = z
  .strictObject({
    line: z.string().min(1).max(1_000).describe('As the machine wrote it.'),
    source: z.string().max(200).describe('Where it came from: `mqtt plant/pump`, `serial /dev/ttyUSB0`.'),
    severity: z.enum(SEVERITIES),
    category: z.enum(CATEGORIES),
    component: z.enum(COMPONENTS),
  })
  .refine(row => (row.severity === 'normal') === (row.category === 'normal'), {
    path: ['category'],
    message: '`normal` goes with `normal`, and nothing else does',
  })
  .refine(row => linePrompt(row.line, row.source).words.length > 0, {
    path: ['line'],
    message: 'there are no words to read',
  })
export type GoldenLine = z.output<typeof GoldenLine>

/** @throws golden_unreadable; golden_row_broken, with the line */
export async function loadGolden(path: string): Promise<GoldenLines> {
  return new GoldenLines(await readGolden(path, GoldenLine, row => row))
}

export class GoldenLines implements Golden {
  readonly rows: readonly GoldenLine[]

  constructor(rows: readonly GoldenLine[]) {
    this.rows = rows
  }

  get size(): number {
    return this.rows.length
  }

  async ask(engine: Engine, index: number, signal: AbortSignal): Promise<boolean> {
    const row = this.rows[index]!
    const { severity, category, component } = await this.read(engine, row, signal)
    return severity === row.severity && category === row.category && component === row.component
  }

  /** @throws line_unread when the model has no answer that can be used */
  async read(engine: Engine, { line, source }: GoldenLine, signal: AbortSignal): Promise<Verdict> {
    const verdict = await new FactoryLineStage(engine).run({ line, source }, signal)
    if (!verdict) throw errors.line_unread({ line })
    return verdict
  }
}
