/** How a model does in use: counted all the time, judged while a new one is on probation. Pure but for what it is told. */

export type HealthEvent =
  /** One request answered; what the caller waited for the model, milliseconds. */
  | { what: 'answered'; ms: number }
  /** A request failed for the model's sake: no answer, malformed, refused for low confidence where it used to be sure. */
  | { what: 'error' }
  /** The process that holds the model died. */
  | { what: 'crash' }

export interface HealthLimits {
  /** Judged from so many requests on; crashes count at once. */
  minRequests: number
  /** Share of errors above that of the model before. 0 to 1. */
  maxMoreErrors: number
  /** p95 against that of the model before. */
  maxP95Factor: number
  /** So many crashes within the window are too many. */
  mostCrashes: number
}

export const DEFAULT_HEALTH: HealthLimits = {
  minRequests: 20,
  maxMoreErrors: 0.1,
  maxP95Factor: 2,
  mostCrashes: 2,
}

export interface HealthFigures {
  requests: number
  errors: number
  crashes: number
  p95Ms: number | undefined
}

/** Enough for a p95, little enough to forget last week. */
const KEPT = 500

export class Health {
  #times: number[] = []
  #errors = 0
  #answered = 0
  #crashes = 0

  note(event: HealthEvent): void {
    if (event.what === 'crash') this.#crashes++
    else if (event.what === 'error') this.#errors++
    else {
      this.#answered++
      this.#times.push(event.ms)
      if (this.#times.length > KEPT) this.#times.shift()
    }
  }

  figures(): HealthFigures {
    const sorted = [...this.#times].sort((a, b) => a - b)
    return {
      requests: this.#answered + this.#errors,
      errors: this.#errors,
      crashes: this.#crashes,
      p95Ms: sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))],
    }
  }
}

/** @returns why the new model does worse, or undefined */
export function judgeHealth(
  before: HealthFigures,
  now: HealthFigures,
  limits: HealthLimits,
): string | undefined {
  if (now.crashes >= limits.mostCrashes) return `its process died ${now.crashes} times`
  if (now.requests < limits.minRequests) return undefined
  const share = now.errors / now.requests
  const shareBefore = before.requests > 0 ? before.errors / before.requests : 0
  if (share > shareBefore + limits.maxMoreErrors)
    return `${now.errors} of ${now.requests} requests failed, ${Math.round(shareBefore * 100)} of 100 before`
  if (
    before.p95Ms !== undefined &&
    before.requests >= limits.minRequests &&
    now.p95Ms !== undefined &&
    now.p95Ms > before.p95Ms * limits.maxP95Factor
  )
    return `95 of 100 answers within ${Math.round(now.p95Ms)} ms, ${Math.round(before.p95Ms)} ms before`
  return undefined
}
