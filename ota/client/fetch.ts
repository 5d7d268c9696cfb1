/**
 * Brings the files of a bundle into a slot: only what is missing, resumed after a cut, within bounds. What is written is
 * `<file>.part`; it gets its name when `verify` has read it back.
 */
import { readFile, stat } from 'node:fs/promises'
import type { Clock } from '../../daemon/base/clock.js'
import { writeDurably } from '../../daemon/base/disk.js'
import type { BundleFile } from '../format/target.js'
import { type Bounds, bounded } from '../transport/bounds.js'
import { errors as transportErrors } from '../transport/errors.js'
import { type Transport, targetPath } from '../transport/transport.js'
import type { Candidate } from './machine.js'
import type { Installed, Slots } from './slots.js'

/** What a strategy may use to build a file. */
export interface FetchContext {
  transport: Transport
  slots: Slots
  /** What answers now: a delta is taken against its files. */
  running: Installed
  bounds: Omit<Bounds, 'mostBytes'>
  clock: Clock
  heldUpMs?: () => number
  signal: AbortSignal
  /** Bytes that have come over the line. */
  onBytes(count: number): void
}

/**
 * A way to bring one file: whole, or as a difference. Writes `partPath` and leaves it durable.
 * @returns false when this way does not apply here: the next one is asked. The last one is `wholeFile`
 */
export interface FetchStrategy {
  readonly name: string
  fetch(file: BundleFile, partPath: string, candidate: Candidate, context: FetchContext): Promise<boolean>
}

/** A power cut costs no more than this much of a download, or this long of it; a sync for each is what a card bears. */
const SYNC_BYTES = 4 * 1024 * 1024
const SYNC_MS = 60_000

/** @throws what the transport and the disk throw */
export async function fetchBundle(
  candidate: Candidate,
  strategies: readonly FetchStrategy[],
  context: FetchContext,
): Promise<void> {
  for (const file of candidate.promise.files) {
    const whole = context.slots.fileIn(candidate.slot, file)
    if (
      await stat(whole).then(
        s => s.size === file.length,
        () => false,
      )
    )
      continue
    for (const strategy of [...strategies, wholeFile])
      if (await strategy.fetch(file, `${whole}.part`, candidate, context)) break
  }
}

/** The plain way: every byte, from where it stopped. */
export const wholeFile: FetchStrategy = {
  name: 'whole file',
  async fetch(file, partPath, _candidate, context) {
    const { disk } = context.slots
    const path = targetPath(file.path, file.sha256)
    const have = await durableBytes(partPath, file.length)
    const part = await disk.open(partPath, 'update')
    try {
      // beyond what was synced there may be holes
      await disk.truncate(part, have, partPath)
      let at = have
      let synced = have
      let syncedMs = context.clock.monotonic()
      const keep = async () => {
        await disk.sync(part, partPath)
        if (at !== synced || at === 0) await writeDurably(`${partPath}.bytes`, String(at), disk)
        synced = at
        syncedMs = context.clock.monotonic()
      }
      try {
        const bounds = { ...context.bounds, mostBytes: file.length - at }
        const options = { offset: at, signal: context.signal }
        const pieces = bounded(context.transport, path, options, bounds, context.clock, context.heldUpMs)
        for await (const piece of at < file.length ? pieces : []) {
          await disk.write(part, piece, at, partPath)
          at += piece.length
          context.onBytes(piece.length)
          const isDue = at - synced >= SYNC_BYTES || context.clock.monotonic() - syncedMs >= SYNC_MS
          if (isDue) await keep()
        }
      } catch (error) {
        // a link that breaks often gets somewhere all the same; what went wrong first is what counts
        await keep().catch(() => {})
        throw error
      }
      await keep()
      if (at < file.length) throw transportErrors.cut_short({ path, has: at, expected: file.length })
      return true
    } finally {
      await part.close()
    }
  },
}

/** How much of a part is known to be on the disk. */
async function durableBytes(partPath: string, length: number): Promise<number> {
  const noted = Number(await readFile(`${partPath}.bytes`, 'utf8').catch(() => '0'))
  const has = await stat(partPath).then(
    s => s.size,
    () => 0,
  )
  return Number.isSafeInteger(noted) && noted >= 0 && noted <= Math.min(has, length) ? noted : 0
}
