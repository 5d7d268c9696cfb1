import t from 'tap'
import { defineErrors } from '../../../daemon/base/errors.js'
import { type RequestEvent, Requests, type RequestsOptions } from '../../../daemon/requests/accept.js'
import type { Outcome, Reply } from '../../../daemon/requests/reply.js'
import type { Request } from '../../../daemon/requests/request.js'
import { FakeClock } from '../../support/clock.js'

const outcome = (result: unknown): Outcome => ({
  ok: true,
  result,
  stage: 'rule',
  confidence: 1,
  model: null,
  inferMs: 3,
  promptTokens: 1,
  outputTokens: 2,
})

/** Requests whose handler does what the test says, on a clock that the test turns. */
function setUp(options: Partial<RequestsOptions> = {}) {
  const clock = new FakeClock()
  const events: RequestEvent[] = []
  const requests = new Requests({ clock, wait: clock.wait, onEvent: e => events.push(e), ...options })
  const runs: {
    request: Request
    signal: AbortSignal
    finish: (o: Outcome) => void
    fail: (e: unknown) => void
  }[] = []
  requests.register(
    'command',
    (request, signal) =>
      new Promise((finish, fail) => {
        runs.push({ request, signal, finish, fail })
      }),
  )
  const replies: Reply[] = []
  let n = 0
  const send = (more: Partial<Request> = {}) =>
    requests.submit(
      {
        id: `r${++n}`,
        kind: 'command',
        body: { text: 'turn on the lamp' },
        origin: 'somebody',
        receivedAt: clock.now(),
        priority: 0,
        ...more,
      },
      reply => {
        replies.push(reply)
      },
    )
  return { clock, events, requests, runs, replies, send, settle: () => clock.turn(0).then(tick) }
}
const tick = () => new Promise<void>(resolve => setImmediate(resolve))
const codes = (replies: Reply[]) => replies.map(r => r.error?.code)

t.test('a request is run and answered with its figures', async t => {
  const { clock, requests, runs, replies, send, settle } = setUp()
  t.equal(send(), 'accepted')
  t.equal(send(), 'accepted')
  await clock.turn(10)
  runs[0]!.finish(outcome('lamp is on'))
  await settle()
  await clock.turn(5)
  runs[1]!.finish(outcome('again'))
  await settle()
  t.strictSame(replies[0], {
    id: 'r1',
    ok: true,
    result: 'lamp is on',
    stage: 'rule',
    confidence: 1,
    model: null,
    timing: { queue_ms: 0, infer_ms: 3, total_ms: 10, prompt_tokens: 1, output_tokens: 2 },
  })
  t.match(replies[1], { id: 'r2', timing: { queue_ms: 10, total_ms: 15 } })
  t.match(requests.counters, { accepted: 2, answered: 2, expired: 0 })
})

t.test('nobody waits for a request past its expiry: it is dropped and counted, wherever it is', async t => {
  const { clock, events, requests, runs, replies, send, settle } = setUp()
  t.equal(send({ expiresAt: clock.now() - 1 }), 'expired')
  send({ expiresAt: clock.now() + 100 })
  send({ expiresAt: clock.now() + 50 })
  send()
  await clock.turn(100)
  t.equal(runs[0]!.signal.reason, 'expired')
  runs[0]!.fail(runs[0]!.signal.reason)
  await settle()
  t.equal(runs[1]!.request.id, 'r4')
  runs[1]!.finish(outcome(1))
  await settle()
  t.strictSame(
    events.flatMap(e => (e.name === 'RequestExpired' ? [`${e.request.id} ${e.where}`] : [])),
    ['r1 on arrival', 'r2 while it ran', 'r3 in the queue'],
  )
  t.strictSame(
    replies.map(r => r.id),
    ['r4'],
  )
  t.match(requests.counters, { accepted: 3, answered: 1, expired: 3 })
})

t.test('a jump of the wall clock neither expires nor revives a request', async t => {
  const clock = new FakeClock()
  let jump = 0
  const jumpy = { now: () => clock.now() + jump, monotonic: () => clock.monotonic() }
  const { runs, replies, send, settle } = setUp({ clock: jumpy, wait: clock.wait })
  send({ expiresAt: jumpy.now() + 1000 })
  jump = 50 * 365 * 86_400_000 // a board without a clock of its own hears the time for the first time
  await clock.turn(500)
  runs[0]!.finish(outcome('in time'))
  await settle()
  t.match(replies, [{ ok: true }])
})

t.test('a full queue says busy, and when to come back', async t => {
  const { requests, runs, replies, send, settle } = setUp({ queueLength: 2 })
  requests.register('triage', async () => outcome('lines'))
  send()
  send({ kind: 'triage', priority: 2 })
  send()
  t.equal(send(), 'accepted', 'a command takes the place of lines')
  t.equal(send(), 'refused')
  await settle()
  t.strictSame(codes(replies), ['busy', 'busy'])
  t.strictSame(
    replies.map(r => r.id),
    ['r2', 'r5'],
  )
  const after = replies[1]!.error!.retry_after_ms!
  t.ok(after >= 100 && after <= 60_000, `${after}`)
  t.equal(requests.counters.busy, 2)
  t.equal(runs.length, 1)
})

t.test('the same request is acted on once, however often it is delivered', async t => {
  const { clock, requests, runs, replies, send, settle } = setUp()
  const same = { dedupeKey: 'correlation AQ==' }
  t.equal(send(same), 'accepted')
  t.equal(send(same), 'joined', 'while it runs')
  runs[0]!.finish(outcome('lamp is on'))
  await settle()
  t.equal(replies.length, 2)
  t.equal(send(same), 'repeated', 'after the answer')
  await settle()
  t.equal(runs.length, 1)
  t.strictSame(replies[2], replies[0], 'the answer known is sent again')
  t.equal(send({ ...same, origin: 'somebody else' }), 'accepted', 'two senders may both count from one')
  t.equal(send({ ...same, body: { text: 'open the garage' } }), 'refused')
  await settle()
  t.equal(replies.at(-1)!.error!.code, 'id_reused')
  await clock.turn(10 * 60_000)
  t.equal(send(same), 'accepted', 'much later it is a new request')
  t.equal(requests.counters.duplicates, 2)
})

t.test('a request that was not acted on may come again under the same id', async t => {
  const { clock, runs, replies, send, settle } = setUp({ queueLength: 1 })
  send()
  send({ expiresAt: clock.now() + 50 })
  t.equal(send({ dedupeKey: 'a' }), 'refused')
  await clock.turn(60)
  t.equal(send({ dedupeKey: 'a' }), 'accepted')
  runs[0]!.finish(outcome(1))
  await settle()
  runs[1]!.finish(outcome(2))
  await settle()
  t.strictSame(codes(replies), ['busy', undefined, undefined])
})

t.test('what is remembered of answers is bounded', async t => {
  const { requests, runs, send, settle } = setUp({ seenEntries: 3, seenBytes: 2_000 })
  for (let i = 0; i < 10; i++) {
    send({ dedupeKey: `k${i}` })
    runs[i]!.finish(outcome('x'.repeat(300)))
    await settle()
  }
  t.equal(send({ dedupeKey: 'k9' }), 'repeated')
  t.equal(send({ dedupeKey: 'k0' }), 'accepted', 'the oldest are forgotten')
  t.equal(requests.load.running, 1)
})

t.test('a request can be given up while it waits and while it runs', async t => {
  const { requests, runs, replies, send, settle } = setUp()
  send({ id: 'running' })
  send({ id: 'waiting' })
  t.ok(requests.cancel({ id: 'waiting' }))
  t.ok(requests.cancel({ id: 'running' }))
  t.notOk(requests.cancel({ id: 'unknown' }))
  t.notOk(requests.cancel({ origin: 'somebody' }), 'never all at once')
  runs[0]!.fail(runs[0]!.signal.reason)
  await settle()
  t.strictSame(codes(replies), ['cancelled', 'cancelled'])
  t.match(requests.counters, { cancelled: 2, answered: 2 })
})

t.test('a handler that came to its end before it noticed is believed', async t => {
  const { requests, runs, replies, send, settle } = setUp()
  send({ id: 'a' })
  requests.cancel({ id: 'a' })
  runs[0]!.finish(outcome('lamp is on'))
  await settle()
  t.match(replies, [{ ok: true, result: 'lamp is on' }])
})

t.test('a handler that does not come back loses its place', async t => {
  const { clock, events, requests, replies, send, settle } = setUp({ maxRunMs: 1_000, graceMs: 100 })
  requests.register('ask', async () => outcome('next'))
  send()
  send({ kind: 'ask' })
  await clock.turn(1_000)
  await clock.turn(100)
  await settle()
  t.strictSame(codes(replies), ['timed_out', undefined])
  t.match(
    events.find(e => e.name === 'HandlerFailed'),
    { error: /did not come back/ },
  )
})

t.test('an error that knows when to come back says so in the reply', async t => {
  const { runs, replies, send, settle } = setUp()
  const { model_on_trial } = defineErrors({
    model_on_trial: {
      says: (a: { retryAfterMs: number }) => `tried for ${a.retryAfterMs} ms`,
      remedy: 'Come back.',
    },
  })
  send()
  runs[0]!.fail(model_on_trial({ retryAfterMs: 5_000 }))
  await settle()
  t.match(replies[0]!.error, { code: 'model_on_trial', remedy: 'Come back.', retry_after_ms: 5_000 })
})

t.test('whatever a handler throws or says becomes an error of the closed list', async t => {
  const { requests, runs, replies, send, settle } = setUp()
  const errors = defineErrors({
    engine_died: { says: (a: { model: string }) => `${a.model} died`, remedy: 'Try again.' },
    odd: { says: (_: object) => 'odd', remedy: 'Wait.' },
  })
  const throws = [errors.engine_died({ model: 'm' }), errors.odd({}), new TypeError('x is undefined'), 'text']
  for (const [i, error] of throws.entries()) {
    send()
    runs[i]!.fail(error)
    await settle()
  }
  send()
  runs[4]!.finish({
    ...outcome(undefined),
    ok: false,
    error: { code: 'mood', message: 'No.', remedy: 'Ask nicely.' },
  })
  await settle()
  t.equal(send({ kind: 'voice' }), 'refused')
  await settle()
  t.strictSame(codes(replies), [
    'engine_died',
    'internal',
    'internal',
    'internal',
    'internal',
    'not_available',
  ])
  t.match(replies[0], { error: { message: 'm died', remedy: 'Try again.' } })
  t.match(replies[4], { error: { message: 'No. (mood)', remedy: 'Ask nicely.' } })
  t.equal(requests.counters.failed, 2)
})

t.test('at stop what runs may finish, what waits is told, and nothing new is taken', async t => {
  const { clock, requests, runs, replies, send, settle } = setUp({ concurrency: 2, graceMs: 100 })
  send({ id: 'quick' })
  send({ id: 'slow' })
  send({ id: 'waiting' })
  const stopped = requests.stop()
  send({ id: 'late' })
  runs[0]!.finish(outcome('done'))
  await settle()
  await clock.turn(100)
  await settle()
  t.equal(runs[1]!.signal.reason, 'shutting_down')
  runs[1]!.fail(runs[1]!.signal.reason)
  await stopped
  await requests.stop()
  await settle()
  t.strictSame(
    replies.map(r => `${r.id} ${r.error?.code ?? 'ok'}`),
    ['waiting shutting_down', 'late shutting_down', 'quick ok', 'slow shutting_down'],
  )
})

t.test('a reply that cannot be sent is told and keeps nobody waiting', async t => {
  const { events, requests, runs, settle } = setUp()
  const request: Request = {
    id: 'a',
    kind: 'command',
    body: { text: 'x' },
    origin: 'o',
    receivedAt: 0,
    priority: 0,
  }
  requests.submit(request, async () => {
    throw new Error('no broker')
  })
  runs[0]!.finish(outcome(1))
  await settle()
  t.match(
    events.find(e => e.name === 'ReplyNotSent'),
    { error: /no broker/ },
  )
})
