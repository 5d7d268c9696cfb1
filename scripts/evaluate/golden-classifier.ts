/** How weights of the classifier of lines do on golden lines: with plain code, as a device tries them. */
import { Classifier, shippedWeights } from '../../daemon/triage/classifier/classifier.js'
import { isRight, tryWeights, type WeightsFigures } from '../../daemon/triage/classifier/trial.js'
import { loadGolden } from '../../daemon/triage/golden.js'
import { Triage } from '../../daemon/triage/triage.js'

export interface JudgedWeights extends WeightsFigures {
  model: string
  requests: number
  /** Each line that is not right: the line, what is right, what is said. */
  wrong: { request: string; right: string; said: string }[]
}

/** @throws classifier_broken, golden_unreadable, golden_row_broken */
export async function judgeWeights(golden: string, model = shippedWeights()): Promise<JudgedWeights> {
  const { rows } = await loadGolden(golden)
  const classifier = Classifier.read(model)
  const figures = await tryWeights(classifier, rows, new AbortController().signal)
  const triage = new Triage({ classifier })
  const words = (v: { severity: string; category: string; component: string }) =>
    `${v.severity} ${v.category} ${v.component}`
  const wrong = rows.flatMap(row => {
    const { verdict } = triage.unbiased(row.source, row.line)
    if (isRight(row, verdict)) return []
    return [{ request: `[${row.source}] ${row.line}`, right: words(row), said: words(verdict) }]
  })
  return { model, requests: rows.length, ...figures, wrong }
}
