/** The cascade: stages in order, cheapest first, until one is sure enough. */
import { describe, isRetryable } from '../base/errors.js'

/** What one stage answered. */
export interface StageAnswer<O> {
  value: O
  /** 0 to 1. */
  confidence: number
  /** Why it answered so, for people. */
  reason: string
}

/** One stage: answers, or says that it has nothing to say. */
export interface Stage<I, O> {
  readonly name: string
  run(input: I, signal?: AbortSignal): Promise<StageAnswer<O> | undefined>
}

/** What a stage said on the way to the answer. */
export interface TrailEntry {
  stage: string
  confidence?: number
  reason: string
}

/** The answer, who gave it, and what the others said. */
export interface CascadeAnswer<O> extends StageAnswer<O> {
  stage: string
  trail: TrailEntry[]
}

/**
 * Runs stages until one is at least `minConfidence` sure; if none is, the surest answer is returned as it is, for the
 * caller to refuse or to ask back. A stage that fails for the moment is passed over.
 * @throws the last failure when no stage answered at all
 */
export async function runCascade<I, O>(
  stages: readonly Stage<I, O>[],
  input: I,
  options: { minConfidence: number; signal?: AbortSignal },
): Promise<CascadeAnswer<O>> {
  const trail: TrailEntry[] = []
  let surest: Omit<CascadeAnswer<O>, 'trail'> | undefined
  let failure: unknown
  for (const stage of stages) {
    options.signal?.throwIfAborted()
    try {
      const answer = await stage.run(input, options.signal)
      if (!answer) {
        trail.push({ stage: stage.name, reason: 'nothing to say' })
        continue
      }
      trail.push({ stage: stage.name, confidence: answer.confidence, reason: answer.reason })
      if (!surest || answer.confidence > surest.confidence) surest = { ...answer, stage: stage.name }
      if (answer.confidence >= options.minConfidence) break
    } catch (error) {
      if (!isRetryable(error)) throw error
      failure = error
      trail.push({ stage: stage.name, reason: describe(error) })
    }
  }
  if (!surest) throw failure ?? new Error('the cascade has no stages')
  return { ...surest, trail }
}
