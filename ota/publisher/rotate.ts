import { errors } from './errors.js'
import { generateKey, type Signer } from './keys.js'
import type { Repository, Signed } from './repository.js'

export interface RotateOptions {
  repository: Repository
  /** root, targets, snapshot, timestamp, or a delegated role. */
  role: string
  /** New keys to make, and where. */
  add?: number
  keys: string
  /** Ids (or beginnings of at least 8 digits) of keys that no longer count: lost, or known to somebody. */
  remove?: readonly string[]
  threshold?: number
  passphrase?: string
}

interface Rule {
  keyids: string[]
  threshold: number
}
interface RootSigned extends Signed {
  keys: Record<string, unknown>
  roles: Record<string, Rule>
}
interface Delegating extends Signed {
  delegations: { keys: Record<string, unknown>; roles: (Rule & { name: string })[] }
}

/**
 * Changes who may sign for a role: a draft of the next root (or of targets, for a delegated role). A new root must be
 * signed by the threshold of the old one and of itself.
 * @returns ids of the new keys
 * @throws role_unknown, key_still_needed
 */
export async function rotate(options: RotateOptions): Promise<string[]> {
  const { repository, role } = options
  const isTop = ['root', 'targets', 'snapshot', 'timestamp'].includes(role)
  if (!isTop && !(await repository.delegatedRoles()).includes(role)) throw errors.role_unknown({ role })
  const signers: Signer[] = []
  for (let i = 0; i < (options.add ?? 0); i++)
    signers.push(await generateKey(options.keys, role, options.passphrase))
  const change = (rule: Rule, keys: Record<string, unknown>) => {
    rule.keyids = rule.keyids.filter(id => !options.remove?.some(r => r.length >= 8 && id.startsWith(r)))
    for (const { key } of signers) {
      keys[key.keyID] = key.toJSON()
      rule.keyids.push(key.keyID)
    }
    rule.threshold = options.threshold ?? rule.threshold
    if (rule.keyids.length < rule.threshold || rule.threshold < 1)
      throw errors.key_still_needed({ role, left: rule.keyids.length, needs: rule.threshold })
  }
  await repository.change(isTop ? 'root' : 'targets', signed => {
    if (isTop) {
      const { roles, keys } = signed as RootSigned
      change(roles[role]!, keys)
      dropUnused(keys, Object.values(roles))
    } else {
      const { delegations } = signed as Delegating
      change(delegations.roles.find(r => r.name === role)!, delegations.keys)
      dropUnused(delegations.keys, delegations.roles)
    }
  })
  // what the old keys signed is void: the role is signed anew, by the new ones
  if (role === 'targets' || !isTop) await repository.change(role, () => {})
  return signers.map(s => s.key.keyID)
}

function dropUnused(keys: Record<string, unknown>, rules: readonly Rule[]): void {
  const used = new Set(rules.flatMap(r => r.keyids))
  for (const id of Object.keys(keys)) if (!used.has(id)) delete keys[id]
}
