/** A command request from text to its outcome: an answer to what was asked, or a sentence to understand; then to act. */
import type { Clock } from '../base/clock.js'
import type { Outcome as ReplyOutcome } from '../requests/reply.js'
import type { Request } from '../requests/request.js'
import { CarryOut, type CommandResult, type Done } from './carry-out.js'
import type { CompactAction } from './compact.js'
import { choiceOf, yesOrNo } from './dialogue/answers.js'
import { judge, optionOf, type Risk, type RiskPolicy } from './dialogue/risk.js'
import { type Question, type Session, Sessions, sessionKey } from './dialogue/session.js'
import type { UndoStep } from './dialogue/undo.js'
import { ground } from './ground.js'
import type { Device, Home } from './home.js'
import { normalise } from './normalise.js'
import { areaId, figuresOf, verdict as verdictOf } from './outcome.js'
import type { Action, Refusal } from './parsed-command.js'
import { sayPlan } from './phrase.js'
import type { Registry } from './registry.js'
import { operations } from './resolve.js'
import type { Timers } from './timers.js'
import { type Understanding, type UnderstandOptions, understand } from './understand.js'
import { ACTIONS } from './vocabulary.js'
import type { Wire } from './wire.js'

export type { CommandResult } from './carry-out.js'

export interface CommandsOptions {
  registry: Registry
  timers: Timers
  wire: Wire
  clock: Clock
  understand: UnderstandOptions
  /** How long a device may take to confirm, milliseconds. */
  confirmTimeoutMs: number
  /** How long a conversation is remembered after its last sentence, seconds; 0 remembers nothing. */
  sessionSeconds: number
  /** Below this confidence an action is asked about before it is done, 0 to 1; 0 never asks. */
  askBelow: number
  /** The same for words that were heard: below this surety of the hearing, 0 to 1. */
  askBelowHeard: number
  risk: RiskPolicy
  /** Told of every command, for events; `later` is true for one that was put off before. */
  onCommand: (event: {
    understanding?: Understanding
    result: CommandResult
    later: boolean
    text?: string
  }) => void
}

/** A risky action that is allowed is asked about all the same when the reading is less sure than this, 0 to 1. */
const SURE_ENOUGH_FOR_RISK = 0.9

/** One request on its way. */
interface Turn {
  readonly key: string
  readonly text: string
  readonly area: string | undefined
  readonly dryRun: boolean
  readonly confirmed: boolean
  /** Surety of the hearing, 0 to 1; 1 for words that were written. */
  readonly heard: number
  readonly signal: AbortSignal
  readonly understanding?: Understanding
}

/** Handles `command` requests. */
export class Commands {
  readonly #o: CommandsOptions
  readonly #sessions: Sessions
  readonly #carry: CarryOut

  constructor(options: CommandsOptions) {
    this.#o = options
    this.#sessions = new Sessions({ clock: options.clock, seconds: options.sessionSeconds })
    this.#carry = new CarryOut({
      ...options,
      onLater: result => options.onCommand({ result, later: true }),
    })
  }

  /** Understands a text without touching anything. */
  understand(
    text: string,
    area: string | undefined,
    signal?: AbortSignal,
    session: Session = {},
  ): Promise<Understanding> {
    const { before, referents } = session
    const setting = {
      home: this.#o.registry.home(),
      ...(area ? { area } : {}),
      ...(before?.length ? { before } : {}),
      ...(referents?.length ? { referents } : {}),
    }
    return understand(text, setting, this.#o.understand, signal)
  }

  /**
   * What would become of a sentence in its conversation: for choosing among readings of what was heard. Nothing is done
   * and nothing remembered.
   * @returns what it answers, where something was asked and it is an answer
   */
  async preview(
    text: string,
    area: string | undefined,
    session: string | undefined,
    signal: AbortSignal,
  ): Promise<Understanding | { answers: string }> {
    const home = this.#o.registry.home()
    const id = areaId(area, home.areas)
    const { question, ...rest } = this.#sessions.get(sessionKey(session, id))
    if (question) {
      const said = normalise(text)
      const devices = home.devices.filter(
        d => question.type === 'which' && question.candidates.includes(d.id),
      )
      const answer = question.type === 'confirm' ? yesOrNo(said) : choiceOf(said, devices, home)
      if (answer) return { answers: String(answer) }
    }
    return this.understand(text, id, signal, rest)
  }

  /** The handler that requests/ calls. */
  async handle(request: Request, signal: AbortSignal): Promise<ReplyOutcome> {
    const { body } = request
    const home = this.#o.registry.home()
    const area = areaId(body.area, home.areas)
    const turn: Turn = {
      key: sessionKey(body.session, area),
      text: body.text ?? '',
      area,
      dryRun: body.dryRun === true,
      confirmed: body.confirmed === true,
      heard: body.heard ?? 1,
      signal,
    }
    const session = this.#sessions.get(turn.key)
    if (session.question) {
      const { question, ...rest } = session
      // asked once: what is no answer is a sentence of its own
      this.#sessions.set(turn.key, rest)
      const answered = await this.#answer(question, turn, rest, home)
      if (answered) return answered
    }
    return this.#read(turn, this.#sessions.get(turn.key))
  }

  /** An answer to what was asked, carried out. @returns undefined when it is none */
  async #answer(
    question: Question,
    turn: Turn,
    session: Session,
    home: Home,
  ): Promise<ReplyOutcome | undefined> {
    const said = normalise(turn.text)
    if (question.type === 'confirm') {
      const answer = yesOrNo(said)
      if (!answer) return undefined
      if (answer === 'no') return this.#told(turn, 'I leave it.')
      if (question.undo) return this.#putBack(turn, session, question.undo)
      return this.#carryOut({ ...turn, area: question.area }, session, question)
    }
    const devices = home.devices.filter(d => question.candidates.includes(d.id))
    const choice = choiceOf(said, devices, home)
    if (!choice) return undefined
    if (choice === 'none') return this.#told(turn, 'I leave it.')
    const chosen = new Map([...question.chosen, [question.at, choice]])
    const parsed = ground(question.command, {
      home,
      ...(question.area ? { area: question.area } : {}),
      said: question.said,
      chosen,
    })
    const asked = { ...turn, area: question.area }
    if ('refusal' in parsed) return this.#refuse(parsed.refusal, asked, { ...question, chosen })
    return this.#decide(parsed.actions, question.command, asked, session, false)
  }

  /** A sentence of its own. */
  async #read(turn: Turn, session: Session): Promise<ReplyOutcome> {
    const u = await this.understand(turn.text, turn.area, turn.signal, session)
    const heard = { ...turn, understanding: u }
    if (u.command.length === 1 && u.command[0]?.action === 'undo') return this.#undo(heard, session)
    const instead = u.command.some(c => c.action === 'instead')
    if ('refusal' in u.parsed)
      return this.#refuse(u.parsed.refusal, heard, {
        command: u.resolved,
        chosen: new Map(),
        said: normalise(turn.text),
      })
    return this.#decide(u.parsed.actions, u.resolved, heard, session, instead)
  }

  /** Looks at what an action may do before it does it. */
  async #decide(
    actions: readonly Action[],
    command: CompactAction[],
    turn: Turn,
    session: Session,
    instead: boolean,
  ): Promise<ReplyOutcome> {
    const home = this.#o.registry.home()
    // "no, the other one" puts the last command back first: that can be a risk as well
    const backs = instead ? (session.undo ?? []).flatMap(s => (s.type === 'device' ? s.operations : [])) : []
    const all = [...backs, ...operations(actions, home, turn.area)]
    const { verdict, risk, devices } = judge(all, home, this.#o.risk)
    if (verdict === 'forbid') return this.#forbidden(turn, devices, risk)
    const confidence = turn.understanding?.confidence ?? 1
    const acts = actions.some(a => a.action !== 'get_state')
    const { askBelow, askBelowHeard } = this.#o
    const doubtful =
      acts && (confidence < (risk ? SURE_ENOUGH_FOR_RISK : askBelow) || turn.heard < askBelowHeard)
    if ((verdict === 'confirm' || doubtful) && !turn.confirmed && !turn.dryRun) {
      const what = actions.map(a => this.#plan(a, turn.area, home)).join(' and ')
      const question = verdict === 'confirm' ? `Shall I ${what}?` : `Do you mean: ${what}?`
      this.#sessions.set(turn.key, {
        ...session,
        question: { type: 'confirm', actions, command, area: turn.area, instead },
      })
      return this.#ask(
        turn,
        'needs_confirmation',
        `${question} Say yes or no.`,
        home,
        devices.map(d => d.id),
      )
    }
    return this.#carryOut(turn, session, { actions, command, instead })
  }

  async #carryOut(
    turn: Turn,
    session: Session,
    { actions, command, instead }: Pick<Question & { type: 'confirm' }, 'actions' | 'command' | 'instead'>,
  ): Promise<ReplyOutcome> {
    const { area, dryRun, signal } = turn
    const first =
      instead && !dryRun && session.undo?.length ? await this.#carry.putBack(session.undo, signal) : undefined
    const done = await this.#carry.do(actions, { area, dryRun, signal })
    if (first) done.result.text = `${first.result.text} ${done.result.text}`
    if (!dryRun) this.#remember(turn.key, command, done, session)
    return this.#finish(turn, done.result)
  }

  /** Questions change nothing, so that what was done before them can still be put back. */
  #remember(key: string, command: CompactAction[], done: Done, session: Session): void {
    const undo = done.undo.length ? done.undo : session.undo
    this.#sessions.set(key, {
      ...(command.length ? { before: command } : {}),
      referents: done.referents,
      ...(undo ? { undo } : {}),
    })
  }

  async #undo(turn: Turn, session: Session): Promise<ReplyOutcome> {
    const steps = session.undo ?? []
    if (steps.length === 0)
      return this.#fail(turn, {
        code: 'nothing_to_undo',
        message: 'There is nothing that I could put back.',
        remedy: 'Say what to change; only the last command of the last minutes can be put back.',
      })
    const home = this.#o.registry.home()
    const backs = steps.flatMap(step => (step.type === 'device' ? step.operations : []))
    const { verdict, risk, devices } = judge(backs, home, this.#o.risk)
    if (verdict === 'forbid') return this.#forbidden(turn, devices, risk)
    if (verdict === 'confirm' && !turn.confirmed && !turn.dryRun) {
      const { area } = turn
      const question: Question = {
        type: 'confirm',
        actions: [],
        command: [],
        area,
        instead: false,
        undo: steps,
      }
      this.#sessions.set(turn.key, { ...session, question })
      const names = devices.map(d => d.name).join(', ')
      const said = `Shall I put back ${names} as before? Say yes or no.`
      return this.#ask(
        turn,
        'needs_confirmation',
        said,
        home,
        devices.map(d => d.id),
      )
    }
    if (turn.dryRun) return this.#told(turn, 'Would put back the last command.')
    return this.#putBack(turn, session, steps)
  }

  async #putBack(turn: Turn, session: Session, steps: readonly UndoStep[]): Promise<ReplyOutcome> {
    const done = await this.#carry.putBack(steps, turn.signal)
    const { before } = session
    // what is put back can be done again the same way
    this.#sessions.set(turn.key, {
      ...(before ? { before } : {}),
      referents: done.referents,
      undo: done.undo,
    })
    return this.#finish(turn, done.result)
  }

  #forbidden(turn: Turn, devices: readonly Device[], risk: Risk | undefined): ReplyOutcome {
    return this.#fail(turn, {
      code: 'forbidden',
      message: `${devices.map(d => d.name).join(', ')}: I may not do that.`,
      remedy: `The owner forbids it: ${risk ? optionOf(risk) : 'commands.risk'} in the configuration.`,
    })
  }

  /** A refusal; when it names devices that fit, it becomes a question. */
  #refuse(
    refusal: Refusal,
    turn: Turn,
    asked: { command: CompactAction[]; chosen: ReadonlyMap<number, readonly string[]>; said: string },
  ): ReplyOutcome {
    const { candidates, at, reason, message, remedy } = refusal
    if (!candidates?.length || at === undefined || turn.dryRun)
      return this.#fail(turn, { code: reason, message, remedy })
    const home = this.#o.registry.home()
    const session = this.#sessions.get(turn.key)
    const { command, chosen, said } = asked
    this.#sessions.set(turn.key, {
      ...session,
      question: { type: 'which', command, at, chosen, candidates, said, area: turn.area },
    })
    return this.#ask(turn, 'ambiguous', message, home, candidates, remedy)
  }

  #ask(
    turn: Turn,
    code: string,
    question: string,
    home: Home,
    ids: readonly string[],
    remedy = 'Answer in the same session; a program sends "confirmed": true instead.',
  ): ReplyOutcome {
    const candidates = home.devices
      .filter(d => ids.includes(d.id))
      .map(({ id, name, area }) => ({ id, name, area }))
    const result: CommandResult = { text: question, actions: [], devices: [], question, candidates }
    this.#tell(turn, result)
    return { ok: false, result, error: { code, message: question, remedy }, ...figuresOf(turn.understanding) }
  }

  #fail(turn: Turn, error: { code: string; message: string; remedy: string }): ReplyOutcome {
    this.#tell(turn, { text: error.message, actions: [], devices: [] })
    return { ok: false, error, ...figuresOf(turn.understanding) }
  }
  #told(turn: Turn, text: string): ReplyOutcome {
    return this.#finish(turn, { text, actions: [], devices: [] })
  }
  #finish(turn: Turn, result: CommandResult): ReplyOutcome {
    this.#tell(turn, result)
    return { ...verdictOf(result), ...figuresOf(turn.understanding) }
  }
  #tell({ understanding, text }: Turn, result: CommandResult): void {
    this.#o.onCommand({ ...(understanding ? { understanding } : {}), result, later: false, text })
  }

  #plan(action: Action, area: string | undefined, home: Home): string {
    if (action.action === 'get_state') return 'tell you that'
    if (ACTIONS[action.action].needs === 'no_device') return action.action.replace(/_/g, ' ')
    const ids = operations([action], home, area).map(o => o.deviceId)
    return sayPlan(operations([action], home, area)[0]?.action ?? action.action, ids, action.params, home)
  }
}
