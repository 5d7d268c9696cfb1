import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { UpdateState } from '../../../ota/format/state.js'
import { add } from '../../../ota/publisher/add.js'
import { serve } from '../../../ota/publisher/serve.js'
import { serveBlobs } from '../../../ota/publisher/serve-blobs.js'
import { folderTransport } from '../../../ota/transport/folder.js'
import { httpTransport } from '../../../ota/transport/http-range.js'
import { mqttTransport } from '../../../ota/transport/mqtt-chunks.js'
import { mqttChannel } from '../../support/blob-channel.js'
import { needsMosquitto, startMosquitto } from '../../support/broker.js'
import { countingLine } from '../../support/counting-line.js'
import {
  arrives,
  counted,
  deltaDevice,
  fromFactory,
  modelOf,
  tunedRelease,
  tunedSite,
} from '../../support/delta-device.js'
import { factoryModelPath } from '../../support/model.js'
import { isSettled, makeSite, sha256 } from '../../support/repository.js'
import { tuned } from '../../support/tuned.js'

const { signal } = new AbortController()

t.test('the factory model, fine-tuned by 1 %, comes as its difference over HTTP', async t => {
  const path = factoryModelPath()
  const old = await readFile(path)
  const site = await makeSite(t, {}, old)
  const next = await tuned(path, old, 0.01)
  await site.release(1, { content: next, deltas: fromFactory(site) })
  const server = await serve({ folder: site.repository.folder })
  t.teardown(() => server.close())
  const line = await countingLine(server.url)
  t.teardown(() => line.close())
  const states: UpdateState[] = []
  const { device, refused } = deltaDevice(t, site, {
    transport: httpTransport({ url: line.url }),
    onProgress: () => states.push(device.client.status()),
  })
  await device.client.start(signal)
  await arrives(device)
  t.equal(await modelOf(device), sha256(next))
  t.strictSame(refused, [])
  t.strictSame(device.troubles, [])
  t.ok(line.down < next.length * 0.25, `${line.down} of ${next.length} bytes came down the line`)
  const { bytes } = states.findLast(s => s.bytes)!
  t.ok(bytes!.total < next.length * 0.25, `${bytes!.total} bytes were to come`)
  t.equal(bytes!.done, bytes!.total, 'all of them came')
  const folder = join(device.folder, 'command')
  t.strictSame(await readdir(join(folder, 'deltas')), [`${sha256(next)}.manifest`], 'nothing else is left')
  t.strictSame((await readdir(join(folder, 'slots', 'a'))).sort(), [
    'golden.jsonl',
    'model.gguf',
    'record.json',
  ])
})

t.test('from release to release, the manifest that came is the old one next time', async t => {
  const site = await tunedSite(t)
  await site.release(1, { content: tunedRelease(1), deltas: fromFactory(site) })
  const transport = counted(folderTransport(site.repository.folder))
  const { device, refused } = deltaDevice(t, site, { transport })
  await device.client.start(signal)
  await arrives(device)
  t.equal(transport.bytes.model, 0)
  // the newest release is what a delta is made from when nobody says otherwise
  await site.release(2, { content: tunedRelease(2) })
  device.client.check()
  await arrives(device, 2)
  t.equal(await modelOf(device), sha256(tunedRelease(2)))
  t.equal(transport.bytes.model, 0)
  t.strictSame(refused, [])
})

t.test('over a broker', needsMosquitto, async t => {
  const broker = await startMosquitto(t)
  const site = await tunedSite(t)
  await site.release(1, { content: tunedRelease(1), deltas: fromFactory(site) })
  t.teardown(await serveBlobs({ channel: await mqttChannel(t, broker.url), folder: site.repository.folder }))
  const channel = await mqttChannel(t, broker.url)
  const transport = counted(mqttTransport({ channel, base: 'fieldmouse/pi' }))
  const { device, refused } = deltaDevice(t, site, { transport })
  await device.client.start(signal)
  await arrives(device)
  t.equal(await modelOf(device), sha256(tunedRelease(1)))
  t.equal(transport.bytes.model, 0)
  t.strictSame(refused, [])
})

t.test('without a delta from what runs, equal parts are still not sent', async t => {
  const site = await tunedSite(t)
  // the same weights under another header
  const next = Buffer.from(tunedRelease(0).toString('latin1').replace('1.0.0', '9.9.9'), 'latin1')
  await site.release(1, { content: next })
  const transport = counted(folderTransport(site.repository.folder))
  const { device, refused } = deltaDevice(t, site, { transport })
  await device.client.start(signal)
  await arrives(device)
  t.equal(await modelOf(device), sha256(next))
  t.ok(transport.bytes.model! < 5_000, `${transport.bytes.model} bytes of the model`)
  t.strictSame(refused, [])
})

t.test('from the factory model, though another runs', async t => {
  const site = await tunedSite(t)
  await site.release(1, { content: tunedRelease(3), deltas: false })
  const transport = counted(folderTransport(site.repository.folder))
  const { device } = deltaDevice(t, site, { transport })
  await device.client.start(signal)
  await arrives(device)
  await site.release(2, { content: tunedRelease(1), deltas: { ...fromFactory(site), from: [] } })
  const before = transport.bytes.model
  device.client.check()
  await arrives(device, 2)
  t.equal(await modelOf(device), sha256(tunedRelease(1)))
  t.equal(transport.bytes.model, before)
})

t.test('an adapter comes as its difference to the adapter that runs', async t => {
  const site = await tunedSite(t)
  const base = { family: 'chat', release: 1, sha256: 'b'.repeat(64) }
  const adapter = join(site.folder, 'adapter.gguf')
  const publish = async (release: number) => {
    await writeFile(adapter, tunedRelease(release))
    const promise = { family: 'command', version: `1.${release}.0`, release, needs: { base } }
    await add({ repository: site.repository, files: { adapter }, promise, deltas: { effort: 'fast' } })
    await site.signAndPublish()
  }
  await publish(1)
  const transport = counted(folderTransport(site.repository.folder))
  const { device, refused } = deltaDevice(t, site, { transport, installed: () => [base] })
  await device.client.start(signal)
  await arrives(device)
  const whole = transport.bytes.model
  t.equal(whole, tunedRelease(1).length, 'no model of a device is its base')
  await publish(2)
  device.client.check()
  const { running } = await device.until(s => isSettled(s) && s.running.release === 2)
  t.equal(running.sha256, sha256(tunedRelease(2)))
  t.equal(sha256(await readFile(device.client.running.files.adapter!)), running.sha256)
  t.equal(transport.bytes.model, whole)
  t.strictSame(refused, [])
})
