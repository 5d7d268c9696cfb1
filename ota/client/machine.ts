/**
 * The update as a machine: plain words, pure. A state says all that its step needs; the step is taken elsewhere, may be
 * taken again after a restart, and answers with an event.
 *
 *   idle -> checking -> downloading -> verifying -> staged -> trial -> active -> idle
 *             |              |             |          |         |        |
 *             +--------------+-------------+----------+         +--------+--> rolled-back -> idle
 *                            v                                                  |
 *                          failed -> checking (again, later) | idle  <----------+ when it was disturbed
 */
import { z } from '../../daemon/base/schema.js'
import { TargetPromise } from '../format/target.js'

export const Reason = z.object({ code: z.string(), says: z.string(), remedy: z.string().optional() })
export type Reason = z.output<typeof Reason>

export const Candidate = z.object({
  slot: z.enum(['a', 'b']),
  path: z.string(),
  promise: TargetPromise,
  /** Activated no sooner, milliseconds since the epoch. */
  notBeforeMs: z.number().optional(),
})
export type Candidate = z.output<typeof Candidate>

export const Figures = z.object({
  answered: z.number(),
  accuracy: z.number(),
  p95Ms: z.number(),
  memoryMib: z.number().optional(),
  /** The running model on the same requests; absent where there was no room to ask it. */
  running: z.object({ accuracy: z.number(), p95Ms: z.number() }).optional(),
})
export type Figures = z.output<typeof Figures>

export const State = z.discriminatedUnion('is', [
  z.object({ is: z.literal('idle'), why: Reason.optional() }),
  z.object({ is: z.literal('checking'), attempt: z.number() }),
  z.object({ is: z.literal('downloading'), candidate: Candidate, attempt: z.number() }),
  z.object({ is: z.literal('verifying'), candidate: Candidate, attempt: z.number() }),
  z.object({ is: z.literal('staged'), candidate: Candidate }),
  z.object({ is: z.literal('trial'), candidate: Candidate, tries: z.number() }),
  z.object({
    is: z.literal('active'),
    candidate: Candidate,
    /** Whether the pointer and the engine have moved. */
    moved: z.boolean(),
    /** How often the daemon started since: a model that kills it is found out. */
    starts: z.number(),
    /** In this life of the board it has answered well for a while: where the power goes then, it is not to blame. */
    steady: z.object({ bootId: z.string(), watchedMs: z.number() }).optional(),
    /** Starts that were not counted for it. */
    reboots: z.number().optional(),
    /** How long it was watched before an orderly stop, milliseconds. */
    watchedMs: z.number().optional(),
    figures: Figures.optional(),
  }),
  z.object({
    is: z.literal('rolled-back'),
    candidate: Candidate,
    reason: Reason,
    isBad: z.boolean(),
    /** It was disturbed: tried again before the next look is due. */
    again: z.boolean().optional(),
  }),
  z.object({
    is: z.literal('failed'),
    reason: Reason,
    attempt: z.number(),
    /** Tried again; else it waits to be asked. */
    again: z.boolean(),
    candidate: Candidate.optional(),
    /** The server's own wish, milliseconds. */
    retryAfterMs: z.number().optional(),
  }),
])
export type State = z.output<typeof State>

export type Event =
  /** Somebody or the timer asks. */
  | { what: 'check' }
  | { what: 'nothing'; why: Reason }
  | { what: 'found'; candidate: Candidate }
  | { what: 'downloaded' }
  | { what: 'verified' }
  /** Window open, board quiet, time come. */
  | { what: 'may_go' }
  | { what: 'passed'; figures?: Figures }
  | { what: 'moved' }
  | { what: 'confirmed' }
  /** It went wrong; `retryable` by waiting. `hasMoved`: bytes came, so that the next try need not wait long. */
  | { what: 'error'; reason: Reason; retryable: boolean; retryAfterMs?: number; hasMoved?: boolean }
  /** The candidate itself is not good: not tried again. */
  | { what: 'refused'; reason: Reason }
  /** By hand, or because it was revoked. */
  | { what: 'go_back'; candidate: Candidate; reason: Reason; isBad: boolean }
  | { what: 'gone_back' }
  | { what: 'cancel'; reason: Reason }
  /** What is watched has answered well for a while. `bootId`: the kernel's, another one after each start of the board. */
  | { what: 'steady'; bootId: string; watchedMs: number }
  /** The process began. `isOrderly`: the one before it was told to stop, and did; nothing that runs is to blame. */
  | { what: 'started'; isOrderly?: boolean; bootId?: string }

/** Trials that ended with the process; a power cut may be to blame for one, not for all. */
export const MOST_TRIES = 3
/** Starts within one probation. */
export const MOST_STARTS = 4
/**
 * Starts of the board that are held against the power, where the model had answered well before; from then on they count
 * like others, for a model may kill a board as well, by what it draws or holds.
 */
export const MOST_REBOOTS = 8
/** A trial costs minutes of the board's time: what disturbed it is given as long as after so many failed tries. */
const AFTER_DISTURBANCE = 4
/** What does not pass by waiting is looked at once more: a repository may have been read while it was published. */
const MOST_SECOND_LOOKS = 1

/** What to do in a state. Every step can be taken again. */
export type Step =
  | 'wait'
  | 'check'
  | 'fetch'
  | 'verify'
  | 'hold'
  | 'trial'
  | 'activate'
  | 'watch'
  | 'go_back'
  | 'wait_again'

export function stepOf(state: State): Step {
  switch (state.is) {
    case 'idle':
      return 'wait'
    case 'checking':
      return 'check'
    case 'downloading':
      return 'fetch'
    case 'verifying':
      return 'verify'
    case 'staged':
      return 'hold'
    case 'trial':
      return 'trial'
    case 'active':
      return state.moved ? 'watch' : 'activate'
    case 'rolled-back':
      return 'go_back'
    case 'failed':
      return 'wait_again'
  }
}

/** The state after an event; an event that means nothing here changes nothing (the same object comes back). */
export function next(state: State, event: Event): State {
  if (event.what === 'error') return failed(state, event)
  if (event.what === 'cancel' && 'candidate' in state && isBeforeTrial(state))
    return { is: 'idle', why: event.reason }
  if (event.what === 'go_back' && state.is !== 'rolled-back')
    return rolledBack(event.candidate, event.reason, event.isBad)
  switch (state.is) {
    case 'idle':
      return event.what === 'check' ? { is: 'checking', attempt: 0 } : state
    case 'checking':
      if (event.what === 'nothing') return { is: 'idle', why: event.why }
      if (event.what === 'found')
        return { is: 'downloading', candidate: event.candidate, attempt: state.attempt }
      return state
    case 'downloading':
      return event.what === 'downloaded' ? { ...state, is: 'verifying' } : state
    case 'verifying':
      if (event.what === 'verified') return { is: 'staged', candidate: state.candidate }
      if (event.what === 'refused') return rolledBack(state.candidate, event.reason, true)
      return state
    case 'staged':
      return event.what === 'may_go' ? { is: 'trial', candidate: state.candidate, tries: 0 } : state
    case 'trial':
      if (event.what === 'started') {
        if (event.isOrderly) return state
        if (state.tries + 1 < MOST_TRIES) return { ...state, tries: state.tries + 1 }
        return rolledBack(state.candidate, trialDied(MOST_TRIES), true)
      }
      if (event.what === 'passed') {
        const { figures } = event
        return {
          is: 'active',
          candidate: state.candidate,
          moved: false,
          starts: 0,
          ...(figures ? { figures } : {}),
        }
      }
      if (event.what === 'refused') return rolledBack(state.candidate, event.reason, true)
      return state
    case 'active':
      if (event.what === 'moved') return { ...state, moved: true }
      if (event.what === 'confirmed')
        return { is: 'idle', why: { code: 'activated', says: `${nameOf(state.candidate)} is good` } }
      if (event.what === 'steady')
        return state.moved
          ? { ...state, steady: { bootId: event.bootId, watchedMs: event.watchedMs } }
          : state
      if (event.what === 'started') return startedWatched(state, event)
      if (event.what === 'refused') return rolledBack(state.candidate, event.reason, true)
      return state
    case 'rolled-back':
      if (event.what !== 'gone_back') return state
      if (!state.again) return { is: 'idle', why: state.reason }
      return {
        is: 'failed',
        reason: state.reason,
        attempt: AFTER_DISTURBANCE,
        again: true,
        candidate: state.candidate,
      }
    case 'failed':
      if (event.what === 'check') return { is: 'checking', attempt: state.again ? state.attempt + 1 : 0 }
      return state
  }
}

type Active = Extract<State, { is: 'active' }>

/** Each life of the board is judged by itself: what was steady in the one before says nothing of this one. */
function startedWatched(state: Active, { isOrderly, bootId }: Extract<Event, { what: 'started' }>): State {
  const { steady, ...rest } = state
  if (isOrderly) return steady ? rest : state
  const { starts, reboots = 0 } = state
  const isReboot = bootId !== undefined && steady !== undefined && bootId !== steady.bootId
  if (isReboot && reboots < MOST_REBOOTS) return { ...rest, reboots: reboots + 1 }
  if (starts + 1 < MOST_STARTS) return { ...rest, starts: starts + 1 }
  const more = reboots > 0 ? `, ${reboots} times more after the power had gone` : ''
  const says = `the daemon started ${MOST_STARTS} times while it was watched${more}`
  return rolledBack(state.candidate, { code: 'worse_in_use', says }, true)
}

function isBeforeTrial(state: State): boolean {
  return (
    state.is === 'downloading' || state.is === 'verifying' || state.is === 'staged' || state.is === 'failed'
  )
}

function failed(state: State, event: Extract<Event, { what: 'error' }>): State {
  const { reason, retryable: again, retryAfterMs } = event
  const later = retryAfterMs === undefined ? {} : { retryAfterMs }
  switch (state.is) {
    case 'checking':
      return {
        is: 'failed',
        reason,
        attempt: state.attempt,
        again: again || state.attempt < MOST_SECOND_LOOKS,
        ...later,
      }
    case 'downloading':
    case 'verifying': {
      const attempt = event.hasMoved ? 0 : state.attempt
      return { is: 'failed', reason, attempt, again, candidate: state.candidate, ...later }
    }
    case 'staged':
      return { is: 'failed', reason, attempt: 0, again, candidate: state.candidate }
    // what cannot be tried cannot be trusted; what cannot be activated goes back
    case 'trial':
    case 'active':
      return again
        ? { ...rolledBack(state.candidate, reason, false), again }
        : rolledBack(state.candidate, reason, true)
    // the way back has no other way: it is tried until it works
    case 'rolled-back':
    case 'idle':
    case 'failed':
      return state
  }
}

function rolledBack(
  candidate: Candidate,
  reason: Reason,
  isBad: boolean,
): Extract<State, { is: 'rolled-back' }> {
  return { is: 'rolled-back', candidate, reason, isBad }
}

function trialDied(times: number): Reason {
  return { code: 'trial_died', says: `the trial ended the process or the device ${times} times` }
}

/** `command 1.2.0`. */
export const nameOf = ({ promise }: { promise: { family: string; version: string } }): string =>
  `${promise.family} ${promise.version}`
