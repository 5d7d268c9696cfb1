import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, systemClock } from '../../base/clock.js'
import { codeOf, describe } from '../../base/errors.js'
import type { Samples } from '../audio/pcm.js'
import type { Heard, SpeechEngine, SpeechLanguage } from '../engine.js'
import { errors } from '../errors.js'
import { type ChildEvent, SupervisedChild } from './child-supervisor.js'
import { plainWords, someHints } from './plain-words.js'
import { type ModelWish, modelFileProblem, readModelFolder, type SherpaModel } from './sherpa-model.js'
import { SherpaAnswer, type SherpaQuestion } from './sherpa-protocol.js'
import { UNKNOWN_CONFIDENCE, uncalibrated } from './unknown-confidence.js'

/** `voice.engines.sherpa`. */
export interface SherpaEngineOptions extends ModelWish {
  /** The folder of the model, as it was unpacked. */
  model: string
  /** Folder whose `node_modules` holds the package. Default: where this program is installed. */
  packageFolder?: string
  /** Default 120 s: some models have a gigabyte. */
  loadMs?: number
  /** Longest work on one utterance before the child counts as hung. Default 30 s. */
  answerMs?: number
  clock?: Clock
  onEvent?: (event: ChildEvent) => void
}

const ENGINE = 'sherpa-onnx'
const CHILD = new URL('./sherpa-child.js', import.meta.url)
/** Each phrase costs a little at every step of the search. */
const HINT_CHARACTERS = 4_000
const HEAD_BYTES = 64
/** Of what the child prints, the end: the reason for its death is the last thing it says. */
const KEPT_OUTPUT = 2_000

/** Speech to text by sherpa-onnx, in a child of its own: open vocabulary, many languages; models are the owner's. */
export class SherpaEngine implements SpeechEngine {
  readonly name = 'sherpa-onnx'
  readonly engine = ENGINE
  readonly #options: SherpaEngineOptions
  readonly #clock: Clock
  #model: SherpaModel | undefined
  #child: SupervisedChild<SherpaAnswer> | undefined
  #output = ''

  constructor(options: SherpaEngineOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  /** The child's process id, for tests and for `doctor`. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Children lost since the start. */
  get losses(): number {
    return this.#child?.losses ?? 0
  }

  /**
   * Looks at the model's files, starts the child, loads.
   * @throws speech_engine_missing (package or file), speech_model_broken
   */
  async start(signal: AbortSignal): Promise<void> {
    const { packageFolder, loadMs = 120_000 } = this.#options
    const model = await checkModel(this.#options)
    this.#output = ''
    const child = new SupervisedChild({
      engine: ENGINE,
      module: CHILD,
      load: { kind: model.kind, config: model.config, ...(packageFolder ? { packageFolder } : {}) },
      answer: SherpaAnswer,
      loadTimeoutMs: loadMs,
      remake: (_, { problem }) => errors.speech_model_broken({ engine: ENGINE, problem: String(problem) }),
      onEvent: event => this.#told(event),
    })
    try {
      await child.start(signal)
    } catch (error) {
      await child.stop()
      // over a bad file the library prints why, and then says "Please check your config!" or ends its process
      if (!/check your config|it ended/.test(describe(error))) throw error
      throw errors.speech_model_broken({ engine: ENGINE, problem: this.#reason() || describe(error) }, error)
    }
    this.#model = model
    this.#child = child
  }

  async stop(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    await child?.stop()
  }

  /** @throws speech_engine_died, speech_engine_hung, speech_engine_busy, speech_model_broken, the reason of `signal` */
  async hear(samples: Samples, language: SpeechLanguage, signal: AbortSignal): Promise<Heard> {
    const began = this.#clock.monotonic()
    const { text, logProbs } = await this.#ask(samples, this.#hotwords(language), signal)
    const words = plainWords(text)
    const score = logProbs.reduce((sum, logProb) => sum + Math.min(0, logProb), 0)
    const confidence =
      logProbs.length > 0 ? uncalibrated(Math.exp(score / logProbs.length)) : UNKNOWN_CONFIDENCE
    const ms = this.#clock.monotonic() - began
    return { hypotheses: words ? [{ text: words, confidence, score }] : [], ms }
  }

  /** When it died of it, once more without hints: words that a model cannot spell may have been the reason. */
  async #ask(samples: Samples, hotwords: string | undefined, signal: AbortSignal): Promise<SherpaAnswer> {
    const child = this.#child
    if (!child) throw errors.speech_engine_died({ engine: ENGINE, how: 'stopped' })
    const { answerMs = 30_000 } = this.#options
    const ask = (question: SherpaQuestion) => child.ask(() => question, answerMs, signal)
    if (!hotwords) return ask({ samples })
    try {
      return await ask({ samples, hotwords })
    } catch (error) {
      if (codeOf(error) !== 'speech_engine_died') throw error
      return ask({ samples })
    }
  }

  #hotwords({ hints }: SpeechLanguage): string | undefined {
    const { hotwords } = this.#model ?? {}
    if (!hotwords) return undefined
    // `/` parts phrases, `:` begins a score
    const phrases = hints
      .map(hint => plainWords(hint).replace(/[/:]/g, ' ').trim())
      .filter(hint => hint !== '')
    const written = someHints(phrases, HINT_CHARACTERS).join('/')
    return (hotwords === 'upper' ? written.toUpperCase() : written) || undefined
  }

  #told(event: ChildEvent): void {
    if (event.type === 'output') this.#output = `${this.#output}\n${event.text}`.slice(-KEPT_OUTPUT)
    this.#options.onEvent?.(event)
  }

  /** The last lines that the child printed, as one. */
  #reason(): string {
    return this.#output.trim().split('\n').slice(-2).join(' ').replace(/\s+/g, ' ').slice(-300)
  }
}

/**
 * What lies in the model's folder, looked at before native code reads it; `doctor` asks too.
 * @throws speech_engine_missing, speech_model_broken
 */
export async function checkModel(options: { model: string } & ModelWish): Promise<SherpaModel> {
  const { model: path } = options
  let files: string[]
  try {
    files = await readdir(path)
  } catch (error) {
    throw errors.speech_engine_missing({ engine: ENGINE, missing: `no model: ${describe(error)}` }, error)
  }
  const model = readModelFolder({ path, files }, options)
  if ('missing' in model) throw errors.speech_engine_missing({ engine: ENGINE, missing: model.missing })
  for (const file of model.files) {
    const problem = await headProblem(join(path, file))
    if (problem)
      throw errors.speech_model_broken({ engine: ENGINE, problem: `${join(path, file)} ${problem}` })
  }
  return model
}

async function headProblem(path: string): Promise<string | undefined> {
  try {
    const file = await open(path)
    try {
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(HEAD_BYTES), position: 0 })
      return modelFileProblem(buffer.subarray(0, bytesRead))
    } finally {
      await file.close()
    }
  } catch (error) {
    return `cannot be read: ${describe(error)}`
  }
}
