/**
 * A line in, a verdict out: memory, then plain code with its code books, then the line model where plain code is unsure.
 * What a person has said of a template stands above all. Nothing here acts: a line is data.
 */

import { booksInDoubt, codesSayOf } from './books/codes-say.js'
import { lookUp } from './books/look-up.js'
import type { Classifier } from './classifier/classifier.js'
import { weigh } from './classifier/weigh.js'
import { Feedback, type FeedbackState } from './feedback.js'
import { hostileText } from './judge/hostile.js'
import { judge } from './judge/judge.js'
import { asTheyStand, type NumbersSay, numbersSayOf } from './judge/numbers-say.js'
import { type LinesOptions, type LinesState, LineTemplates } from './lines.js'
import { VerdictMemo } from './memo.js'
import { readLine } from './read/read.js'
import type { Reading } from './read/reading.js'
import { type Runs, type Shape, shapeOf } from './signature.js'
import type { LineStage } from './slm/stage.js'
import type { Template } from './template.js'
import { isAlarm, type Verdict } from './verdict.js'

export interface TriageOptions {
  lines?: Partial<LinesOptions>
  /** The line model; without it plain code is all. */
  model?: LineStage
  /** Weighs each verdict of plain code; without it that verdict stands. */
  classifier?: Classifier
  /** Plain code that is less sure asks the model. Default 0.55. */
  askBelow?: number
  /** A model that is less sure is not believed. Default 0.7. */
  believeFrom?: number
}

export interface Triaged {
  verdict: Verdict
  template: Template
  /** Where the message begins in the line. */
  start: number
}

type Learnt = ReturnType<LineTemplates['learn']>

/** What outlives a restart. */
export interface TriageState {
  version: 1
  lines: LinesState
  feedback: FeedbackState
}

/** As long as the header of a source is not learnt, the line itself shows where it ends. */
const readOf = (line: string, start: number) => readLine(line, start > 0 ? { start } : {})

/** How many lines each stage has decided. */
export type StageCounts = Record<Verdict['stage'], number>

export class Triage {
  readonly #o: Required<Omit<TriageOptions, 'model' | 'lines' | 'classifier'>>
  #classifier: Classifier | undefined
  readonly #model: LineStage | undefined
  readonly #lines: LineTemplates
  readonly #memo = new VerdictMemo()
  /** How often all verdicts were forgotten. */
  #age = 0
  readonly feedback: Feedback
  /** The line that memory was asked for last without an answer: it is learnt once, though it is judged next. */
  #asked: { source: string; line: string; learnt: Learnt } | undefined
  readonly counts: StageCounts = { memo: 0, rule: 0, detector: 0, slm: 0, llm: 0, operator: 0 }

  constructor(options: TriageOptions = {}, state?: TriageState) {
    this.#o = { askBelow: options.askBelow ?? 0.55, believeFrom: options.believeFrom ?? 0.7 }
    this.#model = options.model
    this.#classifier = options.classifier
    this.feedback = new Feedback(state?.feedback, id => this.#memo.forget(id))
    const lines: Partial<LinesOptions> = {
      kept: () => this.feedback.ids(),
      relearnt: (source, idOf) => this.feedback.move(source, idOf),
      ...options.lines,
    }
    this.#lines = state ? LineTemplates.restore(state.lines, lines) : new LineTemplates(lines)
  }

  /** Other weights weigh lines from now on. */
  useClassifier(classifier: Classifier): void {
    this.#classifier = classifier
    this.forgetVerdicts()
  }

  /** The model is another one: verdicts are found out anew. What people said stays. */
  forgetVerdicts(): void {
    this.#age++
    this.#memo.forget()
  }

  get templates(): LineTemplates {
    return this.#lines
  }

  state(): TriageState {
    return { version: 1, lines: this.#lines.state(), feedback: this.feedback.state() }
  }

  /** The verdict at once, when memory has it; else undefined, and `read` finds it out. */
  recall(source: string, line: string): Triaged | undefined {
    const learnt = this.#lines.learn(source, line)
    const { template, start } = learnt
    const verdict = this.#memo.find(template.id, line, start)
    this.#asked = verdict ? undefined : { source, line, learnt }
    if (!verdict) return undefined
    this.counts.memo++
    return { verdict, template, start }
  }

  /** The verdict of plain code, without the model: at once. `unsure` says that the model should be asked. */
  judge(source: string, line: string): Triaged & { unsure: boolean } {
    const asked = this.#asked
    this.#asked = undefined
    const isAsked = asked?.line === line && asked.source === source
    const { template, start } = isAsked ? asked.learnt : this.#lines.learn(source, line)
    const known = isAsked ? undefined : this.#memo.find(template.id, line, start)
    if (known) {
      this.counts.memo++
      return { verdict: known, template, start, unsure: false }
    }
    const reading = readOf(line, start)
    const verdict = this.#judge(source, reading, start)
    const own = this.feedback.of(template.id, verdict)
    if (own) {
      this.counts.operator++
      return { verdict: own, template, start, unsure: false }
    }
    // what the classifier has decided is decided by a model
    const unsure =
      this.#model !== undefined && verdict.stage === 'rule' && verdict.confidence < this.#o.askBelow
    if (!unsure) this.#keep(source, template, reading, start, verdict)
    this.counts[verdict.stage]++
    return { verdict, template, start, unsure }
  }

  /** What plain code says, without memory and without what people said: that is what a person's word is about. */
  unbiased(source: string, line: string): Triaged {
    const { template, start } = this.#lines.learn(source, line)
    return { verdict: this.#judge(source, readOf(line, start), start), template, start }
  }

  /** The verdict, with the model where plain code is unsure. */
  async read(source: string, line: string, signal?: AbortSignal): Promise<Triaged> {
    const first = this.judge(source, line)
    return first.unsure ? this.ask(source, line, first, signal) : first
  }

  /**
   * The model's word on a line of which plain code is unsure. A model that fails or is not sure leaves the verdict of
   * plain code, which says how sure it is.
   * @param first what `judge` said
   */
  async ask(source: string, line: string, first: Triaged, signal?: AbortSignal): Promise<Triaged> {
    const age = this.#age
    const heard = await this.#model?.run({ line, source }, signal)
    const verdict =
      heard && heard.confidence >= this.#o.believeFrom ? this.#weigh(first.verdict, heard) : first.verdict
    if (verdict !== first.verdict) {
      this.counts.rule--
      this.counts.slm++
    }
    // what a model said that answers no more is not kept
    if (age === this.#age) this.#keep(source, first.template, readOf(line, first.start), first.start, verdict)
    return { ...first, verdict }
  }

  /** What is bait for a reader must not reach the model's word: plain code has named it already. */
  #weigh(plain: Verdict, model: Verdict): Verdict {
    if (plain.category === 'security') return plain
    // a model may raise what plain code took for nothing, and name what it could not; it may not talk an alarm down
    return isAlarm(plain.severity) && !isAlarm(model.severity) ? plain : model
  }

  #judge(source: string, reading: Reading, start: number): Verdict {
    const line = reading.raw
    const shape = shapeOf(line, start)
    const hostile = hostileText(line) ?? null
    const known = { line, source, hostile, ...(shape && !shape.bait ? { shape: shape.key } : {}) }
    const plain = judge({ ...known, findings: lookUp(reading, source) })
    return this.#classifier ? weigh(this.#classifier, known, plain) : plain
  }

  #keep(source: string, template: Template, reading: Reading, start: number, verdict: Verdict): void {
    // a kind of line seen once may never come again: what a memory needs to know of it is found out at its second
    if (template.count < 2) return
    this.#memo.keep(template.id, reading.raw, start, { ...verdict, stage: 'memo' }, (shape, runs) =>
      this.#numbersSay(source, reading, runs, shape),
    )
  }

  /** What counts in lines of this shape beside their words: found out once, with the functions that judge. */
  #numbersSay(source: string, reading: Reading, runs: Runs, shape: Shape): NumbersSay | undefined {
    // without its bait a line has other neighbours
    if (shape.bait && hostileText(reading.raw)) return asTheyStand
    const values = numbersSayOf(reading.raw, runs, source, shape)
    const books = booksInDoubt(reading, source)
    if (books.length === 0) return values
    const codes = codesSayOf(reading, source, books, readOf)
    return (other, start, runs) => {
      const said = values ? values(other, start, runs) : ''
      return said === undefined ? undefined : said + codes(other, start)
    }
  }
}
