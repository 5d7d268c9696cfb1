/** What the Hermes door is given, and what it tells. */
import { type Clock, sleep } from '../../base/clock.js'
import type { FieldmouseError } from '../../base/errors.js'
import type { Connection } from '../../bus/mqtt/connect.js'
import type { Samples } from '../audio/pcm.js'
import type { VoiceServices } from '../conversation.js'
import type { Ending, Manners, Sound } from '../dialogue/session.js'
import type { Endpointing } from './hermes-ear.js'

/** What is used of a broker connection. */
export type HermesWire = Pick<Connection, 'publish' | 'subscribe'>

/** Frames of a site in a form that is not ours, turned into it one after the other. */
export interface FrameReader {
  /** @throws audio_unreadable, audio_empty */
  fromWav(bytes: Uint8Array): Promise<Samples>
  close(): void
}

/** Listens for a wake word where the satellite does not. Must be cheap: it hears all sound of all idle sites. */
export interface WakeWord {
  /** The `wakewordId` that is told. */
  readonly id: string
  /** Takes sound and returns at once. @param heard called, a little later, when the wake word was in it */
  feed(siteId: string, samples: Samples, heard: () => void): void
}

/** What happens at the door. */
export type HermesEvent =
  | { name: 'HermesSessionStarted'; site: string; session: string; by: string }
  | { name: 'HermesSessionEnded'; site: string; session: string; reason: Ending; ms: number }
  | { name: 'HermesRefused'; site: string; why: string }
  | { name: 'HermesMessageRefused'; topic: string; error: FieldmouseError }
  | { name: 'HermesFrameUnreadable'; site: string; error: FieldmouseError }
  /** A condition: it holds until the other one comes. */
  | { name: 'HermesSiteDoubled' | 'HermesSiteSettled'; site: string }
  | { name: 'HermesWorkFailed'; site: string; where: 'asr' | 'nlu' | 'tts'; problem: string; error?: unknown }
  | { name: 'HermesPublishFailed'; kind: string; error: unknown }

/** Counted since the start. */
export interface HermesCounts {
  frames: number
  /** Nobody listened to them. */
  framesUnheard: number
  framesUnreadable: number
  /** Came faster than they could be converted. */
  framesDropped: number
  messagesRefused: number
  /** For sessions that are not, or wake words that came twice. */
  messagesIgnored: number
  sessions: number
  /** Conversations, listenings, queries and things to say that were refused because too many were under way. */
  busy: number
}

export interface HermesOptions {
  wire: HermesWire
  services: VoiceServices
  /** A new one for each utterance. */
  endpointing: () => Endpointing
  /** A new one for each site that sends frames in another form. */
  frames: (what: string) => FrameReader
  /** Short sounds in place of words. */
  tone: (sound: Sound | 'listening') => Samples
  wakeWord?: WakeWord
  clock: Clock
  wait: (ms: number, signal?: AbortSignal) => Promise<void>
  newId: () => string
  onEvent: (event: HermesEvent) => void
  /** Name of this daemon on the bus, so that it knows its own words. */
  origin: string
  /** Whether a short sound says that somebody is listened to, for satellites that have none of their own. */
  cue: 'off' | 'sound'
  /** Only these sites; all when empty. */
  sites: readonly string[]
  /** Room of a site. */
  areaOf: (siteId: string) => string | undefined
  /** 0 to 1. */
  volumeOf: (siteId: string) => number
  manners: Manners
  /** Conversations and listenings at once, over all sites. */
  sessions: number
  /** Sites that are known at once. */
  mostSites: number
  /** Queries of clients under way at once. */
  queries: number
  /** Things waiting to be said at one site. */
  sayings: number
  /** No sound for so long while somebody is listened to: the satellite is gone. */
  vanishedMs: number
  /** After something was said, what is heard for so long is its echo. */
  echoMs: number
  /** Beyond its length, for a sound to be played and told of. */
  playGraceMs: number
  /** Longest utterance of a client that ends it itself. */
  longestMs: number
  /** Quality of service of all but frames, which are 0. */
  qos: 0 | 1 | 2
}

export const HERMES_DEFAULTS = {
  wait: sleep,
  origin: 'fieldmouse',
  cue: 'off' as const,
  sites: [] as readonly string[],
  areaOf: () => undefined,
  volumeOf: () => 1,
  sessions: 16,
  mostSites: 64,
  queries: 16,
  sayings: 8,
  vanishedMs: 4_000,
  echoMs: 200,
  playGraceMs: 3_000,
  longestMs: 30_000,
  qos: 1 as const,
}
