/** What is published for a device: the order of a rollout, beside what is desired for its other models. Pure. */
import type { Desired } from '../format/desired.js'
import { backId, holdId, type RolloutPlan, takeId } from '../format/rollout.js'
import type { DeviceFacts } from './facts.js'
import type { Tell } from './wave.js'

/** @returns what to retain on `update/desired`; undefined: a request to go back, which is not retained */
export function desiredFor(
  tell: Tell,
  facts: DeviceFacts,
  plan: RolloutPlan,
  nowMs: number,
): Desired | undefined {
  const { family } = plan.model
  const others = (facts.desired?.models ?? []).filter(m => m.family !== family)
  const document = (id: string, mine: Partial<Desired['models'][number]>): Desired => ({
    version: 1,
    id,
    models: [...others, { family, hold: false, allow_older: false, ...mine }],
  })
  switch (tell.what) {
    case 'take':
      return document(takeId(plan.name, tell.wave, nowMs), {
        ...named(plan.model),
        allow_older: plan.older === 'allowed',
        ...(plan.not_before === undefined ? {} : { not_before: plan.not_before }),
      })
    case 'hold':
      return document(holdId(plan.name), { hold: true })
    case 'back': {
      const to = plan.go_back_to
      return document(backId(plan.name, nowMs), to ? { ...named(to), allow_older: true } : { hold: true })
    }
    case 'rollback':
      return undefined
  }
}

/**
 * What keeps a device on what it runs, outside of any rollout: for those of its models for which nothing is desired.
 * @param families only these; undefined: all it has
 * @returns undefined where nothing need be told
 */
export function keepsWhatItRuns(
  facts: DeviceFacts,
  families: readonly string[] | undefined,
): Desired | undefined {
  const before = facts.desired?.models ?? []
  const isBound = (family: string) =>
    before.some(m => m.family === family && (m.hold || m.path !== undefined || m.sha256 !== undefined))
  const free = Object.keys(facts.models).filter(
    family => (families === undefined || families.includes(family)) && !isBound(family),
  )
  if (free.length === 0) return undefined
  return {
    version: 1,
    ...(facts.desired?.id === undefined ? {} : { id: facts.desired.id }),
    models: [
      ...before.filter(m => !free.includes(m.family)),
      ...free.map(family => ({ family, hold: true, allow_older: false })),
    ],
  }
}

const named = ({ sha256, path }: { sha256: string; path?: string | undefined }) => ({
  sha256,
  ...(path === undefined ? {} : { path }),
})
