/**
 * Brings the files of a bundle into a slot: only what is missing, resumed after a cut, within bounds. What is written is
 * `<file>.part`; it gets its name when `verify` has read it back.
 */
import { stat } from 'node:fs/promises'
import type { Clock } from '../../daemon/base/clock.js'
import type { BundleFile } from '../format/target.js'
import { type Bounds, bounded } from '../transport/bounds.js'
import { errors as transportErrors } from '../transport/errors.js'
import { type Transport, targetPath } from '../transport/transport.js'
import type { Candidate } from './machine.js'
import { durableBytes, Part } from './part.js'
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
  /** Resolves when nobody is being answered, nothing forbids loading now: before work that is felt. */
  quiet(): Promise<void>
  /** What the file will take over the line in all, and how much of that is done. Once it is known, and when it changes. */
  onPlan(file: BundleFile, doneBytes: number, totalBytes: number): void
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
    ) {
      context.onPlan(file, file.length, file.length)
      continue
    }
    for (const strategy of [...strategies, wholeFile])
      if (await strategy.fetch(file, `${whole}.part`, candidate, context)) break
  }
}

/** The plain way: every byte, from where it stopped. */
export const wholeFile: FetchStrategy = {
  name: 'whole file',
  async fetch(file, partPath, _candidate, context) {
    const path = targetPath(file.path, file.sha256)
    const have = await durableBytes(partPath, file.length)
    context.onPlan(file, have, file.length)
    const part = await Part.open(partPath, context.slots.disk, context.clock)
    try {
      // beyond what was synced there may be holes
      await part.truncate(have)
      try {
        const bounds = { ...context.bounds, mostBytes: file.length - have }
        const options = { offset: have, signal: context.signal }
        const pieces = bounded(context.transport, path, options, bounds, context.clock, context.heldUpMs)
        for await (const piece of have < file.length ? pieces : []) {
          await part.append(piece)
          context.onBytes(piece.length)
        }
      } catch (error) {
        // a link that breaks often gets somewhere all the same; what went wrong first is what counts
        await part.keep().catch(() => {})
        throw error
      }
      await part.keep()
      if (part.at < file.length)
        throw transportErrors.cut_short({ path, has: part.at, expected: file.length })
      return true
    } finally {
      await part.close()
    }
  },
}
