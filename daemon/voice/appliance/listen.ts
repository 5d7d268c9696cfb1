/** Speech to an order: one recogniser, one appliance. */
import type { Samples } from '../audio/pcm.js'
import type { SpeechEngine, SpeechLanguage } from '../engine.js'
import { applianceLanguage } from './grammar.js'
import { interpret } from './interpret.js'
import type { Vocabulary } from './vocabulary.js'

/** What was heard, and the order that it is. */
export interface HeardOrder {
  /** Lower-case words; empty when nothing was heard. */
  readonly text: string
  /** null when nothing was asked of the appliance. */
  readonly intent: string | null
  readonly slots: Readonly<Record<string, string>>
  /** 0 to 1. */
  readonly confidence: number
  /** Time the recogniser worked, milliseconds. */
  readonly ms: number
}

/** What is as sure as this is an order. */
const SURE_ENOUGH = 0.5
/**
 * The engine's confidence at which that is reached: of 90 sentences of other talk in espeak-ng's voices the surest came to
 * 0.13. Odds are moved by as much, so that half means the same as elsewhere.
 */
const ENGINE_ENOUGH = 0.15
const ODDS = (1 - ENGINE_ENOUGH) / ENGINE_ENOUGH
/** @param confidence of the engine, 0 to 1 */
const surety = (confidence: number) => (confidence * ODDS) / (confidence * ODDS + 1 - confidence)

export class ApplianceEar {
  readonly #engine: SpeechEngine
  readonly #vocabulary: Vocabulary
  readonly #language: SpeechLanguage
  readonly #sureEnough: number

  /** @param engine started and stopped by the caller */
  constructor(engine: SpeechEngine, vocabulary: Vocabulary, sureEnough: number = SURE_ENOUGH) {
    this.#engine = engine
    this.#vocabulary = vocabulary
    this.#language = applianceLanguage(vocabulary)
    this.#sureEnough = sureEnough
  }

  /** @throws what the engine throws, and the signal's reason */
  async listen(samples: Samples, signal: AbortSignal): Promise<HeardOrder> {
    const { hypotheses, ms } = await this.#engine.hear(samples, this.#language, signal)
    const best = hypotheses[0]
    for (const { text, confidence: heard } of hypotheses) {
      const confidence = surety(heard)
      if (confidence < this.#sureEnough) break
      const order = interpret(text, this.#vocabulary)
      if (order) return { text, ...order, confidence, ms }
    }
    return { text: best?.text ?? '', intent: null, slots: {}, confidence: surety(best?.confidence ?? 0), ms }
  }
}
