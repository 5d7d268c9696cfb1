import type { BoardProfile, ModelProfile } from '../../device-profiles/schema.js'
import type { BoardFacts } from './facts.js'

/** What this board is to run, and why. */
export interface Plan {
  /** The model for commands; undefined when none fits. */
  model: PlannedModel | undefined
  /** Upper bound; how many are used is measured when the model loads. */
  mostThreads: number
  sequences: number
  contextTokens: number
  memory: { totalMib: number; keptForSystemMib: number; freeForUsMib: number; neededMib: number }
  /** Sentences for people, in the order in which things were decided. */
  because: readonly string[]
}

export interface PlannedModel {
  name: string
  quantization: string
  /** Path in the package. */
  file: string
  sizeMib: number
}

/** The daemon itself: Node and what it holds. */
export const DAEMON_MIB = 96

/**
 * Decides from facts and figures; measures nothing. Limits of control groups count like memory that is not there.
 */
export function plan(facts: BoardFacts, profile: BoardProfile, catalog: readonly ModelProfile[]): Plan {
  const because: string[] = []
  const budget = memoryBudget(facts, profile, because)
  const { mostThreads, sequences } = parallel(facts, profile, because)
  const candidates = catalog
    .filter(model => model.tasks.includes('command'))
    .flatMap(model =>
      model.files.map(file => ({
        model,
        file,
        neededMib: neededMib(model, file.bytes / 1048576, sequences),
      })),
    )
    .filter(({ file }) => profile.run.quantizations.includes(file.quantization))
    // the largest that fits, in the quantization that the profile likes best
    .sort(
      (a, b) =>
        b.file.bytes - a.file.bytes ||
        profile.run.quantizations.indexOf(a.file.quantization) -
          profile.run.quantizations.indexOf(b.file.quantization),
    )
  const fitting = candidates.filter(c => c.neededMib <= budget.freeForUsMib)
  for (const { model, file, neededMib } of candidates.filter(c => !fitting.includes(c)))
    because.push(
      `${model.name} ${file.quantization} needs ${neededMib} MiB and does not fit in ${budget.freeForUsMib} MiB.`,
    )
  const chosen = fitting[0]
  if (chosen)
    because.push(
      `${chosen.model.name} ${chosen.file.quantization} needs ${chosen.neededMib} MiB with ${sequences} sequences of ${chosen.model.context_tokens.wanted} tokens, and fits.`,
    )
  else because.push('No model of the catalog fits.')
  return {
    model: chosen && {
      name: chosen.model.name,
      quantization: chosen.file.quantization,
      file: chosen.file.file,
      sizeMib: Math.round(chosen.file.bytes / 104857.6) / 10,
    },
    mostThreads,
    sequences,
    contextTokens: chosen?.model.context_tokens.wanted ?? 256,
    memory: { ...budget, neededMib: chosen?.neededMib ?? 0 },
    because,
  }
}

/** Weights, KV cache and the process around them, and the daemon beside it. */
export function neededMib(model: ModelProfile, sizeMib: number, sequences: number): number {
  const cacheMib = (sequences * model.context_tokens.wanted * model.kv_bytes_per_token.value) / 1024 / 1024
  return Math.ceil(sizeMib + cacheMib + model.runtime_mib.value + DAEMON_MIB)
}

function memoryBudget(facts: BoardFacts, profile: BoardProfile, because: string[]) {
  const { totalMib, limitMib } = facts.memory
  const keptForSystemMib = profile.memory.kept_for_system_mib.value
  // a limit is ours alone: the system's part lies outside of it
  const freeForUsMib = Math.max(
    0,
    Math.min(limitMib ?? Number.POSITIVE_INFINITY, totalMib - keptForSystemMib),
  )
  because.push(
    limitMib !== undefined && limitMib === freeForUsMib
      ? `A control group limits us to ${limitMib} of ${totalMib} MiB.`
      : `Of ${totalMib} MiB the system keeps ${keptForSystemMib}; ${freeForUsMib} MiB are for us.`,
  )
  return { totalMib, keptForSystemMib, freeForUsMib }
}

function parallel(facts: BoardFacts, profile: BoardProfile, because: string[]) {
  const { cores, physicalCores, quotaCores, classes } = facts.cpu
  const fastest = classes.length > 1 ? classes[0]!.count : cores
  const bounds: [number, string][] = [
    [profile.run.most_threads.value, `the profile ${profile.name} says no more are worth it`],
    [cores, `${cores} cores may be used`],
    [fastest, `${fastest} cores are of the fastest class`],
  ]
  if (physicalCores !== undefined)
    bounds.push([physicalCores, `${physicalCores} cores are no twins of another`])
  if (quotaCores !== undefined)
    bounds.push([Math.floor(quotaCores), `a control group allows ${quotaCores} cores`])
  const [least, why] = bounds.reduce((a, b) => (b[0] < a[0] ? b : a))
  const mostThreads = Math.max(1, least)
  because.push(`At most ${mostThreads} threads: ${why}. How many are used is measured when the model loads.`)
  return { mostThreads, sequences: Math.max(1, profile.run.sequences.value) }
}
