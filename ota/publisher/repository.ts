/**
 * A repository on disk: `metadata/` and `targets/` are what devices see, `draft/` is what is being prepared. A draft is
 * whole metadata of the next version; it becomes public when `publish` finds every signature it needs.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Metadata, MetadataKind, type Root, type Snapshot, type Targets, type Timestamp } from '@tufjs/models'
import { type Clock, systemClock } from '../../daemon/base/clock.js'
import { removeDurably, writeDurably } from '../../daemon/base/disk.js'
import { describe } from '../../daemon/base/errors.js'
import { parse, z } from '../../daemon/base/schema.js'
import { errors } from './errors.js'

/** How long each role's word holds, days. Short for what a machine signs daily, long for what people carry by hand. */
export const Expiry = z.strictObject({
  root: z.number().positive().default(365),
  targets: z.number().positive().default(365),
  snapshot: z.number().positive().default(30),
  timestamp: z.number().positive().default(30),
})
export type Expiry = z.output<typeof Expiry>

const Settings = z.strictObject({ version: z.literal(1), expiry_days: Expiry })

export type TopRole = 'root' | 'targets' | 'snapshot' | 'timestamp'
export type AnyMetadata = Metadata<Root> | Metadata<Targets> | Metadata<Snapshot> | Metadata<Timestamp>
const KINDS: Record<TopRole, MetadataKind> = {
  root: MetadataKind.Root,
  targets: MetadataKind.Targets,
  snapshot: MetadataKind.Snapshot,
  timestamp: MetadataKind.Timestamp,
}
const DAY_MS = 24 * 3600_000

export class Repository {
  readonly folder: string
  readonly #clock: Clock
  constructor(folder: string, clock: Clock = systemClock) {
    this.folder = folder
    this.#clock = clock
  }

  get targetsFolder(): string {
    return join(this.folder, 'targets')
  }

  get metadataFolder(): string {
    return join(this.folder, 'metadata')
  }

  get draftFolder(): string {
    return join(this.folder, 'draft')
  }

  async expiryDays(): Promise<Expiry> {
    const path = join(this.folder, 'publisher.json')
    return parse(
      Settings,
      JSON.parse(await readFile(path, 'utf8').catch(() => this.#missing('publisher.json'))),
      path,
    ).expiry_days
  }

  async saveExpiry(expiryDays: Expiry): Promise<void> {
    const path = join(this.folder, 'publisher.json')
    await writeDurably(path, `${JSON.stringify({ version: 1, expiry_days: expiryDays }, null, 2)}\n`)
  }

  #missing(missing: string): never {
    throw errors.not_a_repository({ folder: this.folder, missing })
  }

  /** When what is signed now for so many days ends, as metadata writes it. */
  expiresAfter(days: number): string {
    return `${new Date(this.#clock.now() + days * DAY_MS).toISOString().slice(0, 19)}Z`
  }

  /** The published metadata of a role, the newest. @throws not_a_repository, metadata_broken */
  async published(role: 'root'): Promise<Metadata<Root>>
  async published(role: 'snapshot'): Promise<Metadata<Snapshot>>
  async published(role: 'timestamp'): Promise<Metadata<Timestamp>>
  async published(role: string): Promise<Metadata<Targets>>
  async published(role: string): Promise<AnyMetadata> {
    const name = await this.#newest(role)
    if (!name) this.#missing(`metadata of ${role}`)
    return read(join(this.metadataFolder, name), role)
  }

  async #newest(role: string): Promise<string | undefined> {
    const names = await readdir(this.metadataFolder).catch((): string[] => [])
    if (role === 'timestamp') return names.find(n => n === 'timestamp.json')
    const end = `.${encodeURIComponent(role)}.json`
    const versions = names
      .filter(n => n.endsWith(end))
      .map(n => Number(n.slice(0, -end.length)))
      .filter(Number.isInteger)
    return versions.length ? `${Math.max(...versions)}${end}` : undefined
  }

  async hasPublished(role: string): Promise<boolean> {
    return (await this.#newest(role)) !== undefined
  }

  /** Roles below targets, by name, that a draft or the published targets role names. */
  async delegatedRoles(): Promise<string[]> {
    const targets = (await this.draft('targets')) ?? (await this.published('targets'))
    return Object.keys((targets.signed as Targets).delegations?.roles ?? {})
  }

  /** The draft of a role, or undefined. */
  async draft(role: 'root'): Promise<Metadata<Root> | undefined>
  async draft(role: string): Promise<Metadata<Targets> | undefined>
  async draft(role: string): Promise<AnyMetadata | undefined> {
    const path = join(this.draftFolder, `${encodeURIComponent(role)}.json`)
    return (await readdir(this.draftFolder).catch((): string[] => [])).includes(
      `${encodeURIComponent(role)}.json`,
    )
      ? read(path, role)
      : undefined
  }

  /** Roles that have a draft. */
  async drafts(): Promise<string[]> {
    const names = await readdir(this.draftFolder).catch((): string[] => [])
    return names.filter(n => /^[^.].*\.json$/.test(n)).map(n => decodeURIComponent(n.slice(0, -5)))
  }

  /**
   * Changes a role's draft, which begins as the published metadata one version on. Signatures it had are void.
   * @param change gets the signed part as JSON
   */
  async change(role: string, change: (signed: Signed) => void): Promise<void> {
    const draft = await this.draft(role)
    const days: Record<string, number> = await this.expiryDays()
    const signed = structuredClone(
      (draft ?? (await this.published(role))).signed.toJSON(),
    ) as unknown as Signed
    if (!draft) signed.version++
    signed.expires = this.expiresAfter(days[role] ?? days.targets!)
    change(signed)
    await this.saveDraft(role, { signed, signatures: [] })
  }

  async saveDraft(role: string, metadata: unknown): Promise<void> {
    await writeDurably(join(this.draftFolder, `${encodeURIComponent(role)}.json`), text(metadata))
  }

  async dropDraft(role: string): Promise<void> {
    await removeDurably(join(this.draftFolder, `${encodeURIComponent(role)}.json`))
  }

  async savePublished(role: string, metadata: AnyMetadata): Promise<void> {
    const name = encodeURIComponent(role)
    const file = role === 'timestamp' ? 'timestamp.json' : `${metadata.signed.version}.${name}.json`
    await writeDurably(join(this.metadataFolder, file), text(metadata.toJSON()))
  }
}

/** The signed part as JSON; what a change may touch. */
export interface Signed {
  version: number
  expires: string
  [field: string]: unknown
}

export const text = (metadata: unknown): string => `${JSON.stringify(metadata, null, 1)}\n`

async function read(path: string, role: string): Promise<AnyMetadata> {
  try {
    const kind = KINDS[role as TopRole] ?? MetadataKind.Targets
    return metadataOf(kind, JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    throw errors.metadata_broken({ path, problem: describe(error) }, error)
  }
}

/** @throws what @tufjs/models says of a wrong shape */
export function metadataOf(kind: MetadataKind, json: unknown): AnyMetadata {
  // the overloads of fromJSON want each kind by name
  return (Metadata.fromJSON as (kind: MetadataKind, json: unknown) => AnyMetadata)(kind, json)
}
