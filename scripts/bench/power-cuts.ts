/**
 * Kills an updater at every call that changes a file, and at random moments, until so many cuts are made; after each, what a
 * start finds must be whole and verified, and the update must finish.
 *
 *   node dist/scripts/bench/power-cuts.js [--cuts 2000] [--seed 1] [--data 262144] [--delta]
 *
 * With --delta the models are fine-tunes of each other and come as differences.
 */
import { parseArgs } from 'node:util'
import { sleep, systemClock } from '../../daemon/base/clock.js'
import { seeded } from '../../daemon/base/random.js'
import type { DeltaOptions } from '../../ota/publisher/deltas.js'
import { serve } from '../../ota/publisher/serve.js'
import {
  aftermath,
  copyDevice,
  endOf,
  type How,
  prepared,
  type Story,
  startLife,
} from '../../test/support/power-cut.js'
import { makeSite, sha256, tinyModel } from '../../test/support/repository.js'
import { tunedModel } from '../../test/support/tuned.js'

const STORIES: readonly Story[] = ['update', 'trial fails', 'worse in use']
const WAYS: readonly How[] = ['before', 'after', 'torn']

export interface CutReport {
  cuts: number
  /** Calls that change a file, in one whole update. */
  calls: Record<string, number>
  atEveryCall: number
  atRandom: number
  /** Cuts after which a start found the old model, and the new one. */
  foundOld: number
  foundNew: number
  bricked: string[]
  /** Updates that fell back from a difference to the whole file after a cut: none should. */
  refused: number
  seconds: number
}

/** @param most at least so many cuts; a number below one whole round takes every nth call */
export async function powerCuts(
  most: number,
  seed: number,
  data: number,
  { isDelta = false, onCut = () => {} }: { isDelta?: boolean; onCut?: (report: CutReport) => void } = {},
): Promise<CutReport> {
  const closing: (() => unknown)[] = []
  const models = [0, 1, 2].map(n => (isDelta ? tunedModel(n, data) : tinyModel(n, n === 0 ? 4096 : data)))
  const site = await makeSite({ teardown: end => void closing.push(end) }, {}, models[0])
  const publish = (n: number, deltas: DeltaOptions) =>
    site.release(n, { content: models[n]!, deltas: isDelta && { effort: 'fast', ...deltas } })
  await publish(1, { fromFiles: [site.factory.files.model!] })
  await prepared(site, isDelta)
  await publish(2, {})
  const releases = models.map(sha256)
  const server = await serve({ folder: site.repository.folder })
  const random = seeded(seed)
  const began = systemClock.monotonic()
  const report: CutReport = {
    cuts: 0,
    calls: {},
    atEveryCall: 0,
    atRandom: 0,
    foundOld: 0,
    foundNew: 0,
    bricked: [],
    refused: 0,
    seconds: 0,
  }
  const base = { siteFolder: site.folder, factory: site.factory, isDelta }
  const look = async (device: string, story: Story, what: string) => {
    try {
      const { found, refused } = await aftermath(site, device, story, releases, isDelta)
      report.refused += refused
      if (found === 2) report.foundNew++
      else report.foundOld++
    } catch (error) {
      report.bricked.push(`${what}: ${(error as Error).message}`)
    }
    report.cuts++
    report.seconds = Math.round((systemClock.monotonic() - began) / 1000)
    onCut(report)
  }
  try {
    const spans: Record<string, number> = {}
    for (const story of STORIES) {
      await copyDevice(site, 'before', 'whole')
      const from = systemClock.monotonic()
      const { said, code } = await endOf(startLife({ ...base, device: 'whole', story }))
      spans[story] = systemClock.monotonic() - from
      if (code !== 0) throw new Error(`an update without a cut ended with ${code}: ${said}`)
      const last = JSON.parse(said.trim().split('\n').at(-1)!) as { calls: number; refused: string[] }
      if (last.refused.length > 0) throw new Error(`an update without a cut: ${last.refused}`)
      report.calls[story] = last.calls
    }
    const all = STORIES.flatMap(story =>
      WAYS.flatMap(how => Array.from({ length: report.calls[story]! }, (_, n) => ({ story, how, n: n + 1 }))),
    )
    // a sample takes them evenly, from another start each seed
    const every = Math.max(1, Math.ceil(all.length / Math.max(1, most * 0.75)))
    for (let i = Math.floor(random() * every); i < all.length; i += every) {
      const { story, how, n } = all[i]!
      await copyDevice(site, 'before', 'device')
      const end = await endOf(startLife({ ...base, device: 'device', story, dieAt: n, how }))
      if (end.code === 3) report.bricked.push(`${story}, ${how} call ${n}: unverified bytes`)
      if (end.signal !== 'SIGKILL') continue
      report.atEveryCall++
      await look('device', story, `${story}, ${how} call ${n}`)
    }
    while (report.cuts < most) {
      const story = STORIES[Math.floor(random() * STORIES.length)]!
      await copyDevice(site, 'before', 'device')
      const child = startLife({ ...base, device: 'device', story, url: server.url })
      const ended = endOf(child)
      await sleep(random() * spans[story]!)
      child.kill('SIGKILL')
      const end = await ended
      if (end.code === 3) report.bricked.push(`${story}, at random: unverified bytes`)
      if (end.signal !== 'SIGKILL') continue
      report.atRandom++
      await look('device', story, `${story}, at a random moment`)
    }
  } finally {
    await server.close()
    for (const end of closing) await end()
  }
  return report
}

if (process.argv[1]?.endsWith('power-cuts.js')) {
  const { values } = parseArgs({
    options: {
      cuts: { type: 'string', default: '2000' },
      seed: { type: 'string', default: '1' },
      data: { type: 'string', default: '262144' },
      delta: { type: 'boolean', default: false },
    },
  })
  const report = await powerCuts(Number(values.cuts), Number(values.seed), Number(values.data), {
    isDelta: values.delta,
    onCut: r => {
      if (r.cuts % 100 === 0)
        process.stderr.write(`${r.cuts} cuts, ${r.bricked.length} bad, ${r.seconds} s\n`)
    },
  })
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  process.exitCode = report.bricked.length === 0 ? 0 : 1
}
