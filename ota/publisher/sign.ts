/** Signs drafts. Needs only the folder `draft/` and keys: the folder is carried to the machine that holds the keys. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MetadataKind, type Root, type Targets } from '@tufjs/models'
import { writeDurably } from '../../daemon/base/disk.js'
import { describe } from '../../daemon/base/errors.js'
import { errors } from './errors.js'
import { loadSigners } from './keys.js'
import { type AnyMetadata, metadataOf, text } from './repository.js'

export interface SignOptions {
  /** The `draft/` of a repository, or a copy of it. */
  draftFolder: string
  keys: readonly string[]
  passphrase?: string
  /** Only these roles. Default: every draft. */
  roles?: readonly string[]
  /** Sign only what keys were made for (by their file's name). Default true. */
  byRole?: boolean
}

/**
 * Adds a signature to each draft by each key that was made for its role. Others' signatures stay.
 * @returns key ids by role
 * @throws nothing_to_sign, key_not_readable, metadata_broken
 */
export async function sign(options: SignOptions): Promise<Record<string, string[]>> {
  const { draftFolder } = options
  const signers = await loadSigners(options.keys, options.passphrase)
  const signed: Record<string, string[]> = {}
  const names = (await readdir(draftFolder).catch(() => [])).filter(n => /^[^.].*\.json$/.test(n))
  for (const name of names) {
    const role = decodeURIComponent(name.slice(0, -5))
    if (options.roles && !options.roles.includes(role)) continue
    const path = join(draftFolder, name)
    let metadata: AnyMetadata
    try {
      metadata = metadataOf(
        role === 'root' ? MetadataKind.Root : MetadataKind.Targets,
        JSON.parse(await readFile(path, 'utf8')),
      )
    } catch (error) {
      throw errors.metadata_broken({ path, problem: describe(error) }, error)
    }
    for (const signer of signers) {
      if ((options.byRole ?? true) && signer.role !== role) continue
      metadata.sign(data => signer.sign(data))
      signed[role] = [...(signed[role] ?? []), signer.key.keyID]
    }
    if (signed[role]) await writeDurably(path, text(metadata.toJSON()))
  }
  if (Object.keys(signed).length === 0) throw errors.nothing_to_sign({ folder: draftFolder })
  return signed
}

/** How many of the keys that `delegator` names for a role have signed, and how many must. */
export function signatureCount(
  delegator: AnyMetadata,
  role: string,
  metadata: AnyMetadata,
): { has: number; needs: number } {
  const signed = delegator.signed as Root | Targets
  const [keys, rule] =
    'roles' in signed
      ? [signed.keys, signed.roles[role]]
      : [signed.delegations?.keys ?? {}, signed.delegations?.roles?.[role]]
  if (!rule) throw errors.role_unknown({ role })
  const has = new Set(rule.keyIDs).size
    ? [...new Set(rule.keyIDs)].filter(id => {
        try {
          keys[id]?.verifySignature(metadata)
          return keys[id] !== undefined
        } catch {
          return false
        }
      }).length
    : 0
  return { has, needs: rule.threshold }
}
