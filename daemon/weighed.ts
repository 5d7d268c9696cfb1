/** A reading of a sentence as the rescorer of speech wants it. Pure. */
import type { Understanding } from './commands/understand.js'
import type { Understood } from './voice/rescore.js'

/** A question back ("which one?") and a refusal with a reason are worth as much as a deed: they were understood. */
export function weighed({ parsed, confidence }: Pick<Understanding, 'parsed' | 'confidence'>): Understood {
  if ('actions' in parsed)
    return { acts: parsed.actions.length > 0, meaning: JSON.stringify(parsed.actions), confidence }
  const { reason, candidates } = parsed.refusal
  return {
    acts: reason === 'ambiguous',
    meaning: reason === 'ambiguous' ? JSON.stringify(candidates ?? []) : reason,
    confidence,
  }
}
