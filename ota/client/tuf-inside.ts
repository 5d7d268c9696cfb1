/**
 * What tuf-js 5.0.1 keeps to itself and a device must reach: the time against which it judges expiry (boards have no
 * clock worth the name), the error as it was before it became text, and the targets roles it has verified. One file, one
 * exact version; a test fails when the shape changes.
 */
import type { Metadata, Targets } from '@tufjs/models'
import type { Updater } from 'tuf-js'

interface Store {
  referenceTime: Date
  trustedSet: Record<string, unknown>
  [method: string]: unknown
}

const STEPS = ['updateRoot', 'updateTimestamp', 'updateSnapshot', 'updateDelegatedTargets'] as const

export interface Inside {
  /** The last error of a verifying step, not yet wrapped in text. */
  lastError(): unknown
  /** Targets roles that were verified, by name. */
  targetsRoles(): Map<string, Metadata<Targets>>
}

/** @throws TypeError when tuf-js is not built as expected */
export function inside(updater: Updater, now: Date): Inside {
  const store = (updater as unknown as { trustedSet?: Store }).trustedSet
  if (!(store?.referenceTime instanceof Date) || STEPS.some(step => typeof store[step] !== 'function'))
    throw new TypeError('this version of tuf-js is not the one that was looked into')
  store.referenceTime = now
  let last: unknown
  for (const step of STEPS) {
    const original = store[step] as (...args: unknown[]) => unknown
    store[step] = (...args: unknown[]) => {
      try {
        return original.apply(store, args)
      } catch (error) {
        last = error
        throw error
      }
    }
  }
  return {
    lastError: () => last,
    targetsRoles: () =>
      new Map(
        Object.entries(store.trustedSet).filter(
          ([, m]) => (m as Metadata<Targets>)?.signed?.type === 'targets',
        ) as [string, Metadata<Targets>][],
      ),
  }
}
