import t from 'tap'
import { powerCuts } from '../../../scripts/bench/power-cuts.js'
import { sweep } from '../../support/sweep.js'

// a sample; every call in every way, and many random moments, is `node dist/scripts/bench/power-cuts.js`
const CUTS = sweep(40, 240)

t.test('an updater that is killed anywhere leaves a whole model and finishes later', async t => {
  const report = await powerCuts(CUTS, 1, 16_384)
  t.strictSame(report.bricked, [])
  t.ok(report.cuts >= CUTS)
  t.ok(report.atEveryCall >= CUTS / 3, `${report.atEveryCall} at calls that change a file`)
  t.ok(report.atRandom >= CUTS / 16, `and ${report.atRandom} at random moments`)
})
