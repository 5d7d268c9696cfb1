/** How a model of a family is tried on this device, and takes over. */
import type { Installed } from '../ota/client/slots.js'
import type { Board } from './board/board.js'
import { memoryOf } from './choose-model.js'
import { loadGolden as loadCommands } from './commands/golden.js'
import { type FactoryFamily, factoryModelOf } from './factory.js'
import type { ActiveEngine, ModelFiles } from './inference/active.js'
import { checkGguf } from './inference/gguf.js'
import type { Standby } from './inference/standby.js'
import type { SupervisedEngine } from './inference/supervisor.js'
import { type TrialOptions, trialOf } from './inference/trial.js'
import { loadGolden as loadLines } from './triage/golden.js'
import type { ManagedModel } from './updates.js'

/** What models of one device share. */
export interface Household {
  /** For models, beside the daemon, MiB. */
  memoryMib: number
  isBusy(): boolean
  /** What answers for a family now. */
  running(family: string): Installed | undefined
  /** Models that have a process now, of all families. One that nobody needed yet has none. */
  loaded(): readonly LoadedModel[]
  /** The model that was tried last, loaded. */
  standby: Standby
}

export interface LoadedModel {
  family: string
  files: ModelFiles
  /** Resident memory of its process as it last said; 0 where it has not. */
  residentBytes: number
}

type TrialSettings = Parameters<TrialOptions['make']>[1]

export interface ModelHandles {
  /** What answers, started. */
  active(): Promise<ActiveEngine>
  /** An engine for a trial; not started. */
  make(files: ModelFiles, settings: TrialSettings): SupervisedEngine
  swap(files: ModelFiles, signal: AbortSignal, how: Parameters<ActiveEngine['swap']>[2]): Promise<void>
}

const GOLDEN = { command: loadCommands, line: loadLines }
/** One request at a time is tried; what runs beside it has its own room. */
const TRIAL_SHAPE = { sequences: 1, contextTokens: 256 }

export function managedModel(
  family: FactoryFamily,
  household: Household,
  { active, make, swap }: ModelHandles,
): ManagedModel {
  const factory = factoryModelOf(family)
  const fits = async (candidate: Installed, running: Installed) => {
    const others = household.loaded().filter(other => other.family !== family)
    const needed = await Promise.all([
      ...[candidate, running].map(m => memoryMibOf(filesOf(m, household))),
      ...others.map(loadedMib),
    ])
    return needed.reduce((sum, mib) => sum + mib, 0) <= household.memoryMib
  }
  return {
    family,
    factory,
    trial: async (candidate, running, signal) => {
      // two at once are memory enough
      await household.standby.clear()
      // the publisher's own requests; where the bundle has none, those that the model that runs was held to
      const path = candidate.files.golden ?? running.files.golden ?? factory.files.golden
      const golden = path === undefined ? NOTHING_TO_ASK : await GOLDEN[family](path)
      const engine = await active()
      const isTight = !(await fits(candidate, running))
      const files = filesOf(candidate, household)
      return trialOf(
        {
          candidate: files,
          make,
          running: engine,
          golden,
          isBusy: household.isBusy,
          restShare: REST_SHARE,
          ...(isTight
            ? { aside: (work, until) => engine.aside(work, until), waitingMs: () => engine.longestWaitMs }
            : { keep: tried => household.standby.offer(files, tried) }),
        },
        signal,
      )
    },
    swap: async (to, signal) => {
      const now = household.running(family)
      const beside = now === undefined || (await fits(to, now))
      const files = filesOf(to, household)
      const loaded = household.standby.take(files)
      // another one than was tried last: back to the one before, or a swap that was put off
      if (!loaded) await household.standby.clear()
      await swap(files, signal, { beside, loaded })
    },
    close: () => household.standby.clear(),
  }
}

/** Golden requests come with pauses, so that few requests of people come at the same time. */
const REST_SHARE = 5

/** Then too few are answered, and the gates stay shut. */
const NOTHING_TO_ASK = { size: 0, ask: () => Promise.resolve(false) }

/**
 * The files of an installed model; of an adapter, with the base that it stands on: the factory model, or what another
 * family runs. That the base is the right one was checked when it was chosen, and is again by whoever loads it.
 */
export function filesOf(installed: Installed, household: Pick<Household, 'running'>): ModelFiles {
  const { files, base, kind, sha256 } = installed
  if (kind === 'model' || !base) return { path: files.model! }
  const shipped = (['command', 'line'] as const)
    .map(f => factoryModelOf(f))
    .find(f => f.sha256 === base.sha256)
  const path = shipped?.files.model ?? household.running(base.family)?.files.model
  return { path: path ?? '', sha256: base.sha256, adapter: { path: files.adapter!, sha256 } }
}

async function memoryMibOf({ path, adapter }: ModelFiles): Promise<number> {
  const base = memoryOf(await checkGguf(path, { withWords: false }), TRIAL_SHAPE)
  return (
    base +
    (adapter ? Math.ceil((await checkGguf(adapter.path, { withWords: false })).fileBytes / 1024 / 1024) : 0)
  )
}

/** What it was planned with, or holds by now: a process that has answered long requests holds more. */
async function loadedMib({ files, residentBytes }: LoadedModel): Promise<number> {
  return Math.max(await memoryMibOf(files), Math.ceil(residentBytes / 1024 / 1024))
}

/** What a bundle may name this board by: its profile, its chip, the architecture. Lower case. */
export function classesOf({ match, facts }: Board): string[] {
  const { name, soc } = match.profile
  return [name, ...(soc ? [soc.toLowerCase()] : []), facts.architecture]
}
