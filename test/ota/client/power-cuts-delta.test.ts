import t from 'tap'
import { powerCuts } from '../../../scripts/bench/power-cuts.js'
import { sweep } from '../../support/sweep.js'

// a sample; every call in every way, and many random moments, is `node dist/scripts/bench/power-cuts.js --delta`
const CUTS = sweep(18, 90)

t.test('killed anywhere while it makes a model from another, it goes on with the difference', async t => {
  const report = await powerCuts(CUTS, 2, 130_000, { isDelta: true })
  t.strictSame(report.bricked, [])
  t.equal(report.refused, 0)
  t.ok(report.cuts >= CUTS)
  t.ok(report.atEveryCall >= CUTS / 3, `${report.atEveryCall} at calls that change a file`)
  t.ok(report.atRandom >= CUTS / 10, `and ${report.atRandom} at random moments`)
})
