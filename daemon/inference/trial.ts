/**
 * Runs a model over golden requests and says how it did. No verdict: gates are `ota/client/trial.ts`'s.
 *
 * What is compared: both models get the same requests in the same order, one at a time, with as many threads as the
 * running one has now; times are those of inference, without any queue. The candidate has one sequence and the lowest
 * priority. On a board that is busy its times are therefore an upper bound; on a quiet one priority changes nothing.
 */
import { readFile } from 'node:fs/promises'
import { sleep, systemClock } from '../base/clock.js'
import { codeOf, describe, FieldmouseError } from '../base/errors.js'
import { atLeastAWhile, inBouts } from './bouts.js'
import type { Completion, Engine } from './engine.js'
import { errors } from './errors.js'
import type { Golden } from './golden.js'
import type { ModelFiles } from './model-files.js'
import type { OwnedEngine } from './tenant.js'

export type { Golden } from './golden.js'

export interface TrialFigures {
  /** Requests to which there was an answer, right or wrong. */
  answered: number
  /** Right ones of all that were asked, 0 to 1. */
  accuracy: number
  /** 95th percentile of inference for one request, milliseconds; the smallest time that at least 95 of 100 kept. */
  p95Ms: number
  /** Peak resident memory of the process, weights included; absent where the system does not tell. */
  memoryMib?: number
}

export interface TryOptions {
  /** Pause after a request, as a share of the time that it took. Default 0. */
  restShare?: number
  /** All requests together. Default 30 minutes. */
  mostMs?: number
  /** Whether somebody else is being answered: they go first, for up to a second before each request. Default never. */
  isBusy?: () => boolean
}

/** What is asked, and what can be known of its process. */
export type TriedEngine = Engine & Partial<Pick<OwnedEngine, 'pid' | 'losses' | 'childRssBytes'>>

const MOST_MS = 30 * 60_000
/** A process that dies once may have been in somebody's way; one that dies again does not run here. */
const MOST_LOSSES = 1
const BUSY_LOOK_MS = 20
const MOST_BUSY_MS = 1_000
/** No answer from these is no fault of the request: nothing goes on without an engine. */
const WITHOUT_ENGINE = ['engine_stopped', 'engine_unavailable', 'model_on_trial']

/** What is known of a model after some of its golden requests. */
export interface SoFar {
  /** The first so many were asked. */
  asked: number
  right: number
  /** Of each answer, milliseconds of inference. */
  times: readonly number[]
  losses: number
  usedMs: number
  lastProblem: string
  peakBytes?: number
}

export const NOTHING_YET: SoFar = { asked: 0, right: 0, times: [], losses: 0, usedMs: 0, lastProblem: '' }

/**
 * Asks all golden requests, one at a time.
 * @throws trial_died, trial_too_long, trial_unanswered; engine_stopped, engine_unavailable; the signal's reason
 */
export async function tryModel(
  engine: TriedEngine,
  golden: Golden,
  signal: AbortSignal,
  options: TryOptions = {},
): Promise<TrialFigures> {
  return figuresOf(await trySome(engine, golden, signal, options), golden)
}

/**
 * Asks golden requests one at a time, from where it was, until all are asked or the engine is wanted for something else.
 * @throws trial_died, trial_too_long; engine_stopped, engine_unavailable; the signal's reason
 */
export async function trySome(
  engine: TriedEngine,
  golden: Golden,
  signal: AbortSignal,
  { restShare = 0, mostMs = MOST_MS, isBusy = () => false }: TryOptions = {},
  from = NOTHING_YET,
  isWanted = () => false,
): Promise<SoFar> {
  const began = systemClock.monotonic()
  const usedMs = () => from.usedMs + systemClock.monotonic() - began
  const late = AbortSignal.timeout(Math.max(0, Math.ceil(mostMs - from.usedMs)))
  const both = AbortSignal.any([signal, late])
  const lossesBefore = (engine.losses ?? 0) - from.losses
  const lossesOf = () => (engine.losses ?? 0) - lossesBefore
  const times = [...from.times]
  let { right, asked, lastProblem } = from
  try {
    for (; asked < golden.size && !isWanted(); asked++) {
      // others go first; on a board that is never quiet, not for ever
      for (let ms = 0; ms < MOST_BUSY_MS && isBusy(); ms += BUSY_LOOK_MS) await sleep(BUSY_LOOK_MS, both)
      both.throwIfAborted()
      const timed = new TimedEngine(engine)
      try {
        if (await golden.ask(timed, asked, both)) right++
        times.push(timed.inferMs)
      } catch (error) {
        both.throwIfAborted()
        // what no catalogue knows is a fault of the program, not of the model
        if (!(error instanceof FieldmouseError)) throw error
        if (WITHOUT_ENGINE.includes(error.code)) throw error
        lastProblem = describe(error)
      }
      const losses = lossesOf()
      if (losses > MOST_LOSSES) throw errors.trial_died({ losses })
      if (restShare > 0 && timed.inferMs > 0) await sleep(timed.inferMs * restShare, both)
    }
  } catch (error) {
    signal.throwIfAborted()
    const losses = lossesOf()
    if (losses > 0 && codeOf(error) === 'engine_unavailable') throw errors.trial_died({ losses }, error)
    if (late.aborted) throw errors.trial_too_long({ asked, of: golden.size, ms: usedMs() }, error)
    throw error
  }
  const peak = Math.max(from.peakBytes ?? 0, (await peakBytes(engine)) ?? 0)
  return {
    asked,
    right,
    times,
    losses: lossesOf(),
    usedMs: usedMs(),
    lastProblem,
    ...(peak > 0 ? { peakBytes: peak } : {}),
  }
}

/** @throws trial_unanswered */
export function figuresOf(
  { asked, right, times, lastProblem, peakBytes }: SoFar,
  golden: Golden,
): TrialFigures {
  if (times.length === 0) throw errors.trial_unanswered({ asked, why: lastProblem })
  return {
    answered: times.length,
    accuracy: right / golden.size,
    p95Ms: percentile(times, 0.95),
    ...(peakBytes === undefined ? {} : { memoryMib: peakBytes / 2 ** 20 }),
  }
}

/** The smallest value that at least `share` of all do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!
}

export interface TrialOptions {
  candidate: ModelFiles
  /** Makes an engine with these settings; not started yet. It gives way to everything else. */
  make: (files: ModelFiles, settings: { background: { threads: number; sequences: number } }) => OwnedEngine
  /** Is given the candidate's engine, loaded, when all went well, and has to stop it. Default: it is stopped. */
  keep?: (engine: OwnedEngine) => void
  /** The model that answers now; without one there is nothing to compare with. */
  running?: Engine
  golden: Golden
  /**
   * Where memory is short: does something while the running model is not loaded (`ActiveEngine.aside`); it answers nobody
   * meanwhile. Default: the candidate is loaded beside it.
   */
  aside?: <T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal) => Promise<T>
  /** With `aside`: of who has waited longest for the running model, milliseconds (`ActiveEngine.longestWaitMs`). */
  waitingMs?: () => number
  /** Whether somebody is being answered: they go first. */
  isBusy?: () => boolean
  /** Pause after each request, as a share of its time. Default 1. */
  restShare?: number
  /** For each of the two models. Default 30 minutes. */
  mostMs?: number
}

/** As `ota/client/machine.ts` has it. */
export type ComparedFigures = TrialFigures & { running?: { accuracy: number; p95Ms: number } }

/**
 * Tries a candidate, and then the running model on the same requests. The candidate's process has ended when this
 * settles, unless `keep` was given it. A running model that can answer none of them is left out: it has nothing that could
 * be lost.
 * @throws what `tryModel` and loading a model throw, about the candidate; trial_disturbed (retryable) when it is the
 *   running model that could not be asked, or people left no time; the signal's reason
 */
export async function trialOf(options: TrialOptions, signal: AbortSignal): Promise<ComparedFigures> {
  const { candidate, make, running, golden, aside, keep, waitingMs, isBusy } = options
  const threads = running?.info?.threads ?? 1
  const pace = paceOf(options)
  const tried = async <T>(until: AbortSignal, then: (engine: OwnedEngine) => Promise<T>): Promise<T> => {
    const engine = make(candidate, { background: { threads, sequences: 1 } })
    try {
      await engine.start(until)
      return await then(engine)
    } catch (error) {
      await engine.stop()
      signal.throwIfAborted()
      throw error
    }
  }
  if (aside) {
    // people wait for its end: it neither pauses nor waits for them
    const { isBusy: _, ...rest } = { ...options, restShare: 0 }
    const bout = (from: SoFar, isWanted: () => boolean) =>
      aside(
        until =>
          tried(until, async engine => {
            const wanted = atLeastAWhile(isWanted)
            const soFar = await trySome(engine, golden, until, paceOf(rest), from, wanted)
            await engine.stop()
            return soFar
          }),
        signal,
      )
    const all = await inBouts(NOTHING_YET, golden.size, bout, { signal, waitingMs, isBusy })
    return compared(figuresOf(all, golden), running, golden, signal, pace)
  }
  return tried(signal, async engine => {
    const alone = await tryModel(engine, golden, signal, pace)
    if (!keep) await engine.stop()
    const figures = await compared(alone, running, golden, signal, pace)
    keep?.(engine)
    return figures
  })
}

function paceOf({ isBusy, restShare = 1, mostMs }: TrialOptions): TryOptions {
  return { restShare, ...(isBusy ? { isBusy } : {}), ...(mostMs === undefined ? {} : { mostMs }) }
}

/** With the running model's figures, where it has any. */
async function compared(
  figures: TrialFigures,
  running: Engine | undefined,
  golden: Golden,
  signal: AbortSignal,
  pace: TryOptions,
): Promise<ComparedFigures> {
  signal.throwIfAborted()
  if (!running) return figures
  try {
    const { accuracy, p95Ms } = await tryModel(running, golden, signal, pace)
    return { ...figures, running: { accuracy, p95Ms } }
  } catch (error) {
    signal.throwIfAborted()
    if (codeOf(error) === 'trial_unanswered') return figures
    // without its figures nobody knows whether the candidate is worse: another time
    throw errors.trial_disturbed({ problem: describe(error) }, error)
  }
}

/** Adds up what the model took for one request. */
class TimedEngine implements Engine {
  readonly #engine: Engine
  inferMs = 0

  constructor(engine: Engine) {
    this.#engine = engine
  }

  get info() {
    return this.#engine.info
  }

  async complete(...[request, signal]: Parameters<Engine['complete']>): Promise<Completion> {
    const completion = await this.#engine.complete(request, signal)
    this.inferMs += completion.figures.inferMs
    return completion
  }
}

/** Most memory that the process ever held; where the system does not tell, what it held when last asked. */
async function peakBytes({ pid, childRssBytes }: TriedEngine): Promise<number | undefined> {
  const status = pid === undefined ? '' : await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]
  return kib !== undefined ? Number(kib) * 1024 : childRssBytes || undefined
}
