/**
 * What the doors of the room (MQTT utterances, Hermes, Wyoming, the board's microphone) may ask of it. They know
 * nothing of engines, homes or models.
 */
import type { Samples } from './audio/pcm.js'

/** Where something was said. */
export interface Place {
  /** The satellite or microphone; names the conversation. */
  readonly site: string
  /** Room of the site, for "the light" and "here". */
  readonly area?: string
  /** Conversation within a site, where the client has its own ids. */
  readonly session?: string
}

/** What was said, as text. */
export interface Transcript {
  /** Lower-case words; empty when nothing was understood. */
  readonly text: string
  /** 0 to 1. */
  readonly confidence: number
  readonly engine: string
  /** Length of the utterance and time the engine took, milliseconds. */
  readonly audioMs: number
  readonly ms: number
}

/** An intent for clients that want one beside the sentence. */
export interface Intent {
  readonly name: string
  readonly confidence: number
  readonly slots: readonly { readonly name: string; readonly value: string; readonly raw: string }[]
}

/** What became of a sentence. */
export interface Answer {
  /** Something was understood and done, or told. */
  readonly ok: boolean
  /** To be spoken; a question when `asks`. */
  readonly text: string
  /** An answer is waited for: the next sentence needs no wake word. */
  readonly asks: boolean
  /** Nothing was understood (as against understood and refused). */
  readonly notUnderstood: boolean
  /** A short confirmation by a sound is enough where the owner wants that: the thing that moved speaks for itself. */
  readonly plain: boolean
  readonly intent?: Intent
}

/** The services behind the doors. */
export interface VoiceServices {
  /** Sound to text. @throws the room's errors */
  transcribe(samples: Samples, place: Place, signal: AbortSignal): Promise<Transcript>
  /**
   * These samples will probably be transcribed in a moment: the work may begin. What comes of it is for the `transcribe` of
   * the very same samples, and nobody hears of it otherwise.
   * @returns says that it will not come to that
   */
  expect?(samples: Samples, place: Place): () => void
  /** Text to deed and answer. With `dryRun` nothing moves. */
  answer(
    text: string,
    place: Place,
    options: { signal: AbortSignal; dryRun?: boolean; confidence?: number },
  ): Promise<Answer>
  /** Text to sound: samples at `SAMPLE_RATE`. @throws the room's errors */
  speak(text: string, signal: AbortSignal): Promise<Samples>
}
