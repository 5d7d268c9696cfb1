import { Metadata, Targets } from '@tufjs/models'
import { generateKey, type Signer } from './keys.js'
import type { Repository, Signed } from './repository.js'

export interface DelegateOptions {
  repository: Repository
  /** Name of the product line; also of the role. */
  name: string
  /** Patterns of paths it may vouch for. Default: `<name>/*`. */
  paths?: readonly string[]
  keys: string
  keyCount?: number
  threshold?: number
  passphrase?: string
}

interface Delegating extends Signed {
  delegations?: { keys: Record<string, unknown>; roles: Record<string, unknown>[] }
}

/**
 * Makes a targets role for a product line, with keys of its own. It may vouch for its paths and for nothing else, and
 * what it does not name nobody after it may (`terminating`).
 */
export async function delegate(options: DelegateOptions): Promise<void> {
  const { repository, name, threshold = 1 } = options
  const signers: Signer[] = []
  for (let i = 0; i < (options.keyCount ?? 1); i++)
    signers.push(await generateKey(options.keys, name, options.passphrase))
  await repository.change('targets', signed => {
    const { delegations = { keys: {}, roles: [] } } = signed as Delegating
    for (const { key } of signers) delegations.keys[key.keyID] = key.toJSON()
    delegations.roles = [
      ...delegations.roles.filter(r => r.name !== name),
      {
        name,
        keyids: signers.map(s => s.key.keyID),
        threshold,
        terminating: true,
        paths: [...(options.paths ?? [`${name}/*`])],
      },
    ]
    signed.delegations = delegations
  })
  if (await repository.hasPublished(name)) await repository.change(name, () => {})
  else {
    const days = await repository.expiryDays()
    const empty = new Targets({
      version: 1,
      specVersion: '1.0.31',
      expires: repository.expiresAfter(days.targets),
      targets: {},
    })
    await repository.saveDraft(name, new Metadata(empty).toJSON())
  }
}
