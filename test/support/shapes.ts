/** Shapes small enough to write and run in a test, one of each architecture whose tensors we know. */
import type { SizedShape } from '../../device-profiles/sizes.js'

const small = {
  layers: 6,
  embedding: 256,
  feed_forward: 512,
  heads: 4,
  kv_heads: 2,
  head_size: 64,
  vocabulary: 512,
  tied_embeddings: true,
}

export const SMALL_SHAPES: readonly SizedShape[] = [
  { ...small, architecture: 'llama', tied_embeddings: false },
  { ...small, architecture: 'qwen3' },
  // as in the real ones, rows are no multiple of 256
  { ...small, architecture: 'gemma3', embedding: 192, kv_heads: 1 },
  { ...small, architecture: 'lfm2', attention_layers: 2 },
]
