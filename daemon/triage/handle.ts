/** Requests about lines: `request/triage` judges them, `request/incident` is what operators do. */

import type { Clock } from '../base/clock.js'
import { describe } from '../base/errors.js'
import { parse, z } from '../base/schema.js'
import { wireError } from '../requests/codes.js'
import { type Outcome, refusal } from '../requests/reply.js'
import type { Request } from '../requests/request.js'
import { OperatorAction } from './incidents/action.js'
import type { IncidentDesk } from './incidents/desk.js'
import { isCut } from './incidents/incident.js'
import type { LiveTriage } from './live.js'
import type { Triage } from './triage.js'
import { atLeast, type Severity, type Verdict, type VerdictStage } from './verdict.js'
import { wireVerdict } from './wire.js'

/** What people say of a kind of line; the desk knows the other actions. */
const Feedback = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.enum(['normal_here', 'serious_here']),
    n: z.int().min(1).optional().describe('Number of an open incident: its lines are meant.'),
    line: z.string().min(1).optional().describe('Or a line itself, with its source.'),
    source: z.string().default(''),
    by: z.string().min(1).max(100),
  }),
  z.strictObject({
    action: z.literal('forget'),
    template_id: z.string().min(1),
    by: z.string().min(1).max(100),
  }),
  z.strictObject({ action: z.literal('list_feedback') }),
  z.strictObject({ action: z.literal('list') }),
])

export interface TriageHandlerOptions {
  live: LiveTriage
  triage: Triage
  desk: IncidentDesk
  clock: Clock
  /** What people said and did is kept before they are answered: resolves when it is on disk, or could not be. */
  keep(what: 'words' | 'incidents'): Promise<void>
}

const ORDER: readonly VerdictStage[] = ['memo', 'operator', 'rule', 'detector', 'slm', 'llm']

export class TriageRequests {
  readonly #o: TriageHandlerOptions

  constructor(options: TriageHandlerOptions) {
    this.#o = options
  }

  /** `request/triage`. */
  async triage({ body, origin }: Request, signal: AbortSignal): Promise<Outcome> {
    const lines = body.lines ?? (body.text === undefined ? [] : [body.text])
    const source = body.source ?? (origin.includes('/') ? 'request' : origin)
    const answers = await this.#o.live.lines(source, lines, signal)
    const worst = answers.reduce<Severity>(
      (s, a) => (atLeast(s, a.verdict.severity) ? s : a.verdict.severity),
      'normal',
    )
    const stage = answers.reduce<VerdictStage>(
      (s, a) => (ORDER.indexOf(a.verdict.stage) > ORDER.indexOf(s) ? a.verdict.stage : s),
      'memo',
    )
    return done(
      { worst, lines: answers.map(a => ({ ...wireVerdict(a.verdict), template_id: a.template.id })) },
      stage,
      Math.min(1, ...answers.map(a => a.verdict.confidence)),
    )
  }

  /** `request/incident`. */
  async incident({ body }: Request): Promise<Outcome> {
    let asked: unknown
    try {
      asked = JSON.parse(body.text ?? '')
    } catch (error) {
      return refused(`an action is a JSON object: ${describe(error)}`)
    }
    const name = (asked as { action?: unknown } | null)?.action
    const own = typeof name === 'string' && OWN.has(name)
    try {
      return own
        ? await this.#feedback(parse(Feedback, asked, 'request/incident'))
        : await this.#operate(parse(OperatorAction, asked, 'request/incident'))
    } catch (error) {
      // what the checker says below it is for programs
      return refused(error instanceof Error ? error.message : describe(error))
    }
  }

  async #operate(action: z.output<typeof OperatorAction>): Promise<Outcome> {
    const effects = this.#o.live.operate(action)
    await this.#o.keep('incidents')
    return effects.length > 0
      ? done({ changed: effects.map(e => e.incident.n) })
      : refused('nothing that is open fits; `{"action":"list"}` lists what is')
  }

  async #feedback(said: z.output<typeof Feedback>): Promise<Outcome> {
    const { triage, desk } = this.#o
    switch (said.action) {
      case 'list':
        return done({ incidents: desk.open() })
      case 'list_feedback':
        return done({ said: triage.feedback.list(), rows: triage.feedback.rows() })
      case 'forget': {
        const gone = triage.feedback.undo(said.template_id)
        await this.#o.keep('words')
        return gone.length > 0
          ? done({ undone: gone })
          : refused(`nobody has said anything of ${said.template_id}`)
      }
      default:
        return this.#say(said.action === 'normal_here' ? 'normal' : 'serious', said)
    }
  }

  async #say(
    word: 'normal' | 'serious',
    said: { n?: number | undefined; line?: string | undefined; source: string; by: string },
  ): Promise<Outcome> {
    const { triage, desk, clock } = this.#o
    const meant: Meant[] =
      said.n === undefined
        ? said.line === undefined
          ? []
          : [{ line: said.line, source: said.source }]
        : alarmsOf(desk, said.n)
    if (meant.length === 0)
      return refused(
        said.n === undefined
          ? 'give the number of an incident, or a line with its source'
          : desk.incident(said.n) === undefined
            ? `incident ${said.n} is not open`
            : `no line says what incident ${said.n} is about, but a source or a number in it does; shelve it, or mend the source`,
      )
    const at = new Date(clock.now()).toISOString()
    const ids = new Set<string>()
    for (const { line, source, whole } of meant) {
      const { verdict, template } = triage.unbiased(source, line)
      const templateId = whole?.templateId ?? template.id
      if (ids.has(templateId)) continue
      ids.add(templateId)
      const { severity, category, component } = whole?.verdict ?? verdict
      triage.feedback.say({
        templateId,
        about: { severity, category },
        word,
        line,
        source,
        component,
        who: said.by,
        at,
      })
    }
    // a line that was cut is another kind: it can end its alarm, but not raise it anew
    for (const { line, source, key, whole } of meant)
      if (word === 'normal' || !whole) this.#o.live.again(word, source, line, key)
    await this.#o.keep('words')
    return done({ template_ids: [...ids], word })
  }
}

/** What a person speaks of. */
interface Meant {
  line: string
  source: string
  /** Of its alarm. */
  key?: string
  /** What is known of the whole line, where only its beginning was kept. */
  whole?: { templateId: string; verdict: Verdict }
}

/** What raised the alarms of an open incident; a source in trouble or a course of numbers is no kind of line. */
const alarmsOf = (desk: IncidentDesk, n: number): Meant[] =>
  desk
    .state()
    .alarms.filter(a => a.n === n && a.verdict.stage !== 'detector')
    .map(({ identity, raisedBy, templateId, verdict }) => ({
      line: raisedBy.line.replace(/…$/, ''),
      source: identity.source,
      key: identity.key,
      ...(isCut(raisedBy) && templateId !== undefined && verdict.stage !== 'operator'
        ? { whole: { templateId, verdict } }
        : {}),
    }))

const OWN = new Set(['normal_here', 'serious_here', 'forget', 'list_feedback', 'list'])

const done = (result: object, stage: string = 'none', confidence = 1): Outcome => ({
  ok: true,
  result,
  stage,
  confidence: Math.round(confidence * 1000) / 1000,
  model: null,
  inferMs: 0,
  promptTokens: 0,
  outputTokens: 0,
})
const refused = (message: string): Outcome => ({
  ...refusal('bad_request'),
  error: wireError('bad_request', { message }),
})
