import type { Stage } from '../../inference/cascade.js'
import type { Called } from '../called.js'
import type { CompactCommand } from '../compact.js'
import type { Params } from '../parsed-command.js'

/** What every stage gets: the utterance in the one spelling (see normalise.ts). */
export interface Utterance {
  normalised: string
  /** Whether there is a command before this one that it may be about. */
  dialogue: boolean
}

/** What every stage gives: the command as spans, not yet grounded. */
export interface Reading {
  command: CompactCommand
  /** What was called by its name; then nothing is left to ground. */
  called?: Called
  /** When what was called is to be done; absent: now. */
  when?: Params
  /** Name of the model that read it; null for stages without one. */
  model: string | null
  /** Figures of the model, zero for stages without one. */
  promptTokens: number
  outputTokens: number
  inferMs: number
  /** Millijoules, where the board can tell. */
  energyMj?: number
}

/** One way to read an utterance. */
export type CommandStage = Stage<Utterance, Reading>
