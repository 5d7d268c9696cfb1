/** Times a model with several thread counts. Runs in the child, on whatever can evaluate tokens. */
import { systemClock } from '../base/clock.js'
import type { TokenModel } from './decode.js'
import type { ThreadTrial, TrialOptions } from './protocol.js'

/** A model opened with so many threads; `dispose` gives its context back. */
export interface OpenModel {
  model: TokenModel
  dispose(): Promise<void>
}

/** A thread count is known after so many rounds, or when its share of the time is used up. */
const MOST_ROUNDS = 5
/** A count that is so far behind need not be timed to the end: spinning threads take seconds on a busy board. */
const HOPELESS = 3

/**
 * Each count reads a prompt and writes an answer, several times. The mean counts, not the best: threads of llama.cpp
 * wait by spinning, and one that is preempted holds up all. Stops at the first count that is slower than one before it,
 * unless `exhaustive`.
 * @param start tokens that every prompt begins with
 * @param vocabulary token ids are below it
 */
export async function timeThreads(
  open: (threads: number) => Promise<OpenModel>,
  start: readonly number[],
  vocabulary: number,
  options: TrialOptions,
): Promise<ThreadTrial[]> {
  const { counts, outputTokens, budgetMs, exhaustive } = options
  // what the tokens are does not matter for speed; one prompt is like another
  const prompt = [
    ...start,
    ...Array.from(
      { length: options.promptTokens },
      (_, i) => 16 + ((i * 7919) % Math.max(1, vocabulary - 16)),
    ),
  ]
  const trials: ThreadTrial[] = []
  const share = budgetMs / counts.length
  for (const threads of counts) {
    const best = Math.min(...trials.map(trial => trial.ms))
    const mostMs = exhaustive ? Infinity : best * HOPELESS
    const { model, dispose } = await open(threads)
    const rounds: { readMs: number; writeMs: number; written: number }[] = []
    try {
      let used = 0
      for (let round = -1; round < MOST_ROUNDS && (rounds.length === 0 || used < share); round++) {
        const timed = await oneRound(model, prompt, outputTokens, mostMs)
        const ms = timed.readMs + timed.writeMs
        used += ms
        // the first round warms up, where there is time for one that does not count
        if (round >= 0 || used > share) rounds.push(timed)
        // five such rounds say no more than one: it would have to be three times as fast in all others
        if (rounds.length > 0 && ms >= mostMs) break
      }
    } finally {
      await dispose()
    }
    const sum = (of: (round: (typeof rounds)[number]) => number) =>
      rounds.reduce((n, round) => n + of(round), 0)
    const readMs = sum(r => r.readMs) / rounds.length
    const tokenMs =
      sum(r => r.writeMs) /
      Math.max(
        1,
        sum(r => r.written),
      )
    const trial = {
      threads,
      prefillTps: (prompt.length / readMs) * 1000,
      decodeTps: 1000 / tokenMs,
      ms: readMs + tokenMs * (outputTokens - 1),
    }
    trials.push(trial)
    if (!exhaustive && trial.ms > best) break
  }
  return trials
}

async function oneRound(model: TokenModel, prompt: readonly number[], outputTokens: number, mostMs: number) {
  await model.keep([-1])
  const began = systemClock.monotonic()
  let next = [(await model.choose(prompt)).token]
  const read = systemClock.monotonic()
  let written = 0
  while (written < outputTokens - 1 && systemClock.monotonic() - began < mostMs) {
    next = [(await model.choose(next)).token]
    written++
  }
  return { readMs: read - began, writeMs: systemClock.monotonic() - read, written }
}

/** More threads must be this much faster: they fight over cores with everything else on the board. */
const WORTH_MORE_THREADS = 0.92
/** For models that answer in a wink (decision 0005): a spinning thread that is preempted costs more than it brings. */
const WORTH_MORE_FOR_SMALL = 0.75
const WINK_MS = 2
/** How much slower fewer threads may be where energy counts and cannot be measured. */
const THRIFT = 1.25

/**
 * The count of threads to take.
 * @param trials by growing count, at least one
 */
export function chooseThreads(trials: readonly ThreadTrial[], energy: 'speed' | 'thrift' = 'speed'): number {
  const [first, ...more] = trials
  if (!first) return 1
  if (energy === 'thrift') {
    const least = Math.min(...trials.map(t => t.ms))
    return trials.find(t => t.ms <= least * THRIFT)!.threads
  }
  const worth = 1000 / first.decodeTps < WINK_MS ? WORTH_MORE_FOR_SMALL : WORTH_MORE_THREADS
  return more.reduce((chosen, trial) => (trial.ms < chosen.ms * worth ? trial : chosen), first).threads
}
