/**
 * Builds the new model beside the old one, chunk by chunk in the order of the file. Nothing is written that does not have
 * the hash that was signed for it, and nothing is believed because it is there already: after an interruption what the
 * file holds is checked again and cut off at the first chunk that is not right.
 */
import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { codeOf } from '../../daemon/base/errors.js'
import { type ByteSource, readAhead } from './byte-source.js'
import { decodeCopies } from './copies.js'
import type { DeltaIndex } from './delta-index.js'
import { decodeDifference } from './difference.js'
import { errors } from './errors.js'
import { type Growing, growingFile } from './growing.js'
import { type Manifest, MOST_PADDING_BYTES } from './manifest.js'
import { unpack } from './pack.js'
import {
  type DeltaPlan,
  deltaRanges,
  fullRanges,
  type PieceStep,
  planDelta,
  type Step,
} from './plan-delta.js'
import { readExactly } from './read-exactly.js'

export interface ApplyDelta {
  /** What is on the device: never written to. Without it everything is fetched. */
  old?: { path: string; manifest: Manifest }
  /** Trusted: it came with the signed metadata. */
  target: Manifest
  /** Of the whole new model, as signed. */
  expected: { length: number; sha256: string }
  delta?: { index: DeltaIndex; source: ByteSource }
  /** The whole new model, for what the delta can not give. */
  full?: ByteSource
  /** The new file, by its path or as whoever writes it offers it. One that an earlier attempt left is continued. */
  out: string | Growing
  signal?: AbortSignal
  /** What is to be fetched from where this attempt begins; again when the delta turns out to be of no use. */
  onPlan?: (plan: { leftBytes: number; totalBytes: number }) => void
  onProgress?: (progress: ApplyProgress) => void
}

export interface ApplyProgress {
  doneBytes: number
  totalBytes: number
  /** From delta and whole model together, since this attempt began. */
  fetchedBytes: number
}

export interface Applied {
  /** Found right in the file when this attempt began. */
  resumedBytes: number
  reusedBytes: number
  deltaBytes: number
  fullBytes: number
  /** Chunks that were to come from the old model or the delta, and came from the whole model. */
  fellBack: number
}

/**
 * Memory: some chunks and half a megabyte. The file is on the disk (fsync) when this resolves; its folder is the caller's.
 * After an error calling again goes on where it was.
 * @throws delta_not_for_target; delta_index_broken and delta_needs_full when there is no whole model to turn to;
 *   delta_full_broken; delta_target_mismatch, with the file emptied: the manifest is wrong, only the whole model can be
 *   right; what a source throws; the system's own error (ENOSPC); the signal's reason
 */
export async function applyDelta(o: ApplyDelta): Promise<Applied> {
  if (o.target.sha256 !== o.expected.sha256 || o.target.length !== o.expected.length)
    throw errors.delta_not_for_target({
      problem: 'the manifest is for another file than the one that was signed',
    })
  if (o.old?.path === o.out) throw new Error('the new model would be written over the old one')
  // an old model that can not be read is one that has nothing of use
  const old = o.old && (await open(o.old.path, 'r').catch(() => undefined))
  try {
    const plan = usablePlan(o, old ? o.old?.manifest : undefined)
    const own = typeof o.out === 'string' ? await growingFile(o.out) : undefined
    try {
      const build = new Build(o, plan, old, own ?? (o.out as Growing))
      await build.resume()
      await build.run()
      return build.applied
    } finally {
      await own?.close()
    }
  } finally {
    await old?.close()
  }
}

/** An index that contradicts the manifest is left aside, when there is another way. */
function usablePlan({ target, delta, full }: ApplyDelta, old: Manifest | undefined): DeltaPlan {
  try {
    return planDelta(old, target, delta?.index)
  } catch (error) {
    if (!full || codeOf(error) !== 'delta_index_broken') throw error
    return planDelta(old, target, undefined)
  }
}

/** Residuals of a chunk before they are packed: at most two symbols a byte, each with the length of its run. */
const BODY_FACTOR = 5
const BODY_SPARE_BYTES = 4096
/** So many may be wrong; when it is a quarter of all so far, the rest is not asked for. */
const MOST_WRONG = 8
const WRONG_SHARE = 0.25

class Build {
  readonly applied: Applied = { resumedBytes: 0, reusedBytes: 0, deltaBytes: 0, fullBytes: 0, fellBack: 0 }
  readonly #o: ApplyDelta
  #plan: DeltaPlan
  readonly #old: FileHandle | undefined
  readonly #out: Growing
  readonly #hash: Hash = createHash('sha256')
  #next = 0
  #pieces: ByteSource | undefined
  #whole: ByteSource | undefined
  readonly #fromOldTries = new Tries()
  readonly #pieceTries = new Tries()
  // the same memory for every chunk: the collector would let many pile up
  readonly #oldChunk: Uint8Array
  readonly #newChunk: Uint8Array
  constructor(o: ApplyDelta, plan: DeltaPlan, old: FileHandle | undefined, out: Growing) {
    const most = Math.max(o.target.chunk_bytes, MOST_PADDING_BYTES)
    this.#oldChunk = new Uint8Array(most)
    this.#newChunk = new Uint8Array(most)
    this.#o = o
    this.#plan = plan
    this.#old = old
    this.#out = out
  }

  /** Finds how far an earlier attempt came. */
  async resume(): Promise<void> {
    const size = await this.#out.size()
    for (const step of this.#plan.steps) {
      this.#o.signal?.throwIfAborted()
      if (step.offset + step.length > size) break
      const bytes = await this.#out.read(step.offset, step.length, this.#newChunk)
      if (!isRight(step, bytes)) break
      this.#hash.update(bytes)
      this.applied.resumedBytes += step.length
      this.#next++
    }
    await this.#out.truncate(this.applied.resumedBytes)
  }

  async run(): Promise<void> {
    const { target, expected, signal } = this.#o
    this.#take(this.#plan)
    this.#tell(this.applied.resumedBytes)
    for (; this.#next < this.#plan.steps.length; this.#next++) {
      signal?.throwIfAborted()
      const step = this.#plan.steps[this.#next]!
      const before = this.#fetched
      const bytes = step.kind === 'zeros' ? new Uint8Array(step.length) : await this.#chunk(step)
      await this.#out.append(bytes, step.offset, this.#fetched - before)
      this.#hash.update(bytes)
      this.#tell(step.offset + bytes.length)
    }
    await this.#out.sync()
    const found = this.#hash.digest('hex')
    if (found === target.sha256) return
    await this.#out.truncate(0)
    throw errors.delta_target_mismatch({ expected: expected.sha256, found })
  }

  /** Goes by this plan from the next step on; each plan has the same steps, from other places. */
  #take(plan: DeltaPlan): void {
    const { delta, full } = this.#o
    this.#plan = plan
    const from = plan.steps[this.#next]?.offset ?? this.#o.target.length
    const [pieces, whole] = [deltaRanges(plan, from), fullRanges(plan, from)]
    this.#pieces = delta && readAhead(delta.source, pieces)
    this.#whole = full && readAhead(full, whole)
    const leftBytes = [...pieces, ...whole].reduce((sum, { length }) => sum + length, 0)
    this.#o.onPlan?.({ leftBytes, totalBytes: plan.deltaBytes + plan.fullBytes })
  }

  get #fetched(): number {
    return this.applied.deltaBytes + this.applied.fullBytes
  }

  #tell(doneBytes: number): void {
    this.#o.onProgress?.({ doneBytes, totalBytes: this.#o.target.length, fetchedBytes: this.#fetched })
  }

  /** From the old model, else from the delta, else from the whole model. */
  async #chunk(step: Step & { kind: 'chunk' }): Promise<Uint8Array> {
    const { from, piece, offset, length } = step
    if (from !== undefined) {
      const bytes = await this.#fromOld(from, length)
      if (this.#fromOldTries.count(bytes !== undefined && isRight(step, bytes))) {
        this.applied.reusedBytes += length
        return bytes!
      }
      if (this.#fromOldTries.areInVain) this.#leave(undefined)
    }
    if (piece && this.#pieces) {
      const fetched = await this.#pieces.read(piece.offset, piece.length, this.#o.signal)
      this.applied.deltaBytes += fetched.length
      const bytes = await this.#restore(piece, fetched, length)
      if (this.#pieceTries.count(bytes !== undefined && isRight(step, bytes))) return bytes!
      if (this.#pieceTries.areInVain) this.#leave(this.#o.old?.manifest)
    }
    if (from !== undefined || piece) this.applied.fellBack++
    if (!this.#whole) throw errors.delta_needs_full({ bytes: length })
    const bytes = await this.#whole.read(offset, length, this.#o.signal)
    this.applied.fullBytes += bytes.length
    if (!isRight(step, bytes)) throw errors.delta_full_broken({ offset, length })
    return bytes
  }

  /** The delta costs more than it gives: what the old model does not have, if that is of use, comes from the whole one. */
  #leave(old: Manifest | undefined): void {
    if (this.#o.full) this.#take(planDelta(old, this.#o.target, undefined))
  }

  /** @returns undefined when the disk can not read it, or the file is shorter than its manifest says */
  async #fromOld(offset: number, length: number): Promise<Uint8Array | undefined> {
    if (!this.#old) return undefined
    return readExactly(this.#old, offset, length, this.#oldChunk).catch(() => undefined)
  }

  /** @returns undefined when the piece is not right, or does not fit the old model */
  async #restore(piece: PieceStep, fetched: Uint8Array, length: number): Promise<Uint8Array | undefined> {
    // nothing is unpacked that the index does not know
    if (createHash('sha256').update(fetched).digest('hex') !== piece.sha256) return undefined
    try {
      return await this.#decode(piece, fetched, length)
    } catch {
      return undefined
    }
  }

  async #decode(piece: PieceStep, fetched: Uint8Array, length: number): Promise<Uint8Array | undefined> {
    const { codec, base, at, type } = piece
    if (codec === 'stored') return fetched
    if (codec === 'packed') return unpack(fetched, length)
    if (!base) return undefined
    const body = unpack(fetched, length * BODY_FACTOR + BODY_SPARE_BYTES)
    const read = async (offset: number, bytes: number) => readExactly(this.#old!, base.offset + offset, bytes)
    if (codec === 'copies') return decodeCopies(body, length, { length: base.length, read })
    const known = Math.max(0, Math.min(length, base.length - at))
    const old = await readExactly(this.#old!, base.offset + at, known, this.#oldChunk)
    const next = this.#newChunk.subarray(0, length)
    decodeDifference(type!, old, body, next)
    return next
  }
}

/** Whether it is worth while to go on asking. */
class Tries {
  #all = 0
  #wrong = 0
  /** @returns what it is given */
  count(isRight: boolean): boolean {
    this.#all++
    if (!isRight) this.#wrong++
    return isRight
  }
  get areInVain(): boolean {
    return this.#wrong >= MOST_WRONG && this.#wrong >= this.#all * WRONG_SHARE
  }
}

function isRight(step: Step, bytes: Uint8Array): boolean {
  if (bytes.length !== step.length) return false
  if (step.kind === 'zeros') return bytes.every(byte => byte === 0)
  return createHash('sha256').update(bytes).digest('hex') === step.sha256
}
