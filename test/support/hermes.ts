import type { Test } from 'tap'
import { systemClock } from '../../daemon/base/clock.js'
import { decode, encode } from '../../daemon/bus/hermes/codec.js'
import type { Hermes, HermesKind, HermesOf } from '../../daemon/bus/hermes/messages.js'
import { Connection } from '../../daemon/bus/mqtt/connect.js'
import { SAMPLE_RATE, type Samples } from '../../daemon/voice/audio/pcm.js'
import { encodeWav } from '../../daemon/voice/audio/wav.js'
import type { Answer, Place, Transcript, VoiceServices } from '../../daemon/voice/conversation.js'
import { MANNERS, type Manners } from '../../daemon/voice/dialogue/session.js'
import { HermesDoor } from '../../daemon/voice/doors/hermes.js'
import type { EndpointEvent, Endpointing } from '../../daemon/voice/doors/hermes-ear.js'
import type { HermesEvent, HermesOptions } from '../../daemon/voice/doors/hermes-options.js'
import { startClient } from './broker.js'

/** Loud from the first loud sample to 200 ms of silence; nothing when 600 ms are silent from the start. */
export class LoudEnough implements Endpointing {
  #heard: number[] = []
  #silentMs = 0
  #loud = false
  #over = false

  push(samples: Samples): EndpointEvent[] {
    if (this.#over) return []
    const ms = (samples.length / SAMPLE_RATE) * 1000
    const loud = samples.some(sample => Math.abs(sample) > 1_000)
    this.#silentMs = loud ? 0 : this.#silentMs + ms
    const events: EndpointEvent[] = []
    if (loud && !this.#loud) {
      this.#loud = true
      events.push({ type: 'start' })
    }
    if (this.#loud) for (const sample of samples) this.#heard.push(sample)
    if (this.#loud ? this.#silentMs >= 200 : this.#silentMs >= 600) events.push(...this.flush('silence'))
    return events
  }

  flush(reason = 'stopped'): EndpointEvent[] {
    if (this.#over) return []
    this.#over = true
    return this.#loud
      ? [{ type: 'end', samples: Int16Array.from(this.#heard), reason }]
      : [{ type: 'nothing', reason }]
  }
}

/** Services that say what they were asked, and answer what a test wants. A sound is understood as its pitch. */
export class FakeVoice implements VoiceServices {
  readonly transcribed: { place: Place; samples: Samples }[] = []
  readonly answered: { text: string; place: Place; dryRun: boolean }[] = []
  readonly spoken: string[] = []
  hears: (place: Place, samples: Samples) => string | Promise<string> = () => 'turn on the light'
  answers: (text: string, place: Place) => Partial<Answer> | Promise<Partial<Answer>> = () => ({})
  speaks: (text: string) => Samples = () => new Int16Array(1_600)

  async transcribe(samples: Samples, place: Place): Promise<Transcript> {
    this.transcribed.push({ place, samples })
    const text = await this.hears(place, samples)
    return { text, confidence: 0.9, engine: 'fake', audioMs: (samples.length / SAMPLE_RATE) * 1000, ms: 1 }
  }

  async answer(text: string, place: Place, { dryRun = false }: { dryRun?: boolean }): Promise<Answer> {
    this.answered.push({ text, place, dryRun })
    const given = await this.answers(text, place)
    const intent = {
      name: 'turn_on',
      confidence: 0.8,
      slots: [{ name: 'device', value: 'kitchen.light', raw: 'light' }],
    }
    return {
      ok: true,
      text: 'the light is on',
      asks: false,
      notUnderstood: false,
      plain: false,
      intent,
      ...given,
    }
  }

  async speak(text: string): Promise<Samples> {
    this.spoken.push(text)
    return this.speaks(text)
  }
}

export interface TestDoor {
  door: HermesDoor
  voice: FakeVoice
  events: HermesEvent[]
}

/** A door at a broker, with fake services; stopped with the test. */
export async function startDoor(
  t: Test,
  url: string,
  options: Partial<Omit<HermesOptions, 'manners'>> & { manners?: Partial<Manners> } = {},
): Promise<TestDoor> {
  const connection = new Connection({
    access: { url },
    clientId: `door-${Math.random()}`,
    onEvent: event => {
      if (event.name === 'SubscriberFailed') t.error(event.error, 'a handler failed')
    },
  })
  const signal = new AbortController().signal
  await connection.start(signal)
  t.teardown(() => connection.stop())
  const voice = new FakeVoice()
  const events: HermesEvent[] = []
  let ids = 0
  const door = new HermesDoor({
    wire: connection,
    services: voice,
    endpointing: () => new LoudEnough(),
    tone: () => new Int16Array(160),
    frames: () => ({ fromWav: async () => Promise.reject(new Error('not in our form')), close: () => {} }),
    clock: systemClock,
    newId: () => `id-${++ids}`,
    onEvent: event => events.push(event),
    playGraceMs: 500,
    echoMs: 0,
    ...options,
    manners: { ...MANNERS, ...options.manners },
  })
  await door.start(signal)
  t.teardown(() => door.stop())
  return { door, voice, events }
}

/** A satellite as Rhasspy's are: streams, plays what it is sent, and writes down what it hears of the bus. */
export class TestSatellite {
  readonly siteId: string
  readonly heard: Hermes[] = []
  /** Tells when it has played something. */
  tells = true
  readonly #send: (message: Hermes) => Promise<unknown>
  #waiting: (() => void)[] = []
  #handed = new Set<Hermes>()

  constructor(siteId: string, send: (message: Hermes) => Promise<unknown>) {
    this.siteId = siteId
    this.#send = send
  }

  static async start(
    t: Test,
    url: string,
    siteId: string,
    protocolVersion: 4 | 5 = 5,
  ): Promise<TestSatellite> {
    const { client } = await startClient(t, url, [], { protocolVersion })
    const satellite = new TestSatellite(siteId, message => {
      const { topic, payload } = encode(message)
      const isFrame = message.kind === 'audioFrame' || message.kind === 'audioSessionFrame'
      return client.publishAsync(topic, payload as Buffer, { qos: isFrame ? 0 : 1 })
    })
    client.on('message', (topic, payload) => satellite.#take(topic, payload))
    const nl = protocolVersion === 5 ? { nl: true } : {}
    await client.subscribeAsync(['hermes/#', 'rhasspy/#'], { qos: 1, ...nl })
    return satellite
  }

  send(message: Hermes): Promise<unknown> {
    return this.#send(message)
  }

  wake(sessionId?: string): Promise<unknown> {
    const { siteId } = this
    const model = { modelId: 'm', modelVersion: '', modelType: 'personal', currentSensitivity: 0.5 }
    return this.#send({ kind: 'hotwordDetected', wakewordId: 'jarvis', siteId, sessionId, ...model })
  }

  /** A frame of 30 ms. */
  frame(loud: boolean): Promise<unknown> {
    return this.sound(Int16Array.from({ length: 480 }, (_, n) => (loud && n % 20 < 10 ? 8_000 : 0)))
  }

  sound(samples: Samples): Promise<unknown> {
    return this.#send({ kind: 'audioFrame', siteId: this.siteId, wav: encodeWav(samples) })
  }

  /** A sentence: 300 ms loud, 240 ms silent. Sent at once, as after a hiccup of the network. */
  async speak(): Promise<void> {
    for (let n = 0; n < 10; n++) await this.frame(true)
    for (let n = 0; n < 8; n++) await this.frame(false)
  }

  /** The next message of a kind at this site that was not handed out before. */
  async next<K extends HermesKind>(kind: K): Promise<HermesOf<K>> {
    for (;;) {
      const found = this.heard.find(message => message.kind === kind && !this.#handed.has(message))
      if (found) {
        this.#handed.add(found)
        return found as unknown as HermesOf<K>
      }
      await new Promise<void>((resolve, reject) => {
        const late = setTimeout(
          () => reject(new Error(`${this.siteId} heard no ${kind} within 15 s`)),
          15_000,
        )
        this.#waiting.push(() => {
          clearTimeout(late)
          resolve()
        })
      })
    }
  }

  /** Kinds heard so far, in their order. */
  get kinds(): HermesKind[] {
    return this.heard.map(({ kind }) => kind)
  }

  #take(topic: string, payload: Uint8Array): void {
    const message = decode(topic, payload)
    if (!message || !('siteId' in message) || message.siteId !== this.siteId) return
    if (message.kind === 'audioFrame') return
    this.heard.push(message)
    if (message.kind === 'playBytes' && this.tells)
      void this.#send({ kind: 'playFinished', siteId: this.siteId, id: message.requestId })
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
