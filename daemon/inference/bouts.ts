/**
 * A trial in the place of the model that answers, bout by bout: whoever asks meanwhile waits for the end of a bout, not of
 * the trial. Between two bouts the running model is loaded and answers all of them.
 *
 *   running  answers ──┐            ┌─ answers all ─┐            ┌─ answers
 *   new                └─ bout, 1 ──┘               └─ bout, 2 ──┘
 *   people             ask, wait 1 s                             (five at most, then another time)
 */
import { sleep, systemClock } from '../base/clock.js'
import { errors } from './errors.js'

export interface BoutOptions {
  signal: AbortSignal
  /** Of who has waited longest, milliseconds. Default: nobody waits. */
  waitingMs?: (() => number) | undefined
  /** Whether somebody is being answered. Default never. */
  isBusy?: (() => boolean) | undefined
  wait?: typeof sleep
}

/** Loading both models takes longer than most bouts: with more of them people would wait more in all. */
export const MOST_BOUTS = 5
/** Whoever waits longer is answered first. @source Nielsen, Usability Engineering (1993), ch. 5: 1 s keeps the flow of thought */
const MOST_WAIT_MS = 1_000
/** Loading alone takes about a second: on a board that is asked all the time a bout would end before its first request. */
const LEAST_MS = 500
/** Between two bouts: until all are answered, and on a board that is never quiet not for ever. */
const REST_MS = 250
const MOST_REST_MS = 10_000

/**
 * @param first what is known before the first bout
 * @param size golden requests in all
 * @param bout loads the candidate alone and goes on from there, until all are asked or it is wanted
 * @throws trial_disturbed when five bouts were too few, what a bout throws, the signal's reason
 */
export async function inBouts<T extends { asked: number }>(
  first: T,
  size: number,
  bout: (from: T, isWanted: () => boolean) => Promise<T>,
  { signal, waitingMs = () => 0, isBusy = () => false, wait = sleep }: BoutOptions,
): Promise<T> {
  let soFar = first
  for (let n = 1; ; n++) {
    soFar = await bout(soFar, () => waitingMs() > MOST_WAIT_MS)
    signal.throwIfAborted()
    if (soFar.asked >= size) return soFar
    if (n === MOST_BOUTS)
      throw errors.trial_disturbed({
        problem: `people asked too often: ${soFar.asked} of ${size} golden requests in ${n} bouts`,
      })
    for (let ms = 0; ms < REST_MS || (ms < MOST_REST_MS && isBusy()); ms += REST_MS)
      await wait(REST_MS, signal)
  }
}

/** Nothing is wanted in the first half second. */
export function atLeastAWhile(isWanted: () => boolean): () => boolean {
  const began = systemClock.monotonic()
  return () => systemClock.monotonic() - began >= LEAST_MS && isWanted()
}
