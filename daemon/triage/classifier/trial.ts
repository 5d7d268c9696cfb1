/** Weights on golden lines: what is judged is what people would be told, plain code and classifier together. */
import { setImmediate } from 'node:timers/promises'
import { systemClock } from '../../base/clock.js'
import { percentile } from '../../inference/trial.js'
import type { GoldenLine } from '../golden.js'
import { Triage } from '../triage.js'
import type { Verdict } from '../verdict.js'
import type { Classifier } from './classifier.js'

export interface WeightsFigures {
  answered: number
  /** Right ones of all, 0 to 1. */
  accuracy: number
  /** 95th percentile of one verdict, milliseconds. */
  p95Ms: number
}

/** Judged once before time is taken: the first lines of a program are slow, whatever weighs them. */
const FIRST = 30

/** Nothing was asked. */
export const NO_FIGURES: WeightsFigures = { answered: 0, accuracy: 0, p95Ms: 0 }

/**
 * A line takes a fraction of a millisecond, and others get their turn after each.
 * @throws the signal's reason
 */
export async function tryWeights(
  classifier: Classifier,
  rows: readonly GoldenLine[],
  signal: AbortSignal,
): Promise<WeightsFigures> {
  if (rows.length === 0) return NO_FIGURES
  const triage = new Triage({ classifier })
  const times: number[] = []
  let right = 0
  for (const { source, line } of rows.slice(0, FIRST)) {
    triage.unbiased(source, line)
    await setImmediate()
  }
  for (const row of rows) {
    signal.throwIfAborted()
    const began = systemClock.monotonic()
    const { verdict } = triage.unbiased(row.source, row.line)
    times.push(systemClock.monotonic() - began)
    if (isRight(row, verdict)) right++
    await setImmediate()
  }
  return { answered: times.length, accuracy: right / rows.length, p95Ms: percentile(times, 0.95) }
}

/** Of what thing a line speaks matters where something is the matter. */
export function isRight(row: GoldenLine, { severity, category, component }: Verdict): boolean {
  if (severity !== row.severity || category !== row.category) return false
  return severity === 'normal' || component === row.component
}
