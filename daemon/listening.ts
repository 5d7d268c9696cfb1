/**
 * Everything about speech, wired: where sound comes in, what hears it, what becomes of what was said, and how it is
 * answered. The composition root of the room `voice`; hearing.ts builds one, once it is needed.
 */
import { join } from 'node:path'
import { Closer } from './base/closer.js'
import { describe } from './base/errors.js'
import type { Part } from './base/part.js'
import { uniqueId } from './base/random.js'
import { areaId } from './commands/outcome.js'
import type { HearingOptions } from './hearing.js'
import { type DoorOptions, hermesDoor, microphoneDoor, wyomingDoor } from './hearing-doors.js'
import { Orders, orderAnswer } from './hearing-orders.js'
import type { Outcome, Reply } from './requests/reply.js'
import { PRIORITY_OF, type Request } from './requests/request.js'
import { makeSpeechEngine, speakerFor, wakeFor } from './speech-engine.js'
import { spokenAnswer } from './spoken-answer.js'
import { Ahead } from './voice/ahead.js'
import type { Samples } from './voice/audio/pcm.js'
import type { Answer, Place, Transcript, VoiceServices } from './voice/conversation.js'
import type { WyomingDoor } from './voice/doors/wyoming.js'
import type { SpeechEngine } from './voice/engine.js'
import type { EngineName } from './voice/engines/choose-engine.js'
import type { PocketsphinxWake } from './voice/engines/pocketsphinx-wake.js'
import { errors } from './voice/errors.js'
import { VoiceRequests } from './voice/handle.js'
import { HomeLanguage } from './voice/language/home-language.js'
import { workerBuilder } from './voice/language/in-worker.js'
import { keptBuilder } from './voice/language/keep.js'
import { Recorder } from './voice/recorder.js'
import type { Speaker } from './voice/speak.js'
import { Transcriber } from './voice/transcribe.js'
import { weighed } from './weighed.js'

/** A recorder takes so much of the disk at most. */
const RECORDED_BYTES = 256 * 2 ** 20
const DAY_MS = 86_400_000

/** The voice room with its doors. Begun once. */
export class Listening {
  readonly #o: HearingOptions
  readonly #closer = new Closer()
  /** Of what all who speak share: no single request may end it. */
  readonly #lifetime = new AbortController()
  readonly #handler: VoiceRequests
  #recorder: Recorder | undefined
  #engine: SpeechEngine | undefined
  #starting: Promise<void> | undefined
  #language: HomeLanguage | undefined
  #transcriber: Transcriber | undefined
  readonly #orders: Orders
  readonly #ahead = new Ahead<Transcript>()
  #speaker: Speaker | undefined
  #wyoming: WyomingDoor | undefined
  #wake: PocketsphinxWake | undefined

  constructor(options: HearingOptions) {
    this.#o = options
    this.#orders = new Orders(options)
    const { voice } = options.config
    this.#handler = new VoiceRequests({
      longestSeconds: voice.longestUtteranceSeconds,
      minConfidence: voice.minConfidence,
      transcribe: (samples, place, abort) => this.#transcribe(samples, place, abort),
      carryOut: (text, place, options) => this.#carryOut(text, place, options),
    })
  }

  /** Where Wyoming clients find it; undefined where they are not served. */
  get wyomingPort(): number | undefined {
    return this.#wyoming?.port
  }

  /** One utterance of `request/voice`. */
  handle(request: Request, abort: AbortSignal): Promise<Outcome> {
    return this.#handler.handle(request, abort)
  }

  /**
   * Makes the recogniser; it is started by the first who speaks.
   * @throws vocabulary_unreadable, invalid_value
   */
  async begin(name: EngineName): Promise<void> {
    const { config, clock } = this.#o
    const engine = await makeSpeechEngine(name, config.voice, clock, (of, how) =>
      this.#o.events.tell('SpeechDied', { engine: of, how }),
    )
    this.#engine = engine
    this.#speaker = await speakerFor(config.voice)
    await this.#orders.load(engine)
    this.#transcriber = new Transcriber({
      engine,
      clock,
      appliances: this.#orders.all,
      home: abort => this.#homeLanguage().ready(abort),
      understand: async (text, place, abort) => {
        const preview = await this.#o.commands.preview(text, place.area, sessionOf(place), abort)
        return 'answers' in preview
          ? { acts: true, meaning: preview.answers, confidence: 1 }
          : weighed(preview)
      },
    })
    this.#openRecorder()
  }

  /** Lets in who speaks otherwise than by a request. @param names of the doors, for the log */
  async open(names: readonly string[], signal: AbortSignal): Promise<void> {
    // somebody will speak soon: the first word should not wait for a dictionary
    // a recogniser that does not start is tried again by whoever speaks
    await this.#ready().catch(error => this.#o.conditions.raise('speech_missing', describe(error)))
    await this.#openDoors(signal)
    this.#o.events.tell('SpeechReady', { engine: this.#engine!.engine, doors: names.join(', ') })
  }

  async stop(): Promise<void> {
    this.#lifetime.abort(new Error('speech is being stopped'))
    this.#ahead.clear()
    await this.#closer.close()
    await this.#starting?.catch(() => {})
    await this.#language?.stop()
    await this.#engine?.stop()
    this.#starting = undefined
    this.#language = undefined
  }

  /** What the doors may ask for. */
  readonly services: VoiceServices = {
    transcribe: (samples, place, signal) => this.#transcribe(samples, place, signal),
    expect: (samples, place) => this.#ahead.expect(samples, abort => this.#recognise(samples, place, abort)),
    answer: (text, place, options) => this.#answer(text, this.#placed(place), options),
    speak: (text, signal) => {
      if (!this.#speaker) throw errors.speech_off({})
      return this.#speaker.speak(text, signal)
    },
  }

  /** Started by the first who speaks, so that a home that never speaks has no process for it. */
  #ready(): Promise<void> {
    const { signal } = this.#lifetime
    this.#starting ??= (async () => {
      await this.#homeLanguage().start(signal)
      await this.#engine!.start(signal)
      this.#o.conditions.clear('speech_missing')
    })().catch(error => {
      this.#starting = undefined
      throw error
    })
    return this.#starting
  }

  #homeLanguage(): HomeLanguage {
    if (this.#language) return this.#language
    const { registry, clock, events, config, conditions } = this.#o
    const dictionary = join(config.voice.engines.pocketsphinx.modelDir, 'cmudict-en-us.dict')
    const language = new HomeLanguage({
      home: registry.home(),
      build: keptBuilder(workerBuilder({ dictionary }), {
        path: join(config.dataDir, 'voice', 'language.json'),
        sources: [dictionary],
        onTrouble: problem => conditions.raise('data_unwritable', problem),
      }),
      monotonic: () => clock.monotonic(),
      onEvent: event => {
        if (event.type === 'failed') events.tell('SpeechLanguageFailed', { problem: event.problem })
        else events.tell('SpeechLanguageBuilt', { ms: event.ms, troubles: event.troubles })
      },
    })
    this.#closer.defer(
      registry.onChange(event => {
        if (event.type !== 'state') language.update(registry.home())
      }),
    )
    this.#language = language
    return language
  }

  async #transcribe(samples: Samples, place: Place, signal: AbortSignal): Promise<Transcript> {
    await this.#record(samples)
    const begun = await this.#ahead.take(samples, signal)
    const transcript = begun ?? (await this.#recognise(samples, place, signal))
    this.#o.events.tell('UtteranceHeard', { site: place.site, ...transcript })
    return transcript
  }

  async #recognise(samples: Samples, place: Place, signal: AbortSignal): Promise<Transcript> {
    await orAborted(this.#ready(), signal)
    return this.#transcriber!.transcribe(samples, this.#placed(place), signal)
  }

  /** The area of a site, where the client does not say it: what the configuration says, or an area of that name. */
  #placed(place: Place): Place {
    const { registry, config } = this.#o
    const said = place.area ?? config.voice.sites.find(s => s.site === place.site)?.area ?? place.site
    const area = areaId(said, registry.home().areas)
    const { area: _, ...rest } = place
    return area === undefined ? rest : { ...rest, area }
  }

  /** A sentence of a door: a request like any other, with its place in the queue. */
  async #answer(
    text: string,
    place: Place,
    {
      signal,
      dryRun = false,
      confidence = 1,
    }: { signal: AbortSignal; dryRun?: boolean; confidence?: number },
  ): Promise<Answer> {
    const order = await this.#orders.order(text, place, dryRun)
    if (order) return orderAnswer(order)
    const request = this.#request(text, place, { dryRun, confirmed: false, heard: confidence })
    const { requests } = this.#o
    const reply = await new Promise<Reply>((resolve, reject) => {
      const abort = () => {
        requests.cancel({ id: request.id, origin: request.origin })
        reject(signal.reason)
      }
      if (signal.aborted) return abort()
      signal.addEventListener('abort', abort, { once: true })
      requests.submit(request, reply => {
        signal.removeEventListener('abort', abort)
        resolve(reply)
      })
    })
    return spokenAnswer(reply)
  }

  async #carryOut(
    text: string,
    place: Place,
    { signal, ...how }: { signal: AbortSignal; dryRun: boolean; confirmed: boolean; heard: number },
  ): Promise<Outcome> {
    const order = await this.#orders.order(text, place, how.dryRun)
    return order ?? this.#o.commands.handle(this.#request(text, place, how), signal)
  }

  #request(text: string, place: Place, how: { dryRun: boolean; confirmed: boolean; heard: number }): Request {
    const session = sessionOf(place)
    return {
      id: uniqueId(),
      kind: 'command',
      body: {
        text,
        ...(session === undefined ? {} : { session }),
        ...(place.area === undefined ? {} : { area: place.area }),
        ...(how.dryRun ? { dryRun: true } : {}),
        ...(how.confirmed ? { confirmed: true } : {}),
        ...(how.heard < 1 ? { heard: how.heard } : {}),
      },
      origin: `voice ${place.site}`,
      receivedAt: this.#o.clock.now(),
      priority: PRIORITY_OF.voice,
    }
  }

  #openRecorder(): void {
    const { config, clock } = this.#o
    const { enabled, most, days } = config.voice.recorder
    this.#recorder =
      enabled === 'on'
        ? new Recorder({
            folder: join(config.dataDir, 'utterances'),
            retention: { count: most, days, bytes: RECORDED_BYTES },
            clock,
          })
        : undefined
    if (!this.#recorder) return
    // days pass without anybody speaking
    const prune = () =>
      void this.#recorder
        ?.prune()
        .catch(error => this.#o.conditions.raise('data_unwritable', describe(error)))
    prune()
    const daily = setInterval(prune, DAY_MS).unref()
    this.#closer.defer(() => clearInterval(daily))
  }

  async #record(samples: Samples): Promise<void> {
    await this.#recorder
      ?.keep(samples)
      .catch(error => this.#o.conditions.raise('data_unwritable', describe(error)))
  }

  async #openDoors(signal: AbortSignal): Promise<void> {
    const { hermes, wyoming, microphone } = this.#o.config.voice
    const wake = await this.#openWake(signal)
    // without the wake word that was asked for it would listen to everything
    const mayListen = wake !== 'failed' || microphone.wakeHost !== undefined
    this.#wake = wake === 'failed' ? undefined : wake
    if (microphone.device !== undefined && mayListen)
      await this.#open(microphoneDoor(this.#door(), microphone.device), signal)
    if (hermes.enabled === 'on') await this.#open(hermesDoor(this.#door()), signal)
    if (wyoming.enabled === 'on') {
      this.#wyoming = wyomingDoor(this.#door())
      await this.#open(this.#wyoming, signal)
    }
  }

  async #openWake(signal: AbortSignal): Promise<PocketsphinxWake | undefined | 'failed'> {
    const { config, clock, events, conditions } = this.#o
    const { hermes, microphone } = config.voice
    const used = hermes.enabled === 'on' || (microphone.device !== undefined && !microphone.wakeHost)
    if (!used) return undefined
    const wake = await wakeFor(
      config.voice,
      clock,
      (site, problem) => events.tell('SatelliteTrouble', { site, problem }),
      (engine, how) => events.tell('SpeechDied', { engine, how }),
    )
    try {
      await wake?.start(signal)
      if (wake) this.#closer.defer(() => wake.stop())
      return wake
    } catch (error) {
      signal.throwIfAborted()
      conditions.raise('speech_door_closed', `wake word: ${describe(error)}`)
      return 'failed'
    }
  }

  #door(): DoorOptions {
    return {
      ...this.#o,
      services: this.services,
      engine: this.#engine!.engine,
      speaks: this.#speaker !== undefined,
      wake: this.#wake,
      placed: place => this.#placed(place),
    }
  }

  async #open(door: Part, signal: AbortSignal): Promise<void> {
    try {
      await door.start(signal)
      this.#closer.defer(() => door.stop())
    } catch (error) {
      // commands by text and the other doors go on
      signal.throwIfAborted()
      this.#o.conditions.raise('speech_door_closed', `${door.name}: ${describe(error)}`)
    }
  }
}

/** What is shared goes on; who waits for it need not. */
function orAborted(shared: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    shared.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** The conversation of a place: the client's own, else that of the site; a plain request has that of its area. */
function sessionOf({ site, session, area }: Place): string | undefined {
  if (session !== undefined) return session
  return site === '' || site === area ? undefined : `site ${site}`
}
