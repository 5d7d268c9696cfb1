/** What a board has to give: memory, threads, room for state. Pure; every figure with its sentence. */
import type { BoardProfile, ModelProfile } from '../../device-profiles/schema.js'
import type { BoardFacts } from './facts.js'

export interface MemoryBudget {
  totalMib: number
  keptForSystemMib: number
  freeForUsMib: number
  because: string
}

/** The daemon itself: Node and what it holds. @source docs/benchmarks.md: 99.7 MiB resident, 2026-11 */
export const DAEMON_MIB = 96

/** A small board runs a small system: no more than this share of its memory is kept for it. Our choice, 2026-11. */
const MOST_KEPT = 0.4

/** Limits of control groups count like memory that is not there. */
export function memoryBudget(facts: BoardFacts, profile: BoardProfile): MemoryBudget {
  const { totalMib, limitMib } = facts.memory
  const keptForSystemMib = Math.round(
    Math.min(profile.memory.kept_for_system_mib.value, totalMib * MOST_KEPT),
  )
  // a limit is ours alone: the system's part lies outside of it
  const freeForUsMib = Math.max(
    0,
    Math.min(limitMib ?? Number.POSITIVE_INFINITY, totalMib - keptForSystemMib),
  )
  const because =
    limitMib !== undefined && limitMib === freeForUsMib
      ? `A control group limits us to ${limitMib} of ${totalMib} MiB.`
      : `Of ${totalMib} MiB the system keeps ${keptForSystemMib}; ${freeForUsMib} MiB are for us.`
  return { totalMib, keptForSystemMib, freeForUsMib, because }
}

/** Weights, KV cache and the process around them, MiB. */
export function modelMib(
  model: ModelProfile,
  file: ModelProfile['files'][number],
  sequences: number,
  contextTokens: number,
): number {
  const cache = sequences * contextTokens * model.kv_bytes_per_token.value
  return Math.ceil((file.bytes + cache) / 1024 / 1024 + model.runtime_mib.value)
}

/** Upper bound of threads: cores of the fastest class that are free for us, and no more than the profile says. */
export function threadBudget(facts: BoardFacts, profile: BoardProfile): { most: number; because: string } {
  const { cores, physicalCores, quotaCores, classes } = facts.cpu
  const fastest = classes.length > 1 ? classes[0]!.count : cores
  const mode = profile.power.modes.find(m => m.name === facts.powerMode?.name)
  const bounds: [number, string][] = [
    [profile.run.most_threads.value, `the profile ${profile.name} says no more are worth it`],
    [cores, cores === 1 ? 'one core may be used' : `${cores} cores may be used`],
    [fastest, `${fastest} cores are of the fastest class`],
  ]
  if (mode?.cores !== undefined)
    bounds.push([mode.cores, `power mode ${mode.name} has ${mode.cores} cores on`])
  if (physicalCores !== undefined)
    bounds.push([physicalCores, `${physicalCores} cores are no twins of another`])
  if (quotaCores !== undefined)
    bounds.push([Math.floor(quotaCores), `a control group allows ${quotaCores} cores`])
  const [least, why] = bounds.reduce((a, b) => (b[0] < a[0] ? b : a))
  const most = Math.max(1, least)
  return { most, because: `At most ${most} thread${most === 1 ? '' : 's'}: ${why}.` }
}

/** Thread counts worth trying: doubling, and the most. */
export function threadCounts(most: number): number[] {
  const counts: number[] = []
  for (let n = 1; n < most; n *= 2) counts.push(n)
  return [...counts, most]
}
