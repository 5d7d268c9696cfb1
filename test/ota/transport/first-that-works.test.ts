import { cp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { codeOf } from '../../../daemon/base/errors.js'
import { seeded } from '../../../daemon/base/random.js'
import { serve } from '../../../ota/publisher/serve.js'
import { bounded } from '../../../ota/transport/bounds.js'
import { errors } from '../../../ota/transport/errors.js'
import { firstThatWorks } from '../../../ota/transport/first-that-works.js'
import { folderTransport } from '../../../ota/transport/folder.js'
import { httpTransport } from '../../../ota/transport/http-range.js'
import type { Transport } from '../../../ota/transport/transport.js'
import { codeFrom, collect, fill, transportContract } from '../../contracts/transport.js'
import { STORIES } from '../../support/attacks.js'
import { FakeClock } from '../../support/clock.js'
import { isSettled, makeDevice, makeSite, tinyModel } from '../../support/repository.js'

const { signal } = new AbortController()
const TARGET = 'targets/command/x.gguf'

/** A source of one content that breaks at a byte, and writes down who was asked. */
function source(
  name: string,
  bytes: Uint8Array,
  breaksAt = Number.POSITIVE_INFINITY,
  asked: string[] = [],
): Transport {
  return {
    name,
    async *read(path, { offset = 0, length = Number.POSITIVE_INFINITY }) {
      asked.push(name)
      const end = Math.min(offset + length, bytes.length)
      for (let at = offset; at < end; at += 7) {
        const till = Math.min(at + 7, end, Math.max(at, breaksAt))
        if (till > at) yield bytes.subarray(at, till)
        if (till >= breaksAt) throw errors.source_unreachable({ path, source: name, problem: 'it breaks' })
      }
      if (offset >= breaksAt) throw errors.source_unreachable({ path, source: name, problem: 'it breaks' })
    },
  }
}
const failing = (error: () => Error): Transport => ({
  name: 'failing',
  read: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error()) }) }),
})
const silent: Transport = {
  name: 'silent',
  read: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }),
}
const bytes = (seed: number, length: number) => {
  const random = seeded(seed)
  return Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)))
}

t.test('it is a transport like any other, wherever the source that works stands', async t => {
  const unreachable = () => httpTransport({ url: 'http://127.0.0.1:1' })
  t.test('alone', async t =>
    transportContract(t, async t => {
      const folder = t.testdir()
      await fill(folder)
      return { folder, transport: firstThatWorks([folderTransport(folder)]) }
    }),
  )
  t.test('after one that is away', async t =>
    transportContract(t, async t => {
      const folder = t.testdir()
      await fill(folder)
      const server = await serve({ folder })
      t.teardown(() => server.close())
      return { folder, transport: firstThatWorks([unreachable(), httpTransport({ url: server.url })]) }
    }),
  )
  t.test('before one that is away', async t =>
    transportContract(t, async t => {
      const folder = t.testdir()
      await fill(folder)
      const transport = firstThatWorks([folderTransport(folder), folderTransport(`${folder}/nowhere`)])
      return { folder, transport }
    }),
  )
  t.test('after one that breaks in the middle', async t =>
    transportContract(t, async t => {
      const folder = t.testdir()
      await fill(folder)
      const whole = folderTransport(folder)
      const breaking: Transport = {
        name: 'breaking',
        async *read(path, options) {
          let given = 0
          for await (const piece of whole.read(path, options)) {
            given += piece.length
            if (path === TARGET && given > 100_000)
              throw errors.source_unreachable({ path, source: 'breaking', problem: 'it breaks' })
            yield piece
          }
        },
      }
      return { folder, transport: firstThatWorks([breaking, whole]) }
    }),
  )
})

t.test(
  'whatever breaks wherever: the bytes of the file, in order, as long as the sources together have them',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 200 }),
        fc.array(fc.option(fc.integer({ min: 0, max: 220 }), { nil: Number.POSITIVE_INFINITY }), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.nat(210),
        fc.option(fc.nat(210), { nil: Number.POSITIVE_INFINITY }),
        async (size, breaks, offset, length) => {
          const file = bytes(size, size)
          const end = Math.min(offset + length, size)
          const transport = firstThatWorks(breaks.map((at, i) => source(`s${i}`, file, at)))
          const got: Uint8Array[] = []
          let failed = false
          try {
            for await (const piece of transport.read(TARGET, {
              offset,
              ...(Number.isFinite(length) ? { length } : {}),
              signal,
            }))
              got.push(Buffer.from(piece))
          } catch {
            failed = true
          }
          const all = Buffer.concat(got)
          const most = Math.max(...breaks)
          if (!all.equals(file.subarray(offset, offset + all.length))) return false
          if (most === Number.POSITIVE_INFINITY) return !failed && all.length === Math.max(0, end - offset)
          return all.length === Math.max(0, Math.min(end, most) - offset)
        },
      ),
      { numRuns: 300 },
    )
  },
)

t.test('metadata is never pieced together from two sources', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 60 }), async breaksAt => {
      const [old, young] = [Buffer.alloc(50, 'a'), Buffer.alloc(60, 'b')]
      const transport = firstThatWorks([source('old', old, breaksAt), source('young', young)])
      const read = () => collect(transport.read('metadata/timestamp.json', { signal }))
      const first = await read().catch(() => undefined)
      if (breaksAt === 0) return first!.equals(young)
      if (breaksAt > 50) return first!.equals(old)
      return first === undefined && (await read()).equals(young)
    }),
  )
})

t.test('a source that failed rests, and has its turn again', async t => {
  const clock = new FakeClock()
  const asked: string[] = []
  const file = bytes(1, 20)
  let away = true
  const near: Transport = {
    name: 'near',
    read: (path, options) =>
      source('near', file, away ? 0 : Number.POSITIVE_INFINITY, asked).read(path, options),
  }
  const transport = firstThatWorks([near, source('far', file, undefined, asked)], { clock, restMs: 1000 })
  t.equal(transport.name, 'near or far')
  const read = async () => {
    asked.length = 0
    t.ok((await collect(transport.read(TARGET, { signal }))).equals(file))
    return [...asked]
  }
  t.strictSame(await read(), ['near', 'far'])
  t.strictSame(await read(), ['far'])
  t.equal(transport.first, 'far')
  away = false
  await clock.turn(999)
  t.strictSame(await read(), ['far'])
  await clock.turn(1)
  t.strictSame(await read(), ['near'])
  transport.turn()
  t.strictSame(await read(), ['far'], 'what near gave was not right')
  await clock.turn(1)
  transport.turn()
  t.strictSame(await read(), ['near'], 'all rest: the one that has rested longest')
})

t.test('a source that says nothing, or drips, is left for the next one', async t => {
  const file = bytes(2, 300)
  const drip: Transport = {
    name: 'drip',
    async *read(_, { offset = 0, signal }) {
      for (let at = offset; ; at++) {
        yield file.subarray(at, at + 1)
        await new Promise(resolve => setTimeout(resolve, 20))
        signal.throwIfAborted()
      }
    },
  }
  for (const slow of [silent, drip]) {
    const transport = firstThatWorks([slow, source('whole', file)], {
      windowMs: 100,
      minBytesPerSecond: 1000,
    })
    t.ok((await collect(transport.read(TARGET, { signal }))).equals(file), slow.name)
    t.equal(transport.first, 'whole')
  }
  const last = firstThatWorks([silent, silent], { windowMs: 20 })
  const bounds = { mostBytes: 1000, minBytesPerSecond: 1, windowMs: 200, deadlineMs: 10_000 }
  t.equal(await codeFrom(bounded(last, TARGET, { signal }, bounds)), 'too_slow', 'the reader ends it')
})

t.test('a reader that takes its time does not make a source slow', async t => {
  const file = bytes(3, 30)
  const asked: string[] = []
  const transport = firstThatWorks(
    [source('a', file, undefined, asked), source('b', file, undefined, asked)],
    {
      windowMs: 30,
      minBytesPerSecond: 100_000,
    },
  )
  const got: Uint8Array[] = []
  for await (const piece of transport.read(TARGET, { signal })) {
    got.push(piece)
    await new Promise(resolve => setTimeout(resolve, 40))
  }
  t.ok(Buffer.concat(got).equals(file))
  t.strictSame(asked, ['a'])
})

t.test('what is said when all fail, and what is no failure', async t => {
  const refused = errors.source_refused({ path: 'x', source: 's', status: 401 })
  const busy = errors.source_busy({ path: 'x', source: 's', status: 503, retryAfterMs: 5 })
  const missing = errors.source_not_found({ path: 'x', source: 's' })
  const sources = (...all: Error[]) => firstThatWorks(all.map(error => failing(() => error)))
  const code = (transport: Transport, path = TARGET) => codeFrom(transport.read(path, { signal }))
  t.equal(await code(sources(refused, busy)), 'source_busy', 'what may pass comes first')
  t.equal(await code(sources(refused, refused)), 'source_refused')
  t.equal(await code(sources(missing, refused)), 'source_not_found')

  const asked: string[] = []
  const whole = source('whole', bytes(4, 9), undefined, asked)
  const mirror = firstThatWorks([failing(() => missing), whole])
  t.equal(await code(mirror, 'metadata/2.root.json'), 'source_not_found', 'no newer root is an answer')
  t.strictSame(asked, [])
  t.equal(mirror.first, 'failing')
  t.equal(await code(mirror, 'metadata/2.snapshot.json'), undefined, 'an incomplete mirror is not')
  t.strictSame(asked, ['whole'])
  t.throws(() => firstThatWorks([]), RangeError)
})

t.test(STORIES.mirrors.title, async t => {
  const site = await makeSite(t)
  await site.release(1)
  const good = site.repository.folder
  const mirror = async (name: string, change: (folder: string) => Promise<unknown>) => {
    const folder = join(site.folder, name)
    await cp(good, folder, { recursive: true })
    await change(folder)
    return folderTransport(folder)
  }
  const stale = await mirror('stale', async () => {})
  await site.release(2)
  const mirrors: [string, Transport][] = [
    [
      'other bytes in a model',
      await mirror('lying', async folder => {
        for (const name of await readdir(join(folder, 'targets', 'command')))
          if (name.endsWith('.gguf')) await writeFile(join(folder, 'targets', 'command', name), tinyModel(7))
      }),
    ],
    [
      'half of each model',
      await mirror('half', async folder => {
        for (const name of await readdir(join(folder, 'targets', 'command')))
          await truncate(join(folder, 'targets', 'command', name), 100)
      }),
    ],
    [
      'a timestamp of somebody else',
      await mirror('mixed', folder =>
        writeFile(join(folder, 'metadata', 'timestamp.json'), '{"signed":{},"signatures":[]}'),
      ),
    ],
    ['no targets', await mirror('empty', folder => rm(join(folder, 'targets'), { recursive: true }))],
    ['away', httpTransport({ url: 'http://127.0.0.1:1' })],
  ]
  for (const [what, transport] of mirrors)
    await t.test(what, async t => {
      const sources = firstThatWorks([transport, folderTransport(good)])
      const device = makeDevice(site, { name: what, transport: sources, onTrouble: () => sources.turn() })
      t.teardown(() => device.client.stop())
      await device.client.start(signal)
      await device.until(s => isSettled(s) && s.running.release === 2)
      t.ok((await readFile(device.client.running.files.model!)).equals(tinyModel(2)))
    })

  await t.test('stale, after it has seen the newer', async t => {
    let isBehind = false
    const sources = firstThatWorks([
      { name: 'near', read: (path, o) => (isBehind ? stale : folderTransport(good)).read(path, o) },
      folderTransport(good),
    ])
    const troubles: unknown[] = []
    const device = makeDevice(site, {
      name: 'stale',
      transport: sources,
      onTrouble: error => {
        troubles.push(codeOf(error))
        sources.turn()
      },
    })
    t.teardown(() => device.client.stop())
    await device.client.start(signal)
    await device.until(s => isSettled(s) && s.running.release === 2)
    isBehind = true
    await site.release(3)
    device.client.check()
    await device.until(s => isSettled(s) && s.running.release === 3)
    t.strictSame(troubles, ['metadata_rolled_back'])
  })
})
