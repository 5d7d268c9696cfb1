import type { BoardProfile } from '../../device-profiles/schema.js'
import { errors } from './errors.js'
import type { BoardFacts } from './facts.js'

/** Which profile, and why. */
export interface Match {
  profile: BoardProfile
  /** How sure: by the device tree's compatible, by its model, or only by architecture. */
  by: 'compatible' | 'model' | 'architecture'
  /** One sentence for people. */
  because: string
}

/**
 * Finds the profile of a board: entries of `compatible` first, the most special first; then the beginning of the
 * model; then the generic profile of the architecture. An unknown board is never a failure.
 * @throws no_profile only when there are no generic profiles at all
 */
export function match(facts: BoardFacts, profiles: readonly BoardProfile[]): Match {
  const memory = facts.memory.totalMib
  const fits = profiles.filter(
    ({ match: m }) =>
      memory >= (m.min_memory_mib ?? 0) && memory <= (m.max_memory_mib ?? Number.POSITIVE_INFINITY),
  )
  for (const entry of facts.compatible) {
    const profile = fits.find(p => p.match.compatible.includes(entry))
    if (profile) return { profile, by: 'compatible', because: `the device tree says ${entry}` }
  }
  const model = plainModel(facts.model ?? '')
  const named = fits
    .flatMap(profile => profile.match.model.map(beginning => ({ profile, beginning })))
    .filter(({ beginning }) => model.toLowerCase().startsWith(beginning.toLowerCase()))
    .sort((a, b) => b.beginning.length - a.beginning.length)[0]
  if (named) return { profile: named.profile, by: 'model', because: `the board calls itself "${model}"` }
  const generic = fits.filter(p => p.match.generic)
  const known = generic.find(p => (p.match.architectures as readonly string[]).includes(facts.architecture))
  const profile = known ?? generic[0]
  if (!profile) throw errors.no_profile({ architecture: facts.architecture })
  const unknown = model ? `"${model}" is not among the known boards` : 'the machine does not say what it is'
  const because = known
    ? `${unknown}; ${facts.architecture} is all there is to go by`
    : `${unknown}, and there is no profile for ${facts.architecture} either`
  return { profile, by: 'architecture', because }
}

/** The model without its revision and without NVIDIA's " Super". */
export function plainModel(model: string): string {
  return model
    .replace(/\s+Rev\s+[\d.]+.*$/, '')
    .replace(/\s+Super$/, '')
    .trim()
}
