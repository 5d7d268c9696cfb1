/**
 * Brings a model as its difference to one that is on the device. Whatever is wrong with the difference ends in the whole file;
 * what is wrong with the line or the disk ends the attempt, and the next one goes on where it was.
 */
import { codeOf, describe, FieldmouseError } from '../../daemon/base/errors.js'
import { PREAMBLE_BYTES } from '../format/delta-index.js'
import type { BundleFile, DeltaPromise, TargetPromise } from '../format/target.js'
import { errors as transportErrors } from '../transport/errors.js'
import { buildInThread, type ThreadOptions } from './delta-thread.js'
import { errors } from './errors.js'
import type { FetchContext, FetchStrategy } from './fetch.js'
import { Part } from './part.js'
import { PieceStream } from './piece-stream.js'
import { Scratch, sha256Of } from './scratch.js'

export interface DeltaStrategyOptions {
  /** Why a model is loaded whole though there was another way. */
  onTrouble?: (error: unknown) => void
  thread?: ThreadOptions
}

/** When nearly as much comes as the whole file, the whole file comes: it costs the device less. */
const MOST_SHARE = 0.9
/** Attempts in a row that brought no byte of a delta, though the repository answered before each. */
const MOST_IN_VAIN = 3
/** What a source says of a file that will not come from it however often it is asked. */
const NOT_THERE = ['source_not_found', 'source_refused', 'path_not_allowed', 'too_long']
/** What makes a difference dear, whatever it is read from. */
const NO_RANGES = 'source_without_ranges'

/**
 * For the main file of a bundle whose promise holds a manifest. Leaves `<file>.part` whole, synced and noted, or as far as it
 * came; `fetch` throws what the line and the disk throw, and the signal's reason.
 */
export function deltaStrategy({ onTrouble = () => {}, thread }: DeltaStrategyOptions = {}): FetchStrategy {
  const inVain = new Map<string, number>()
  return {
    name: 'difference',
    async fetch(file, partPath, { promise }, context) {
      const base = promise.deltas && file.role === promise.kind ? baseOf(promise, context) : undefined
      if (!base) return false
      const scratch = new Scratch(context.slots)
      if (await scratch.isRefused(file.sha256)) return false
      let came = 0
      const counting: FetchContext = {
        ...context,
        onBytes: count => {
          came += count
          inVain.delete(file.sha256)
          context.onBytes(count)
        },
      }
      try {
        await new Delta(file, partPath, promise.deltas!, base, counting, scratch, thread).make()
        return true
      } catch (error) {
        context.signal.throwIfAborted()
        const isOutside = error instanceof Outside
        if (isOutside && came === 0 && error.isDeltas)
          inVain.set(file.sha256, (inVain.get(file.sha256) ?? 0) + 1)
        if (isOutside && (inVain.get(file.sha256) ?? 0) < MOST_IN_VAIN) throw error.cause
        const why = isOutside ? error.cause : error
        inVain.delete(file.sha256)
        if (base.delta) onTrouble(errors.delta_of_no_use({ path: file.path, problem: describe(why) }, why))
        // without the note the next attempt would try again: no reason to fail now
        await scratch.refuse(file.sha256, describe(why)).catch(onTrouble)
        return false
      }
    },
  }
}

/** A model on the device, and what leads from it to the new one, if anything does. */
interface Base {
  path: string
  sha256: string
  delta?: DeltaPromise
}

/** The shortest way from what answers now, or from what the device came with; else what answers may share some parts. */
function baseOf({ kind, deltas }: TargetPromise, { running, slots }: FetchContext): Base | undefined {
  const bases = [running, slots.factoryInstalled].flatMap(({ files, sha256 }): Base[] => {
    const path = files[kind]
    const delta = deltas!.from.find(d => d.from === sha256)
    return path === undefined ? [] : [{ path, sha256, ...(delta ? { delta } : {}) }]
  })
  const lengthOf = ({ delta }: Base) => delta?.length ?? Number.POSITIVE_INFINITY
  return bases.reduce<Base | undefined>((a, b) => (a && lengthOf(a) <= lengthOf(b) ? a : b), undefined)
}

/** An error of the line or the disk; the whole file would meet it too, unless only the delta's files do. */
class Outside extends Error {
  readonly isDeltas: boolean
  constructor(cause: unknown, isDeltas = false) {
    super('outside', { cause })
    this.isDeltas = isDeltas
  }
}

const outside = <T>(work: Promise<T>): Promise<T> =>
  work.catch(error => {
    throw new Outside(error)
  })

class Delta {
  readonly #file: BundleFile
  readonly #partPath: string
  readonly #promised: NonNullable<TargetPromise['deltas']>
  readonly #base: Base
  readonly #context: FetchContext
  readonly #scratch: Scratch
  readonly #thread: ThreadOptions | undefined

  constructor(
    file: BundleFile,
    partPath: string,
    promised: NonNullable<TargetPromise['deltas']>,
    base: Base,
    context: FetchContext,
    scratch: Scratch,
    thread: ThreadOptions | undefined,
  ) {
    this.#file = file
    this.#partPath = partPath
    this.#promised = promised
    this.#base = base
    this.#context = context
    this.#scratch = scratch
    this.#thread = thread
  }

  /** @throws Outside; anything else: the delta is of no use */
  async make(): Promise<void> {
    const { manifest } = this.#promised
    const { delta, sha256: baseSha256 } = this.#base
    const overhead = manifest.length + (delta ? PREAMBLE_BYTES + delta.index_length : 0)
    this.#context.onPlan(this.#file, 0, delta ? manifest.length + delta.length : this.#file.length)
    const names = [baseSha256, this.#file.sha256].map(Scratch.manifestName)
    await outside(this.#scratch.only([...names, ...(delta ? [Scratch.indexName(delta.index_sha256)] : [])]))
    const target = await this.#manifest()
    const index = delta && { bytes: await this.#index(delta), sha256: delta.index_sha256 }
    const known = await this.#scratch.manifest(baseSha256)
    const { disk } = this.#context.slots
    const part = await outside(Part.open(this.#partPath, disk, this.#context.clock))
    const sources = {
      delta: new PieceStream(delta ?? manifest, this.#context),
      full: new PieceStream(this.#file, this.#context),
    }
    try {
      await buildInThread(
        {
          old: {
            path: this.#base.path,
            sha256: baseSha256,
            ...(known === undefined ? {} : { manifest: known }),
          },
          target,
          expected: { length: this.#file.length, sha256: this.#file.sha256 },
          ...(index ? { index } : {}),
          partPath: this.#partPath,
          mostShare: MOST_SHARE,
        },
        {
          read: async ({ of, offset, length, through }) => {
            if (of === 'delta') return this.#ofDelta(sources.delta, offset, length, through)
            const bytes = await sources.full.read(offset, length, undefined, through).catch(error => {
              throw codeOf(error) === NO_RANGES ? error : new Outside(error)
            })
            if (bytes.length === length) return bytes
            const { path, length: expected } = this.#file
            throw new Outside(transportErrors.cut_short({ path, has: offset + bytes.length, expected }))
          },
          append: async (bytes, fetchedBytes) => {
            await outside(part.append(bytes, fetchedBytes))
            // what was fetched is safe; what comes next is work that is felt
            await this.#context.quiet()
          },
          truncate: length => outside(part.truncate(length)),
          onPlan: (leftBytes, totalBytes) =>
            this.#context.onPlan(this.#file, overhead + totalBytes - leftBytes, overhead + totalBytes),
          onOldManifest: text => outside(this.#scratch.keepManifest(baseSha256, text)),
        },
        this.#context.signal,
        this.#thread,
      )
      await outside(part.keep())
    } catch (error) {
      // what is there was checked: whoever goes on, this way or the whole file, begins behind it
      await part.keep().catch(() => {})
      throw error
    } finally {
      for (const source of Object.values(sources)) await source.close()
      await part.close()
    }
    // this one's manifest is the old one's next time
    await outside(this.#scratch.only([Scratch.manifestName(this.#file.sha256)]))
  }

  async #manifest(): Promise<string> {
    const { manifest } = this.#promised
    const kept = await this.#scratch.manifest(this.#file.sha256, manifest.sha256)
    if (kept !== undefined) return kept
    const source = new PieceStream(manifest, this.#context)
    const bytes = await this.#ofDelta(source, 0, manifest.length)
    await source.close()
    if (sha256Of(bytes) !== manifest.sha256) throw errors.not_as_signed({ path: manifest.path })
    const text = Buffer.from(bytes).toString()
    await outside(this.#scratch.keepManifest(this.#file.sha256, text))
    return text
  }

  async #index(delta: DeltaPromise): Promise<Uint8Array> {
    const kept = await this.#scratch.index(delta.index_sha256)
    if (kept) return kept
    const source = new PieceStream(delta, this.#context)
    const bytes = await this.#ofDelta(source, 0, PREAMBLE_BYTES + delta.index_length)
    await source.close()
    if (sha256Of(bytes.subarray(PREAMBLE_BYTES)) !== delta.index_sha256)
      throw errors.not_as_signed({ path: delta.path })
    await outside(this.#scratch.keepIndex(delta.index_sha256, bytes))
    return bytes
  }

  /** Bytes of a file that only a delta needs: when it is not there, or shorter than signed, that is the delta's fault. */
  async #ofDelta(source: PieceStream, offset: number, length: number, through?: number): Promise<Uint8Array> {
    try {
      return await source.read(offset, length, undefined, through)
    } catch (error) {
      const code = codeOf(error)
      if (code !== undefined && [...NOT_THERE, NO_RANGES].includes(code)) throw error
      // a server that says when it has time is there
      const { retryAfterMs } = error instanceof FieldmouseError ? error.details : {}
      throw new Outside(error, retryAfterMs === undefined)
    }
  }
}
