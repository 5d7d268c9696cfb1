import fc from 'fast-check'
import t from 'tap'
import { seeded } from '../../../daemon/base/random.js'
import { fit, predict } from '../../../scripts/evaluate/logistic.js'
import { calibrationError, reliability, riskCoverage } from '../../../scripts/evaluate/reliability.js'

const share = fc.double({ min: 0, max: 1, noNaN: true })
const answers = fc.array(fc.record({ confidence: share, right: fc.boolean() }), {
  minLength: 1,
  maxLength: 60,
})

t.test('answers as sure as they are right have next to no calibration error', async t => {
  const random = seeded(3)
  const sample = Array.from({ length: 20_000 }, () => {
    const confidence = random()
    return { confidence, right: random() < confidence }
  })
  t.ok(calibrationError(reliability(sample)) < 0.02)
  const boasting = sample.map(a => ({ ...a, confidence: 0.99 }))
  t.ok(Math.abs(calibrationError(reliability(boasting)) - 0.49) < 0.02)
})

t.test('the error is a share, every answer is in one bin', async t => {
  fc.assert(
    fc.property(answers, list => {
      const bins = reliability(list)
      const error = calibrationError(bins)
      return (
        error >= 0 &&
        error <= 1 &&
        bins.reduce((n, b) => n + b.count, 0) === list.length &&
        bins.every(b => b.confidence >= b.from - 1e-9 && b.confidence <= b.to + 1e-9)
      )
    }),
  )
  t.pass()
})

t.test('a higher threshold never answers more', async t => {
  fc.assert(
    fc.property(answers, fc.uniqueArray(share, { minLength: 2, maxLength: 8 }), (list, thresholds) => {
      const trade = riskCoverage(
        list,
        [...thresholds].sort((a, b) => a - b),
      )
      return trade.every((x, i) => i === 0 || x.coverage <= trade[i - 1]!.coverage)
    }),
  )
  t.pass()
})

t.test('the fit finds the weights that a sample was drawn with', async t => {
  const random = seeded(11)
  const truth = [1.5, -2, 0.7]
  const samples = Array.from({ length: 20_000 }, () => {
    const x = [1, random() * 4 - 2, random() * 4 - 2]
    return { x, right: random() < predict(truth, x) }
  })
  fit(samples).forEach((w, i) => {
    t.ok(Math.abs(w - truth[i]!) < 0.15, `${w} for ${truth[i]}`)
  })
})

t.test('the fit ends with finite weights, also when nothing or everything is right', async t => {
  const x = fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 2, maxLength: 2 })
  fc.assert(
    fc.property(fc.array(fc.record({ x, right: fc.boolean() }), { minLength: 1, maxLength: 40 }), samples =>
      fit(samples).every(Number.isFinite),
    ),
    { numRuns: 200 },
  )
  t.ok(fit([{ x: [1], right: true }]).every(Number.isFinite))
})
