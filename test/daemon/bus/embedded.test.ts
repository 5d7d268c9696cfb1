import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  type BrokerEvent,
  EmbeddedBroker,
  type EmbeddedBrokerOptions,
} from '../../../daemon/bus/broker/embedded.js'
import { findMosquitto } from '../../../daemon/bus/broker/mosquitto.js'
import { needsMosquitto, startClient } from '../../support/broker.js'

const never = new AbortController().signal

async function startEmbedded(t: Test, options: Partial<EmbeddedBrokerOptions> = {}) {
  const events: BrokerEvent[] = []
  const folder = options.folder ?? join(t.testdir(), 'broker')
  const broker = new EmbeddedBroker({
    folder,
    port: 0,
    backoff: { firstMs: 20, maxMs: 100, factor: 2 },
    onEvent: event => events.push(event),
    ...options,
  })
  t.teardown(() => broker.stop())
  await broker.start(never)
  return { broker, events, folder }
}

for (const choice of ['mosquitto', 'aedes'] as const) {
  t.test(
    `${choice} passes messages on until it is stopped, and starts again`,
    choice === 'mosquitto' ? needsMosquitto : {},
    async t => {
      const { broker, folder } = await startEmbedded(t, { choice })
      const { url, kind, protocol, port } = broker.address
      t.match(
        { kind, protocol, url },
        { kind: choice, protocol: choice === 'aedes' ? 4 : 5, url: `:${port}` },
      )
      const { client, next } = await startClient(t, url, ['a/#'], {
        protocolVersion: protocol,
        reconnectPeriod: 0,
      })
      await client.publishAsync('a/b', 'hello', { qos: 1 })
      t.equal((await next('a/b')).payload.toString(), 'hello')
      await broker.stop()
      await broker.stop()
      t.throws(() => broker.address, { code: 'broker_did_not_start' })
      await broker.start(never)
      await startClient(t, broker.address.url, [], { protocolVersion: protocol })
      t.strictSame(readdirSync(folder), choice === 'aedes' ? [] : ['mosquitto.conf', 'mosquitto.pid'])
    },
  )

  t.test(
    `${choice} says so when the port is taken`,
    choice === 'mosquitto' ? needsMosquitto : {},
    async t => {
      const other = createServer()
      await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
      t.teardown(() => other.close())
      const { port } = other.address() as { port: number }
      await t.rejects(startEmbedded(t, { choice, port }), {
        code: 'broker_port_taken',
        message: new RegExp(`${port}`),
        remedy: /FIELDMOUSE_BROKER=embedded:PORT/,
      })
    },
  )
}

t.test('without a mosquitto program the broker in this process takes its place', async t => {
  const program = join(t.testdirName, 'no-such-program')
  const { broker } = await startEmbedded(t, { choice: 'auto', program })
  t.equal(broker.address.kind, 'aedes')
  await t.rejects(startEmbedded(t, { choice: 'mosquitto', program }), {
    code: 'broker_program_missing',
    message: /no-such-program/,
    remedy: /apt-get install mosquitto/,
  })
  t.match(await findMosquitto([process.execPath]), { tried: process.execPath })
})

t.test('a mosquitto that dies is started again on the same port', needsMosquitto, async t => {
  const { broker, events, folder } = await startEmbedded(t, { choice: 'auto' })
  const { url } = broker.address
  process.kill(Number.parseInt(readFileSync(join(folder, 'mosquitto.pid'), 'utf8'), 10), 'SIGKILL')
  while (events.filter(e => e.name === 'BrokerStarted').length < 2) await new Promise(r => setTimeout(r, 10))
  t.match(
    events.map(e => e.name),
    ['BrokerStarted', 'BrokerDied', 'BrokerStarted'],
  )
  await startClient(t, url, [])
})

t.test('a mosquitto left behind by a daemon that was killed gives its port back', needsMosquitto, async t => {
  const first = await startEmbedded(t, {
    choice: 'mosquitto',
    backoff: { firstMs: 60_000, maxMs: 60_000, factor: 1 },
  })
  const { port } = first.broker.address
  await t.rejects(
    startEmbedded(t, { choice: 'mosquitto', folder: first.folder }),
    { code: 'data_folder_taken', message: new RegExp(`process ${process.pid} `) },
    'while the daemon that started it lives, it is not ours to end',
  )
  await startClient(t, first.broker.address.url, [])
  const left = join(first.folder, 'mosquitto.pid')
  writeFileSync(left, `${readFileSync(left, 'utf8').split(' ')[0]} ${process.pid} another-boot:1\n`)
  const second = await startEmbedded(t, { choice: 'mosquitto', port, folder: first.folder })
  t.equal(second.broker.address.port, port)
  await startClient(t, second.broker.address.url, [])
  await first.broker.stop()
})

t.test('a folder that cannot be written: the broker inside the process, or a refusal in words', async t => {
  const folder = join(t.testdir({ file: '' }), 'file', 'broker')
  const { broker, events } = await startEmbedded(t, { folder })
  t.equal(broker.address.kind, 'aedes')
  if ((await findMosquitto()) && 'path' in (await findMosquitto()))
    await t.rejects(startEmbedded(t, { folder, choice: 'mosquitto' }), {
      code: 'broker_folder_unwritable',
      remedy: /room/,
    })
  t.match(events, [
    { name: 'FolderUnwritable', folder },
    { name: 'BrokerStarted', kind: 'aedes' },
  ])
})
