/**
 * Plays the lines of an alarm flood through the incident desk and writes the lines at which a person is notified. The
 * verdict is naive: a line that raises is a warning of the process, a line of return is normal. Only `id`, `t`, `source`
 * and `line` are read. Every source is a plant with a desk of its own.
 *
 *   node dist/scripts/bench/flood.js --lines tep.jsonl --out notified.jsonl [--settings '{"alarm": {"offDelayMs": 300000}}']
 *
 *       [--summaries lines|none]
 *
 * A delay ends between two lines; the line that raised the alarm last stands for the notification. Where one notification
 * tells of several alarms, as the summary of a flood does, each of their lines is written; with `--summaries none` those of
 * summaries are not.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { IncidentDesk, type Occurrence } from '../../daemon/triage/incidents/desk.js'
import { DESK_DEFAULTS, type DeskSettings } from '../../daemon/triage/incidents/desk-settings.js'
import { identify } from '../../daemon/triage/incidents/identity.js'
import type { DeskEffect } from '../../daemon/triage/incidents/ledger.js'
import type { Verdict } from '../../daemon/triage/verdict.js'

export interface FloodLine {
  id: string
  t: string
  source: string
  line: string
}

/** Settings of which only some are given. */
export type SomeSettings = { [K in keyof DeskSettings]?: Partial<DeskSettings[K]> }

export interface FloodFigures {
  lines: number
  notifications: number
  /** Lines that a person was told of; more than notifications where several came at once. */
  told: string[]
  summaries: number
  incidents: number
  /** Notifications in any ten minutes. */
  mostInTenMinutes: number
  microsecondsPerLine: number
}

const NAIVE: Record<'raise' | 'return', Verdict> = {
  raise: {
    severity: 'warning',
    category: 'process_deviation',
    component: 'other',
    needsHuman: true,
    reason: 'It raises an alarm.',
    evidence: '',
    confidence: 0.5,
    stage: 'rule',
  },
  return: {
    severity: 'normal',
    category: 'normal',
    component: 'other',
    needsHuman: false,
    reason: 'It says that an alarm is over.',
    evidence: '',
    confidence: 0.5,
    stage: 'rule',
  },
}

/** @param lines in the order of time within each source */
export function playFlood(
  lines: readonly FloodLine[],
  some: SomeSettings = {},
  namesSummaries = true,
): FloodFigures {
  const figures = {
    lines: lines.length,
    notifications: 0,
    told: [] as string[],
    summaries: 0,
    incidents: 0,
    mostInTenMinutes: 0,
  }
  let recent: number[] = []
  const settings = Object.fromEntries(
    Object.entries(DESK_DEFAULTS).map(([key, value]) => {
      const given = some[key as keyof DeskSettings]
      return [key, typeof value === 'object' ? { ...value, ...(given as object) } : (given ?? value)]
    }),
  ) as unknown as DeskSettings
  const take = (effects: readonly DeskEffect[]) => {
    for (const { kind, at, incident, told } of effects) {
      if (kind === 'clear') figures.incidents++
      if (kind !== 'notify') continue
      recent = [...recent.filter(time => time > at - 600_000), at]
      figures.mostInTenMinutes = Math.max(figures.mostInTenMinutes, recent.length)
      figures.notifications++
      if (incident.kind === 'flood') figures.summaries++
      if (incident.kind === 'flood' && !namesSummaries) continue
      for (const { id } of told) if (id !== undefined) figures.told.push(id)
    }
  }
  const start = process.hrtime.bigint()
  for (const source of new Set(lines.map(l => l.source))) {
    const desk = new IncidentDesk(settings)
    recent = []
    // as the daemon does: when something is due, not when the next line comes
    const elapse = (until: number) => {
      for (let due = desk.nextDue(); due !== undefined && due <= until; due = desk.nextDue())
        take(desk.tick(due))
    }
    const own = lines.filter(l => l.source === source)
    for (const { id, t, line } of own) {
      const at = Date.parse(t)
      elapse(at)
      const { phase } = identify({ source, line })
      const verdict = phase === 'return' ? NAIVE.return : NAIVE.raise
      const occurrence: Occurrence = { id, at, source, line, verdict, phase }
      take(desk.occurrence(occurrence))
    }
    // what was raised at the end is told a little later
    elapse(Date.parse(own.at(-1)!.t) + 120_000)
    figures.incidents += desk.open().length
  }
  const microseconds = Number(process.hrtime.bigint() - start) / 1_000
  return { ...figures, microsecondsPerLine: microseconds / lines.length }
}

function main(): void {
  const { values } = parseArgs({
    options: {
      lines: { type: 'string' },
      out: { type: 'string' },
      settings: { type: 'string' },
      summaries: { type: 'string', default: 'lines' },
    },
  })
  if (!values.lines || !values.out) throw new Error('needs --lines F --out F')
  const lines = readFileSync(values.lines, 'utf8')
    .split('\n')
    .filter(l => l.trim() !== '')
    .map(l => JSON.parse(l) as FloodLine)
  const { told, ...figures } = playFlood(
    lines,
    values.settings ? JSON.parse(values.settings) : {},
    values.summaries === 'lines',
  )
  const unique = [...new Set(told)]
  writeFileSync(values.out, unique.map(id => `${JSON.stringify({ id, alert: true })}\n`).join(''))
  process.stdout.write(
    `${JSON.stringify({ ...figures, told: told.length, lines_written: unique.length }, null, 1)}\n`,
  )
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) main()
