import { type Clock, sleep, systemClock } from '../base/clock.js'
import { describe, FieldmouseError } from '../base/errors.js'
import type { Part } from '../base/part.js'
import { isWireCode, type WireCode, wireError } from './codes.js'
import { PriorityQueue } from './queue.js'
import { type Outcome, type Reply, refusal, replyOf } from './reply.js'
import type { Request, RequestKind } from './request.js'
import { type Handler, Routes } from './route.js'
import { Seen } from './seen.js'

/** Sends a reply to whoever asked. May be called once per delivery of the same request. */
export type Respond = (reply: Reply) => void | Promise<void>

/** What became of a request at the door. `refused` has been answered already; `expired` is answered to nobody. */
export type Acceptance = 'accepted' | 'joined' | 'repeated' | 'refused' | 'expired'

/** Something an operator may want to know. */
export type RequestEvent =
  | { name: 'RequestAnswered'; request: Request; reply: Reply }
  | { name: 'RequestRefused'; request: Request; code: WireCode }
  | { name: 'RequestExpired'; request: Request; where: 'on arrival' | 'in the queue' | 'while it ran' }
  | { name: 'RequestRepeated'; request: Request }
  | { name: 'HandlerFailed'; request: Request; error: unknown }
  | { name: 'ReplyNotSent'; request: Request; error: unknown }

export interface RequestsOptions {
  clock: Clock
  wait: (ms: number, signal?: AbortSignal) => Promise<void>
  /** Requests that may wait; one more is `busy`. */
  queueLength: number
  /** Handlers that may run at once. One model answers one thing at a time. */
  concurrency: number
  /** No request runs longer, whatever its sender allows. */
  maxRunMs: number
  /** How long a handler may take to come back once its signal aborted, and running ones at stop before that. */
  graceMs: number
  /** At-most-once memory. */
  seenWindowMs: number
  seenEntries: number
  seenBytes: number
  onEvent: (event: RequestEvent) => void
}

export const DEFAULT_REQUESTS_OPTIONS: RequestsOptions = {
  clock: systemClock,
  wait: sleep,
  queueLength: 64,
  concurrency: 1,
  maxRunMs: 60_000,
  graceMs: 2_000,
  seenWindowMs: 10 * 60_000,
  seenEntries: 500,
  seenBytes: 2 * 1024 * 1024,
  onEvent: () => {},
}

/** Counted since start. Every accepted request ends up in exactly one of answered and expired. */
export interface RequestCounters {
  accepted: number
  answered: number
  /** Nobody waited any more; no reply was sent. */
  expired: number
  busy: number
  /** Deliveries of a request that was known already. */
  duplicates: number
  cancelled: number
  /** Handlers that threw something no catalogue knows, or did not come back when told to. */
  failed: number
}

/** Why a running handler is told to give up. */
type StopReason = 'cancelled' | 'expired' | 'timed_out' | 'shutting_down'

interface Job {
  request: Request
  responders: Respond[]
  acceptedAt: number
  /** Monotonic; taken from the sender's expiry at arrival, since the wall clock of a board may jump. */
  deadline: number | undefined
  abort: AbortController
}

/** One life of every request: checked, queued, run, answered. */
export class Requests implements Part {
  readonly name = 'requests'
  readonly counters: RequestCounters = {
    accepted: 0,
    answered: 0,
    expired: 0,
    busy: 0,
    duplicates: 0,
    cancelled: 0,
    failed: 0,
  }
  #options: RequestsOptions
  #routes = new Routes()
  #queue: PriorityQueue<Job>
  #running = new Set<Job>()
  #seen: Seen
  #stopping = false
  #serviceMs = 500
  #idle: (() => void) | undefined

  constructor(options: Partial<RequestsOptions> = {}) {
    this.#options = { ...DEFAULT_REQUESTS_OPTIONS, ...options }
    this.#queue = new PriorityQueue(this.#options.queueLength)
    this.#seen = new Seen({
      windowMs: this.#options.seenWindowMs,
      entries: this.#options.seenEntries,
      bytes: this.#options.seenBytes,
    })
  }

  async start(): Promise<void> {
    this.#stopping = false
  }

  /** Names who answers a kind. @returns how to take it back */
  register(kind: RequestKind, handler: Handler): () => void {
    return this.#routes.register(kind, handler)
  }

  /** The kinds that have a handler. */
  kinds(): RequestKind[] {
    return this.#routes.kinds()
  }

  /** What waits and what runs now. */
  get load(): { queued: number; running: number } {
    return { queued: this.#queue.size, running: this.#running.size }
  }

  /**
   * Takes a request or says why not. Decided before it returns, so the message can be acknowledged right after:
   * everything but `expired` is answered, now or later, through `respond`.
   */
  submit(request: Request, respond: Respond): Acceptance {
    const now = this.#options.clock.monotonic()
    const job: Job = {
      request,
      responders: [respond],
      acceptedAt: now,
      deadline:
        request.expiresAt === undefined ? undefined : now + (request.expiresAt - this.#options.clock.now()),
      abort: new AbortController(),
    }
    if (this.#stopping) return this.#refuse(job, 'shutting_down')
    if (job.deadline !== undefined && job.deadline <= now) {
      this.#expire(job, 'on arrival')
      return 'expired'
    }
    if (!this.#routes.find(request.kind)) return this.#refuse(job, 'not_available')
    const sighting = this.#seen.look(request, now)
    if (sighting.was === 'different') return this.#refuse(job, 'id_reused')
    if (sighting.was !== 'new') {
      this.counters.duplicates++
      this.#options.onEvent({ name: 'RequestRepeated', request })
      if (sighting.was === 'answered') {
        this.#send(job, sighting.reply)
        return 'repeated'
      }
      // A redelivery is answered too: its sender cannot know which of the two deliveries got through.
      this.#jobsFor(other => sameKey(other.request, request))[0]?.responders.push(respond)
      return 'joined'
    }
    return this.#enqueue(job, now)
  }

  /**
   * Gives up a request that waits or runs. It is answered `cancelled`, or with its outcome if that came first.
   * @returns whether there was such a request
   */
  cancel(matches: { id?: string; dedupeKey?: string; origin?: string }): boolean {
    const wanted = ({ request }: Job) =>
      (matches.id === undefined || request.id === matches.id) &&
      (matches.dedupeKey === undefined || request.dedupeKey === matches.dedupeKey) &&
      (matches.origin === undefined || request.origin === matches.origin)
    if (matches.id === undefined && matches.dedupeKey === undefined) return false
    const waiting = this.#queue.remove(wanted)
    for (const job of waiting) this.#giveUp(job, 'cancelled')
    const running = [...this.#running].filter(wanted)
    for (const job of running) job.abort.abort('cancelled' satisfies StopReason)
    return waiting.length + running.length > 0
  }

  /** What waits is answered `shutting_down`; what runs may finish within the grace, then is told to give up. */
  async stop(): Promise<void> {
    this.#stopping = true
    for (const job of this.#queue.drain()) this.#giveUp(job, 'shutting_down')
    if (this.#running.size === 0) return
    const idle = new Promise<void>(resolve => {
      this.#idle = resolve
    })
    const late = new AbortController()
    const grace = this.#options.wait(this.#options.graceMs, late.signal).catch(() => {})
    await Promise.race([idle, grace])
    late.abort()
    for (const job of this.#running) job.abort.abort('shutting_down' satisfies StopReason)
    if (this.#running.size > 0) await idle // each comes back, or is given up, within one more grace
  }

  #enqueue(job: Job, now: number): Acceptance {
    for (const over of this.#queue.expire(now)) this.#expire(over, 'in the queue')
    const { queued, displaced } = this.#queue.push({
      item: job,
      priority: job.request.priority,
      ...(job.deadline === undefined ? {} : { deadline: job.deadline }),
    })
    if (displaced) {
      this.#seen.forget(displaced.request)
      this.#answer(displaced, this.#busy(), 'busy')
    }
    if (!queued) {
      this.#seen.forget(job.request)
      this.counters.busy++
      this.#options.onEvent({ name: 'RequestRefused', request: job.request, code: 'busy' })
      this.#send(job, replyOf(job.request.id, this.#busy(), 0, 0))
      return 'refused'
    }
    this.counters.accepted++
    this.#pump()
    return 'accepted'
  }

  /** Starts what can be started. */
  #pump(): void {
    while (this.#running.size < this.#options.concurrency) {
      const { next, expired } = this.#queue.shift(this.#options.clock.monotonic())
      for (const job of expired) this.#expire(job, 'in the queue')
      if (!next) break
      this.#running.add(next)
      void this.#run(next)
    }
  }

  async #run(job: Job): Promise<void> {
    const { clock, wait, maxRunMs, graceMs } = this.#options
    const startedAt = clock.monotonic()
    const left = job.deadline === undefined ? Number.POSITIVE_INFINITY : job.deadline - startedAt
    const reason: StopReason = left < maxRunMs ? 'expired' : 'timed_out'
    const over = new AbortController()
    void wait(Math.min(left, maxRunMs), over.signal).then(
      () => job.abort.abort(reason),
      () => {},
    )
    const outcome = await Promise.race([
      this.#handle(job),
      afterAbort(job.abort.signal, () => wait(graceMs, over.signal)).then(() => undefined),
    ])
    over.abort()
    const now = clock.monotonic()
    this.#running.delete(job)
    this.#serviceMs += (now - startedAt - this.#serviceMs) * 0.2
    const reply = outcome ?? this.#abandoned(job)
    const sent = replyOf(job.request.id, reply, startedAt - job.acceptedAt, now - job.acceptedAt)
    this.#seen.answered(job.request, sent, now)
    if (job.deadline !== undefined && now >= job.deadline) this.#countExpired(job, 'while it ran')
    else this.#finish(job, sent)
    if (this.#stopping && this.#running.size === 0) this.#idle?.()
    else this.#pump()
  }

  /** The handler's outcome; whatever it throws becomes one. */
  async #handle(job: Job): Promise<Outcome> {
    const handler = this.#routes.find(job.request.kind)
    if (!handler) return refusal('not_available')
    try {
      return listed(await handler(job.request, job.abort.signal))
    } catch (error) {
      const stopped = stopReason(job.abort.signal)
      if (stopped) return refusal(stopped)
      if (error instanceof FieldmouseError) {
        const { retryAfterMs } = error.details
        return isWireCode(error.code)
          ? refusal(error.code, {
              message: error.message,
              remedy: error.remedy,
              ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}),
            })
          : refusal('internal', { message: `${error.message} (${error.code})`, remedy: error.remedy })
      }
      this.counters.failed++
      this.#options.onEvent({ name: 'HandlerFailed', request: job.request, error })
      return refusal('internal', { message: `The daemon failed on this request: ${describe(error)}` })
    }
  }

  /** A handler that does not come back loses its place; the next request must not wait for it. */
  #abandoned(job: Job): Outcome {
    this.counters.failed++
    const error = new Error(`the ${job.request.kind} handler did not come back when told to give up`)
    this.#options.onEvent({ name: 'HandlerFailed', request: job.request, error })
    return refusal(stopReason(job.abort.signal) ?? 'internal')
  }

  #finish(job: Job, reply: Reply): void {
    this.counters.answered++
    if (reply.error?.code === 'cancelled') this.counters.cancelled++
    this.#options.onEvent({ name: 'RequestAnswered', request: job.request, reply })
    this.#send(job, reply)
  }

  /** Answers a request that waited and will not run. It may come again. */
  #giveUp(job: Job, code: 'cancelled' | 'shutting_down'): void {
    this.#seen.forget(job.request)
    this.#answer(job, refusal(code), code)
  }

  #answer(job: Job, outcome: Outcome, code: WireCode): void {
    const waited = this.#options.clock.monotonic() - job.acceptedAt
    if (code === 'busy') this.counters.busy++
    this.#finish(job, replyOf(job.request.id, outcome, waited, waited))
  }

  #expire(job: Job, where: 'on arrival' | 'in the queue'): void {
    if (where !== 'on arrival') this.#seen.forget(job.request)
    this.#countExpired(job, where)
  }

  #countExpired(job: Job, where: 'on arrival' | 'in the queue' | 'while it ran'): void {
    this.counters.expired++
    this.#options.onEvent({ name: 'RequestExpired', request: job.request, where })
  }

  #refuse(job: Job, code: 'shutting_down' | 'not_available' | 'id_reused'): Acceptance {
    this.#options.onEvent({ name: 'RequestRefused', request: job.request, code })
    this.#send(job, replyOf(job.request.id, refusal(code), 0, 0))
    return 'refused'
  }

  /** Busy for as long as the queue takes at the recent rate, between 100 ms and a minute. */
  #busy(): Outcome {
    const queueMs = (this.#serviceMs * (this.#queue.size + 1)) / this.#options.concurrency
    return refusal('busy', { retryAfterMs: Math.round(Math.min(60_000, Math.max(100, queueMs))) })
  }

  #jobsFor(matches: (job: Job) => boolean): Job[] {
    const found = [...this.#running].filter(matches)
    return found.length > 0 ? found : this.#queue.find(matches)
  }

  #send(job: Job, reply: Reply): void {
    for (const respond of job.responders) {
      Promise.resolve()
        .then(() => respond(reply))
        .catch((error: unknown) =>
          this.#options.onEvent({ name: 'ReplyNotSent', request: job.request, error }),
        )
    }
  }
}

const sameKey = (a: Request, b: Request) => a.origin === b.origin && a.dedupeKey === b.dedupeKey

const stopReason = (signal: AbortSignal): StopReason | undefined =>
  signal.aborted ? (signal.reason as StopReason) : undefined

/** Holds handlers to the closed list: an unknown code goes out as `internal`, named in the message. */
function listed(outcome: Outcome): Outcome {
  const { error } = outcome
  if (!error || isWireCode(error.code)) return outcome
  const message = `${error.message} (${error.code})`
  return { ...outcome, error: { ...wireError('internal', { message, remedy: error.remedy }) } }
}

/** Settles some time after the signal aborts; never, when it does not. */
function afterAbort(signal: AbortSignal, wait: () => Promise<void>): Promise<void> {
  return new Promise(resolve => {
    const then = () => void wait().then(resolve, () => {})
    if (signal.aborted) then()
    else signal.addEventListener('abort', then, { once: true })
  })
}
