/**
 * Real power cuts: the updater works on an ext4 in a file (mounted by loop); at random moments it is halted, the file is
 * copied as the disk would be found, and the copy is mounted: its journal is replayed, a start looks at it, the update goes on.
 * As a control, a plain write without fsync goes through the same. Needs root, mkfs.ext4 and loop devices.
 *
 *   node dist/scripts/bench/power-cuts-ext4.js [--cuts 200] [--seed 1] [--delta] [--data BYTES]
 *
 * With --delta the models are fine-tunes of each other and come as differences. Long models are cut while they come, short
 * ones (--data 300000) in what follows.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { copyFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { sleep, systemClock } from '../../daemon/base/clock.js'
import { seeded } from '../../daemon/base/random.js'
import { loadMemory } from '../../ota/client/memory.js'
import type { DeltaOptions } from '../../ota/publisher/deltas.js'
import {
  aftermath,
  copyDevice,
  endOf,
  prepared,
  type Story,
  startLife,
} from '../../test/support/power-cut.js'
import { makeSite, sha256, tinyModel } from '../../test/support/repository.js'
import { tunedModel } from '../../test/support/tuned.js'

const STORIES: readonly Story[] = ['update', 'trial fails', 'worse in use']
/** Of a model. A difference is long enough that its part is synced half way: after 4 MiB over the line. */
const BYTES = { whole: 262_144, delta: 14_000_000 }

const run = (program: string, ...args: string[]) => execFileSync(program, args, { stdio: 'pipe' })

/** What was told to stop reading lets go of its files a moment later. */
async function unmount(folder: string): Promise<void> {
  for (let left = 20; ; left--) {
    try {
      run('umount', folder)
      return
    } catch (error) {
      if (left === 0) throw error
      await sleep(100)
    }
  }
}

const { values } = parseArgs({
  options: {
    cuts: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    delta: { type: 'boolean', default: false },
    data: { type: 'string' },
  },
})
const cuts = Number(values.cuts)
const isDelta = values.delta
const data = Number(values.data ?? BYTES[isDelta ? 'delta' : 'whole'])
const imageMib = isDelta ? 96 : 48
const random = seeded(Number(values.seed))
const closing: (() => unknown)[] = []
const models = [0, 1, 2].map(n => (isDelta ? tunedModel(n, data) : tinyModel(n, n === 0 ? 4096 : data)))
const site = await makeSite({ teardown: end => void closing.push(end) }, {}, models[0])
const publish = (n: number, deltas: DeltaOptions) =>
  site.release(n, { content: models[n]!, deltas: isDelta && { effort: 'fast', ...deltas } })
const life = { siteFolder: site.folder, factory: site.factory, isDelta }
const at = (...parts: string[]) => join(site.folder, ...parts)
const began = systemClock.monotonic()
const report = {
  cuts: 0,
  foundOld: 0,
  foundNew: 0,
  /** States that the copies were found in; with a part that was there, and one of which some was known to be safe. */
  met: {} as Record<string, number>,
  parts: 0,
  safeParts: 0,
  /** Updates that fell back from a difference to the whole file after a cut: none should. */
  refused: 0,
  bricked: [] as string[],
  /** Lives in which the engine was given bytes that were not signed. */
  unverified: 0,
  control: { cuts: 0, lost: 0 },
  seconds: 0,
}

try {
  await publish(1, { fromFiles: [site.factory.files.model!] })
  await prepared(site, isDelta)
  await publish(2, {})
  const releases = models.map(sha256)
  writeFileSync(at('disk.img'), '')
  run('truncate', '-s', `${imageMib}M`, at('disk.img'))
  run('mkfs.ext4', '-q', '-F', at('disk.img'))
  for (const folder of ['disk', 'cut']) mkdirSync(at(folder))
  run('mount', '-o', 'loop', at('disk.img'), at('disk'))
  closing.unshift(() => unmount(at('disk')))
  const opened = async <T>(use: () => Promise<T>): Promise<T> => {
    run('mount', '-o', 'loop', at('cut.img'), at('cut'))
    try {
      return await use()
    } finally {
      await unmount(at('cut'))
      await rm(at('cut.img'))
    }
  }

  const spans = await wholeSpans()
  // what an updater that does not think of the disk would lose
  for (let i = 0; i < 15; i++) {
    writeFileSync(at('disk', `plain-${i}`), tinyModel(1, data))
    await copyFile(at('disk.img'), at('cut.img'))
    await opened(async () => {
      report.control.cuts++
      const bytes = (() => {
        try {
          return readFileSync(at('cut', `plain-${i}`))
        } catch {
          return Buffer.alloc(0)
        }
      })()
      if (!bytes.equals(tinyModel(1, data))) report.control.lost++
    })
    await rm(at('disk', `plain-${i}`))
  }

  for (let n = 0; report.cuts < cuts; n++) {
    const story = STORIES[n % STORIES.length]!
    await copyDevice(site, 'before', 'disk/device')
    run('sync', '-f', at('disk'))
    const child = startLife({ ...life, device: 'disk/device', story })
    const ended = endOf(child)
    const { startMs, workMs } = spans[story]!
    const cutMs = random() * workMs
    // every other time somebody else has the disk written out before: halves of files are there that nobody vouches for
    const syncMs = n % 2 === 0 ? cutMs * random() : 0
    await sleep(startMs + syncMs)
    if (syncMs > 0) run('sync', '-f', at('disk'))
    await sleep(cutMs - syncMs)
    if (child.exitCode === null) {
      child.kill('SIGSTOP')
      await copyFile(at('disk.img'), at('cut.img'))
      child.kill('SIGKILL')
      await opened(async () => {
        try {
          await note('cut/device')
          const { found, refused } = await aftermath(site, 'cut/device', story, releases, isDelta)
          report.refused += refused
          if (found === 2) report.foundNew++
          else report.foundOld++
        } catch (error) {
          report.bricked.push(`${story}, cut ${report.cuts}: ${(error as Error).message}`)
        }
      })
      report.cuts++
      if (report.cuts % 50 === 0) process.stderr.write(`${report.cuts} cuts, ${report.bricked.length} bad\n`)
    }
    if ((await ended).code === 3) report.unverified++
  }
} finally {
  for (const end of closing) await end()
}
report.seconds = Math.round((systemClock.monotonic() - began) / 1000)
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
process.exitCode = report.bricked.length + report.unverified === 0 ? 0 : 1

/** How long each story takes without a cut on that disk, milliseconds: until the update begins, and then. */
async function wholeSpans(): Promise<Record<string, { startMs: number; workMs: number }>> {
  const spans: Record<string, { startMs: number; workMs: number }> = {}
  for (const story of STORIES) {
    await copyDevice(site, 'before', 'disk/device')
    run('sync', '-f', at('disk'))
    const child = startLife({ ...life, device: 'disk/device', story })
    const from = systemClock.monotonic()
    let startMs = 0
    child.stdout?.once('data', () => {
      startMs = systemClock.monotonic() - from
    })
    const { code, said } = await endOf(child)
    const last = JSON.parse(said.trim().split('\n').at(-1)!) as { refused: string[] }
    if (code !== 0 || last.refused.length > 0) throw new Error(`an update without a cut: ${code} ${said}`)
    // the last of it is the end of a process
    spans[story] = { startMs: startMs * 0.95, workMs: systemClock.monotonic() - from - startMs }
  }
  return spans
}

/** Where the update stood when the power went. */
async function note(device: string): Promise<void> {
  const folder = at(device, 'command')
  const { is } = (await loadMemory(join(folder, 'state.json'))).state
  report.met[is] = (report.met[is] ?? 0) + 1
  if (is !== 'downloading' || !isDelta) return
  const names = await readdir(join(folder, 'slots', 'b')).catch((): string[] => [])
  if (names.includes('model.gguf.part')) report.parts++
  if (names.includes('model.gguf.part.bytes')) report.safeParts++
}
