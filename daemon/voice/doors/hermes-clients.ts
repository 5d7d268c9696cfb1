/**
 * What clients ask for apart from a dialogue: to understand a text, to say something, to listen for one utterance.
 * (Skills written for Rhasspy, and satellites with a dialogue manager of their own.)
 */
import { describe } from '../../base/errors.js'
import type { Hermes, HermesOf } from '../../bus/hermes/messages.js'
import { durationMs, type Samples } from '../audio/pcm.js'
import { encodeWav } from '../audio/wav.js'
import type { Place } from '../conversation.js'
import { errors } from '../errors.js'
import { Ear, type EndpointEvent, TakeAll } from './hermes-ear.js'
import { intentMessage, parsedMessage } from './hermes-intent.js'
import type { HermesCounts, HermesOptions } from './hermes-options.js'
import type { HermesSpeaker } from './hermes-speaker.js'

interface Listening {
  asked: HermesOf<'startListening'>
  ear: Ear
  /** Takes back what was begun with sound that will not be the utterance. */
  unexpect: () => void
}

export class HermesClients {
  readonly #options: HermesOptions
  readonly #counts: HermesCounts
  readonly #speaker: HermesSpeaker
  readonly #publish: (message: Hermes) => void
  /** Site → session → who listens. */
  readonly #listenings = new Map<string, Map<string, Listening>>()
  #queries = 0
  #stop = new AbortController()

  constructor(
    options: HermesOptions,
    counts: HermesCounts,
    speaker: HermesSpeaker,
    publish: (message: Hermes) => void,
  ) {
    this.#options = options
    this.#counts = counts
    this.#speaker = speaker
    this.#publish = publish
  }

  /** Listenings under way, over all sites. */
  get listening(): number {
    let count = 0
    for (const site of this.#listenings.values()) count += site.size
    return count
  }

  earsAt(siteId: string): Ear[] {
    const site = this.#listenings.get(siteId)
    return site ? [...site.values()].map(({ ear }) => ear) : []
  }

  /** Whether anybody listens there. */
  listensAt(siteId: string): boolean {
    return this.#listenings.has(siteId)
  }

  start(): void {
    this.#stop = new AbortController()
  }

  close(): void {
    this.#stop.abort(new Error('the daemon stops'))
    for (const site of this.#listenings.values())
      for (const { ear, unexpect } of site.values()) {
        ear.close()
        unexpect()
      }
    this.#listenings.clear()
  }

  /** A listening that lasts too long, or hears nothing any more, ends with what it has. */
  tick(): void {
    const { clock, longestMs, vanishedMs } = this.#options
    const at = clock.monotonic()
    for (const site of this.#listenings.values())
      for (const { ear } of site.values())
        if (at - ear.openedAt > longestMs || at - ear.heardAt > Math.max(vanishedMs, 10_000)) ear.stop()
  }

  /** @param room whether one more may begin */
  startListening(asked: HermesOf<'startListening'>, room: boolean): void {
    const { siteId, sessionId, stopOnSilence } = asked
    if (this.#listenings.get(siteId)?.has(sessionId ?? '')) return
    if (!room) {
      this.#counts.busy++
      const error = `busy: ${this.#options.sessions} conversations are under way; try again in a moment`
      this.#options.onEvent({ name: 'HermesRefused', site: siteId, why: error })
      this.#publish({ kind: 'errorAsr', siteId, sessionId, error, context: 'busy' })
      return
    }
    const { clock, endpointing, longestMs } = this.#options
    const ear = new Ear({
      sessionId,
      endpointing: stopOnSilence ? endpointing() : new TakeAll(longestMs),
      at: clock.monotonic(),
      deafMs: 0,
      onEvent: event => this.#heard(asked, event),
    })
    const site = this.#listenings.get(siteId) ?? new Map<string, Listening>()
    this.#listenings.set(siteId, site.set(sessionId ?? '', { asked, ear, unexpect: () => {} }))
  }

  /** @returns whether such a listening was under way */
  stopListening({ siteId, sessionId }: HermesOf<'stopListening'>): boolean {
    const listening = this.#listenings.get(siteId)?.get(sessionId ?? '')
    listening?.ear.stop()
    return listening !== undefined
  }

  /** A text is understood, and acted on unless `act` is off or the client filters intents to act itself. */
  async query(asked: HermesOf<'query'>): Promise<void> {
    const { siteId, sessionId, input, id, intentFilter, customData, wakewordId, lang, asrConfidence } = asked
    const about = { siteId, sessionId, input, id, customData, wakewordId, lang, asrConfidence }
    const { services, manners, queries, onEvent } = this.#options
    const fail = (error: string, context: string) =>
      this.#publish({ kind: 'errorNlu', siteId, sessionId, error, context })
    if (this.#queries >= queries) {
      this.#counts.busy++
      onEvent({ name: 'HermesRefused', site: siteId, why: `${queries} queries are under way` })
      fail(`busy: ${queries} queries are under way; try again in a moment`, 'busy')
      return
    }
    this.#queries++
    try {
      const place = this.#place(asked)
      const dryRun = manners.act === 'off' || intentFilter !== undefined
      const { intent, notUnderstood } = await this.#within(manners.answerMs, 'the answer', signal =>
        services.answer(input, place, { signal, dryRun, confidence: asrConfidence }),
      )
      if (!intent || notUnderstood || (intentFilter && !intentFilter.includes(intent.name)))
        return this.#publish({ kind: 'notRecognized', siteId, sessionId, input, id, customData })
      this.#publish(parsedMessage(about, intent))
      this.#publish(intentMessage(about, intent))
    } catch (error) {
      fail(describe(error), 'query')
      onEvent({ name: 'HermesWorkFailed', site: siteId, where: 'nlu', problem: describe(error), error })
    } finally {
      this.#queries--
    }
  }

  /** Something is said; `sayFinished` follows whatever becomes of it, since clients wait for it. */
  async say({ siteId, sessionId, text, id, volume }: HermesOf<'say'>): Promise<void> {
    const { services, manners, onEvent } = this.#options
    try {
      if (text.trim() !== '')
        await this.#within(manners.speakMs, 'the voice', async signal => {
          await this.#speaker.play(siteId, await services.speak(text, signal), signal, volume)
        })
    } catch (error) {
      this.#publish({ kind: 'errorTts', siteId, sessionId, error: describe(error), context: 'say' })
      onEvent({ name: 'HermesWorkFailed', site: siteId, where: 'tts', problem: describe(error), error })
    }
    this.#publish({ kind: 'sayFinished', siteId, sessionId, id })
  }

  #heard(asked: HermesOf<'startListening'>, event: EndpointEvent): void {
    if (event.type === 'start') return
    const { siteId, sessionId } = asked
    const site = this.#listenings.get(siteId)
    const listening = site?.get(sessionId ?? '')
    if (event.type === 'pause') {
      const begun = this.#options.services.expect?.(event.samples, this.#place(asked))
      if (listening && begun) listening.unexpect = begun
      return
    }
    if (event.type !== 'end') listening?.unexpect()
    if (event.type === 'resumed') return
    site?.delete(sessionId ?? '')
    if (site?.size === 0) this.#listenings.delete(siteId)
    if (event.type === 'nothing') this.#captured(asked, '', 0, 0)
    else void this.#transcribe(asked, event.samples)
  }

  async #transcribe(asked: HermesOf<'startListening'>, samples: Samples): Promise<void> {
    const { siteId, sessionId, sendAudioCaptured } = asked
    const { services, manners, newId, onEvent } = this.#options
    const audioId = sessionId ?? newId()
    if (sendAudioCaptured)
      this.#publish({ kind: 'audioCaptured', siteId, sessionId: audioId, wav: encodeWav(samples) })
    try {
      const heard = await this.#within(manners.recogniseMs, 'the recogniser', signal =>
        services.transcribe(samples, this.#place(asked), signal),
      )
      this.#captured(asked, heard.text, heard.confidence, durationMs(samples) / 1000)
    } catch (error) {
      this.#publish({ kind: 'errorAsr', siteId, sessionId, error: describe(error), context: 'listening' })
      onEvent({ name: 'HermesWorkFailed', site: siteId, where: 'asr', problem: describe(error), error })
    }
  }

  #captured(asked: HermesOf<'startListening'>, text: string, likelihood: number, seconds: number): void {
    const { siteId, sessionId, wakewordId, lang } = asked
    this.#publish({ kind: 'textCaptured', siteId, sessionId, text, likelihood, seconds, wakewordId, lang })
  }

  #place({ siteId, sessionId }: { siteId: string; sessionId?: string | undefined }): Place {
    const area = this.#options.areaOf(siteId)
    return {
      site: siteId,
      ...(sessionId === undefined ? {} : { session: sessionId }),
      ...(area === undefined ? {} : { area }),
    }
  }

  /** Work with a deadline: its signal is aborted then, or when the door closes. */
  async #within<T>(ms: number, what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#stop.signal.throwIfAborted()
    const own = new AbortController()
    const stop = () => own.abort(this.#stop.signal.reason)
    const over = new AbortController()
    this.#stop.signal.addEventListener('abort', stop, { once: true })
    const late = this.#options.wait(ms, over.signal).then(() => {
      const error = errors.voice_late({ what, ms })
      own.abort(error)
      throw error
    })
    const stopped = new Promise<never>((_, reject) => {
      own.signal.addEventListener('abort', () => reject(own.signal.reason), { once: true })
    })
    stopped.catch(() => {}) // told by the race, when it matters
    late.catch(() => {})
    try {
      return (await Promise.race([work(own.signal), late, stopped])) as T
    } finally {
      over.abort()
      this.#stop.signal.removeEventListener('abort', stop)
    }
  }
}
