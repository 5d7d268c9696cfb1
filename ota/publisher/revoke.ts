import { CUSTOM_FIELD, pathsOf, REVOKED_FIELD, TargetPromise } from '../format/target.js'
import type { TargetsSigned } from './add.js'
import { errors } from './errors.js'
import type { Repository } from './repository.js'

export interface RevokeOptions {
  repository: Repository
  role?: string
  path: string
  /** One sentence; devices that run it tell their owner. */
  reason: string
}

/**
 * Takes a target back: no device loads it any more, and one that runs it goes back.
 * @throws target_unknown
 */
export async function revoke({ repository, role = 'targets', path, reason }: RevokeOptions): Promise<void> {
  const current = ((await repository.draft(role)) ?? (await repository.published(role))).signed.targets
  const target = current[path]
  if (!target) throw errors.target_unknown({ path })
  const promise = TargetPromise.safeParse(target.custom[CUSTOM_FIELD])
  const paths = promise.success ? pathsOf(promise.data) : [path]
  await repository.change(role, signed => {
    const { targets } = signed as TargetsSigned
    for (const gone of paths) delete targets[gone]
    const revoked = (signed[REVOKED_FIELD] ?? {}) as Record<string, string>
    signed[REVOKED_FIELD] = { ...revoked, [target.hashes.sha256!]: reason }
  })
}
