import { type Clock, systemClock } from '../../base/clock.js'
import { parse } from '../../base/schema.js'
import { event } from '../../bus/wyoming/event.js'
import { TranscriptData } from '../../bus/wyoming/vocabulary.js'
import type { Samples } from '../audio/pcm.js'
import type { Heard, SpeechEngine, SpeechLanguage } from '../engine.js'
import { errors } from '../errors.js'
import { OneAtATime } from './one-at-a-time.js'
import { plainWords, someHints } from './plain-words.js'
import { UNKNOWN_CONFIDENCE } from './unknown-confidence.js'
import { brokeOff, callWyoming, hearEvent, sendSound, type WyomingService } from './wyoming-call.js'

/** `voice.engines.wyoming`. */
export interface WyomingEngineOptions extends WyomingService {
  /** BCP 47, as the service names it. Default `en`. */
  language?: string
  /** Of the service's models. Default its own choice. */
  model?: string
  clock?: Clock
}

/** The names of a home, as `transcript_names` (wyoming 1.10 and later; others pass over them). */
const HINT_CHARACTERS = 4_000

/** Speech to text by a Wyoming service: faster-whisper, vosk and others. */
export class WyomingEngine implements SpeechEngine {
  readonly name = 'wyoming-engine'
  readonly engine = 'wyoming'
  readonly #options: WyomingEngineOptions
  readonly #clock: Clock
  readonly #calls = new OneAtATime()

  constructor(options: WyomingEngineOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  /** Asks nothing: the service may come later than we do. */
  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
  }

  async stop(): Promise<void> {
    // nothing is held between calls; those that run have their own signals
  }

  /** @throws wyoming_unreachable, speech_engine_died, speech_engine_hung, speech_service_failed, wyoming_malformed */
  hear(samples: Samples, language: SpeechLanguage, signal: AbortSignal): Promise<Heard> {
    return this.#calls.run(signal, async () => {
      const began = this.#clock.monotonic()
      const text = plainWords(await this.#twice(samples, language, signal))
      const ms = this.#clock.monotonic() - began
      return { hypotheses: text ? [{ text, confidence: UNKNOWN_CONFIDENCE, score: 0 }] : [], ms }
    })
  }

  /** Once more when the connection breaks: the service may have been restarted. */
  async #twice(samples: Samples, language: SpeechLanguage, signal: AbortSignal): Promise<string> {
    try {
      return await this.#ask(samples, language, signal)
    } catch (error) {
      if (brokeOff(error) === undefined) throw error
    }
    try {
      return await this.#ask(samples, language, signal)
    } catch (error) {
      const how = brokeOff(error)
      throw how !== undefined ? errors.speech_engine_died({ engine: this.engine, how }, error) : error
    }
  }

  #ask(samples: Samples, { hints }: SpeechLanguage, signal: AbortSignal): Promise<string> {
    const { model, language = 'en' } = this.#options
    return callWyoming(this.#options, signal, async (stream, within) => {
      const names = someHints(hints, HINT_CHARACTERS)
      await stream.send(
        event('transcribe', {
          language,
          ...(model ? { name: model } : {}),
          ...(names.length > 0 ? { transcript_names: names } : {}),
        }),
      )
      await sendSound(stream, samples)
      for (;;) {
        const next = await hearEvent(stream, within)
        // of a streamed transcript the whole comes as `transcript` too
        if (next.type === 'transcript')
          return parse(TranscriptData, next.data, `transcript of ${stream.peer}`).text
      }
    })
  }
}
