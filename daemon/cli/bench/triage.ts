/**
 * `fieldmouse bench triage`: how fast lines and numbers are judged, beside a plain Drain on the same lines in the same run.
 * In this process, on lines of invented programs (log-lines.ts). Rates are of processor time, garbage collection included,
 * so that a machine which has other work at the same time distorts them little.
 */
import { cpus, totalmem } from 'node:os'
import { systemClock } from '../../base/clock.js'
import { packageVersion } from '../../base/package-root.js'
import type { Board } from '../../board/board.js'
import { loadConfig } from '../../config/load.js'
import { lineModelFile } from '../../line-model.js'
import { surveyFor } from '../../survey.js'
import { HeapGauge } from './stopwatch.js'
import { type AgreementFigures, benchAgreement } from './triage-agreement.js'
import { benchKnown, benchMixed, type KnownFigures, type MixedFigures } from './triage-known.js'
import {
  benchFlood,
  benchMemory,
  benchModel,
  benchPlain,
  type FloodFigures,
  type MemoryFigures,
  modelOf,
  type NovelFigures,
} from './triage-novel.js'
import { benchNumbers, type NumbersFigures } from './triage-numbers.js'

/** All figures of one run. Ratios compare figures of this run only. */
export interface TriageBench {
  version: string
  date: string
  machine: { cpu: string; cores: number; memory_gib: number; node: string; platform: string }
  known: KnownFigures
  mixed: MixedFigures
  agreement: AgreementFigures
  novel: NovelFigures
  memory: MemoryFigures
  numbers: NumbersFigures
  flood: FloodFigures
}

/** Twenty new templates among them. */
const MOST_MIXED = 200_000

/** Runs all measurements. @param progress told what is being measured */
export async function benchTriage(
  { lines }: { lines: number },
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<TriageBench> {
  const { config } = loadConfig({})
  const gauge = new HeapGauge()
  // memory first, on a heap that nothing has filled yet
  progress('memory of templates')
  const memory = benchMemory(lines, gauge)
  progress('a thousand numbers')
  const board: Board | undefined = await surveyFor(config, { quick: true }).catch(() => undefined)
  const numbers = benchNumbers(Math.max(2, Math.min(600, Math.ceil(lines / 1_000))), board, gauge)
  const known = await benchKnown(lines, progress, signal)
  progress('new templates: plain code')
  const plain_code = benchPlain(lines)
  const threads = config.model.threads === 'auto' ? 1 : config.model.threads
  const model = modelOf(lineModelFile(config), threads)
  try {
    progress(`new templates: ${model ? 'the line model' : 'no line model here'}`)
    const line_model = await benchModel(lines, model, signal)
    progress('known templates with new ones among them')
    const mixed = await benchMixed(Math.min(lines, MOST_MIXED), model, signal)
    progress('memory against plain code')
    const agreement = await benchAgreement(lines, signal)
    progress('a flood of new templates')
    const flood = await benchFlood(lines, gauge, signal)
    return {
      version: packageVersion(),
      date: new Date(systemClock.now()).toISOString().slice(0, 10),
      machine: {
        cpu: cpus()[0]?.model.trim() ?? 'unknown',
        cores: cpus().length,
        memory_gib: Math.round(totalmem() / 2 ** 30),
        node: process.version,
        platform: `${process.platform}-${process.arch}`,
      },
      known,
      mixed,
      agreement,
      novel: { plain_code, line_model },
      memory,
      numbers,
      flood,
    }
  } finally {
    await model?.stop()
  }
}
