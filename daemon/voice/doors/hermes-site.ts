/**
 * One site: what the dialogue decides is done here, and what comes of it is told to the dialogue. Work under way belongs
 * to a step of the dialogue; when that is over, its result goes nowhere.
 */
import { describe } from '../../base/errors.js'
import type { Hermes } from '../../bus/hermes/messages.js'
import { durationMs, type Samples } from '../audio/pcm.js'
import { encodeWav } from '../audio/wav.js'
import type { Place } from '../conversation.js'
import { next } from '../dialogue/next.js'
import { type Because, type DialogueEvent, type Effect, IDLE, type Session } from '../dialogue/session.js'
import { Ear, type EndpointEvent } from './hermes-ear.js'
import { intentMessage } from './hermes-intent.js'
import type { HermesCounts, HermesOptions } from './hermes-options.js'
import type { HermesSpeaker } from './hermes-speaker.js'

/** What a site may ask of the door. */
export interface SiteLinks {
  options: HermesOptions
  counts: HermesCounts
  speaker: HermesSpeaker
  /** Tells the bus; failures are told by the door. */
  publish: (message: Hermes) => void
}

const NOTHING = () => {}

export class HermesSite {
  readonly id: string
  readonly #links: SiteLinks
  #state = IDLE
  #ear: Ear | undefined
  /** The utterance of the step under way. */
  #utterance: Samples = new Int16Array(0)
  #work = new AbortController()
  /** Takes back what was begun with sound that will not be the utterance. */
  #unexpect = NOTHING
  #events: DialogueEvent[] = []
  #busy = false

  constructor(id: string, links: SiteLinks) {
    this.id = id
    this.#links = links
  }

  /** The session under way. */
  get session(): Session | undefined {
    return this.#state.open?.session
  }

  get isIdle(): boolean {
    return this.#state.open === undefined
  }

  /** Who listens, for frames. */
  get ear(): Ear | undefined {
    return this.#ear
  }

  /** Whether a session of this id is under way or waits. */
  knows(sessionId: string): boolean {
    return this.session?.id === sessionId || this.#state.queue.some(({ id }) => id === sessionId)
  }

  /** Never throws; what it does on the way may tell again. */
  tell(event: DialogueEvent): void {
    this.#events.push(event)
    if (this.#busy) return
    this.#busy = true
    try {
      for (let e = this.#events.shift(); e; e = this.#events.shift()) {
        const { options } = this.#links
        const { state, effects } = next(this.#state, e, options.clock.monotonic(), options.manners)
        const { startedAt = 0 } = this.#state.open ?? {}
        this.#state = state
        for (const effect of effects) this.#try(effect, startedAt)
      }
    } finally {
      this.#busy = false
    }
  }

  /** Looks at the clock. */
  tick(): void {
    const { clock, vanishedMs } = this.#links.options
    const { open } = this.#state
    if (this.#ear && open && clock.monotonic() - this.#ear.heardAt > vanishedMs)
      this.tell({ type: 'lost', step: open.step })
    if (open) this.tell({ type: 'tick' })
  }

  /** Ends what is under way, without a word of what would come after. */
  close(): void {
    this.#work.abort(new Error('the daemon stops'))
    if (this.session && this.#ear) this.#unlisten(this.session)
    if (this.session) this.#ended(this.session, 'error', this.#state.open?.startedAt ?? 0)
    this.#state = IDLE
  }

  /** What cannot be done is a failure of the step, not of the daemon. */
  #try(effect: Effect, startedAt: number): void {
    try {
      this.#do(effect, startedAt)
    } catch (error) {
      const { open } = this.#state
      const problem = describe(error)
      this.#links.options.onEvent({ name: 'HermesWorkFailed', site: this.id, where: 'asr', problem, error })
      if (open) this.#events.push({ type: 'failed', step: open.step, where: 'asr', problem })
    }
  }

  #do(effect: Effect, startedAt: number): void {
    const { options, counts, publish } = this.#links
    const siteId = this.id
    switch (effect.do) {
      case 'started':
        this.#started(effect.session)
        break
      case 'queued': {
        const { id: sessionId, customData } = effect.session
        publish({ kind: 'sessionQueued', siteId, sessionId, customData })
        break
      }
      case 'ended':
        this.#ended(effect.session, effect.reason, startedAt)
        break
      case 'refused':
        this.#refused(effect)
        break
      case 'ignored':
        counts.messagesIgnored++
        break
      case 'listen':
        this.#listen(effect.session, effect.step, effect.because)
        break
      case 'unlisten':
        this.#unlisten(effect.session)
        break
      case 'transcribe':
        this.#transcribe(effect.session, effect.step)
        break
      case 'answer': {
        const { session, step, text, confidence, dryRun } = effect
        this.#run(step, 'nlu', async signal => {
          const answer = await options.services.answer(text, this.#place(session), {
            signal,
            dryRun,
            confidence,
          })
          return { type: 'answered', step, answer }
        })
        break
      }
      case 'say':
        this.#say(effect)
        break
      case 'drop':
        this.#unexpect()
        this.#work.abort(new Error('the session goes another way'))
        this.#work = new AbortController()
        break
      case 'intent': {
        const about = { ...this.#about(effect.session), input: effect.text }
        publish(intentMessage(about, effect.answer.intent!))
        break
      }
      case 'notRecognized':
        this.#notRecognized(effect.session, effect.text, effect.toClient)
        break
      case 'failed':
        this.#failed(effect)
        break
    }
  }

  #started(session: Session): void {
    const { options, counts, publish } = this.#links
    const { id: sessionId, lang, customData } = session
    counts.sessions++
    publish({ kind: 'sessionStarted', siteId: this.id, sessionId, lang, customData })
    const by = session.wakewordId ?? session.kind
    options.onEvent({ name: 'HermesSessionStarted', site: this.id, session: sessionId, by })
  }

  #ended(session: Session, reason: Extract<Effect, { do: 'ended' }>['reason'], startedAt: number): void {
    const { options, publish } = this.#links
    const { id: sessionId, customData } = session
    this.#unexpect()
    publish({
      kind: 'sessionEnded',
      siteId: this.id,
      sessionId,
      customData,
      termination: { reason },
    })
    const ms = options.clock.monotonic() - startedAt
    options.onEvent({ name: 'HermesSessionEnded', site: this.id, session: sessionId, reason, ms })
  }

  /** Who woke the satellite sees a session that ends at once, and why. */
  #refused({ session, why }: Extract<Effect, { do: 'refused' }>): void {
    const { options, counts, publish } = this.#links
    const { id: sessionId, kind } = session
    const siteId = this.id
    const error = {
      busy: `busy: ${options.sessions} conversations are under way; say it again in a moment`,
      occupied: `${siteId} is in the middle of a session, and this one is not to be queued`,
      queueFull: `${siteId} has ${options.manners.queueLength} sessions waiting already`,
    }[why]
    counts.busy++
    options.onEvent({ name: 'HermesRefused', site: siteId, why: error })
    if (kind !== 'wake') {
      publish({ kind: 'errorDialogue', siteId, sessionId, error, context: why })
      return
    }
    publish({ kind: 'errorAsr', siteId, sessionId, error, context: why })
    this.#started(session)
    this.#ended(session, 'error', options.clock.monotonic())
    publish({ kind: 'hotwordToggleOn', siteId, reason: 'dialogueSession', origin: options.origin })
  }

  #listen(session: Session, step: number, because: Because): void {
    const { options, publish } = this.#links
    const { id: sessionId, wakewordId, lang, sendAudioCaptured } = session
    const siteId = this.id
    const { origin } = options
    this.#ear = new Ear({
      sessionId,
      endpointing: options.endpointing(),
      at: options.clock.monotonic(),
      deafMs: because === 'wake' && !session.interrupting && session.text === undefined ? 0 : options.echoMs,
      onEvent: event => this.#heard(event, session, step),
    })
    publish({ kind: 'hotwordToggleOff', siteId, reason: 'dialogueSession', origin })
    // a satellite that keeps its sound to itself between sessions begins to send it now
    const how = { stopOnSilence: true, sendAudioCaptured }
    publish({ kind: 'startListening', siteId, sessionId, wakewordId, lang, ...how, origin })
    if (options.cue === 'sound' && because === 'wake') this.#cue()
  }

  /** Nobody waits for it: people speak on behind the wake word. */
  #cue(): void {
    const { options, speaker } = this.#links
    speaker.play(this.id, options.tone('listening'), this.#work.signal).catch((error: unknown) => {
      const problem = describe(error)
      options.onEvent({ name: 'HermesWorkFailed', site: this.id, where: 'tts', problem, error })
    })
  }

  #unlisten({ id: sessionId }: Session): void {
    const { options, publish } = this.#links
    const { origin } = options
    this.#ear?.close()
    this.#ear = undefined
    publish({ kind: 'stopListening', siteId: this.id, sessionId, origin })
    // from now on, so that the wake word can interrupt the answer
    publish({ kind: 'hotwordToggleOn', siteId: this.id, reason: 'dialogueSession', origin })
  }

  #heard(event: EndpointEvent, session: Session, step: number): void {
    if (event.type === 'pause')
      this.#unexpect = this.#links.options.services.expect?.(event.samples, this.#place(session)) ?? NOTHING
    if (event.type === 'resumed') this.#unexpect()
    if (event.type === 'pause' || event.type === 'resumed') return
    if (event.type === 'end') this.#utterance = event.samples
    const type = ({ start: 'speech', end: 'utterance', nothing: 'silence' } as const)[event.type]
    this.tell({ type, step })
  }

  #transcribe(session: Session, step: number): void {
    const { options, publish } = this.#links
    const samples = this.#utterance
    this.#utterance = new Int16Array(0)
    const siteId = this.id
    const { id: sessionId, wakewordId, lang } = session
    this.#run(step, 'asr', async signal => {
      const heard = await options.services.transcribe(samples, this.#place(session), signal)
      signal.throwIfAborted()
      const seconds = durationMs(samples) / 1000
      const { text, confidence: likelihood } = heard
      publish({ kind: 'textCaptured', siteId, sessionId, text, likelihood, seconds, wakewordId, lang })
      return { type: 'transcribed', step, text, confidence: likelihood }
    })
    if (session.sendAudioCaptured)
      publish({ kind: 'audioCaptured', siteId, sessionId, wav: encodeWav(samples) })
  }

  #say({ step, say }: Extract<Effect, { do: 'say' }>): void {
    const { options, speaker } = this.#links
    this.#run(step, 'tts', async signal => {
      const samples = 'text' in say ? await options.services.speak(say.text, signal) : options.tone(say.sound)
      await speaker.play(this.id, samples, signal)
      return { type: 'spoken', step }
    })
  }

  #notRecognized(session: Session, input: string, toClient: boolean): void {
    const { publish } = this.#links
    const { id: sessionId } = session
    const customData = session.customData
    publish({ kind: 'notRecognized', siteId: this.id, sessionId, input, customData })
    if (toClient) publish({ kind: 'sessionNotRecognized', siteId: this.id, sessionId, input, customData })
  }

  #failed({ session, where, problem }: Extract<Effect, { do: 'failed' }>): void {
    const { options, publish } = this.#links
    const kind = ({ asr: 'errorAsr', nlu: 'errorNlu', tts: 'errorTts' } as const)[where]
    publish({ kind, siteId: this.id, sessionId: session.id, error: problem, context: 'session' })
    options.onEvent({ name: 'HermesWorkFailed', site: this.id, where, problem })
  }

  /** Work for a step, abandoned with it. */
  #run(
    step: number,
    where: 'asr' | 'nlu' | 'tts',
    work: (signal: AbortSignal) => Promise<DialogueEvent>,
  ): void {
    const { signal } = this.#work
    work(signal).then(
      event => {
        if (!signal.aborted) this.tell(event)
      },
      (error: unknown) => {
        // abandoned work ends with an error by design, and the dialogue knows why
        if (!signal.aborted) this.tell({ type: 'failed', step, where, problem: describe(error) })
      },
    )
  }

  #place(session: Session): Place {
    const area = this.#links.options.areaOf(this.id)
    return { site: this.id, session: session.id, ...(area === undefined ? {} : { area }) }
  }

  #about({ id: sessionId, customData, wakewordId, lang }: Session) {
    return { siteId: this.id, sessionId, customData, wakewordId, lang }
  }
}
