/** PocketSphinx behind the seam: the default recogniser. Native code runs in a supervised child. */
import { durationMs, type Samples } from '../audio/pcm.js'
import type { Heard, SpeechEngine, SpeechLanguage } from '../engine.js'
import { errors } from '../errors.js'
import { type ChildEvent, SupervisedChild } from './child-supervisor.js'
import { MODEL_FOLDER, missingPocketsphinx } from './pocketsphinx-packages.js'
import { Answer, type Definition, type LoadOptions, type Question } from './pocketsphinx-protocol.js'

export interface PocketsphinxOptions {
  /** Holds `en-us/` and `cmudict-en-us.dict`. Default: where Debian's package puts them. */
  modelFolder?: string
  /** Takes noise away before recognition. Default true; clean sound is left as it is. */
  denoise?: boolean
  /** Languages that stay compiled in the child. Default 4. */
  languages?: number
  /** Readings of an utterance in an open language. Default 8. */
  readings?: number
  /** Work that no utterance may exceed: so long, and so many times its own length. Default 8 s and 4 times. */
  hangMs?: number
  hangTimes?: number
  onEvent?: (event: PocketsphinxEvent) => void
}

/** For logs and metrics. */
export type PocketsphinxEvent =
  | ChildEvent
  | { type: 'words_dropped'; language: string; words: readonly string[] }

const ENGINE = 'pocketsphinx'

export class PocketsphinxEngine implements SpeechEngine {
  readonly name = 'voice engine pocketsphinx'
  readonly engine = ENGINE
  readonly #o: PocketsphinxOptions
  readonly #child: SupervisedChild<Answer>
  /** Languages that the child of now was given. */
  readonly #told = new Set<string>()

  constructor(options: PocketsphinxOptions = {}) {
    this.#o = options
    this.#child = new SupervisedChild<Answer>({
      engine: ENGINE,
      module: new URL('./pocketsphinx-child.js', import.meta.url),
      load: {
        modelFolder: options.modelFolder ?? MODEL_FOLDER,
        denoise: options.denoise ?? true,
        languages: options.languages ?? 4,
        readings: options.readings ?? 8,
      } satisfies LoadOptions,
      answer: Answer,
      remake: (code, details) =>
        code === 'speech_language_bad'
          ? errors.speech_language_bad({ engine: ENGINE, problem: String(details.problem) })
          : undefined,
      onEvent: event => {
        // what one child was told, the next one does not know
        if (event.type === 'died') this.#told.clear()
        options.onEvent?.(event)
      },
    })
  }

  /** The child's process id. */
  get pid(): number | undefined {
    return this.#child.pid
  }

  /** @throws speech_engine_missing, naming the package */
  async start(signal: AbortSignal): Promise<void> {
    const missing = await missingPocketsphinx(this.#o.modelFolder)
    if (missing) throw errors.speech_engine_missing({ engine: ENGINE, missing })
    await this.#child.start(signal)
  }

  stop(): Promise<void> {
    return this.#child.stop()
  }

  /**
   * @returns one reading where the language has only a grammar, several for an n-gram model; confidences compare the
   * reading with a free run of sounds (pocketsphinx-confidence.ts)
   * @throws speech_engine_died, speech_engine_hung, speech_engine_busy, speech_language_bad, and the signal's reason
   */
  async hear(samples: Samples, language: SpeechLanguage, signal: AbortSignal): Promise<Heard> {
    signal.throwIfAborted()
    if (samples.length === 0) return { hypotheses: [], ms: 0 }
    const mostMs = (this.#o.hangMs ?? 8_000) + (this.#o.hangTimes ?? 4) * durationMs(samples)
    const ask = () => {
      const known = this.#told.has(language.id)
      return this.#child.ask(
        (): Question => {
          if (this.#told.has(language.id)) return { samples, language: language.id }
          this.#told.add(language.id)
          return { samples, language: language.id, definition: definitionOf(language) }
        },
        known ? mostMs : mostMs + BUILD_MS,
        signal,
      )
    }
    let answer = await ask()
    if (answer.type === 'needs_language') {
      // it made room for others since
      this.#told.delete(language.id)
      answer = await ask()
    }
    if (answer.type === 'needs_language')
      throw errors.speech_language_bad({ engine: ENGINE, problem: 'it is not kept' })
    if (answer.dropped.length > 0)
      this.#o.onEvent?.({ type: 'words_dropped', language: language.id, words: answer.dropped })
    return { hypotheses: answer.hypotheses, ms: answer.ms }
  }
}

/** Compiling a language of ten thousand n-grams on a slow board. */
const BUILD_MS = 20_000

const definitionOf = ({ grammar, ngram, pronunciations }: SpeechLanguage): Definition => ({
  ...(grammar === undefined ? {} : { grammar }),
  ...(ngram === undefined ? {} : { ngram }),
  pronunciations: [...pronunciations].map(([word, ways]) => [word, [...ways]]),
})
