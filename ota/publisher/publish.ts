/**
 * Makes drafts public. Order of writes is the safety of every device that reads meanwhile: target files are there since
 * `add`; then root, delegated roles, targets, snapshot; timestamp last, for until it changes nobody sees the rest.
 */
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Metadata, MetaFile, Snapshot, type Targets, Timestamp } from '@tufjs/models'
import { errors } from './errors.js'
import { loadSigners, type Signer } from './keys.js'
import { type AnyMetadata, type Repository, text } from './repository.js'
import { signatureCount } from './sign.js'

export interface PublishOptions {
  repository: Repository
  /** Folders with the keys of snapshot and timestamp. */
  keys: readonly string[]
  passphrase?: string
}

/** What snapshot and timestamp say of a file, as it is written. */
export function metaFile(metadata: AnyMetadata): MetaFile {
  const bytes = Buffer.from(text(metadata.toJSON()))
  return new MetaFile({
    version: metadata.signed.version,
    length: bytes.length,
    hashes: { sha256: createHash('sha256').update(bytes).digest('hex') },
  })
}

/**
 * Publishes every draft; without a draft it renews snapshot and timestamp.
 * @returns versions that are public now, by role
 * @throws signatures_missing, keys_missing, target_file_missing: nothing is public then
 */
export async function publish(options: PublishOptions): Promise<Record<string, number>> {
  const { repository } = options
  const drafts = await repository.drafts()
  const published = await repository.published('root')
  const root = (await repository.draft('root')) ?? published
  const targets = (await repository.draft('targets')) ?? (await repository.published('targets'))
  if (drafts.includes('root')) {
    demand(published, 'root', root, 'the root before')
    demand(root, 'root', root, 'the new root')
  }
  demand(root, 'targets', targets, 'root')
  const delegated = new Map<string, Metadata<Targets>>()
  for (const role of Object.keys(targets.signed.delegations?.roles ?? {})) {
    const metadata = (await repository.draft(role)) ?? (await repository.published(role))
    demand(targets, role, metadata, 'targets')
    delegated.set(role, metadata)
  }
  for (const metadata of [targets, ...delegated.values()]) await checkFiles(repository, metadata)

  const signers = await loadSigners(options.keys, options.passphrase)
  const before = {
    snapshot: await repository.published('snapshot'),
    timestamp: await repository.published('timestamp'),
  }
  const days = await repository.expiryDays()
  const snapshot = new Metadata(
    new Snapshot({
      // what was public once is never numbered again, be it after a publishing that was cut off
      version: before.timestamp.signed.snapshotMeta.version + 1,
      specVersion: '1.0.31',
      expires: repository.expiresAfter(days.snapshot),
      meta: {
        // [TUF 1.0.34, 5.5.5] what a snapshot named once must never go
        ...before.snapshot.signed.meta,
        'targets.json': metaFile(targets),
        ...Object.fromEntries([...delegated].map(([role, m]) => [`${role}.json`, metaFile(m)])),
      },
    }),
  )
  signWith(snapshot, 'snapshot', root, signers)
  const timestamp = new Metadata(
    new Timestamp({
      version: before.timestamp.signed.version + 1,
      specVersion: '1.0.31',
      expires: repository.expiresAfter(days.timestamp),
      snapshotMeta: metaFile(snapshot),
    }),
  )
  signWith(timestamp, 'timestamp', root, signers)

  if (drafts.includes('root')) await repository.savePublished('root', root)
  for (const [role, metadata] of delegated)
    if (drafts.includes(role)) await repository.savePublished(role, metadata)
  if (drafts.includes('targets')) await repository.savePublished('targets', targets)
  await repository.savePublished('snapshot', snapshot)
  await repository.savePublished('timestamp', timestamp)
  for (const role of drafts) await repository.dropDraft(role)
  return {
    root: root.signed.version,
    targets: targets.signed.version,
    ...Object.fromEntries([...delegated].map(([role, m]) => [role, m.signed.version])),
    snapshot: snapshot.signed.version,
    timestamp: timestamp.signed.version,
  }
}

function demand(delegator: AnyMetadata, role: string, metadata: AnyMetadata, by: string): void {
  const { has, needs } = signatureCount(delegator, role, metadata)
  if (has < needs) throw errors.signatures_missing({ role, has, needs, by })
}

function signWith(metadata: AnyMetadata, role: string, root: AnyMetadata, signers: readonly Signer[]): void {
  for (const signer of signers) {
    if (isFor(root, role, signer.key.keyID)) metadata.sign(data => signer.sign(data))
  }
  const { has, needs } = signatureCount(root, role, metadata)
  if (has < needs) throw errors.keys_missing({ role, has, needs })
}

function isFor(root: AnyMetadata, role: string, keyId: string): boolean {
  return 'roles' in root.signed && root.signed.roles[role]!.keyIDs.includes(keyId)
}

async function checkFiles(repository: Repository, metadata: Metadata<Targets>): Promise<void> {
  for (const [path, target] of Object.entries(metadata.signed.targets)) {
    const file = join(repository.targetsFolder, consistentName(path, target.hashes.sha256!))
    const size = await stat(file).then(
      s => s.size,
      () => undefined,
    )
    if (size === target.length) continue
    const problem = size === undefined ? 'it is not there' : `${size} bytes instead of ${target.length}`
    throw errors.target_file_missing({ path, problem })
  }
}

/** `command/x.gguf` lies as `command/<sha256>.x.gguf`. @source TUF 1.0.34, 6.2.4 */
export function consistentName(path: string, sha256: string): string {
  const cut = path.lastIndexOf('/') + 1
  return `${path.slice(0, cut)}${sha256}.${path.slice(cut)}`
}
