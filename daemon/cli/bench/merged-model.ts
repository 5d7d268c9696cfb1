/** A model as a fine-tune makes it: a change of low rank merged into the weights, quantized again. */

import { halfToNumber } from '../../../ota/format/blocks.js'
import { makeManifest } from '../../../ota/format/make-manifest.js'
import { seeded } from '../../base/random.js'

const Q8_0 = 8
export const BLOCK = 32
export const BLOCK_BYTES = 34
const RANK = 4

/**
 * A copy of a model with a change of this size merged into all its Q8_0 tensors.
 * @param relative deviation of the change against that of the weights
 */
export async function merged(path: string, bytes: Buffer, relative: number, seed = 1): Promise<Buffer> {
  const next = Buffer.from(bytes)
  const { tensors } = await makeManifest(path)
  for (const [i, { type, shape, offset, length }] of tensors.entries()) {
    if (type !== Q8_0) continue
    const weights = dequantize(next.subarray(offset, offset + length))
    merge(weights, shape[0]!, relative, seed * 1000 + i)
    next.set(quantize(weights), offset)
  }
  return next
}

/** Adds a change of low rank, in place. */
export function merge(weights: Float32Array, columns: number, relative: number, seed: number): void {
  const random = seeded(seed)
  const rows = weights.length / columns
  const flat = () => (random() - 0.5) * Math.sqrt(12)
  const a = Float32Array.from({ length: rows * RANK }, flat)
  const b = Float32Array.from({ length: columns * RANK }, flat)
  const deviation = Math.sqrt(weights.reduce((sum, w) => sum + w * w, 0) / weights.length)
  const scale = (relative * deviation) / Math.sqrt(RANK)
  for (let i = 0; i < weights.length; i++) {
    let sum = 0
    for (let k = 0; k < RANK; k++)
      sum += a[Math.floor(i / columns) * RANK + k]! * b[(i % columns) * RANK + k]!
    weights[i]! += scale * sum
  }
}

/** @source ggml/src/ggml-quants.c, dequantize_row_q8_0 */
function dequantize(bytes: Uint8Array): Float32Array {
  const weights = new Float32Array((bytes.length / BLOCK_BYTES) * BLOCK)
  for (let b = 0; b * BLOCK_BYTES < bytes.length; b++) {
    const at = b * BLOCK_BYTES
    const scale = halfToNumber(bytes[at]! | (bytes[at + 1]! << 8))
    for (let i = 0; i < BLOCK; i++) weights[b * BLOCK + i] = scale * ((bytes[at + 2 + i]! << 24) >> 24)
  }
  return weights
}

/** @source ggml/src/ggml-quants.c, quantize_row_q8_0_ref */
export function quantize(weights: Float32Array): Uint8Array {
  const bytes = new Uint8Array((weights.length / BLOCK) * BLOCK_BYTES)
  for (let b = 0; b * BLOCK < weights.length; b++) {
    const block = weights.subarray(b * BLOCK, (b + 1) * BLOCK)
    const scale = block.reduce((most, w) => Math.max(most, Math.abs(w)), 0) / 127
    const half = toHalf(scale)
    bytes.set([half & 0xff, half >> 8], b * BLOCK_BYTES)
    for (let i = 0; i < BLOCK; i++)
      bytes[b * BLOCK_BYTES + 2 + i] = scale === 0 ? 0 : Math.round(block[i]! / scale) & 0xff
  }
  return bytes
}

/** A small positive number as the nearest half, found among all: there are 31,744. */
function toHalf(value: number): number {
  let [low, high] = [0, 0x7bff]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (halfToNumber(middle) <= value) low = middle
    else high = middle - 1
  }
  return value - halfToNumber(low) <= halfToNumber(low + 1) - value ? low : low + 1
}
