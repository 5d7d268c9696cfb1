import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { describe } from '../../../daemon/base/errors.js'
import { readAccess } from '../../../daemon/bus/mqtt/access.js'
import { type BrokerAccess, Connection, type ConnectionEvent } from '../../../daemon/bus/mqtt/connect.js'
import { explainFailure } from '../../../daemon/bus/mqtt/failure.js'
import { freePort, needsMosquitto, needsOpenssl, startAedes, startMosquitto } from '../../support/broker.js'

const never = new AbortController().signal

/** A connection with all that it said. */
async function connectWith(t: Test, access: BrokerAccess) {
  const events: ConnectionEvent[] = []
  const connection = new Connection({
    access,
    clientId: 'barn',
    backoff: { firstMs: 50, maxMs: 100, factor: 2 },
    onEvent: event => events.push(event),
  })
  t.teardown(() => connection.stop())
  await connection.start(never)
  return { connection, events }
}

/** An authority, a broker's certificate for `localhost` and a client's, as files in `folder`. */
function makeCertificates(folder: string): void {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const authority = (name: string) =>
    openssl(
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...['-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.crt`],
    )
  const sign = (name: string, subject: string, by: string) => {
    openssl(
      ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-subj', subject, '-keyout', `${name}.key`, '-out', `${name}.csr`],
    )
    writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost')
    openssl(
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', `${by}.crt`, '-CAkey', `${by}.key`, '-CAcreateserial'],
      ...['-days', '2', '-extfile', 'names', '-out', `${name}.crt`],
    )
  }
  authority('farm')
  authority('stranger')
  sign('broker', '/CN=localhost', 'farm')
  sign('barn', '/CN=barn', 'farm')
  sign('intruder', '/CN=barn', 'stranger')
}

t.test('TLS with client certificates', { ...needsOpenssl, ...needsMosquitto }, async t => {
  const folder = t.testdir()
  makeCertificates(folder)
  const file = (name: string) => join(folder, name)
  const broker = await startMosquitto(
    t,
    `cafile ${file('farm.crt')}
certfile ${file('broker.crt')}
keyfile ${file('broker.key')}
require_certificate true
use_identity_as_username true`,
  )
  const url = `mqtts://localhost:${broker.port}`
  const good: BrokerAccess = {
    url,
    caFile: file('farm.crt'),
    certFile: file('barn.crt'),
    keyFile: file('barn.key'),
  }
  // The listener has to answer on the name in its certificate, wherever `localhost` leads first.
  const { connection } = await connectWith(t, good)
  t.match(connection.state, { connected: true, protocol: 5 })
  await connection.publish({ topic: 'x', payload: 'y', qos: 1 })

  const failing = async (access: BrokerAccess) => (await connectWith(t, access)).connection.state.error?.code
  const { certFile: _c, keyFile: _k, ...without } = good
  t.equal(await failing(without), 'broker_refused_certificate', 'no certificate')
  t.equal(
    await failing({ ...good, certFile: file('intruder.crt'), keyFile: file('intruder.key') }),
    'broker_refused_certificate',
    'a certificate by another authority',
  )
  t.equal(await failing({ ...good, caFile: file('stranger.crt') }), 'broker_not_trusted')
  t.equal(await failing({ ...good, url: `mqtts://127.0.0.1:${broker.port}` }), 'broker_wrong_name')
  const plain = await startMosquitto(t)
  t.equal(await failing({ url: `mqtts://localhost:${plain.port}` }), 'tls_failed', 'no TLS there')
  const silent = await connectWith(t, { url: `mqtt://localhost:${broker.port}` })
  t.match(silent.connection.state.error, { code: 'broker_unreachable', message: /for TLS/ })
  const open = await connectWith(t, { ...good, caFile: file('stranger.crt'), rejectUnauthorized: false })
  t.ok(open.connection.state.connected, 'a bench may take any certificate')

  await t.rejects(connectWith(t, { ...good, keyFile: file('intruder.key') }), {
    code: 'bad_client_certificate',
  })
  await t.rejects(connectWith(t, { ...without, certFile: file('barn.crt') }), {
    code: 'bad_client_certificate',
  })
  await t.rejects(connectWith(t, { ...good, caFile: file('none.crt') }), {
    code: 'broker_file_unreadable',
    message: /CA file .*none\.crt/,
  })
})

t.test(
  'user and password come from a file, and a corrected file needs no restart',
  needsMosquitto,
  async t => {
    const folder = t.testdir({ 'password.txt': 'wrong\n' })
    const file = (name: string) => join(folder, name)
    execFileSync('mosquitto_passwd', ['-c', '-b', file('users'), 'barn', 'a secret'], { stdio: 'pipe' })
    writeFileSync(file('rights'), 'user barn\ntopic readwrite fieldmouse/barn/#\n')
    const broker = await startMosquitto(
      t,
      `allow_anonymous false\npassword_file ${file('users')}\nacl_file ${file('rights')}`,
    )
    const access = { url: broker.url, username: 'barn', passwordFile: file('password.txt') }
    const { connection, events } = await connectWith(t, access)
    const { error } = connection.state
    t.match(error, { code: 'broker_refused_credentials', message: /refused user "barn"/ })
    t.notMatch(JSON.stringify([error, error!.remedy, describe(error)]), /wrong/, 'the password is not shown')
    writeFileSync(file('password.txt'), 'a secret\n')
    await connection.whenConnected(AbortSignal.timeout(10_000))
    await connection.publish({ topic: 'fieldmouse/barn/metrics', payload: '1', qos: 1 })
    await t.rejects(connection.publish({ topic: 'fieldmouse/house/status', payload: '1', qos: 1 }), {
      code: 'publish_refused',
    })
    t.ok(events.some(e => e.name === 'BrokerConnected'))
    const none = await connectWith(t, { url: broker.url })
    t.match(none.connection.state.error, { code: 'broker_refused_credentials', message: /none given/ })
    const inside = await connectWith(t, { url: broker.url.replace('//', '//barn:a%20secret@') })
    t.match(inside.connection.state, { connected: true, url: /^mqtt:\/\/127/ })
  },
)

t.test('a broker that is not there yet is waited for, a wrong address is not', async t => {
  const port = await freePort()
  const { connection, events } = await connectWith(t, { url: `mqtt://127.0.0.1:${port}` })
  t.match(connection.state, {
    connected: false,
    error: { code: 'broker_unreachable', message: /ECONNREFUSED/ },
  })
  t.match(events[0], { name: 'BrokerLost', retryInMs: Number })
  await connection.stop()
  for (const url of ['127.0.0.1:1883', 'http://x', 'mqtt://', 'nonsense'])
    await t.rejects(connectWith(t, { url }), { code: 'bad_broker_url' }, url)
  await t.rejects(readAccess({ url: '//me:secret@host' }), /\*\*\*@host/)
})

t.test('the reason of a failure decides the advice', async t => {
  const said = (code: number | string) =>
    explainFailure(Object.assign(new Error('x'), { code }), { url: 'mqtt://b', clientId: 'c' }).code
  t.equal(said(4), 'broker_refused_credentials')
  t.equal(said(135), 'broker_refused_credentials')
  t.equal(said(133), 'broker_refused_client_id')
  t.equal(said(136), 'broker_refused')
  t.equal(said('CERT_HAS_EXPIRED'), 'broker_certificate_expired')
  t.equal(said('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'), 'broker_refused_certificate')
  t.equal(said('ERR_SSL_WRONG_VERSION_NUMBER'), 'tls_failed')
  t.equal(said('ENOTFOUND'), 'broker_unreachable')
})

t.test('stopping while the broker is away takes no time, and stopping twice no harm', async t => {
  const broker = await startAedes(t)
  const { connection } = await connectWith(t, { url: broker.url })
  await broker.kill()
  const kept = t.rejects(connection.publish({ topic: 'x', payload: 'y', qos: 1 }, 'keep'), {
    code: 'not_connected',
  })
  await connection.stop()
  await connection.stop()
  await kept
})

t.test('stopping at any moment of a try leaves nothing open', async t => {
  const broker = await startAedes(t)
  for (let turns = 0; turns < 12; turns++) {
    const connection = new Connection({ access: { url: broker.url }, clientId: 'barn' })
    const started = connection.start(never).catch(() => {})
    for (let i = 0; i < turns; i++) await new Promise(resolve => setImmediate(resolve))
    await connection.stop()
    t.notOk(connection.state.connected, `after ${turns} turns`)
    await started
  }
})

t.test('no 65,536 buffers are made ahead for the numbers of packets', async t => {
  const require = createRequire(import.meta.url)
  const packets = createRequire(require.resolve('mqtt'))('mqtt-packet')
  t.equal(packets.writeToStream.cacheNumbers, false)
})
