/** Keeps the inference child alive: starts it, watches it, kills it when it hangs, starts it again, retries what it lost. */
import type { ChildProcess } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { type Backoff, waitMs } from '../base/backoff.js'
import type { Clock } from '../base/clock.js'
import { describe, FieldmouseError } from '../base/errors.js'
import type { Part } from '../base/part.js'
import type { Completion, CompletionRequest, Engine, ModelInfo } from './engine.js'
import { errors } from './errors.js'
import { forkChild } from './fork.js'
import { hasEnded, type Loaded, launch } from './launch.js'
import { type CheckedModel, checkModel, type ModelFiles } from './model-files.js'
import { type EngineLimits, Pace } from './pace.js'
import { comeForward } from './priority.js'
import type { Gpu, ThreadTrial, ToChild, ToParent } from './protocol.js'

/** What the engine tells about itself, for logs and metrics. */
export type EngineEvent =
  | { type: 'loaded'; info: ModelInfo; trials: readonly ThreadTrial[]; loadMs: number }
  | { type: 'died'; how: string; inFlight: number }
  | { type: 'restarting'; inMs: number; attempt: number }
  | { type: 'output'; text: string }

export interface SupervisorOptions {
  model: ModelFiles
  clock: Clock
  /** Requests that run side by side. Default 4. */
  sequences?: number
  /** Tokens of one request, prompt and answer. Default 256. */
  contextTokens?: number
  /** 0 measures. Default 0. */
  threads?: number
  /** Thread counts to measure, growing. Default: doubling up to the cores there are. */
  threadCounts?: readonly number[]
  /** thrift: the fewest threads that are nearly as fast as the fastest. Default speed. */
  energy?: 'speed' | 'thrift'
  /** Needs a build of node-llama-cpp for it (docs/boards.md). Default off. */
  gpu?: Gpu
  /** The child gives way to everything else on the board and runs with these numbers, until `comeForward`. Default not. */
  background?: { threads: number; sequences: number }
  /** How long loading may take. Default 120 s. */
  loadTimeoutMs?: number
  /** How long a child with work may go without finishing an evaluation before it counts as hung. Default 60 s. */
  hangMs?: number
  /** How often the child is asked whether it lives, and how long it may take to say so. Default 5 s. */
  probeMs?: number
  /** How long a request waits for a child that is being restarted. Default 15 s. */
  patienceMs?: number
  /** After so many children lost in a row requests are refused at once; it is still tried to start one. Default 5. */
  budget?: number
  backoff?: Backoff
  onEvent?: (event: EngineEvent) => void
  /** Where its processes come from. Default: each is started when it is wanted. */
  fork?: () => ChildProcess
}

interface Job {
  id: number
  request: CompletionRequest
  /** How often a child died under it. One that has is tried again without another such beside it: one request that
   * kills every child must not take others with it. */
  deaths: number
  /** Monotonic. */
  askedAt: number
  resolve: (completion: Completion) => void
  reject: (error: unknown) => void
  /** When it was sent to the child; 0 while it waits. Monotonic. */
  sentAt: number
  /** When it gives up waiting. Monotonic. */
  patience: number
}

/** A child that has lived this long is sound: the next loss counts as the first. */
const STEADY_MS = 10_000
/** At load a count gets what a command costs, a few times: the first answer is waited for. */
const TRIAL = { promptTokens: 16, outputTokens: 12, budgetMs: 800, exhaustive: false }
const BACKOFF: Backoff = { firstMs: 100, maxMs: 15_000, factor: 3 }

/** An engine in a supervised child process. */
export class SupervisedEngine implements Engine, Part {
  readonly name = 'inference'
  info: ModelInfo | undefined
  /** Thread counts measured at the last load. */
  trials: readonly ThreadTrial[] = []
  /** Children lost since the start. */
  losses = 0
  /** Resident memory of the child as it last said, bytes. */
  childRssBytes = 0
  readonly #o: Required<Omit<SupervisorOptions, 'onEvent' | 'model' | 'background'>> &
    Pick<SupervisorOptions, 'onEvent' | 'model'>
  #isInBackground = false
  /** What is told of a load; again when the engine comes forward. */
  #loaded: Extract<EngineEvent, { type: 'loaded' }> | undefined
  #child: ChildProcess | undefined
  #ready = false
  #stopping = false
  #attempt = 0
  #last = 0
  /** What the files said when they were last checked. */
  #checked: CheckedModel = {}
  /** Smaller than planned, for as long as the board needs it. */
  readonly #pace = new Pace()
  #adjustTimer: NodeJS.Timeout | undefined
  #restTimer: NodeJS.Timeout | undefined
  #jobs = new Map<number, Job>()
  /** Told when the child runs with other numbers, or is no more. */
  #moved: (() => void)[] = []
  #watch: NodeJS.Timeout | undefined
  #restart: NodeJS.Timeout | undefined
  #pingedAt = 0
  #loadedAt = 0
  #steps = 0
  /** When the child was last seen to get on with its work. Monotonic. */
  #movedAt = 0

  constructor(options: SupervisorOptions) {
    this.#o = {
      sequences: 4,
      contextTokens: 256,
      threads: 0,
      threadCounts: doubling(availableParallelism()),
      energy: 'speed',
      gpu: 'off',
      loadTimeoutMs: 120_000,
      hangMs: 60_000,
      probeMs: 5_000,
      patienceMs: 15_000,
      budget: 5,
      backoff: BACKOFF,
      fork: forkChild,
      ...options,
    }
    if (options.background) {
      this.#isInBackground = true
      this.#pace.wish({ ...options.background, rest: 0 }, undefined)
    }
  }

  /** The child's process id, for tests and for `doctor`. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  /**
   * Checks the model's files, starts the child and waits until the model is loaded. A child that somebody kills meanwhile
   * is started once more.
   * @throws model_not_found, not_gguf, gguf_truncated, gguf_broken, hash_mismatch, not_an_adapter, adapter_broken,
   *   adapter_misfit, model_load_failed
   */
  async start(signal: AbortSignal): Promise<void> {
    this.#attempt = 0
    this.#checked = await checkModel(this.#o.model, { withHashes: true })
    this.#stopping = false
    await this.#launch(signal).catch(error => {
      if (signal.aborted || !wasKilled(error)) throw error
      return this.#launch(signal)
    })
    clearInterval(this.#watch)
    this.#watch = setInterval(() => this.#look(), Math.min(1_000, this.#o.probeMs))
    this.#watch.unref()
  }

  async stop(): Promise<void> {
    this.#stopping = true
    clearInterval(this.#watch)
    clearTimeout(this.#restart)
    clearTimeout(this.#adjustTimer)
    clearTimeout(this.#restTimer)
    for (const job of [...this.#jobs.values()]) this.#settle(job, () => job.reject(errors.engine_stopped({})))
    const child = this.#child
    this.#child = undefined
    this.#ready = false
    this.#tellMoved()
    if (!child || hasEnded(child)) return
    await new Promise<void>(resolve => {
      const kill = setTimeout(() => child.kill('SIGKILL'), 2_000)
      child.once('exit', () => {
        clearTimeout(kill)
        resolve()
      })
      if (child.connected) child.send({ type: 'stop' } satisfies ToChild)
      else child.kill('SIGKILL')
    })
  }

  complete(request: CompletionRequest, signal?: AbortSignal): Promise<Completion> {
    if (this.#stopping) return Promise.reject(errors.engine_stopped({}))
    if (signal?.aborted) return Promise.reject(errors.completion_cancelled({}))
    if (!Number.isInteger(request.maxTokens) || request.maxTokens < 1)
      return Promise.reject(
        new RangeError(`maxTokens must be a whole number from 1 on: ${request.maxTokens}`),
      )
    if (!this.#ready && this.#attempt > this.#o.budget)
      return Promise.reject(errors.engine_unavailable({ waitedMs: 0 }))
    return new Promise((resolve, reject) => {
      const job: Job = {
        id: ++this.#last,
        request,
        deaths: 0,
        askedAt: this.#now(),
        resolve,
        reject,
        sentAt: 0,
        patience: this.#now() + this.#o.patienceMs,
      }
      const onAbort = () =>
        this.#settle(job, () => {
          if (job.sentAt > 0) this.#send({ type: 'cancel', id: job.id })
          job.reject(errors.completion_cancelled({}))
        })
      job.resolve = completion => {
        signal?.removeEventListener('abort', onAbort)
        resolve(completion)
      }
      job.reject = error => {
        signal?.removeEventListener('abort', onAbort)
        reject(error)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#jobs.set(job.id, job)
      this.#pump()
    })
  }

  /**
   * Runs with other numbers from the next completion on: what is running is finished, what waits goes on waiting. Kept
   * for children that are started later.
   * @param limits threads and sequences, from 1 on; rest: pause after a completion as a share of the time that it took
   */
  adjust({ rest = 0, ...numbers }: Omit<EngineLimits, 'rest'> & { rest?: number }): void {
    this.#pace.wish({ ...numbers, rest }, this.#ready ? this.info : undefined)
    this.#pump()
  }

  /**
   * From the background to the front: ranks as the daemon does, with the numbers that it was planned with or those that are
   * wished for. Resolves when it runs with them: until then requests would wait. Tells `loaded`.
   * @returns false when it is not loaded, or the system does not let it: stop it and start another
   */
  async comeForward(limits?: Parameters<SupervisedEngine['adjust']>[0]): Promise<boolean> {
    const { info } = this
    if (!this.#ready || !info || !this.#loaded) return false
    if (!this.#isInBackground) return true
    if (!comeForward(this.#child!.pid!)) return false
    this.#isInBackground = false
    this.adjust(limits ?? { threads: this.#o.threads || info.threads, sequences: this.#o.sequences })
    while (this.#ready && this.#pace.change) await new Promise<void>(go => this.#moved.push(go))
    if (!this.#ready) return false
    this.#tell(this.#loaded)
    return true
  }

  /** How many run side by side now. */
  get #sequences(): number {
    return this.info?.sequences ?? this.#pace.limits?.sequences ?? this.#o.sequences
  }

  #now(): number {
    return this.#o.clock.monotonic()
  }

  #settle(job: Job, how: () => void): void {
    if (!this.#jobs.delete(job.id)) return
    how()
    if (job.sentAt > 0) this.#pump()
  }

  #send(message: ToChild): void {
    if (this.#child?.connected) this.#child.send(message, () => {})
  }

  /** Hands the child as much as it has sequences for, oldest first. */
  #pump(): void {
    if (!this.#ready) return
    const sent = [...this.#jobs.values()].filter(job => job.sentAt > 0)
    if (this.#pace.change) {
      if (this.#pace.change === 'due' && sent.length === 0) this.#sendAdjust()
      return
    }
    if (this.#resting()) return
    const most = this.#sequences
    let free = most - sent.length
    let suspect = sent.some(job => job.deaths > 0)
    for (const job of this.#jobs.values()) {
      if (free <= 0) return
      if (job.sentAt > 0 || (job.deaths > 0 && suspect)) continue
      suspect ||= job.deaths > 0
      job.sentAt = this.#now()
      if (free === most) this.#movedAt = job.sentAt
      this.#send({ type: 'complete', id: job.id, request: job.request })
      free--
    }
  }

  #sendAdjust(): void {
    const { threads, sequences } = this.#pace.limits!
    this.#pace.sent()
    this.#send({ type: 'adjust', threads, sequences })
    // opening a context hangs in native code if at all: then only another process helps
    clearTimeout(this.#adjustTimer)
    this.#adjustTimer = setTimeout(() => this.#child?.kill('SIGKILL'), this.#o.hangMs)
    this.#adjustTimer.unref()
  }

  #adjusted(threads: number, sequences: number): void {
    clearTimeout(this.#adjustTimer)
    if (this.info) this.info = { ...this.info, threads, sequences }
    this.#pace.running({ threads, sequences })
    this.#pump()
    this.#tellMoved()
  }

  #tellMoved(): void {
    for (const go of this.#moved.splice(0)) go()
  }

  /** Whether it is a time of rest; looks again when that is over. */
  #resting(): boolean {
    const ms = this.#pace.restMs(this.#now())
    if (ms <= 0) return false
    clearTimeout(this.#restTimer)
    this.#restTimer = setTimeout(() => this.#pump(), Math.ceil(ms))
    return true
  }

  /** A new child, with the model loaded into it. @throws model_load_failed */
  async #launch(signal?: AbortSignal): Promise<void> {
    const { path, adapter } = this.#o.model
    if (signal?.aborted) throw errors.model_load_failed({ path, problem: 'the start was cancelled' })
    const { contextTokens, threadCounts, energy, gpu } = this.#o
    const { child, loaded } = launch(
      {
        load: {
          path,
          ...(adapter ? { adapter: adapter.path } : {}),
          sequences: this.#pace.limits?.sequences ?? this.#o.sequences,
          contextTokens,
          threads: this.#pace.limits?.threads ?? (this.#o.threads || (this.info?.threads ?? 0)),
          trial: { ...TRIAL, counts: threadCounts, energy },
          gpu,
        },
        fork: this.#o.fork,
        isInBackground: this.#isInBackground,
        timeoutMs: this.#o.loadTimeoutMs,
        onOutput: text => this.#tell({ type: 'output', text }),
        onMessage: message => {
          if (this.#child === child) this.#hear(message)
        },
        onEnded: how => {
          if (this.#child === child) this.#died(how)
        },
      },
      signal,
    )
    this.#child = child
    this.#pingedAt = 0
    try {
      this.#began(child, await loaded)
    } catch (error) {
      if (this.#child === child) this.#child = undefined
      throw error
    }
  }

  #began(child: ChildProcess, message: Loaded): void {
    const { path } = this.#o.model
    if (this.#child !== child) throw errors.model_load_failed({ path, problem: 'it was stopped meanwhile' })
    const info = { ...message.info, ...this.#checked }
    this.info = info
    if (message.trials.length > 0) this.trials = message.trials
    this.#loadedAt = this.#now()
    this.#ready = true
    this.#pace.running(info)
    this.#loaded = { ...message, info, type: 'loaded' }
    this.#tell(this.#loaded)
    this.#pump()
  }

  #hear(message: Exclude<ToParent, { type: 'loaded' | 'load_failed' }>): void {
    if (message.type === 'pong') {
      this.#pingedAt = 0
      const now = this.#now()
      if (now - this.#loadedAt > STEADY_MS) this.#attempt = 0
      if (message.steps !== this.#steps) this.#movedAt = now
      this.#steps = message.steps
      this.childRssBytes = message.rssBytes
      return
    }
    if (message.type === 'adjusted') {
      this.#adjusted(message.threads, message.sequences)
      return
    }
    const job = this.#jobs.get(message.id)
    if (!job) return
    if (message.type === 'completed') {
      // only a child that has loaded completes, and then there is an info
      const completion: Completion = { ...message.completion, model: this.info! }
      completion.figures.queueMs += Math.max(0, job.sentAt - job.askedAt)
      this.#pace.completed(completion.figures.inferMs, this.#now())
      this.#settle(job, () => job.resolve(completion))
    } else this.#settle(job, () => job.reject(remade(message.code, message.details)))
  }

  /** A child ended by itself or by our hand: what was in flight is tried once more, then given back as lost. */
  #died(how: string): void {
    this.#ready = false
    this.#child = undefined
    this.#pace.lost()
    this.#tellMoved()
    clearTimeout(this.#adjustTimer)
    this.losses++
    const inFlight = [...this.#jobs.values()].filter(job => job.sentAt > 0)
    this.#tell({ type: 'died', how, inFlight: inFlight.length })
    for (const job of inFlight) {
      job.deaths++
      job.sentAt = 0
      job.patience = this.#now() + this.#o.patienceMs
      if (job.deaths > 1) this.#settle(job, () => job.reject(errors.engine_died({ how })))
    }
    if (!this.#stopping) this.#again()
  }

  #again(): void {
    const inMs = waitMs(this.#o.backoff, this.#attempt++)
    this.#tell({ type: 'restarting', inMs, attempt: this.#attempt })
    if (this.#attempt > this.#o.budget)
      for (const job of [...this.#jobs.values()])
        this.#settle(job, () =>
          job.reject(errors.engine_unavailable({ waitedMs: Math.round(this.#now() - job.askedAt) })),
        )
    this.#restart = setTimeout(() => {
      // the files may have changed under the child that died
      checkModel(this.#o.model, { withHashes: false })
        .then(checked => {
          this.#checked = checked
          return this.#stopping ? undefined : this.#launch()
        })
        .catch(error => {
          this.#tell({ type: 'output', text: describe(error) })
          if (!this.#stopping) this.#again()
        })
    }, inMs)
  }

  /** The watch: pings, kills what hangs, lets go of requests that waited too long. */
  #look(): void {
    const now = this.#now()
    const working = [...this.#jobs.values()].some(job => job.sentAt > 0)
    const hung = working && now - this.#movedAt > this.#o.hangMs
    const silent = this.#pingedAt > 0 && now - this.#pingedAt > this.#o.probeMs
    if (this.#ready && (hung || silent)) {
      this.#child?.kill('SIGKILL')
      return
    }
    if (this.#ready && this.#pingedAt === 0) {
      this.#pingedAt = now
      this.#send({ type: 'ping', id: 0 })
    }
    if (!this.#ready)
      for (const job of [...this.#jobs.values()])
        if (job.sentAt === 0 && now > job.patience)
          this.#settle(job, () => job.reject(errors.engine_unavailable({ waitedMs: this.#o.patienceMs })))
  }

  #tell(event: EngineEvent): void {
    this.#o.onEvent?.(event)
  }
}

/** By somebody, and for a reason that need not be the model: whoever needs memory takes what came last. */
const wasKilled = (error: unknown) =>
  error instanceof FieldmouseError &&
  ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'].includes(String(error.details.killedBy))

const doubling = (most: number) => {
  const counts: number[] = []
  for (let n = 1; n <= most; n *= 2) counts.push(n)
  return counts
}

/** An error of the child as the parent throws it. */
function remade(code: string, details: Record<string, unknown>): unknown {
  const make = (errors as unknown as Record<string, (d: unknown) => Error>)[code]
  return code !== 'entries' && make
    ? make(details)
    : errors.completion_failed({ problem: String(details.problem ?? code) })
}
