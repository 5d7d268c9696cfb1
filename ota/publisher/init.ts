import { Metadata, Root, Snapshot, Targets, Timestamp } from '@tufjs/models'
import { Role } from '@tufjs/models/dist/role.js'
import { type Clock, systemClock } from '../../daemon/base/clock.js'
import { parse } from '../../daemon/base/schema.js'
import { errors } from './errors.js'
import { generateKey, type Signer } from './keys.js'
import { metaFile } from './publish.js'
import { Expiry, Repository, type TopRole } from './repository.js'

const ROLES: readonly TopRole[] = ['root', 'targets', 'snapshot', 'timestamp']

export interface InitOptions {
  folder: string
  /** Where keys go; one folder a role when a function. Root and targets keys belong on a stick, not on the server. */
  keys: string | ((role: TopRole) => string)
  /** Keys and how many of them must sign. Default: 2 root keys of which 1 must sign, else one. */
  roles?: Partial<Record<TopRole, { keys: number; threshold: number }>>
  expiryDays?: Partial<Expiry>
  passphrase?: string
  clock?: Clock
  /** Of targets, snapshot and timestamp: where it takes the place of another repository, beyond that. Default 1. */
  firstVersion?: number
}

/**
 * Makes an empty repository: keys, the first root, empty targets, snapshot, timestamp.
 * @returns the root that devices must hold: `metadata/1.root.json`
 * @throws repository_exists
 */
export async function init(options: InitOptions): Promise<{ repository: Repository; keyIds: string[] }> {
  const repository = new Repository(options.folder, options.clock ?? systemClock)
  if (await repository.hasPublished('root')) throw errors.repository_exists({ folder: options.folder })
  const expiry = parse(Expiry, options.expiryDays ?? {}, 'how long roles hold')
  const signers: Record<string, Signer[]> = {}
  const roles: Record<string, Role> = {}
  for (const role of ROLES) {
    const { keys, threshold } = options.roles?.[role] ?? { keys: role === 'root' ? 2 : 1, threshold: 1 }
    if (threshold < 1 || threshold > keys) throw errors.keys_missing({ role, has: keys, needs: threshold })
    const folder = typeof options.keys === 'string' ? options.keys : options.keys(role)
    signers[role] = []
    for (let i = 0; i < keys; i++) signers[role].push(await generateKey(folder, role, options.passphrase))
    roles[role] = new Role({ keyIDs: signers[role].map(s => s.key.keyID), threshold })
  }
  const common = (role: TopRole) => ({
    version: role === 'root' ? 1 : (options.firstVersion ?? 1),
    specVersion: '1.0.31',
    expires: repository.expiresAfter(expiry[role]),
  })
  const keys = Object.fromEntries(
    Object.values(signers)
      .flat()
      .map(s => [s.key.keyID, s.key]),
  )
  const root = new Metadata(new Root({ ...common('root'), keys, roles, consistentSnapshot: true }))
  const targets = new Metadata(new Targets({ ...common('targets'), targets: {} }))
  for (const signer of signers.root!) root.sign(data => signer.sign(data))
  for (const signer of signers.targets!) targets.sign(data => signer.sign(data))
  const snapshot = new Metadata(
    new Snapshot({ ...common('snapshot'), meta: { 'targets.json': metaFile(targets) } }),
  )
  for (const signer of signers.snapshot!) snapshot.sign(data => signer.sign(data))
  const timestamp = new Metadata(new Timestamp({ ...common('timestamp'), snapshotMeta: metaFile(snapshot) }))
  for (const signer of signers.timestamp!) timestamp.sign(data => signer.sign(data))
  await repository.saveExpiry(expiry)
  await repository.savePublished('root', root)
  await repository.savePublished('targets', targets)
  await repository.savePublished('snapshot', snapshot)
  await repository.savePublished('timestamp', timestamp)
  return { repository, keyIds: Object.keys(keys) }
}
