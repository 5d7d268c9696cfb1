import type { StageAnswer } from '../../inference/cascade.js'
import { called } from '../called.js'
import type { Home } from '../home.js'
import { normalise } from '../normalise.js'
import type { CommandStage, Reading, Utterance } from './stage.js'

/**
 * An utterance that is the name of a scene, script or routine needs no model. Made anew for each utterance: unlike the
 * other stages it knows the home, so what it read is not remembered.
 */
export class RuleStage implements CommandStage {
  readonly name = 'rule'
  #home: Home
  #among: { routines: boolean }

  /** @param among whether routines can be called; the sentences of a routine cannot */
  constructor(home: Home, among: { routines: boolean }) {
    this.#home = home
    this.#among = among
  }

  async run({ normalised }: Utterance): Promise<StageAnswer<Reading> | undefined> {
    const found = called(normalised, this.#home, this.#among)
    if (!found) return undefined
    const name = 'routine' in found ? found.routine.name : found.device.name
    return {
      value: {
        command: 'routine' in found ? [] : [{ action: 'activate', kind: 'scene', dev: normalise(name) }],
        called: found,
        model: null,
        promptTokens: 0,
        outputTokens: 0,
        inferMs: 0,
      },
      confidence: 1,
      reason: `the ${'routine' in found ? 'routine' : found.device.kind} "${name}" by its name`,
    }
  }
}
