/**
 * The file of a delta: eight letters, the length of the index, the index (compressed JSON), then the pieces in the order of
 * the new model. A piece restores one chunk; whoever has the index can fetch any of them alone.
 */
import { createHash } from 'node:crypto'
import { codeOf } from '../../daemon/base/errors.js'
import { parse, z } from '../../daemon/base/schema.js'
import type { ByteSource } from './byte-source.js'
import { errors } from './errors.js'
import { unpack } from './pack.js'

export const MAGIC = 'FMDELTA1'
/** Magic and length. */
export const PREAMBLE_BYTES = MAGIC.length + 4
/** A model of 64 GiB in chunks of 256 KiB has an index of about this. */
const MOST_INDEX_BYTES = 16 * 2 ** 20
const MOST_UNPACKED_BYTES = 4 * MOST_INDEX_BYTES

/**
 * How a piece becomes its chunk: as it is; unpacked; unpacked and applied to the same place of the old part
 * (difference.ts); unpacked and put together from the old part (copies.ts).
 */
export const CODECS = ['stored', 'packed', 'difference', 'copies'] as const
export type Codec = (typeof CODECS)[number]

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const Piece = z.tuple([
  z.enum(CODECS),
  z
    .int()
    .min(1)
    .max(2 ** 23),
  Sha256,
])

const Index = z.strictObject({
  version: z.literal(1),
  /** The whole file that comes out. */
  target: Sha256,
  parts: z.array(
    z.strictObject({
      /** The part of the new model, by its hash. */
      part: Sha256,
      /** The part of the old model it is told against; null for none. */
      base: Sha256.nullable(),
      /** One for each chunk: codec, length and hash as it is fetched. Null: the old model has that chunk somewhere. */
      pieces: z.array(Piece.nullable()),
    }),
  ),
})
export type DeltaIndex = z.infer<typeof Index> & {
  /** Where the first piece starts, bytes from the start of the delta. */
  piecesAt: number
}

export type IndexParts = z.infer<typeof Index>['parts']

/**
 * Fetches and checks the index of a delta.
 * @param sha256 of the index as it stands in the file, signed; without it a damaged index is found out later, chunk by
 *   chunk
 * @throws delta_index_broken, or what the source throws
 */
export async function readDeltaIndex(
  source: ByteSource,
  { sha256, signal }: { sha256?: string; signal?: AbortSignal } = {},
): Promise<DeltaIndex> {
  const preamble = Buffer.from(await source.read(0, PREAMBLE_BYTES, signal))
  if (preamble.length !== PREAMBLE_BYTES || preamble.toString('latin1', 0, MAGIC.length) !== MAGIC)
    throw errors.delta_index_broken({ problem: 'this is no delta' })
  const length = preamble.readUInt32LE(MAGIC.length)
  if (length > MOST_INDEX_BYTES) throw errors.delta_index_broken({ problem: `it claims ${length} bytes` })
  const packed = await source.read(PREAMBLE_BYTES, length, signal)
  if (packed.length !== length) throw errors.delta_index_broken({ problem: 'it is cut short' })
  if (sha256 !== undefined && createHash('sha256').update(packed).digest('hex') !== sha256)
    throw errors.delta_index_broken({ problem: 'it is not the one that was signed' })
  try {
    const json: unknown = JSON.parse(Buffer.from(unpack(packed, MOST_UNPACKED_BYTES)).toString())
    return { ...parse(Index, json, 'delta index'), piecesAt: PREAMBLE_BYTES + length }
  } catch (error) {
    throw errors.delta_index_broken({ problem: codeOf(error) ?? 'it is no JSON' }, error)
  }
}
