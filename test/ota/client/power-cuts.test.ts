import t from 'tap'
import { powerCuts } from '../../../scripts/bench/power-cuts.js'

// the whole round is `node dist/scripts/bench/power-cuts.js`; here a sample
t.test('an updater that is killed anywhere leaves a whole model and finishes later', async t => {
  const report = await powerCuts(80, 1, 16_384)
  t.strictSame(report.bricked, [])
  t.ok(report.cuts >= 80)
  t.ok(report.atEveryCall >= 30, 'at calls that change a file')
  t.ok(report.atRandom >= 5, 'and at random moments')
})
