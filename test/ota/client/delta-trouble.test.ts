/** Whatever is wrong with a difference, or with what it is taken against: the right model, and no failed update. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { codeOf } from '../../../daemon/base/errors.js'
import { deltaStrategy } from '../../../ota/client/delta.js'
import type { TargetPromise } from '../../../ota/format/target.js'
import { folderTransport } from '../../../ota/transport/folder.js'
import type { Transport } from '../../../ota/transport/transport.js'
import {
  arrives,
  counted,
  deltaDevice,
  fromFactory,
  modelOf,
  tunedRelease,
  tunedSite,
} from '../../support/delta-device.js'
import { copyDevice } from '../../support/power-cut.js'
import { sha256 } from '../../support/repository.js'

const { signal } = new AbortController()
type Deltas = NonNullable<TargetPromise['deltas']>

/** A folder of which some files are something else, or not there. */
function bad(folder: string, path: RegExp, change: (whole: Buffer) => Buffer | undefined): Transport {
  const honest = folderTransport(folder)
  return {
    name: 'bad',
    async *read(name, options) {
      if (!path.test(name)) return yield* honest.read(name, options)
      const whole = change(await readFile(join(folder, name)))
      if (!whole) return yield* honest.read(`${name}.gone`, options)
      const { offset = 0, length = whole.length } = options
      yield whole.subarray(offset, offset + length)
    },
  }
}

const flipped = (from: number, step: number) => (whole: Buffer) => {
  for (let i = from; i < whole.length; i += step) whole[i]! ^= 0x40
  return whole
}

t.test('what is wrong with a difference ends in the whole file', async t => {
  const site = await tunedSite(t)
  await site.release(1, { content: tunedRelease(1), deltas: fromFactory(site) })
  const [delta, manifest] = [/\.delta$/, /manifest/]
  /** How it is wrong, and whether what is left is of use. */
  const ways: [string, RegExp, (whole: Buffer) => Buffer | undefined, boolean][] = [
    ['a manifest that is not there', manifest, () => undefined, false],
    ['a manifest with one other byte', manifest, flipped(500, 1e9), false],
    ['a manifest that is cut short', manifest, whole => whole.subarray(0, 900), false],
    ['a manifest that never ends', manifest, whole => Buffer.concat([whole, whole]), true],
    ['a delta that is not there', delta, () => undefined, false],
    ['a delta with another index', delta, flipped(40, 1e9), false],
    ['a delta that is cut short in its index', delta, whole => whole.subarray(0, 100), false],
    ['a delta that is cut short', delta, whole => whole.subarray(0, whole.length >> 1), true],
    ['a delta with wrong pieces', delta, flipped(4_000, 4_000), true],
    ['a delta of which nothing is right', delta, flipped(2_000, 1), true],
    ['a delta that is longer than signed', delta, whole => Buffer.concat([whole, whole]), true],
  ]
  for (const [name, path, change, isUsed] of ways)
    await t.test(name, async t => {
      const transport = bad(site.repository.folder, path, change)
      const { device, refused } = deltaDevice(t, site, { name, transport })
      await device.client.start(signal)
      await arrives(device)
      t.equal(await modelOf(device), sha256(tunedRelease(1)))
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
      const site = await tunedSite(t)
      await site.release(1, {
        content: tunedRelease(1),
        deltas: fromFactory(site),
        lie: p => lie(p.deltas!),
      })
      const { device } = deltaDevice(t, site)
      await device.client.start(signal)
      await arrives(device)
      t.equal(await modelOf(device), sha256(tunedRelease(1)))
      t.notOk(device.states.includes('failed'))
    })
})

t.test('a manifest that belongs to another file, signed', async t => {
  const site = await tunedSite(t)
  const foreign: Deltas['manifest'][] = []
  await site.release(1, {
    content: tunedRelease(2),
    deltas: { from: [] },
    lie: p => foreign.push(p.deltas!.manifest),
  })
  await site.release(2, {
    content: tunedRelease(1),
    deltas: fromFactory(site),
    lie: p => Object.assign(p.deltas!, { manifest: foreign[0] }),
  })
  const { device, refused } = deltaDevice(t, site)
  await device.client.start(signal)
  await arrives(device, 2)
  t.equal(await modelOf(device), sha256(tunedRelease(1)))
  t.match(refused, [{ code: 'delta_of_no_use', message: /another (model|file)/ }])
})

t.test('an old file that changes on the disk costs bytes, and never a wrong model', async t => {
  const site = await tunedSite(t)
  await site.release(1, { content: tunedRelease(3), deltas: fromFactory(site) })
  const before = deltaDevice(t, site, { name: 'before' }).device
  await before.client.start(signal)
  await arrives(before)
  await before.client.stop()
  await site.release(2, { content: tunedRelease(1), deltas: { effort: 'fast' } })
  const changes: [string, (bytes: Buffer) => Buffer][] = [
    ['a few bytes', b => b.fill(0x55, b.length >> 1, (b.length >> 1) + 100)],
    ['its header', b => b.fill(0x55, 0, 200)],
    ['all of it', b => b.fill(0x55)],
    ['its end', b => b.subarray(0, b.length >> 2)],
  ]
  for (const [what, change] of changes)
    for (const isKnown of [true, false]) {
      const name = `${what}, ${isKnown ? 'with' : 'without'} its manifest at hand`
      await t.test(name, async t => {
        await copyDevice(site, 'before', name)
        if (!isKnown) await rm(join(site.folder, name, 'command', 'deltas'), { recursive: true })
        const transport = counted(folderTransport(site.repository.folder))
        const { device } = deltaDevice(t, site, {
          name,
          transport,
          strategies: [
            {
              name: 'a bad card, after the start has read it',
              async fetch(_file, _part, _candidate, { running }) {
                const path = running.files.model!
                await writeFile(path, change(await readFile(path)))
                return false
              },
            },
            deltaStrategy(),
          ],
        })
        await device.client.start(signal)
        await arrives(device, 2)
        t.equal(await modelOf(device), sha256(tunedRelease(1)))
        t.notOk(device.states.includes('failed'))
        if (what === 'a few bytes') t.ok(transport.bytes.model! < 100_000, 'only what is wrong comes whole')
      })
    }
})

t.test('a thread that dies costs the whole file', async t => {
  const site = await tunedSite(t)
  await site.release(1, { content: tunedRelease(1), deltas: fromFactory(site) })
  // who can only be found out by silence is given little time, the others more than this test has
  const programs: [name: string, program: string, silentMs: number][] = [
    ['throws', 'throw new Error("no")', 60_000],
    ['ends', 'process.exit(7)', 60_000],
    ['hangs', 'for (;;);', 200],
    ['says nothing', 'setInterval(() => {}, 1_000)', 200],
    ['eats memory', 'const all = []; for (;;) all.push(new Array(1e6).fill(Math.random()))', 60_000],
  ]
  for (const [name, program, silentMs] of programs)
    await t.test(name, async t => {
      const path = join(site.folder, 'thread.mjs')
      await writeFile(path, program)
      const refused: unknown[] = []
      const strategy = deltaStrategy({
        thread: { program: new URL(`file://${path}`), silentMs },
        onTrouble: error => refused.push(error),
      })
      const { device } = deltaDevice(t, site, { name, strategies: [strategy] })
      await device.client.start(signal)
      await arrives(device)
      t.equal(await modelOf(device), sha256(tunedRelease(1)))
      t.match(refused, [{ code: 'delta_of_no_use', remedy: String }])
    })
})
