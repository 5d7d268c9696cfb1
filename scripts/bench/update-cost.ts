/**
 * What an update costs the device that takes it: peak memory, CPU time and bytes on the wire, for a model of so many MiB over
 * HTTP, with the line cut half way.
 *
 *   node dist/scripts/bench/update-cost.js [--mib 200] [--rate-mib-s 0] [--cut]
 */

import { fork } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { systemClock } from '../../daemon/base/clock.js'
import { serve } from '../../ota/publisher/serve.js'
import { httpTransport } from '../../ota/transport/http-range.js'
import type { Transport } from '../../ota/transport/transport.js'
import { isSettled, makeDevice, makeSite } from '../../test/support/repository.js'

const { values } = parseArgs({
  options: {
    mib: { type: 'string', default: '200' },
    'rate-mib-s': { type: 'string', default: '0' },
    cut: { type: 'boolean', default: false },
    repository: { type: 'string' },
  },
})
const MIB = 1024 * 1024
const data = Number(values.mib) * MIB

if (values.repository) {
  // the server is another machine in life: its memory is not the device's
  const server = await serve({ folder: values.repository })
  process.send?.(server.url)
} else {
  const closing: (() => unknown)[] = []
  const site = await makeSite({ teardown: end => void closing.push(end) })
  await site.release(1, { data })
  const server = fork(fileURLToPath(import.meta.url), ['--repository', site.repository.folder])
  const url = await new Promise<string>(resolve => server.once('message', m => resolve(String(m))))
  let wire = 0
  let isCut = !values.cut
  const http = httpTransport({ url })
  const transport: Transport = {
    name: http.name,
    async *read(path, options) {
      for await (const piece of http.read(path, options)) {
        wire += piece.length
        yield piece
        if (isCut || wire < data / 2) continue
        isCut = true
        throw new Error('the line broke half way')
      }
    },
  }
  global.gc?.()
  const idle = process.memoryUsage().rss
  let peak = idle
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss)
  }, 20)
  const cpu = process.cpuUsage()
  const began = systemClock.monotonic()
  const device = makeDevice(site, { transport, bytesPerSecond: Number(values['rate-mib-s']) * MIB })
  await device.client.start(new AbortController().signal)
  await device.until(s => isSettled(s) && s.running.release === 1, 3600_000)
  const { user, system } = process.cpuUsage(cpu)
  clearInterval(watch)
  const size = (await stat(device.client.running.files.model!)).size
  await device.client.stop()
  server.kill()
  for (const end of closing) await end()
  process.stdout.write(
    `${JSON.stringify({
      model_mib: Math.round(size / MIB),
      wire_mib: Math.round((wire / MIB) * 10) / 10,
      seconds: Math.round((systemClock.monotonic() - began) / 100) / 10,
      cpu_s: Math.round((user + system) / 1e5) / 10,
      rss_idle_mib: Math.round(idle / MIB),
      rss_peak_mib: Math.round(peak / MIB),
    })}\n`,
  )
}
