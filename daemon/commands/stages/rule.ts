import type { StageAnswer } from '../../inference/cascade.js'
import { type Called, called } from '../called.js'
import type { CompactAction } from '../compact.js'
import type { Device, Home } from '../home.js'
import { normalise } from '../normalise.js'
import { withoutTime } from '../put-off.js'
import type { CommandStage, Reading, Utterance } from './stage.js'

/**
 * An utterance that is the name of a scene, script or routine, or of an appliance and its program, needs no model. Made anew for each utterance: unlike the
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
    const time = withoutTime(normalised)
    const now = called(normalised, this.#home, this.#among)
    const found = now ?? (time && called(time.rest, this.#home, this.#among))
    if (!found) return undefined
    const name = 'routine' in found ? found.routine.name : found.device.name
    const what = 'routine' in found ? 'routine' : found.device.kind
    return {
      value: {
        command: 'routine' in found ? [] : [short(found)],
        called: found,
        ...(now || !time ? {} : { when: time.when }),
        model: null,
        promptTokens: 0,
        outputTokens: 0,
        inferMs: 0,
      },
      confidence: 1,
      reason: `the ${what} "${name}" by its name`,
    }
  }
}

/** The short form of what was called, for whoever asks what the last command was. */
function short({ device, program }: Extract<Called, { device: Device }>): CompactAction {
  const dev = normalise(device.name)
  return program
    ? { action: 'start', kind: 'thing', dev, val: normalise(program.name) }
    : { action: 'activate', kind: 'scene', dev }
}
