import fc from 'fast-check'
import t from 'tap'
import { csvCells } from '../../../daemon/base/csv.js'
import { Channel } from '../../../daemon/triage/numbers/channel.js'
import { ChannelGroup } from '../../../daemon/triage/numbers/group.js'
import { History, HORIZON } from '../../../daemon/triage/numbers/history.js'

/** Noise that is the same in every run, 0 to 1. */
function noise(seed = 1) {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
const MINUTE = 60_000
/** Where alarms begin. */
function alarms(values: readonly number[], everyMs = MINUTE) {
  const channel = new Channel()
  return values.flatMap((value, i) => {
    const alarm = channel.add(value, i * everyMs)
    return alarm ? [{ at: i, ...alarm }] : []
  })
}
const steady = (n: number, level = 50, seed = 1) => {
  const random = noise(seed)
  return Array.from({ length: n }, () => level + random() + random() + random() - 1.5)
}

t.test('a history answers like one that keeps everything', async () => {
  const value = fc.double({ min: -1e6, max: 1e6, noNaN: true })
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 250 }), values => {
      const history = new History()
      for (const x of values) history.add(x)
      const sorted = [...values].sort((a, b) => a - b)
      const near = (a: number, b: number) => Math.abs(a - b) <= 1e-9 * (1 + Math.abs(b))
      return (
        near(history.quantile(0), sorted[0]!) &&
        near(history.quantile(1), sorted.at(-1)!) &&
        history.high <= sorted.at(-1)! &&
        history.low >= sorted[0]! &&
        values.every(x => Number.isFinite(history.beyond(x)))
      )
    }),
  )
})

t.test('the range of a history is that of its horizon, also over its ends', async t => {
  const history = new History()
  const random = noise()
  for (let i = 0; i < 3 * HORIZON; i++) history.add(random())
  t.ok(history.high > 0.99 && history.high <= 1 && history.low < 0.01)
  t.ok(Math.abs(history.quantile(0.5) - 0.5) < 0.15)
  for (let i = 0; i < 2 * HORIZON; i++) history.add(10 + random())
  t.ok(history.low >= 10, 'what was long ago is forgotten')
  t.equal(history.beyond(10.5), 0)
  t.ok(history.beyond(20) > 5 && history.beyond(0) < -5)
})

t.test('a spike, a shift, noise, silence: each is one alarm with its reason', async t => {
  const cases: [string, (values: number[]) => void, RegExp][] = [
    ['spike', v => v.splice(900, 1, 90), /the value 90 is|changed by/],
    ['shift', v => v.splice(900, 300, ...steady(300, 58, 3)), /above the usual|level has shifted/],
    ['noise', v => v.splice(900, 200, ...steady(200, 0, 5).map(x => 50 + x * 9)), /noisier|value|changed/],
    ['stuck', v => v.splice(900, 200, ...new Array(200).fill(50.1)), /hardly moves/],
  ]
  for (const [name, spoil, reason] of cases) {
    const values = steady(1300)
    spoil(values)
    const found = alarms(values).filter(a => a.at >= 900 && a.at < 1200)
    t.equal(found.length, 1, `${name}: one alarm`)
    t.match(found[0]?.reason, reason)
    t.ok(found[0]!.at < 930, `${name} after ${found[0]!.at - 900} values`)
  }
  t.ok(alarms(steady(20_000)).length <= 2, 'twenty thousand quiet values')
  t.equal(alarms(new Array(5000).fill(3)).length, 0, 'a constant is no fault')
})

t.test('what is usual at noon is not usual at night', async t => {
  const random = noise(9)
  const day = (i: number) => ((i * 5) % 1440) / 60
  const values = Array.from(
    { length: 12 * 288 },
    (_, i) => (day(i) >= 9 && day(i) < 17 ? 80 : 20) + random() * 4,
  )
  t.equal(alarms(values, 5 * MINUTE).length, 0)
  const missing = values.map((x, i) => (i >= 10 * 288 && i < 11 * 288 ? 20 + random() * 4 : x))
  const found = alarms(missing, 5 * MINUTE)
  t.match(found[0]?.reason, /below what is usual at this time of day/)
  t.ok(found[0]!.at >= 10 * 288 + 9 * 12 && found[0]!.at < 10 * 288 + 11 * 12)
})

t.test('a fault shows in how numbers move against one another', async t => {
  const random = noise(4)
  const row = (i: number, fault: number) => {
    const load = 5 + Math.sin(i / 60) + random() * 0.2
    // current follows the load; flow does too, unless something is in the way
    return [load, load * 2 + random() * 0.2, load * 3 - fault + random() * 0.3, 40 + i * 0.005]
  }
  const group = new ChannelGroup(['load', 'current', 'flow', 'temperature'])
  const found: { at: number; reason: string }[] = []
  for (let i = 0; i < 1600; i++) {
    const alarm = group.add(row(i, i >= 1000 && i < 1300 ? 4 : 0))
    if (alarm) found.push({ at: i, reason: alarm.reason })
  }
  t.equal(found.filter(a => a.at < 1000).length, 0, 'warming up is no fault')
  t.ok(found[0]!.at >= 1000 && found[0]!.at < 1040)
  t.match(found[0]!.reason, /flow fell from/)
})

t.test('whatever the numbers, nothing breaks', async () => {
  const any = fc.oneof(fc.double(), fc.constantFrom(0, 1e308, -1e308, Number.NaN, Number.POSITIVE_INFINITY))
  fc.assert(
    fc.property(fc.array(any, { maxLength: 700 }), values => {
      const found = alarms(values)
      return found.every(a => a.score >= 0 && a.reason.length > 10)
    }),
    { numRuns: 30 },
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(any, any, any), { maxLength: 600 }), rows => {
      const group = new ChannelGroup(['a', 'b', 'c'], { learnRows: 60, skipRows: 5 })
      return rows.every(r => group.add(r) === undefined || true)
    }),
    { numRuns: 20 },
  )
  fc.assert(
    fc.property(fc.array(fc.string()), cells => {
      const line = cells.map(c => `"${c.replace(/[\r\n]/g, ' ').replaceAll('"', '""')}"`).join(',')
      return cells.length === 0 || csvCells(line).length === cells.length
    }),
  )
})
