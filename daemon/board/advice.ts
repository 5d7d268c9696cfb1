/** What the owner could change, and what it would bring. Pure. */
import type { BoardProfile } from '../../device-profiles/schema.js'
import type { BoardFacts } from './facts.js'
import type { Considered } from './plan.js'

/** Sentences, the most urgent first. */
export function advise(
  facts: BoardFacts,
  profile: BoardProfile,
  considered: readonly Considered[],
): string[] {
  const { throttle, hottestC } = facts.readings
  const advice: string[] = []
  if (throttle?.underVoltage || throttle?.occurred.underVoltage)
    advice.push(
      `${throttle.underVoltage ? 'The supply is too weak now' : 'The supply was too weak since the start'}: use the supply made for this board and a short cable; until then it runs slower.`,
    )
  if (throttle?.throttled || throttle?.softLimit)
    advice.push('The board is throttled by heat: a heat sink or a fan gives back its full speed.')
  else if (hottestC !== undefined && hottestC >= profile.heat.hot_c.value)
    advice.push(
      `${Math.round(hottestC)} °C is where this board slows down (${profile.heat.hot_c.value} °C): give it air.`,
    )
  const mode = facts.powerMode?.name
  for (const { when, says } of profile.power.advice) if (when === 'any' || when === mode) advice.push(says)
  const cuda = facts.accelerators.find(a => a.kind === 'cuda')
  if (profile.offload && (profile.offload.kind !== 'cuda' || cuda)) advice.push(profile.offload.says)
  const { kind, readOnly, folder } = facts.storage ?? {}
  if (readOnly)
    advice.push(`${folder} is read-only: measurements and updates cannot be kept; point data_dir elsewhere.`)
  else if (kind === 'overlay' || kind === 'ram')
    advice.push(`${folder} does not survive a restart: point data_dir to a disk that stays.`)
  const missing = considered.find(c => c.verdict === 'chosen' && !c.installed)
  if (missing)
    advice.push(
      `${missing.name} ${missing.quantization} would fit: \`fieldmouse models explain\` says what it needs.`,
    )
  return advice
}
