/** Error in, hang in, killed in: every state of an update, after the matrix of Mender's tests. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { type DiskCalls, systemDisk } from '../../../daemon/base/disk.js'
import { defineErrors } from '../../../daemon/base/errors.js'
import type { UpdateClientOptions } from '../../../ota/client/options.js'
import { folderTransport } from '../../../ota/transport/folder.js'
import type { Transport } from '../../../ota/transport/transport.js'
import { aftermath, endOf, prepared, type Story, startLife } from '../../support/power-cut.js'
import { type Device, makeDevice, makeSite, type Site, sha256, tinyModel } from '../../support/repository.js'

const errors = defineErrors({
  broken_here: { says: (_: object) => 'it broke here', remedy: 'None.' },
})
const never = new Promise<never>(() => {})
const good = { answered: 1, accuracy: 1, p95Ms: 5, running: { accuracy: 1, p95Ms: 5 } }

/** A device that runs release 1, with release 2 on offer. */
async function ready(
  t: { teardown(end: () => unknown): void },
  options: Partial<UpdateClientOptions>,
): Promise<[Site, Device]> {
  const site = await makeSite(t)
  await site.release(1)
  await prepared(site)
  await site.release(2)
  const device = makeDevice(site, { name: 'before', ...options })
  t.teardown(() => device.client.stop())
  return [site, device]
}

/** Does something else the first `times`. */
function first<A extends unknown[], R>(
  times: number,
  instead: (...args: A) => R,
  then: (...args: A) => R,
): (...args: A) => R {
  let count = 0
  return (...args) => (count++ < times ? instead(...args) : then(...args))
}

/** A transport of which reading some paths fails at first. */
function failing(site: Site, path: RegExp, how: Transport['read'], times = 1): Transport {
  const honest = folderTransport(site.repository.folder)
  let count = 0
  return {
    name: honest.name,
    read: (p, o) => (path.test(p) && count++ < times ? how(p, o) : honest.read(p, o)),
  }
}
const breaks: Transport['read'] = async function* () {
  yield Buffer.from('some')
  throw new Error('the line broke')
}
const hangs: Transport['read'] = async function* (_, { signal }) {
  yield Buffer.from('some')
  await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}

const finishes = (device: Device) => device.until(s => s.state === 'idle' && s.running.release === 2)
const goesBack = (device: Device, code: string) =>
  device.until(s => s.state === 'idle' && s.reason?.code === code && s.running.release === 1)

t.setTimeout(150_000)

t.test('an error in', async t => {
  t.test('checking: it is tried again and ends well', async t => {
    const [site, device] = await ready(t, {})
    const broken = makeDevice(site, { name: 'before', transport: failing(site, /timestamp/, breaks, 2) })
    t.teardown(() => broken.client.stop())
    await broken.client.start(new AbortController().signal)
    await finishes(broken)
    t.ok(broken.states.includes('failed'))
    t.ok(device)
  })
  t.test('downloading: it goes on where it was', async t => {
    const [site] = await ready(t, {})
    const offsets: number[] = []
    const honest = folderTransport(site.repository.folder)
    let times = 0
    const device = makeDevice(site, {
      name: 'before',
      transport: {
        name: 'breaks after 3,000 bytes',
        async *read(path, options) {
          if (!path.endsWith('.gguf')) return yield* honest.read(path, options)
          offsets.push(options.offset ?? 0)
          if (times++ > 0) return yield* honest.read(path, options)
          yield* honest.read(path, { ...options, length: 3_000 })
          throw new Error('the line broke')
        },
      },
    })
    t.teardown(() => device.client.stop())
    await device.client.start(new AbortController().signal)
    await finishes(device)
    t.strictSame(offsets, [0, 3_000])
    t.equal(sha256(await readFile(device.client.running.files.model!)), sha256(tinyModel(2)))
  })
  t.test('verifying: what is no model is not tried again', async t => {
    const [, device] = await ready(t, {
      inspect: async path => {
        if ((await readFile(path)).equals(tinyModel(2))) throw new Error('tensor "w" overlaps tensor "v"')
      },
    })
    await device.client.start(new AbortController().signal)
    t.match(await goesBack(device, 'not_a_model'), {
      bad: [sha256(tinyModel(2))],
      reason: { message: /overlaps/ },
    })
    device.client.check()
    await device.until(s => s.reason?.code === 'known_bad')
  })
  t.test('trial: a gate that stays shut', async t => {
    const [, device] = await ready(t, { trial: async () => ({ ...good, accuracy: 0.9 }) })
    await device.client.start(new AbortController().signal)
    t.match(await goesBack(device, 'trial_failed'), {
      bad: [sha256(tinyModel(2))],
      reason: { message: /900 of 1,000/ },
    })
    t.strictSame(device.swaps, [], 'nobody was answered by it')
  })
  t.test('trial: it throws what a wait can mend, and is tried again later', async t => {
    const busy = defineErrors({
      busy_now: { says: (_: object) => 'no memory now', remedy: 'Wait.', retryable: true },
    })
    const [, device] = await ready(t, {
      trial: first(
        1,
        async () => Promise.reject(busy.busy_now({})),
        async () => good,
      ),
    })
    await device.client.start(new AbortController().signal)
    const waits = await device.until(s => s.state === 'failed')
    t.match(waits, { bad: [], reason: { code: 'busy_now' }, candidate: { release: 2 } })
    // long before the next look is due
    await finishes(device)
  })
  t.test('activating: the engine does not take it', async t => {
    const taken: number[] = []
    const [, device] = await ready(t, {
      swap: async to => {
        taken.push(to.release)
        if (to.release === 2) throw errors.broken_here({})
      },
    })
    await device.client.start(new AbortController().signal)
    t.match(await goesBack(device, 'broken_here'), { bad: [sha256(tinyModel(2))] })
    t.strictSame(taken, [2, 1], 'the engine is given the old one again: nobody knows what it holds')
  })
  t.test('active: errors in use', async t => {
    const [, device] = await ready(t, { watchMs: 60_000 })
    for (let i = 0; i < 50; i++) device.client.health({ what: 'answered', ms: 5 })
    device.watchers.push(s => {
      if (
        s.state !== 'active' ||
        !s.running.probation ||
        s.running.release !== 2 ||
        device.client.status().reason
      )
        return
      setImmediate(() => {
        for (let i = 0; i < 20; i++) device.client.health({ what: i % 2 ? 'error' : 'answered', ms: 5 })
      })
    })
    await device.client.start(new AbortController().signal)
    t.match(await goesBack(device, 'worse_in_use'), { reason: { message: /requests failed/ } })
    t.strictSame(
      device.swaps.map(s => s.release),
      [2, 1],
    )
  })
  t.test('rolling back: it is tried until it works', async t => {
    let back = 0
    const [, device] = await ready(t, {
      watchMs: 60_000,
      swap: async to => {
        if (to.release === 1 && back++ < 2) throw errors.broken_here({})
      },
    })
    device.watchers.push(s => {
      if (s.state !== 'active' || s.running.release !== 2) return
      for (let i = 0; i < 2; i++) device.client.health({ what: 'crash' })
    })
    await device.client.start(new AbortController().signal)
    await goesBack(device, 'worse_in_use')
    t.equal(back, 3)
  })
})

t.test('a disk that', async t => {
  const refusing = (call: keyof DiskCalls, code: string, times: number): DiskCalls => {
    let count = 0
    const original = systemDisk[call] as (...args: unknown[]) => Promise<unknown>
    return {
      ...systemDisk,
      [call]: (...args: unknown[]) => {
        const isOurs = args.some(a => typeof a === 'string' && a.includes('slots'))
        if (isOurs && count++ < times)
          return Promise.reject(Object.assign(new Error(`${code}: refused`), { code }))
        return original(...args)
      },
    } as DiskCalls
  }
  for (const [name, call, code] of [
    ['is full', 'write', 'ENOSPC'],
    ['is read-only', 'open', 'EROFS'],
    ['fails', 'sync', 'EIO'],
    ['does not rename', 'rename', 'EIO'],
  ] as const)
    t.test(`${name} for a while holds an update up, no more`, async t => {
      const [, device] = await ready(t, { disk: refusing(call, code, 3) })
      await device.client.start(new AbortController().signal)
      t.equal((await device.until(s => s.state === 'failed')).reason?.code, 'disk_refused')
      t.equal(device.client.running.release, 1)
      await finishes(device)
    })
  t.test('gives other bytes than were written: nothing of them is loaded', async t => {
    const [, device] = await ready(t, {
      disk: {
        ...systemDisk,
        write: first(
          1,
          (f, b, o, p) => systemDisk.write(f, p.includes('model') ? Buffer.alloc(b.length) : b, o, p),
          systemDisk.write,
        ),
      },
    })
    await device.client.start(new AbortController().signal)
    await finishes(device)
    t.equal(sha256(await readFile(device.client.running.files.model!)), sha256(tinyModel(2)))
  })
  t.test('has no room is left alone', async t => {
    const [, device] = await ready(t, { room: { keepFreeMib: 2 ** 40, maxDiskMib: 0 } })
    await device.client.start(new AbortController().signal)
    t.match(await device.until(s => s.state === 'failed'), { reason: { code: 'no_room' } })
  })
  t.test('may hold no more than two slots of so many MiB', async t => {
    const site = await makeSite(t)
    await site.release(1, { data: 2 ** 20 })
    const device = makeDevice(site, { room: { keepFreeMib: 0, maxDiskMib: 1 } })
    t.teardown(() => device.client.stop())
    await device.client.start(new AbortController().signal)
    t.match(await device.until(s => s.state === 'failed'), {
      reason: { code: 'over_limit', message: /limit is 1 MiB/ },
    })
  })
})

t.test('a hang in', async t => {
  t.test('checking: the source says no more', async t => {
    const site = (await ready(t, {}))[0]
    const device = makeDevice(site, {
      name: 'before',
      transport: failing(site, /timestamp/, hangs),
      deadlines: { checking: 150 },
    })
    t.teardown(() => device.client.stop())
    await device.client.start(new AbortController().signal)
    t.match((await device.until(s => s.state === 'failed')).reason, {
      code: 'state_step_hung',
      message: /checking did not end/,
    })
    await finishes(device)
  })
  t.test('downloading: the source says no more', async t => {
    const site = (await ready(t, {}))[0]
    const device = makeDevice(site, {
      name: 'before',
      transport: failing(site, /gguf$/, hangs),
      bounds: { windowMs: 100, minBytesPerSecond: 1000 },
    })
    t.teardown(() => device.client.stop())
    await device.client.start(new AbortController().signal)
    t.match((await device.until(s => s.state === 'failed')).reason, { code: 'too_slow' })
    await finishes(device)
  })
  t.test('verifying', async t => {
    let isFirst = true
    const [, device] = await ready(t, {
      inspect: async path => {
        if (!(await readFile(path)).equals(tinyModel(2)) || !isFirst) return
        isFirst = false
        await never
      },
      deadlines: { verifying: 100 },
      graceMs: 50,
    })
    await device.client.start(new AbortController().signal)
    t.match((await device.until(s => s.state === 'failed')).reason, { code: 'state_step_hung' })
    await finishes(device)
  })
  t.test('trial: whoever hangs is bad', async t => {
    const [, device] = await ready(t, { trial: () => never, deadlines: { trial: 100 }, graceMs: 50 })
    await device.client.start(new AbortController().signal)
    t.match(await goesBack(device, 'state_step_hung'), { bad: [sha256(tinyModel(2))] })
  })
  t.test('activating: the engine says no more', async t => {
    const [, device] = await ready(t, {
      swap: to => (to.release === 2 ? never : Promise.resolve()),
      deadlines: { activating: 100 },
      graceMs: 50,
    })
    await device.client.start(new AbortController().signal)
    await goesBack(device, 'state_step_hung')
  })
  t.test('rolling back', async t => {
    const [, device] = await ready(t, {
      swap: first(
        1,
        async () => Promise.reject(errors.broken_here({})),
        first(
          1,
          () => never,
          async () => {},
        ),
      ),
      deadlines: { 'rolled-back': 100 },
      graceMs: 50,
    })
    await device.client.start(new AbortController().signal)
    await goesBack(device, 'broken_here')
  })
})

t.test('killed in', async t => {
  const site = await makeSite(t)
  await site.release(1)
  await prepared(site)
  await site.release(2)
  const releases = [site.factory.sha256, sha256(tinyModel(1)), sha256(tinyModel(2))]
  const { copyDevice } = await import('../../support/power-cut.js')
  const cases: [string, Story][] = [
    ...['checking', 'downloading', 'verifying', 'staged', 'trial', 'active'].map(
      s => [s, 'update'] as [string, Story],
    ),
    ['rolled-back', 'trial fails'],
    ['rolled-back', 'worse in use'],
  ]
  for (const [state, story] of cases)
    t.test(`${state} (${story})`, async t => {
      await copyDevice(site, 'before', 'device')
      const life = { siteFolder: site.folder, factory: site.factory, device: 'device', story, dieIn: state }
      t.match(await endOf(startLife(life)), { signal: 'SIGKILL' })
      t.match(await aftermath(site, 'device', story, releases), { finished: story === 'update' ? 2 : 1 })
    })
  for (const [state, times, code] of [
    ['trial', 3, 'trial_died'],
    ['active', 4, 'worse_in_use'],
  ] as const)
    t.test(`${state}, again and again: a model that kills the daemon goes back`, async t => {
      await copyDevice(site, 'before', 'device')
      const life = {
        siteFolder: site.folder,
        factory: site.factory,
        device: 'device',
        story: 'update' as const,
      }
      for (let i = 0; i < times; i++)
        t.match(await endOf(startLife({ ...life, dieIn: state })), { signal: 'SIGKILL' })
      const device = makeDevice(site, { name: 'device' })
      t.teardown(() => device.client.stop())
      await device.client.start(new AbortController().signal)
      const end = await device.until(s => s.state === 'idle' && s.reason?.code === code)
      t.match(end, { running: { release: 1 }, bad: [sha256(tinyModel(2))] })
    })
})

t.test('a file of the updater that was damaged', async t => {
  for (const name of ['state.json', 'pointer.json', 'slots/a/record.json', 'slots/a/model.gguf'])
    t.test(`${name}: a whole model answers, and the update comes`, async t => {
      const [site, device] = await ready(t, {})
      const path = join(site.folder, 'before', 'command', name)
      const bytes = await readFile(path)
      await writeFile(path, bytes.subarray(0, bytes.length >> 1))
      await device.client.start(new AbortController().signal)
      t.equal(sha256(await readFile(device.client.running.files.model!)), device.client.running.sha256)
      await finishes(device)
    })
  for (const [what, torn] of [
    ['torn', () => '{"signed": {"_ty'],
    ['changed', (text: string) => text.replace('"version": 1', '"version": 7')],
  ] as const)
    t.test(`the root, ${what}: trust begins again at the factory`, async t => {
      const [site, device] = await ready(t, {})
      const path = join(site.folder, 'before', 'trust', 'root.json')
      await writeFile(path, torn(await readFile(path, 'utf8')))
      await device.client.start(new AbortController().signal)
      await finishes(device)
      t.match(JSON.parse(await readFile(path, 'utf8')), { signed: { _type: 'root', version: 1 } })
    })
  t.test('no root at all, not even that of the factory: what runs goes on, and it says so', async t => {
    const [site, device] = await ready(t, {})
    await writeFile(join(site.folder, 'before', 'trust', 'root.json'), '')
    await writeFile(site.root, 'torn')
    await device.client.start(new AbortController().signal)
    t.match(await device.until(s => s.state === 'failed'), {
      reason: { code: 'no_trust_anchor' },
      running: { release: 1 },
    })
  })
})
