/**
 * Files in blocks over a broker, for devices that have nothing else. The device pulls: it names the blocks of a window that it
 * still misses, each comes as a message of its own at QoS 0, and what was lost is asked for again. Nothing is retained.
 *
 *   device -> <base>/blob/get            {s, p, l, o, n, b}              QoS 1
 *   server -> <base>/blob/answer/<s>     {size} or {error, retry_after_ms}   QoS 1
 *   server -> <base>/blob/data/<s>/<i>   the bytes of block i            QoS 0
 */
import { z } from '../../daemon/base/schema.js'

/** A broker, as both sides want it; the daemon hands in its own connection. */
export interface BlobChannel {
  /** Resolves when it is handed over (QoS 1: acknowledged). Data at QoS 0 is dropped, not queued, while away. */
  publish(topic: string, payload: Uint8Array, qos: 0 | 1): Promise<void>
  /** @returns ends it */
  subscribe(
    filter: string,
    qos: 0 | 1,
    on: (topic: string, payload: Uint8Array) => void,
  ): Promise<() => Promise<void>>
  /** What the broker said it takes, bytes. */
  maximumPacketBytes?: () => number | undefined
}

export const MOST_BLOCK_BYTES = 256 * 1024
export const MOST_BLOCKS = 64

export const BlobGet = z.object({
  s: z
    .string()
    .regex(/^[0-9a-f]{12}$/)
    .describe('Name of the transfer, chosen by the device.'),
  p: z.string().max(300).describe('Path in the repository.'),
  l: z.number().int().min(256).max(MOST_BLOCK_BYTES).describe('Bytes of a block.'),
  o: z.number().int().nonnegative().describe('First block of the window.'),
  n: z.number().int().min(1).max(MOST_BLOCKS).describe('Blocks of the window.'),
  b: z
    .string()
    .regex(/^([0-9a-f]{2})*$/)
    .describe('A bit a block, the first the highest: 1 is wanted.'),
})
export type BlobGet = z.output<typeof BlobGet>

export const BlobAnswer = z.union([
  z.object({ size: z.number().int().nonnegative() }),
  z.object({ error: z.enum(['not_found', 'not_allowed', 'busy']), retry_after_ms: z.number().optional() }),
])
export type BlobAnswer = z.output<typeof BlobAnswer>

/** @param wanted offsets within the window */
export function toBitmap(wanted: Iterable<number>, blocks: number): string {
  const bytes = Buffer.alloc(Math.ceil(blocks / 8))
  for (const i of wanted) bytes[i >> 3]! |= 0x80 >> (i & 7)
  return bytes.toString('hex')
}

/** @returns offsets within the window, ascending */
export function fromBitmap(hex: string, blocks: number): number[] {
  const bytes = Buffer.from(hex, 'hex')
  return Array.from({ length: blocks }, (_, i) => i).filter(
    i => ((bytes[i >> 3] ?? 0) & (0x80 >> (i & 7))) !== 0,
  )
}
