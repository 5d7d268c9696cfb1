/**
 * What an update costs the device that takes it: peak memory, CPU time, bytes on the wire and how long anything else in the
 * process waits, for a model of so many MiB over HTTP, with the line cut half way if wanted.
 *
 *   node dist/scripts/bench/update-cost.js [--mib 200] [--rate-mib-s 0] [--cut] [--delta]
 *
 * With --delta the model is a fine-tune of the one that runs, by 1 %, and comes as its difference.
 */

import { fork } from 'node:child_process'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { systemClock } from '../../daemon/base/clock.js'
import { deltaStrategy } from '../../ota/client/delta.js'
import { serve } from '../../ota/publisher/serve.js'
import { httpTransport } from '../../ota/transport/http-range.js'
import type { Transport } from '../../ota/transport/transport.js'
import { isSettled, makeDevice, makeSite, type Site } from '../../test/support/repository.js'
import { tunedModel } from '../../test/support/tuned.js'

const { values } = parseArgs({
  options: {
    mib: { type: 'string', default: '200' },
    'rate-mib-s': { type: 'string', default: '0' },
    cut: { type: 'boolean', default: false },
    delta: { type: 'boolean', default: false },
    publisher: { type: 'boolean', default: false },
  },
})
const MIB = 1024 * 1024
const data = Number(values.mib) * MIB

interface Offered {
  url: string
  folder: string
  factory: Site['factory']
}

/** Publisher and server are another machine in life: their memory is not the device's. */
async function offer(): Promise<void> {
  const site = values.delta ? await makeSite({}, {}, tunedModel(0, data)) : await makeSite({})
  const deltas = { fromFiles: [site.factory.files.model!], effort: 'fast' as const }
  await site.release(1, values.delta ? { content: tunedModel(1, data), deltas } : { data, deltas: false })
  const { url } = await serve({ folder: site.repository.folder })
  process.send?.({ url, folder: site.folder, factory: site.factory } satisfies Offered)
}

async function measure(): Promise<void> {
  const publisher = fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), '--publisher'])
  const { url, folder, factory } = await new Promise<Offered>(resolve =>
    publisher.once('message', message => resolve(message as Offered)),
  )
  const site = {
    folder,
    repository: { folder: join(folder, 'repository') },
    root: join(folder, 'root.json'),
    factory,
  } as Site
  let wire = 0
  let isCut = !values.cut
  const http = httpTransport({ url })
  const transport: Transport = {
    name: http.name,
    async *read(path, options) {
      for await (const piece of http.read(path, options)) {
        wire += piece.length
        yield piece
        if (isCut || wire < data / (values.delta ? 10 : 2)) continue
        isCut = true
        throw new Error('the line broke half way')
      }
    },
  }
  const refused: unknown[] = []
  const strategies = values.delta ? [deltaStrategy({ onTrouble: error => refused.push(error) })] : []
  const bytesPerSecond = Number(values['rate-mib-s']) * MIB
  const device = makeDevice(site, { transport, bytesPerSecond, strategies })
  global.gc?.()
  const idle = process.memoryUsage().rss
  let peak = idle
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss)
  }, 20)
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const cpu = process.cpuUsage()
  const began = systemClock.monotonic()
  await device.client.start(new AbortController().signal)
  await device.until(s => isSettled(s) && s.running.release === 1, 3600_000)
  const { user, system } = process.cpuUsage(cpu)
  clearInterval(watch)
  delay.disable()
  const size = (await stat(device.client.running.files.model!)).size
  await device.client.stop()
  publisher.kill()
  await rm(folder, { recursive: true, force: true })
  const tenths = (value: number) => Math.round(value * 10) / 10
  process.stdout.write(
    `${JSON.stringify({
      model_mib: Math.round(size / MIB),
      wire_mib: tenths(wire / MIB),
      seconds: tenths((systemClock.monotonic() - began) / 1000),
      cpu_s: tenths((user + system) / 1e6),
      rss_idle_mib: Math.round(idle / MIB),
      rss_peak_mib: Math.round(peak / MIB),
      others_wait_ms: { p50: tenths(delay.percentile(50) / 1e6), p99: tenths(delay.percentile(99) / 1e6) },
      ...(refused.length > 0 ? { refused: refused.map(String) } : {}),
    })}\n`,
  )
}

await (values.publisher ? offer() : measure())
