/**
 * The Hermes door: satellites and skills made for Rhasspy and Snips speak to the daemon as to their own base. It is audio
 * consumer, recogniser, dialogue manager, parser and voice in one; what passes between those inside is not published,
 * what clients and satellites look at is.
 */
import { Closer } from '../../base/closer.js'
import type { FieldmouseError } from '../../base/errors.js'
import type { Part } from '../../base/part.js'
import { decode, encode, filterOf, parseTopic } from '../../bus/hermes/codec.js'
import { errors as hermesErrors } from '../../bus/hermes/errors.js'
import type { Hermes, HermesKind, HermesOf } from '../../bus/hermes/messages.js'
import { problemOfName } from '../../bus/hermes/names.js'
import type { Incoming } from '../../bus/mqtt/message.js'
import { MANNERS, type Manners, type Session } from '../dialogue/session.js'
import { errors } from '../errors.js'
import { HermesClients } from './hermes-clients.js'
import { HERMES_DEFAULTS, type HermesCounts, type HermesOptions } from './hermes-options.js'
import { HermesSite } from './hermes-site.js'
import { HermesSpeaker } from './hermes-speaker.js'
import { HermesStream } from './hermes-stream.js'

const CONTROL: readonly HermesKind[] = [
  'hotwordDetected',
  'hotwordToggleOn',
  'hotwordToggleOff',
  'asrToggleOn',
  'asrToggleOff',
  'startListening',
  'stopListening',
  'query',
  'startSession',
  'continueSession',
  'endSession',
  'say',
]
/** A satellite that missed one of these would wait for ever, or stay deaf: they wait for the broker to come back. */
const CLOSING: ReadonlySet<HermesKind> = new Set([
  'sessionEnded',
  'stopListening',
  'hotwordToggleOn',
  'sayFinished',
])
const CLOSING_S = 120
/** Of one site each, by topic: where sites are configured, only theirs are subscribed. */
const OF_SITE: readonly HermesKind[] = ['audioFrame', 'audioSessionFrame', 'playFinished']
const TICK_MS = 100
/** Who switched something off for the time of a session or a sound, and never on again, is forgotten after this. */
const FORGOTTEN_MS = 60_000

/** A site with its sound, and what is switched off there: reason → since when. */
interface Satellite {
  site: HermesSite
  stream: HermesStream
  asrOff: Map<string, number>
  hotwordOff: Map<string, number>
}

type Needed = 'wire' | 'services' | 'endpointing' | 'frames' | 'tone' | 'clock' | 'newId' | 'onEvent'
type Given = Pick<HermesOptions, Needed>

export class HermesDoor implements Part {
  readonly name = 'Hermes'
  readonly counts: HermesCounts = {
    frames: 0,
    framesUnheard: 0,
    framesUnreadable: 0,
    framesDropped: 0,
    messagesRefused: 0,
    messagesIgnored: 0,
    sessions: 0,
    busy: 0,
  }
  readonly #options: HermesOptions
  readonly #satellites = new Map<string, Satellite>()
  readonly #speaker: HermesSpeaker
  readonly #clients: HermesClients
  #closer = new Closer()

  constructor(options: Given & Partial<Omit<HermesOptions, 'manners'>> & { manners?: Partial<Manners> }) {
    this.#options = { ...HERMES_DEFAULTS, ...options, manners: { ...MANNERS, ...options.manners } }
    const { newId, wait, playGraceMs, sayings, volumeOf } = this.#options
    this.#speaker = new HermesSpeaker({
      publish: message => this.#send(message),
      monotonic: () => this.#options.clock.monotonic(),
      newId,
      wait,
      graceMs: playGraceMs,
      queueLength: sayings,
      volumeOf,
    })
    const publish = (message: Hermes) => this.#publish(message)
    this.#clients = new HermesClients(this.#options, this.counts, this.#speaker, publish)
  }

  /** Sites that are in the middle of something, or whose sound is of two microphones. */
  get status(): { site: string; session?: string; doubled: boolean }[] {
    return [...this.#satellites.values()]
      .map(({ site, stream }) => ({ site: site.id, session: site.session?.id, doubled: stream.isDoubled }))
      .filter(({ session, doubled }) => session !== undefined || doubled)
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.#closer = new Closer()
    this.#clients.start()
    const { sites } = this.#options
    const ofSite = sites.length > 0 ? sites.map(siteId => ({ siteId })) : [{}]
    try {
      for (const kind of CONTROL)
        await this.#subscribe(filterOf(kind), message => this.#control(message), kind)
      for (const kind of OF_SITE)
        for (const names of ofSite)
          await this.#subscribe(
            filterOf(kind, names),
            kind === 'playFinished' ? message => this.#control(message) : message => this.#frame(message),
            kind,
          )
    } catch (error) {
      await this.stop()
      throw error
    }
    const ticking = setInterval(() => this.tick(), TICK_MS).unref()
    this.#closer.defer(() => clearInterval(ticking))
  }

  /** Sessions under way are ended, and their clients told. */
  async stop(): Promise<void> {
    await this.#closer.close()
    this.#clients.close()
    for (const { site, stream } of this.#satellites.values()) {
      site.close()
      stream.close()
    }
    this.#satellites.clear()
  }

  async #subscribe(filter: string, handler: (message: Incoming) => void, kind: HermesKind): Promise<void> {
    const qos = kind === 'audioFrame' || kind === 'audioSessionFrame' ? 0 : this.#options.qos
    const end = await this.#options.wire.subscribe(filter, handler, {
      qos,
      noLocal: true,
      skipRetained: true,
    })
    this.#closer.defer(end)
  }

  #frame({ topic, payload, retained }: Incoming): void {
    const { siteId, sessionId } = parseTopic(topic)?.names ?? {}
    if (retained || siteId === undefined) return
    this.#satelliteOf(siteId, topic)?.stream.take(payload, sessionId)
  }

  #control({ topic, payload, retained }: Incoming): void {
    if (retained) return // what somebody wanted once, nobody wants now
    let message: Hermes | undefined
    try {
      message = decode(topic, payload)
    } catch (error) {
      this.#refuse(topic, error as FieldmouseError)
      return
    }
    if (!message) return
    if ('origin' in message && message.origin === this.#options.origin) return
    if (message.kind === 'continueSession' || message.kind === 'endSession') {
      this.#ofSession(message)
      return
    }
    const siteId = (message as { siteId: string }).siteId
    const { sites } = this.#options
    if (sites.length > 0 && !sites.includes(siteId)) return
    this.#take(message, siteId, topic)
  }

  #take(message: Hermes, siteId: string, topic: string): void {
    switch (message.kind) {
      case 'playFinished':
        this.#speaker.finished(siteId, message.id)
        break
      case 'query':
        void this.#clients.query(message)
        break
      case 'say':
        void this.#clients.say(message)
        break
      default: {
        const satellite = this.#satelliteOf(siteId, topic)
        if (satellite) this.#atSite(message, satellite)
      }
    }
  }

  #atSite(message: Hermes, satellite: Satellite): void {
    const { site, asrOff, hotwordOff } = satellite
    const at = this.#options.clock.monotonic()
    switch (message.kind) {
      case 'hotwordDetected':
        this.#wake(message, satellite)
        break
      case 'startSession':
        this.#startSession(message, site)
        break
      case 'startListening':
        if (message.sessionId === undefined || !site.knows(message.sessionId))
          this.#clients.startListening(message, this.#hasRoom())
        break
      case 'stopListening': {
        const ofDialogue = message.sessionId === undefined || message.sessionId === site.session?.id
        if (!this.#clients.stopListening(message) && ofDialogue) site.ear?.stop()
        break
      }
      case 'asrToggleOff':
        asrOff.set(message.reason, at)
        break
      case 'hotwordToggleOff':
        hotwordOff.set(message.reason, at)
        break
      case 'asrToggleOn':
        toggleOn(asrOff, message.reason)
        break
      case 'hotwordToggleOn':
        toggleOn(hotwordOff, message.reason)
    }
  }

  #wake(message: HermesOf<'hotwordDetected'>, { site, stream }: Satellite): void {
    const { newId } = this.#options
    const { wakewordId, lang, sendAudioCaptured = false } = message
    const wanted = message.sessionId
    const id = wanted !== undefined && !site.knows(wanted) ? wanted : newId()
    const session: Session = {
      id,
      kind: 'wake',
      wakewordId,
      lang,
      customData: wakewordId, // as Rhasspy's dialogue manager
      sendIntentNotRecognized: false,
      sendAudioCaptured,
      interrupting: false,
    }
    site.tell({ type: 'wake', session, room: this.#hasRoom() })
    if (stream.isDoubled)
      site.tell({ type: 'unusable', problem: errors.voice_site_doubled({ site: site.id }).message })
  }

  #startSession({ init, customData, lang }: HermesOf<'startSession'>, site: HermesSite): void {
    const session: Session = {
      id: this.#options.newId(),
      kind: init.type,
      text: init.text,
      lang,
      customData,
      sendIntentNotRecognized: init.type === 'action' && init.sendIntentNotRecognized,
      ...(init.type === 'action' && init.intentFilter ? { intentFilter: init.intentFilter } : {}),
      sendAudioCaptured: false,
      interrupting: false,
    }
    const canBeEnqueued = init.type === 'notification' || init.canBeEnqueued
    site.tell({ type: 'start', session, canBeEnqueued, room: this.#hasRoom() })
  }

  /** These name their session, not their site. */
  #ofSession(message: HermesOf<'continueSession'> | HermesOf<'endSession'>): void {
    const { sessionId, text, customData } = message
    const satellite = [...this.#satellites.values()].find(({ site }) => site.session?.id === sessionId)
    if (!satellite) {
      this.counts.messagesIgnored++
      return
    }
    if (message.kind === 'endSession') satellite.site.tell({ type: 'end', sessionId, text, customData })
    else {
      const { intentFilter, sendIntentNotRecognized } = message
      const how = { text, customData, intentFilter, sendIntentNotRecognized }
      satellite.site.tell({ type: 'continue', sessionId, ...how })
    }
  }

  #hasRoom(): boolean {
    let under = this.#clients.listening
    for (const { site } of this.#satellites.values()) if (!site.isIdle) under++
    return under < this.#options.sessions
  }

  /** A site as we know it; one that is idle makes room for a new one. */
  #satelliteOf(siteId: string, topic: string): Satellite | undefined {
    const known = this.#satellites.get(siteId)
    if (known) return known
    const problem = problemOfName(siteId)
    if (problem) {
      this.#refuse(topic, hermesErrors.hermes_bad_name({ what: 'siteId', value: siteId, problem }))
      return undefined
    }
    if (this.#satellites.size >= this.#options.mostSites && !this.#forgetOne()) {
      this.counts.busy++
      this.#options.onEvent({ name: 'HermesRefused', site: siteId, why: 'too many sites are in use' })
      return undefined
    }
    const publish = (message: Hermes) => this.#publish(message)
    const links = { options: this.#options, counts: this.counts, speaker: this.#speaker, publish }
    const site = new HermesSite(siteId, links)
    const satellite: Satellite = {
      site,
      stream: new HermesStream(siteId, this.#options, this.counts, this.#listenerOf(site)),
      asrOff: new Map(),
      hotwordOff: new Map(),
    }
    this.#satellites.set(siteId, satellite)
    return satellite
  }

  /** @returns whether there was one that can be forgotten */
  #forgetOne(): boolean {
    let oldest: Satellite | undefined
    for (const satellite of this.#satellites.values()) {
      const inUse = !satellite.site.isIdle || this.#clients.listensAt(satellite.site.id)
      if (!inUse && satellite.stream.lastAt <= (oldest?.stream.lastAt ?? Number.POSITIVE_INFINITY))
        oldest = satellite
    }
    oldest?.stream.close()
    return oldest !== undefined && this.#satellites.delete(oldest.site.id)
  }

  #listenerOf(site: HermesSite): ConstructorParameters<typeof HermesStream>[3] {
    const { wakeWord, onEvent } = this.#options
    const off = (which: 'asrOff' | 'hotwordOff') => (this.#satellites.get(site.id)?.[which].size ?? 0) > 0
    const spots = () => wakeWord !== undefined && !site.ear && !off('hotwordOff')
    return {
      wanted: () => site.ear !== undefined || this.#clients.listensAt(site.id) || spots(),
      hear: (samples, at, sessionId) => {
        if (wakeWord && spots() && !this.#speaker.isHeard(site.id, at))
          wakeWord.feed(site.id, samples, () => {
            // it may have begun to listen or to speak since
            if (spots() && !this.#speaker.isHeard(site.id, this.#options.clock.monotonic()))
              this.#spotted(site.id, wakeWord.id)
          })
        if (off('asrOff')) return
        const ears = [...(site.ear ? [site.ear] : []), ...this.#clients.earsAt(site.id)]
        for (const ear of ears)
          if (sessionId === undefined || sessionId === ear.sessionId)
            ear.hear(samples, at, sessionId !== undefined)
      },
      doubled: () => {
        onEvent({ name: 'HermesSiteDoubled', site: site.id })
        const error = errors.voice_site_doubled({ site: site.id }).message
        this.#publish({ kind: 'errorAsr', siteId: site.id, error, context: 'doubled' })
        site.tell({ type: 'unusable', problem: error })
      },
      settled: () => onEvent({ name: 'HermesSiteSettled', site: site.id }),
      unreadable: error => site.tell({ type: 'unusable', problem: error.message }),
    }
  }

  /** A wake word of our own: told to all as a detector tells it, and taken as if one had. */
  #spotted(siteId: string, wakewordId: string): void {
    const satellite = this.#satellites.get(siteId)
    if (!satellite) return
    const message: HermesOf<'hotwordDetected'> = {
      kind: 'hotwordDetected',
      wakewordId,
      siteId,
      modelId: wakewordId,
      modelVersion: '',
      modelType: 'personal',
      currentSensitivity: 1,
      origin: this.#options.origin,
    }
    this.#publish(message)
    this.#wake(message, satellite)
  }

  /** Looks at the clock; done ten times a second from start to stop. */
  tick(): void {
    const at = this.#options.clock.monotonic()
    this.#clients.tick()
    for (const { site, asrOff, hotwordOff } of this.#satellites.values()) {
      site.tick()
      for (const off of [asrOff, hotwordOff])
        for (const [reason, since] of off) if (reason !== '' && at - since > FORGOTTEN_MS) off.delete(reason)
    }
  }

  #refuse(topic: string, error: FieldmouseError): void {
    this.counts.messagesRefused++
    this.#options.onEvent({ name: 'HermesMessageRefused', topic, error })
  }

  #publish(message: Hermes): void {
    this.#send(message).catch((error: unknown) => {
      this.#options.onEvent({ name: 'HermesPublishFailed', kind: message.kind, error })
    })
  }

  async #send(message: Hermes): Promise<void> {
    const { topic, payload } = encode(message)
    const outgoing = { topic, payload, qos: this.#options.qos }
    if (CLOSING.has(message.kind))
      await this.#options.wire.publish({ ...outgoing, properties: { expirySeconds: CLOSING_S } }, 'keep')
    else await this.#options.wire.publish(outgoing)
  }
}

/** Reasons are kept apart: what is off for two of them is on when both are gone. Without a reason all are. */
function toggleOn(off: Map<string, number>, reason: string): void {
  if (reason === '') off.clear()
  else off.delete(reason)
}
