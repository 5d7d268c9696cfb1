/**
 * Pulls the plug on an updater: a real child process that kills itself at the nth call that changes a file (before it,
 * after it, or half way through a write), or that is killed from outside at a random moment. Then the parent looks at what
 * is left, as a start would, and lets the update finish.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { cp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type DiskCalls, systemDisk } from '../../daemon/base/disk.js'
import { deltaStrategy } from '../../ota/client/delta.js'
import { recover } from '../../ota/client/recover.js'
import { Slots } from '../../ota/client/slots.js'
import { looksLikeGguf } from '../../ota/client/verify.js'
import { isSettled, makeDevice, type Site, sha256 } from './repository.js'

export type Story = 'update' | 'trial fails' | 'worse in use'
export type How = 'before' | 'after' | 'torn'

/** What a child is told, as JSON in its first argument. */
export interface Life {
  siteFolder: string
  factory: Site['factory']
  device: string
  story: Story
  url?: string
  /** Models come as differences. */
  isDelta?: boolean
  dieAt?: number
  how?: How
  /** Killed when it says for the first time that it is in this state. */
  dieIn?: string
}

/** The machine's disk, on which the `dieAt`th changing call is the last. */
export function dyingDisk(dieAt: number, how: How): DiskCalls & { calls: number } {
  const die = () => process.kill(process.pid, 'SIGKILL')
  const wrap =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>, torn?: (...args: A) => Promise<unknown>) =>
    async (...args: A): Promise<R> => {
      const isLast = ++disk.calls === dieAt
      if (isLast && how === 'before') die()
      if (isLast && how === 'torn' && torn) {
        await torn(...args)
        die()
      }
      const result = await call(...args)
      if (isLast) die()
      return result
    }
  const disk = {
    calls: 0,
    open: wrap(systemDisk.open),
    write: wrap(systemDisk.write, (file, bytes, offset, path) =>
      systemDisk.write(file, bytes.subarray(0, bytes.length >> 1), offset, path),
    ),
    truncate: wrap(systemDisk.truncate),
    sync: wrap(systemDisk.sync),
    rename: wrap(systemDisk.rename),
    remove: wrap(systemDisk.remove),
    makeFolder: wrap(systemDisk.makeFolder),
    syncFolder: wrap(systemDisk.syncFolder),
  }
  return disk
}

const CHILD = fileURLToPath(new URL('./updater-child.js', import.meta.url))

export function startLife(life: Life): ChildProcess {
  return spawn(process.execPath, [CHILD, JSON.stringify(life)], { stdio: ['ignore', 'pipe', 'inherit'] })
}

export interface End {
  signal: string | null
  code: number | null
  /** What it said last: calls made, states passed. */
  said: string
}

export function endOf(child: ChildProcess): Promise<End> {
  let said = ''
  child.stdout?.on('data', piece => {
    said += piece
  })
  return new Promise(resolve => child.on('close', (code, signal) => resolve({ code, signal, said })))
}

export interface Verdict {
  /** Release that a start finds right after the cut. */
  found: number
  /** Release after the update has gone on. */
  finished: number
  /** Differences that were left for the whole file. */
  refused: number
}

/**
 * What a start finds after a cut, and how it ends.
 * @param releases SHA-256 of the model of each release, the factory's first
 * @throws when nothing whole is found, when it is none of the releases, or when the update does not end
 */
export async function aftermath(
  site: Site,
  device: string,
  story: Story,
  releases: string[],
  isDelta = false,
): Promise<Verdict> {
  const folder = join(site.folder, device, 'command')
  const slots = new Slots(folder, site.factory)
  const { installed } = await recover(slots, new AbortController().signal, looksLikeGguf)
  const found = releases.indexOf(sha256(await readFile(installed.files.model!)))
  if (found < 0) throw new Error(`${device}: what is found is none of the releases`)
  let refused = 0
  const strategies = isDelta ? [deltaStrategy({ onTrouble: () => void refused++ })] : []
  const again = makeDevice(site, { name: device, ...storyOptions(story), strategies })
  actOut(again, story)
  await again.client.start(new AbortController().signal)
  const last = releases.length - 1
  const wanted = story === 'update' ? last : last - 1
  try {
    const isDone = () => again.client.running.sha256 === releases[wanted]
    const hasEnded = await again.until(
      s => isSettled(s) && isDone() && (story === 'update' || s.bad.length > 0),
    )
    const model = await readFile(again.client.running.files.model!)
    if (sha256(model) !== hasEnded.running.sha256)
      throw new Error(`${device}: the running file is another one`)
    return { found, finished: releases.indexOf(sha256(model)), refused }
  } finally {
    await again.client.stop()
  }
}

/** How the trial goes in a story. */
export function storyOptions(story: Story): Partial<Parameters<typeof makeDevice>[1]> {
  if (story === 'update') return {}
  const running = { accuracy: 1, p95Ms: 5 }
  // only the newest is bad: what a device has before went well
  const isNew = (release: number) => release === 2
  if (story === 'trial fails')
    return {
      trial: async candidate => ({
        answered: 1,
        accuracy: isNew(candidate.release) ? 0.5 : 1,
        p95Ms: 5,
        running,
      }),
    }
  return { watchMs: 3_000, health: { mostCrashes: 2 } }
}

/** In use the newest kills its process twice. */
export function actOut(device: ReturnType<typeof makeDevice>, story: Story): void {
  if (story !== 'worse in use') return
  let isDone = false
  device.watchers.push(state => {
    if (isDone || state.state !== 'active' || state.running.release !== 2) return
    isDone = true
    device.client.health({ what: 'crash' })
    device.client.health({ what: 'crash' })
  })
}

/** A device that already runs release 1, kept to be copied. */
export async function prepared(site: Site, isDelta = false): Promise<string> {
  const device = makeDevice(site, { name: 'before', strategies: isDelta ? [deltaStrategy()] : [] })
  await device.client.start(new AbortController().signal)
  await device.until(s => isSettled(s) && s.running.release === 1)
  await device.client.stop()
  return 'before'
}

export async function copyDevice(site: Site, from: string, to: string): Promise<void> {
  await rm(join(site.folder, to), { recursive: true, force: true })
  await cp(join(site.folder, from), join(site.folder, to), { recursive: true })
}
