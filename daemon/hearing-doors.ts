/** The doors of the room `voice`, as the configuration wants them: the wires between them and the daemon. */
import type { Clock } from './base/clock.js'
import { describe, FieldmouseError } from './base/errors.js'
import { packageVersion } from './base/package-root.js'
import { uniqueId } from './base/random.js'
import type { Connection } from './bus/mqtt/connect.js'
import type { Config } from './config/schema.js'
import type { Conditions } from './observability/conditions.js'
import type { Events } from './observability/events.js'
import { FrameStream } from './voice/audio/decode.js'
import type { Place, VoiceServices } from './voice/conversation.js'
import { HermesDoor } from './voice/doors/hermes.js'
import { MicrophoneDoor, type MicrophoneOptions } from './voice/doors/microphone.js'
import { WyomingDoor } from './voice/doors/wyoming.js'
import { Endpointer } from './voice/endpoint.js'
import type { PocketsphinxWake } from './voice/engines/pocketsphinx-wake.js'
import { detectWake } from './voice/engines/wyoming-wake.js'
import { Player } from './voice/play.js'
import { tone } from './voice/tones.js'

/** What the doors need of the daemon. */
export interface DoorOptions {
  config: Config
  clock: Clock
  connection: Connection
  events: Events
  conditions: Conditions
  services: VoiceServices
  /** Name of the recogniser. */
  engine: string
  /** Answers can be spoken. */
  speaks: boolean
  /** Waits for the wake word, where that is wanted of us. Started and stopped by the caller. */
  wake: PocketsphinxWake | undefined
  /** A place with its area, where that is known. */
  placed(place: Place): Place
}

/** Its stream, beside those of satellites: no siteId has a blank. */
const MICROPHONE = 'the microphone'

/** Satellites over MQTT. */
export function hermesDoor(o: DoorOptions): HermesDoor {
  const { config, connection, clock, events } = o
  const { hermes, endpoint, speech, longestUtteranceSeconds, minConfidence } = config.voice
  const trouble = (site: string, problem: string) => events.tell('SatelliteTrouble', { site, problem })
  return new HermesDoor({
    wire: connection,
    services: o.services,
    clock,
    newId: uniqueId,
    endpointing: () =>
      new Endpointer({ trailingMs: endpoint.silenceMs, longestMs: longestUtteranceSeconds * 1000 }),
    frames: what => new FrameStream(what),
    ...(o.wake ? { wakeWord: o.wake } : {}),
    tone,
    origin: config.id,
    sessions: hermes.mostSessions,
    longestMs: longestUtteranceSeconds * 1000,
    areaOf: site => o.placed({ site }).area,
    manners: {
      act: hermes.act,
      followUpMs: hermes.followUpSeconds * 1000,
      patienceMs: endpoint.waitSeconds * 1000,
      leastConfidence: minConfidence,
      confirm: speech.confirm === 'tone' ? 'sound' : 'speech',
    },
    onEvent: event => {
      if ('error' in event && event.error instanceof FieldmouseError)
        trouble('site' in event ? event.site : 'Hermes', event.error.message)
      else if (event.name === 'HermesRefused') trouble(event.site, event.why)
      else if (event.name === 'HermesWorkFailed') trouble(event.site, `${event.where}: ${event.problem}`)
      else if (event.name === 'HermesSiteDoubled')
        trouble(event.site, 'two satellites send sound under this name; none of it is used')
      else if (event.name === 'HermesPublishFailed') trouble(event.kind, describe(event.error))
    },
  })
}

/** The board's own microphone. */
export function microphoneDoor(o: DoorOptions, device: string): MicrophoneDoor {
  const { config, clock, events, conditions } = o
  const { microphone, endpoint, speech, longestUtteranceSeconds, minConfidence } = config.voice
  const { site, speaker, wakeHost, wakePort, wakeWords } = microphone
  const wake: MicrophoneOptions['wake'] =
    wakeHost === undefined
      ? o.wake && ((sound, abort) => o.wake!.detect(MICROPHONE, sound, abort))
      : (sound, abort) =>
          detectWake(
            { host: wakeHost, port: wakePort, ...(wakeWords.length > 0 ? { names: wakeWords } : {}) },
            sound,
            abort,
          )
  return new MicrophoneDoor({
    capture: { device },
    services: o.services,
    clock,
    place: o.placed({ site }),
    ...(speaker === undefined ? {} : { player: new Player({ device: speaker }) }),
    ...(wake ? { wake } : {}),
    minConfidence,
    confirm: speech.confirm,
    waitMs: endpoint.waitSeconds * 1000,
    silenceMs: endpoint.silenceMs,
    longestMs: longestUtteranceSeconds * 1000,
    onEvent: event => {
      if (event.type === 'hearing') conditions.clear('microphone_away')
      else if (event.type === 'lost') conditions.raise('microphone_away', event.error.message)
      else
        events.tell('SatelliteTrouble', {
          site,
          problem:
            event.type === 'overrun'
              ? 'somebody spoke while the sentence before was being answered'
              : `${event.where}: ${event.problem}`,
        })
    },
  })
}

/** Home Assistant and other Wyoming clients. */
export function wyomingDoor(o: DoorOptions): WyomingDoor {
  const { config, events } = o
  const { wyoming, speech, longestUtteranceSeconds, minConfidence } = config.voice
  const { address, port, maxConnections } = wyoming
  const services: VoiceServices = {
    ...o.services,
    // whoever asks gets words alone, and acts on them: words that were hardly heard are none
    transcribe: async (samples, place, signal) => {
      const heard = await o.services.transcribe(samples, place, signal)
      return heard.confidence < minConfidence ? { ...heard, text: '' } : heard
    },
  }
  return new WyomingDoor(services, {
    address,
    port,
    maxConnections,
    longestUtteranceSeconds,
    offer: () => ({
      version: packageVersion(),
      languages: ['en'],
      recogniser: { name: o.engine, languages: ['en'] },
      ...(o.speaks ? { speaker: { name: speech.engine, languages: ['en'] } } : {}),
    }),
    onEvent: event => {
      if (event.name === 'WyomingClientRefused')
        events.tell('SatelliteTrouble', { site: event.peer, problem: 'refused: too many Wyoming clients' })
      else if ('error' in event)
        events.tell('SatelliteTrouble', {
          site: 'peer' in event ? event.peer : 'Wyoming',
          problem: describe(event.error),
        })
    },
  })
}
