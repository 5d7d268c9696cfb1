import { jitter } from './random.js'

/** How waits between tries grow. All in milliseconds. */
export interface Backoff {
  firstMs: number
  maxMs: number
  /** Each wait is this many times the one before. */
  factor: number
}

/**
 * The wait before try number `attempt` (0 = the first retry): exponential, capped, with "equal jitter" (half fixed,
 * half random) so that a fleet that lost its broker does not come back in step.
 */
export function waitMs(backoff: Backoff, attempt: number, random: () => number = jitter): number {
  const full = Math.min(backoff.maxMs, backoff.firstMs * backoff.factor ** Math.min(attempt, 30))
  return Math.round(full / 2 + (random() * full) / 2)
}
