/** From samples to the sentence that was meant: to this home, or to one of its appliances. */
import type { Clock } from '../base/clock.js'
import type { ApplianceEar } from './appliance/listen.js'
import { durationMs, type Samples } from './audio/pcm.js'
import type { Place, Transcript } from './conversation.js'
import type { SpeechEngine } from './engine.js'
import type { HomeSpeech } from './language/build.js'
import { rescore, type Understood } from './rescore.js'

/** An appliance that stands somewhere. */
export interface Placed {
  /** Id of the area where it stands; heard everywhere without one. */
  readonly area?: string
}

export interface TranscriberOptions {
  engine: SpeechEngine
  clock: Clock
  /** The language of the home, waited for when it is not built yet. */
  home(signal: AbortSignal): Promise<HomeSpeech>
  appliances: readonly (Placed & { ear: ApplianceEar })[]
  /** What the command path would make of a sentence, in the conversation of the place. Nothing is done. */
  understand(text: string, place: Place, signal: AbortSignal): Promise<Understood>
}

/** Appliances that can be spoken to from an area. */
export const nearby = <A extends Placed>(appliances: readonly A[], area: string | undefined): A[] =>
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
    for (const { ear } of nearby(this.#o.appliances, area)) {
      const order = await ear.listen(samples, signal)
      if (order.intent !== null && order.confidence > (best?.confidence ?? 0)) best = order
    }
    return best
  }
}
