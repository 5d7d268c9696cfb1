/** From samples to the sentence that was meant: to this home, or to one of its appliances. */
import type { Clock } from '../base/clock.js'
import { interpret } from './appliance/interpret.js'
import type { Vocabulary } from './appliance/vocabulary.js'
import { durationMs, type Samples } from './audio/pcm.js'
import type { Place, Transcript } from './conversation.js'
import type { SpeechEngine, SpeechLanguage } from './engine.js'
import type { HomeSpeech } from './language/build.js'
import { rescore, type Understood } from './rescore.js'

/** An appliance that is spoken to in its own words. */
export interface ApplianceEar {
  readonly vocabulary: Vocabulary
  readonly language: SpeechLanguage
  /** Id of the area where it stands; heard everywhere without one. */
  readonly area?: string
}

export interface TranscriberOptions {
  engine: SpeechEngine
  clock: Clock
  /** The language of the home, waited for when it is not built yet. */
  home(signal: AbortSignal): Promise<HomeSpeech>
  appliances: readonly ApplianceEar[]
  /** What the command path would make of a sentence, in the conversation of the place. Nothing is done. */
  understand(text: string, place: Place, signal: AbortSignal): Promise<Understood>
  /** Below this an order to an appliance is none, 0 to 1. */
  minConfidence: number
}

/** Appliances that can be spoken to from an area. */
export const nearby = (appliances: readonly ApplianceEar[], area: string | undefined) =>
  appliances.filter(a => a.area === undefined || area === undefined || a.area === area)

/** Sound to sentence. */
export class Transcriber {
  readonly #o: TranscriberOptions

  constructor(options: TranscriberOptions) {
    this.#o = options
  }

  /** @throws the room's errors */
  async transcribe(samples: Samples, place: Place, signal: AbortSignal): Promise<Transcript> {
    const began = this.#o.clock.monotonic()
    const order = await this.#order(samples, place, signal)
    const said = await this.#toHome(samples, place, signal)
    const best = order && (!said?.acts || order.confidence >= said.confidence) ? order : said
    return {
      text: best?.text ?? '',
      confidence: best?.confidence ?? 0,
      engine: this.#o.engine.engine,
      audioMs: durationMs(samples),
      ms: this.#o.clock.monotonic() - began,
    }
  }

  async #toHome(samples: Samples, place: Place, signal: AbortSignal) {
    const language = await this.#o.home(signal)
    const heard = await this.#o.engine.hear(samples, language, signal)
    return rescore(
      heard,
      {
        understand: (text, abort) => this.#o.understand(text, place, abort),
        names: language.names,
        spellings: language.spellings,
        phonesOf: word => language.sounds.get(word),
      },
      signal,
    )
  }

  /** The surest order to an appliance nearby. */
  async #order(samples: Samples, { area }: Place, signal: AbortSignal) {
    let best: { text: string; confidence: number } | undefined
    for (const { language, vocabulary } of nearby(this.#o.appliances, area)) {
      const { hypotheses } = await this.#o.engine.hear(samples, language, signal)
      const first = hypotheses.find(h => interpret(h.text, vocabulary))
      if (first && first.confidence >= this.#o.minConfidence && first.confidence > (best?.confidence ?? 0))
        best = first
    }
    return best
  }
}
