/**
 * How sure an answer is. The plain product of the probabilities of the chosen tokens ranks answers well, but it is not
 * the share of answers that are right: a model that hesitates over the spelling of a span may be certain of the command.
 * A model can carry weights that turn what the decode loop sees anyway into a probability: a logistic regression, fitted
 * by `scripts/evaluate/calibrate.ts`. They belong to the weights of the network, so they travel in the same file.
 * @source Platt, "Probabilistic outputs for support vector machines", 1999
 */
import { errors, type GgufHeader } from '../base/gguf.js'
import type { Completion } from './engine.js'

/** Metadata of a GGUF: the weights, and the names of what they are for, in the same order, blanks between. */
export const CALIBRATION_KEY = 'fieldmouse.calibration'
export const CALIBRATION_FEATURES_KEY = 'fieldmouse.calibration.features'

/** What can be known of an answer once it is written, at next to no cost. A name keeps its meaning for ever: files use it. */
export interface Features {
  /** Always 1. */
  one: number
  /** Sum of the natural logarithms of the probabilities of the chosen tokens; 0 or less. */
  log_p: number
  /** The log odds of that product, log(p / (1 - p)), from -7 to 9: 0.99 and 0.999 are far apart, and so are 0.1 and 0.01,
   * but nothing is learned from how impossible an impossible answer was. */
  logit_p: number
  /** How many tokens were chosen, not forced by the grammar, as log(1 + n). */
  choices: number
  /** Probability of likelier tokens that the grammar did not allow, summed over the answer; 0 or more. */
  rejected: number
  /** 1 when the words are taken for no command, else 0. */
  none: number
}
export const FEATURE_NAMES: readonly (keyof Features)[] = [
  'one',
  'log_p',
  'logit_p',
  'choices',
  'rejected',
  'none',
]
const isFeature = (name: string): name is keyof Features => (FEATURE_NAMES as string[]).includes(name)

/** A weight for each of some features. */
export interface Calibration {
  features: readonly (keyof Features)[]
  weights: readonly number[]
}

/** A token that was chosen with less counts as this much: the logarithm stays finite. */
const LEAST_PROBABILITY = 1e-6
const LEAST_LOGIT = -7
const MOST_LOGIT = 9

/** @param none whether the words are taken for no command */
export function featuresOf({ tokens }: Pick<Completion, 'tokens'>, none: boolean): Features {
  const chosen = tokens.filter(token => !token.forced)
  const logs = chosen.map(token => Math.log(Math.max(token.probability, LEAST_PROBABILITY)))
  const logP = logs.reduce((sum, x) => sum + x, 0)
  const logNot = Math.log(Math.max(-Math.expm1(logP), LEAST_PROBABILITY))
  return {
    one: 1,
    log_p: logP,
    logit_p: Math.min(MOST_LOGIT, Math.max(LEAST_LOGIT, logP - logNot)),
    choices: Math.log1p(chosen.length),
    rejected: chosen.reduce((sum, token) => sum + token.rejected, 0),
    none: none ? 1 : 0,
  }
}

/** Probability that an answer is right, 0 to 1: calibrated if the model carries weights, else the plain product. */
export function confidenceOf(features: Features, calibration?: Calibration): number {
  if (!calibration) return Math.exp(features.log_p)
  const z = calibration.features.reduce((sum, name, i) => sum + calibration.weights[i]! * features[name], 0)
  return 1 / (1 + Math.exp(-z))
}

/**
 * The calibration in a model's header.
 * @returns undefined when there is none, or one for features that this version does not know: a model made for a later
 *   version still works, with the plain product
 * @throws gguf_broken when the weights are not what the names promise
 */
export function calibrationOf(header: Pick<GgufHeader, 'metadata'>, path: string): Calibration | undefined {
  const weights = header.metadata.get(CALIBRATION_KEY)
  if (weights === undefined) return undefined
  const names = header.metadata.get(CALIBRATION_FEATURES_KEY)
  const broken = (problem: string) =>
    errors.gguf_broken({ path, where: `metadata "${CALIBRATION_KEY}"`, problem })
  if (typeof names !== 'string') throw broken(`"${CALIBRATION_FEATURES_KEY}" does not say what it is for`)
  const features = names.split(' ')
  if (!Array.isArray(weights) || !weights.every(w => typeof w === 'number' && Number.isFinite(w)))
    throw broken('it is not a list of finite numbers')
  if (weights.length !== features.length)
    throw broken(`${weights.length} weights do not fit ${features.length} features ("${names}")`)
  return features.every(isFeature) ? { features, weights: weights as number[] } : undefined
}
