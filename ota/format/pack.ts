/**
 * Compression, by what Node brings. Brotli at quality 10 with a small window comes within 2 to 6 % of the entropy of residuals
 * and is twice as fast as 11; higher windows find repetitions that are none. @source docs/decisions/0020
 */
import { promisify } from 'node:util'
import { brotliCompress, brotliDecompressSync, constants } from 'node:zlib'
import { errors } from './errors.js'

const compress = promisify(brotliCompress)

/** `small` takes the publisher minutes for a gigabyte, `fast` seconds, for about a tenth more bytes. */
export type Effort = 'small' | 'fast'

const SETTINGS: Record<Effort, { quality: number; window: number }> = {
  small: { quality: 10, window: 18 },
  fast: { quality: 5, window: 10 },
}

export async function pack(bytes: Uint8Array, effort: Effort): Promise<Uint8Array> {
  const { quality, window } = SETTINGS[effort]
  return compress(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_LGWIN]: window,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  })
}

/**
 * On the thread that asks, whose priority it has: a device unpacks beside its work, not in the pool that serves it.
 * @param most bytes; more than that is refused before it is held in memory
 * @throws delta_piece_broken
 */
export function unpack(bytes: Uint8Array, most: number): Uint8Array {
  try {
    return brotliDecompressSync(bytes, { maxOutputLength: most })
  } catch (error) {
    throw errors.delta_piece_broken({ problem: 'it does not unpack' }, error)
  }
}
