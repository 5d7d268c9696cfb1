import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { add } from '../../../ota/publisher/add.js'
import { revoke } from '../../../ota/publisher/revoke.js'
import { folderTransport } from '../../../ota/transport/folder.js'
import { isSettled, makeDevice, makeSite, tinyModel } from '../../support/repository.js'

t.test('a release is checked, loaded, verified, tried, activated, and good after its watch', async t => {
  const site = await makeSite(t)
  const path = await site.release(1)
  const device = makeDevice(site)
  t.teardown(() => device.client.stop())
  await device.client.start(new AbortController().signal)
  t.equal(device.client.running.slot, 'factory')
  const end = await device.until(isSettled)
  t.strictSame(device.states, [
    'idle',
    'checking',
    'downloading',
    'verifying',
    'staged',
    'trial',
    'active',
    'idle',
  ])
  t.match(end, {
    reason: { code: 'activated' },
    running: { slot: 'a', version: '1.1.0', release: 1, probation: false },
  })
  t.strictSame(await readFile(device.client.running.files.model!), tinyModel(1))
  t.match(device.swaps, [{ slot: 'a', files: { model: /model\.gguf$/, golden: /golden\.jsonl$/ } }])
  t.strictSame((await readdir(join(device.folder, 'command', 'slots', 'a'))).sort(), [
    'golden.jsonl',
    'model.gguf',
    'record.json',
  ])

  await site.release(2)
  device.client.check()
  await device.until(s => isSettled(s) && s.running.release === 2)
  t.equal(device.client.running.slot, 'b')

  await site.release(3)
  device.client.check()
  await device.until(s => isSettled(s) && s.running.release === 3)
  t.equal(device.client.running.slot, 'a', 'slots take turns')

  await device.client.rollback()
  await device.until(s => isSettled(s) && s.running.release === 2)
  t.equal(device.client.running.slot, 'b', 'back to the one before')
  device.client.check()
  const after = await device.until(s => s.reason?.code === 'known_bad' || s.reason?.code === 'up_to_date')
  t.match(after, { bad: [/^[0-9a-f]{64}$/], running: { release: 2 } })
  t.strictSame(device.troubles, [])
  t.ok(path)
})

t.test('a release that its publisher takes back is left', async t => {
  const site = await makeSite(t)
  await site.release(1)
  const path = await site.release(2)
  const device = makeDevice(site)
  t.teardown(() => device.client.stop())
  await device.client.start(new AbortController().signal)
  await device.until(s => isSettled(s) && s.running.release === 2)
  await revoke({ repository: site.repository, path, reason: 'it opens doors' })
  await site.signAndPublish()
  device.client.check()
  const end = await device.until(s => isSettled(s) && s.running.release === 0)
  t.match(end, { reason: { code: 'revoked', message: /it opens doors/ }, running: { slot: 'factory' } })
})

t.test('one updater a folder; the lock of one that is gone is taken over', async t => {
  const site = await makeSite(t)
  const device = makeDevice(site)
  const second = makeDevice(site)
  t.teardown(() => device.client.stop())
  t.teardown(() => second.client.stop())
  await device.client.start(new AbortController().signal)
  await t.rejects(second.client.start(new AbortController().signal), { code: 'updater_running' })
  await device.client.stop()
  // after a power cut another program has the number
  await writeFile(join(device.folder, 'command', 'updater.lock'), `${process.ppid} another-boot:123`)
  await second.client.start(new AbortController().signal)
  t.equal(second.client.running.slot, 'factory')
})

t.test('an adapter goes back when its base is gone', async t => {
  const site = await makeSite(t)
  const base = { family: 'chat', release: 1, sha256: 'b'.repeat(64) }
  const adapter = join(site.folder, 'adapter.gguf')
  await writeFile(adapter, tinyModel(5))
  const promise = { family: 'command', version: '2.0.0', release: 5, needs: { base } }
  await add({ repository: site.repository, files: { adapter }, promise })
  await site.signAndPublish()
  let installed = [base]
  const device = makeDevice(site, { installed: () => installed })
  t.teardown(() => device.client.stop())
  await device.client.start(new AbortController().signal)
  await device.until(s => isSettled(s) && s.running.release === 5)
  t.match(device.client.running, { kind: 'adapter', base, files: { adapter: /adapter\.gguf$/ } })
  await device.client.baseChanged()
  t.equal(device.client.running.release, 5, 'its base is there')
  installed = []
  await device.client.baseChanged()
  t.match(await device.until(s => isSettled(s) && s.running.release === 0), {
    reason: { code: 'base_gone' },
    bad: [],
  })
})

t.test('pinned, nothing else is loaded; set free, the newest comes', async t => {
  const site = await makeSite(t)
  await site.release(1)
  const device = makeDevice(site)
  t.teardown(() => device.client.stop())
  await device.client.start(new AbortController().signal)
  await device.until(s => isSettled(s) && s.running.release === 1)
  await device.client.obey({ do: 'pin' })
  await device.until(s => s.pinned)
  await site.release(2)
  await device.client.obey({ do: 'check' })
  t.match(await device.until(s => s.reason?.code === 'pinned'), { running: { release: 1 } })
  await device.client.obey({ do: 'unpin' })
  t.match(await device.until(s => isSettled(s) && s.running.release === 2), { pinned: false })
  await device.client.obey({ do: 'rollback' })
  const { bad } = await device.until(s => isSettled(s) && s.running.release === 1)
  await device.client.obey({ do: 'forgive', sha256: bad[0]! })
  t.match(await device.until(s => isSettled(s) && s.running.release === 2), { bad: [] })
})

t.test('a new model waits for its time and for quiet', async t => {
  const site = await makeSite(t)
  const path = await site.release(1)
  let busy = true
  const device = makeDevice(site, { isBusy: () => busy && device.states.includes('staged') })
  t.teardown(() => device.client.stop())
  await device.client.start(new AbortController().signal)
  t.match(await device.until(s => s.state === 'staged' && s.waiting_for !== undefined), {
    waiting_for: /requests/,
  })
  busy = false
  await device.until(s => isSettled(s) && s.running.release === 1)
  t.ok(path)
})

t.test('where somebody must ask, it is ready and waits; asked, it goes at once', async t => {
  const site = await makeSite(t)
  await site.release(1)
  const device = makeDevice(site, { approval: 'asked', windows: { activate: ['00:00-00:01'] } })
  t.teardown(() => device.client.stop())
  await device.client.start(new AbortController().signal)
  t.match(await device.until(s => s.waiting_for !== undefined), { state: 'staged', waiting_for: /ota apply/ })
  await device.client.obey({ do: 'apply' })
  await device.until(s => isSettled(s) && s.running.release === 1)
  await site.release(2)
  device.client.check()
  await device.until(s => s.waiting_for !== undefined)
  t.equal(device.client.running.release, 1, 'each time anew')
})

t.test('what was begun and is not wanted any more gives its room back', async t => {
  const site = await makeSite(t)
  await site.release(1)
  const path = await site.release(2)
  let isBroken = true
  const honest = folderTransport(site.repository.folder)
  const device = makeDevice(site, {
    transport: {
      name: 'breaks',
      async *read(name, options) {
        if (!name.endsWith('gguf') || !isBroken) return yield* honest.read(name, options)
        yield* honest.read(name, { ...options, length: 1000 })
        throw new Error('the line broke')
      },
    },
    backoff: { firstMs: 60_000, maxMs: 60_000, factor: 1 },
  })
  t.teardown(() => device.client.stop())
  await device.client.start(new AbortController().signal)
  await device.until(s => s.state === 'failed')
  const slot = join(device.folder, 'command', 'slots', 'a')
  t.ok((await readdir(slot)).includes('model.gguf.part'))
  isBroken = false
  await revoke({ repository: site.repository, path, reason: 'a mistake' })
  await revoke({ repository: site.repository, path: 'command/command-1.1.0.gguf', reason: 'a mistake' })
  await site.signAndPublish()
  device.client.check()
  await device.until(s => s.reason?.code === 'nothing_offered')
  t.strictSame(await readdir(slot), [])
})
