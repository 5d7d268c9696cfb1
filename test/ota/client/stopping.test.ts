import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { sleep } from '../../../daemon/base/clock.js'
import { type DiskCalls, systemDisk } from '../../../daemon/base/disk.js'
import { MOST_STARTS } from '../../../ota/client/machine.js'
import type { UpdateClientOptions } from '../../../ota/client/options.js'
import { isSettled, makeDevice, makeSite, type Site } from '../../support/repository.js'

const good = { answered: 1, accuracy: 1, p95Ms: 5, running: { accuracy: 1, p95Ms: 5 } }
const forEver = (signal: AbortSignal) =>
  new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  )
const start = (device: ReturnType<typeof makeDevice>) => device.client.start(new AbortController().signal)

/** The same device with another process. */
function life(t: Test, site: Site, options: Partial<UpdateClientOptions> & { name?: string }) {
  const device = makeDevice(site, options)
  t.teardown(() => device.client.stop())
  return device
}

t.test('who is stopped in trials again and again tries on, and holds it against nobody', async t => {
  const site = await makeSite(t)
  await site.release(1)
  for (let i = 0; i < 5; i++) {
    const device = life(t, site, { trial: (_, __, signal) => forEver(signal) })
    await start(device)
    await device.until(s => s.state === 'trial')
    await device.client.stop()
  }
  const last = life(t, site, {})
  await start(last)
  t.match(await last.until(isSettled), { running: { release: 1 }, bad: [] })
})

t.test('who is stopped while a model takes over, or is watched, goes on with it', async t => {
  const site = await makeSite(t)
  await site.release(1)
  const first = life(t, site, { swap: (_, signal) => forEver(signal) })
  await start(first)
  await first.until(s => s.state === 'active')
  await first.client.stop()
  for (let i = 0; i < 6; i++) {
    const device = life(t, site, { watchMs: 3600_000 })
    await start(device)
    await device.until(s => s.state === 'active' && s.running.release === 1)
    await device.client.stop()
  }
  const last = life(t, site, {})
  await start(last)
  t.match(await last.until(isSettled), { running: { release: 1 }, reason: { code: 'activated' }, bad: [] })
})

t.test('a watch goes on where a stop broke it off', async t => {
  const site = await makeSite(t)
  await site.release(1)
  let ends = 0
  for (let i = 0; i < 20 && ends === 0; i++) {
    const device = life(t, site, { watchMs: 900 })
    await start(device)
    const until = device.until(s => s.reason?.code === 'activated', 350)
    await until.then(
      () => ends++,
      () => {},
    )
    await device.client.stop()
  }
  t.equal(ends, 1, 'no life was as long as the watch')
})

t.test('a stop excuses one start, not those after it', async t => {
  const site = await makeSite(t)
  await site.release(1)
  const device = life(t, site, { trial: (_, __, signal) => forEver(signal) })
  await start(device)
  await device.until(s => s.state === 'trial')
  await device.client.stop()
  const path = join(device.folder, 'command', 'state.json')
  t.match(JSON.parse(await readFile(path, 'utf8')), { isStopped: true })
  const again = life(t, site, { trial: (_, __, signal) => forEver(signal) })
  await start(again)
  const kept = JSON.parse(await readFile(path, 'utf8'))
  t.match(kept, { state: { is: 'trial', tries: 0 } })
  t.notOk('isStopped' in kept)
  await again.client.stop()
  // as if the power had gone
  await writeFile(path, JSON.stringify(kept))
  const third = life(t, site, { trial: (_, __, signal) => forEver(signal) })
  await start(third)
  t.match(JSON.parse(await readFile(path, 'utf8')), { state: { is: 'trial', tries: 1 } })
})

t.test('what somebody asked for is asked for after a restart', async t => {
  const site = await makeSite(t)
  await site.release(1)
  const options = { approval: 'asked' as const, firstCheckMs: 3600_000 }
  const first = life(t, site, { ...options, trial: (_, __, signal) => forEver(signal) })
  await start(first)
  first.client.apply()
  await first.until(s => s.state === 'trial')
  await first.client.stop()
  const path = join(first.folder, 'command', 'state.json')
  const kept = JSON.parse(await readFile(path, 'utf8'))
  // it was cut earlier
  await writeFile(path, JSON.stringify({ ...kept, state: { is: 'staged', candidate: kept.state.candidate } }))
  const second = life(t, site, options)
  await start(second)
  t.match(await second.until(isSettled), { running: { release: 1 } })
  await site.release(2)
  second.client.check()
  await second.until(s => s.state === 'staged' && s.waiting_for !== undefined)
  t.pass('and for nothing after that')
})

t.test('what somebody said is kept, also by a cut in the look that follows', async t => {
  const site = await makeSite(t)
  await site.release(1)
  const first = life(t, site, {})
  await start(first)
  await first.until(isSettled)
  await first.client.rollback()
  const { bad } = await first.until(s => isSettled(s) && s.bad.length > 0)
  let looks = 0
  const second = life(t, site, {
    firstCheckMs: 3600_000,
    trust: {
      consult: (_, signal) => {
        looks++
        return forEver(signal)
      },
    },
  })
  await first.client.stop()
  await start(second)
  second.client.forgive(bad[0]!)
  await second.until(s => s.state === 'checking')
  while (looks === 0) await new Promise(resolve => setTimeout(resolve, 5))
  const kept = JSON.parse(await readFile(join(second.folder, 'command', 'state.json'), 'utf8'))
  t.match(kept, { bad: [], state: { is: 'checking' } })
})

t.test('a disk that takes nothing keeps no daemon from starting; the update waits for it', async t => {
  const site = await makeSite(t)
  await site.release(1)
  const first = life(t, site, { trial: (_, __, signal) => forEver(signal) })
  await start(first)
  await first.until(s => s.state === 'trial')
  await first.client.stop()
  let isFull = true
  const full = () => Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }))
  const disk: DiskCalls = {
    ...systemDisk,
    write: (...args) => (isFull ? full() : systemDisk.write(...args)),
  }
  let tried = 0
  const second = life(t, site, {
    disk,
    trial: async () => {
      tried++
      return good
    },
  })
  await start(second)
  t.equal(second.client.running.slot, 'factory', 'what was there answers')
  t.match(await second.until(s => s.waiting_for !== undefined), { state: 'trial', waiting_for: /disk/ })
  await new Promise(resolve => setTimeout(resolve, 200))
  t.equal(tried, 0, 'a trial that could not be counted is not begun')
  isFull = false
  t.match(await second.until(isSettled), { running: { release: 1 } })
})

t.test('on a disk that takes nothing a look is answered all the same', async t => {
  const site = await makeSite(t)
  const refused = () => Promise.reject(Object.assign(new Error('EROFS: read-only'), { code: 'EROFS' }))
  const device = life(t, site, { disk: { ...systemDisk, open: refused }, firstCheckMs: 3600_000 })
  await start(device)
  device.client.check()
  t.match(await device.until(s => s.reason !== undefined), { reason: { code: 'nothing_offered' } })
  await site.release(1)
  device.client.check()
  t.match(await device.until(s => s.waiting_for !== undefined), {
    state: 'downloading',
    waiting_for: /disk/,
    running: { slot: 'factory' },
  })
})

t.test('who asks while a model is watched is told for how long, and looked for after it', async t => {
  for (const ask of ['check', 'apply'] as const) {
    const site = await makeSite(t)
    await site.release(1)
    const approval = ask === 'apply' ? { approval: 'asked' as const } : {}
    const first = life(t, site, { watchMs: 3600_000, ...approval })
    await start(first)
    if (ask === 'apply') {
      await first.until(s => s.state === 'staged' && s.waiting_for !== undefined)
      first.client.apply()
    }
    const watched = await first.until(s => s.state === 'active' && s.running.release === 1)
    t.match(watched.watch, { then_looks: false })
    t.ok(watched.watch!.left_ms > 3590_000 && watched.watch!.left_ms <= 3600_000)
    await site.release(2)
    await first.client.obey({ do: ask })
    t.match(first.client.status(), { state: 'active', watch: { then_looks: true } })
    await first.until(s => s.watch?.then_looks === true)
    await first.client.stop()
    const again = life(t, site, { watchMs: 100, firstCheckMs: 3600_000, ...approval })
    await start(again)
    t.match(again.client.status().watch, { then_looks: true })
    const end = await again.until(s => isSettled(s) && s.running.release === 2)
    t.notOk('watch' in end)
  }
})

t.test('pinned while it is watched: it stays so, whatever happens to the process', async t => {
  const site = await makeSite(t)
  await site.release(1)
  const device = life(t, site, { watchMs: 3600_000 })
  await start(device)
  await device.until(s => s.state === 'active' && s.running.release === 1)
  device.client.pin(true)
  await device.until(s => s.pinned)
  const kept = await readFile(join(device.folder, 'command', 'state.json'), 'utf8')
  t.match(JSON.parse(kept), { state: { is: 'active' }, pinnedSha256: String })
})

/** What the disk holds while it runs, as a cut leaves it, for another process. */
async function cut(device: ReturnType<typeof makeDevice>, site: Site, name: string): Promise<string> {
  await cp(device.folder, join(site.folder, name), { recursive: true })
  await rm(join(site.folder, name, 'command', 'updater.lock'))
  return name
}

t.test('the power goes again and again after good answers: the model stays', async t => {
  const site = await makeSite(t)
  await site.release(1)
  const steady = { ms: 30, answers: 3 }
  const watch = { watchMs: 3600_000, steady }
  const kept = async (name: string) =>
    JSON.parse(await readFile(join(site.folder, name, 'command', 'state.json'), 'utf8')).state
  let name = 'device'
  for (let boot = 0; boot < 2 * MOST_STARTS; boot++) {
    const device = life(t, site, { ...watch, name, bootId: () => `boot ${boot}` })
    await start(device)
    await device.until(s => s.state === 'active' && s.running.release === 1)
    while ((await kept(name)).steady?.bootId !== `boot ${boot}`) {
      device.client.health({ what: 'answered', ms: 5 })
      await sleep(20)
    }
    name = await cut(device, site, `cut-${boot}`)
    await device.client.stop()
  }
  t.match(await kept(name), { is: 'active', starts: 0 })
  const silent = life(t, site, { ...watch, name, bootId: () => 'silent' })
  await start(silent)
  name = await cut(silent, site, 'silent-cut')
  const last = life(t, site, { name, watchMs: 100, bootId: () => 'last' })
  await start(last)
  t.match(await kept(name), { starts: 1 }, 'one in which nobody was answered counts')
  t.match(await last.until(isSettled), { running: { release: 1 }, reason: { code: 'activated' }, bad: [] })
})

t.test('the daemon dies again and again, after good answers as well: the model goes back', async t => {
  const site = await makeSite(t)
  await site.release(1)
  const watch = { watchMs: 3600_000, steady: { ms: 10, answers: 1 }, bootId: () => 'the same' }
  let name = 'device'
  for (let i = 0; i < MOST_STARTS; i++) {
    const device = life(t, site, { ...watch, name })
    await start(device)
    await device.until(s => s.state === 'active' && s.running.release === 1)
    device.client.health({ what: 'answered', ms: 5 })
    await sleep(60)
    name = await cut(device, site, `cut-${i}`)
    await device.client.stop()
  }
  const last = life(t, site, { ...watch, name })
  await start(last)
  t.match(await last.until(s => s.bad.length > 0), { running: { slot: 'factory' } })
})
