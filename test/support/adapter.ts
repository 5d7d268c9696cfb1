/** Writes LoRA adapters: small ones for tests, of any content, whole or wrong. */
import type { Metadata } from './gguf.js'
import { modelBytes, type SmallTensor } from './gguf-model.js'

/** A change of one matrix of `output` rows of `input` numbers: `b` times `a`. */
export interface Change {
  /** Of the tensor that is changed: `blk.0.attn_q.weight`. */
  name: string
  input: number
  output: number
  /** Rows of `input` numbers, one for each rank. */
  a: readonly (readonly number[])[]
  /** Rows of `rank` numbers, one for each output. */
  b: readonly (readonly number[])[]
}

export const ADAPTER: Metadata = {
  'general.type': 'adapter',
  'general.architecture': 'llama',
  'general.name': 'test adapter',
  'general.version': '0.1.0',
  'adapter.type': 'lora',
}

const floats = (rows: readonly (readonly number[])[]) => Buffer.from(Float32Array.from(rows.flat()).buffer)

/** Both halves as F32 tensors. */
export function halves({ name, input, output, a, b }: Change): SmallTensor[] {
  const rank = a.length
  return [
    { name: `${name}.lora_a`, type: 0, shape: [input, rank], bytes: floats(a) },
    { name: `${name}.lora_b`, type: 0, shape: [rank, output], bytes: floats(b) },
  ]
}

/** @param changes alpha is their rank, so that they count once: all have one rank */
export function adapterBytes(changes: readonly Change[], metadata: Metadata = {}): Buffer {
  const rank = changes[0]?.a.length ?? 1
  return modelBytes({
    metadata: { ...ADAPTER, 'adapter.lora.alpha': { float: rank }, ...metadata },
    tensors: changes.flatMap(halves),
  })
}

/** A change that changes nothing. */
export function zero(name: string, input: number, output: number, rank = 4): Change {
  const rows = (count: number, length: number, value: number) =>
    Array.from({ length: count }, () => Array.from({ length }, () => value))
  return { name, input, output, a: rows(rank, input, 0.5), b: rows(output, rank, 0) }
}
