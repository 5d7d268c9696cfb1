/**
 * Every Hermes message of ours, in both directions: its topic, and what it carries. `{name}` is a level of the topic
 * and a field of the message. The topic `hermes/nlu/intent/<name>` of the reference page is written by no program:
 * clients listen to `hermes/intent/<name>`.
 */
import type { z } from '../../base/schema.js'
import * as bodies from './bodies.js'

const dialogue = 'hermes/dialogueManager'
const audio = 'hermes/audioServer'

export const MESSAGES = {
  audioFrame: { topic: `${audio}/{siteId}/audioFrame`, body: 'wav' },
  audioSessionFrame: { topic: `${audio}/{siteId}/{sessionId}/audioSessionFrame`, body: 'wav' },
  playBytes: { topic: `${audio}/{siteId}/playBytes/{requestId}`, body: 'wav' },
  playFinished: { topic: `${audio}/{siteId}/playFinished`, body: bodies.PlayFinished },
  audioCaptured: { topic: 'rhasspy/asr/{siteId}/{sessionId}/audioCaptured', body: 'wav' },
  hotwordDetected: { topic: 'hermes/hotword/{wakewordId}/detected', body: bodies.WakeWordDetected },
  hotwordToggleOn: { topic: 'hermes/hotword/toggleOn', body: bodies.Toggle },
  hotwordToggleOff: { topic: 'hermes/hotword/toggleOff', body: bodies.Toggle },
  asrToggleOn: { topic: 'hermes/asr/toggleOn', body: bodies.Toggle },
  asrToggleOff: { topic: 'hermes/asr/toggleOff', body: bodies.Toggle },
  startListening: { topic: 'hermes/asr/startListening', body: bodies.StartListening },
  stopListening: { topic: 'hermes/asr/stopListening', body: bodies.StopListening },
  textCaptured: { topic: 'hermes/asr/textCaptured', body: bodies.TextCaptured },
  query: { topic: 'hermes/nlu/query', body: bodies.Query },
  intentParsed: { topic: 'hermes/nlu/intentParsed', body: bodies.IntentParsed },
  intent: { topic: 'hermes/intent/{intentName}', body: bodies.IntentRecognized },
  notRecognized: { topic: 'hermes/nlu/intentNotRecognized', body: bodies.NotRecognized },
  startSession: { topic: `${dialogue}/startSession`, body: bodies.StartSession },
  continueSession: { topic: `${dialogue}/continueSession`, body: bodies.ContinueSession },
  endSession: { topic: `${dialogue}/endSession`, body: bodies.EndSession },
  sessionQueued: { topic: `${dialogue}/sessionQueued`, body: bodies.SessionQueued },
  sessionStarted: { topic: `${dialogue}/sessionStarted`, body: bodies.SessionStarted },
  sessionEnded: { topic: `${dialogue}/sessionEnded`, body: bodies.SessionEnded },
  sessionNotRecognized: { topic: `${dialogue}/intentNotRecognized`, body: bodies.SessionNotRecognized },
  say: { topic: 'hermes/tts/say', body: bodies.Say },
  sayFinished: { topic: 'hermes/tts/sayFinished', body: bodies.SayFinished },
  errorAsr: { topic: 'hermes/error/asr', body: bodies.Failure },
  errorNlu: { topic: 'hermes/error/nlu', body: bodies.Failure },
  errorTts: { topic: 'hermes/error/tts', body: bodies.Failure },
  errorHotword: { topic: 'hermes/error/hotword', body: bodies.Failure },
  errorDialogue: { topic: 'hermes/error/dialogueManager', body: bodies.Failure },
} as const

type Table = typeof MESSAGES
export type HermesKind = keyof Table

/** The `{levels}` of a topic. */
type Levels<T extends string> = T extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Levels<Rest>
  : never
type Body<B> = B extends z.ZodType ? z.output<B> : { wav: Uint8Array }

/** A message, read or to be written: the fields of its body, those of its topic, and its kind. */
export type HermesOf<K extends HermesKind> = { kind: K } & {
  [L in Levels<Table[K]['topic']>]: string
} & Body<Table[K]['body']>
export type Hermes = { [K in HermesKind]: HermesOf<K> }[HermesKind]

/** Session ended for this reason. */
export type TerminationReason = z.output<typeof bodies.Reason>
export type HermesSlot = z.output<typeof bodies.Slot>
