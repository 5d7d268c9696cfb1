import fc from 'fast-check'
import t from 'tap'
import { NumberLimits } from '../../../daemon/triage/numbers/limits.js'
import { NumberWatch } from '../../../daemon/triage/numbers/watch.js'

const limit = { name: 'temp', low: 2, high: 8, highHigh: 12, lowLow: -2, deadband: 0.5 }
const phases = (values: readonly number[]) => {
  const limits = new NumberLimits([limit])
  return values.flatMap((v, i) =>
    limits.take('s', 'temp', v, i * 60_000).map(n => `${v} ${n.which} ${n.phase} ${n.severity}`),
  )
}

t.test(
  'a limit is one alarm until the value is back by its deadband, and worse beyond the second limit',
  async t => {
    t.strictSame(phases([5, 8.1, 7.9, 8.2, 12.5, 9, 7.4, 5]), [
      '8.1 high raise warning',
      '12.5 high raise critical',
      '9 high raise warning',
      '7.4 high return normal',
    ])
    t.strictSame(phases([1, -3, 3]), ['1 low raise warning', '-3 low raise critical', '3 low return normal'])
  },
)

t.test('how fast it changes counts by the minute; two lines in one second say nothing of it', async t => {
  const limits = new NumberLimits([{ name: 'p', perMinute: 10, deadband: 0 }])
  t.strictSame(limits.take('s', 'p', 0, 0), [])
  t.strictSame(limits.take('s', 'p', 50, 100), [])
  t.match(limits.take('s', 'p', 30, 60_000), [{ which: 'rate', phase: 'raise' }])
  t.match(limits.take('s', 'p', 31, 120_000), [{ which: 'rate', phase: 'return' }])
})

t.test(
  'whatever the values, each raise is followed by a return or a worse one, and nothing returns unraised',
  async () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -20, max: 30, noNaN: true }), { maxLength: 60 }), values => {
        const limits = new NumberLimits([limit])
        const live: Record<string, boolean> = { high: false, low: false }
        for (const [i, v] of values.entries())
          for (const { which, phase } of limits.take('s', 'temp', v, i * 1000)) {
            if (phase === 'return' && !live[which]) return false
            live[which] = phase === 'raise'
          }
        return true
      }),
    )
  },
)

t.test('limits are for their source and name; rows of a table have the names of their header', async t => {
  const watch = new NumberWatch({ limits: [{ source: 'a', name: 'temp', high: 8, deadband: 0 }] })
  t.strictSame(watch.take('b', '{"temp": 20}', 0, 0).news, [])
  t.match(watch.take('a', '{"temp": 20}', 0, 0).news, [{ name: 'temp', value: 20, phase: 'raise' }])
  const table = new NumberWatch({ limits: [{ name: 'level', high: 90, deadband: 0 }] })
  t.strictSame(table.take('csv', 'time,level,flow', 0, 0).news, [])
  t.match(table.take('csv', '2026-01-05T08:00:00Z,95.5,3.1', 0, 0).news, [{ name: 'level', value: 95.5 }])
})
