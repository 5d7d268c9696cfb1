/** How much memory a model takes, by its own header. Pure. */
import type { GgufHeader } from './gguf.js'

/** Of the inference process beside weights and KV cache. @source measured 2026-11, x86-64: docs/benchmarks.md */
const RUNTIME_MIB = 96
/** K and V of one token are kept as F16. */
const CACHE_BYTES = 2

/** KV cache of one token of one sequence, bytes; undefined when the header does not say. @source llama.cpp: llama-hparams */
export function cacheBytesPerToken({ metadata }: Pick<GgufHeader, 'metadata'>): number | undefined {
  const architecture = metadata.get('general.architecture')
  const number = (key: string) => {
    const value = metadata.get(`${architecture}.${key}`)
    return typeof value === 'number' ? value : undefined
  }
  const layers = number('block_count')
  const heads = number('attention.head_count')
  const embedding = number('embedding_length')
  if (!layers || !heads || !embedding) return undefined
  const size = embedding / heads
  const kv = metadata.get(`${architecture}.attention.head_count_kv`)
  // some families have another number of heads in each layer, none where there is no attention
  const kvHeads = Array.isArray(kv)
    ? kv.reduce<number>((sum, n) => sum + Number(n), 0)
    : (typeof kv === 'number' ? kv : heads) * layers
  return (
    kvHeads *
    ((number('attention.key_length') ?? size) + (number('attention.value_length') ?? size)) *
    CACHE_BYTES
  )
}

/** Weights, KV cache and the process around them, MiB. */
export function memoryOf(header: GgufHeader, shape: { sequences: number; contextTokens: number }): number {
  const cache = (cacheBytesPerToken(header) ?? 0) * shape.sequences * shape.contextTokens
  return Math.ceil((header.fileBytes + cache) / 1024 / 1024) + RUNTIME_MIB
}
