import { resolve } from 'node:path'
import t from 'tap'
import { loadProfiles } from '../../device-profiles/load.js'
import {
  attentionLayers,
  kvBytesPerToken,
  type SizedArchitecture,
  type SizedQuantization,
  type SizedShape,
  sizeOf,
  tensorsOf,
} from '../../device-profiles/sizes.js'
import { SMALL_SHAPES } from '../support/shapes.js'

const { models } = loadProfiles(resolve('device-profiles'))
const shapeOf = (name: string): SizedShape => {
  const model = models.find(m => m.name === name)!
  return { ...model.shape, architecture: model.architecture as SizedArchitecture }
}
const typeOf = (shape: SizedShape, quantization: SizedQuantization, name: string) =>
  tensorsOf(shape, quantization).find(x => x.name === name)?.type

/**
 * Files as they are published, bytes, or as their pages round them.
 * @source docs/models.md, "The catalog"
 */
const PUBLISHED: readonly [string, SizedQuantization, number][] = [
  ['smollm2-135m', 'q8_0', 145e6],
  ['smollm2-135m', 'q6_k', 138e6],
  ['smollm2-135m', 'q4_k_m', 105e6],
  ['smollm2-135m', 'q4_0', 91.7e6],
  ['smollm2-135m', 'f16', 271e6],
  ['smollm2-360m', 'q8_0', 386_404_992],
  ['qwen3-0.6b', 'q8_0', 639_446_688],
  ['qwen3-0.6b', 'q4_k_m', 396_705_472],
  ['llama-3.2-1b', 'q4_0', 771e6],
  ['llama-3.2-1b', 'q4_k_m', 808e6],
  ['llama-3.2-1b', 'q6_k', 1.02e9],
  ['llama-3.2-1b', 'q8_0', 1.32e9],
  ['gemma-3-270m', 'q8_0', 291_545_600],
  ['gemma-3-270m', 'q4_0', 242e6],
  ['gemma-3-1b', 'q8_0', 1.07e9],
  ['lfm2-350m', 'f16', 711e6],
  ['lfm2-350m', 'q8_0', 379e6],
  ['lfm2-350m', 'q6_k', 293e6],
  ['lfm2-350m', 'q4_k_m', 229e6],
  ['lfm2-350m', 'q4_0', 219e6],
]

t.test('published files are as large as computed, and their header besides', async t => {
  for (const [name, quantization, published] of PUBLISHED) {
    const shape = shapeOf(name)
    const header = published - sizeOf(shape, quantization).bytes
    // texts, kinds and merges of the vocabulary; pages round to three digits
    const rounding = published % 1e5 === 0 ? published * 0.005 : 0
    t.ok(
      header > -rounding && header < shape.vocabulary * 65 + rounding,
      `${name} ${quantization}: ${(header / shape.vocabulary).toFixed(1)} bytes a token of the vocabulary`,
    )
  }
})

t.test('to the byte: two quantizations of one model differ from what is computed by one header', async t => {
  const header = (quantization: SizedQuantization, published: number) =>
    published - sizeOf(shapeOf('qwen3-0.6b'), quantization).bytes
  const difference = header('q8_0', 639_446_688) - header('q4_k_m', 396_705_472)
  t.ok(Math.abs(difference) < 16_384, `${difference} bytes: one file carries more notes than the other`)
})

t.test('parameters are those of the model cards', async t => {
  for (const [name, parameters] of [
    ['lfm2-350m', 354_483_968],
    ['lfm2-1.2b', 1_170_340_608],
    ['gemma-3-270m', 268_098_176],
  ] as const)
    t.equal(sizeOf(shapeOf(name), 'q4_0').parameters, parameters, name)
})

t.test('types as llama.cpp chooses them', async t => {
  const qwen = shapeOf('qwen3-0.6b')
  const head = 'token_embd.weight'
  t.strictSame(
    (['f16', 'q8_0', 'q6_k', 'q4_k_m', 'q4_0'] as const).map(q => typeOf(qwen, q, head)),
    ['f16', 'q8_0', 'q6_k', 'q6_k', 'q6_k'],
    'a tied embedding is the output matrix: six bits at least',
  )
  const untied = { ...qwen, tied_embeddings: false }
  t.strictSame([typeOf(untied, 'q4_0', head), typeOf(untied, 'q4_0', 'output.weight')], ['q4_0', 'q6_k'])
  const better = Array.from({ length: 28 }, (_, i) => i).filter(
    i => typeOf(qwen, 'q4_k_m', `blk.${i}.ffn_down.weight`) === 'q6_k',
  )
  // 28 / 8 = 3: the first three, the last four, every third between
  t.strictSame(better, [0, 1, 2, 5, 8, 11, 14, 17, 20, 23, 24, 25, 26, 27])
  const narrow = shapeOf('smollm2-135m')
  t.equal(typeOf(narrow, 'q4_k_m', 'blk.3.attn_q.weight'), 'q5_0', 'rows of 576 fit no block of 256')
  t.equal(typeOf(narrow, 'q6_k', 'blk.3.attn_q.weight'), 'q8_0')
  t.equal(typeOf(narrow, 'q4_k_m', 'blk.3.ffn_down.weight'), 'q4_k', 'rows of 1536 do')
  t.equal(typeOf(shapeOf('lfm2-350m'), 'q4_0', 'blk.0.shortconv.conv.weight'), 'f32')
})

t.test('only layers with attention have a cache, and their number is right', async t => {
  const hybrid = SMALL_SHAPES.find(s => s.architecture === 'lfm2')!
  t.equal(attentionLayers(hybrid).filter(Boolean).length, 2)
  t.equal(attentionLayers(shapeOf('lfm2-1.2b')).filter(Boolean).length, 6)
  t.equal(kvBytesPerToken(hybrid), 2 * 2 * 2 * 64 * 2)
  t.ok(attentionLayers({ layers: 5 }).every(Boolean))
})
