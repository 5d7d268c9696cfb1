/**
 * The updater of one family of models: asks the machine what to do, does it, keeps the state, asks again. Whatever ends it,
 * a start looks at the world and goes on.
 */
import { join } from 'node:path'
import { describe, FieldmouseError } from '../../daemon/base/errors.js'
import type { Part } from '../../daemon/base/part.js'
import type { Desired, DesiredModel, UpdateCommand } from '../format/desired.js'
import type { UpdateState } from '../format/state.js'
import { mainFile } from '../format/target.js'
import { errors } from './errors.js'
import { Health, type HealthEvent, type HealthFigures, judgeHealth } from './health.js'
import { lock } from './lock.js'
import { type Candidate, type Event, next, type State, stepOf } from './machine.js'
import { EMPTY_MEMORY, loadMemory, type Memory, MOST_BAD, saveMemory } from './memory.js'
import { type UpdateClientOptions, type UpdateSettings, withDefaults } from './options.js'
import { recover } from './recover.js'
import { type Installed, Slots } from './slots.js'
import { Steps } from './steps.js'
import type { Progress } from './tally.js'
import { told } from './told.js'

export class UpdateClient implements Part {
  readonly name: string
  readonly #o: UpdateSettings
  readonly #slots: Slots
  readonly #steps: Steps
  #memory: Memory = EMPTY_MEMORY
  #running: Installed | undefined
  #health = new Health()
  #before: HealthFigures = this.#health.figures()
  #inbox: Event[] = []
  #wake = new AbortController()
  #stopped = new AbortController()
  #loop: Promise<void> | undefined
  #unlock: (() => Promise<void>) | undefined
  #progress: (Progress & { beganMs: number }) | undefined
  #waitingFor: string | undefined
  /** Writes of the memory, one after the other: never rejects. */
  #saving: Promise<unknown> = Promise.resolve()
  /** The memory is not on the disk yet. */
  #isUnsaved = false
  /** What is on the disk beside the state, as text. */
  #savedRest = ''

  constructor(options: UpdateClientOptions) {
    this.#o = withDefaults(options)
    this.name = `updates of ${options.family}`
    this.#slots = new Slots(options.folder, options.factory, this.#o.disk)
    this.#steps = new Steps(this.#o, this.#slots, {
      running: () => this.running,
      setRunning: installed => this.#setRunning(installed),
      memory: () => this.#memory,
      before: () => this.#before,
      health: () => this.#health,
      progress: progress => this.#progressed(progress),
      waitingFor: what => this.#waits(what),
      isAsked: () => this.#memory.isAsked === true,
    })
  }

  /** What answers now. Known once `start` has resolved. */
  get running(): Installed {
    if (!this.#running) throw new Error('the updater has not started')
    return this.#running
  }

  /** Finds what may answer, and begins to look for better. @throws updater_running, no_model_left */
  async start(signal: AbortSignal): Promise<void> {
    this.#stopped = new AbortController()
    this.#unlock = await this.#lock()
    try {
      const { installed, problems } = await recover(this.#slots, signal, this.#o.inspect, this.#o.installed())
      for (const problem of problems) this.#o.onTrouble(new Error(problem))
      this.#running = installed
      const { isStopped, ...memory } = await loadMemory(this.#memoryPath)
      this.#memory = memory
      await this.#reconcile()
      const bootId = this.#o.bootId()
      this.#advance({ what: 'started', isOrderly: isStopped === true, ...(bootId ? { bootId } : {}) })
      // a disk that refuses keeps nobody from being answered: it is tried on, before the first step
      await this.#save()
      this.#told()
      this.#loop = this.#run()
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new Error('the updater is being stopped'))
    if (this.#loop) {
      await this.#loop
      const { state } = this.#memory
      if (state.is === 'trial' || state.is === 'active') {
        // who is switched off each evening must come to the end of a watch as well
        const { watchedMs } = this.#steps
        const watched = state.is === 'active' && watchedMs !== undefined ? { ...state, watchedMs } : state
        this.#memory = { ...this.#memory, state: watched, isStopped: true }
        await this.#save()
      }
    }
    this.#loop = undefined
    await this.#unlock?.()
    this.#unlock = undefined
  }

  /** Where the update stands. */
  status(): UpdateState {
    // what it said of the wish before is no answer to the one it is about to look at
    const looks = this.#inbox.some(event => event.what === 'check')
    const state = looks ? this.#inbox.reduce(next, this.#memory.state) : this.#memory.state
    const watchedMs =
      this.#steps.watchedMs ??
      (state.is === 'active' ? (state.steady?.watchedMs ?? state.watchedMs) : undefined) ??
      0
    const watch = { leftMs: Math.max(0, this.#o.watchMs - watchedMs), thenLooks: !!this.#memory.afterWatch }
    return told({
      family: this.#o.family,
      memory: { ...this.#memory, state },
      running: this.running,
      ...(this.#progress ? { progress: { ...this.#progress, nowMs: this.#o.clock.monotonic() } } : {}),
      ...(this.#waitingFor ? { waitingFor: this.#waitingFor } : {}),
      ...(state.is === 'active' && state.moved ? { watch } : {}),
    })
  }

  /** Looks now; while a new model is watched, when that is over. While an update is on its way it changes nothing. */
  check(): void {
    const { is } = this.#memory.state
    if (is === 'idle' || is === 'failed' || is === 'active') this.#send({ what: 'check' })
  }

  /**
   * Looks now, and activates what it finds without waiting for hours, the fleet's time or approval; while a new model is
   * watched, when that is over.
   */
  apply(): void {
    const how = this.#memory.state.is === 'active' ? { afterWatch: 'apply' as const } : { isAsked: true }
    this.#memory = { ...this.#memory, ...how }
    this.#send({ what: 'check' })
  }

  /** What the fleet wants; undefined: nothing said, the newest that fits. */
  desire(desired: Desired | undefined): void {
    const mine = desired?.models.find(m => m.family === this.#o.family)
    const isSame = JSON.stringify(mine) === JSON.stringify(this.#memory.desired)
    this.#memory = { ...this.#memory, desired: mine, desiredId: desired?.id }
    if (isSame) {
      this.#told()
      return
    }
    const { state } = this.#memory
    const wants = 'candidate' in state ? state.candidate?.path : undefined
    if (isOther(mine, wants))
      this.#send({ what: 'cancel', reason: { code: 'cancelled', says: 'something else is desired' } })
    this.#send({ what: 'check' })
  }

  /** What runs stays: nothing else is loaded until it is set free. */
  pin(isPinned: boolean): void {
    const { pinnedSha256: _, ...memory } = this.#memory
    this.#memory = isPinned ? { ...memory, pinnedSha256: this.running.sha256 } : memory
    this.#send(
      isPinned
        ? { what: 'cancel', reason: { code: 'pinned', says: 'a release is pinned by hand' } }
        : { what: 'check' },
    )
  }

  /**
   * Back to the model before, which is remembered as bad.
   * @throws nothing_to_go_back_to
   */
  async rollback(why = 'somebody asked for it'): Promise<void> {
    const { slot } = this.running
    const record = slot === 'factory' ? undefined : await this.#slots.record(slot)
    if (slot === 'factory' || !record) throw errors.nothing_to_go_back_to({})
    const candidate: Candidate = { slot, path: record.path, promise: record.promise }
    this.#send({
      what: 'go_back',
      candidate,
      isBad: true,
      reason: { code: 'rolled_back_by_hand', says: why },
    })
  }

  /** Another model of another family answers now. An adapter whose base is gone goes back; it is not bad for that. */
  async baseChanged(): Promise<void> {
    const { base, slot } = this.running
    if (!base || slot === 'factory' || this.#o.installed().some(b => b.sha256 === base.sha256)) return
    const record = await this.#slots.record(slot)
    if (!record) return
    const { code, message, remedy } = errors.base_gone({ family: base.family })
    const candidate: Candidate = { slot, path: record.path, promise: record.promise }
    this.#send({ what: 'go_back', candidate, isBad: false, reason: { code, says: message, remedy } })
  }

  /** What somebody asked for by `request/update`. @throws nothing_to_go_back_to */
  async obey(command: UpdateCommand): Promise<void> {
    switch (command.do) {
      case 'status':
        return
      case 'check':
        return this.check()
      case 'apply':
        return this.apply()
      case 'rollback':
        return this.rollback()
      case 'pin':
      case 'unpin':
        return this.pin(command.do === 'pin')
      case 'forgive':
        return this.forgive(command.sha256)
    }
  }

  /** A model that did badly may be tried again. @param sha256 or the first digits of it */
  forgive(sha256: string): void {
    this.#memory = { ...this.#memory, bad: this.#memory.bad.filter(b => !b.sha256.startsWith(sha256)) }
    this.#send({ what: 'check' })
  }

  /** Tell every answer, error and crash of this family's model. */
  health(event: HealthEvent): void {
    this.#health.note(event)
    const { state } = this.#memory
    if (state.is !== 'active' || event.what === 'answered') return
    const reason = judgeHealth(this.#before, this.#health.figures(), this.#o.health, state.figures)
    if (!reason) return
    const { message, code, remedy } = errors.worse_in_use({ reason })
    this.#send({ what: 'refused', reason: { code, says: message, remedy } })
  }

  /** @throws updater_running */
  async #lock(): Promise<() => Promise<void>> {
    try {
      return await lock(this.#o.folder)
    } catch (error) {
      if (error instanceof FieldmouseError) throw error
      // where nothing can be written no other updater writes, and what runs must answer
      this.#o.onTrouble(errors.disk_refused({ path: this.#o.folder, problem: describe(error) }, error))
      return async () => {}
    }
  }

  get #memoryPath(): string {
    return join(this.#o.folder, 'state.json')
  }

  /** State and slots are two files: where a cut or a bad disk let them disagree, the slots are right. */
  async #reconcile(): Promise<void> {
    const { state } = this.#memory
    const { slot } = this.running
    if (state.is === 'active' && state.moved && slot !== state.candidate.slot)
      return this.#advance({
        what: 'refused',
        reason: { code: 'slot_lost', says: 'its slot was not whole at the start' },
      })
    const record = slot === 'factory' ? undefined : await this.#slots.record(slot)
    if (slot === 'factory' || record?.state !== 'untried') return
    const isKnown = (state.is === 'active' || state.is === 'rolled-back') && state.candidate.slot === slot
    if (isKnown) return
    // the state was lost: what runs on probation is watched again
    const candidate: Candidate = { slot, path: record.path, promise: record.promise }
    this.#memory = { ...this.#memory, state: { is: 'active', candidate, moved: true, starts: 0 } }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped
    if (this.#isUnsaved) await this.#keep()
    while (!signal.aborted) {
      const queued = this.#inbox.shift()
      if (queued) {
        await this.#apply(queued)
        continue
      }
      this.#wake = new AbortController()
      const { state } = this.#memory
      const event = await this.#steps.take(stepOf(state), state, this.#wake.signal, signal)
      this.#waitingFor = undefined
      if (event) await this.#apply(event)
    }
  }

  /** Wakes the step that is being taken when the event changes something, or when the step only waits. */
  #send(event: Event): void {
    const state = this.#inbox.reduce(next, this.#memory.state)
    if (state.is === 'active') {
      if (event.what === 'check') this.#memory = { afterWatch: 'check', ...this.#memory }
      // a watch is not broken off for what may wait, but what somebody said is kept
      void this.#save().then(() => this.#told())
      if (event.what === 'check') return
    }
    this.#inbox.push(event)
    const only = ['wait', 'wait_again', 'hold'].includes(stepOf(this.#memory.state))
    if (only || next(state, event) !== state) this.#wake.abort(new Error('there is something newer to do'))
  }

  /** The next state is on the disk before its step is taken. The way back does not wait for a disk that refuses. */
  async #apply(event: Event): Promise<void> {
    this.#advance(event)
    await this.#keep()
    this.#told()
  }

  #advance(event: Event): void {
    const before = this.#memory.state
    const state = next(before, event)
    if (state !== before) this.#memory = { ...this.#memory, state, bad: this.#badAfter(before, event) }
    if (state.is !== before.is) this.#progress = undefined
    if (state.is === 'idle' && before.is !== 'idle') {
      const { isAsked: _, afterWatch, ...memory } = this.#memory
      this.#memory = afterWatch === 'apply' ? { ...memory, isAsked: true } : memory
      if (afterWatch) this.#inbox.push({ what: 'check' })
    }
    if (state.is === 'active' && before.is === 'trial') {
      this.#before = this.#health.figures()
      this.#health = new Health()
    }
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stopped
    for (let attempt = 0; !signal.aborted; attempt++) {
      const { is } = this.#memory.state
      // a look at the repository is no progress, flash wears; but what somebody said before it is kept
      if (is === 'checking' && this.#savedRest === restOf(this.#memory)) break
      // the steps of these undo nothing, and a start finds its way without them
      if ((await this.#save()) || ['checking', 'failed', 'rolled-back', 'idle'].includes(is)) break
      this.#waits('a disk that can be written')
      await this.#o.wait(this.#o.waitMs(attempt), signal).catch(() => {})
    }
    this.#waits(undefined)
  }

  /** @returns whether the disk took it */
  #save(): Promise<boolean> {
    const turn = this.#saving.then(() => this.#write())
    this.#saving = turn
    return turn
  }

  async #write(): Promise<boolean> {
    try {
      const memory = this.#memory
      await saveMemory(this.#memoryPath, memory, this.#o.disk)
      this.#savedRest = restOf(memory)
      this.#isUnsaved = false
    } catch (error) {
      this.#isUnsaved = true
      this.#o.onTrouble(error)
    }
    return !this.#isUnsaved
  }

  #badAfter(state: State, event: Event): Memory['bad'] {
    const { bad } = this.#memory
    if (event.what !== 'gone_back' || state.is !== 'rolled-back' || !state.isBad) return bad
    const { sha256 } = mainFile(state.candidate.promise)
    const name = `${state.candidate.promise.family} ${state.candidate.promise.version}`
    const entry = { sha256, name, reason: state.reason, atMs: this.#o.clock.now() }
    return [...bad.filter(b => b.sha256 !== sha256), entry].slice(-MOST_BAD)
  }

  #setRunning(installed: Installed): void {
    this.#running = installed
  }

  #progressed(progress: Progress): void {
    const beganMs = this.#progress?.beganMs ?? this.#o.clock.monotonic()
    this.#progress = { ...progress, beganMs }
    this.#o.onProgress()
  }

  #waits(what: string | undefined): void {
    if (what === this.#waitingFor) return
    this.#waitingFor = what
    this.#told()
  }

  #told(): void {
    try {
      this.#o.onState(this.status())
    } catch (error) {
      this.#o.onTrouble(new Error(describe(error)))
    }
  }
}

const restOf = ({ state: _, ...rest }: Memory): string => JSON.stringify(rest)

function isOther(desired: DesiredModel | undefined, path: string | undefined): boolean {
  return (
    path !== undefined && (desired?.hold === true || (desired?.path !== undefined && desired.path !== path))
  )
}
