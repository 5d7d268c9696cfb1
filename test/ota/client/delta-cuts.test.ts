/** A difference that is interrupted: only what is missing comes, nothing runs on, and nothing else is held up. */
import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { sleep, systemClock } from '../../../daemon/base/clock.js'
import { systemDisk } from '../../../daemon/base/disk.js'
import { deltaStrategy } from '../../../ota/client/delta.js'
import { serve } from '../../../ota/publisher/serve.js'
import { errors as transportErrors } from '../../../ota/transport/errors.js'
import { folderTransport } from '../../../ota/transport/folder.js'
import { httpTransport } from '../../../ota/transport/http-range.js'
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
import { endOf, startLife } from '../../support/power-cut.js'
import { isSettled, makeSite, type Site, sha256 } from '../../support/repository.js'
import { tunedModel } from '../../support/tuned.js'

const { signal } = new AbortController()
const CHUNK = 64 * 1024

/** A site whose delta takes a while over a line. It is made once: each story has a device and a line of its own. */
async function largerSite() {
  const models = [0, 1].map(n => tunedModel(n, 2_000_000)) as [Buffer, Buffer]
  const site = await makeSite(t, {}, models[0])
  await site.release(1, { content: models[1], deltas: fromFactory(site) })
  return { site, next: models[1], deltaBytes: await deltaBytes(site) }
}

async function deltaBytes(site: Site): Promise<number> {
  const folder = join(site.repository.targetsFolder, 'command')
  const name = (await readdir(folder)).find(n => n.endsWith('.delta'))!
  return (await stat(join(folder, name))).size
}

const larger = await largerSite()

async function overLine(t: Test, bytesPerSecond: number) {
  const server = await serve({ folder: larger.site.repository.folder })
  t.teardown(() => server.close())
  const line = await countingLine(server.url, bytesPerSecond)
  t.teardown(() => line.close())
  return { ...larger, line }
}

t.test('shot in the middle, it asks only for what is missing', async t => {
  const { site, line, next, deltaBytes } = await overLine(t, 300_000)
  const life = { siteFolder: site.folder, factory: site.factory, device: 'shot', isDelta: true }
  const child = startLife({ ...life, story: 'update', url: line.url })
  const ended = endOf(child)
  while (line.down < deltaBytes / 2) await sleep(5)
  child.kill('SIGKILL')
  t.equal((await ended).signal, 'SIGKILL')
  const first = line.down
  const part = join(site.folder, 'shot', 'command', 'slots', 'a', 'model.gguf.part')
  const has = (await stat(part)).size
  t.ok(has > next.length / 10 && has < next.length, `${has} of ${next.length} bytes were made`)
  await sleep(300)
  t.equal((await stat(part)).size, has, 'nobody goes on writing')

  line.reset()
  const { device, refused } = deltaDevice(t, site, {
    name: 'shot',
    transport: httpTransport({ url: line.url }),
  })
  await device.client.start(signal)
  await arrives(device)
  t.equal(await modelOf(device), sha256(next))
  t.strictSame(refused, [])
  // what was on its way, one range of neighbours, and headers come twice
  t.ok(first + line.down < deltaBytes + 4 * CHUNK, `${first} and ${line.down} of ${deltaBytes} bytes`)
  t.ok(line.down < deltaBytes * 0.8)
})

t.test('the line breaks in the middle: it is tried again and goes on where it was', async t => {
  const { site, line, next, deltaBytes } = await overLine(t, 400_000)
  const transport = counted(httpTransport({ url: line.url }))
  const { device, refused } = deltaDevice(t, site, { name: 'broken line', transport })
  line.breakAt(deltaBytes / 2)
  await device.client.start(signal)
  await arrives(device)
  t.ok(device.states.includes('failed'), 'it broke')
  t.equal(await modelOf(device), sha256(next))
  t.equal(transport.bytes.model, 0)
  t.strictSame(refused, [])
  t.ok(transport.bytes.delta! < deltaBytes + 3 * CHUNK, `${transport.bytes.delta} of ${deltaBytes} bytes`)
})

t.test('begun as a difference, gone on as a whole file: what is there is kept', async t => {
  const { site, line, next, deltaBytes } = await overLine(t, 300_000)
  const { device } = deltaDevice(t, site, {
    name: 'begun',
    transport: httpTransport({ url: line.url }),
  })
  await device.client.start(signal)
  while (line.down < deltaBytes / 2) await sleep(5)
  await device.client.stop()
  const part = join(device.folder, 'command', 'slots', 'a', 'model.gguf.part')
  const has = (await stat(part)).size
  t.equal(await readFile(`${part}.bytes`, 'utf8'), String(has), 'it is on the disk, and noted')
  const transport = counted(folderTransport(site.repository.folder))
  const plain = deltaDevice(t, site, { name: 'begun', strategies: [], transport }).device
  await plain.client.start(signal)
  await arrives(plain)
  t.equal(await modelOf(plain), sha256(next))
  t.equal(transport.bytes.model, next.length - has)
})

t.test('begun as a whole file, gone on as a difference', async t => {
  const site = await tunedSite(t)
  await site.release(1, { content: tunedRelease(1), deltas: fromFactory(site) })
  const honest = folderTransport(site.repository.folder)
  const half = tunedRelease(1).length >> 1
  const breaking = {
    name: 'breaks',
    async *read(path: string, options: Parameters<typeof honest.read>[1]) {
      if (!path.endsWith('.gguf')) return yield* honest.read(path, options)
      yield* honest.read(path, { ...options, length: half })
      throw transportErrors.source_unreachable({ path, source: 'test', problem: 'it broke' })
    },
  }
  const plain = deltaDevice(t, site, { strategies: [], transport: breaking }).device
  await plain.client.start(signal)
  await plain.until(s => s.state === 'failed')
  await plain.client.stop()
  const transport = counted(honest)
  const { device } = deltaDevice(t, site, { transport })
  await device.client.start(signal)
  await arrives(device)
  t.equal(await modelOf(device), sha256(tunedRelease(1)))
  t.equal(transport.bytes.model, 0)
  t.ok(transport.bytes.delta! < (await deltaBytes(site)) * 0.7, 'half of it was there')
})

t.test('files of the difference that never come, from a repository that answers', async t => {
  const site = await tunedSite(t)
  await site.release(1, { content: tunedRelease(1), deltas: fromFactory(site) })
  const honest = folderTransport(site.repository.folder)
  let asked = 0
  const transport = {
    name: 'breaks',
    read(path: string, options: Parameters<typeof honest.read>[1]) {
      if (!path.endsWith('.delta')) return honest.read(path, options)
      asked++
      throw transportErrors.source_busy({ path, source: 'test', status: 500 })
    },
  }
  const { device, refused } = deltaDevice(t, site, { transport })
  await device.client.start(signal)
  await arrives(device)
  t.equal(await modelOf(device), sha256(tunedRelease(1)))
  t.ok(asked >= 3 && asked <= 4, `asked ${asked} times`)
  t.match(refused, [{ code: 'delta_of_no_use', message: /status 500/ }])
})

t.test('a server that knows no ranges does not make it dearer than the whole file', async t => {
  const old = tunedModel(0, 2_000_000)
  const site = await makeSite(t, {}, old)
  // what is missing lies in 33 places
  const content = Buffer.from(old)
  for (let at = 4_000; at < content.length; at += 60_000) content.fill(at % 251, at, at + 500)
  await site.release(1, { content, deltas: { from: [] } })
  let asked = 0
  const server = createServer(async (request, response) => {
    const bytes = await readFile(join(site.repository.folder, request.url!)).catch(() => undefined)
    if (!bytes) return response.writeHead(404).end()
    if (request.url!.endsWith('.gguf')) asked++
    response.end(bytes)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { device } = deltaDevice(t, site, { transport: httpTransport({ url }) })
  await device.client.start(signal)
  await arrives(device)
  t.equal(await modelOf(device), sha256(content))
  t.notOk(device.states.includes('failed'))
  t.ok(asked <= 6, `the file was asked for ${asked} times`)
})

t.test('a full disk is no fault of the difference', async t => {
  const site = await tunedSite(t)
  await site.release(1, { content: tunedRelease(1), deltas: fromFactory(site) })
  let writes = 0
  const disk = {
    ...systemDisk,
    write: async (...args: Parameters<typeof systemDisk.write>) => {
      if (args[3].endsWith('.gguf.part') && ++writes === 3)
        throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
      return systemDisk.write(...args)
    },
  }
  const transport = counted(folderTransport(site.repository.folder))
  const { device, refused } = deltaDevice(t, site, { disk, transport })
  await device.client.start(signal)
  t.match(await device.until(s => s.state === 'failed'), { reason: { code: 'disk_refused' } })
  await arrives(device)
  t.equal(await modelOf(device), sha256(tunedRelease(1)))
  t.equal(transport.bytes.model, 0)
  t.strictSame(refused, [])
})

const LOWEST = 19

/** Threads of this process that have the lowest priority. @source proc(5), field 19 */
async function humble(): Promise<number> {
  const threads = await readdir('/proc/self/task')
  const all = threads.map(async id => {
    const stat = await readFile(`/proc/self/task/${id}/stat`, 'utf8').catch(() => '')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])
  })
  return (await Promise.all(all)).filter(nice => nice === LOWEST).length
}

t.test(
  'it works in one thread of lowest priority, holds still while somebody is answered, and leaves nothing running',
  existsSync('/proc/self/task') ? {} : { skip: 'needs /proc of Linux' },
  async t => {
    const site = await tunedSite(t)
    await site.release(1, { content: tunedRelease(1), deltas: fromFactory(site) })
    let isBusy = false
    let appended = 0
    const disk = {
      ...systemDisk,
      write: (...args: Parameters<typeof systemDisk.write>) => {
        if (args[3].endsWith('.gguf.part') && ++appended === 2) isBusy = true
        return systemDisk.write(...args)
      },
    }
    const refused: unknown[] = []
    // held up for longer than it may be silent: that is not its fault
    const thread = { silentMs: 2_000 }
    const strategies = [deltaStrategy({ thread, onTrouble: error => refused.push(error) })]
    const { device } = deltaDevice(t, site, { isBusy: () => isBusy, disk, strategies })
    const before = await humble()
    await device.client.start(signal)
    while (!isBusy) await sleep(5)
    t.equal(await humble(), before + 1)
    const count = appended
    const began = systemClock.monotonic()
    await sleep(2_500)
    const most = 2 + (systemClock.monotonic() - began) / 1_000
    t.ok(appended <= count + most, `it lets others go first, a second each time: ${appended - count} pieces`)
    isBusy = false
    await device.until(s => isSettled(s) && s.running.release === 1)
    t.equal(await humble(), before)
    t.strictSame(refused, [])
  },
)

t.test('stopped in the middle, its thread is gone at once', async t => {
  const { site, line, deltaBytes } = await overLine(t, 200_000)
  const { device } = deltaDevice(t, site, {
    name: 'stopped',
    transport: httpTransport({ url: line.url }),
  })
  await device.client.start(signal)
  while (line.down < deltaBytes / 4) await sleep(5)
  await device.client.stop()
  t.equal(await humble(), 0)
  t.strictSame(device.troubles, [])
})
