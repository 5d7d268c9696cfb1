/** The words of a dialogue: what a site can be in the middle of, what can happen, and what is then to be done. */
import type { Answer } from '../conversation.js'

/** Why a session ended, in the words of the protocol that clients know. */
export type Ending = 'nominal' | 'abortedByUser' | 'intentNotRecognized' | 'timeout' | 'error'

/** What came before somebody is listened to. */
export type Because = 'wake' | 'question' | 'followUp'

/** One conversation at one site, from wake word (or a client's wish) to its end. */
export interface Session {
  readonly id: string
  /** A wake word began it, or a client that wants an answer, or one that only tells something. */
  readonly kind: 'wake' | 'action' | 'notification'
  readonly wakewordId?: string
  readonly lang?: string
  /** Handed back to the client with every message. */
  readonly customData?: unknown
  /** A client answers to these intents itself: nothing is acted on, and others are not understood. */
  readonly intentFilter?: readonly string[]
  /** A client wants to hear of what was not understood, and says how it goes on. */
  readonly sendIntentNotRecognized: boolean
  readonly sendAudioCaptured: boolean
  /** Said first. */
  readonly text?: string
  /** It began while an answer was spoken: "stop" means that answer. */
  readonly interrupting: boolean
}

/** What is going on in a session. */
export type Phase =
  | { name: 'listening'; because: Because; speech: boolean }
  | { name: 'recognising'; because: Because }
  | { name: 'answering'; because: Because; text: string }
  | { name: 'speaking'; after: After }
  /** A client is to say `continueSession` or `endSession`. */
  | { name: 'waiting' }

/** What follows when all is said. */
export type After = { listen: Because } | { end: Ending }

/** A session under way. */
export interface Open {
  readonly session: Session
  readonly phase: Phase
  /** Counts phases: what comes late, of an earlier one, is known by it. */
  readonly step: number
  /** When this phase is given up. Monotonic, milliseconds. */
  readonly deadline: number
  readonly startedAt: number
  /** Questions and follow-ups so far. */
  readonly rounds: number
}

/** What a site is in the middle of. */
export interface SiteState {
  readonly open?: Open
  readonly queue: readonly Session[]
  /** Of the session before: steps go on counting, so that late news of one session fits no other. */
  readonly lastStep: number
}

export const IDLE: SiteState = { queue: [], lastStep: 0 }

/** What can happen at a site. `step` says which phase it belongs to. */
export type DialogueEvent =
  | { type: 'wake'; session: Session; room: boolean }
  | { type: 'start'; session: Session; canBeEnqueued: boolean; room: boolean }
  | {
      type: 'continue'
      sessionId: string
      text?: string
      intentFilter?: readonly string[]
      sendIntentNotRecognized: boolean
      customData?: unknown
    }
  | { type: 'end'; sessionId: string; text?: string; customData?: unknown }
  /** Somebody began to speak, an utterance is complete, nobody spoke, no sound comes any more. */
  | { type: 'speech' | 'utterance' | 'silence' | 'lost'; step: number }
  | { type: 'transcribed'; step: number; text: string; confidence: number }
  | { type: 'answered'; step: number; answer: Answer }
  | { type: 'spoken'; step: number }
  | { type: 'failed'; step: number; where: 'asr' | 'nlu' | 'tts'; problem: string }
  /** The sound of this site cannot be used: two satellites speak for it. */
  | { type: 'unusable'; problem: string }
  | { type: 'tick' }

/** Short sounds in place of words. */
export type Sound = 'done' | 'not_understood'

/** What is to be done, in this order. */
export type Effect =
  | { do: 'started' | 'queued'; session: Session }
  | { do: 'ended'; session: Session; reason: Ending }
  /** A wish that is not met, and why. */
  | { do: 'refused'; session: Session; why: 'busy' | 'occupied' | 'queueFull' }
  /** A message about a session that is not, or one that comes twice. */
  | { do: 'ignored'; sessionId: string; what: string }
  | { do: 'listen'; session: Session; step: number; because: Because }
  | { do: 'unlisten'; session: Session }
  | { do: 'transcribe'; session: Session; step: number }
  | { do: 'answer'; session: Session; step: number; text: string; confidence: number; dryRun: boolean }
  | { do: 'say'; session: Session; step: number; say: { text: string } | { sound: Sound } }
  /** Work under way for this session is of no use any more. */
  | { do: 'drop'; session: Session }
  | { do: 'intent'; session: Session; text: string; answer: Answer }
  | { do: 'notRecognized'; session: Session; text: string; toClient: boolean }
  | { do: 'failed'; session: Session; where: 'asr' | 'nlu' | 'tts'; problem: string }

/** How patient a dialogue is. All times in milliseconds. */
export interface Manners {
  /** For the first word after the wake word. */
  patienceMs: number
  /** For the first word after a question of ours. */
  questionMs: number
  /** For a further sentence without wake word after any answer; 0 ends the session at once. */
  followUpMs: number
  /** The longest an utterance may last from its first word, above what the endpointer allows. */
  utteranceMs: number
  recogniseMs: number
  answerMs: number
  /** The longest that anything said may last. */
  speakMs: number
  /** For a client to say how a session goes on. */
  clientMs: number
  sessionMs: number
  /** Questions and follow-ups in one session. */
  rounds: number
  /** Sessions that wait for the site to be free. */
  queueLength: number
  /** The same wake word heard by two detectors, or delivered twice, within so long of the first is one. */
  sameWakeMs: number
  /** Less sure than that is not understood, 0 to 1. */
  leastConfidence: number
  /** Answer to a command whose effect is seen anyway. */
  confirm: 'speech' | 'sound' | 'nothing'
  /** `off`: intents are only told to clients, which act. */
  act: 'on' | 'off'
  /** A whole utterance of one of these ends the session. */
  cancelWords: readonly string[]
  /** These as well when they interrupt an answer or follow one; elsewhere they may be meant for a device. */
  stopWords: readonly string[]
}

export const MANNERS: Manners = {
  patienceMs: 8_000,
  questionMs: 10_000,
  followUpMs: 0,
  utteranceMs: 20_000,
  recogniseMs: 20_000,
  answerMs: 20_000,
  speakMs: 90_000,
  clientMs: 30_000, // as Rhasspy's dialogue manager
  sessionMs: 300_000,
  rounds: 8,
  queueLength: 4,
  sameWakeMs: 700,
  leastConfidence: 0,
  confirm: 'speech',
  act: 'on',
  cancelWords: ['cancel', 'never mind', 'nevermind', 'forget it'],
  stopWords: ['stop', 'quiet', 'be quiet', 'enough', 'thank you', 'thanks', 'no thanks'],
}
