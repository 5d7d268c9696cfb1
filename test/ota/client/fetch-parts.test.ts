/** What brings a file is made of: the part on the disk, ranges of a target, what is kept meanwhile, what is counted. */
import { appendFile, mkdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { systemClock } from '../../../daemon/base/clock.js'
import { systemDisk } from '../../../daemon/base/disk.js'
import type { FetchContext } from '../../../ota/client/fetch.js'
import { durableBytes, Part } from '../../../ota/client/part.js'
import { PieceStream } from '../../../ota/client/piece-stream.js'
import { Scratch } from '../../../ota/client/scratch.js'
import { Slots } from '../../../ota/client/slots.js'
import { stage } from '../../../ota/client/stage.js'
import { Tally } from '../../../ota/client/tally.js'
import { joined } from '../../../ota/format/byte-source.js'
import type { BundleFile, TargetPromise } from '../../../ota/format/target.js'
import type { ReadOptions } from '../../../ota/transport/transport.js'
import { noise } from '../../support/delta-world.js'
import { sha256, tinyModel } from '../../support/repository.js'

t.test('whatever is done to a part, what is noted of it is there and was synced', async t => {
  const folder = t.testdir()
  let n = 0
  const step = fc.oneof(
    fc.record({ do: fc.constant('append' as const), bytes: fc.integer({ min: 1, max: 900 }) }),
    fc.record({ do: fc.constant('truncate' as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ do: fc.constant('keep' as const) }),
    fc.record({ do: fc.constant('reopen' as const) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 15 }), async steps => {
      const path = join(folder, `${n++}.part`)
      let synced = 0
      const disk = {
        ...systemDisk,
        sync: async (...args: Parameters<typeof systemDisk.sync>) => {
          await systemDisk.sync(...args)
          if (args[1] === path) synced = (await args[0].stat()).size
        },
      }
      let part = await Part.open(path, disk, systemClock)
      let has = Buffer.alloc(0)
      try {
        for (const [i, s] of steps.entries()) {
          if (s.do === 'append') {
            const bytes = noise(s.bytes, i)
            await part.append(bytes)
            has = Buffer.concat([has, bytes])
          } else if (s.do === 'truncate') {
            const length = Math.floor(has.length * s.part)
            await part.truncate(length)
            synced = Math.min(synced, length)
            has = has.subarray(0, length)
          } else if (s.do === 'keep') await part.keep()
          else {
            await part.close()
            part = await Part.open(path, disk, systemClock)
          }
          if (part.at !== has.length) return false
          if ((await durableBytes(path, 1e9)) > synced) return false
        }
        await part.keep()
        return has.equals(await readFile(path)) && (await durableBytes(path, 1e9)) === has.length
      } finally {
        await part.close()
      }
    }),
    { numRuns: 60 },
  )
  t.pass()
})

t.test('a note of more than there is, or than there should be, counts for nothing', async t => {
  const path = join(t.testdir(), 'x.part')
  await writeFile(path, 'abcdef')
  for (const [note, length, counts] of [
    ['6', 10, 6],
    ['7', 10, 0],
    ['6', 5, 0],
    ['-1', 10, 0],
    ['2.5', 10, 0],
    ['many', 10, 0],
  ] as const) {
    await writeFile(`${path}.bytes`, note)
    t.equal(await durableBytes(path, length), counts, `${note} of ${length}`)
  }
})

/** A repository in memory that tells what it was asked for. */
function memory(content: Uint8Array) {
  const asked: [from: number, to: number][] = []
  let came = 0
  const context = {
    transport: {
      name: 'memory',
      async *read(_: string, { offset = 0, length = 1e9 }: ReadOptions) {
        asked.push([offset, offset + length])
        for (let at = offset; at < Math.min(content.length, offset + length); at += 700)
          yield content.slice(at, Math.min(at + 700, offset + length))
      },
    },
    bounds: { minBytesPerSecond: 1, deadlineMs: 60_000 },
    clock: systemClock,
    signal: new AbortController().signal,
    onBytes: (count: number) => {
      came += count
    },
  } as unknown as FetchContext
  return { context, asked, came: () => came }
}

t.test(
  'ranges come right, neighbours by one request, and nothing is asked for that is not wanted',
  async t => {
    const content = noise(20_000, 3)
    const ranges = fc
      .array(fc.tuple(fc.nat({ max: 800 }), fc.integer({ min: 1, max: 1_500 })), { maxLength: 12 })
      .map(gaps => {
        let at = 0
        return gaps.map(([gap, length]) => {
          const offset = at + (gap < 400 ? 0 : gap)
          at = offset + length
          return { offset, length }
        })
      })
    await fc.assert(
      fc.asyncProperty(ranges, async wanted => {
        const { context, asked, came } = memory(content)
        const stream = new PieceStream({ path: 'x', length: content.length, sha256: 'a' }, context)
        const runs = joined(wanted, Number.POSITIVE_INFINITY)
        for (const { offset, length } of wanted) {
          const run = runs.find(r => offset >= r.offset && offset < r.offset + r.length)!
          const bytes = await stream.read(offset, length, undefined, run.offset + run.length)
          if (!Buffer.from(bytes).equals(Buffer.from(content.slice(offset, offset + length)))) return false
        }
        await stream.close()
        const sum = wanted.reduce((n, { length }) => n + length, 0)
        return asked.length === runs.length && came() === sum
      }),
      { numRuns: 100 },
    )
    t.pass()
  },
)

t.test('beyond the signed length nothing is asked for; where a file ends before, less comes', async t => {
  const { context, asked } = memory(noise(1_000, 1))
  const stream = new PieceStream({ path: 'x', length: 600, sha256: 'a' }, context)
  t.equal((await stream.read(500, 200)).length, 100)
  t.equal((await stream.read(700, 10)).length, 0)
  t.strictSame(asked, [[500, 600]])
  const short = new PieceStream({ path: 'x', length: 5_000, sha256: 'a' }, context)
  t.equal((await short.read(900, 300)).length, 100)
})

t.test('what is counted is never more than what is to come', async t => {
  const file = (role: BundleFile['role'], length: number): BundleFile => ({
    role,
    path: role,
    length,
    sha256: 'a',
  })
  const files = [file('model', 1_000), file('golden', 50)]
  const tally = new Tally(files)
  t.strictSame(tally.progress(), { done: 0, total: 1_050, came: 0 })
  tally.plan(files[0]!, 20, 100)
  tally.came(30)
  t.strictSame(tally.progress(), { done: 50, total: 150, came: 30 })
  tally.came(80)
  t.strictSame(tally.progress(), { done: 130, total: 180, came: 110 }, 'more came than was planned')
  tally.plan(files[0]!, 400, 1_000)
  t.strictSame(tally.progress(), { done: 400, total: 1_050, came: 110 }, 'it is loaded whole after all')
  const event = fc.oneof(fc.integer({ min: 1, max: 500 }), fc.tuple(fc.nat({ max: 1 }), fc.nat(), fc.nat()))
  fc.assert(
    fc.property(fc.array(event), events => {
      const tally = new Tally(files)
      for (const e of events)
        if (typeof e === 'number') tally.came(e)
        else tally.plan(files[e[0]]!, Math.min(e[1], e[2]), e[2])
      const { done, total } = tally.progress()
      return done <= total
    }),
  )
})

t.test('what is kept meanwhile is checked when it is read', async t => {
  const folder = t.testdir()
  const model = join(folder, 'factory.gguf')
  await writeFile(model, tinyModel(0))
  const slots = new Slots(folder, { version: '0.0.0', sha256: sha256(tinyModel(0)), files: { model } })
  const scratch = new Scratch(slots)
  await scratch.keepManifest('m', '{"a":1}\n')
  t.equal(await scratch.manifest('m'), '{"a":1}\n')
  t.equal(await scratch.manifest('m', sha256(Buffer.from('{"a":1}\n'))), '{"a":1}\n')
  t.equal(await scratch.manifest('m', 'f'.repeat(64)), undefined, 'another one was signed')
  const path = join(slots.scratchFolder, Scratch.manifestName('m'))
  await appendFile(path, ' ')
  t.equal(await scratch.manifest('m'), undefined)
  await truncate(path, 10)
  t.equal(await scratch.manifest('m'), undefined)
  const index = Buffer.from('FMDELTA1\0\0\0\0the index')
  const hash = sha256(index.subarray(12))
  await scratch.keepIndex(hash, index)
  t.strictSame(await scratch.index(hash), index)
  await appendFile(join(slots.scratchFolder, Scratch.indexName(hash)), 'x')
  t.equal(await scratch.index(hash), undefined)
  t.notOk(await scratch.isRefused('m'))
  await scratch.refuse('m', 'because')
  t.ok(await scratch.isRefused('m'))
  t.equal(await scratch.manifest('m'), undefined, 'nothing else stays')
  await slots.dropScratch()
  t.notOk(await scratch.isRefused('m'))
})

t.test('the room for what is kept meanwhile is asked for too, and counted once', async t => {
  const MIB = 1024 * 1024
  const folder = t.testdir()
  const slots = new Slots(folder, { version: '0.0.0', sha256: 'a', files: {} })
  const model = { role: 'model' as const, path: 'c/m.gguf', length: MIB, sha256: 'b'.repeat(64) }
  const promise = (manifestBytes: number): TargetPromise => ({
    kind: 'model',
    family: 'command',
    version: '1.0.0',
    release: 1,
    needs: { boards: [], memory_mib: 0, engine: '0' },
    files: [model],
    deltas: {
      manifest: { path: 'c/m.json', length: Math.round(manifestBytes), sha256: 'c'.repeat(64) },
      from: [],
    },
    evaluation: {},
    gates: { min_accuracy_per_mille: 0, max_accuracy_loss_per_mille: 0, min_answered: 1 },
  })
  const room = { keepFreeMib: 0, maxDiskMib: 2 }
  const candidate = (bytes: number) => ({ slot: 'a' as const, path: 'c/m.gguf', promise: promise(bytes) })
  await t.rejects(stage(slots, candidate(0.6 * MIB), room), { code: 'over_limit' })
  await stage(slots, candidate(0.4 * MIB), room)
  await mkdir(slots.scratchFolder, { recursive: true })
  await writeFile(join(slots.scratchFolder, 'one.manifest'), Buffer.alloc(Math.round(0.4 * MIB)))
  await writeFile(`${slots.fileIn('a', model)}.part`, Buffer.alloc(MIB / 2))
  await stage(slots, candidate(0.4 * MIB), room)
  t.equal((await stat(`${slots.fileIn('a', model)}.part`)).size, MIB / 2, 'what is there stays')
})
