import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { loadOwnProfiles, loadProfiles, type Profiles } from '../../device-profiles/load.js'
import { packageFile } from '../base/package-root.js'
import { readYaml } from '../base/yaml.js'
import { Calibration } from './calibration.js'
import { errors } from './errors.js'
import type { BoardFacts } from './facts.js'
import { type Match, match } from './match.js'
import { type Goals, type Plan, plan } from './plan.js'
import { type ProbeOptions, probe } from './probe.js'
import { Tree } from './read.js'
import { sense } from './sense.js'

/** The whole sentence: board -> profile -> model choice. */
export interface Board {
  facts: BoardFacts
  match: Match
  plan: Plan
  calibration: Calibration
  profiles: Profiles
  /** Profiles of the owner that cannot be used, each with its place and reason. */
  problems: readonly string[]
  /** The same plan with what has been measured since. */
  replan(): Plan
}

export interface SurveyOptions extends ProbeOptions {
  profiles?: Profiles
  /** Folder with profiles of the owner. */
  profilesDir?: string
  goals?: Goals
  /** Version of the engine: measurements are kept for it. */
  engine?: string
}

/** @throws profiles_broken, no_profile */
export async function surveyBoard(options: SurveyOptions = {}): Promise<Board> {
  const { dataDir = '.fieldmouse', profilesDir, goals, engine = '' } = options
  const shipped = options.profiles ?? shippedProfiles()
  const { profiles, problems } = profilesDir
    ? loadOwnProfiles(profilesDir, shipped)
    : { profiles: shipped, problems: [] }
  const first = await probe({ ...options, dataDir })
  const matched = match(first, profiles.boards)
  const { heat, power } = matched.profile
  const hints = {
    zones: heat.zones,
    ignore: heat.ignore,
    ...(power.total_rail ? { totalRail: power.total_rail } : {}),
  }
  // only a profile knows which zones count: the sensors are read again where that matters
  const facts =
    heat.zones.length + heat.ignore.length > 0 || power.total_rail
      ? { ...first, readings: await sense(new Tree(options.root ?? '/'), hints) }
      : first
  const calibration = await Calibration.open(dataDir, facts, engine)
  const replan = () =>
    plan({
      facts,
      profile: matched.profile,
      catalog: profiles.models,
      speeds: profiles.speeds,
      ...(goals ? { goals } : {}),
      measured: calibration.measured,
      installed: file => modelPath(file, dataDir) !== undefined,
    })
  return { facts, match: matched, plan: replan(), calibration, profiles, problems, replan }
}

/** Where a file of the catalog lies: in the package, or among the models of the data folder. */
export function modelPath(file: string, dataDir: string): string | undefined {
  return [packageFile(...file.split('/')), join(dataDir, 'models', file)].find(path => existsSync(path))
}

/** What tells one file from another under the same name. */
export function fileKey(path: string): string {
  const { size, mtimeMs } = statSync(path)
  return `${path}|${size}|${Math.round(mtimeMs)}`
}

/** Model files of the data folder that no profile of the catalog names. */
export function unknownModels(dataDir: string, profiles: Profiles): string[] {
  const known = new Set(profiles.models.flatMap(m => m.files.map(f => f.file)))
  try {
    return readdirSync(join(dataDir, 'models')).filter(name => name.endsWith('.gguf') && !known.has(name))
  } catch {
    return []
  }
}

/** The profiles in this package. @throws profiles_broken */
export function shippedProfiles(): Profiles {
  try {
    return loadProfiles(packageFile('device-profiles'), readYaml)
  } catch (error) {
    throw errors.profiles_broken({ problem: (error as Error).message }, error)
  }
}
