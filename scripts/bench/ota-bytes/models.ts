/** Models as a fine-tune changes them: normal weights, a low-rank change merged in, quantized by llama.cpp's own code. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import koffi from 'koffi'
import { GGML_BLOCKS } from '../../../daemon/base/gguf.js'
import { packageRoot } from '../../../daemon/base/package-root.js'
import { seeded } from '../../../daemon/base/random.js'

export const COLUMNS = 2048
/** As in the researched figures: N(0, 0.02), rank 8. */
const DEVIATION = 0.02
export const RANK = 8
/** A vocabulary that is to the file what a large one is to a large model. */
const TOKENS = 4_096
export const TYPES = { q4_0: 2, q8_0: 8, q4_k: 12, q5_k: 13, q6_k: 14 } as const
export type TypeName = keyof typeof TYPES

export type Quantize = (type: number, rows: Float32Array, columns: number) => Uint8Array

/** llama.cpp's quantizer, as node-llama-cpp brings it. @source ggml/include/ggml.h, ggml_quantize_chunk */
export function quantizer(): Quantize {
  const folder = join(packageRoot(), 'node_modules/@node-llama-cpp', `linux-${process.arch}`, 'bins')
  const file = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find(name =>
    /libggml-base\.so/.test(name),
  )
  if (!file) throw new Error(`no libggml-base under ${folder}`)
  const chunk = koffi
    .load(join(folder, file))
    .func(
      'size_t ggml_quantize_chunk(int, const float *, _Out_ uint8_t *, int64_t, int64_t, int64_t, const float *)',
    )
  return (type, rows, columns) => {
    const [elements, bytes] = GGML_BLOCKS[type]!
    const out = new Uint8Array((rows.length / elements) * bytes)
    chunk(type, rows, out, 0, rows.length / columns, columns, null)
    return out
  }
}

/** @source Box and Muller, 1958 */
function normal(random: () => number, length: number, deviation: number): Float32Array {
  const values = new Float32Array(length)
  for (let i = 0; i < length; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - random()))
    const angle = 2 * Math.PI * random()
    values[i] = radius * Math.cos(angle)
    if (i + 1 < length) values[i + 1] = radius * Math.sin(angle)
  }
  return values
}

/** Adds a matrix of rank 8 whose norm is this part of the weights'. */
function merge(weights: Float32Array, columns: number, relative: number, random: () => number): Float32Array {
  const rows = weights.length / columns
  const a = normal(random, rows * RANK, 1)
  const b = normal(random, columns * RANK, 1)
  // the entries of a * b have a variance of RANK
  const scale = (relative * DEVIATION) / Math.sqrt(RANK)
  return weights.map((w, i) => {
    const row = Math.floor(i / columns) * RANK
    const column = (i % columns) * RANK
    let sum = 0
    for (let k = 0; k < RANK; k++) sum += a[row + k]! * b[column + k]!
    return w + scale * sum
  })
}

interface Tensor {
  name: string
  type: number
  shape: number[]
  bytes: Uint8Array
}

const u32 = (n: number) => Buffer.from(Uint32Array.of(n).buffer)
const u64 = (n: number) => Buffer.from(BigUint64Array.of(BigInt(n)).buffer)
const text = (s: string) => Buffer.concat([u64(Buffer.byteLength(s)), Buffer.from(s)])
const padding = (n: number) => Buffer.alloc((32 - (n % 32)) % 32)

function writeModel(path: string, tensors: readonly Tensor[], template: string): void {
  const tokens = Array.from({ length: TOKENS }, (_, i) => text(`token${(i * 7919) % TOKENS}`))
  const pairs = [
    Buffer.concat([text('general.architecture'), u32(8), text('llama')]),
    Buffer.concat([text('tokenizer.chat_template'), u32(8), text(template)]),
    Buffer.concat([text('tokenizer.ggml.tokens'), u32(9), u32(8), u64(tokens.length), ...tokens]),
  ]
  let offset = 0
  const infos = tensors.map(t => {
    const info = [text(t.name), u32(t.shape.length), ...t.shape.map(u64), u32(t.type), u64(offset)]
    offset += t.bytes.length + padding(t.bytes.length).length
    return Buffer.concat(info)
  })
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(pairs.length),
    ...pairs,
    ...infos,
  ])
  writeFileSync(
    path,
    Buffer.concat([head, padding(head.length), ...tensors.flatMap(t => [t.bytes, padding(t.bytes.length)])]),
  )
}

export const TEMPLATE = `{% for message in messages %}<|{{ message.role }}|>\n{{ message.content }}</s>\n{% endfor %}`

export interface Recipe {
  type: TypeName
  matrices: number
  rows: number
  /** Relative change; a word means new weights. */
  change: number | 'new'
  /** Of the matrices, the first so many. */
  changed?: number
  template?: string
}

export function writePair(folder: string, quantize: Quantize, recipe: Recipe): [string, string] {
  const { type, matrices, rows, change, changed = matrices, template = TEMPLATE } = recipe
  const length = rows * COLUMNS
  const sides: [Tensor[], Tensor[]] = [[], []]
  for (let i = 0; i < matrices; i++) {
    const weights = normal(seeded(i + 1), length, DEVIATION)
    const moved =
      change === 'new'
        ? normal(seeded(i + 1001), length, DEVIATION)
        : change > 0 && i < changed
          ? merge(weights, COLUMNS, change, seeded(i + 1001))
          : weights
    const norm = Buffer.from(Float32Array.from({ length: COLUMNS }, (_, n) => 1 + Math.sin(n + i) / 8).buffer)
    for (const [side, values] of [weights, moved].entries()) {
      const bytes = quantize(TYPES[type], values, COLUMNS)
      sides[side]!.push(
        { name: `blk.${i}.weight`, type: TYPES[type], shape: [COLUMNS, rows], bytes },
        { name: `blk.${i}.norm`, type: 0, shape: [COLUMNS], bytes: norm },
      )
    }
  }
  const paths: [string, string] = [join(folder, 'old.gguf'), join(folder, 'new.gguf')]
  writeModel(paths[0], sides[0], TEMPLATE)
  writeModel(paths[1], sides[1], template)
  return paths
}
