/** Models that differ as a fine-tune makes them differ: a change of low rank merged into the weights, quantized again. */

import { seeded } from '../../daemon/base/random.js'
import { BLOCK, BLOCK_BYTES, merge, quantize } from '../../daemon/cli/bench/merged-model.js'
import { modelBytes, type SmallTensor } from './gguf-model.js'

const Q8_0 = 8

/**
 * A model of so many bytes, about, in tensors of one chunk or less. Releases differ by a merged change of 1 %, and by their header.
 * @param release 0 is what the others were made from
 */
export function tunedModel(release: number, bytes = 65_536): Buffer {
  const rows = 64
  const columns = 256
  const tensorBytes = (rows * columns * BLOCK_BYTES) / BLOCK
  const count = Math.max(1, Math.round(bytes / tensorBytes))
  const tensors = Array.from({ length: count }, (_, i): SmallTensor => {
    const random = seeded(i + 1)
    const weights = Float32Array.from({ length: rows * columns }, () => (random() - 0.5) / 10)
    if (release > 0) merge(weights, columns, 0.01, release * 1000 + i)
    return { name: `blk.${i}.weight`, type: Q8_0, shape: [columns, rows], bytes: quantize(weights) }
  })
  return modelBytes({
    metadata: { 'general.architecture': 'llama', 'general.version': `1.${release}.0` },
    tensors,
  })
}

export { merged as tuned } from '../../daemon/cli/bench/merged-model.js'
