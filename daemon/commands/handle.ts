/** A command request from text to its outcome: understand, then act, answer, set timers, or put off until later. */
import type { Clock } from '../base/clock.js'
import type { Outcome as ReplyOutcome } from '../requests/reply.js'
import type { Request } from '../requests/request.js'
import { type Outcome as ActOutcome, act } from './act.js'
import { answerState, type StateAnswer, sayState } from './answer.js'
import type { Action } from './parsed-command.js'
import { sayOutcomes, sayPlan, saySeconds, sayTimer } from './phrase.js'
import type { Registry } from './registry.js'
import { operations } from './resolve.js'
import { delaySeconds, type Timers, withoutDelay } from './timers.js'
import { type Understanding, type UnderstandOptions, understand } from './understand.js'
import { ACTIONS } from './vocabulary.js'
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
}

export interface CommandsOptions {
  registry: Registry
  timers: Timers
  wire: Wire
  clock: Clock
  understand: UnderstandOptions
  /** How long a device may take to confirm, milliseconds. */
  confirmTimeoutMs: number
  /** Told of every command, for events; `later` is true for one that was put off before. */
  onCommand: (event: {
    understanding?: Understanding
    result: CommandResult
    later: boolean
    text?: string
  }) => void
}

/** Handles `command` requests. */
export class Commands {
  readonly #o: CommandsOptions

  constructor(options: CommandsOptions) {
    this.#o = options
  }

  /** Understands a text without touching anything. */
  understand(text: string, area: string | undefined, signal?: AbortSignal): Promise<Understanding> {
    const home = this.#o.registry.home()
    return understand(text, { home, ...(area ? { area } : {}) }, this.#o.understand, signal)
  }

  /** The handler that requests/ calls. */
  async handle(request: Request, signal: AbortSignal): Promise<ReplyOutcome> {
    const text = request.body.text ?? ''
    const home = this.#o.registry.home()
    const area = areaId(request.body.area, home.areas)
    const u = await this.understand(text, area, signal)
    const figures = {
      stage: u.stage,
      confidence: round(u.confidence),
      model: u.model,
      inferMs: u.inferMs,
      promptTokens: u.promptTokens,
      outputTokens: u.outputTokens,
    }
    if ('refusal' in u.parsed) {
      const { reason, message, remedy } = u.parsed.refusal
      this.#o.onCommand({
        understanding: u,
        result: { text: message, actions: [], devices: [] },
        later: false,
        text,
      })
      return { ok: false, error: { code: reason, message, remedy }, ...figures }
    }
    const result = await this.#carryOut(u.parsed.actions, area, request.body.dryRun === true, signal)
    this.#o.onCommand({ understanding: u, result, later: false, text })
    return { ...verdict(result), ...figures }
  }

  async #carryOut(
    actions: readonly Action[],
    area: string | undefined,
    dryRun: boolean,
    signal?: AbortSignal,
  ): Promise<CommandResult> {
    const result: CommandResult = { text: '', actions: [...actions], devices: [] }
    const said: string[] = []
    for (const action of actions) {
      const home = this.#o.registry.home()
      const seconds = delaySeconds(action.params, this.#o.clock)
      if (action.action === 'get_state') {
        const answers = answerState(action, home, area, id => this.#o.registry.readState(id))
        result.states = [...(result.states ?? []), ...answers]
        said.push(sayState(action, answers))
      } else if (ACTIONS[action.action].needs === 'no_device') {
        if (dryRun) said.push(`Would ${action.action.replace(/_/g, ' ')}.`)
        else said.push(sayTimer(action.action, this.#o.timers.handle(action.action, action.params, area)))
      } else if (seconds !== undefined && !dryRun) {
        const ids = operations([{ ...action, params: {} }], home, area).map(o => o.deviceId)
        const what = sayPlan(action.action, ids, action.params, home)
        const put = this.#o.timers.schedule(seconds, what, () => void this.#later(action, area))
        if (put) {
          result.later = [...(result.later ?? []), { id: put.id, seconds, what }]
          said.push(`In ${saySeconds(seconds)} I will ${what}.`)
        } else said.push('Too much is put off already.')
      } else {
        const params = withoutDelay(action.params)
        const outcomes = await act(operations([{ ...action, params }], home, area), {
          registry: this.#o.registry,
          wire: this.#o.wire,
          timeoutMs: this.#o.confirmTimeoutMs,
          dryRun,
          ...(signal ? { signal } : {}),
        })
        result.devices.push(...outcomes)
        said.push(sayOutcomes(outcomes, params, home))
      }
    }
    result.text = said.filter(Boolean).join(' ')
    return result
  }

  /** Does what was put off, and tells of it. Nobody waits for a reply any more. */
  async #later(action: Action, area: string | undefined): Promise<void> {
    const result = await this.#carryOut([{ ...action, params: withoutDelay(action.params) }], area, false)
    this.#o.onCommand({ result, later: true })
  }
}

const round = (n: number) => Math.round(n * 1000) / 1000

/** An area by id, name or alias, as clients may send any. */
function areaId(
  said: string | undefined,
  areas: readonly { id: string; name: string; aliases: string[] }[],
): string | undefined {
  if (!said) return undefined
  const low = said.trim().toLowerCase()
  return areas.find(
    a => a.id === said || a.name.toLowerCase() === low || a.aliases.some(x => x.toLowerCase() === low),
  )?.id
}

/** All well, or the first thing that went wrong as the reply's error; the result tells the rest. */
function verdict(result: CommandResult): Pick<ReplyOutcome, 'ok' | 'result' | 'error'> {
  const bad = result.devices.find(o => o.result === 'no_answer' || o.result === 'failed')
  if (!bad) return { ok: true, result }
  return {
    ok: false,
    result,
    error:
      bad.result === 'no_answer'
        ? {
            code: 'device_no_answer',
            message: result.text,
            remedy:
              'Look whether the device has power and reaches the broker, and whether its topics in the home file are right.',
          }
        : {
            code: 'device_failed',
            message: result.text,
            remedy: 'The device refused or said something else; try again, or look at the device itself.',
          },
  }
}
