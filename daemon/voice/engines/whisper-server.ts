import { type Clock, systemClock } from '../../base/clock.js'
import { describe } from '../../base/errors.js'
import { parse, z } from '../../base/schema.js'
import type { Samples } from '../audio/pcm.js'
import { encodeWav } from '../audio/wav.js'
import type { Heard, Hypothesis, SpeechEngine, SpeechLanguage } from '../engine.js'
import { errors } from '../errors.js'
import { deadline } from './deadline.js'
import { OneAtATime } from './one-at-a-time.js'
import { plainWords, someHints } from './plain-words.js'
import { UNKNOWN_CONFIDENCE, uncalibrated } from './unknown-confidence.js'

/** `voice.engines.whisper_server`. */
export interface WhisperServerOptions {
  /** Of the server, without a path: `http://127.0.0.1:8080`. */
  url: string
  /** Where the server was started with `--inference-path`. Default `/inference`. */
  path?: string
  /** Default `en`; `auto` lets the model guess. */
  language?: string
  /** Default 30 s. */
  answerMs?: number
  clock?: Clock
}

const ANSWER_MS = 30_000
const REACH_MS = 3_000
/** A minute of speech with all its tokens has some 50 KiB. */
const MOST_ANSWER_BYTES = 512 * 1024
/** Whisper takes 224 tokens of prompt and forgets the rest; a token of English has some four letters. */
const HINT_CHARACTERS = 700
const Share = z.number().min(0).max(1)

/**
 * `verbose_json` has how likely words and silence were; `json` has the text alone, and servers that know no
 * `verbose_json` answer so.
 * @source whisper.cpp examples/server/server.cpp, July 2026
 */
const Answer = z.object({
  text: z.string().optional(),
  error: z.string().optional(),
  segments: z
    .array(
      z.object({
        text: z.string(),
        avg_logprob: z.number().nullish(),
        no_speech_prob: Share.nullish().catch(null),
      }),
    )
    .nullish(),
})

/** Speech to text by whisper.cpp's `whisper-server`. */
export class WhisperServerEngine implements SpeechEngine {
  readonly name = 'whisper-server'
  readonly engine = 'whisper.cpp'
  readonly #options: WhisperServerOptions
  readonly #clock: Clock
  readonly #calls = new OneAtATime()

  constructor(options: WhisperServerOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  /** Asks nothing: the server may come later than we do. */
  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
  }

  async stop(): Promise<void> {
    // nothing is held between calls; those that run have their own signals
  }

  /** @throws speech_service_unreachable, speech_service_failed, speech_engine_died, speech_engine_hung, invalid_value */
  hear(samples: Samples, language: SpeechLanguage, signal: AbortSignal): Promise<Heard> {
    return this.#calls.run(signal, async () => {
      const began = this.#clock.monotonic()
      const hypothesis = hypothesisOf(await this.#twice(samples, language, signal))
      const ms = this.#clock.monotonic() - began
      return { hypotheses: hypothesis ? [hypothesis] : [], ms }
    })
  }

  /** Once more when the connection breaks: the server may have been restarted. */
  async #twice(samples: Samples, language: SpeechLanguage, signal: AbortSignal): Promise<Answered> {
    const first = await this.#ask(samples, language, signal)
    if (!('broke' in first)) return first
    const second = await this.#ask(samples, language, signal)
    if (!('broke' in second)) return second
    throw errors.speech_engine_died({ engine: this.engine, how: second.broke })
  }

  async #ask(
    samples: Samples,
    { hints }: SpeechLanguage,
    signal: AbortSignal,
  ): Promise<Answered | { broke: string }> {
    const { url, path = '/inference', language = 'en', answerMs = ANSWER_MS } = this.#options
    const late = () => errors.speech_engine_hung({ engine: this.engine, ms: answerMs })
    const limit = deadline(signal, answerMs, late)
    const form = new FormData()
    form.set('file', new Blob([encodeWav(samples)], { type: 'audio/wav' }), 'utterance.wav')
    form.set('response_format', 'verbose_json')
    form.set('temperature', '0.0')
    form.set('language', language)
    const names = someHints(hints, HINT_CHARACTERS)
    if (names.length > 0) form.set('prompt', names.join(', '))
    try {
      const response = await fetch(new URL(path, url), {
        method: 'POST',
        body: form,
        redirect: 'error',
        signal: limit.signal,
      })
      return this.#read(response.status, await bounded(response))
    } catch (error) {
      limit.signal.throwIfAborted()
      if (!(error instanceof TypeError)) throw error
      // what `fetch` throws for everything between here and the server
      const problem = describe(error.cause ?? error)
      if (/ECONNRESET|UND_ERR_SOCKET|EPIPE|other side closed|terminated/.test(codes(error)))
        return { broke: problem }
      throw errors.speech_service_unreachable({ service: `whisper.cpp at ${url}`, problem }, error)
    } finally {
      limit.close()
    }
  }

  #read(status: number, body: string): Answered {
    const service = this.#options.url
    const failed = (problem: string) =>
      errors.speech_service_failed({ service, problem: problem.slice(0, 300) })
    let json: unknown
    try {
      json = JSON.parse(body)
    } catch {
      throw failed(`status ${status}, and no JSON`)
    }
    const answer = parse(Answer, json, `answer of ${service}`)
    if (answer.error !== undefined) throw failed(answer.error)
    if (status !== 200 || answer.text === undefined) throw failed(`status ${status}, and no text`)
    return { ...answer, text: answer.text }
  }
}

/**
 * Whether a server listens there and has its model; `doctor` asks. Servers without `/health` answer 404, which will do.
 * @throws speech_service_unreachable, speech_service_failed while the model is loaded
 */
export async function reachWhisperServer(url: string, signal: AbortSignal): Promise<void> {
  const service = `whisper.cpp at ${url}`
  const late = () =>
    errors.speech_service_unreachable({ service, problem: `no answer within ${REACH_MS} ms` })
  const limit = deadline(signal, REACH_MS, late)
  try {
    const { status } = await fetch(new URL('/health', url), { redirect: 'error', signal: limit.signal })
    if (status === 503) throw errors.speech_service_failed({ service, problem: 'it is loading its model' })
  } catch (error) {
    limit.signal.throwIfAborted()
    if (!(error instanceof TypeError)) throw error
    throw errors.speech_service_unreachable({ service, problem: describe(error.cause ?? error) }, error)
  } finally {
    limit.close()
  }
}

type Answered = z.output<typeof Answer> & { text: string }

/** Silence makes Whisper write "Thank you."; it says itself that it heard nobody. */
function hypothesisOf({ text, segments }: Answered): Hypothesis | undefined {
  const words = plainWords(text)
  if (words === '') return undefined
  let weight = 0
  let sure = 0
  let score = 0
  for (const { text, avg_logprob, no_speech_prob } of segments ?? []) {
    if (avg_logprob == null && no_speech_prob == null) continue
    const logprob = Math.min(0, avg_logprob ?? 0)
    weight += text.length
    sure += text.length * Math.exp(logprob) * (1 - (no_speech_prob ?? 0))
    score += text.length * logprob
  }
  if (weight === 0) return { text: words, confidence: UNKNOWN_CONFIDENCE, score: 0 }
  return { text: words, confidence: uncalibrated(sure / weight), score: score / weight }
}

/** @throws speech_service_failed when there is more than we take */
async function bounded(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.length
    if (bytes > MOST_ANSWER_BYTES) {
      const problem = `an answer of more than ${MOST_ANSWER_BYTES} bytes`
      throw errors.speech_service_failed({ service: new URL(response.url).origin, problem })
    }
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

/** The codes and sentences of an error and its causes, for what has no better name. */
function codes(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const { code, message, cause } = error as Error & { code?: string }
  return `${code ?? ''} ${message} ${codes(cause)}`
}
