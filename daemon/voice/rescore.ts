/**
 * Of several readings of an utterance, the one that was meant: what the home can do with each, what sounds like a name
 * that exists, and how sure the engine was.
 */
import type { Heard, Hypothesis } from './engine.js'
import { type Repair, repairs, type SoundingName } from './language/repair.js'
import { written } from './language/written.js'

/** What the command path makes of a sentence, without doing it. */
export interface Understood {
  /** Something would be done or told. */
  readonly acts: boolean
  /** Understood as a command, though refused: "there are no blinds here". */
  readonly refused: boolean
  /** 0 to 1. */
  readonly confidence: number
}

export interface RescoreOptions {
  /** The command path's dry run, in the place where it was said. */
  readonly understand: (text: string, signal: AbortSignal) => Promise<Understood>
  readonly names: readonly SoundingName[]
  /** Spellings of names that are said otherwise than they are written: "office two" is "office 2". */
  readonly spellings: ReadonlyMap<string, string>
  /** Phones of a word; undefined when it is not known. */
  readonly phonesOf: (word: string) => string | undefined
  /** Readings that are looked at, at most. Each costs a dry run. Default 5. */
  readonly most?: number
  /** A reading that acts with this confidence is taken without looking at worse ones, 0 to 1. Default 0.9. */
  readonly sure?: number
  /** One of the engine's units of score in natural logarithms. PocketSphinx counts in logarithms of base 1.0001. */
  readonly scoreUnit?: number
}

/** What was chosen. */
export interface Rescored {
  /** As the command path wants it. */
  readonly text: string
  /** As heard, before names were put right. */
  readonly heard: string
  /** 0 to 1: the engine's and the understanding's, whichever is less. */
  readonly confidence: number
  readonly acts: boolean
  readonly repair?: Repair
  /** How many dry runs it took. */
  readonly tried: number
}

/** One reading, looked at. */
export interface Candidate {
  readonly hypothesis: Hypothesis
  readonly text: string
  readonly understood: Understood
}

/** What a reading that can be done is worth over one that is nothing, and one that is refused, in natural logarithms. */
const WORTH_ACTING = 2
const WORTH_REFUSING = 1

/**
 * The best of what was looked at. Acting is worth something and sounding right is too: a reading that the engine finds far
 * worse than its first is not taken because it happens to be a command.
 * @param candidates best first, as the engine ordered them; at least one
 */
export function choose(candidates: readonly Candidate[], scoreUnit: number): Candidate {
  const top = candidates[0]!.hypothesis.score
  const value = ({ hypothesis, understood }: Candidate) =>
    (hypothesis.score - top) * scoreUnit +
    Math.log(Math.max(1e-3, understood.confidence)) +
    (understood.acts ? WORTH_ACTING : understood.refused ? WORTH_REFUSING : 0)
  return candidates.reduce((best, c) => (value(c) > value(best) ? c : best))
}

/**
 * Chooses among the readings of an utterance.
 * @returns undefined when nothing was heard
 */
export async function rescore(
  heard: Heard,
  options: RescoreOptions,
  signal: AbortSignal,
): Promise<Rescored | undefined> {
  const { understand, most = 5, sure = 0.9, scoreUnit = 1e-4 } = options
  const candidates: Candidate[] = []
  const seen = new Set<string>()
  for (const hypothesis of heard.hypotheses) {
    const text = written(hypothesis.text, options.spellings)
    if (!text || seen.has(text)) continue
    if (candidates.length >= most) break
    seen.add(text)
    const understood = await understand(text, signal)
    candidates.push({ hypothesis, text, understood })
    if (understood.acts && understood.confidence >= sure) break
  }
  const first = candidates[0]
  if (!first) return undefined
  const best = choose(candidates, scoreUnit)
  const plain = (c: Candidate): Rescored => ({
    text: c.text,
    heard: c.hypothesis.text,
    confidence: Math.min(c.hypothesis.confidence, c.understood.confidence),
    acts: c.understood.acts,
    tried: candidates.length,
  })
  if (best.understood.acts) return plain(best)
  // nothing can be done as it was heard: perhaps one name is a slip away from one that exists
  const words = first.hypothesis.text.split(' ')
  let tried = candidates.length
  for (const repair of repairs(words, options.names, options.phonesOf).slice(0, 2)) {
    const text = written(repair.text, options.spellings)
    const understood = await understand(text, signal)
    tried++
    if (understood.acts && understood.confidence >= sure)
      return {
        text,
        heard: first.hypothesis.text,
        confidence: Math.min(first.hypothesis.confidence, understood.confidence) * (1 - repair.distance),
        acts: true,
        repair,
        tried,
      }
  }
  return { ...plain(best), tried }
}
