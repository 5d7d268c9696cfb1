/** A stage of the command cascade whose answers count for the model's health while it is new. */

import type { HealthEvent } from '../ota/client/health.js'
import { codeOf } from './base/errors.js'
import type { CommandStage } from './commands/stages/stage.js'

/** The model's own failures; what the speaker can mend is not among them. */
const ITS_FAULT = new Set(['answer_cut_short', 'engine_died'])

/**
 * @param minConfidence a reading below it is refused: a model that is unsure more often than the one before is worse
 */
export function watched(
  stage: CommandStage,
  models: { health(event: HealthEvent): void },
  { minConfidence }: { minConfidence: number },
): CommandStage {
  return {
    name: stage.name,
    async run(utterance, signal) {
      try {
        const answer = await stage.run(utterance, signal)
        if (!answer) return answer
        if (answer.confidence < minConfidence) models.health({ what: 'error' })
        // without the wait for its turn: a busy hour is not the model's fault
        else models.health({ what: 'answered', ms: answer.value.inferMs })
        return answer
      } catch (error) {
        if (!signal?.aborted && ITS_FAULT.has(codeOf(error) ?? '')) models.health({ what: 'error' })
        throw error
      }
    },
  }
}
