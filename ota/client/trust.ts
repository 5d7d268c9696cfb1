/**
 * Trust in a repository's metadata, by The Update Framework. The only importer of `tuf-js`, which is used for metadata
 * and never for a model: it works in a staging copy, from which each file that it verified is written durably. Every such
 * file is whole and signed, so a cut between two of them leaves a mixture that the next refresh mends.
 * @source TUF 1.0.34, section 5
 */
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { TargetFile } from '@tufjs/models'
import { BaseFetcher, Updater } from 'tuf-js'
import { DownloadHTTPError } from 'tuf-js/dist/error.js'
import { type Clock, systemClock } from '../../daemon/base/clock.js'
import { type DiskCalls, sweepTemporary, systemDisk, writeDurably } from '../../daemon/base/disk.js'
import { codeOf, describe, FieldmouseError } from '../../daemon/base/errors.js'
import { CUSTOM_FIELD, type Offer, problemsOf, REVOKED_FIELD, TargetPromise } from '../format/target.js'
import { type Bounds, readWhole } from '../transport/bounds.js'
import type { Transport } from '../transport/transport.js'
import { beganWith, isGivenAnother, noteAnchor, rootOf, sha256Of } from './anchor.js'
import { errors } from './errors.js'
import { TimeFloor } from './time-floor.js'
import { type Inside, inside } from './tuf-inside.js'

export interface TrustOptions {
  /** Where trusted metadata is kept; one a repository. */
  folder: string
  /**
   * The root that came with the device, read-only: where trust begins, and begins again when the copy is broken or when
   * this is another one than it began with.
   */
  factoryRoot: string
  /** Trust has begun anew, for the owner gave the device another root. Told once. */
  onNewRoot?: (root: { path: string }) => void
  clock?: Clock
  /** Time is never before this: when this program was built, milliseconds. */
  builtMs?: number
  /** Whether the clock is set by NTP or the like; undefined when nobody knows. */
  isSynchronised?: () => boolean | undefined
  disk?: DiskCalls
  /** Of one metadata file. */
  bounds?: Partial<Bounds>
}

/** What the repository says, for as long as `consult` lasts. */
export interface Trusted {
  /** All that is offered for a family and is well described, the newest release first. */
  offers(family: string): Promise<Offer[]>
  /** One target, by the one role that may speak for its path. */
  lookup(path: string): Promise<Offer | undefined>
  /** Why a model of a family must not run any more, by a role that may speak for the family. */
  revoked(family: string, sha256: string): Promise<string | undefined>
  /** What tuf-js knows of any target: for those that are not ours. */
  target(path: string): Promise<TargetFile | undefined>
}

/** Metadata of a thousand targets takes half a megabyte; whatever asks for more is an attack. */
const DEFAULT_BOUNDS: Bounds = {
  mostBytes: 5_000_000,
  minBytesPerSecond: 64,
  windowMs: 20_000,
  deadlineMs: 300_000,
}
const BASE = 'fieldmouse://repository/metadata'
const ORDER = ['root.json', 'timestamp.json', 'snapshot.json', 'targets.json']

export class Trust {
  readonly #o: TrustOptions
  readonly #disk: DiskCalls
  readonly #clock: Clock
  readonly #time: TimeFloor
  #busy: Promise<unknown> = Promise.resolve()
  /** The root that the last look found; of a new one is told once. */
  #told: string | undefined

  constructor(options: TrustOptions) {
    this.#o = options
    this.#disk = options.disk ?? systemDisk
    this.#clock = options.clock ?? systemClock
    this.#time = new TimeFloor({
      path: join(options.folder, 'clock'),
      clock: this.#clock,
      builtMs: options.builtMs ?? 0,
      ...(options.isSynchronised ? { isSynchronised: options.isSynchronised } : {}),
      disk: this.#disk,
    })
  }

  /**
   * Refreshes the metadata and answers questions about it. One at a time; what was verified is kept, be the end good or bad.
   * @throws metadata_expired, signatures_not_enough, metadata_rolled_back, metadata_mismatch, metadata_malformed,
   *   no_trust_anchor, and what the transport throws
   */
  consult<T>(transport: Transport, signal: AbortSignal, use: (trusted: Trusted) => Promise<T>): Promise<T> {
    const turn = this.#busy.then(
      () => this.#consult(transport, signal, use),
      () => this.#consult(transport, signal, use),
    )
    this.#busy = turn.catch(() => {})
    return turn
  }

  async #consult<T>(
    transport: Transport,
    signal: AbortSignal,
    use: (trusted: Trusted) => Promise<T>,
  ): Promise<T> {
    const staging = join(this.#o.folder, 'staging')
    await rm(staging, { recursive: true, force: true })
    await mkdir(staging, { recursive: true })
    await sweepTemporary(this.#o.folder, this.#disk)
    const given = await this.#copyTrusted(staging)
    let hasBegun = false
    const now = await this.#time.now()
    const bounds = { ...DEFAULT_BOUNDS, ...this.#o.bounds }
    const fetcher = new Fetcher(transport, bounds, signal, this.#clock)
    const open = (forceCache: boolean): [Updater, Inside] => {
      const updater = new Updater({
        metadataDir: staging,
        metadataBaseUrl: BASE,
        fetcher,
        forceCache,
        config: { rootMaxLength: 512_000, timestampMaxLength: 16_384, snapshotMaxLength: 2_000_000 },
      })
      return [updater, inside(updater, new Date(now.ms))]
    }
    const guarded = async <R>([updater, within]: [Updater, Inside], work: (u: Updater) => Promise<R>) => {
      fetcher.lastError = undefined
      try {
        return await work(updater)
      } catch (error) {
        signal.throwIfAborted()
        throw translated(error, fetcher, within, now.says)
      }
    }
    try {
      const first = await this.#begin(staging, () => open(false))
      hasBegun = true
      await guarded(first, u => u.refresh())
      // no such file: the walk loads every role that may speak for the family
      const walk = (family: string) => guarded(first, u => u.getTargetInfo(`${family}/?`))
      const target = (path: string) => guarded(open(true), u => u.getTargetInfo(path))
      const roles = () => first[1].targetsRoles().values()
      const lookup = async (path: string) => offerOf(path, await target(path))
      const result = await use({
        target,
        lookup,
        offers: async family => {
          await walk(family)
          const paths = [...roles()].flatMap(role => Object.keys(role.signed.targets))
          const offers: Offer[] = []
          for (const path of new Set(paths.filter(p => p.startsWith(`${family}/`)))) {
            const offer = await lookup(path)
            if (offer && offer.promise.family === family) offers.push(offer)
          }
          return offers.sort((a, b) => b.promise.release - a.promise.release)
        },
        revoked: async (family, sha256) => {
          await walk(family)
          for (const role of roles()) {
            const list = role.signed.unrecognizedFields[REVOKED_FIELD] as Record<string, unknown> | undefined
            if (list && Object.hasOwn(list, sha256)) return String(list[sha256])
          }
          return undefined
        },
      })
      await this.#time.saw(now.ms)
      return result
    } finally {
      // what trust cannot begin with takes the place of nothing
      if (hasBegun) {
        this.#tell(given)
        await this.#keep(staging)
        await this.#note(given)
      }
      await rm(staging, { recursive: true, force: true })
    }
  }

  /** With a root whose signatures do not hold (a bad disk), trust begins again at the factory's. */
  async #begin<T>(staging: string, open: () => T): Promise<T> {
    try {
      return open()
    } catch {
      try {
        await cp(this.#o.factoryRoot, join(staging, 'root.json'))
        return open()
      } catch (error) {
        throw errors.no_trust_anchor({ path: this.#o.factoryRoot }, error)
      }
    }
  }

  /**
   * A copy to work in. A root that cannot be read (torn by a bad disk) is no root: trust begins again at the factory's. So
   * it does when that is another one now. The rest stays: it counts where the keys of that root have signed it as well, so
   * that a newer root of the same repository opens no way back to old files.
   * @returns the root that the device was given, where it is one that can be read, and whether trust begins anew
   */
  async #copyTrusted(staging: string): Promise<Given> {
    const { folder, factoryRoot } = this.#o
    for (const name of await readdir(folder))
      if (name.endsWith('.json')) await cp(join(folder, name), join(staging, name))
    const [given, kept] = await Promise.all(
      [factoryRoot, join(staging, 'root.json')].map(path => readFile(path).catch(() => Buffer.alloc(0))),
    )
    const began = await beganWith(this.#anchorPath)
    if (!rootOf(given!)) {
      if (!rootOf(kept!)) throw errors.no_trust_anchor({ path: factoryRoot })
      return { sha256: undefined, began, isNew: false }
    }
    const sha256 = sha256Of(given!)
    const isKept = rootOf(kept!) !== undefined
    const isNew = isKept
      ? isGivenAnother({ given: given!, kept: kept!, began })
      : began !== undefined && began !== sha256
    if (isNew || !isKept) await cp(factoryRoot, join(staging, 'root.json'))
    return { sha256, began, isNew }
  }

  get #anchorPath(): string {
    return join(this.#o.folder, 'anchor')
  }

  /** Before anything is written: rather twice, around a cut, than never. */
  #tell({ sha256, isNew }: Given): void {
    if (isNew && this.#told !== sha256) this.#o.onNewRoot?.({ path: this.#o.factoryRoot })
    this.#told = sha256
  }

  /** After the root itself: a cut between the two leads to the same end. */
  async #note({ sha256, began }: Given): Promise<void> {
    if (sha256 !== undefined && sha256 !== began) await noteAnchor(this.#anchorPath, sha256, this.#disk)
  }

  /** Root first: everything else is judged by it. */
  async #keep(staging: string): Promise<void> {
    const names = (await readdir(staging)).filter(n => n.endsWith('.json'))
    const rank = (name: string) => (ORDER.indexOf(name) + ORDER.length + 1) % (ORDER.length + 1)
    for (const name of names.sort((a, b) => rank(a) - rank(b))) {
      const bytes = await readFile(join(staging, name))
      const kept = await readFile(join(this.#o.folder, name)).catch(() => undefined)
      if (!kept?.equals(bytes)) await writeDurably(join(this.#o.folder, name), bytes, this.#disk)
    }
  }
}

interface Given {
  /** Of the root that the device was given; undefined where it cannot be read. */
  sha256: string | undefined
  /** Of the one that trust began with, as far as that is known. */
  began: string | undefined
  isNew: boolean
}

/** Our own targets, well described; others are not offers. The hash that counts is the target's own. */
function offerOf(path: string, target: TargetFile | undefined): Offer | undefined {
  const promise = TargetPromise.safeParse(target?.custom[CUSTOM_FIELD])
  if (!target || !promise.success || problemsOf(promise.data).length > 0) return undefined
  const main = promise.data.files.find(f => f.role === promise.data.kind)!
  if (main.path !== path || main.length !== target.length || main.sha256 !== target.hashes.sha256)
    return undefined
  return { path, promise: promise.data }
}

/** Metadata comes through the transport, stays in memory, within bounds. */
class Fetcher extends BaseFetcher {
  lastError: unknown
  lastFile = 'root.json'
  readonly #transport: Transport
  readonly #bounds: Bounds
  readonly #signal: AbortSignal
  readonly #clock: Clock
  constructor(transport: Transport, bounds: Bounds, signal: AbortSignal, clock: Clock) {
    super()
    this.#transport = transport
    this.#bounds = bounds
    this.#signal = signal
    this.#clock = clock
  }

  override async downloadBytes(url: string, maxLength: number): Promise<Buffer> {
    const path = `metadata/${url.slice(BASE.length + 1)}`
    this.lastFile = path.slice('metadata/'.length)
    this.lastError = undefined
    const mostBytes = Math.min(maxLength, this.#bounds.mostBytes)
    try {
      return await readWhole(this.#transport, path, { ...this.#bounds, mostBytes }, this.#signal, this.#clock)
    } catch (error) {
      // the one error that tuf-js takes for "no newer root"; index.js does not export it
      if (codeOf(error) === 'source_not_found' && path.endsWith('.root.json'))
        throw new DownloadHTTPError('not there', 404)
      this.lastError = error
      throw error
    }
  }

  override fetch(): Promise<never> {
    return Promise.reject(new Error('only metadata goes this way'))
  }
}

function translated(error: unknown, fetcher: Fetcher, within: Inside, clock: string): FieldmouseError {
  if (error instanceof FieldmouseError) return error
  if (fetcher.lastError instanceof FieldmouseError) return fetcher.lastError
  const cause = within.lastError() ?? error
  const file = fetcher.lastFile
  const problem = describe(cause)
  switch ((cause as Error).constructor?.name) {
    case 'ExpiredMetadataError':
      // a timestamp that is not new is noticed a file later; tuf-js names the one that is meant
      return errors.metadata_expired({ file: /\S+\.json/.exec(problem)?.[0] ?? file, clock }, cause)
    case 'UnsignedMetadataError':
      return errors.signatures_not_enough({ file, problem }, cause)
    case 'BadVersionError':
    case 'EqualVersionError':
      return errors.metadata_rolled_back({ file, problem }, cause)
    case 'LengthOrHashMismatchError':
      return errors.metadata_mismatch({ file, problem }, cause)
    default:
      return errors.metadata_malformed({ file, problem }, cause)
  }
}
