/** From where each chunk of a new model comes. Pure. */
import type { Range } from './byte-source.js'
import type { Codec, DeltaIndex } from './delta-index.js'
import { errors } from './errors.js'
import { type Chunk, chunksOf, type Manifest, type Part, partsOf, typeOf } from './manifest.js'

/** A piece of the delta, and what it is applied to. */
export interface PieceStep {
  codec: Codec
  /** From the start of the delta. */
  offset: number
  length: number
  sha256: string
  /** The part of the old model, for the codecs that need one. */
  base?: Pick<Part, 'offset' | 'length'>
  /** Of the chunk in its part. */
  at: number
  /** ggml type number. */
  type?: number
}

/** What to do for the next bytes of the new model. A chunk without `from` or `piece` comes from the whole model. */
export type Step =
  | { kind: 'zeros'; offset: number; length: number }
  | ({
      kind: 'chunk'
      /** The same bytes in the old model, from its start. */
      from?: number
      piece?: PieceStep
    } & Chunk)

export interface DeltaPlan {
  /** In the order of the new model, without gaps. */
  steps: Step[]
  /** Bytes that the old model has. */
  reusedBytes: number
  /** To fetch: of the delta, and of the whole model. */
  deltaBytes: number
  fullBytes: number
}

/**
 * @param old what is on the device; undefined for nothing of use
 * @param index of a delta to `target`, or undefined. It may be for another old model: what fits is used
 * @throws delta_index_broken when it is for another new model, or contradicts the manifest
 */
export function planDelta(
  old: Manifest | undefined,
  target: Manifest,
  index: DeltaIndex | undefined,
): DeltaPlan {
  if (index && index.target !== target.sha256)
    throw errors.delta_index_broken({ problem: 'it is for another model' })
  const have = new Map<string, number>()
  const bases = new Map<string, Part>()
  for (const part of old ? partsOf(old) : []) {
    if (!bases.has(part.sha256)) bases.set(part.sha256, part)
    for (const { sha256, offset } of chunksOf(part, old!.chunk_bytes))
      if (!have.has(sha256)) have.set(sha256, offset)
  }
  const pieces = piecesOf(index)
  const plan: DeltaPlan = { steps: [], reusedBytes: 0, deltaBytes: 0, fullBytes: 0 }
  let end = 0
  const pad = (to: number) => {
    if (to > end) plan.steps.push({ kind: 'zeros', offset: end, length: to - end })
  }
  for (const part of partsOf(target)) {
    pad(part.offset)
    const chunks = chunksOf(part, target.chunk_bytes)
    const listed = pieces.get(part.sha256)
    if (listed && listed.pieces.length !== chunks.length)
      throw errors.delta_index_broken({ problem: 'it has other chunks than the manifest' })
    const base = listed?.base ? bases.get(listed.base) : undefined
    for (const [i, chunk] of chunks.entries()) {
      const from = have.get(chunk.sha256)
      const piece = from === undefined ? listed?.pieces[i] : undefined
      if (from !== undefined) {
        plan.steps.push({ kind: 'chunk', ...chunk, from })
        plan.reusedBytes += chunk.length
      } else if (piece && (base || !needsBase(piece.codec)) && piece.length < chunk.length + SLACK_BYTES) {
        const at = chunk.offset - part.offset
        plan.steps.push({ kind: 'chunk', ...chunk, piece: { ...piece, base, at, type: typeOf(part) } })
        plan.deltaBytes += piece.length
      } else {
        plan.steps.push({ kind: 'chunk', ...chunk })
        plan.fullBytes += chunk.length
      }
    }
    end = part.offset + part.length
  }
  pad(target.length)
  return plan
}

/** A piece longer than its chunk is no use; what is little longer does no harm. */
const SLACK_BYTES = 1024

const needsBase = (codec: Codec) => codec === 'difference' || codec === 'copies'

type Placed = Pick<PieceStep, 'codec' | 'offset' | 'length' | 'sha256'>

/** Pieces with their places, by the part they are for. */
function piecesOf(index: DeltaIndex | undefined) {
  const found = new Map<string, { base: string | null; pieces: (Placed | undefined)[] }>()
  let offset = index?.piecesAt ?? 0
  for (const { part, base, pieces } of index?.parts ?? []) {
    const placed = pieces.map(piece => {
      if (!piece) return undefined
      const [codec, length, sha256] = piece
      offset += length
      return { codec, offset: offset - length, length, sha256 }
    })
    if (!found.has(part)) found.set(part, { base, pieces: placed })
  }
  return found
}

/** Ranges of the delta that a plan needs from a position in the new model on, in order. */
export function deltaRanges({ steps }: DeltaPlan, from = 0): Range[] {
  return steps
    .filter(step => step.kind === 'chunk' && step.piece && step.offset >= from)
    .map(step => (step as { piece: PieceStep }).piece)
    .map(({ offset, length }) => ({ offset, length }))
}

/** Ranges of the whole model that a plan needs from a position in it on, in order. */
export function fullRanges({ steps }: DeltaPlan, from = 0): Range[] {
  return steps
    .filter(step => step.kind === 'chunk' && step.from === undefined && !step.piece && step.offset >= from)
    .map(({ offset, length }) => ({ offset, length }))
}

/** Room for what a file system and the records of an update take beside the model. */
const SPARE_BYTES = 2 ** 20

/**
 * Free bytes to have before a model is built in a new file: nothing else is kept on the disk meanwhile.
 * @param alreadyBytes length of what an earlier attempt left there
 */
export function spaceNeeded(target: Pick<Manifest, 'length'>, { alreadyBytes = 0 } = {}): number {
  return Math.max(0, target.length - alreadyBytes) + SPARE_BYTES
}
