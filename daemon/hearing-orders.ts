/** Appliances with words of their own: their vocabularies, and what becomes of orders to them. */
import { readFile } from 'node:fs/promises'
import { describe } from './base/errors.js'
import type { Connection } from './bus/mqtt/connect.js'
import { areaId } from './commands/outcome.js'
import type { Registry } from './commands/registry.js'
import type { Config } from './config/schema.js'
import type { Outcome } from './requests/reply.js'
import { interpret } from './voice/appliance/interpret.js'
import { ApplianceEar } from './voice/appliance/listen.js'
import { readVocabulary, type Vocabulary } from './voice/appliance/vocabulary.js'
import type { Answer, Place } from './voice/conversation.js'
import type { SpeechEngine } from './voice/engine.js'
import { errors } from './voice/errors.js'
import { nearby, type Placed } from './voice/transcribe.js'

export interface OrdersOptions {
  config: Config
  connection: Connection
  registry: Registry
  publishEvent(name: string, payload: object): void
}

/** Something that is ordered from in its own words, and where orders go. */
interface Appliance extends Placed {
  ear: ApplianceEar
  vocabulary: Vocabulary
  topic?: string
}

/** The appliances of a configuration. */
export class Orders {
  readonly #o: OrdersOptions
  #all: Appliance[] = []

  constructor(options: OrdersOptions) {
    this.#o = options
  }

  /** To be listened for. */
  get all(): readonly Appliance[] {
    return this.#all
  }

  /** @throws vocabulary_unreadable, invalid_value */
  async load(engine: SpeechEngine): Promise<void> {
    this.#all = await Promise.all(this.#o.config.voice.appliances.map(a => this.#read(a, engine)))
  }

  /** An order to an appliance nearby, told on its topic. @returns undefined when it is none */
  async order(text: string, { area }: Place, dryRun: boolean): Promise<Outcome | undefined> {
    for (const { vocabulary, topic } of nearby(this.#all, area)) {
      const order = interpret(text, vocabulary)
      if (!order) continue
      const told = { device: vocabulary.device, intent: order.intent, slots: order.slots }
      if (!dryRun) {
        this.#o.publishEvent('intent', told)
        if (topic)
          await this.#o.connection.publish({
            topic,
            payload: JSON.stringify({ intent: order.intent, slots: order.slots }),
            qos: 1,
            properties: { contentType: 'application/json', isText: true },
          })
      }
      return {
        ok: true,
        result: { text: `${vocabulary.device}: ${text}.`, ...told },
        stage: 'rule',
        confidence: 1,
        model: null,
        inferMs: 0,
        promptTokens: 0,
        outputTokens: 0,
      }
    }
    return undefined
  }

  async #read(
    { file, area, topic }: Config['voice']['appliances'][number],
    engine: SpeechEngine,
  ): Promise<Appliance> {
    let value: unknown
    try {
      value = JSON.parse(await readFile(file, 'utf8'))
    } catch (error) {
      throw errors.vocabulary_unreadable({ path: file, problem: describe(error) }, error)
    }
    const vocabulary = readVocabulary(value, file)
    const id = areaId(area, this.#o.registry.home().areas)
    return {
      vocabulary,
      ear: new ApplianceEar(engine, vocabulary, this.#o.config.voice.minConfidence),
      ...(id === undefined ? {} : { area: id }),
      ...(topic === undefined ? {} : { topic }),
    }
  }
}

/** An order as something to be spoken. */
export function orderAnswer({ result }: Outcome): Answer {
  const { text, intent, slots } = result as { text: string; intent: string; slots: Record<string, string> }
  return {
    ok: true,
    text,
    asks: false,
    notUnderstood: false,
    plain: false,
    intent: {
      name: intent,
      confidence: 1,
      slots: Object.entries(slots).map(([name, value]) => ({ name, value, raw: value })),
    },
  }
}
