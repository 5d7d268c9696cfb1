/** `fieldmouse doctor`: what this board is, what it is to run and why, and every check with its remedy. Changes nothing. */

import { packageVersion } from '../base/package-root.js'
import { type Explained, explain } from '../board/explain.js'
import type { Flags } from '../config/environment.js'
import { type LoadedConfig, loadConfig } from '../config/load.js'
import type { Config } from '../config/schema.js'
import { surveyFor } from '../survey.js'
import { type Check, failed, ok, snakeKeys } from './doctor/check.js'
import {
  checkBoard,
  checkBroker,
  checkData,
  checkEngine,
  checkHome,
  checkInstalled,
  checkModel,
  checkNode,
} from './doctor/checks.js'
import { checkSources } from './doctor/sources.js'
import { checkSpeech } from './doctor/speech.js'
import { checkUpdates } from './doctor/updates.js'

/** What doctor found. Names are those of the JSON. */
export interface DoctorReport {
  /** False when any check failed. Warnings do not count. */
  ok: boolean
  version: string
  board: unknown
  profile: { name: string; by: string; because: string }
  plan: unknown
  config: { file: string | null; overrides: Record<string, string>; id: string; data_dir: string }
  broker: { kind: string; address: string; program: string | null }
  checks: Check[]
  /** What it saw, decided, ruled out and measured, and what to change. */
  explained: Explained
}

/**
 * Looks at everything. What is broken is a failed check, not an exception.
 * @param options.root where /proc and /sys are; for recorded boards
 */
export async function doctor(options: {
  flags?: Flags
  signal: AbortSignal
  root?: string
  architecture?: string
}): Promise<DoctorReport> {
  const { flags = {}, signal, ...where } = options
  const { loaded, check: configCheck } = readConfig(flags)
  const { config } = loaded
  const board = await surveyFor(config, where)
  const { facts, match, plan } = board
  const [engine, model, installed, home, data, broker, sources, speech, updates] = await Promise.all([
    checkEngine(facts.architecture),
    checkModel(config, board),
    checkInstalled(board, config.dataDir),
    checkHome(config),
    checkData(config.dataDir),
    checkBroker(config, signal),
    checkSources(config),
    checkSpeech(config, signal),
    checkUpdates(config, signal),
  ])
  const checks = [
    checkNode(process.versions.node),
    configCheck,
    ...loaded.warnings.map(says => ({
      name: 'variable',
      status: 'warn' as const,
      says,
      remedy: 'Correct or unset it.',
    })),
    ...checkBoard(board),
    engine,
    model,
    ...installed,
    home,
    data,
    ...broker.checks,
    ...sources,
    ...speech,
    ...updates,
  ]
  const { file = null, overrides } = loaded
  return {
    ok: checks.every(check => check.status !== 'fail'),
    version: packageVersion(),
    board: snakeKeys(facts),
    profile: { name: match.profile.name, by: match.by, because: match.because },
    plan: snakeKeys(plan),
    config: { file, overrides: Object.fromEntries(overrides), id: config.id, data_dir: config.dataDir },
    broker: broker.choice,
    checks,
    explained: explain(board),
  }
}

/** With a broken configuration the rest is looked at with the defaults. */
function readConfig(flags: Flags): { loaded: LoadedConfig; check: Check } {
  try {
    const loaded = loadConfig({ flags })
    return { loaded, check: ok('config', sourceOf(loaded.file, loaded.overrides.size, loaded.config)) }
  } catch (error) {
    return { loaded: loadConfig({ env: {} }), check: failed('config', error) }
  }
}

function sourceOf(file: string | undefined, overrides: number, { id }: Config): string {
  const from = file ?? 'no file, so the defaults and the demo home'
  return `${id}: ${from}${overrides ? `; ${overrides} option(s) from environment and flags` : ''}`
}

/** Sections under their headings; one that has nothing to say is left out. */
function sayExplained({ saw, plan, excluded, measured, change }: Explained): string[] {
  const sections: [string, readonly string[]][] = [
    ['Board', saw],
    ['Plan', plan],
    ['Ruled out', excluded],
    ['Measured', measured],
    ['To change', change],
  ]
  return sections
    .filter(([, lines]) => lines.length > 0)
    .flatMap(([heading, lines]) => [heading, ...lines.map(line => `  ${line}`)])
}

/** The report for people. */
export function sayDoctor(report: DoctorReport): string {
  const marks = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' }
  const width = Math.max(...report.checks.map(check => check.name.length))
  const checks = report.checks.flatMap(({ name, status, says, remedy }) => [
    `  ${marks[status]}  ${name.padEnd(width)}  ${says}`,
    ...(remedy ? [`        ${' '.repeat(width)}  -> ${remedy}`] : []),
  ])
  const bad = report.checks.filter(check => check.status === 'fail').length
  const warnings = report.checks.filter(check => check.status === 'warn').length
  const verdict = bad
    ? `${bad} check(s) failed.`
    : warnings
      ? `It will work; ${warnings} warning(s).`
      : 'All is well.'
  return [`fieldmouse ${report.version}`, ...sayExplained(report.explained), '', ...checks, '', verdict].join(
    '\n',
  )
}
