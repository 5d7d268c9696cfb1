/**
 * An update from end to end: the publisher's repository behind a web server, the device's own updater, and a line between
 * them that counts what TCP carries, headers, metadata and golden requests included. Once as it is, once broken at half.
 */
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { systemClock } from '../../../daemon/base/clock.js'
import { deltaStrategy } from '../../../ota/client/delta.js'
import type { Effort } from '../../../ota/format/pack.js'
import { serve } from '../../../ota/publisher/serve.js'
import { httpTransport } from '../../../ota/transport/http-range.js'
import { type CountingLine, countingLine } from '../../../test/support/counting-line.js'
import { isSettled, makeDevice, makeSite, type Site, sha256 } from '../../../test/support/repository.js'

export interface EndToEnd {
  /** Bytes to the device and from it. */
  down: number
  up: number
  /** To the device, when the line breaks at half and the update goes on. Absent where all came before it could break. */
  brokenAtHalf?: number
  /** To the device, without the difference. */
  whole: number
  /** To the device when it looks and finds nothing new. */
  check: number
  seconds: number
  /**
   * How long anything else in the process had to wait, 99th percentile, milliseconds: by the difference and by the whole file.
   * Server and line are in it too.
   */
  loopDelayMs: { difference: number; whole: number }
}

export interface EndToEndOptions {
  effort: Effort
  /** Of the line. What waits in buffers when it breaks comes twice: a fast line has more of it. */
  bytesPerSecond: number
}

/** @throws Error when an update does not end with the new model, or not by its difference */
export async function endToEnd(
  [old, next]: readonly [string, string],
  { effort, bytesPerSecond }: EndToEndOptions,
): Promise<EndToEnd> {
  const closing: (() => unknown)[] = []
  const site = await makeSite({ teardown: end => void closing.push(end) }, {}, readFileSync(old))
  try {
    const content = readFileSync(next)
    const wanted = sha256(content)
    await site.release(1, { content, deltas: { fromFiles: [old], effort } })
    const server = await serve({ folder: site.repository.folder })
    closing.unshift(() => server.close())
    const line = await countingLine(server.url, bytesPerSecond)
    closing.unshift(() => line.close())
    const began = systemClock.monotonic()
    const plain = await update(site, line, 'plain', wanted)
    const seconds = (systemClock.monotonic() - began) / 1000
    const broken = await update(site, line, 'broken', wanted, plain.down / 2)
    const whole = await update(site, line, 'whole', wanted, undefined, false)
    return {
      down: plain.down,
      up: plain.up,
      ...(broken.isBroken ? { brokenAtHalf: broken.down } : {}),
      whole: whole.down,
      check: plain.check,
      seconds: Math.round(seconds * 10) / 10,
      loopDelayMs: { difference: plain.loopDelayMs, whole: whole.loopDelayMs },
    }
  } finally {
    for (const end of closing) await end()
  }
}

async function update(
  site: Site,
  line: CountingLine,
  name: string,
  wanted: string,
  breakAt?: number,
  isDelta = true,
): Promise<{ down: number; up: number; check: number; loopDelayMs: number; isBroken: boolean }> {
  const refused: unknown[] = []
  const strategies = isDelta ? [deltaStrategy({ onTrouble: error => refused.push(error) })] : []
  const device = makeDevice(site, { name, transport: httpTransport({ url: line.url }), strategies })
  line.reset()
  if (breakAt !== undefined) line.breakAt(breakAt)
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  await device.client.start(new AbortController().signal)
  try {
    await device.until(s => isSettled(s) && s.running.release === 1, 3600_000)
    delay.disable()
    const { down, up } = line
    const found = sha256(await readFile(device.client.running.files.model!))
    if (found !== wanted) throw new Error('the result is not the new model')
    if (refused.length > 0) throw new Error(`the difference was not used: ${refused[0]}`)
    const isBroken = device.states.includes('failed')
    line.reset()
    device.client.check()
    await device.until(s => s.state === 'idle' && s.reason?.code === 'up_to_date')
    const loopDelayMs = Math.round(delay.percentile(99) / 1e5) / 10
    return { down, up, check: line.down, loopDelayMs, isBroken }
  } finally {
    await device.client.stop()
  }
}
