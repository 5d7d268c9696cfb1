/**
 * The model that answers now, and its change for another between two requests. A request is finished by the model that
 * began it; while none is loaded, requests wait.
 *
 *   beside   old answers ────────────┬─ finishes what it began ─ stopped
 *            new            loads ───┴─ answers
 *   else     old finishes ─ stopped ─┐
 *            new                     └─ loads ─ answers         (or old loads again, and answers)
 */
import { type Backoff, waitMs } from '../base/backoff.js'
import type { Clock } from '../base/clock.js'
import type { Part } from '../base/part.js'
import type { Completion, CompletionRequest, Engine, ModelInfo } from './engine.js'
import { errors } from './errors.js'
import { Gate } from './gate.js'
import type { ModelFiles } from './model-files.js'
import { type EngineLimits, Pace } from './pace.js'
import type { ThreadTrial } from './protocol.js'
import { type OwnedEngine, Tenant } from './tenant.js'

export type { ModelFiles } from './model-files.js'

export interface ActiveOptions {
  /** Makes an engine for a model; not started yet. */
  make: (files: ModelFiles) => OwnedEngine
  first: ModelFiles
  clock: Clock
  /** Another model answers from now on: memories of the one before are void. Must not throw. */
  onSwapped?: (info: ModelInfo) => void
  /** The model that had made room for another could not be loaded again; it is tried until it can. */
  onTrouble?: (error: unknown) => void
  /** How long a request waits while no model is loaded. Default 15 s. */
  patienceMs?: number
  /** Between tries to load the old model again. */
  backoff?: Backoff
}

const PATIENCE_MS = 15_000
/** A bout of a trial lasts a second or two, and so does loading; on a slow board it takes a few tries. */
const RETRY_AFTER_MS = 5_000
const BACKOFF: Backoff = { firstMs: 1_000, maxMs: 60_000, factor: 3 }
type Limits = Omit<EngineLimits, 'rest'> & { rest?: number }

export class ActiveEngine implements Engine, Part {
  readonly name = 'inference'
  readonly #o: ActiveOptions
  readonly #gate: Gate
  /** What answers, or is to answer after the next start. */
  #files: ModelFiles
  /** Undefined while requests have to wait. */
  #now: Tenant | undefined
  /** From start to stop. */
  #life: AbortController | undefined
  /** All engines that may have a process. */
  readonly #alive = new Set<Tenant>()
  readonly #leaving = new Set<Promise<void>>()
  /** Changes come one after the other; never rejects. */
  #turn: Promise<unknown> = Promise.resolve()
  #again: NodeJS.Timeout | undefined
  /** No model is loaded because another one has its memory for a while. */
  #makesRoom = false
  #limits: Limits | undefined
  /** Most that it was to run with so far. */
  #mostThreads = 0

  constructor(options: ActiveOptions) {
    this.#o = options
    this.#files = options.first
    this.#gate = new Gate(options.patienceMs ?? PATIENCE_MS, options.clock)
  }

  /** Of the model that answers now; undefined while none does. */
  get info(): ModelInfo | undefined {
    return this.#now?.engine.info
  }
  get trials(): readonly ThreadTrial[] {
    return this.#now?.engine.trials ?? []
  }
  /** Children that the model that answers now has lost. */
  get losses(): number {
    return this.#now?.engine.losses ?? 0
  }
  get childRssBytes(): number {
    return this.#now?.engine.childRssBytes ?? 0
  }
  get pid(): number | undefined {
    return this.#now?.engine.pid
  }
  /** It is to spare the board now: what answers take says nothing about the model. */
  get isHeldBack(): boolean {
    const { rest = 0, threads = this.#mostThreads } = this.#limits ?? {}
    return rest > 0 || threads < this.#mostThreads
  }
  /** What answers, or would if it could be loaded. */
  get files(): ModelFiles {
    return this.#files
  }

  /** @throws what loading the model throws */
  async start(signal: AbortSignal): Promise<void> {
    this.#life ??= new AbortController()
    const life = this.#life
    try {
      await this.#inTurn(signal, async both => {
        this.#now ??= await this.#load(this.#files, both)
        this.#gate.open()
      })
    } catch (error) {
      // somebody may have stopped it, and started it again
      if (this.#life === life) await this.stop()
      throw error
    }
  }

  async stop(): Promise<void> {
    this.#life?.abort()
    this.#life = undefined
    clearTimeout(this.#again)
    this.#gate.close(errors.engine_stopped({}))
    await Promise.all([...this.#alive].map(tenant => this.#end(tenant)))
    await this.#turn
    await Promise.all(this.#leaving)
    this.#now = undefined
  }

  /**
   * @throws as `Engine.complete`; where no model was loaded for longer than requests wait model_on_trial while another one
   *   has its memory, else engine_unavailable
   */
  async complete(request: CompletionRequest, signal?: AbortSignal): Promise<Completion> {
    const since = this.#o.clock.monotonic()
    for (;;) {
      if (!this.#life) throw errors.engine_stopped({})
      if (this.#now) return this.#now.complete(request, signal)
      await this.#gate.pass(since, waitedMs => this.#late(waitedMs), signal)
    }
  }

  #late(waitedMs: number): unknown {
    return this.#makesRoom
      ? errors.model_on_trial({ waitedMs, retryAfterMs: RETRY_AFTER_MS })
      : errors.engine_unavailable({ waitedMs })
  }

  /** Of the request that has waited longest for a model to be loaded, milliseconds; 0 where none waits. */
  get longestWaitMs(): number {
    return this.#gate.longestWaitMs
  }

  /** Whether an engine is this one's: answers, is about to, or has not ended yet. */
  holds(engine: OwnedEngine): boolean {
    return [...this.#alive].some(tenant => tenant.engine === engine)
  }

  /** As `SupervisedEngine.adjust`; models that come later are held to it as well. */
  adjust(limits: Limits): void {
    new Pace().wish({ rest: 0, ...limits }, undefined)
    this.#mostThreads = Math.max(this.#mostThreads, limits.threads, this.info?.threads ?? 0)
    this.#limits = limits
    for (const tenant of this.#alive) if (!tenant.isLeaving) tenant.engine.adjust(limits)
  }

  /**
   * Another model answers from the next request on. Swaps wait for one another.
   * @param how `beside`: loaded next to the old one, which answers until then; else the old one is stopped first (short
   *   of memory): requests wait meanwhile, up to `patienceMs`. `loaded`: an engine that has loaded it already, from here on
   *   this one's to stop; where it cannot come forward, another is made
   * @throws swap_cancelled when `signal` aborts before the new one answers, engine_stopped, and what loading throws; the
   *   old one answers then
   */
  async swap(
    to: ModelFiles,
    signal: AbortSignal,
    { beside, loaded }: { beside: boolean; loaded?: OwnedEngine | undefined },
  ): Promise<void> {
    const ready = loaded && new Tenant(loaded, to)
    if (ready) this.#alive.add(ready)
    try {
      await this.#change(to, signal, beside, ready)
    } finally {
      if (ready && this.#now !== ready) await this.#end(ready)
    }
  }

  #change(to: ModelFiles, signal: AbortSignal, beside: boolean, ready: Tenant | undefined): Promise<void> {
    return this.#inTurn(signal, async (both, life) => {
      // what still finishes its last requests holds memory: two at most
      await unlessAborted(Promise.all(this.#leaving), both)
      // it gets its room while the old one answers
      if (await ready?.engine.comeForward(this.#limits)) {
        both.throwIfAborted()
        return this.#take(ready!)
      }
      if (ready) await this.#end(ready)
      if (beside) return this.#take(await this.#load(to, both))
      const before = this.#files
      await this.#vacate(both)
      try {
        this.#take(await this.#load(to, both))
      } catch (error) {
        await this.#comeBack(before, life)
        throw error
      }
    })
  }

  /**
   * Does something while no model is loaded: for what does not fit beside one. Requests wait meanwhile, as in `swap`.
   * @throws as `swap`, and what `work` throws
   */
  aside<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#inTurn(signal, async (both, life) => {
      await unlessAborted(Promise.all(this.#leaving), both)
      const before = this.#files
      await this.#vacate(both)
      try {
        return await work(both)
      } finally {
        await this.#comeBack(before, life)
      }
    })
  }

  /** @param work is given a signal that aborts for the caller or at the end of this life, and one for the latter alone */
  async #inTurn<T>(
    signal: AbortSignal,
    work: (both: AbortSignal, life: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const life = this.#life?.signal
    if (!life) throw errors.engine_stopped({})
    const both = AbortSignal.any([signal, life])
    const mine = this.#turn.then(async () => {
      both.throwIfAborted()
      return work(both, life)
    })
    this.#turn = mine.catch(() => {})
    try {
      return await mine
    } catch (error) {
      if (life.aborted) throw errors.engine_stopped({}, error)
      if (signal.aborted) throw errors.swap_cancelled({}, error)
      throw error
    }
  }

  async #load(files: ModelFiles, signal: AbortSignal): Promise<Tenant> {
    const tenant = new Tenant(this.#o.make(files), files)
    if (this.#limits) tenant.engine.adjust(this.#limits)
    this.#alive.add(tenant)
    try {
      await tenant.engine.start(signal)
      signal.throwIfAborted()
      return tenant
    } catch (error) {
      await this.#end(tenant)
      throw error
    }
  }

  async #end(tenant: Tenant): Promise<void> {
    await tenant.engine.stop()
    this.#alive.delete(tenant)
  }

  /** In one go: no request sees neither or both. */
  #take(next: Tenant): void {
    const before = this.#now
    this.#now = next
    this.#makesRoom = false
    this.#files = next.files
    if (before) {
      before.isLeaving = true
      const gone = before
        .idle()
        .then(() => this.#end(before))
        .finally(() => this.#leaving.delete(gone))
      this.#leaving.add(gone)
    }
    this.#gate.open()
    const { info } = next.engine
    if (info) this.#o.onSwapped?.(info)
  }

  /** Stops the model that answers, once it has finished what it began. Requests wait from here on. */
  async #vacate(signal: AbortSignal): Promise<void> {
    clearTimeout(this.#again)
    this.#makesRoom = true
    const before = this.#now
    if (!before) return
    this.#now = undefined
    try {
      await unlessAborted(before.idle(), signal)
    } catch (error) {
      this.#now = before
      this.#makesRoom = false
      this.#gate.open()
      throw error
    }
    await this.#end(before)
  }

  /** Loads again what had to make room. Where that fails it is tried again, in turn, unless another one came. */
  async #comeBack(files: ModelFiles, life: AbortSignal, attempt = 0): Promise<void> {
    if (life.aborted) return
    try {
      this.#now = await this.#load(files, life)
      this.#makesRoom = false
      this.#gate.open()
    } catch (error) {
      this.#makesRoom = false
      if (life.aborted) return
      this.#o.onTrouble?.(error)
      const again = async () => {
        if (!this.#now) await this.#comeBack(files, life, attempt + 1)
      }
      this.#again = setTimeout(
        () => {
          // it fails only with the end of this life: there is nobody left to tell
          this.#inTurn(life, again).catch(() => {})
        },
        waitMs(this.#o.backoff ?? BACKOFF, attempt),
      )
    }
  }
}

/** What was waited for, or the signal's reason as soon as it aborts. */
function unlessAborted<T>(wanted: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    wanted.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
