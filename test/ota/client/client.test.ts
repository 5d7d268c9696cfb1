import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { revoke } from '../../../ota/publisher/revoke.js'
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
