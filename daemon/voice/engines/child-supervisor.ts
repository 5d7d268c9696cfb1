/**
 * Keeps the child process of a speech engine alive. One question at a time is with the child; others wait. A child that
 * dies is started again and its question asked once more; one that gives no answer in time is killed.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Backoff, waitMs } from '../../base/backoff.js'
import { describe, type FieldmouseError } from '../../base/errors.js'
import type { Part } from '../../base/part.js'
import { parse, type z } from '../../base/schema.js'
import { errors } from '../errors.js'
import { type ToChild, ToParent } from './child-protocol.js'

/** What happened to the child, for logs and metrics. */
export type ChildEvent =
  | { type: 'loaded' }
  | { type: 'died'; how: string }
  | { type: 'restarting'; inMs: number }
  | { type: 'output'; text: string }

export interface ChildOptions<Answer> {
  /** The engine's name in errors. */
  engine: string
  /** The compiled main file of the child. */
  module: URL
  /** Handed to the child's `open`. */
  load: unknown
  answer: z.ZodType<Answer>
  /** Errors of the child by code, as the parent throws them. Others become speech_engine_died. */
  remake?: (code: string, details: Record<string, unknown>) => FieldmouseError | undefined
  /** How long loading may take. Default 30 s: a Pi Zero 2 reads 30 MB from a slow card. */
  loadTimeoutMs?: number
  /** Questions that wait, beside the one at work; more are answered speech_engine_busy. Default 16. */
  longestQueue?: number
  /** After so many children lost without an answer between them, questions are refused at once. Default 4. */
  budget?: number
  backoff?: Backoff
  /** Limit of the JavaScript heap, MiB; native memory is not counted. Default 128. */
  heapMib?: number
  onEvent?: (event: ChildEvent) => void
}

interface Job<Answer> {
  id: number
  make: () => unknown
  /** Longest work, milliseconds, counted from when the child has it. */
  mostMs: number
  deaths: number
  resolve: (answer: Answer) => void
  reject: (error: unknown) => void
  /** Nobody waits any more; the child finishes it all the same. */
  left: boolean
}

const BACKOFF: Backoff = { firstMs: 50, maxMs: 15_000, factor: 4 }

/** A child process that answers questions. */
export class SupervisedChild<Answer> implements Part {
  readonly name: string
  /** Children lost since the start. */
  losses = 0
  readonly #o: Required<Omit<ChildOptions<Answer>, 'remake' | 'onEvent'>> &
    Pick<ChildOptions<Answer>, 'remake' | 'onEvent'>
  #child: ChildProcess | undefined
  #ready = false
  #stopping = true
  /** Losses since the last answer. */
  #row = 0
  #lastHow = 'not started'
  #last = 0
  #current: Job<Answer> | undefined
  #waiting: Job<Answer>[] = []
  #deadline: NodeJS.Timeout | undefined
  #restart: NodeJS.Timeout | undefined

  constructor(options: ChildOptions<Answer>) {
    this.name = `voice engine ${options.engine}`
    this.#o = {
      loadTimeoutMs: 30_000,
      longestQueue: 16,
      budget: 4,
      backoff: BACKOFF,
      heapMib: 128,
      ...options,
    }
  }

  /** The child's process id, for tests and for `doctor`. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** @throws speech_engine_missing when the child cannot load */
  async start(signal: AbortSignal): Promise<void> {
    this.#stopping = false
    this.#row = 0
    try {
      await this.#launch(signal)
    } catch (error) {
      this.#stopping = true
      throw error
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#restart)
    clearTimeout(this.#deadline)
    const jobs = [this.#current, ...this.#waiting].filter(job => job !== undefined)
    this.#current = undefined
    this.#waiting = []
    for (const job of jobs) job.reject(this.#gone('stopped'))
    const child = this.#child
    this.#child = undefined
    this.#ready = false
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    await new Promise<void>(resolve => {
      const kill = setTimeout(() => child.kill('SIGKILL'), 1_000)
      child.once('exit', () => {
        clearTimeout(kill)
        resolve()
      })
      if (child.connected) child.send({ type: 'stop' } satisfies ToChild, () => {})
      else child.kill('SIGKILL')
    })
  }

  /**
   * @param make the question, made when it is sent: once more when it must be asked again of another child
   * @param mostMs longest work before the child counts as hung
   * @throws speech_engine_died (twice, or none can be started), speech_engine_hung, speech_engine_busy, and the signal's reason
   */
  ask(make: () => unknown, mostMs: number, signal: AbortSignal): Promise<Answer> {
    if (signal.aborted) return Promise.reject(signal.reason)
    if (this.#stopping) return Promise.reject(this.#gone('stopped'))
    if (!this.#ready && this.#row > this.#o.budget) return Promise.reject(this.#gone(this.#lastHow))
    if (this.#waiting.length >= this.#o.longestQueue)
      return Promise.reject(
        errors.speech_engine_busy({ engine: this.#o.engine, waiting: this.#waiting.length }),
      )
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        job.left = true
        this.#waiting = this.#waiting.filter(other => other !== job)
        reject(signal.reason)
      }
      const done = () => signal.removeEventListener('abort', onAbort)
      const job: Job<Answer> = {
        id: ++this.#last,
        make,
        mostMs,
        deaths: 0,
        left: false,
        resolve: answer => {
          done()
          resolve(answer)
        },
        reject: error => {
          done()
          reject(error)
        },
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(job)
      this.#pump()
    })
  }

  #gone(how: string): FieldmouseError {
    return errors.speech_engine_died({ engine: this.#o.engine, how })
  }

  #pump(): void {
    if (!this.#ready || this.#current) return
    const job = this.#waiting.shift()
    if (!job) return
    this.#current = job
    this.#deadline = setTimeout(() => this.#hung(job), job.mostMs)
    this.#child?.send({ type: 'ask', id: job.id, question: job.make() } satisfies ToChild, () => {})
  }

  #hung(job: Job<Answer>): void {
    this.#current = undefined
    job.reject(errors.speech_engine_hung({ engine: this.#o.engine, ms: job.mostMs }))
    this.#child?.kill('SIGKILL')
  }

  #launch(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const child = fork(fileURLToPath(this.#o.module), [], {
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        serialization: 'advanced',
        execArgv: [`--max-old-space-size=${this.#o.heapMib}`, '--max-semi-space-size=2'],
        // passed on, not read: one heap arena of glibc instead of one a thread
        env: { ...process.env, MALLOC_ARENA_MAX: '1' },
      })
      this.#child = child
      let loaded = false
      const fail = (problem: string) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        child.kill('SIGKILL')
        if (this.#child === child && !loaded) this.#child = undefined
        reject(errors.speech_engine_missing({ engine: this.#o.engine, missing: problem }))
      }
      const onAbort = () => fail('the start was cancelled')
      const timer = setTimeout(
        () => fail(`loading took longer than ${this.#o.loadTimeoutMs} ms`),
        this.#o.loadTimeoutMs,
      )
      signal?.addEventListener('abort', onAbort, { once: true })
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (data: Buffer) => this.#tell({ type: 'output', text: data.toString().trim() }))
      child.on('error', error => fail(error.message))
      child.on('exit', (code, killed) => {
        const how = killed ? `signal ${killed}` : `exit code ${code}`
        if (!loaded) fail(`it ended while it loaded (${how})`)
        else if (this.#child === child) this.#died(how)
      })
      child.on('message', raw => {
        if (this.#child !== child) return
        try {
          const message = parse(ToParent, raw, `message of ${this.#o.engine}`)
          if (message.type === 'load_failed') fail(message.problem)
          else if (message.type === 'loaded') {
            loaded = true
            clearTimeout(timer)
            signal?.removeEventListener('abort', onAbort)
            this.#ready = true
            this.#tell({ type: 'loaded' })
            this.#pump()
            resolve()
          } else this.#hear(message)
        } catch (error) {
          // its memory is no longer to be trusted; the exit that follows is handled as any other
          this.#tell({ type: 'output', text: describe(error) })
          child.kill('SIGKILL')
        }
      })
      child.send({ type: 'load', options: this.#o.load } satisfies ToChild, () => {})
    })
  }

  #hear(message: Extract<ToParent, { id: number }>): void {
    const job = this.#current
    if (job?.id !== message.id) return
    const answer =
      message.type === 'answer'
        ? parse(this.#o.answer, message.answer, `answer of ${this.#o.engine}`)
        : undefined
    clearTimeout(this.#deadline)
    this.#current = undefined
    this.#row = 0
    if (message.type === 'answer') job.resolve(answer as Answer)
    else {
      const { code, details } = message
      job.reject(this.#o.remake?.(code, details) ?? this.#gone(String(details.problem ?? code)))
    }
    this.#pump()
  }

  /** What was with the child is asked once more, first of all; the second time it is given back as lost. */
  #died(how: string): void {
    clearTimeout(this.#deadline)
    this.#ready = false
    this.#child = undefined
    this.losses++
    this.#lastHow = how
    this.#tell({ type: 'died', how })
    const job = this.#current
    this.#current = undefined
    if (job && !job.left) {
      job.deaths++
      if (job.deaths > 1) job.reject(this.#gone(how))
      else this.#waiting.unshift(job)
    }
    if (!this.#stopping) this.#again()
  }

  #again(): void {
    const inMs = waitMs(this.#o.backoff, this.#row++)
    if (this.#row > this.#o.budget)
      for (const job of this.#waiting.splice(0)) job.reject(this.#gone(this.#lastHow))
    this.#tell({ type: 'restarting', inMs })
    this.#restart = setTimeout(() => {
      this.#launch().catch(error => {
        this.#tell({ type: 'output', text: describe(error) })
        this.#lastHow = describe(error)
        if (!this.#stopping) this.#again()
      })
    }, inMs)
  }

  #tell(event: ChildEvent): void {
    this.#o.onEvent?.(event)
  }
}
