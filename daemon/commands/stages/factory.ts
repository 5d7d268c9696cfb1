import { confidenceOf, featuresOf } from '../../inference/confidence.js'
import type { Engine } from '../../inference/engine.js'
import { compactGrammar, decode, promptFor } from '../compact.js'
import { errors } from '../errors.js'
import type { CommandStage, Utterance } from './stage.js'

/** Enough for six commands with their spans; a torso is an error, never an answer. */
const MAX_TOKENS = 160

/** The factory SLM: reads the utterance into the short form, bound by a grammar of the utterance's own words. */
export class FactoryStage implements CommandStage {
  readonly name = 'factory'
  #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  async run({ normalised, dialogue }: Utterance, signal?: AbortSignal) {
    const { prefix, prompt } = promptFor(normalised)
    const completion = await this.#engine.complete(
      { prefix, prompt, grammar: compactGrammar(normalised, { dialogue }), maxTokens: MAX_TOKENS },
      signal,
    )
    const command = completion.stop === 'complete' ? decode(completion.text) : undefined
    if (!command) throw errors.answer_cut_short({ tokens: MAX_TOKENS })
    return {
      value: {
        command,
        model: completion.model.name,
        promptTokens: completion.figures.promptTokens,
        outputTokens: completion.figures.outputTokens,
        inferMs: completion.figures.inferMs,
        ...(completion.figures.energyMj === undefined ? {} : { energyMj: completion.figures.energyMj }),
      },
      confidence: confidenceOf(featuresOf(completion, command.length === 0), completion.model.calibration),
      reason: command.length ? 'read by the factory model' : 'the factory model takes it for no command',
    }
  }
}
