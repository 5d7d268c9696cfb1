/** `fieldmouse triage`: what each line is, how bad, of what thing, why and what to do. The daemon's own code, line by line. */
import { systemClock } from '../base/clock.js'
import { jsonLinesWriter, readJsonLines } from '../base/json-lines.js'
import { parse, z } from '../base/schema.js'
import { SupervisedEngine } from '../inference/supervisor.js'
import { FactoryLineStage, type LineStage } from '../triage/slm/stage.js'
import { Triage, type Triaged } from '../triage/triage.js'
import { isAlarm, type Verdict } from '../triage/verdict.js'

const Row = z.object({
  id: z.union([z.string(), z.number()]),
  source: z.string().optional(),
  line: z.string(),
})

type Row = z.output<typeof Row>

export interface TriageFileOptions {
  in: string
  out: string
  /** The line model; absent for plain code alone. */
  model?: { path: string; sha256?: string }
  /** 0 measures. */
  threads: number
}

/** So many rows are held back, so that the header of each source is learnt before its first line is judged. */
const HELD_ROWS = 2_000

/**
 * @returns how many rows were read, how many of them are alarms, and how many each stage decided
 * @throws bad_json_line, invalid_value, and the engine's errors
 */
export async function triageFile(
  options: TriageFileOptions,
  signal: AbortSignal,
): Promise<{ rows: number; alarms: number; stages: Readonly<Record<string, number>> }> {
  const model = options.model ? new LazyModel(options.model, options.threads) : undefined
  const triage = new Triage(model ? { model } : {})
  const writer = jsonLinesWriter(options.out)
  const counts = { rows: 0, alarms: 0, stages: triage.counts }
  const write = async ({ id, source = '', line }: Row) => {
    const triaged = triage.recall(source, line) ?? (await triage.read(source, line, signal))
    if (isAlarm(triaged.verdict.severity)) counts.alarms++
    await writer.writeWhenRoom({ id, ...verdictRow(triaged) })
  }
  const release = async (first: readonly Row[]) => {
    const bySource = new Map<string, string[]>()
    for (const { source = '', line } of first) bySource.set(source, [...(bySource.get(source) ?? []), line])
    for (const [source, own] of bySource) triage.templates.teach(source, own)
    for (const row of first) await write(row)
  }
  let held: Row[] | undefined = []
  try {
    for await (const { line, value } of readJsonLines(options.in)) {
      signal.throwIfAborted()
      const row = parse(Row, value, `${options.in}, line ${line}`)
      counts.rows++
      if (!held) await write(row)
      else if (held.push(row) === HELD_ROWS) {
        await release(held)
        held = undefined
      }
    }
    if (held) await release(held)
  } finally {
    await writer.close()
    await model?.stop()
  }
  return counts
}

/** The line model, started by the first line that needs it. */
class LazyModel implements LineStage {
  readonly #engine: SupervisedEngine
  #stage: Promise<LineStage> | undefined

  constructor(model: { path: string; sha256?: string }, threads: number) {
    this.#engine = new SupervisedEngine({ model, clock: systemClock, threads, sequences: 1 })
  }

  async run(input: { line: string; source: string }, signal?: AbortSignal): Promise<Verdict | undefined> {
    this.#stage ??= this.#engine
      .start(signal ?? new AbortController().signal)
      .then(() => new FactoryLineStage(this.#engine))
    return (await this.#stage).run(input, signal)
  }

  async stop(): Promise<void> {
    if (this.#stage) await this.#engine.stop()
  }
}

/** A verdict as it crosses a boundary: names in snake_case, what is not known left out. */
export function verdictRow({ verdict, template }: Pick<Triaged, 'verdict' | 'template'>): object {
  return { ...wireVerdict(verdict), template_id: template.id }
}

export const wireVerdict = (v: Verdict) => ({
  severity: v.severity,
  category: v.category,
  component: v.component,
  needs_human: v.needsHuman,
  reason: v.reason,
  ...(v.evidence ? { evidence: v.evidence } : {}),
  ...(v.cause ? { cause: v.cause } : {}),
  ...(v.action ? { action: v.action } : {}),
  confidence: Math.round(v.confidence * 1000) / 1000,
  stage: v.stage,
})
