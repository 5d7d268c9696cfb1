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
  /** What would be done, so that two sentences that mean the same have the same: the actions as text. */
  readonly meaning: string
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
  /** Readings that are looked at, at most. Each costs a dry run, 9 ms on a 2-core x86-64. Default 5. */
  readonly most?: number
  /** Share of the readings that must agree on what is to be done, 0 to 1. Default 0.5. */
  readonly leastShare?: number
  /** What one of the engine's units of score weighs, in natural logarithms. Default for PocketSphinx, see below. */
  readonly scoreUnit?: number
}

/** What was chosen. */
export interface Rescored {
  /** As the command path wants it. */
  readonly text: string
  /** As heard, before names were put right. */
  readonly heard: string
  /** Probability that the right thing would be done, 0 to 1; see `surety`. */
  readonly confidence: number
  /** Something may be done. */
  readonly acts: boolean
  /** Something could be done, but too few readings agree on it: worth a question ("did you say ...?"), never a deed. */
  readonly doubtful: boolean
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

/*
 * PocketSphinx counts in 1024 times logarithms of base 1.0001 (its scores are shifted by ten bits). Scores of paths are too
 * sure of themselves, since frames are not independent; posteriors take them to the power of one over the weight of the
 * language model, 6.5. A reading that is no command counts less than one that is: people speak to a home to have something
 * done.
 * @source Wessel, Schlueter, Macherey and Ney, Confidence measures for large vocabulary continuous speech recognition,
 * IEEE Transactions on Speech and Audio Processing 9 (2001)
 */
const SCORE_UNIT = (1024 * Math.log(1.0001)) / 6.5
const NOTHING = 0.7
/** Readings with less than a fiftieth of the first one's weight have no voice; natural logarithm. */
const FAINT = Math.log(1 / 50)
/** However well the sound fits the words: readings that disagree are worth a question, never a deed. */
const DOUBTFUL_AT_MOST = 0.5
/** A sentence with a name put right must be understood this surely, 0 to 1. */
const SURE = 0.9

/**
 * The meaning that most readings agree on, each weighed by its score and by how sure its understanding is; not the likeliest
 * words, but the least risk of doing the wrong thing.
 * @source Goel and Byrne, Minimum Bayes-risk automatic speech recognition, Computer Speech and Language 14 (2000)
 * @param candidates best first, as the engine ordered them; at least one
 * @returns the first reading with that meaning, and the share of all the weight that it has, 0 to 1
 */
export function vote(
  candidates: readonly Candidate[],
  scoreUnit = SCORE_UNIT,
): { chosen: Candidate; share: number } {
  const top = candidates[0]!.hypothesis.score
  const weights = new Map<string, { chosen: Candidate; weight: number }>()
  let total = 0
  for (const candidate of candidates) {
    const { acts, meaning, confidence } = candidate.understood
    const weight =
      Math.exp(Math.min(0, candidate.hypothesis.score - top) * scoreUnit) *
      Math.max(1e-3, confidence) *
      (acts ? 1 : NOTHING)
    const key = acts ? meaning : ''
    const known = weights.get(key) ?? { chosen: candidate, weight: 0 }
    known.weight += weight
    weights.set(key, known)
    total += weight
  }
  const [best] = [...weights.values()].sort((a, b) => b.weight - a.weight)
  return { chosen: best!.chosen, share: best!.weight / total }
}

/** Odds of a probability, in natural logarithms; what is certain counts as one in ten thousand. */
const odds = (p: number) => {
  const kept = Math.min(1 - 1e-4, Math.max(1e-4, p))
  return Math.log(kept / (1 - kept))
}

/**
 * How likely it is that what would be done is what was wanted: agreement and understanding on one side, how the sound fits
 * the words on the other. A logistic, fitted to 177 commands among the 344 sentences of test/fixtures/commands in four of
 * espeak-ng's voices (scripts/evaluate/voice.ts): from 0.8 on 85 of 93 were right, from 0.5 on 113 of 135. People fit the
 * model of sounds better than espeak-ng does, so for them it is rather too low.
 */
function surety(understood: number, heard: number): number {
  const fits = Math.max(-12, odds(heard))
  return 1 / (1 + Math.exp(-(-0.099 + 0.746 * odds(understood) + 0.275 * fits)))
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
  const { understand, most = 5, leastShare = 0.5, scoreUnit } = options
  const candidates: Candidate[] = []
  const seen = new Set<string>()
  const top = heard.hypotheses[0]?.score ?? 0
  for (const hypothesis of heard.hypotheses) {
    // a dry run costs more than its voice is worth
    if ((hypothesis.score - top) * (scoreUnit ?? SCORE_UNIT) < FAINT) continue
    const text = written(hypothesis.text, options.spellings)
    if (!text || seen.has(text)) continue
    if (candidates.length >= most) break
    seen.add(text)
    candidates.push({ hypothesis, text, understood: await understand(text, signal) })
  }
  const first = candidates[0]
  if (!first) return undefined
  const { chosen, share } = vote(candidates, scoreUnit)
  const sure = (of: Hypothesis, understood: number) => surety(Math.min(share, understood), of.confidence)
  const plain: Rescored = {
    text: chosen.text,
    heard: chosen.hypothesis.text,
    confidence: Math.min(
      sure(chosen.hypothesis, chosen.understood.confidence),
      share < leastShare ? DOUBTFUL_AT_MOST : 1,
    ),
    acts: chosen.understood.acts && share >= leastShare,
    doubtful: chosen.understood.acts && share < leastShare,
    tried: candidates.length,
  }
  if (candidates.some(c => c.understood.acts)) return plain
  // nothing can be done as it was heard: perhaps one name is a slip away from one that exists
  const words = first.hypothesis.text.split(' ')
  let tried = candidates.length
  for (const repair of repairs(words, options.names, options.phonesOf).slice(0, 2)) {
    const text = written(repair.text, options.spellings)
    const understood = await understand(text, signal)
    tried++
    if (understood.acts && understood.confidence >= SURE)
      return {
        text,
        heard: first.hypothesis.text,
        confidence: sure(first.hypothesis, understood.confidence) * (1 - repair.distance),
        acts: true,
        doubtful: false,
        repair,
        tried,
      }
  }
  return { ...plain, tried }
}
