import type { Gates } from '../format/target.js'
import { errors } from './errors.js'
import type { Figures } from './machine.js'
import type { Installed } from './slots.js'

/**
 * Runs a candidate's golden requests on this device and says how it did, beside the running model where memory allows. No
 * verdict: that is `judgeTrial`'s. Must not disturb who is being answered.
 */
export type Trial = (candidate: Installed, running: Installed, signal: AbortSignal) => Promise<Figures>

/** Fractions of per mille come from counting, not from doing worse. */
const ROUNDING = 1e-9

/** @returns why the gates stay shut; empty when they open */
export function judgeTrial(figures: Figures, gates: Gates): string[] {
  const reasons: string[] = []
  const perMille = (share: number) => Math.round(share * 1000)
  if (figures.answered < gates.min_answered)
    reasons.push(`${figures.answered} golden requests were answered, ${gates.min_answered} are needed`)
  if (!(figures.accuracy >= gates.min_accuracy_per_mille / 1000 - ROUNDING))
    reasons.push(`${perMille(figures.accuracy)} of 1,000 right, ${gates.min_accuracy_per_mille} are needed`)
  const { running } = figures
  const least = running ? running.accuracy - gates.max_accuracy_loss_per_mille / 1000 : 0
  if (running && !(figures.accuracy >= least - ROUNDING))
    reasons.push(
      `${perMille(figures.accuracy)} of 1,000 right, the running model has ${perMille(running.accuracy)}`,
    )
  if (gates.max_p95_ms !== undefined && !(figures.p95Ms <= gates.max_p95_ms))
    reasons.push(
      `95 of 100 answers within ${Math.round(figures.p95Ms)} ms, ${gates.max_p95_ms} ms are allowed`,
    )
  if (gates.max_memory_mib !== undefined && figures.memoryMib !== undefined)
    if (!(figures.memoryMib <= gates.max_memory_mib))
      reasons.push(
        `${Math.round(figures.memoryMib)} MiB at the peak, ${gates.max_memory_mib} MiB are allowed`,
      )
  return reasons
}

/** @throws trial_failed when a gate stays shut, and what the trial throws */
export async function trial(
  run: Trial,
  candidate: Installed,
  running: Installed,
  gates: Gates,
  signal: AbortSignal,
): Promise<Figures> {
  const figures = await run(candidate, running, signal)
  const reasons = judgeTrial(figures, gates)
  if (reasons.length > 0) throw errors.trial_failed({ reasons: reasons.join('; ') })
  return figures
}
