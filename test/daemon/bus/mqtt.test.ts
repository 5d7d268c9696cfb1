import type { IPublishPacket } from 'mqtt'
import t, { type Test } from 'tap'
import { call } from '../../../daemon/bus/mqtt/call.js'
import { Connection, type ConnectionEvent, type ConnectionOptions } from '../../../daemon/bus/mqtt/connect.js'
import { Serve, type ServeOptions } from '../../../daemon/bus/mqtt/serve.js'
import { topicsOf } from '../../../daemon/bus/mqtt/topics.js'
import { wireOf } from '../../../daemon/bus/mqtt/wire.js'
import { Requests, type RequestsOptions } from '../../../daemon/requests/accept.js'
import type { Outcome, Reply } from '../../../daemon/requests/reply.js'
import {
  needsMosquitto,
  startAedes,
  startBadWire,
  startClient,
  startMosquitto,
} from '../../support/broker.js'

const topics = topicsOf('fieldmouse', 'barn')
const never = new AbortController().signal
const outcome = (result: unknown): Outcome => ({
  ok: true,
  result,
  stage: 'rule',
  confidence: 1,
  model: null,
  inferMs: 1,
  promptTokens: 0,
  outputTokens: 0,
})

/** A connection that serves commands: they are noted, and answered when the gate is open. */
async function startDaemon(
  t: Test,
  url: string,
  more: {
    requests?: Partial<RequestsOptions>
    serve?: Partial<ServeOptions>
    connection?: Partial<ConnectionOptions>
  } = {},
) {
  const events: ConnectionEvent[] = []
  const waiting: { matches: (e: ConnectionEvent) => boolean; resolve: (e: ConnectionEvent) => void }[] = []
  const connection = new Connection({
    access: { url },
    clientId: 'fieldmouse-barn',
    presence: {
      topic: topics.status,
      online: () => ({ state: 'online' }),
      offline: () => ({ state: 'offline' }),
    },
    backoff: { firstMs: 50, maxMs: 200, factor: 2 },
    onEvent: event => {
      events.push(event)
      for (const w of waiting) if (w.matches(event)) w.resolve(event)
    },
    ...more.connection,
  })
  const requests = new Requests(more.requests)
  const serve = new Serve({ topics, connection, requests, ...more.serve })
  const acted: string[] = []
  let open: () => void = () => {}
  let gate = Promise.resolve()
  requests.register('command', async (request, signal) => {
    acted.push(request.body.text!)
    const stopped = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
    )
    await Promise.race([gate, stopped])
    return outcome(`did: ${request.body.text}`)
  })
  await connection.start(never)
  await requests.start()
  await serve.start()
  t.teardown(async () => {
    open()
    await serve.stop()
    await requests.stop()
    await connection.stop()
  })
  return {
    connection,
    requests,
    serve,
    acted,
    events,
    /** The next such event, from now on. */
    event: (name: ConnectionEvent['name']) =>
      new Promise<ConnectionEvent>(resolve => waiting.push({ matches: e => e.name === name, resolve })),
    hold: () => {
      gate = new Promise(resolve => {
        open = resolve
      })
    },
    release: () => open(),
  }
}

const read = (packet: IPublishPacket) => JSON.parse(packet.payload.toString()) as Reply
const until = async (what: () => boolean) => {
  while (!what()) await new Promise(resolve => setTimeout(resolve, 5))
}

for (const [brokerName, start, protocol] of [
  ['mosquitto', startMosquitto, 5],
  ['aedes', startAedes, 4],
] as const) {
  const needs = brokerName === 'mosquitto' ? needsMosquitto : {}

  t.test(
    `with ${brokerName}: a request in the plain form is answered on the response topic`,
    needs,
    async t => {
      const broker = await start(t)
      const daemon = await startDaemon(t, broker.url)
      t.match(daemon.connection.state, { connected: true, protocol })
      const other = await startClient(t, broker.url, [topics.responses, topics.status], {
        protocolVersion: 4,
      })
      t.strictSame(read(await other.next(topics.status)), { state: 'online' })
      await other.client.publishAsync(topics.request('command'), '{"text":"turn on the lamp","id":"k-1"}', {
        qos: 1,
      })
      t.match(read(await other.next(topics.response('k-1'))), {
        id: 'k-1',
        ok: true,
        result: 'did: turn on the lamp',
        stage: 'rule',
        timing: { total_ms: Number },
      })
      await other.client.publishAsync(topics.request('command'), '{"text":"turn on the lamp","id":"k-1"}', {
        qos: 1,
      })
      t.match(read(await other.next(topics.response('k-1'))), { ok: true })
      t.strictSame(daemon.acted, ['turn on the lamp'], 'the same id is acted on once')
    },
  )

  t.test(`with ${brokerName}: bad messages are answered and the daemon goes on`, needs, async t => {
    const broker = await start(t)
    const daemon = await startDaemon(t, broker.url)
    const other = await startClient(t, broker.url, [topics.responses], { protocolVersion: 4 })
    const bad: [string, string | Buffer][] = [
      ['command', '{"text": '],
      ['command', ''],
      ['command', Buffer.from([0xc3, 0x28])],
      ['command', 'x'.repeat(1_000_000)],
      ['dance', 'now'],
      ['voice', 'RIFF'],
      ['cancel', '{'],
    ]
    for (const [kind, payload] of bad)
      await other.client.publishAsync(topics.request(kind), payload, { qos: 1 })
    await other.client.publishAsync(topics.request('command'), '{"text":"still there?","id":"last"}', {
      qos: 1,
    })
    t.match(read(await other.next(topics.response('last'))), { ok: true })
    t.strictSame(other.heard.map(p => read(p).error?.code).filter(Boolean), [
      'bad_request',
      'empty',
      'bad_encoding',
      'too_large',
      'unknown_kind',
      'not_available',
    ])
    t.strictSame(daemon.acted, ['still there?'])
  })

  t.test(
    `with ${brokerName}: the shell's call gets its answer, and says so when nobody is there`,
    needs,
    async t => {
      const broker = await start(t)
      await startDaemon(t, broker.url)
      const shell = new Connection({ access: { url: broker.url }, clientId: 'shell' })
      await shell.start(never)
      t.teardown(() => shell.stop())
      const ask = { kind: 'command', json: { text: 'on' }, timeoutMs: 10_000 } as const
      t.match(await call(shell, topics, ask), { ok: true, result: 'did: on' })
      const nobody = topicsOf('fieldmouse', 'nobody')
      await t.rejects(call(shell, nobody, { ...ask, timeoutMs: 50 }), { code: 'no_reply' })
    },
  )

  t.test(
    `with ${brokerName}: when the broker dies, the daemon comes back, listens and says so`,
    needs,
    async t => {
      const broker = await start(t)
      const daemon = await startDaemon(t, broker.url)
      const lost = daemon.event('BrokerLost')
      await broker.kill()
      t.match(await lost, { error: { code: 'broker_lost' }, retryInMs: Number })
      t.match(daemon.connection.state, { connected: false, error: { code: /^broker_/ } })
      await t.rejects(wireOf(daemon.connection).publish('lamp/set', 'on'), { code: 'not_connected' })
      const kept = daemon.connection.publish(
        { topic: 'kept/for/later', payload: 'x', qos: 1, retain: true },
        'keep',
      )
      await broker.restart()
      await daemon.connection.whenConnected()
      await kept
      const other = await startClient(t, broker.url, [topics.responses, topics.status, 'kept/#'], {
        protocolVersion: 4,
      })
      t.match(read(await other.next(topics.status)), { state: 'online' })
      t.equal((await other.next('kept/for/later')).payload.toString(), 'x')
      await other.client.publishAsync(topics.request('command'), '{"text":"on","id":"after"}', { qos: 1 })
      t.match(read(await other.next(topics.response('after'))), { ok: true })
    },
  )

  t.test(
    `with ${brokerName}: the status says offline after a clean stop and after a loss`,
    needs,
    async t => {
      const broker = await start(t)
      const watcher = await startClient(t, broker.url, [topics.status], { protocolVersion: 4 })
      const daemon = await startDaemon(t, broker.url)
      t.match(read(await watcher.next(topics.status)), { state: 'online' })
      await daemon.connection.stop()
      t.match(read(await watcher.next(topics.status)), { state: 'offline' })
      // somebody else takes its place under the same id: the broker cuts the old one off
      const second = await startDaemon(t, broker.url, {
        connection: { backoff: { firstMs: 60_000, maxMs: 60_000, factor: 1 } },
      })
      t.match(read(await watcher.next(topics.status)), { state: 'online' })
      const lost = second.event('BrokerLost')
      await startClient(t, broker.url, [], {
        protocolVersion: 4,
        clientId: 'fieldmouse-barn',
        reconnectPeriod: 0,
      })
      await lost
      t.match(read(await watcher.next(topics.status)), { state: 'offline' }, 'the last will')
    },
  )
}

t.test('over MQTT 5', needsMosquitto, async t => {
  const broker = await startMosquitto(t)

  t.test('a reply goes to the response topic with its correlation data, once for each delivery', async t => {
    const daemon = await startDaemon(t, broker.url)
    const other = await startClient(t, broker.url, ['app/answers'])
    const ask = () =>
      other.client.publishAsync(topics.request('command'), 'turn on the lamp', {
        qos: 1,
        properties: {
          responseTopic: 'app/answers',
          correlationData: Buffer.from([0, 7]),
          messageExpiryInterval: 30,
        },
      })
    await ask()
    const reply = await other.next('app/answers')
    t.match(read(reply), { ok: true, result: 'did: turn on the lamp' })
    t.match(reply.properties, {
      correlationData: Buffer.from([0, 7]),
      contentType: 'application/json',
      payloadFormatIndicator: true,
      messageExpiryInterval: Number,
    })
    await ask()
    t.strictSame(read(await other.next('app/answers')), read(reply))
    t.strictSame(daemon.acted, ['turn on the lamp'])
    t.equal(daemon.requests.counters.duplicates, 1)
  })

  t.test('a request that expired while it waited is dropped and counted', async t => {
    const daemon = await startDaemon(t, broker.url)
    const other = await startClient(t, broker.url, ['app/answers'])
    const ask = (text: string, seconds: number) =>
      other.client.publishAsync(topics.request('command'), text, {
        qos: 1,
        properties: { responseTopic: 'app/answers', messageExpiryInterval: seconds },
      })
    daemon.hold()
    await ask('first', 60)
    await ask('nobody waits', 1)
    await until(() => daemon.requests.load.queued === 1)
    await new Promise(resolve => setTimeout(resolve, 1_100))
    daemon.release()
    t.match(read(await other.next('app/answers')), { result: 'did: first' })
    await until(() => daemon.requests.counters.expired === 1)
    t.strictSame(daemon.acted, ['first'])
    t.equal(other.heard.length, 1)
  })

  t.test('a full queue says busy, a cancelled request says so', async t => {
    const daemon = await startDaemon(t, broker.url, { requests: { queueLength: 1 } })
    const other = await startClient(t, broker.url, [topics.responses, 'app/cancelled'])
    daemon.hold()
    for (const id of ['a', 'b', 'c'])
      await other.client.publishAsync(topics.request('command'), `{"text":"${id}","id":"${id}"}`, { qos: 1 })
    t.match(read(await other.next(topics.response('c'))), { error: { code: 'busy', retry_after_ms: Number } })
    const cancel = (id: string) =>
      other.client.publishAsync(topics.request('cancel'), id, {
        qos: 1,
        properties: { responseTopic: 'app/cancelled' },
      })
    await cancel('b')
    t.match(read(await other.next(topics.response('b'))), { error: { code: 'cancelled' } })
    t.match(read(await other.next('app/cancelled')), { id: 'b', ok: true, result: { cancelled: true } })
    await cancel('{"id":"a"}')
    t.match(read(await other.next(topics.response('a'))), { error: { code: 'cancelled' } })
    await cancel('nothing')
    t.match([read(await other.next('app/cancelled')), read(await other.next('app/cancelled'))][1], {
      result: { cancelled: false },
    })
    t.strictSame(daemon.acted, ['a'])
  })

  t.test('a group shares its work, or everybody does it', async t => {
    const second = topicsOf('fieldmouse', 'house')
    const serve = (share?: string) => ({ groups: ['pumps'], ...(share ? { share } : {}) })
    const one = await startDaemon(t, broker.url, { serve: serve('workers') })
    const two = await startDaemon(t, broker.url, {
      serve: { topics: second, ...serve('workers') },
      connection: { clientId: 'fieldmouse-house' },
    })
    const other = await startClient(t, broker.url, ['app/answers'])
    for (let i = 0; i < 10; i++)
      await other.client.publishAsync(topics.groupRequest('pumps', 'command'), `work ${i}`, {
        qos: 1,
        properties: { responseTopic: 'app/answers', correlationData: Buffer.from(`w${i}`) },
      })
    for (let i = 0; i < 10; i++) t.match(read(await other.next('app/answers')), { ok: true })
    t.equal(one.acted.length + two.acted.length, 10)
    t.ok(one.acted.length > 0 && two.acted.length > 0, `${one.acted.length} and ${two.acted.length}`)
  })

  t.test(
    'a response topic that would make a loop is refused on the response topic of the device',
    async t => {
      await startDaemon(t, broker.url)
      const other = await startClient(t, broker.url, [topics.responses])
      await other.client.publishAsync(topics.request('command'), 'on', {
        qos: 1,
        properties: { responseTopic: topics.request('command'), correlationData: Buffer.from('loop') },
      })
      t.match(read(await other.next(topics.response('loop'))), {
        error: { code: 'bad_request', message: /response topic/ },
      })
    },
  )

  t.test('a retained request is not acted on by a daemon that comes later', async t => {
    const other = await startClient(t, broker.url, [])
    await other.client.publishAsync(topics.request('command'), 'open the door', { qos: 1, retain: true })
    const daemon = await startDaemon(t, broker.url)
    const shell = await startClient(t, broker.url, [topics.responses])
    await shell.client.publishAsync(topics.request('command'), '{"text":"on","id":"z"}', { qos: 1 })
    await shell.next(topics.response('z'))
    t.strictSame(daemon.acted, ['on'])
    await other.client.publishAsync(topics.request('command'), '', { qos: 1, retain: true })
  })

  t.test('what the broker delivers again after a cut is acted on once, and answered', async t => {
    const wire = await startBadWire(t, broker.port)
    const daemon = await startDaemon(t, wire.url)
    const other = await startClient(t, broker.url, [topics.responses, 'app/answers'])
    wire.mute() // neither the acknowledgement nor the answer arrives
    await other.client.publishAsync(topics.request('command'), 'plain', { qos: 1 })
    await other.client.publishAsync(topics.request('command'), 'with correlation data', {
      qos: 1,
      properties: { responseTopic: 'app/answers', correlationData: Buffer.from('c-1') },
    })
    await until(() => daemon.acted.length === 2)
    const again = daemon.event('BrokerConnected')
    wire.cut()
    await again
    t.match(read(await other.next('app/answers')), { id: 'c-1', ok: true })
    await until(() => daemon.requests.counters.duplicates === 1 && daemon.serve.redeliveries === 1)
    await other.client.publishAsync(topics.request('command'), 'plain', { qos: 1 })
    await until(() => daemon.acted.length === 3)
    t.strictSame(
      daemon.acted,
      ['plain', 'with correlation data', 'plain'],
      'the same words said anew count anew',
    )
  })

  t.test('a request sent during a short cut arrives after it', async t => {
    const wire = await startBadWire(t, broker.port)
    const daemon = await startDaemon(t, wire.url, {
      connection: { clientId: 'cut-off', backoff: { firstMs: 300, maxMs: 300, factor: 1 } },
    })
    const lost = daemon.event('BrokerLost')
    wire.cut()
    await lost
    const other = await startClient(t, broker.url, [topics.responses])
    await other.client.publishAsync(topics.request('command'), '{"text":"on","id":"meanwhile"}', { qos: 1 })
    t.match(read(await other.next(topics.response('meanwhile'))), { ok: true })
  })

  t.test('a broker that hangs up on MQTT 5 without a word is spoken to in 3.1.1', async t => {
    const isMqtt5 = (first: Buffer) => first[first.indexOf('MQTT') + 4] === 5
    const wire = await startBadWire(t, broker.port, isMqtt5)
    const daemon = await startDaemon(t, wire.url, { connection: { clientId: 'old-form' } })
    await daemon.connection.whenConnected(AbortSignal.timeout(10_000))
    t.match(daemon.connection.state, { connected: true, protocol: 4 })
  })

  t.test('an answer larger than the broker takes is told and does not break the connection', async t => {
    const small = await startMosquitto(t, 'allow_anonymous true\nmax_packet_size 2000')
    const { connection } = await startDaemon(t, small.url)
    const publish = (n: number) => connection.publish({ topic: 'x', payload: 'x'.repeat(n), qos: 1 })
    await t.rejects(publish(3_000), { code: 'message_too_large' })
    await publish(1_000)
  })
})
