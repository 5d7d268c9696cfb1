import { loadProfiles, type Profiles } from '../../device-profiles/load.js'
import { packageFile } from '../base/package-root.js'
import { errors } from './errors.js'
import type { BoardFacts } from './facts.js'
import { type Match, match } from './match.js'
import { type Plan, plan } from './plan.js'
import { type ProbeOptions, probe } from './probe.js'

/** The whole sentence: board -> profile -> model choice. */
export interface Board {
  facts: BoardFacts
  match: Match
  plan: Plan
}

/** @throws profiles_broken, no_profile */
export async function surveyBoard(options: ProbeOptions & { profiles?: Profiles } = {}): Promise<Board> {
  const facts = await probe(options)
  const profiles = options.profiles ?? shippedProfiles()
  const matched = match(facts, profiles.boards)
  return { facts, match: matched, plan: plan(facts, matched.profile, profiles.models) }
}

/** The profiles in this package. @throws profiles_broken */
export function shippedProfiles(): Profiles {
  try {
    return loadProfiles(packageFile('device-profiles'))
  } catch (error) {
    throw errors.profiles_broken({ problem: (error as Error).message }, error)
  }
}
