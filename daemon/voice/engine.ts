/**
 * The seam of speech recognisers: samples in, what may have been said out. Each runs in a process of its own or behind
 * a socket; the rest of the room does not know which one it speaks to.
 */
import type { Part } from '../base/part.js'
import type { Samples } from './audio/pcm.js'

/** What may be said. An engine uses what it can and leaves the rest. */
export interface SpeechLanguage {
  /** Hash of the content: the same id means the same language, so that engines can keep what they built from it. */
  readonly id: string
  /** Closed: everything that can be said, as JSGF 1.0 text with one public rule. */
  readonly grammar?: string
  /** Open: an n-gram model over words, as text in the ARPA format. */
  readonly ngram?: string
  /** Words with their pronunciations (CMU phones, "K IH CH AH N"), for words an engine's own dictionary may lack. */
  readonly pronunciations: ReadonlyMap<string, readonly string[]>
  /** Names and words worth listening for, for engines that take neither grammar nor n-gram. */
  readonly hints: readonly string[]
}

/** One reading of an utterance. */
export interface Hypothesis {
  /** Lower-case words, separated by single spaces, no punctuation. */
  readonly text: string
  /** How sure the engine is that this was said and not something outside of the language, 0 to 1. */
  readonly confidence: number
  /** The engine's own score, logarithmic, larger is better; compared only within one answer. */
  readonly score: number
}

/** What an engine makes of one utterance. */
export interface Heard {
  /** Best first; empty when nothing of the language was heard. */
  readonly hypotheses: readonly Hypothesis[]
  /** Time the engine worked, milliseconds. */
  readonly ms: number
}

/** A speech recogniser. */
export interface SpeechEngine extends Part {
  /** Its name in replies and logs: `pocketsphinx`, `sherpa-onnx`, `wyoming`, `whisper.cpp`. */
  readonly engine: string
  /**
   * One utterance. Calls queue; each has its own deadline through `signal`.
   * @throws the room's errors: speech_engine_missing, speech_engine_died, speech_engine_hung
   */
  hear(samples: Samples, language: SpeechLanguage, signal: AbortSignal): Promise<Heard>
}
