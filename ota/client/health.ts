/**
 * How a model does in use: counted all the time, judged while a new one is on probation. Pure but for what it is told.
 *
 * Errors and crashes are the model's own. Time is not: a board that compiles, backs up or gets hot answers two to five times
 * later, whatever the model. Hence a model is too slow only where all of these say so:
 * - people can notice it: 95 of 100 answers come a tenth of a second later than before, or more;
 * - even its fastest stretch of 20 answers is slower than what was usual before: load comes and goes, a model stays;
 * - there were three stretches;
 * - the trial, which asked both models the same on this board, saw it as well. Where the trial saw none of it, the board is the
 *   likelier reason, and only what breaks off a conversation goes back: five times as long, and a second more.
 *
 * Simulated (test/ota/client/slow-or-busy.test.ts: 200 answers before, up to 120 after): of models that are no slower 0 to 2 of 100
 * go back on a board that gets busy, where p95 over 20 answers alone sent 47 to 100 of them; of models four times as slow 94 to
 * 100 of 100 are found where the board was quiet before, 47 to 100 where it was as busy before, and hid what was usual.
 * @source Nielsen, Usability Engineering (1993), ch. 5, "Response times": 0.1 s feels instantaneous, 1 s keeps the flow of thought
 */

export type HealthEvent =
  /** One request answered. `ms`: what the model took, without any queue; left out while the daemon itself slowed it down. */
  | { what: 'answered'; ms?: number }
  /** A request failed for the model's sake: no answer, malformed, refused for low confidence where it used to be sure. */
  | { what: 'error' }
  /** The process that holds the model died. */
  | { what: 'crash' }

export interface HealthLimits {
  /** Errors are judged from so many requests on, and a model before that answered fewer is no measure; crashes count at once. */
  minRequests: number
  /** Share of errors above that of the model before. 0 to 1. */
  maxMoreErrors: number
  /** Stretches of answers until its time is judged. */
  minStretches: number
  /** Time against that of the model before. */
  maxSlowdown: number
  /** p95 above that of the model before which nobody notices, milliseconds. */
  unnoticedMs: number
  /** The same two where the trial saw no such slowdown. */
  unseen: { maxSlowdown: number; unnoticedMs: number }
  /** So many crashes within the window are too many. */
  mostCrashes: number
}

export const DEFAULT_HEALTH: HealthLimits = {
  minRequests: 20,
  maxMoreErrors: 0.1,
  minStretches: 3,
  maxSlowdown: 2,
  unnoticedMs: 100,
  unseen: { maxSlowdown: 5, unnoticedMs: 1_000 },
  mostCrashes: 2,
}

export interface HealthFigures {
  requests: number
  errors: number
  crashes: number
  /** Answers whose time is known, of those that are remembered. */
  timed: number
  /** Median and 95th percentile of these, milliseconds. */
  medianMs: number | undefined
  p95Ms: number | undefined
  /** Whole stretches of answers, and the median of the fastest. */
  stretches: number
  bestMs: number | undefined
}

/** What the trial measured on this board, one model after the other, the same requests. */
export interface TriedTimes {
  p95Ms: number
  running?: { p95Ms: number } | undefined
}

/** Enough for a p95, little enough to forget last week. */
const KEPT = 500
/** Long enough for a median that says something, short enough to fall between two bursts of load. */
const STRETCH = 20

export class Health {
  #times: number[] = []
  #stretch: number[] = []
  #stretches = 0
  #best: number | undefined
  #errors = 0
  #answered = 0
  #crashes = 0

  note(event: HealthEvent): void {
    if (event.what === 'crash') this.#crashes++
    else if (event.what === 'error') this.#errors++
    else {
      this.#answered++
      if (event.ms !== undefined) this.#took(event.ms)
    }
  }

  #took(ms: number): void {
    this.#times.push(ms)
    if (this.#times.length > KEPT) this.#times.shift()
    this.#stretch.push(ms)
    if (this.#stretch.length < STRETCH) return
    const median = at(0.5, this.#stretch)!
    this.#best = Math.min(this.#best ?? median, median)
    this.#stretches++
    this.#stretch = []
  }

  figures(): HealthFigures {
    return {
      requests: this.#answered + this.#errors,
      errors: this.#errors,
      crashes: this.#crashes,
      timed: this.#times.length,
      medianMs: at(0.5, this.#times),
      p95Ms: at(0.95, this.#times),
      stretches: this.#stretches,
      bestMs: this.#best,
    }
  }
}

/** The smallest value that at least `share` of all do not exceed; undefined of none. */
function at(share: number, values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
}

/**
 * @param tried what the trial measured, where it asked both models
 * @returns why the new model does worse, or undefined
 */
export function judgeHealth(
  before: HealthFigures,
  now: HealthFigures,
  limits: HealthLimits,
  tried?: TriedTimes,
): string | undefined {
  if (now.crashes >= limits.mostCrashes) return `its process died ${now.crashes} times`
  if (now.requests < limits.minRequests) return undefined
  const share = now.errors / now.requests
  const shareBefore = before.requests > 0 ? before.errors / before.requests : 0
  if (share > shareBefore + limits.maxMoreErrors)
    return `${now.errors} of ${now.requests} requests failed, ${Math.round(shareBefore * 100)} of 100 before`
  return isSlower(before, now, limits, tried)
    ? `95 of 100 answers within ${Math.round(now.p95Ms!)} ms, ${Math.round(before.p95Ms!)} ms before`
    : undefined
}

function isSlower(
  before: HealthFigures,
  now: HealthFigures,
  limits: HealthLimits,
  tried: TriedTimes | undefined,
): boolean {
  const [usual, p95Before] = [before.medianMs, before.p95Ms]
  const [best, p95] = [now.bestMs, now.p95Ms]
  if (usual === undefined || p95Before === undefined || best === undefined || p95 === undefined) return false
  if (before.timed < limits.minRequests || now.stretches < limits.minStretches) return false
  const wasSeen = !tried?.running || tried.p95Ms >= tried.running.p95Ms * limits.maxSlowdown
  const { maxSlowdown, unnoticedMs } = wasSeen ? limits : limits.unseen
  return best > usual * maxSlowdown && p95 > p95Before * maxSlowdown && p95 - p95Before > unnoticedMs
}
