/**
 * Real power cuts: the updater works on an ext4 in a file (mounted by loop); at random moments it is halted, the file is
 * copied as the disk would be found, and the copy is mounted: its journal is replayed, a start looks at it, the update goes on.
 * As a control, a plain write without fsync goes through the same. Needs root, mkfs.ext4 and loop devices.
 *
 *   node dist/scripts/bench/power-cuts-ext4.js [--cuts 200] [--seed 1]
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { sleep, systemClock } from '../../daemon/base/clock.js'
import { seeded } from '../../daemon/base/random.js'
import {
  aftermath,
  copyDevice,
  endOf,
  prepared,
  type Story,
  startLife,
} from '../../test/support/power-cut.js'
import { makeSite, sha256, tinyModel } from '../../test/support/repository.js'

const STORIES: readonly Story[] = ['update', 'trial fails', 'worse in use']
const IMAGE_MIB = 48
const DATA = 262_144

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
  options: { cuts: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } },
})
const cuts = Number(values.cuts)
const random = seeded(Number(values.seed))
const closing: (() => unknown)[] = []
const site = await makeSite({ teardown: end => void closing.push(end) })
const at = (...parts: string[]) => join(site.folder, ...parts)
const began = systemClock.monotonic()
const report = {
  cuts: 0,
  foundOld: 0,
  foundNew: 0,
  bricked: [] as string[],
  control: { cuts: 0, lost: 0 },
  seconds: 0,
}

try {
  await site.release(1, { data: DATA })
  await prepared(site)
  await site.release(2, { data: DATA })
  const releases = [site.factory.sha256, sha256(tinyModel(1, DATA)), sha256(tinyModel(2, DATA))]
  writeFileSync(at('disk.img'), '')
  run('truncate', '-s', `${IMAGE_MIB}M`, at('disk.img'))
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

  // what an updater that does not think of the disk would lose
  for (let i = 0; i < 15; i++) {
    writeFileSync(at('disk', `plain-${i}`), tinyModel(1, DATA))
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
      if (!bytes.equals(tinyModel(1, DATA))) report.control.lost++
    })
    await rm(at('disk', `plain-${i}`))
  }

  for (let n = 0; report.cuts < cuts; n++) {
    const story = STORIES[n % STORIES.length]!
    await copyDevice(site, 'before', 'disk/device')
    run('sync', '-f', at('disk'))
    const child = startLife({ siteFolder: site.folder, factory: site.factory, device: 'disk/device', story })
    const ended = endOf(child)
    // a process needs so long before it begins
    await sleep(150 + random() * 350)
    if (child.exitCode === null) {
      child.kill('SIGSTOP')
      await copyFile(at('disk.img'), at('cut.img'))
      child.kill('SIGKILL')
      await opened(async () => {
        try {
          const { found } = await aftermath(site, 'cut/device', story, releases)
          if (found === 2) report.foundNew++
          else report.foundOld++
        } catch (error) {
          report.bricked.push(`${story}, cut ${report.cuts}: ${(error as Error).message}`)
        }
      })
      report.cuts++
      if (report.cuts % 50 === 0) process.stderr.write(`${report.cuts} cuts, ${report.bricked.length} bad\n`)
    }
    await ended
  }
} finally {
  for (const end of closing) await end()
}
report.seconds = Math.round((systemClock.monotonic() - began) / 1000)
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
process.exitCode = report.bricked.length === 0 ? 0 : 1
