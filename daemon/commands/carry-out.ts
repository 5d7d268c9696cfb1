/** Carries out what was understood: acts, answers, sets timers, puts off; and keeps what is needed to put it back. */
import type { Clock } from '../base/clock.js'
import { type Outcome as ActOutcome, act, type Operation } from './act.js'
import { answerState, type StateAnswer, sayState } from './answer.js'
import { type UndoStep, undoOf } from './dialogue/undo.js'
import type { Action } from './parsed-command.js'
import { sayOutcomes, sayPlan, saySeconds, sayTimer } from './phrase.js'
import type { Registry } from './registry.js'
import { operations } from './resolve.js'
import { delaySeconds, type TimerAnswer, type Timers, withoutDelay } from './timers.js'
import { ACTIONS, type ActionName } from './vocabulary.js'
import type { Wire } from './wire.js'

/** The `result` of a command's reply. */
export interface CommandResult {
  /** What to say back. */
  text: string
  actions: Action[]
  /** What became of each device. */
  devices: ActOutcome[]
  /** Answers to questions. */
  states?: StateAnswer[]
  /** Put off: seconds until it is done. */
  later?: { id: number; seconds: number; what: string }[]
  /** What the speaker is asked; the next sentence of the session may be the answer. */
  question?: string
  /** The devices that a question is about. */
  candidates?: { id: string; name: string; area: string | null }[]
}

export interface CarryOutOptions {
  registry: Registry
  timers: Timers
  wire: Wire
  clock: Clock
  /** How long a device may take to confirm, milliseconds. */
  confirmTimeoutMs: number
  /** Told when something that was put off has been done; nobody waits for a reply any more. */
  onLater: (result: CommandResult) => void
}

/** What was done, and how to put it back. */
export interface Done {
  result: CommandResult
  undo: UndoStep[]
  /** Ids of the devices that it was about, asked ones included. */
  referents: string[]
}

/** Carries out actions one after the other. */
export class CarryOut {
  readonly #o: CarryOutOptions

  constructor(options: CarryOutOptions) {
    this.#o = options
  }

  async do(
    actions: readonly Action[],
    { area, dryRun, signal }: { area: string | undefined; dryRun: boolean; signal?: AbortSignal },
  ): Promise<Done> {
    const result: CommandResult = { text: '', actions: [...actions], devices: [] }
    const undo: UndoStep[] = []
    const referents = new Set<string>()
    const said: string[] = []
    for (const action of actions) {
      const home = this.#o.registry.home()
      const seconds = delaySeconds(action.params, this.#o.clock)
      if (action.action === 'get_state') {
        const answers = answerState(action, home, area, id => this.#o.registry.readState(id))
        for (const a of answers) referents.add(a.deviceId)
        result.states = [...(result.states ?? []), ...answers]
        said.push(sayState(action, answers))
      } else if (ACTIONS[action.action].needs === 'no_device') {
        if (dryRun) said.push(`Would ${action.action.replace(/_/g, ' ')}.`)
        else {
          const answer = this.#o.timers.handle(action.action, action.params, area)
          undo.push(...undoOfTimer(action.action, answer))
          said.push(sayTimer(action.action, answer))
        }
      } else if (seconds !== undefined && !dryRun) {
        const ids = operations([{ ...action, params: {} }], home, area).map(o => o.deviceId)
        for (const id of ids) referents.add(id)
        const what = sayPlan(action.action, ids, action.params, home)
        const put = this.#o.timers.schedule(seconds, what, () => void this.#later(action, area))
        if (put) {
          undo.push({ type: 'scheduled', id: put.id })
          result.later = [...(result.later ?? []), { id: put.id, seconds, what }]
          said.push(`In ${saySeconds(seconds)} I will ${what}.`)
        } else said.push('Too much is put off already.')
      } else {
        const params = withoutDelay(action.params)
        const wanted = operations([{ ...action, params }], home, area)
        for (const o of wanted) referents.add(o.deviceId)
        // before acting: afterwards the devices say something else
        const back = dryRun ? [] : wanted.flatMap(o => this.#back(o))
        const outcomes = await this.#act(wanted, dryRun, signal)
        undo.push(
          ...back.filter((_, i) => outcomes[i]?.result === 'confirmed' || outcomes[i]?.result === 'sent'),
        )
        result.devices.push(...outcomes)
        said.push(sayOutcomes(outcomes, params, home))
      }
    }
    result.text = said.filter(Boolean).join(' ')
    return { result, undo, referents: [...referents] }
  }

  /** Puts back what a command changed, the last change first. */
  async putBack(steps: readonly UndoStep[], signal?: AbortSignal): Promise<Done> {
    const result: CommandResult = { text: '', actions: [], devices: [] }
    const home = this.#o.registry.home()
    const name = (id: string) => home.devices.find(d => d.id === id)?.name ?? id
    const backs: Operation[] = []
    const told: string[] = []
    for (const step of [...steps].reverse()) {
      if (step.type === 'device') backs.push(...step.operations)
      else if (step.type === 'never')
        told.push(`${name(step.deviceId)} ${step.reason}, so it stays as it is.`)
      else if (step.type === 'timer')
        told.push(
          this.#o.timers.cancel(step.id) ? 'The timer is cancelled.' : 'That timer has ended already.',
        )
      else if (step.type === 'scheduled')
        told.push(this.#o.timers.unschedule(step.id) ? 'I will not do it.' : 'That is done already.')
      else {
        const answer = this.#o.timers.handle('start_timer', step.params, step.area ?? undefined)
        told.push(sayTimer('start_timer', answer))
      }
    }
    const undo = backs.flatMap(o => this.#back(o))
    const outcomes = await this.#act(backs, false, signal)
    result.devices = outcomes
    result.actions = backs.map(o => ({ action: o.action, targets: [o.deviceId], params: o.params }))
    const bad = outcomes.filter(o => o.result === 'no_answer' || o.result === 'failed')
    const good = [...new Set(outcomes.filter(o => !bad.includes(o)).map(o => name(o.deviceId)))]
    if (good.length) told.unshift(`Put back: ${good.join(', ')}.`)
    for (const o of bad) told.push(`${name(o.deviceId)} ${o.reason ?? 'did not answer'}.`)
    result.text = told.join(' ')
    return { result, undo, referents: [...new Set(backs.map(o => o.deviceId))] }
  }

  #act(wanted: readonly Operation[], dryRun: boolean, signal: AbortSignal | undefined) {
    return act(wanted, {
      registry: this.#o.registry,
      wire: this.#o.wire,
      timeoutMs: this.#o.confirmTimeoutMs,
      dryRun,
      ...(signal ? { signal } : {}),
    })
  }

  #back(operation: Operation): UndoStep[] {
    const device = this.#o.registry.home().devices.find(d => d.id === operation.deviceId)
    return device ? [undoOf(operation, device, this.#o.registry.readState(device.id))] : []
  }

  /** Does what was put off, and tells of it. */
  async #later(action: Action, area: string | undefined): Promise<void> {
    const now = { ...action, params: withoutDelay(action.params) }
    const { result } = await this.do([now], { area, dryRun: false })
    this.#o.onLater(result)
  }
}

/** Steps that take a timer command back; changes of length and pauses have none. */
function undoOfTimer(action: ActionName, answer: TimerAnswer): UndoStep[] {
  if (!answer.ok) return []
  if (action === 'start_timer') return answer.timers.map(t => ({ type: 'timer', id: t.id }))
  if (action !== 'cancel_timer' && action !== 'cancel_all_timers') return []
  return answer.timers.map(t => ({
    type: 'again',
    params: { seconds: t.leftSeconds, ...(t.name ? { name: t.name } : {}) },
    area: t.area,
  }))
}
