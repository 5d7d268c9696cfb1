import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { codeOf } from '../../../daemon/base/errors.js'
import { packageRoot } from '../../../daemon/base/package-root.js'
import { deltaStrategy } from '../../../ota/client/delta.js'
import type { UpdateState } from '../../../ota/format/state.js'
import type { TargetPromise } from '../../../ota/format/target.js'
import { serve } from '../../../ota/publisher/serve.js'
import { serveBlobs } from '../../../ota/publisher/serve-blobs.js'
import { folderTransport } from '../../../ota/transport/folder.js'
import { httpTransport } from '../../../ota/transport/http-range.js'
import { mqttTransport } from '../../../ota/transport/mqtt-chunks.js'
import type { Transport } from '../../../ota/transport/transport.js'
import { mqttChannel } from '../../support/blob-channel.js'
import { needsMosquitto, startMosquitto } from '../../support/broker.js'
import { countingLine } from '../../support/counting-line.js'
import { type Device, isSettled, makeDevice, makeSite, type Site, sha256 } from '../../support/repository.js'
import { tuned, tunedModel } from '../../support/tuned.js'

type Deltas = NonNullable<TargetPromise['deltas']>

const { signal } = new AbortController()
const SIZE = 400_000

/** A site whose devices left the factory with a model that release 1 is a fine-tune of. */
async function tunedSite(t: Test, size = SIZE): Promise<{ site: Site; next: Buffer }> {
  const site = await makeSite(t, {}, tunedModel(0, size))
  return { site, next: tunedModel(1, size) }
}

const fromFactory = (site: Site) => ({ fromFiles: [site.factory.files.model!], effort: 'fast' as const })

/** A device that takes differences, and what its strategy said. */
function deltaDevice(t: Test, site: Site, options: Parameters<typeof makeDevice>[1] = {}) {
  const refused: unknown[] = []
  const device = makeDevice(site, {
    strategies: [deltaStrategy({ onTrouble: error => refused.push(error) })],
    ...options,
  })
  t.teardown(() => device.client.stop())
  return { device, refused }
}

const arrives = (device: Device, release = 1) =>
  device.until(s => isSettled(s) && s.running.release === release)
const modelOf = async ({ client }: Device) => sha256(await readFile(client.running.files.model!))

/** Counts what each file gives. */
function counted(transport: Transport): Transport & { bytes: Record<string, number> } {
  const bytes: Record<string, number> = { model: 0, delta: 0, manifest: 0 }
  return {
    name: transport.name,
    bytes,
    async *read(path, options) {
      const kind = /\.(gguf|delta|manifest)(\.json)?$/.exec(path)?.[1]?.replace('gguf', 'model') ?? 'other'
      for await (const piece of transport.read(path, options)) {
        bytes[kind] = (bytes[kind] ?? 0) + piece.length
        yield piece
      }
    },
  }
}

t.test('the factory model, fine-tuned by 1 %, comes as its difference over HTTP', async t => {
  const path = join(packageRoot(), 'ota', 'factory', 'fieldmouse-command.gguf')
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
  const { site, next } = await tunedSite(t)
  await site.release(1, { content: next, deltas: fromFactory(site) })
  const transport = counted(folderTransport(site.repository.folder))
  const { device, refused } = deltaDevice(t, site, { transport })
  await device.client.start(signal)
  await arrives(device)
  t.equal(transport.bytes.model, 0)
  // the newest release is what a delta is made from when nobody says otherwise
  await site.release(2, { content: tunedModel(2, SIZE) })
  device.client.check()
  await arrives(device, 2)
  t.equal(await modelOf(device), sha256(tunedModel(2, SIZE)))
  t.equal(transport.bytes.model, 0)
  t.strictSame(refused, [])
})

t.test('over a broker', needsMosquitto, async t => {
  const broker = await startMosquitto(t)
  const { site, next } = await tunedSite(t)
  await site.release(1, { content: next, deltas: fromFactory(site) })
  t.teardown(await serveBlobs({ channel: await mqttChannel(t, broker.url), folder: site.repository.folder }))
  const channel = await mqttChannel(t, broker.url)
  const transport = counted(mqttTransport({ channel, base: 'fieldmouse/pi' }))
  const { device, refused } = deltaDevice(t, site, { transport })
  await device.client.start(signal)
  await arrives(device)
  t.equal(await modelOf(device), sha256(next))
  t.equal(transport.bytes.model, 0)
  t.strictSame(refused, [])
})

t.test('without a delta from what runs, equal parts are still not sent', async t => {
  const { site } = await tunedSite(t)
  // the same weights under a longer header
  const next = Buffer.from(tunedModel(0, SIZE).toString('latin1').replace('1.0.0', '9.9.9'), 'latin1')
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
  const { site, next } = await tunedSite(t)
  await site.release(1, { content: tunedModel(7, SIZE), deltas: false })
  const transport = counted(folderTransport(site.repository.folder))
  const { device } = deltaDevice(t, site, { transport })
  await device.client.start(signal)
  await arrives(device)
  await site.release(2, { content: next, deltas: { ...fromFactory(site), from: [] } })
  const before = transport.bytes.model
  device.client.check()
  await arrives(device, 2)
  t.equal(await modelOf(device), sha256(next))
  t.equal(transport.bytes.model, before)
})

t.test('what is wrong with a difference ends in the whole file, once', async t => {
  const bad = (path: RegExp, change: (whole: Buffer) => Buffer | undefined) => (site: Site) => {
    const honest = folderTransport(site.repository.folder)
    const transport: Transport = {
      name: 'bad',
      async *read(name, options) {
        if (!path.test(name)) return yield* honest.read(name, options)
        const whole = change(await readFile(join(site.repository.folder, name)))
        if (!whole) return yield* honest.read(`${name}.gone`, options)
        const { offset = 0, length = whole.length } = options
        yield whole.subarray(offset, offset + length)
      },
    }
    return transport
  }
  const delta = /\.delta$/
  const manifest = /manifest/
  const flipped = (from: number, step: number) => (whole: Buffer) => {
    for (let i = from; i < whole.length; i += step) whole[i]! ^= 0x40
    return whole
  }
  /** How it is wrong, and whether what is left is of use. */
  const ways: [string, (site: Site) => Transport, boolean][] = [
    ['a manifest that is not there', bad(manifest, () => undefined), false],
    ['a manifest with one other byte', bad(manifest, flipped(500, 1e9)), false],
    ['a manifest that is cut short', bad(manifest, whole => whole.subarray(0, 900)), false],
    ['a manifest that never ends', bad(manifest, whole => Buffer.concat([whole, whole])), true],
    ['a delta that is not there', bad(delta, () => undefined), false],
    ['a delta with another index', bad(delta, flipped(40, 1e9)), false],
    ['a delta that is cut short in its index', bad(delta, whole => whole.subarray(0, 100)), false],
    ['a delta that is cut short', bad(delta, whole => whole.subarray(0, whole.length >> 1)), true],
    ['a delta with wrong pieces', bad(delta, flipped(4_000, 4_000)), true],
    ['a delta of which nothing is right', bad(delta, flipped(3_000, 1)), true],
    ['a delta that is longer than signed', bad(delta, whole => Buffer.concat([whole, whole])), true],
  ]
  for (const [title, transportOf, isUsed] of ways)
    await t.test(title, async t => {
      const { site, next } = await tunedSite(t)
      await site.release(1, { content: next, deltas: fromFactory(site) })
      const { device, refused } = deltaDevice(t, site, { transport: transportOf(site) })
      await device.client.start(signal)
      await arrives(device)
      t.equal(await modelOf(device), sha256(next))
      t.notOk(device.states.includes('failed'))
      t.strictSame(device.troubles, [])
      t.strictSame(refused.map(codeOf), isUsed ? [] : ['delta_of_no_use'])
    })
})

t.test('a promise that was signed and is wrong all the same', async t => {
  const other = 'f'.repeat(64)
  const lies: [string, (deltas: Deltas) => object][] = [
    ['another length of the delta', d => Object.assign(d.from[0]!, { length: 700 })],
    ['a length beyond the file', d => Object.assign(d.from[0]!, { length: 10_000_000 })],
    ['another length of the index', d => Object.assign(d.from[0]!, { index_length: 77 })],
    ['another hash of the index', d => Object.assign(d.from[0]!, { index_sha256: other })],
    ['a delta from another model', d => Object.assign(d.from[0]!, { from: other })],
    ['a manifest of another length', d => Object.assign(d.manifest, { length: 1_000 })],
    ['a path that is not there', d => Object.assign(d.manifest, { path: 'command/none.json' })],
    ['a path that leads elsewhere', d => Object.assign(d.manifest, { path: '../../../etc/passwd' })],
  ]
  for (const [title, lie] of lies)
    await t.test(title, async t => {
      const { site, next } = await tunedSite(t)
      await site.release(1, { content: next, deltas: fromFactory(site), lie: p => lie(p.deltas!) })
      const { device } = deltaDevice(t, site)
      await device.client.start(signal)
      await arrives(device)
      t.equal(await modelOf(device), sha256(next))
      t.notOk(device.states.includes('failed'))
    })
})

t.test('a manifest that belongs to another file, signed', async t => {
  const { site, next } = await tunedSite(t)
  await site.release(1, { content: tunedModel(5, SIZE) })
  const foreign: Deltas['manifest'][] = []
  await site.release(2, { content: tunedModel(6, SIZE), lie: p => foreign.push(p.deltas!.manifest) })
  await site.release(3, {
    content: next,
    lie: p => Object.assign(p.deltas!, { manifest: foreign[0] }),
  })
  const { device, refused } = deltaDevice(t, site)
  await device.client.start(signal)
  await arrives(device, 3)
  t.equal(await modelOf(device), sha256(next))
  t.ok(refused.length <= 1)
})

t.test('an old file that changes on the disk costs bytes, and never a wrong model', async t => {
  for (const [title, change] of [
    ['a few bytes', (b: Buffer) => void b.fill(0x55, b.length >> 1, (b.length >> 1) + 100)],
    ['its header', (b: Buffer) => void b.fill(0x55, 0, 200)],
    ['all of it', (b: Buffer) => void b.fill(0x55)],
    ['its end', (b: Buffer) => b.subarray(0, b.length >> 2)],
  ] as const)
    for (const isKnown of [true, false])
      await t.test(`${title}, ${isKnown ? 'with' : 'without'} its manifest at hand`, async t => {
        const { site, next } = await tunedSite(t)
        await site.release(1, { content: tunedModel(3, SIZE), deltas: fromFactory(site) })
        const { device } = deltaDevice(t, site, isKnown ? {} : { strategies: [] })
        await device.client.start(signal)
        await arrives(device)
        await site.release(2, { content: next })
        await device.client.stop()
        const path = device.client.running.files.model!
        const bytes = await readFile(path)
        // after the start has read it back
        const held = makeDevice(site, {
          strategies: [
            {
              name: 'a bad card',
              async fetch() {
                await writeFile(path, change(bytes) ?? bytes)
                return false
              },
            },
            deltaStrategy(),
          ],
        })
        t.teardown(() => held.client.stop())
        await held.client.start(signal)
        await arrives(held, 2)
        t.equal(await modelOf(held), sha256(next))
        t.notOk(held.states.includes('failed'))
      })
})

t.test('a thread that dies costs the whole file', async t => {
  const programs = {
    throws: 'throw new Error("no")',
    ends: 'process.exit(7)',
    'eats memory': 'const all = []; for (;;) all.push(new Array(1e6).fill(Math.random()))',
  }
  for (const [title, program] of Object.entries(programs))
    await t.test(title, async t => {
      const { site, next } = await tunedSite(t)
      await site.release(1, { content: next, deltas: fromFactory(site) })
      const refused: unknown[] = []
      const path = join(site.folder, 'thread.mjs')
      await writeFile(path, program)
      const strategy = deltaStrategy({
        program: new URL(`file://${path}`),
        onTrouble: error => refused.push(error),
      })
      const { device } = deltaDevice(t, site, { strategies: [strategy] })
      await device.client.start(signal)
      await arrives(device)
      t.equal(await modelOf(device), sha256(next))
      t.match(refused, [{ code: 'delta_of_no_use', remedy: String }])
    })
})
