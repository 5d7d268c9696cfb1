/** A reading of a sentence as the rescorer of speech wants it. Pure. */
import type { Understanding } from './commands/understand.js'
import type { Understood } from './voice/rescore.js'

/** A question back ("which one?") is as good as a deed. */
export function weighed({ parsed, confidence }: Pick<Understanding, 'parsed' | 'confidence'>): Understood {
  if ('actions' in parsed) return { acts: parsed.actions.length > 0, refused: false, confidence }
  const { reason } = parsed.refusal
  return {
    acts: reason === 'ambiguous',
    refused: reason === 'unknown_device' || reason === 'unsupported',
    confidence,
  }
}
