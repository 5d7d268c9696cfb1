/** How weights that came over the air are tried on this device, and take over. */
import { packageVersion } from './base/package-root.js'
import { factoryModelOf } from './factory.js'
import { CLASSIFIER, type LineClassifier, shippedClassifier } from './line-classifier.js'
import { Classifier } from './triage/classifier/classifier.js'
import { NO_FIGURES, tryWeights } from './triage/classifier/trial.js'
import { loadGolden } from './triage/golden.js'
import type { ManagedModel } from './updates.js'

/**
 * No process, no memory to speak of, no engine but this program: candidate and running weights judge the golden lines one
 * after the other, together with plain code, as they would judge the lines of this device.
 */
export function managedClassifier(classifier: LineClassifier, onSwapped: () => void): ManagedModel {
  const factory = shippedClassifier()
  return {
    family: CLASSIFIER,
    factory,
    engine: packageVersion(),
    inspect: async path => void Classifier.read(path),
    trial: async (candidate, running, signal) => {
      // the publisher's own lines; where the bundle has none, those that what runs, or the line model, was held to
      const path = candidate.files.golden ?? running.files.golden ?? factoryModelOf('line').files.golden
      if (path === undefined) return NO_FIGURES
      const { rows } = await loadGolden(path)
      const figures = await tryWeights(Classifier.read(candidate.files.model!), rows, signal)
      const { accuracy, p95Ms } = await tryWeights(classifier.now, rows, signal)
      return { ...figures, running: { accuracy, p95Ms } }
    },
    swap: async to => {
      classifier.take(to.files.model!)
      onSwapped()
    },
  }
}
