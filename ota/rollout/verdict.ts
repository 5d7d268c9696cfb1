/** How one device stands in a rollout, by what it last said. Pure, and made anew each time: nothing is remembered of a device. */
import type { RolloutPlan, Verdict } from '../format/rollout.js'
import { type DeviceFacts, toldOf } from './facts.js'

export interface Standing {
  is: Verdict
  /** Why, where there is something to say. */
  code?: string
  says?: string
  /** Which wave it was told in, and when; absent for one that was not told to take the model. */
  told?: { wave: number; atMs: number }
}

/**
 * What is told right after something new was desired may still speak of what was before: a refusal counts once it has stood
 * for so long, milliseconds.
 */
export const SETTLE_MS = 5_000

/** Codes of `ota/client/check.ts` by which a device says that it can not take the model, or may not. */
const REJECTIONS = new Set([
  'pinned',
  'held',
  'wrong_family',
  'wrong_board',
  'too_large',
  'engine_too_old',
  'base_missing',
  'older',
])
/** It is not there yet, or no more: a mirror may be late, so it is given as long as any trouble. */
const NOT_THERE = new Set(['not_offered', 'nothing_offered', 'other_hash'])

export const IN_PROGRESS: ReadonlySet<Verdict> = new Set(['told', 'busy', 'watched'])
export const ENDED: ReadonlySet<Verdict> = new Set(['done', 'failed', 'rolled_back', 'timed_out', 'rejected'])

export function standingOf(
  facts: DeviceFacts,
  plan: RolloutPlan,
  nowMs: number,
  settleMs = SETTLE_MS,
): Standing {
  const { model, name } = plan
  const id = toldOf(facts, name)
  const told = id?.what === 'take' ? { told: { wave: id.wave, atMs: id.atMs } } : {}
  const mine = facts.models[model.family]
  const disbelief = disbeliefIn(facts, plan)
  const runsIt = mine?.running.sha256 === model.sha256
  if (runsIt && !mine.running.probation && disbelief === undefined) return { is: 'done', ...told }
  if (id?.what !== 'take') return { is: 'waiting' }
  // what it said before it was told is no answer
  const isAnswer = facts.answers === facts.desired?.id || facts.desired === undefined
  const stoodMs = mine === undefined ? 0 : nowMs - mine.sinceMs
  const why = mine?.reason ? { code: mine.reason.code, says: mine.reason.message } : {}
  const isInTrouble =
    mine !== undefined &&
    (mine.state === 'failed' || (mine.state === 'idle' && NOT_THERE.has(why.code ?? '')))
  if (mine?.bad.includes(model.sha256)) return { is: 'rolled_back', ...why, ...told }
  if (isAnswer && facts.desiredProblem !== undefined)
    return { is: 'rejected', code: 'desired_unreadable', says: facts.desiredProblem, ...told }
  if (isAnswer && mine?.state === 'idle' && stoodMs >= settleMs && REJECTIONS.has(why.code ?? ''))
    return { is: 'rejected', ...why, ...told }
  if (isAnswer && isInTrouble && stoodMs >= plan.failed_minutes * 60_000)
    return { is: 'failed', ...why, ...told }
  const fromMs = Math.max(id.atMs, plan.not_before === undefined ? 0 : Date.parse(plan.not_before))
  if (nowMs - fromMs >= plan.timeout_minutes * 60_000)
    return isAnswer && isInTrouble
      ? { is: 'failed', ...why, ...told }
      : timedOut(facts, told, runsIt ? disbelief : undefined)
  if (disbelief !== undefined && runsIt) return { is: 'busy', ...disbelief, ...told }
  if (runsIt) return { is: 'watched', ...told }
  if (isAnswer && mine !== undefined && (mine.candidate === model.sha256 || mine.state !== 'idle'))
    return { is: 'busy', ...(mine.waitingFor ? { says: `waits for ${mine.waitingFor}` } : why), ...told }
  return { is: 'told', ...told }
}

function timedOut(facts: DeviceFacts, told: object, disbelief?: { code: string; says: string }): Standing {
  const says =
    facts.presence === 'offline' || facts.presence === 'unknown'
      ? 'it was not heard of'
      : 'it did not come to an end in time'
  return { is: 'timed_out', ...(disbelief ?? { code: 'timed_out', says }), ...told }
}

/** Why a device that says it runs the model is not believed, if so. */
function disbeliefIn(
  { reports }: DeviceFacts,
  { reports: how, model }: RolloutPlan,
): { code: string; says: string } | undefined {
  if (how === 'ignored') return undefined
  const report = reports[model.family]
  if (report?.belief === 'bad')
    return { code: 'report_not_believed', says: report.problem ?? 'its report is not signed with its key' }
  if (how === 'checked' && report?.belief !== 'good') return undefined
  if (report === undefined || report.belief === 'no_key')
    return { code: 'report_missing', says: 'no report came that is signed with a key that is known here' }
  // the report may be on its way
  if (report.sha256 !== model.sha256)
    return { code: 'report_differs', says: 'its signed report names another model' }
  return undefined
}
