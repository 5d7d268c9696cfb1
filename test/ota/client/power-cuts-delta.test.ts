import t from 'tap'
import { powerCuts } from '../../../scripts/bench/power-cuts.js'

// the whole round is `node dist/scripts/bench/power-cuts.js --delta`; here a sample
t.test('killed anywhere while it makes a model from another, it goes on with the difference', async t => {
  const report = await powerCuts(30, 2, 130_000, { isDelta: true })
  t.strictSame(report.bricked, [])
  t.equal(report.refused, 0)
  t.ok(report.cuts >= 30 && report.atEveryCall >= 10 && report.atRandom >= 3)
})
