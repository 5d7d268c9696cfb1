/** `fieldmouse triage`: what each line is, how bad, of what thing, why and what to do. The daemon's own code, line by line. */

import { systemClock } from '../base/clock.js'
import { jsonLinesWriter } from '../base/json-lines.js'
import type { ModelFiles } from '../inference/model-files.js'
import { LineModel } from '../line-model.js'
import type { Classifier } from '../triage/classifier/classifier.js'
import { IncidentDesk } from '../triage/incidents/desk.js'
import type { DeskEffect } from '../triage/incidents/ledger.js'
import { Triage, type Triaged } from '../triage/triage.js'
import { isAlarm } from '../triage/verdict.js'
import { wireVerdict } from '../triage/wire.js'
import { type LineRow as Row, readLineRows } from './line-rows.js'

export interface TriageFileOptions {
  in: string
  out: string
  /** Told when the input is a log as it is, not rows. */
  onPlain?: () => void
  /** File for the notifications that the lines amount to; absent for none. */
  incidents?: string
  /** The line model; absent for plain code alone. */
  model?: ModelFiles
  /** 0 measures. */
  threads: number
  /** Weighs the verdicts of plain code; absent for plain code alone. */
  classifier?: Classifier
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
  const { classifier } = options
  const triage = new Triage({ ...(model ? { model } : {}), ...(classifier ? { classifier } : {}) })
  const writer = jsonLinesWriter(options.out)
  const desks =
    options.incidents === undefined ? undefined : new BatchDesks(jsonLinesWriter(options.incidents))
  const counts = { rows: 0, alarms: 0, stages: triage.counts }
  const write = async ({ id, source = '', line, t }: Row) => {
    const triaged = triage.recall(source, line) ?? (await triage.read(source, line, signal))
    if (isAlarm(triaged.verdict.severity)) counts.alarms++
    await desks?.take(String(id), source, line, t, triaged)
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
    for await (const row of readLineRows(options.in, () => options.onPlain?.())) {
      signal.throwIfAborted()
      counts.rows++
      if (!held) await write(row)
      else if (held.push(row) === HELD_ROWS) {
        await release(held)
        held = undefined
      }
    }
    if (held) await release(held)
    await desks?.end()
  } finally {
    await writer.close()
    await desks?.close()
    await model?.stop()
  }
  return counts
}

/** Without a time of its own a line comes a second after the one before it. */
const STEP_MS = 1_000
/** What was raised by the last lines is told a little later. */
const AFTER_MS = 3_600_000

/** The incident desk over a file: each source is a plant of its own, as files hold them one after the other. */
class BatchDesks {
  readonly #writer: ReturnType<typeof jsonLinesWriter>
  readonly #told = new Set<string>()
  readonly #desks = new Map<string, { desk: IncidentDesk; at: number }>()

  constructor(writer: ReturnType<typeof jsonLinesWriter>) {
    this.#writer = writer
  }

  async take(
    id: string,
    source: string,
    line: string,
    t: string | undefined,
    triaged: Triaged,
  ): Promise<void> {
    const own = this.#desks.get(source) ?? { desk: new IncidentDesk(), at: 0 }
    this.#desks.set(source, own)
    const said = t === undefined ? Number.NaN : Date.parse(t)
    const at = Math.max(own.at, Number.isNaN(said) ? own.at + STEP_MS : said)
    await this.#elapse(own.desk, at)
    own.at = at
    const { verdict, template, start } = triaged
    await this.#tell(
      own.desk.occurrence({
        id,
        at,
        source,
        line,
        message: line.slice(start),
        templateId: template.id,
        verdict,
      }),
    )
  }

  async end(): Promise<void> {
    for (const { desk, at } of this.#desks.values()) await this.#elapse(desk, at + AFTER_MS)
  }

  close(): Promise<void> {
    return this.#writer.close()
  }

  async #elapse(desk: IncidentDesk, until: number): Promise<void> {
    for (let due = desk.nextDue(); due !== undefined && due <= until; due = desk.nextDue())
      await this.#tell(desk.tick(due))
  }

  async #tell(effects: readonly DeskEffect[]): Promise<void> {
    for (const { kind, at, incident, because, told } of effects) {
      if (kind !== 'notify') continue
      for (const { id } of told) {
        // told again later, it is the same line: a row says that a person heard of it
        if (id === undefined || this.#told.has(id)) continue
        this.#told.add(id)
        await this.#writer.writeWhenRoom({
          id,
          at: new Date(at).toISOString(),
          n: incident.n,
          severity: incident.severity,
          summary: incident.summary,
          because,
        })
      }
    }
  }
}
