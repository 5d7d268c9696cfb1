/** Who is meant by a rollout. Pure. */
import type { RolloutPlan } from '../format/rollout.js'
import type { DeviceFacts } from './facts.js'

/**
 * @returns whether a device is meant. One of which nothing is known yet is meant only where it is named
 */
export function meant(plan: RolloutPlan): (facts: DeviceFacts) => boolean {
  const { who, groups, model } = plan
  const has = matcher(who.devices)
  const isExcept = matcher(who.except)
  const inGroups = who.groups && matcher(who.groups.flatMap(g => groups[g] ?? []))
  const onBoard = who.boards && matcher(who.boards)
  const runs = who.running && matcher(who.running)
  const named = new Set(namedDevices(plan))
  return facts => {
    const { id, board, models } = facts
    const mine = models[model.family]
    if (mine === undefined && !named.has(id)) return false
    if ((who.devices && !has(id)) || isExcept(id) || (inGroups && !inGroups(id))) return false
    if (onBoard && !onBoard(board ?? '')) return false
    // one that has it by now ran something else before
    return (
      !runs || (mine !== undefined && (runs(mine.running.version) || mine.running.sha256 === model.sha256))
    )
  }
}

/** Ids that the plan names in full: they are waited for though nobody heard of them. */
export function namedDevices({ who, groups }: RolloutPlan): string[] {
  const lists = [...(who.devices ?? []), ...(who.groups ?? []).flatMap(g => groups[g] ?? [])]
  return lists.filter(text => !text.includes('*'))
}

/** Whether one of the patterns fits; * stands for any letters, capitals count for nothing. */
export function matcher(patterns: readonly string[] = []): (text: string) => boolean {
  const plain = new Set(patterns.filter(p => !p.includes('*')).map(p => p.toLowerCase()))
  const wild = patterns
    .filter(p => p.includes('*'))
    .map(p => new RegExp(`^${p.split('*').map(escaped).join('.*')}$`, 'i'))
  return text => plain.has(text.toLowerCase()) || wild.some(w => w.test(text))
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
