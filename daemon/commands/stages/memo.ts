import { isPronoun } from '../dialogue/referents.js'
import type { CommandStage, Reading, Utterance } from './stage.js'

/**
 * Remembers readings of utterances. A reading is independent of the home (it holds spans, not devices), so the memo
 * stays true when devices change; a new model clears it. Kept in memory, least recently used goes first.
 */
export class MemoStage implements CommandStage {
  readonly name = 'memo'
  #kept = new Map<string, { reading: Reading; confidence: number }>()
  #size: number
  /** How often all was forgotten. */
  #age = 0

  /** @param size how many utterances are remembered; 0 turns the memo off */
  constructor(size: number) {
    this.#size = size
  }

  async run(utterance: Utterance) {
    let key = keyOf(utterance)
    let found = this.#kept.get(key)
    if (!found && utterance.dialogue) {
      key = utterance.normalised
      const alone = this.#kept.get(key)
      if (alone && isWhole(alone.reading)) found = alone
    }
    if (!found) return undefined
    this.#kept.delete(key)
    this.#kept.set(key, found)
    return {
      value: withoutFigures(found.reading),
      confidence: found.confidence,
      reason: 'said before',
    }
  }

  /** Grows with every `clear`. */
  get age(): number {
    return this.#age
  }

  /**
   * Keeps what another stage read.
   * @param age of the memo when that stage was asked: what a model read that answers no more is not kept
   */
  remember(utterance: Utterance, reading: Reading, confidence: number, age = this.#age): void {
    if (this.#size <= 0 || age !== this.#age) return
    this.#kept.set(keyOf(utterance), { reading, confidence })
    if (this.#kept.size > this.#size) this.#kept.delete(this.#kept.keys().next().value as string)
  }

  /** Forgets everything: the model changed. */
  clear(): void {
    this.#age++
    this.#kept.clear()
  }
}

/** With a command before it, a sentence may read otherwise. */
const keyOf = ({ normalised, dialogue }: Utterance) => (dialogue ? `+${normalised}` : normalised)
/** A reading that names what it is about is the same whatever came before. */
const isWhole = ({ command }: Reading) =>
  command.length > 0 && command.every(c => (c.dev !== undefined || c.area !== undefined) && !isPronoun(c.dev))

/** What is remembered costs nothing. */
function withoutFigures({ energyMj: _, ...reading }: Reading): Reading {
  return { ...reading, promptTokens: 0, outputTokens: 0, inferMs: 0 }
}
