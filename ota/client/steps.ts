/** Takes one step of the machine and says what came of it. Every step looks at the world first and can be taken again. */
import { stat } from 'node:fs/promises'
import { FieldmouseError } from '../../daemon/base/errors.js'
import { jitter } from '../../daemon/base/random.js'
import { isOpen, minuteOfDay } from '../format/windows.js'
import { paced } from '../transport/paced.js'
import { activate } from './activate.js'
import { checkDesired } from './check.js'
import { confirm } from './confirm.js'
import { errors } from './errors.js'
import { fetchBundle } from './fetch.js'
import { type Health, type HealthFigures, judgeHealth } from './health.js'
import type { Candidate, Event, Reason, State, Step } from './machine.js'
import type { Memory } from './memory.js'
import type { UpdateSettings } from './options.js'
import { recover } from './recover.js'
import { rollback } from './rollback.js'
import type { Installed, Slots } from './slots.js'
import { stage } from './stage.js'
import { type Progress, Tally } from './tally.js'
import { trial } from './trial.js'
import { verify } from './verify.js'

/** What steps know of the updater they belong to. */
export interface World {
  running(): Installed
  setRunning(installed: Installed): void
  memory(): Memory
  before(): HealthFigures
  health(): Health
  progress(progress: Progress): void
  waitingFor(what: string | undefined): void
  /** Somebody asked for it now: hours and the fleet's time do not count. */
  isAsked(): boolean
}

/** While it waits for an hour or for quiet, and while it watches. */
const LOOK_MS = 1_000
/** A board that is never quiet waits no longer for it. */
const MOST_BUSY_MS = 30_000
const BUSY_LOOK_MS = 50

export class Steps {
  readonly #o: UpdateSettings
  readonly #slots: Slots
  readonly #world: World
  #hasLooked = false
  /** Bytes came in the step that is being taken. */
  #hasMoved = false
  /** The engine was told to take another model, and nobody knows what came of it. */
  #engineIsUnsure = false
  #watchedFrom: number | undefined
  constructor(options: UpdateSettings, slots: Slots, world: World) {
    this.#o = options
    this.#slots = slots
    this.#world = world
  }

  /** How long the model that is watched was watched so far; undefined where none was. */
  get watchedMs(): number | undefined {
    return this.#watchedFrom === undefined ? undefined : this.#o.clock.monotonic() - this.#watchedFrom
  }

  /** @returns what came of it; undefined when it was interrupted */
  async take(step: Step, state: State, wake: AbortSignal, stop: AbortSignal): Promise<Event | undefined> {
    const deadlineMs = this.#o.deadlines[step === 'activate' ? 'activating' : state.is]
    this.#hasMoved = false
    this.#watchedFrom = undefined
    const hung = new AbortController()
    const timer = Number.isFinite(deadlineMs)
      ? setTimeout(() => hung.abort(), Math.min(deadlineMs, 2 ** 31 - 1))
      : undefined
    const signal = AbortSignal.any([wake, stop, hung.signal])
    try {
      return await withGrace(this.#steps[step](state as never, signal), signal, this.#o.graceMs)
    } catch (error) {
      if (hung.signal.aborted) {
        const reason = reasonOf(errors.state_step_hung({ state: state.is, deadlineMs }))
        const isCandidates = state.is === 'trial' || state.is === 'active'
        return isCandidates ? { what: 'refused', reason } : { what: 'error', reason, retryable: true }
      }
      if (wake.aborted || stop.aborted) return undefined
      this.#o.onTrouble(error)
      const event = this.#eventOf(error, state)
      // a way back that does not work is tried until it does, but not at once
      if (state.is === 'rolled-back') await this.#o.wait(this.#o.waitMs(0), signal).catch(() => {})
      return event
    } finally {
      clearTimeout(timer)
    }
  }

  #eventOf(error: unknown, state: State): Event {
    const known =
      error instanceof FieldmouseError
        ? error
        : errors.disk_refused({ path: this.#slots.folder, problem: problemOf(error) }, error)
    const reason = reasonOf(known)
    if (['not_a_model', 'trial_failed', 'worse_in_use'].includes(known.code))
      return { what: 'refused', reason }
    const { retryAfterMs } = known.details as { retryAfterMs?: number }
    const isCandidates = state.is === 'trial' || state.is === 'active'
    // a trial that throws, an engine that does not load it: the candidate's fault unless an error says otherwise
    const retryable = isCandidates ? error instanceof FieldmouseError && known.retryable : known.retryable
    return {
      what: 'error',
      reason,
      retryable,
      hasMoved: this.#hasMoved,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    }
  }

  readonly #steps: { [S in Step]: (state: never, signal: AbortSignal) => Promise<Event> } = {
    wait: async (_: State, signal) => {
      const everyMs = this.#o.checkEveryMs * (0.9 + 0.2 * jitter())
      await this.#o.wait(this.#hasLooked ? everyMs : jitter() * this.#o.firstCheckMs, signal)
      return { what: 'check' }
    },

    wait_again: async (state: Extract<State, { is: 'failed' }>, signal) => {
      const ms = state.again ? this.#o.waitMs(state.attempt) : this.#o.checkEveryMs
      await this.#o.wait(Math.max(ms, state.retryAfterMs ?? 0), signal)
      return { what: 'check' }
    },

    check: async (_: State, signal) => {
      this.#hasLooked = true
      const { desired, bad, pinnedSha256 } = this.#world.memory()
      const running = this.#world.running()
      const facts = {
        family: this.#o.family,
        board: this.#o.board,
        running,
        bad: bad.map(b => b.sha256),
        installed: this.#o.installed(),
        ...(pinnedSha256 ? { pinnedSha256 } : {}),
      }
      const answer = await this.#o.trust.consult(this.#o.transport, signal, async trusted => {
        const isFactory = running.slot === 'factory'
        const revoked = isFactory ? undefined : await trusted.revoked(this.#o.family, running.sha256)
        if (revoked !== undefined) return { revoked }
        const one = desired?.path === undefined ? undefined : await trusted.lookup(desired.path)
        const offers = desired?.path === undefined ? await trusted.offers(this.#o.family) : one ? [one] : []
        return checkDesired(desired, offers, facts)
      })
      if ('revoked' in answer) {
        const candidate = await this.#candidateOf(running)
        return {
          what: 'go_back',
          candidate,
          isBad: true,
          reason: reasonOf(errors.revoked({ reason: answer.revoked })),
        }
      }
      const slot = await this.#slots.spare()
      if ('nothing' in answer) {
        // begun, and not wanted any more: its room is given back
        if ((await this.#slots.record(slot))?.state === 'untried') {
          await this.#slots.empty(slot)
          await this.#slots.dropScratch()
        }
        return { what: 'nothing', why: { code: answer.nothing, says: answer.says } }
      }
      const notBeforeMs = desired?.not_before === undefined ? undefined : Date.parse(desired.not_before)
      const { path, promise } = answer.candidate
      return {
        what: 'found',
        candidate: { slot, path, promise, ...(notBeforeMs === undefined ? {} : { notBeforeMs }) },
      }
    },

    fetch: async ({ candidate }: Extract<State, { is: 'downloading' }>, signal) => {
      await stage(this.#slots, candidate, this.#o.room)
      const transport = paced(this.#o.transport, {
        bytesPerSecond: this.#o.bytesPerSecond,
        isHeld: () => this.#held() !== undefined,
        isBusy: this.#o.isBusy,
        clock: this.#o.clock,
        wait: async (ms, s) => {
          this.#world.waitingFor(this.#held())
          await this.#o.wait(ms, s)
          this.#world.waitingFor(this.#held())
        },
      })
      const tally = new Tally(candidate.promise.files)
      await fetchBundle(candidate, this.#o.strategies, {
        transport,
        slots: this.#slots,
        running: this.#world.running(),
        bounds: this.#o.bounds,
        clock: this.#o.clock,
        heldUpMs: () => transport.heldUpMs(),
        signal,
        quiet: () => transport.quiet(signal),
        onPlan: (file, doneBytes, totalBytes) => {
          tally.plan(file, doneBytes, totalBytes)
          this.#world.progress(tally.progress())
        },
        onBytes: count => {
          this.#hasMoved = true
          tally.came(count)
          this.#world.progress(tally.progress())
        },
      })
      return { what: 'downloaded' }
    },

    verify: async ({ candidate }: Extract<State, { is: 'verifying' }>, signal) => {
      const { slot, promise } = candidate
      const { disk } = this.#slots
      for (const file of promise.files) {
        const whole = this.#slots.fileIn(slot, file)
        const part = `${whole}.part`
        const isNamed = (await sizeOf(whole)) === file.length && (await sizeOf(part)) === 0
        try {
          await verify(isNamed ? whole : part, file, signal, this.#o.inspect)
        } catch (error) {
          if (!signal.aborted) for (const path of [whole, part, `${part}.bytes`]) await disk.remove(path)
          throw error
        }
        if (!isNamed) await disk.rename(part, whole)
        await disk.remove(`${part}.bytes`)
      }
      await disk.syncFolder(this.#slots.slotFolder(slot))
      return { what: 'verified' }
    },

    hold: async ({ candidate }: Extract<State, { is: 'staged' }>, signal) => {
      for (;;) {
        const why = this.#mayNotGo(candidate)
        this.#world.waitingFor(why)
        if (!why) break
        await this.#o.wait(LOOK_MS, signal)
      }
      // in a quiet moment, where there is one
      for (let ms = 0; ms < MOST_BUSY_MS && this.#o.isBusy(); ms += BUSY_LOOK_MS) {
        this.#world.waitingFor('requests to be answered')
        await this.#o.wait(BUSY_LOOK_MS, signal)
      }
      return { what: 'may_go' }
    },

    trial: async ({ candidate }: Extract<State, { is: 'trial' }>, signal) => {
      await this.#verifyAll(candidate, signal)
      const figures = await trial(
        this.#o.trial,
        this.#installed(candidate),
        this.#world.running(),
        candidate.promise.gates,
        signal,
      )
      return { what: 'passed', figures }
    },

    activate: async ({ candidate }: Extract<State, { is: 'active' }>, signal) => {
      if (this.#world.running().slot !== candidate.slot) await this.#verifyAll(candidate, signal)
      await activate(this.#slots, candidate.slot)
      if (this.#world.running().slot !== candidate.slot) await this.#swap(this.#installed(candidate), signal)
      return { what: 'moved' }
    },

    watch: async (
      { candidate, steady, watchedMs = 0, figures }: Extract<State, { is: 'active' }>,
      signal,
    ) => {
      const began = this.#o.clock.monotonic()
      const from = began - (steady?.watchedMs ?? watchedMs)
      this.#watchedFrom = from
      const bootId = this.#o.bootId()
      const first = this.#world.health().figures()
      for (;;) {
        const now = this.#world.health().figures()
        const reason = judgeHealth(this.#world.before(), now, this.#o.health, figures)
        if (reason) return { what: 'refused', reason: reasonOf(errors.worse_in_use({ reason })) }
        const isSteady =
          this.#o.clock.monotonic() - began >= this.#o.steady.ms &&
          wellAnswered(now) - wellAnswered(first) >= this.#o.steady.answers &&
          now.crashes === first.crashes
        // once in each life of the board, for flash wears
        if (bootId !== undefined && steady?.bootId !== bootId && isSteady)
          return { what: 'steady', bootId, watchedMs: this.#o.clock.monotonic() - from }
        const left = from + this.#o.watchMs - this.#o.clock.monotonic()
        if (left <= 0) break
        await this.#o.wait(Math.min(LOOK_MS, left), signal)
      }
      await confirm(this.#slots, candidate.slot)
      return { what: 'confirmed' }
    },

    go_back: async ({ candidate, isBad }: Extract<State, { is: 'rolled-back' }>, signal) => {
      await rollback(this.#slots, candidate.slot)
      if (this.#world.running().slot === candidate.slot || this.#engineIsUnsure) {
        const { installed, problems } = await recover(
          this.#slots,
          signal,
          this.#o.inspect,
          this.#o.installed(),
        )
        for (const problem of problems) this.#o.onTrouble(new Error(problem))
        await this.#swap(installed, signal)
      }
      if (isBad) await this.#slots.empty(candidate.slot)
      return { what: 'gone_back' }
    },
  }

  /** Whatever happened since: what native code sees is what was signed. */
  async #verifyAll({ slot, promise }: Candidate, signal: AbortSignal): Promise<void> {
    for (const file of promise.files)
      await verify(this.#slots.fileIn(slot, file), file, signal, this.#o.inspect)
  }

  async #swap(to: Installed, signal: AbortSignal): Promise<void> {
    this.#engineIsUnsure = true
    await this.#o.swap(to, signal)
    this.#world.setRunning(to)
    this.#engineIsUnsure = false
  }

  #installed(candidate: Candidate): Installed {
    const { slot, path, promise } = candidate
    return this.#slots.installed(slot, { version: 1, state: 'untried', path, promise })
  }

  async #candidateOf(running: Installed): Promise<Candidate> {
    const slot = running.slot === 'b' ? 'b' : 'a'
    const record = await this.#slots.record(slot)
    return { slot, path: record!.path, promise: record!.promise }
  }

  #held(): string | undefined {
    if (this.#o.isMetered()) return 'a link that is not metered'
    if (!isOpen(this.#o.windows.download, minuteOfDay(this.#o.clock.now()))) return 'the hours for loading'
    return undefined
  }

  #mayNotGo({ notBeforeMs = 0 }: Candidate): string | undefined {
    if (this.#world.isAsked()) return undefined
    if (this.#o.approval === 'asked') return 'somebody to ask for it (`fieldmouse ota apply`)'
    const now = this.#o.clock.now()
    if (now < notBeforeMs) return 'the time that the fleet has set'
    if (!isOpen(this.#o.windows.activate, minuteOfDay(now))) return 'the hours for activating'
    return undefined
  }
}

function reasonOf({ code, message, remedy }: FieldmouseError): Reason {
  return { code, says: message, remedy }
}

const wellAnswered = ({ requests, errors }: HealthFigures): number => requests - errors

function problemOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? message ?? String(error)
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    s => s.size,
    () => 0,
  )

/** The step's end; or, when it was told to end and does not, not for ever. */
function withGrace<T>(work: Promise<T>, signal: AbortSignal, graceMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined
    const late = () => {
      timer = setTimeout(() => reject(signal.reason), graceMs)
    }
    signal.addEventListener('abort', late, { once: true })
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer)
      signal.removeEventListener('abort', late)
    })
  })
}
