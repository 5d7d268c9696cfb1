import { confidenceOf, featuresOf } from '../../inference/confidence.js'
import type { Engine } from '../../inference/engine.js'
import { reasonOf } from '../judge/evidence.js'
import type { Verdict } from '../verdict.js'
import { decode, lineGrammar, linePrompt, OUT, PREFIX, promptText, quoteOf } from './form.js'

/** A model that reads one line. */
export interface LineStage {
  /** @returns undefined when it has no answer that can be used: then whoever asked goes by plain code */
  run(input: { line: string; source: string }, signal?: AbortSignal): Promise<Verdict | undefined>
}

/** Evidence of up to forty words, and the marks. */
const MAX_TOKENS = 140

/** The factory line model. */
export class FactoryLineStage implements LineStage {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  async run(
    { line, source }: { line: string; source: string },
    signal?: AbortSignal,
  ): Promise<Verdict | undefined> {
    const prompt = linePrompt(line, source)
    if (prompt.words.length === 0) return undefined
    const completion = await this.#engine.complete(
      {
        prefix: PREFIX,
        prompt: ` ${promptText(prompt)}${OUT}`,
        grammar: lineGrammar(prompt),
        maxTokens: MAX_TOKENS,
      },
      signal,
    )
    const form = completion.stop === 'complete' ? decode(completion.text) : undefined
    if (!form) return undefined
    const evidence = quoteOf(line, prompt, form.evidence)
    // a quote that is not in the line is no evidence, and an alarm without evidence is none
    if (form.severity !== 'normal' && evidence === '') return undefined
    const { severity, category, component, needsHuman, condition } = form
    const what = condition
      ? condition.id.replaceAll('_', ' ')
      : severity === 'normal'
        ? 'read as normal'
        : 'read as a fault'
    return {
      severity,
      category,
      component,
      needsHuman,
      reason: reasonOf(what, evidence),
      evidence,
      ...(needsHuman
        ? {
            cause: condition?.cause ?? 'Not known from the line.',
            action: condition?.action ?? 'Look at it at the place.',
          }
        : {}),
      confidence: confidenceOf(featuresOf(completion, severity === 'normal'), completion.model.calibration),
      stage: 'slm',
    }
  }
}
