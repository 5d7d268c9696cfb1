import type { Part } from '../../base/part.js'
import { WyomingServer, type WyomingServerEvent } from '../../bus/wyoming/server.js'
import type { Context } from '../../bus/wyoming/vocabulary.js'
import type { Place, VoiceServices } from '../conversation.js'
import type { Offer } from './wyoming-info.js'
import { WyomingSession } from './wyoming-session.js'

/** `voice.wyoming`. */
export interface WyomingDoorOptions {
  /** Default 127.0.0.1. Who reaches this port may speak to the home: the protocol knows no password. */
  address?: string
  /** Default 10700; 0 takes a free one. */
  port?: number
  /** Default 16. */
  maxConnections?: number
  /** Default 30. */
  longestUtteranceSeconds?: number
  /** How long a client may say nothing. Default 60 s. */
  idleMs?: number
  /** How long one answer may take. Default 30 s. */
  answerMs?: number
  /** What is installed, asked at each `describe`. */
  offer: () => Offer
  /** Whose words they are. Default: the satellite or device that Home Assistant names, else the client's address. */
  placeOf?: (client: { peer: string; context: Context }) => Place
  onEvent?: (event: WyomingServerEvent) => void
}

/** Speech to text, text to speech, intents and commands for Wyoming clients, such as Home Assistant. */
export class WyomingDoor implements Part {
  readonly name = 'wyoming'
  readonly #server: WyomingServer

  constructor(services: VoiceServices, options: WyomingDoorOptions) {
    const session = {
      longestUtteranceSeconds: options.longestUtteranceSeconds ?? 30,
      idleMs: options.idleMs ?? 60_000,
      answerMs: options.answerMs ?? 30_000,
      offer: options.offer,
      placeOf: options.placeOf ?? placeOf,
    }
    const listening = {
      address: options.address ?? '127.0.0.1',
      port: options.port ?? 10_700,
      maxConnections: options.maxConnections ?? 16,
    }
    this.#server = new WyomingServer(
      listening,
      stream => new WyomingSession(stream, services, session).run(),
      options.onEvent,
    )
  }

  /** Where it listens; undefined while it does not. */
  get port(): number | undefined {
    return this.#server.port
  }

  /** Clients that are connected. */
  get connections(): number {
    return this.#server.connections
  }

  /** @throws wyoming_address_unusable */
  start(signal: AbortSignal): Promise<void> {
    return this.#server.start(signal)
  }

  stop(): Promise<void> {
    return this.#server.stop()
  }
}

function placeOf({ peer, context }: { peer: string; context: Context }): Place {
  const site = context?.satellite_id ?? context?.device_id ?? peer.replace(/:\d+$/, '')
  return context?.conversation_id ? { site, session: context.conversation_id } : { site }
}
