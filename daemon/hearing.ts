/**
 * Whether this device hears, and from when on. What hears (listening.ts, with all of the room `voice`) takes memory and a
 * tenth of a second to import: a board whose owner has opened no door for speech has it from the first utterance on.
 */
import type { Clock } from './base/clock.js'
import { Closer } from './base/closer.js'
import type { Part } from './base/part.js'
import type { Connection } from './bus/mqtt/connect.js'
import type { Commands } from './commands/handle.js'
import type { Registry } from './commands/registry.js'
import type { Config } from './config/schema.js'
import type { Listening } from './listening.js'
import type { Conditions } from './observability/conditions.js'
import type { Events } from './observability/events.js'
import type { Requests } from './requests/accept.js'
import { refusal } from './requests/reply.js'
import { chooseSpeechEngine } from './speech-engine.js'
import type { EngineName } from './voice/engines/choose-engine.js'

export interface HearingOptions {
  config: Config
  clock: Clock
  connection: Connection
  requests: Requests
  registry: Registry
  commands: Commands
  events: Events
  conditions: Conditions
  publishEvent(name: string, payload: object): void
}

/** Speech, as one part. */
export class Hearing implements Part {
  readonly name = 'voice'
  readonly #o: HearingOptions
  #closer = new Closer()
  #making: Promise<Listening> | undefined
  #listening: Listening | undefined

  constructor(options: HearingOptions) {
    this.#o = options
  }

  /** Where Wyoming clients find it; undefined where they are not served. */
  get wyomingPort(): number | undefined {
    return this.#listening?.wyomingPort
  }

  /** @throws vocabulary_unreadable, invalid_value */
  async start(signal: AbortSignal): Promise<void> {
    const { config, requests, conditions } = this.#o
    const { voice } = config
    this.#closer = new Closer()
    if (voice.engine === 'off') return
    const doors = doorNames(voice)
    const engine = await chooseSpeechEngine(voice)
    if (typeof engine !== 'string') {
      // a home that never speaks need not hear of it
      conditions.set('speech_missing', doors.length > 0 || voice.engine !== 'auto', engine.none)
      this.#closer.defer(
        requests.register('voice', async () => ({
          ...refusal('speech_engine_missing', { message: engine.none, remedy: engine.remedy }),
        })),
      )
      return
    }
    // a vocabulary that cannot be read is said at the start, and old recordings go by themselves
    const atOnce = doors.length > 0 || voice.appliances.length > 0 || voice.recorder.enabled === 'on'
    const listening = atOnce ? await this.#listen(engine) : undefined
    this.#closer.defer(
      requests.register('voice', async (request, abort) =>
        (await this.#listen(engine)).handle(request, abort),
      ),
    )
    if (doors.length > 0) await listening?.open(doors, signal)
  }

  async stop(): Promise<void> {
    await this.#closer.close()
    await this.#making?.catch(() => {}) // whoever asked was told
    await this.#listening?.stop()
    this.#making = undefined
    this.#listening = undefined
  }

  #listen(engine: EngineName): Promise<Listening> {
    this.#making ??= (async () => {
      const { Listening } = await import('./listening.js')
      const listening = new Listening(this.#o)
      await listening.begin(engine)
      this.#listening = listening
      return listening
    })().catch(error => {
      this.#making = undefined
      throw error
    })
    return this.#making
  }
}

function doorNames({ hermes, wyoming, microphone }: Config['voice']): string[] {
  return [
    ...(hermes.enabled === 'on' ? ['Hermes'] : []),
    ...(wyoming.enabled === 'on' ? ['Wyoming'] : []),
    ...(microphone.device === undefined ? [] : ['microphone']),
  ]
}
