/** What the updater knows from one start to the next: one file, one write. */
import { readFile, rename } from 'node:fs/promises'
import { type DiskCalls, writeDurably } from '../../daemon/base/disk.js'
import { z } from '../../daemon/base/schema.js'
import { DesiredModel } from '../format/desired.js'
import { Reason, State } from './machine.js'

const Bad = z.object({ sha256: z.string(), name: z.string(), reason: Reason, atMs: z.number() })

export const Memory = z.object({
  version: z.literal(1),
  state: State,
  /** Models that did badly here, the latest last. */
  bad: z.array(Bad),
  pinnedSha256: z.string().optional(),
  desired: DesiredModel.optional(),
  desiredId: z.string().optional(),
  /** Somebody asked for what is on its way: hours, the fleet's time and approval do not count. */
  isAsked: z.boolean().optional(),
  /** Asked for while a model was watched: done when it is good, or gone. */
  afterWatch: z.enum(['check', 'apply']).optional(),
  /** The process was told to stop and did: the next start says nothing against a model. Written while one is watched or tried. */
  isStopped: z.boolean().optional(),
})
export type Memory = z.output<typeof Memory>

export const EMPTY_MEMORY: Memory = { version: 1, state: { is: 'idle' }, bad: [] }
/** Older ones are forgotten. */
export const MOST_BAD = 50

/** What was kept. A file that cannot be read is put aside: the slots know what matters. */
export async function loadMemory(path: string): Promise<Memory> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch {
    return EMPTY_MEMORY
  }
  try {
    return Memory.parse(JSON.parse(text))
  } catch {
    await rename(path, `${path}.broken`).catch(() => {})
    return EMPTY_MEMORY
  }
}

export async function saveMemory(path: string, memory: Memory, disk: DiskCalls): Promise<void> {
  await writeDurably(path, `${JSON.stringify(memory)}\n`, disk)
}
