/** `fieldmouse triage`: what each line is, how bad, of what thing, why and what to do. The daemon's own code, line by line. */
import { systemClock } from '../base/clock.js'
import { jsonLinesWriter, readJsonLines } from '../base/json-lines.js'
import { parse, z } from '../base/schema.js'
import { LineModel } from '../line-model.js'
import { Triage } from '../triage/triage.js'
import { isAlarm } from '../triage/verdict.js'
import { wireVerdict } from '../triage/wire.js'

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
  const model = options.model
    ? new LineModel({ file: options.model, clock: systemClock, threads: options.threads })
    : undefined
  const triage = new Triage(model ? { model } : {})
  const writer = jsonLinesWriter(options.out)
  const counts = { rows: 0, alarms: 0, stages: triage.counts }
  const write = async ({ id, source = '', line }: Row) => {
    const triaged = triage.recall(source, line) ?? (await triage.read(source, line, signal))
    if (isAlarm(triaged.verdict.severity)) counts.alarms++
    await writer.writeWhenRoom({ id, ...wireVerdict(triaged.verdict), template_id: triaged.template.id })
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
