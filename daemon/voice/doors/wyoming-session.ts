/**
 * What is said on one Wyoming connection. Events are answered in their order. An error ends the connection, told by an
 * `error` event: Home Assistant waits for its transcript or its sound for as long as the connection stays, whatever else
 * it is told (home-assistant/core components/wyoming stt.py).
 */
import { parse, type z } from '../../base/schema.js'
import { event, type WyomingEvent } from '../../bus/wyoming/event.js'
import type { WyomingStream } from '../../bus/wyoming/stream.js'
import {
  AudioFormat,
  type Context,
  Ping,
  Recognize,
  Synthesize,
  TranscriptData,
} from '../../bus/wyoming/vocabulary.js'
import { SAMPLE_RATE } from '../audio/pcm.js'
import { Utterance } from '../audio/utterance.js'
import type { Place, VoiceServices } from '../conversation.js'
import { errors } from '../errors.js'
import { type Offer, wyomingInfo } from './wyoming-info.js'
import { takeSentences } from './wyoming-sentences.js'

export interface SessionOptions {
  longestUtteranceSeconds: number
  /** How long a client may say nothing while it is its turn. */
  idleMs: number
  /** How long a transcript, an answer or a sentence of speech may take. */
  answerMs: number
  offer: () => Offer
  /** Whose words they are: by what the client says of itself, and its address. */
  placeOf: (client: { peer: string; context: Context }) => Place
}

/** Samples of one `audio-chunk`: 64 ms, as the reference library sends them. */
const CHUNK_SAMPLES = 1024
/** Characters of one streamed answer. */
const LONGEST_SPEECH = 8_192

/** What is being read aloud while its text still comes. */
interface Speech {
  /** Not yet a sentence. */
  rest: string
  characters: number
}

export class WyomingSession {
  readonly #stream: WyomingStream
  readonly #services: VoiceServices
  readonly #options: SessionOptions
  #utterance: Utterance | undefined
  #format: AudioFormat | undefined
  #language: string | undefined
  #speech: Speech | undefined
  /** Samples sent since `audio-start`; undefined before it. */
  #sent: number | undefined

  constructor(stream: WyomingStream, services: VoiceServices, options: SessionOptions) {
    this.#stream = stream
    this.#services = services
    this.#options = options
  }

  /** Talks until the client has nothing more to say. @throws what the client is to be told */
  async run(): Promise<void> {
    try {
      for (;;) {
        const next = await this.#stream.next({ withinMs: this.#options.idleMs })
        if (!next) return
        await this.#take(next)
      }
    } finally {
      this.#utterance?.close()
    }
  }

  async #take(heard: WyomingEvent): Promise<void> {
    switch (heard.type) {
      case 'describe':
        return this.#stream.send(wyomingInfo(this.#options.offer()))
      case 'ping':
        return this.#stream.send(event('pong', { text: read(Ping, heard).text ?? null }))
      case 'transcribe':
      case 'audio-start':
        return this.#listen(heard)
      case 'audio-chunk':
        return this.#hear(heard)
      case 'audio-stop':
        return this.#transcribe()
      case 'recognize':
        return this.#recognize(read(Recognize, heard))
      case 'transcript':
        return this.#handle(read(TranscriptData, heard))
      case 'synthesize':
        // Home Assistant sends the whole text once more, for services that do not stream
        if (!this.#speech) await this.#speakAll(read(Synthesize, heard).text)
        return
      case 'synthesize-start':
        this.#speech = { rest: '', characters: 0 }
        return
      case 'synthesize-chunk':
        return this.#speakOn(read(Synthesize, heard).text)
      case 'synthesize-stop':
        return this.#speakRest()
      default:
        return // "Servers are expected to drop unrecognized events" (wyoming 1.10.2 info.py)
    }
  }

  /** `transcribe` comes first where it comes; both begin anew. */
  #listen(heard: WyomingEvent): void {
    this.#utterance?.close()
    this.#utterance = undefined
    this.#format = heard.type === 'audio-start' ? read(AudioFormat, heard) : undefined
    if (heard.type === 'transcribe') {
      const { language } = heard.data
      this.#language = typeof language === 'string' ? language : undefined
    }
  }

  /** A chunk says its format itself; clients exist that send no `audio-start`, and some whose chunks say nothing. */
  async #hear(heard: WyomingEvent): Promise<void> {
    const format = 'rate' in heard.data || !this.#format ? read(AudioFormat, heard) : this.#format
    this.#utterance ??= new Utterance(
      `the sound of ${this.#stream.peer}`,
      this.#options.longestUtteranceSeconds,
    )
    await this.#utterance.add(heard.payload, format)
  }

  async #transcribe(): Promise<void> {
    const utterance = this.#utterance
    this.#utterance = undefined
    this.#format = undefined
    if (!utterance) throw errors.audio_empty({ what: `the sound of ${this.#stream.peer}` })
    try {
      const samples = utterance.samples()
      const { text } = await this.#within('speech to text', signal =>
        this.#services.transcribe(samples, this.#place(undefined), signal),
      )
      const language = this.#language
      await this.#stream.send(event('transcript', { text, ...(language ? { language } : {}) }))
    } finally {
      utterance.close()
    }
  }

  async #recognize({ text, context }: z.output<typeof Recognize>): Promise<void> {
    const answer = await this.#within('recognition', signal =>
      this.#services.answer(text, this.#place(context), { signal, dryRun: true }),
    )
    const { intent } = answer
    const about = aboutOf(context)
    if (!intent || answer.notUnderstood)
      return this.#stream.send(event('not-recognized', { text: answer.text, ...about }))
    const entities = intent.slots.map(({ name, value }) => ({ name, value }))
    await this.#stream.send(event('intent', { name: intent.name, entities, text: answer.text, ...about }))
  }

  async #handle({ text, context }: z.output<typeof TranscriptData>): Promise<void> {
    const answer = await this.#within('the answer', signal =>
      this.#services.answer(text, this.#place(context), { signal }),
    )
    // a question is spoken as it is; what was refused or not understood is told as such
    const handled = answer.ok || (answer.asks && !answer.notUnderstood)
    const said = { text: answer.text, ...aboutOf(context) }
    await this.#stream.send(event(handled ? 'handled' : 'not-handled', said))
  }

  async #speakAll(text: string): Promise<void> {
    await this.#say(text)
    await this.#endSound()
  }

  /** Each sentence is spoken as soon as it is whole. */
  async #speakOn(text: string): Promise<void> {
    const speech = this.#speech
    if (!speech) return // a chunk of nothing that was begun
    speech.characters += text.length
    if (speech.characters > LONGEST_SPEECH)
      throw errors.text_too_long({ what: 'the text to be spoken', most: LONGEST_SPEECH })
    const { sentences, rest } = takeSentences(speech.rest + text)
    speech.rest = rest
    for (const sentence of sentences) await this.#say(sentence)
  }

  async #speakRest(): Promise<void> {
    const rest = this.#speech?.rest ?? ''
    this.#speech = undefined
    await this.#say(rest)
    await this.#endSound()
    await this.#stream.send(event('synthesize-stopped'))
  }

  async #say(text: string): Promise<void> {
    if (text.trim() === '') return
    const samples = await this.#within('text to speech', signal => this.#services.speak(text, signal))
    await this.#startSound()
    for (let at = 0; at < samples.length; at += CHUNK_SAMPLES) {
      const part = samples.subarray(at, at + CHUNK_SAMPLES)
      const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength)
      await this.#stream.send(event('audio-chunk', { ...FORMAT, timestamp: msOf(this.#sent ?? 0) }, bytes))
      this.#sent = (this.#sent ?? 0) + part.length
    }
  }

  async #startSound(): Promise<void> {
    if (this.#sent !== undefined) return
    this.#sent = 0
    await this.#stream.send(event('audio-start', { ...FORMAT, timestamp: 0 }))
  }

  /** An empty text has a beginning and an end too: clients wait for both. */
  async #endSound(): Promise<void> {
    await this.#startSound()
    await this.#stream.send(event('audio-stop', { timestamp: msOf(this.#sent ?? 0) }))
    this.#sent = undefined
  }

  #place(context: Context): Place {
    return this.#options.placeOf({ peer: this.#stream.peer, context })
  }

  /** Stops waiting when the client is gone, or when it takes too long. @throws speech_engine_hung */
  #within<T>(engine: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { answerMs } = this.#options
    const stop = new AbortController()
    return new Promise<T>((resolve, reject) => {
      const onGone = () => stop.abort(this.#stream.signal.reason)
      const timer = setTimeout(
        () => stop.abort(errors.speech_engine_hung({ engine, ms: answerMs })),
        answerMs,
      )
      const done = () => {
        clearTimeout(timer)
        this.#stream.signal.removeEventListener('abort', onGone)
      }
      stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true })
      this.#stream.signal.addEventListener('abort', onGone, { once: true })
      if (this.#stream.signal.aborted) onGone()
      work(stop.signal).then(resolve, reject).finally(done)
    })
  }
}

const FORMAT = { rate: SAMPLE_RATE, width: 2, channels: 1 } as const

const msOf = (samples: number) => Math.round((samples / SAMPLE_RATE) * 1000)

const read = <S extends z.ZodType>(schema: S, heard: WyomingEvent): z.output<S> =>
  parse(schema, heard.data, `event ${heard.type}`)

/** So that the client knows the conversation again. */
const aboutOf = (context: Context) =>
  context?.conversation_id ? { context: { conversation_id: context.conversation_id } } : {}
