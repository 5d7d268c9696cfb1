import fc from 'fast-check'
import t from 'tap'
import { Conditions } from '../../../daemon/observability/conditions.js'
import { Events } from '../../../daemon/observability/events.js'
import { createLog, silentLog } from '../../../daemon/observability/log.js'
import { BUCKETS_MS, Histogram, Metrics } from '../../../daemon/observability/metrics.js'
import { FakeClock } from '../../support/clock.js'

function paper() {
  const lines: string[] = []
  return { lines, out: { write: (text: string) => lines.push(text) } }
}

t.test('a log line is JSON with level, time, room and fields, or one line of text', async t => {
  const clock = new FakeClock()
  const json = paper()
  createLog({ level: 'info', format: 'json', clock, out: json.out }).of('bus').warn('gone', { tries: 3 })
  t.strictSame(JSON.parse(json.lines[0]!), {
    level: 'warn',
    time: '2024-01-01T00:00:00.000Z',
    room: 'bus',
    tries: 3,
    msg: 'gone',
  })
  const text = paper()
  const log = createLog({ level: 'info', format: 'text', clock, out: text.out })
  log.of('bus').error('two\nlines \u001b[31mred', { who: 'x' })
  t.strictSame(text.lines, ['00:00:00 error bus: two\\nlines \\u001b[31mred  who=x\n'])
  let built = false
  log.debug(() => {
    built = true
    return 'costly'
  })
  t.equal(built, false, 'text below the level is not built')
  silentLog.of('x').error('nothing')
})

t.test('what people said is printed at debug only; a repeated warning is counted, not repeated', async t => {
  const clock = new FakeClock()
  const metrics = new Metrics(clock)
  const { lines, out } = paper()
  const events = new Events(createLog({ level: 'info', format: 'json', clock, out }), metrics, clock)
  events.tell('CommandHeard', { text: 'a secret', answer: 'done', stage: 'memo', confidence: 1 })
  t.equal(lines.length, 0)
  for (let i = 0; i < 5; i++) events.tell('BrokerLost', { url: 'mqtt://h', problem: 'reset' })
  t.equal(lines.length, 1)
  await clock.turn(61_000)
  events.tell('BrokerLost', { url: 'mqtt://h', problem: 'reset' })
  t.match(JSON.parse(lines[1]!), { event: 'BrokerLost', repeated: 4, level: 'warn' })
  t.match(metrics.snapshot().counters, { commands: 1, broker_losses: 6 })
})

t.test('a histogram gives percentiles to the width of its buckets', async t => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 50_000, noNaN: true }), { minLength: 1 }), values => {
      const h = new Histogram()
      for (const v of values) h.add(v)
      const sorted = [...values].sort((a, b) => a - b)
      for (const share of [0.5, 0.95, 0.99]) {
        const exact = sorted[Math.ceil(share * sorted.length) - 1]!
        const bucket = BUCKETS_MS.findIndex(end => exact <= end)
        const low = bucket === 0 ? 0 : BUCKETS_MS[bucket - 1]!
        const got = h.percentile(share)
        if (got < low || got > BUCKETS_MS[bucket]!) return false
      }
      return h.read().max_ms <= sorted.at(-1)! + 0.001
    }),
  )
  const h = new Histogram()
  h.add(Number.NaN)
  h.add(-1)
  t.equal(h.read().count, 0)
  t.equal(h.read().p95_ms, 0)
})

t.test('metrics snapshot: counters, latencies, gauges asked when looked at', async t => {
  const clock = new FakeClock()
  const metrics = new Metrics(clock)
  let rss = 10
  metrics.gauge('rss_mib', () => rss)
  metrics.gauge('unknown_mib', () => undefined)
  metrics.observe('command_total', 12)
  rss = 20
  await clock.turn(5_000)
  t.match(metrics.snapshot(), {
    time: '2024-01-01T00:00:05.000Z',
    uptime_s: 5,
    gauges: { rss_mib: 20 },
    latencies: { command_total: { count: 1, max_ms: 12 } },
  })
  for (let i = 0; i < 1000; i++) metrics.count(`made-up-${i}`)
  t.ok(Object.keys(metrics.snapshot().counters).length <= 256, 'names from outside cannot fill the memory')
})

t.test('a condition shows after its time, hides its consequences, and heals', async t => {
  const clock = new FakeClock()
  const told: string[][] = []
  const conditions = new Conditions(clock, shown => told.push(shown.map(c => c.code)))
  t.teardown(() => conditions.stop())
  conditions.raise('broker_plain')
  t.equal(conditions.state(), 'online', 'information does not degrade')
  conditions.raise('broker_away', 'ECONNREFUSED')
  t.equal(conditions.state(), 'online', 'not at once')
  await clock.turn(6_000)
  t.equal(conditions.state(), 'degraded')
  t.match(conditions.shown(), [
    { code: 'broker_away', detail: 'ECONNREFUSED', since: '2024-01-01T00:00:00.000Z', remedy: String },
    { code: 'broker_plain' },
  ])
  conditions.clear('broker_away')
  conditions.set('inference_down', true)
  conditions.set('queue_full', true)
  await clock.turn(6_000)
  t.strictSame(
    conditions.shown().map(c => c.code),
    ['inference_down', 'broker_plain'],
  )
  conditions.set('inference_down', false)
  conditions.set('queue_full', false)
  t.equal(conditions.state(), 'online')
  t.strictSame(told.at(-1), ['broker_plain'])
})
