/**
 * Writes GGUF files of any shape with random weights: enough to find out how fast a model of that shape runs, and all
 * there is on a board that has not fetched it yet. What such a model says means nothing.
 * @source ggml/docs/gguf.md, version 3; llama.cpp: src/llama-arch.cpp (tensor names)
 */
import { type FileHandle, open, rm } from 'node:fs/promises'
import {
  attentionLayers,
  CONVOLUTION_TAPS,
  QUANTIZATIONS,
  type ShapeTensor,
  type SizedQuantization,
  type SizedShape,
  TENSOR_TYPES,
  type TensorType,
  tensorsOf,
} from '../../device-profiles/sizes.js'

export type RandomShape = SizedShape
export type RandomQuantization = SizedQuantization

export interface RandomModel {
  path: string
  shape: RandomShape
  quantization: RandomQuantization
  contextTokens: number
  /** The same seed writes the same file. 1 to 2147483646. */
  seed?: number
}

const ALIGNMENT = 32

/**
 * Streams the file; a torso is removed when it fails.
 * @returns its size and how many weights it has
 * @throws the system's own error (ENOSPC, EROFS, EACCES), or the signal's reason
 */
export async function writeRandomGguf(
  { path, shape, quantization, contextTokens, seed = 1 }: RandomModel,
  signal?: AbortSignal,
): Promise<{ bytes: number; parameters: number }> {
  const tensors = tensorsOf(shape, quantization)
  const padded = (n: number) => Math.ceil(n / ALIGNMENT) * ALIGNMENT
  const pairs = metadataOf(shape, quantization, contextTokens)
  let offset = 0
  const infos = tensors.map(t => {
    const info = Buffer.concat([
      text(t.name),
      u32(t.shape.length),
      ...t.shape.map(u64),
      u32(TENSOR_TYPES[t.type].type),
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
  const pieces = new Map<TensorType, Buffer>()
  // a file that is there already is somebody's: not overwritten, and not removed below
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(Buffer.concat([head, Buffer.alloc(padded(head.length) - head.length)]))
    for (const t of tensors) {
      signal?.throwIfAborted()
      if (!pieces.has(t.type)) pieces.set(t.type, blocks(t.type, seed))
      await writeTensor(file, t, padded(t.bytes), pieces.get(t.type)!)
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
    await file.close()
  }
}

/** Blocks enough for one write; every tensor repeats them. What is multiplied does not change how long it takes. */
const PIECE_BLOCKS = 16_384

async function writeTensor(
  file: FileHandle,
  tensor: ShapeTensor,
  length: number,
  piece: Buffer,
): Promise<void> {
  for (let left = tensor.bytes; left > 0; left -= piece.length)
    await file.writeFile(left >= piece.length ? piece : piece.subarray(0, left))
  if (length > tensor.bytes) await file.writeFile(Buffer.alloc(length - tensor.bytes))
}

/** Where a block has its scales (F16), bytes from its start. @source ggml/src/ggml-common.h */
const SCALES_AT: Partial<Record<TensorType, readonly number[]>> = {
  q4_0: [0],
  q5_0: [0],
  q8_0: [0],
  q4_k: [0, 2],
  q6_k: [208],
}
/** About 0.0005 and, where small scales multiply it again, 0.00006: sums stay finite. */
const SCALE = 0x1000
const SCALE_OF_SCALES = 0x0400

/** Blocks with small scales; norms are one. */
function blocks(type: TensorType, seed: number): Buffer {
  const { bytes } = TENSOR_TYPES[type]
  const buffer = Buffer.alloc(PIECE_BLOCKS * bytes)
  if (type === 'f32') {
    for (let i = 0; i < PIECE_BLOCKS; i++) buffer.writeFloatLE(1, i * bytes)
    return buffer
  }
  // a multiplicative generator: weights need not be good random numbers, only no zeros
  let state = seed
  for (let i = 0; i < buffer.length; i++) {
    state = (state * 48_271) % 2_147_483_647
    buffer[i] = (state >> 8) & 0xff
  }
  // F16: any sign and fraction, one exponent: 0.008 to 0.016
  if (type === 'f16') for (let i = 1; i < buffer.length; i += 2) buffer[i] = (buffer[i]! & 0x83) | 0x20
  for (const at of SCALES_AT[type] ?? [])
    for (let i = 0; i < PIECE_BLOCKS; i++)
      buffer.writeUInt16LE(type === 'q4_k' ? SCALE_OF_SCALES : SCALE, i * bytes + at)
  return buffer
}

/** Of the smaller Gemma 3; larger ones have 1024. @source Gemma 3 270M and 1B, config.json: sliding_window */
const SLIDING_WINDOW = 512

function metadataOf(shape: RandomShape, quantization: RandomQuantization, contextTokens: number): Buffer[] {
  const a = shape.architecture
  const tokens = Array.from({ length: shape.vocabulary }, (_, i) =>
    i === 0 ? '<s>' : i === 1 ? '</s>' : `t${i}`,
  )
  return [
    pair('general.architecture', 8, text(a)),
    pair('general.name', 8, text('random weights')),
    number('general.file_type', QUANTIZATIONS[quantization].fileType),
    number('general.quantization_version', 2),
    number(`${a}.context_length`, contextTokens),
    number(`${a}.embedding_length`, shape.embedding),
    number(`${a}.block_count`, shape.layers),
    number(`${a}.feed_forward_length`, shape.feed_forward),
    number(`${a}.attention.head_count`, shape.heads),
    ...(a === 'lfm2'
      ? [
          // none: a layer of convolution
          numbers(
            `${a}.attention.head_count_kv`,
            attentionLayers(shape).map(attends => (attends ? shape.kv_heads : 0)),
          ),
          number(`${a}.shortconv.l_cache`, CONVOLUTION_TAPS),
        ]
      : [number(`${a}.attention.head_count_kv`, shape.kv_heads)]),
    ...(a === 'gemma3' ? [number(`${a}.attention.sliding_window`, SLIDING_WINDOW)] : []),
    number(`${a}.attention.key_length`, shape.head_size),
    number(`${a}.attention.value_length`, shape.head_size),
    number(`${a}.rope.dimension_count`, shape.head_size),
    number(`${a}.vocab_size`, shape.vocabulary),
    pair(`${a}.attention.layer_norm_rms_epsilon`, 6, f32(1e-5)),
    pair('tokenizer.ggml.model', 8, text('gpt2')),
    pair('tokenizer.ggml.pre', 8, text('smollm')),
    pair('tokenizer.ggml.tokens', 9, Buffer.concat([u32(8), u64(tokens.length), ...tokens.map(text)])),
    numbers(
      'tokenizer.ggml.token_type',
      tokens.map((_, i) => (i < 2 ? 3 : 1)),
    ),
    // one merge that can never happen: llama.cpp asks for the list
    pair('tokenizer.ggml.merges', 9, Buffer.concat([u32(8), u64(1), text('t 2')])),
    number('tokenizer.ggml.bos_token_id', 0),
    number('tokenizer.ggml.eos_token_id', 1),
  ]
}

const pair = (key: string, type: number, value: Buffer) => Buffer.concat([text(key), u32(type), value])
const number = (key: string, value: number) => pair(key, 4, u32(value))
/** A list of 32-bit integers. */
const numbers = (key: string, values: readonly number[]) =>
  pair(key, 9, Buffer.concat([u32(5), u64(values.length), ...values.map(u32)]))

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
