import type { BoardProfile, CoreSpeeds, ModelProfile } from '../../device-profiles/schema.js'
import { advise } from './advice.js'
import { DAEMON_MIB, memoryBudget, modelMib, threadBudget } from './budget.js'
import type { BoardFacts } from './facts.js'
import { type Measured, ratesOf } from './measured.js'
import type { Rates } from './rates.js'

/** What this board is to run, and why. */
export interface Plan {
  /** The model for commands; undefined when none fits. */
  model: PlannedModel | undefined
  /** The model for free answers beside it; may have to be installed first. */
  larger: PlannedModel | undefined
  /** Upper bound; how many are used is measured. */
  mostThreads: number
  sequences: number
  contextTokens: number
  memory: { totalMib: number; keptForSystemMib: number; freeForUsMib: number; neededMib: number }
  /** Every model file of the catalog, and what became of it. */
  considered: readonly Considered[]
  /** Sentences for people, in the order in which things were decided. */
  because: readonly string[]
  /** What the owner could change, and what it would bring. */
  advice: readonly string[]
}

export interface PlannedModel {
  name: string
  quantization: string
  /** Path in the package, or name in the models folder. */
  file: string
  installed: boolean
  sizeMib: number
  /** Weights, KV cache, process. */
  memoryMib: number
  contextTokens: number
  sequences: number
  offload: 'cpu' | 'cuda'
  /** Absent when nobody can tell yet. */
  rates?: Rates
}

/** One file of the catalog against this board. */
export interface Considered {
  name: string
  quantization: string
  task: Task
  installed: boolean
  memoryMib: number
  /** Quality of the model times what the quantization keeps of it. */
  quality: number
  rates?: Rates
  verdict: 'chosen' | 'fits' | 'ruled_out'
  why: string
}

export type Task = 'command' | 'ask'

/** What the owner wants of the models. */
export interface Goals {
  leastTokensPerSecond: number
  firstTokenMs: number
  energy: 'speed' | 'thrift'
}

export const DEFAULT_GOALS: Goals = { leastTokensPerSecond: 5, firstTokenMs: 5000, energy: 'speed' }

export interface PlanInput {
  facts: BoardFacts
  profile: BoardProfile
  catalog: readonly ModelProfile[]
  speeds: CoreSpeeds
  goals?: Goals
  measured?: Measured
  /** Whether a file of the catalog is on this board. Default: those in the package are. */
  installed?: (file: string) => boolean
}

/** A median command: tokens read and written. @source docs/models.md, 2026-11 */
const COMMAND = { read: 9, written: 6 }
/** A command that takes longer feels broken. @source Nielsen 1993: one second keeps the flow of thought */
const COMMAND_MS = 1000
/** A question with its instructions, as `first_token_ms` has it. */
const QUESTION_TOKENS = 200
const LEAST_CONTEXT = 512

type Candidate = {
  model: ModelProfile
  file: ModelProfile['files'][number]
  quality: number
  installed: boolean
  sequences: number
  contextTokens: number
  memoryMib: number
  offload: 'cpu' | 'cuda'
  rates?: Rates
  /** Why it cannot be; absent when it can. */
  against?: string
}

/** Decides from facts and figures; measures nothing. Values in, values out. */
export function plan(input: PlanInput): Plan {
  const { facts, profile, goals = DEFAULT_GOALS } = input
  const budget = memoryBudget(facts, profile)
  const threads = threadBudget(facts, profile)
  const because = [budget.because, threads.because]

  const commands = candidates(input, 'command', budget.freeForUsMib - DAEMON_MIB, threads.most)
  const slow = commands.filter(c => c.installed && !c.against && commandMs(c) > COMMAND_MS)
  const quick = commands.filter(c => c.installed && !c.against && !slow.includes(c))
  const chosen = best(quick, profile) ?? fastest(slow)
  if (chosen && slow.includes(chosen))
    because.push(
      `Commands will be slow: about ${Math.round(commandMs(chosen))} ms each; nothing that fits is faster.`,
    )
  because.push(
    chosen
      ? `For commands: ${chosen.model.name} ${chosen.file.quantization}, ${chosen.memoryMib} MiB with ${count(chosen.sequences, 'sequence')} of ${chosen.contextTokens} tokens${rateWords(chosen)}.`
      : nothingFits(commands, budget.freeForUsMib),
  )

  const left = budget.freeForUsMib - DAEMON_MIB - (chosen?.memoryMib ?? 0)
  const answers = candidates(input, 'ask', left, threads.most).map(c => tooSlow(c, goals))
  const fitting = answers.filter(c => !c.against)
  const known = fitting.filter(c => c.rates)
  // where nothing is known of speed, the smallest is promised, not the largest
  const larger = chosen && (known.length > 0 ? best(known, profile) : smallest(fitting))
  because.push(
    larger
      ? `For free answers: ${larger.model.name} ${larger.file.quantization}${larger.installed ? '' : ', once installed'}, ${larger.memoryMib} MiB with ${larger.contextTokens} tokens${rateWords(larger)}.`
      : nothingToAsk(answers, left, goals),
  )
  const considered = [
    ...commands.map(c => judged(c, 'command', c === chosen, chosen)),
    ...answers.map(c => judged(c, 'ask', c === larger, larger)),
  ]
  return {
    model: chosen && planned(chosen),
    larger: larger && planned(larger),
    mostThreads: threads.most,
    sequences: chosen?.sequences ?? 1,
    contextTokens: chosen?.contextTokens ?? 256,
    memory: {
      totalMib: budget.totalMib,
      keptForSystemMib: budget.keptForSystemMib,
      freeForUsMib: budget.freeForUsMib,
      neededMib: chosen ? chosen.memoryMib + DAEMON_MIB : 0,
    },
    considered,
    because,
    advice: advise(facts, profile, considered),
  }
}

/** Every file for a task, shrunk until it fits where that helps: fewer sequences, a shorter context. */
function candidates(input: PlanInput, task: Task, freeMib: number, mostThreads: number): Candidate[] {
  const { profile, catalog, facts, installed = isPackaged } = input
  return catalog
    .filter(model => (model.tasks as readonly string[]).includes(task))
    .flatMap(model =>
      model.files.map((file): Candidate => {
        const shapes = sizesToTry(model, task, profile.run.sequences.value)
        const fit = (s: { sequences: number; contextTokens: number }) =>
          modelMib(model, file, s.sequences, s.contextTokens)
        const shape = shapes.find(s => fit(s) <= freeMib) ?? shapes.at(-1)!
        const memoryMib = fit(shape)
        const { rates, offload } = ratesOf({
          ...input,
          model,
          file,
          mostThreads,
          contextTokens: shape.contextTokens,
        })
        const against = !profile.run.quantizations.includes(file.quantization)
          ? `the profile ${profile.name} does not use ${file.quantization}`
          : memoryMib > freeMib
            ? `needs ${memoryMib} MiB, ${Math.max(0, freeMib)} are free`
            : !installed(file.file) &&
                facts.storage?.freeMib !== undefined &&
                file.bytes / 1048576 > facts.storage.freeMib
              ? `the file takes ${Math.ceil(file.bytes / 1048576)} MiB, the disk has ${facts.storage.freeMib}`
              : undefined
        return {
          model,
          file,
          quality: model.quality.value * (file.quality_share ?? 1),
          installed: installed(file.file),
          ...shape,
          memoryMib,
          offload,
          ...(rates ? { rates } : {}),
          ...(against ? { against } : {}),
        }
      }),
    )
}

function sizesToTry(model: ModelProfile, task: Task, sequences: number) {
  const { wanted, most } = model.context_tokens
  const shapes: { sequences: number; contextTokens: number }[] = []
  if (task === 'command')
    for (let n = Math.max(1, sequences); n >= 1; n = Math.floor(n / 2))
      shapes.push({ sequences: n, contextTokens: wanted })
  else
    for (let n = Math.min(wanted, most); n >= Math.min(LEAST_CONTEXT, most); n = Math.floor(n / 2))
      shapes.push({ sequences: 1, contextTokens: n })
  return shapes
}

function tooSlow(c: Candidate, goals: Goals): Candidate {
  if (c.against || !c.rates) return c
  const { decodeTps, prefillTps } = c.rates
  if (decodeTps < goals.leastTokensPerSecond)
    return { ...c, against: `writes ${tps(decodeTps)} tokens/s, ${goals.leastTokensPerSecond} are wanted` }
  const firstMs = (QUESTION_TOKENS / prefillTps) * 1000
  if (firstMs > goals.firstTokenMs)
    return {
      ...c,
      against: `reads ${tps(prefillTps)} tokens/s: the first word after ${(firstMs / 1000).toFixed(1)} s`,
    }
  return c
}

/** The best answers; of equally good ones what the profile prefers, then the smaller. */
function best(fitting: readonly Candidate[], profile: BoardProfile): Candidate | undefined {
  const order = (c: Candidate) => profile.run.quantizations.indexOf(c.file.quantization)
  return [...fitting].sort(
    (a, b) => b.quality - a.quality || order(a) - order(b) || a.file.bytes - b.file.bytes,
  )[0]
}

const smallest = (fitting: readonly Candidate[]): Candidate | undefined =>
  [...fitting].sort((a, b) => a.file.bytes - b.file.bytes)[0]

const fastest = (slow: readonly Candidate[]): Candidate | undefined =>
  [...slow].sort((a, b) => commandMs(a) - commandMs(b))[0]

function commandMs({ rates }: Candidate): number {
  return rates ? (COMMAND.read / rates.prefillTps + COMMAND.written / rates.decodeTps) * 1000 : 0
}

function planned(c: Candidate): PlannedModel {
  return {
    name: c.model.name,
    quantization: c.file.quantization,
    file: c.file.file,
    installed: c.installed,
    sizeMib: Math.round(c.file.bytes / 104857.6) / 10,
    memoryMib: c.memoryMib,
    contextTokens: c.contextTokens,
    sequences: c.sequences,
    offload: c.offload,
    ...(c.rates ? { rates: c.rates } : {}),
  }
}

function judged(c: Candidate, task: Task, isChosen: boolean, chosen: Candidate | undefined): Considered {
  const why = isChosen
    ? c.installed
      ? 'the best that fits'
      : 'the best that fits; not installed'
    : (c.against ??
      (!c.installed && task === 'command'
        ? 'not installed'
        : chosen
          ? `${chosen.model.name} ${chosen.file.quantization} is better`
          : 'nothing for commands fits'))
  return {
    name: c.model.name,
    quantization: c.file.quantization,
    task,
    installed: c.installed,
    memoryMib: c.memoryMib,
    quality: Math.round(c.quality * 10) / 10,
    ...(c.rates ? { rates: c.rates } : {}),
    verdict: isChosen ? 'chosen' : c.against || !chosen ? 'ruled_out' : 'fits',
    why,
  }
}

function nothingFits(commands: readonly Candidate[], freeMib: number): string {
  const least = [...commands].filter(c => c.installed).sort((a, b) => a.memoryMib - b.memoryMib)[0]
  if (!least) return 'No model for commands is installed.'
  const needed = least.memoryMib + DAEMON_MIB
  return needed > freeMib
    ? `No model fits: the smallest, ${least.model.name} ${least.file.quantization}, needs ${needed} MiB with the daemon, ${needed - freeMib} more than there are.`
    : `No model can be used: ${least.model.name} ${least.file.quantization}: ${least.against}.`
}

function nothingToAsk(answers: readonly Candidate[], leftMib: number, goals: Goals): string {
  const least = [...answers].sort((a, b) => a.memoryMib - b.memoryMib)[0]
  if (!least) return 'For free answers: the catalog has no model.'
  return least.memoryMib > leftMib
    ? `For free answers nothing fits in the ${Math.max(0, leftMib)} MiB that are left: the smallest, ${least.model.name} ${least.file.quantization}, needs ${least.memoryMib}.`
    : `For free answers nothing is fast enough (${goals.leastTokensPerSecond} tokens/s, first word within ${goals.firstTokenMs / 1000} s).`
}

const BY = {
  measured: 'measured',
  probed: 'expected from what was measured here',
  computed: 'expected from the profile',
}

function rateWords({ rates, offload }: Candidate): string {
  if (!rates) return '; how fast is not known before it runs'
  return `; reads ${tps(rates.prefillTps)} and writes ${tps(rates.decodeTps)} tokens/s ${offload === 'cuda' ? 'on the GPU' : `with ${count(rates.threads, 'thread')}`} (${BY[rates.by]})`
}

/** Two digits that mean something. */
export const tps = (rate: number): string => (rate >= 9.95 ? String(Math.round(rate)) : rate.toFixed(1))

const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`

const isPackaged = (file: string) => file.startsWith('ota/factory/')
