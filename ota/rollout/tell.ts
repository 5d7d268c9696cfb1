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

const named = ({ sha256, path }: { sha256: string; path?: string | undefined }) => ({
  sha256,
  ...(path === undefined ? {} : { path }),
})
