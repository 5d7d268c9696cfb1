/**
 * Lines as they come, all day long: each is judged, what is wrong goes to the incident desk, and what the desk has to
 * say goes out. A flood of lines costs memory for none: lines wait in a bounded queue only for the model, and go by plain
 * code when that is full. Sources that fail are incidents like any other.
 */
import type { Clock } from '../base/clock.js'
import type { Part } from '../base/part.js'
import type { IncidentDesk, Occurrence } from './incidents/desk.js'
import type { DeskEffect } from './incidents/ledger.js'
import { Novelty } from './novelty.js'
import type { NumberLimit } from './numbers/limits.js'
import { NumberWatch } from './numbers/watch.js'
import type { Triage, Triaged } from './triage.js'
import type { Component, Severity, Verdict } from './verdict.js'

/** A line and when it came; what bus/lines gives. */
export interface LiveLine {
  source: string
  line: string
  /** Milliseconds since 1970. */
  at: number
}

/** A source in trouble; what bus/lines gives. */
export interface LiveTrouble {
  source: string
  kind: 'lost' | 'back' | 'silent' | 'flooding' | 'damaged' | 'settled'
  detail: string
  remedy: string
  /** Of `settled`: what is over. */
  ends?: 'silent' | 'flooding' | 'damaged'
}

export interface LiveOptions {
  triage: Triage
  desk: IncidentDesk
  clock: Clock
  /** What the desk has to say, after each of its steps, also when that is nothing: it may have changed all the same. */
  tell(effects: readonly DeskEffect[], awaited: boolean): void
  /** Whether numbers in lines are followed. Default true. */
  numbers?: boolean
  /** Limits that people have set for numbers. Default none. */
  limits?: readonly NumberLimit[]
  /** Lines that may wait for the model. Default 500. */
  mostWaiting?: number
  /** A model's answer is waited for so long, milliseconds. Default 10,000. */
  modelMs?: number
}

export interface LiveCounts {
  lines: number
  alarms: number
  /** Lines whose novelty was beyond what its source may bring. */
  leftOut: number
  /** Lines that went by plain code because too many waited for the model. */
  unasked: number
}

export class LiveTriage implements Part {
  readonly name = 'triage'
  readonly counts: LiveCounts = { lines: 0, alarms: 0, leftOut: 0, unasked: 0 }
  readonly #o: Required<LiveOptions>
  readonly #novelty = new Novelty()
  readonly #numbers: NumberWatch
  #waiting = 0
  #timer: NodeJS.Timeout | undefined
  #dueAt = 0
  #stopped = false
  #idle: (() => void)[] = []

  constructor(options: LiveOptions) {
    this.#numbers = new NumberWatch({ limits: options.limits ?? [] })
    this.#o = { limits: [], numbers: true, mostWaiting: 500, modelMs: 10_000, ...options }
  }

  async start(): Promise<void> {
    this.#stopped = false
    this.#plan()
  }

  /** Waits for what is being read; nothing that came in is left unjudged. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#waiting > 0) await new Promise<void>(resolve => this.#idle.push(resolve))
    this.#stopped = true
  }

  /** One line. Never throws, never waits. */
  line({ source, line, at }: LiveLine): void {
    this.counts.lines++
    const { triage } = this.#o
    // what is not judged is not learnt: a thousand new kinds a second would cost the others their time and memory
    const isBeyond = this.#novelty.isSpent(source, at) && !triage.templates.knows(source, line)
    const known = isBeyond ? undefined : triage.recall(source, line)
    if (known) {
      this.#judged(source, line, at, known)
      return
    }
    const { allowed, news } = this.#novelty.take(source, at)
    if (news) this.#noveltyBegins(source, at)
    if (!allowed) {
      this.counts.leftOut++
      return
    }
    const first = triage.judge(source, line)
    if (!first.unsure) this.#judged(source, line, at, first)
    else if (this.#waiting >= this.#o.mostWaiting) {
      this.counts.unasked++
      this.#judged(source, line, at, first)
    } else void this.#ask(source, line, at, first)
  }

  /** Lines of a request: judged one by one, answered in their order, and told to the desk like any others. */
  async lines(source: string, lines: readonly string[], signal: AbortSignal): Promise<Triaged[]> {
    const answers: Triaged[] = []
    for (const line of lines) {
      signal.throwIfAborted()
      const at = this.#o.clock.now()
      this.counts.lines++
      const triaged = this.#o.triage.recall(source, line) ?? (await this.#o.triage.read(source, line, signal))
      this.#judged(source, line, at, triaged)
      answers.push(triaged)
    }
    return answers
  }

  /** A source that is lost, silent, floods or writes what is no text. */
  trouble({ source, kind, detail, remedy, ends }: LiveTrouble): void {
    const what = kind === 'back' ? 'lost' : (ends ?? kind)
    const isOver = kind === 'back' || kind === 'settled'
    this.#occur({
      at: this.#o.clock.now(),
      source,
      line: `${source}: ${SAYS[what] ?? what}${isOver ? ', over' : `: ${detail}`}`,
      message: SAYS[what] ?? what,
      templateId: `source-${what}`,
      phase: isOver ? 'return' : 'raise',
      verdict: isOver ? overVerdict(detail) : sourceVerdict(SAYS[what] ?? what, detail, remedy),
    })
  }

  /** What an operator does; the desk's answer goes out like any other. */
  operate(action: Parameters<IncidentDesk['operate']>[0]): readonly DeskEffect[] {
    const effects = this.#o.desk.operate(action, this.#o.clock.now())
    this.#out(effects, true)
    return effects
  }

  /**
   * A person has spoken of this kind of line: what it raised ends, or is raised anew with what it is now.
   * @param alarmKey of the alarm that is meant, when one is open
   */
  again(word: 'normal' | 'serious', source: string, line: string, alarmKey?: string): void {
    const at = this.#o.clock.now()
    const { verdict, template, start } = this.#o.triage.judge(source, line)
    const isDismissed = word === 'normal'
    this.#occur({
      at,
      source,
      line,
      message: line.slice(start),
      templateId: template.id,
      verdict,
      phase: isDismissed ? 'return' : 'raise',
      isDismissed,
      ...(alarmKey === undefined ? {} : { alarmKey }),
    })
  }

  async #ask(source: string, line: string, at: number, first: Triaged): Promise<void> {
    this.#waiting++
    let triaged = first
    try {
      triaged = await this.#o.triage.ask(source, line, first, AbortSignal.timeout(this.#o.modelMs))
    } catch {
      // the verdict of plain code stands; the engine tells of its own troubles
    }
    this.#judged(source, line, at, triaged)
    this.#waiting--
    if (this.#waiting === 0) for (const go of this.#idle.splice(0)) go()
  }

  #judged(source: string, line: string, at: number, { verdict, template, start }: Triaged): void {
    if (this.#stopped) return
    if (verdict.needsHuman) this.counts.alarms++
    // most lines are normal, and end nothing
    if (verdict.severity !== 'normal' || this.#o.desk.watches(source))
      this.#occur({ at, source, line, message: line.slice(start), templateId: template.id, verdict })
    if (this.#o.numbers && !verdict.needsHuman) this.#watchNumbers(source, line, at, start, verdict)
  }

  #watchNumbers(source: string, line: string, at: number, start: number, { component }: Verdict): void {
    const { unusual, news } = this.#numbers.take(source, line, start, at)
    for (const { name, which, phase, severity, reason, value } of news)
      this.#occur({
        at,
        source,
        line,
        message: `${name} ${which === 'rate' ? 'changes too fast' : `too ${which}`}`,
        templateId: `limit-${name}-${which}`,
        phase,
        verdict:
          phase === 'return'
            ? overVerdict(reason)
            : numberVerdict(
                severity,
                component,
                reason,
                line,
                value,
                'A limit that people have set is passed.',
                1,
              ),
      })
    for (const { name, reason, score, value } of unusual)
      this.#occur({
        at,
        source,
        line,
        message: `${name} unusual`,
        templateId: `number-${name}`,
        phase: 'event',
        verdict: numberVerdict(
          'warning',
          component,
          `${name}: ${reason}`,
          line,
          value,
          'The value leaves what is usual for it.',
          Math.min(0.95, 0.5 + score / 10),
        ),
      })
  }

  #noveltyBegins(source: string, at: number): void {
    const what = 'new kinds of lines without end'
    this.#occur({
      at,
      source,
      line: `${source}: ${what}`,
      message: what,
      templateId: 'source-novelty',
      phase: 'raise',
      verdict: sourceVerdict(
        what,
        'more new kinds a second than can be judged; the rest is counted',
        'Check baud rate and what writes to this source.',
      ),
    })
  }

  #occur(occurrence: Occurrence): void {
    this.#out(this.#o.desk.occurrence(occurrence))
  }

  #out(effects: readonly DeskEffect[], awaited = false): void {
    this.#o.tell(effects, awaited)
    this.#plan()
  }

  /** Wakes for delays, escalation and shelves. */
  #plan(): void {
    const { desk, clock } = this.#o
    const now = clock.now()
    const due = Math.min(desk.nextDue() ?? Number.POSITIVE_INFINITY, now + SETTLE_MS)
    if (this.#timer && this.#dueAt <= due) return
    clearTimeout(this.#timer)
    this.#dueAt = due
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        this.#wake()
        this.#plan()
      },
      Math.max(10, due - now),
    )
    this.#timer.unref()
  }

  #wake(): void {
    const at = this.#o.clock.now()
    for (const { source, leftOut } of this.#novelty.settle(at)) {
      const what = 'new kinds of lines without end'
      this.#occur({
        at,
        source,
        line: `${source}: ${what}, over`,
        message: what,
        templateId: 'source-novelty',
        phase: 'return',
        verdict: overVerdict(`${leftOut} lines were counted and not judged`),
      })
    }
    this.#out(this.#o.desk.tick(at))
  }
}

const SETTLE_MS = 30_000

const SAYS: Record<string, string> = {
  lost: 'source lost',
  silent: 'source silent',
  flooding: 'source floods',
  damaged: 'source writes what is no text',
}

function numberVerdict(
  severity: Severity,
  component: Component,
  reason: string,
  line: string,
  value: number,
  cause: string,
  confidence: number,
): Verdict {
  const quote = String(value)
  return {
    severity,
    category: 'process_deviation',
    component,
    needsHuman: true,
    reason: reason.slice(0, 200),
    evidence: line.includes(quote) ? quote : '',
    cause,
    action: 'Look at the course of this value and at the machine.',
    confidence,
    stage: 'detector',
  }
}

const SOURCE: Component = 'network'
const sourceVerdict = (what: string, detail: string, remedy: string): Verdict => ({
  severity: 'warning',
  category: 'communication',
  component: SOURCE,
  needsHuman: true,
  reason: `${what}: ${detail}`.slice(0, 200),
  evidence: '',
  cause: 'The cable, the device or its settings.',
  action: remedy,
  confidence: 1,
  stage: 'detector',
})
const overVerdict = (detail: string): Verdict => ({
  severity: 'normal',
  category: 'normal',
  component: SOURCE,
  needsHuman: false,
  reason: detail.slice(0, 200),
  evidence: '',
  confidence: 1,
  stage: 'detector',
})
