/**
 * How large a model is: the tensors of its shape, in the types that llama.cpp's quantize program gives them. Pure. Counted
 * without the header, which holds the vocabulary: 1 to 3 % of a small model's file, and not read for a token.
 * @source llama.cpp: src/llama-arch.cpp (names), src/llama-quant.cpp (types: llama_tensor_get_type, without an importance
 * matrix), ggml/src/ggml-common.h (blocks)
 */
import type { ModelShape } from './schema.js'

export const SIZED_ARCHITECTURES = ['llama', 'qwen3', 'gemma3', 'lfm2'] as const
export type SizedArchitecture = (typeof SIZED_ARCHITECTURES)[number]

/** A catalog shape with its `general.architecture`. */
export type SizedShape = Omit<ModelShape, 'source'> & { architecture: SizedArchitecture }

/** Elements and bytes of a block, ggml type number. */
export const TENSOR_TYPES = {
  f32: { type: 0, elements: 1, bytes: 4 },
  f16: { type: 1, elements: 1, bytes: 2 },
  q4_0: { type: 2, elements: 32, bytes: 18 },
  q5_0: { type: 6, elements: 32, bytes: 22 },
  q8_0: { type: 8, elements: 32, bytes: 34 },
  q4_k: { type: 12, elements: 256, bytes: 144 },
  q6_k: { type: 14, elements: 256, bytes: 210 },
} as const
export type TensorType = keyof typeof TENSOR_TYPES

/** Most tensors' type, and `general.file_type` of the file. @source llama.cpp: include/llama.h, llama_ftype */
export const QUANTIZATIONS = {
  f16: { base: 'f16', fileType: 1 },
  q4_0: { base: 'q4_0', fileType: 2 },
  q8_0: { base: 'q8_0', fileType: 7 },
  q4_k_m: { base: 'q4_k', fileType: 15 },
  q6_k: { base: 'q6_k', fileType: 18 },
} as const satisfies Record<string, { base: TensorType; fileType: number }>
export type SizedQuantization = keyof typeof QUANTIZATIONS

export interface ShapeTensor {
  name: string
  /** The fastest dimension first, as GGUF has it. */
  shape: readonly number[]
  type: TensorType
  bytes: number
}

/** Taps of a short convolution. @source LFM2 config.json: conv_L_cache */
export const CONVOLUTION_TAPS = 3

/**
 * Layers with attention. Where not all have it they are spread evenly: which of them do changes neither size nor speed,
 * and the catalog only counts them.
 */
export function attentionLayers(shape: Pick<SizedShape, 'layers' | 'attention_layers'>): boolean[] {
  const { layers, attention_layers: n = layers } = shape
  return Array.from(
    { length: layers },
    (_, i) => Math.floor(((i + 1) * n) / layers) > Math.floor((i * n) / layers),
  )
}

/** KV cache of one token of one sequence in F16, bytes. Layers with a sliding window are counted like the others. */
export function kvBytesPerToken(shape: Omit<SizedShape, 'architecture'>): number {
  return (shape.attention_layers ?? shape.layers) * 2 * shape.kv_heads * shape.head_size * 2
}

/** All tensors of a shape, quantized. */
export function tensorsOf(shape: SizedShape, quantization: SizedQuantization): ShapeTensor[] {
  const { architecture, embedding: e, feed_forward: f, vocabulary: v, head_size: h, layers } = shape
  const q = shape.heads * h
  const kv = shape.kv_heads * h
  const { base } = QUANTIZATIONS[quantization]
  const norm = (name: string, n: number) => tensor(name, [n], 'f32')
  const matrix = (name: string, rows: readonly [number, number], type: TensorType = base) =>
    tensor(name, rows, fitting(type, rows[0]))
  const attends = attentionLayers(shape)
  const attending = attends.filter(Boolean).length
  /** With q4_k_m these layers keep their attention values, and their way down, in q6_k. */
  const better = (i: number, of: number): TensorType =>
    quantization === 'q4_k_m' && moreBits(i, of) ? 'q6_k' : base
  const normedHeads = architecture !== 'llama'
  const attention = (i: number) => {
    const before = attends.slice(0, i).filter(Boolean).length
    return [
      matrix(`blk.${i}.attn_q.weight`, [e, q]),
      matrix(`blk.${i}.attn_k.weight`, [e, kv]),
      matrix(`blk.${i}.attn_v.weight`, [e, kv], better(before, attending)),
      matrix(`blk.${i}.attn_output.weight`, [q, e]),
      ...(normedHeads
        ? [norm(`blk.${i}.attn_q_norm.weight`, h), norm(`blk.${i}.attn_k_norm.weight`, h)]
        : []),
    ]
  }
  const convolution = (i: number) => [
    // too small to be worth quantizing: llama.cpp leaves it alone
    tensor(`blk.${i}.shortconv.conv.weight`, [CONVOLUTION_TAPS, e], 'f32'),
    matrix(`blk.${i}.shortconv.in_proj.weight`, [e, 3 * e]),
    matrix(`blk.${i}.shortconv.out_proj.weight`, [e, e]),
  ]
  const layer = (i: number) => [
    norm(`blk.${i}.attn_norm.weight`, e),
    ...(attends[i] ? attention(i) : convolution(i)),
    ...(architecture === 'gemma3' ? [norm(`blk.${i}.post_attention_norm.weight`, e)] : []),
    norm(`blk.${i}.ffn_norm.weight`, e),
    matrix(`blk.${i}.ffn_gate.weight`, [e, f]),
    matrix(`blk.${i}.ffn_up.weight`, [e, f]),
    matrix(`blk.${i}.ffn_down.weight`, [f, e], better(i, layers)),
    ...(architecture === 'gemma3' ? [norm(`blk.${i}.post_ffw_norm.weight`, e)] : []),
  ]
  // the output matrix gets 6 bits at least, and so does the embedding where it is both
  const output = base === 'f16' || base === 'q8_0' ? base : 'q6_k'
  return [
    matrix('token_embd.weight', [e, v], shape.tied_embeddings ? output : base),
    norm(architecture === 'lfm2' ? 'token_embd_norm.weight' : 'output_norm.weight', e),
    ...(shape.tied_embeddings ? [] : [matrix('output.weight', [e, v], output)]),
    ...Array.from({ length: layers }, (_, i) => layer(i)).flat(),
  ]
}

/** Bytes of all tensors, and how many weights they hold. */
export function sizeOf(
  shape: SizedShape,
  quantization: SizedQuantization,
): { bytes: number; parameters: number } {
  const tensors = tensorsOf(shape, quantization)
  return {
    bytes: tensors.reduce((sum, t) => sum + t.bytes, 0),
    parameters: tensors.reduce((sum, t) => sum + elements(t.shape), 0),
  }
}

const elements = (shape: readonly number[]) => shape.reduce((n, d) => n * d, 1)

function tensor(name: string, shape: readonly number[], type: TensorType): ShapeTensor {
  const block = TENSOR_TYPES[type]
  return { name, shape, type, bytes: (elements(shape) / block.elements) * block.bytes }
}

/** Rows that are no multiple of a K-quant's block get the next simple type. @source llama-quant.cpp, "fallback" */
function fitting(type: TensorType, row: number): TensorType {
  if (row % TENSOR_TYPES[type].elements === 0) return type
  if (type === 'q4_k') return fitting('q5_0', row)
  if (type === 'q6_k') return fitting('q8_0', row)
  return 'f16'
}

/** The first and last eighth, and every third between. @source llama-quant.cpp, use_more_bits */
function moreBits(i: number, of: number): boolean {
  const eighth = Math.floor(of / 8)
  return i < eighth || i >= Math.floor((7 * of) / 8) || (i - eighth) % 3 === 2
}
