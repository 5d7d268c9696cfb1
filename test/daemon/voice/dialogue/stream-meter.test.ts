import fc from 'fast-check'
import t from 'tap'
import { StreamMeter } from '../../../../daemon/voice/dialogue/stream-meter.js'

/** Frames of so many ms at these times, and what was found. */
function feed(meter: StreamMeter, times: readonly number[], ms: number): string[] {
  return times.flatMap(at => meter.push(ms, at) ?? [])
}
const every = (ms: number, from: number, to: number) =>
  Array.from({ length: Math.floor((to - from) / ms) }, (_, n) => from + n * ms)

t.test('two microphones are told apart from one within three seconds, and one again from two', async t => {
  const meter = new StreamMeter()
  t.strictSame(feed(meter, every(32, 0, 10_000), 32), [], 'one')
  t.strictSame(feed(meter, every(16, 10_000, 13_100), 32), ['doubled'], 'two')
  t.ok(meter.doubled)
  t.strictSame(feed(meter, every(32, 13_100, 30_000), 32), ['settled'])
  t.notOk(meter.doubled)
})

t.test('one microphone is one, whatever the network does to its frames', async t => {
  const outage = fc.record({
    at: fc.integer({ min: 0, max: 19_000 }),
    ms: fc.integer({ min: 0, max: 6_000 }),
  })
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 100 }), outage, fc.nat(5), (ms, cut, jitterMs) => {
      const meter = new StreamMeter()
      const times = every(ms, 0, 20_000).map((at, n) => {
        const late = at + ((n * 7) % (jitterMs + 1))
        return late >= cut.at && late < cut.at + cut.ms ? cut.at + cut.ms : late
      })
      t.strictSame(
        feed(
          meter,
          times.sort((a, b) => a - b),
          ms,
        ),
        [],
      )
    }),
    { numRuns: 300 },
  )
})
