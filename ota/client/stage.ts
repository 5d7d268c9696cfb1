import { stat, statfs } from 'node:fs/promises'
import { bundleBytes, scratchBytes, type TargetPromise } from '../format/target.js'
import { errors } from './errors.js'
import type { Candidate } from './machine.js'
import { folderBytes, type Slots } from './slots.js'

export interface Room {
  /** What must stay free on the disk, MiB. */
  keepFreeMib: number
  /** Of both slots together, MiB; 0: no limit. */
  maxDiskMib: number
}

const MIB = 1024 * 1024

/**
 * Claims the slot of a candidate: what was in it goes, its record says untried before the first byte comes. Claimed for
 * the same candidate already, it keeps what it has.
 * @throws no_room, over_limit
 */
export async function stage(slots: Slots, candidate: Candidate, room: Room): Promise<void> {
  const { slot, path, promise } = candidate
  const record = await slots.record(slot)
  const isSame = record?.state === 'untried' && record.path === path && sameFiles(record.promise, promise)
  if (!isSame) await slots.empty(slot)
  await checkRoom(slots, candidate, room)
  if (isSame) return
  await slots.writeRecord(slot, { version: 1, state: 'untried', path, promise })
}

function sameFiles(a: TargetPromise, b: TargetPromise): boolean {
  return JSON.stringify(a.files) === JSON.stringify(b.files)
}

async function checkRoom(slots: Slots, { slot, promise }: Candidate, room: Room): Promise<void> {
  const needed = bundleBytes(promise) + scratchBytes(promise)
  await slots.disk.makeFolder(slots.slotFolder(slot))
  const has = await bytesThere(slots, slot, promise)
  const all = (await slots.bytes()) - has + needed
  if (room.maxDiskMib > 0 && all > room.maxDiskMib * MIB)
    throw errors.over_limit({ needsMiB: Math.ceil(all / MIB), limitMiB: room.maxDiskMib })
  const { bavail, bsize } = await statfs(slots.slotFolder(slot))
  const missing = needed - has
  if (bavail * bsize - missing < room.keepFreeMib * MIB)
    throw errors.no_room({
      needsMiB: Math.ceil(missing / MIB),
      freeMiB: Math.floor((bavail * bsize) / MIB),
      keepMiB: room.keepFreeMib,
    })
}

/** What is there already, in part or whole. */
async function bytesThere(slots: Slots, slot: Candidate['slot'], promise: TargetPromise): Promise<number> {
  let sum = Math.min(await folderBytes(slots.scratchFolder), scratchBytes(promise))
  for (const file of promise.files) {
    const whole = slots.fileIn(slot, file)
    for (const path of [whole, `${whole}.part`])
      sum += await stat(path).then(
        s => s.size,
        () => 0,
      )
  }
  return sum
}
