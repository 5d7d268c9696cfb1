import fc from 'fast-check'
import t from 'tap'
import { BlobGet, fromBitmap, toBitmap } from '../../../ota/format/blob.js'
import { serveBlobs } from '../../../ota/publisher/serve-blobs.js'
import { mqttTransport } from '../../../ota/transport/mqtt-chunks.js'
import { codeFrom, collect, fill, SIZE, sample, transportContract } from '../../contracts/transport.js'
import { lossyChannel, mqttChannel } from '../../support/blob-channel.js'
import { needsMosquitto, startMosquitto } from '../../support/broker.js'
import { makeDevice, makeSite } from '../../support/repository.js'

const { signal } = new AbortController()

t.test('over mosquitto', needsMosquitto, async t => {
  const broker = await startMosquitto(t)
  transportContract(t, async t => {
    const folder = t.testdir()
    await fill(folder)
    const end = await serveBlobs({ channel: await mqttChannel(t, broker.url), folder })
    t.teardown(end)
    const channel = await mqttChannel(t, broker.url)
    return {
      folder,
      transport: mqttTransport({ channel, base: 'fieldmouse/pi', window: 3, blockBytes: 30_000 }),
    }
  })
})

t.test('an update over a broker alone', needsMosquitto, async t => {
  const broker = await startMosquitto(t)
  const site = await makeSite(t)
  await site.release(1, { data: 500_000 })
  t.teardown(await serveBlobs({ channel: await mqttChannel(t, broker.url), folder: site.repository.folder }))
  const channel = await mqttChannel(t, broker.url)
  const device = makeDevice(site, { transport: mqttTransport({ channel, base: 'fieldmouse/pi' }) })
  t.teardown(() => device.client.stop())
  await device.client.start(signal)
  t.match(await device.until(s => s.state === 'idle' && s.running.release === 1), { running: { slot: 'a' } })
})

t.test('the broker goes away in the middle and comes back', needsMosquitto, async t => {
  const broker = await startMosquitto(t)
  const folder = t.testdir()
  await fill(folder)
  t.teardown(await serveBlobs({ channel: await mqttChannel(t, broker.url), folder }))
  const channel = await mqttChannel(t, broker.url)
  const transport = mqttTransport({
    channel,
    base: 'fieldmouse/pi',
    window: 2,
    blockBytes: 8_192,
    quietMs: 150,
    mostAsks: 50,
  })
  const got: Uint8Array[] = []
  let isCut = false
  for await (const piece of transport.read('targets/command/x.gguf', { signal })) {
    got.push(piece)
    if (got.length !== 5 || isCut) continue
    isCut = true
    await broker.kill()
    await broker.restart()
  }
  t.ok(Buffer.concat(got).equals(sample()))
})

t.test('blocks that are lost, doubled and late: every one arrives', async t => {
  for (const [seed, loss] of [
    [1, 0],
    [2, 0.2],
    [3, 0.5],
  ] as const) {
    const folder = t.testdir()
    await fill(folder)
    const channel = lossyChannel(seed, loss)
    t.teardown(await serveBlobs({ channel, folder }))
    const transport = mqttTransport({
      channel,
      base: 'fieldmouse/pi',
      blockBytes: 10_000,
      window: 8,
      quietMs: 40,
      mostAsks: 20,
    })
    const got = await collect(transport.read('targets/command/x.gguf', { offset: 12_345, signal }))
    t.ok(got.equals(sample().subarray(12_345)), `${channel.lost} lost`)
    t.ok(loss === 0 || channel.lost > 3)
  }
})

t.test('nobody there is an error, after a while', async t => {
  const transport = mqttTransport({ channel: lossyChannel(1, 0), base: 'fieldmouse/pi', quietMs: 5 })
  t.equal(await codeFrom(transport.read('metadata/timestamp.json', { signal })), 'source_unreachable')
})

t.test('a server that serves too many says so', async t => {
  const folder = t.testdir()
  await fill(folder)
  const channel = lossyChannel(1, 0)
  t.teardown(await serveBlobs({ channel, folder, atOnce: 0 }))
  const transport = mqttTransport({ channel, base: 'fieldmouse/pi' })
  const error = await collect(transport.read('metadata/timestamp.json', { signal })).catch(e => e)
  t.match(error, { code: 'source_busy', details: { retryAfterMs: 5000 } })
})

t.test('blocks are made to fit what the broker takes', async t => {
  const folder = t.testdir()
  await fill(folder)
  const channel = { ...lossyChannel(1, 0), maximumPacketBytes: () => 4_096 }
  let largest = 0
  t.teardown(
    await serveBlobs({
      channel: {
        ...channel,
        publish: (topic, payload, qos) => {
          largest = Math.max(largest, payload.length)
          return channel.publish(topic, payload, qos)
        },
      },
      folder,
    }),
  )
  const got = await collect(
    mqttTransport({ channel, base: 'fieldmouse/pi' }).read('targets/command/x.gguf', { signal }),
  )
  t.equal(got.length, SIZE)
  t.ok(largest <= 4_096 - 512, `${largest} bytes`)
})

t.test('a bitmap comes back as it was', async t => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 63 })), wanted => {
      const sorted = [...wanted].sort((a, b) => a - b)
      return JSON.stringify(fromBitmap(toBitmap(wanted, 64), 64)) === JSON.stringify(sorted)
    }),
  )
  t.strictSame(fromBitmap('80', 8), [0], 'the first block is the highest bit')
  t.strictSame(fromBitmap('ff', 3), [0, 1, 2], 'no more than there are')
})

t.test('what is not a request is not answered', async t => {
  const get = { s: 'a'.repeat(12), p: 'targets/x', l: 65536, o: 0, n: 16, b: 'ffff' }
  t.ok(BlobGet.safeParse(get).success)
  for (const bad of [
    { l: 2 ** 30 },
    { n: 1000 },
    { n: 0 },
    { o: -1 },
    { s: '#' },
    { s: '../x' },
    { b: 'xyz' },
  ])
    t.notOk(BlobGet.safeParse({ ...get, ...bad }).success, JSON.stringify(bad))
})
