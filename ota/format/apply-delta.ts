/**
 * Builds the new model beside the old one, chunk by chunk in the order of the file. Nothing is written that does not have
 * the hash that was signed for it, and nothing is believed because it is there already: after an interruption what the
 * file holds is checked again and cut off at the first chunk that is not right.
 */
import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { codeOf } from '../../daemon/base/errors.js'
import { type ByteSource, readAhead } from './byte-source.js'
import { decodeCopies } from './copies.js'
import type { DeltaIndex } from './delta-index.js'
import { decodeDifference } from './difference.js'
import { errors } from './errors.js'
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
  /** The new file. One that an earlier attempt left is continued. */
  out: string
  signal?: AbortSignal
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
 *   delta_full_broken; delta_target_mismatch, with the file removed; what a source throws; the system's own error
 *   (ENOSPC); the signal's reason
 */
export async function applyDelta(o: ApplyDelta): Promise<Applied> {
  if (o.target.sha256 !== o.expected.sha256 || o.target.length !== o.expected.length)
    throw errors.delta_not_for_target({
      problem: 'the manifest is for another file than the one that was signed',
    })
  if (o.old?.path === o.out) throw new Error('the new model would be written over the old one')
  const plan = usablePlan(o)
  // an old model that can not be read is one that has nothing of use
  const old = o.old && (await open(o.old.path, 'r').catch(() => undefined))
  try {
    // read and write, created when it is not there, never emptied
    const out = await open(o.out, 'a').then(async file => {
      await file.close()
      return open(o.out, 'r+')
    })
    try {
      const build = new Build(o, plan, old, out)
      await build.resume()
      await build.run()
      await out.sync()
      return build.applied
    } finally {
      await out.close()
    }
  } catch (error) {
    if (codeOf(error) === 'delta_target_mismatch') await rm(o.out, { force: true })
    throw error
  } finally {
    await old?.close()
  }
}

/** An index that contradicts the manifest is left aside, when there is another way. */
function usablePlan({ old, target, delta, full }: ApplyDelta): DeltaPlan {
  try {
    return planDelta(old?.manifest, target, delta?.index)
  } catch (error) {
    if (!full || codeOf(error) !== 'delta_index_broken') throw error
    return planDelta(old?.manifest, target, undefined)
  }
}

/** Residuals of a chunk before they are packed: at most two symbols a byte, each with the length of its run. */
const BODY_FACTOR = 5
const BODY_SPARE_BYTES = 4096

class Build {
  readonly applied: Applied = { resumedBytes: 0, reusedBytes: 0, deltaBytes: 0, fullBytes: 0, fellBack: 0 }
  readonly #o: ApplyDelta
  readonly #plan: DeltaPlan
  readonly #old: FileHandle | undefined
  readonly #out: FileHandle
  #hash: Hash = createHash('sha256')
  #next = 0
  // the same memory for every chunk: the collector would let many pile up
  readonly #oldChunk: Uint8Array
  readonly #newChunk: Uint8Array
  constructor(o: ApplyDelta, plan: DeltaPlan, old: FileHandle | undefined, out: FileHandle) {
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
    const { size } = await this.#out.stat()
    for (const step of this.#plan.steps) {
      this.#o.signal?.throwIfAborted()
      if (step.offset + step.length > size) break
      const bytes = await readExactly(this.#out, step.offset, step.length, this.#newChunk)
      if (!isRight(step, bytes)) break
      this.#hash.update(bytes)
      this.applied.resumedBytes += step.length
      this.#next++
    }
    await this.#out.truncate(this.applied.resumedBytes)
  }

  async run(): Promise<void> {
    const { target, delta, full, signal } = this.#o
    const from = this.applied.resumedBytes
    const pieces = delta && readAhead(delta.source, deltaRanges(this.#plan, from))
    const whole = full && readAhead(full, fullRanges(this.#plan, from))
    this.#tell(from)
    for (const step of this.#plan.steps.slice(this.#next)) {
      signal?.throwIfAborted()
      const bytes =
        step.kind === 'zeros' ? new Uint8Array(step.length) : await this.#chunk(step, pieces, whole)
      await this.#append(step.offset, bytes)
    }
    if (this.#hash.copy().digest('hex') !== target.sha256) await this.#startOver()
  }

  async #append(offset: number, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#out.write(bytes, at, bytes.length - at, offset + at)
      at += bytesWritten
    }
    this.#hash.update(bytes)
    this.#tell(offset + bytes.length)
  }

  #tell(doneBytes: number): void {
    const { deltaBytes, fullBytes } = this.applied
    this.#o.onProgress?.({
      doneBytes,
      totalBytes: this.#o.target.length,
      fetchedBytes: deltaBytes + fullBytes,
    })
  }

  /** From the old model, else from the delta, else from the whole model. */
  async #chunk(
    step: Step & { kind: 'chunk' },
    pieces: ByteSource | undefined,
    whole: ByteSource | undefined,
  ): Promise<Uint8Array> {
    const { from, piece, offset, length } = step
    if (from !== undefined) {
      const bytes = await this.#fromOld(from, length)
      if (bytes && isRight(step, bytes)) {
        this.applied.reusedBytes += length
        return bytes
      }
    }
    if (piece && pieces) {
      const fetched = await pieces.read(piece.offset, piece.length, this.#o.signal)
      this.applied.deltaBytes += fetched.length
      const bytes = await this.#restore(piece, fetched, length)
      if (bytes && isRight(step, bytes)) return bytes
    }
    if (from !== undefined || piece) this.applied.fellBack++
    if (!whole) throw errors.delta_needs_full({ bytes: length })
    const bytes = await whole.read(offset, length, this.#o.signal)
    this.applied.fullBytes += bytes.length
    if (!isRight(step, bytes)) throw errors.delta_full_broken({ offset, length })
    return bytes
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
    const body = await unpack(fetched, length * BODY_FACTOR + BODY_SPARE_BYTES)
    const read = async (offset: number, bytes: number) => readExactly(this.#old!, base.offset + offset, bytes)
    if (codec === 'copies') return decodeCopies(body, length, { length: base.length, read })
    const known = Math.max(0, Math.min(length, base.length - at))
    const old = await readExactly(this.#old!, base.offset + at, known, this.#oldChunk)
    const next = this.#newChunk.subarray(0, length)
    decodeDifference(type!, old, body, next)
    return next
  }

  /** Every chunk was right and the whole is not: the manifest is wrong. Only the whole model can still be. */
  async #startOver(): Promise<void> {
    const { full, target, expected, signal } = this.#o
    const mismatch = (found: string) => errors.delta_target_mismatch({ expected: expected.sha256, found })
    if (!full) throw mismatch(this.#hash.digest('hex'))
    this.applied.fellBack++
    this.#hash = createHash('sha256')
    await this.#out.truncate(0)
    for (let offset = 0; offset < expected.length; offset += target.chunk_bytes) {
      signal?.throwIfAborted()
      const length = Math.min(target.chunk_bytes, expected.length - offset)
      const bytes = await full.read(offset, length, signal)
      this.applied.fullBytes += bytes.length
      if (bytes.length !== length) throw errors.delta_full_broken({ offset, length })
      await this.#append(offset, bytes)
    }
    const found = this.#hash.digest('hex')
    if (found !== expected.sha256) throw mismatch(found)
  }
}

function isRight(step: Step, bytes: Uint8Array): boolean {
  if (bytes.length !== step.length) return false
  if (step.kind === 'zeros') return bytes.every(byte => byte === 0)
  return createHash('sha256').update(bytes).digest('hex') === step.sha256
}
