/**
 * Writes GGUF files of any shape with random weights: enough to find out how fast a model of that shape runs, and all
 * there is on a board that has not fetched it yet. What such a model says means nothing.
 * @source ggml/docs/gguf.md, version 3; llama.cpp: src/llama-arch.cpp (tensor names)
 */
import { type FileHandle, open, rm } from 'node:fs/promises'

export interface RandomShape {
  architecture: 'llama' | 'qwen3'
  layers: number
  embedding: number
  feed_forward: number
  heads: number
  kv_heads: number
  head_size: number
  vocabulary: number
  tied_embeddings: boolean
}

export interface RandomModel {
  path: string
  shape: RandomShape
  quantization: RandomQuantization
  contextTokens: number
}

/** Elements and bytes of a block, ggml type number. @source ggml/src/ggml-common.h */
const TYPES = {
  f32: { type: 0, elements: 1, bytes: 4 },
  q4_0: { type: 2, elements: 32, bytes: 18 },
  q8_0: { type: 8, elements: 32, bytes: 34 },
  q6_k: { type: 14, elements: 256, bytes: 210 },
} as const
type TensorType = keyof typeof TYPES
export type RandomQuantization = 'q4_0' | 'q8_0'

export interface ShapeTensor {
  name: string
  /** The fastest dimension first, as GGUF has it. */
  shape: readonly number[]
  type: TensorType
  bytes: number
}

/**
 * The tensors of a shape. As llama.cpp quantizes: matrices in the quantization, norms in F32, and with q4_0 the output
 * matrix (the embedding, where it is both) in q6_k where its rows allow.
 * @source llama.cpp: src/llama-quant.cpp, llama_tensor_get_type
 */
export function tensorsOf(shape: RandomShape, quantization: RandomQuantization): ShapeTensor[] {
  const { embedding: e, feed_forward: f, vocabulary: v, head_size: h } = shape
  const q = shape.heads * h
  const kv = shape.kv_heads * h
  const output: TensorType = quantization === 'q4_0' ? (e % 256 === 0 ? 'q6_k' : 'q8_0') : quantization
  const tensor = (name: string, dimensions: readonly number[], type: TensorType): ShapeTensor => {
    const { elements, bytes } = TYPES[type]
    return {
      name,
      shape: dimensions,
      type,
      bytes: (dimensions.reduce((n, d) => n * d, 1) / elements) * bytes,
    }
  }
  const layer = (i: number) => [
    tensor(`blk.${i}.attn_norm.weight`, [e], 'f32'),
    tensor(`blk.${i}.attn_q.weight`, [e, q], quantization),
    tensor(`blk.${i}.attn_k.weight`, [e, kv], quantization),
    tensor(`blk.${i}.attn_v.weight`, [e, kv], quantization),
    tensor(`blk.${i}.attn_output.weight`, [q, e], quantization),
    ...(shape.architecture === 'qwen3'
      ? [tensor(`blk.${i}.attn_q_norm.weight`, [h], 'f32'), tensor(`blk.${i}.attn_k_norm.weight`, [h], 'f32')]
      : []),
    tensor(`blk.${i}.ffn_norm.weight`, [e], 'f32'),
    tensor(`blk.${i}.ffn_gate.weight`, [e, f], quantization),
    tensor(`blk.${i}.ffn_up.weight`, [e, f], quantization),
    tensor(`blk.${i}.ffn_down.weight`, [f, e], quantization),
  ]
  return [
    tensor('token_embd.weight', [e, v], shape.tied_embeddings ? output : quantization),
    tensor('output_norm.weight', [e], 'f32'),
    ...(shape.tied_embeddings ? [] : [tensor('output.weight', [e, v], output)]),
    ...Array.from({ length: shape.layers }, (_, i) => layer(i)).flat(),
  ]
}

const ALIGNMENT = 32

/**
 * Streams the file; a torso is removed when it fails.
 * @returns its size and how many weights it has
 * @throws the system's own error (ENOSPC, EROFS, EACCES), or the signal's reason
 */
export async function writeRandomGguf(
  { path, shape, quantization, contextTokens }: RandomModel,
  signal?: AbortSignal,
): Promise<{ bytes: number; parameters: number }> {
  const tensors = tensorsOf(shape, quantization)
  const padded = (n: number) => Math.ceil(n / ALIGNMENT) * ALIGNMENT
  const pairs = metadataOf(shape, contextTokens)
  let offset = 0
  const infos = tensors.map(t => {
    const info = Buffer.concat([
      text(t.name),
      u32(t.shape.length),
      ...t.shape.map(u64),
      u32(TYPES[t.type].type),
      u64(offset),
    ])
    offset += padded(t.bytes)
    return info
  })
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(pairs.length),
    ...pairs,
    ...infos,
  ])
  let file: FileHandle | undefined
  try {
    file = await open(path, 'wx', 0o600)
    await file.writeFile(Buffer.concat([head, Buffer.alloc(padded(head.length) - head.length)]))
    for (const t of tensors) {
      signal?.throwIfAborted()
      await writeTensor(file, t, padded(t.bytes))
    }
    const { size } = await file.stat()
    return {
      bytes: size,
      parameters: tensors.reduce((n, t) => n + t.shape.reduce((a, d) => a * d, 1), 0),
    }
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await file?.close()
  }
}

/** Blocks enough for one write; every tensor repeats them. What is multiplied does not change how long it takes. */
const PIECE_BLOCKS = 16_384
const pieces = new Map<TensorType, Buffer>()

async function writeTensor(file: FileHandle, tensor: ShapeTensor, length: number): Promise<void> {
  let piece = pieces.get(tensor.type)
  if (!piece) {
    piece = blocks(tensor.type)
    pieces.set(tensor.type, piece)
  }
  for (let left = tensor.bytes; left > 0; left -= piece.length)
    await file.writeFile(left >= piece.length ? piece : piece.subarray(0, left))
  if (length > tensor.bytes) await file.writeFile(Buffer.alloc(length - tensor.bytes))
}

/** Blocks with small scales, so that sums stay finite; norms are one. */
function blocks(type: TensorType): Buffer {
  const { bytes } = TYPES[type]
  const buffer = Buffer.alloc(PIECE_BLOCKS * bytes)
  if (type === 'f32') {
    for (let i = 0; i < PIECE_BLOCKS; i++) buffer.writeFloatLE(1, i * bytes)
    return buffer
  }
  // a multiplicative generator: weights need not be good random numbers, only no zeros
  let state = 1
  for (let i = 0; i < buffer.length; i++) {
    state = (state * 48_271) % 2_147_483_647
    buffer[i] = (state >> 8) & 0xff
  }
  // 0x1000 is about 0.0005 as F16; q6_k has its scale at the end, preceded by 16 small ones
  const scaleAt = type === 'q6_k' ? bytes - 2 : 0
  for (let i = 0; i < PIECE_BLOCKS; i++) buffer.writeUInt16LE(0x1000, i * bytes + scaleAt)
  return buffer
}

function metadataOf(shape: RandomShape, contextTokens: number): Buffer[] {
  const a = shape.architecture
  const tokens = Array.from({ length: shape.vocabulary }, (_, i) =>
    i === 0 ? '<s>' : i === 1 ? '</s>' : `t${i}`,
  )
  return [
    pair('general.architecture', 8, text(a)),
    pair('general.name', 8, text('random weights')),
    number(`${a}.context_length`, contextTokens),
    number(`${a}.embedding_length`, shape.embedding),
    number(`${a}.block_count`, shape.layers),
    number(`${a}.feed_forward_length`, shape.feed_forward),
    number(`${a}.attention.head_count`, shape.heads),
    number(`${a}.attention.head_count_kv`, shape.kv_heads),
    number(`${a}.attention.key_length`, shape.head_size),
    number(`${a}.attention.value_length`, shape.head_size),
    number(`${a}.rope.dimension_count`, shape.head_size),
    number(`${a}.vocab_size`, shape.vocabulary),
    pair(`${a}.attention.layer_norm_rms_epsilon`, 6, f32(1e-5)),
    pair('tokenizer.ggml.model', 8, text('gpt2')),
    pair('tokenizer.ggml.pre', 8, text('smollm')),
    pair('tokenizer.ggml.tokens', 9, Buffer.concat([u32(8), u64(tokens.length), ...tokens.map(text)])),
    pair(
      'tokenizer.ggml.token_type',
      9,
      Buffer.concat([u32(5), u64(tokens.length), ...tokens.map((_, i) => u32(i < 2 ? 3 : 1))]),
    ),
    // one merge that can never happen: llama.cpp asks for the list
    pair('tokenizer.ggml.merges', 9, Buffer.concat([u32(8), u64(1), text('t 2')])),
    number('tokenizer.ggml.bos_token_id', 0),
    number('tokenizer.ggml.eos_token_id', 1),
  ]
}

const pair = (key: string, type: number, value: Buffer) => Buffer.concat([text(key), u32(type), value])
const number = (key: string, value: number) => pair(key, 4, u32(value))

function u32(n: number): Buffer {
  const b = Buffer.alloc(4)
  b.writeUInt32LE(n)
  return b
}
function u64(n: number): Buffer {
  const b = Buffer.alloc(8)
  b.writeBigUInt64LE(BigInt(n))
  return b
}
function f32(n: number): Buffer {
  const b = Buffer.alloc(4)
  b.writeFloatLE(n)
  return b
}
function text(s: string): Buffer {
  return Buffer.concat([u64(Buffer.byteLength(s)), Buffer.from(s)])
}
