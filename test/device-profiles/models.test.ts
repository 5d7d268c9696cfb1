import { resolve } from 'node:path'
import t from 'tap'
import { loadProfiles } from '../../device-profiles/load.js'
import {
  kvBytesPerToken,
  QUANTIZATIONS,
  type SizedQuantization,
  tensorsOf,
} from '../../device-profiles/sizes.js'
import { sizedShapeOf } from '../../scripts/bench/shape-gguf.js'

const { models } = loadProfiles(resolve('device-profiles'))
const chat = models.filter(m => m.tasks.includes('ask'))

t.test('parameters, sizes and KV caches follow from the shapes', async t => {
  for (const model of chat) {
    const shape = sizedShapeOf(model)
    if (!shape) {
      t.fail(`${model.name}: the tensors of ${model.architecture} are not known`)
      continue
    }
    const parameters = tensorsOf(shape, 'f16').reduce((n, x) => n + x.shape.reduce((a, d) => a * d, 1), 0)
    t.equal(model.parameters_m, Math.round(parameters / 1e3) / 1e3, `${model.name}: parameters`)
    t.equal(model.kv_bytes_per_token.value, kvBytesPerToken(shape), `${model.name}: KV cache`)
    for (const { quantization, bytes } of model.files) {
      const tensors = tensorsOf(shape, quantization as SizedQuantization)
      t.equal(
        bytes,
        tensors.reduce((n, x) => n + x.bytes, 0),
        `${model.name} ${quantization}`,
      )
    }
  }
})

t.test('every model has its files once, and a larger one is worth no less', async t => {
  const files = models.flatMap(m => m.files.map(f => f.file))
  t.equal(new Set(files).size, files.length)
  for (const { name, files } of models) {
    t.equal(new Set(files.map(f => f.quantization)).size, files.length, name)
    for (const { quantization } of files) t.ok(quantization in QUANTIZATIONS, `${name} ${quantization}`)
    const shares = [...files].sort((a, b) => b.bytes - a.bytes).map(f => f.quality_share ?? 1)
    t.strictSame(
      shares,
      [...shares].sort((a, b) => b - a),
      `${name}: shares fall with the size`,
    )
  }
})

t.test('a quantization costs every model the same share', async t => {
  for (const quantization of Object.keys(QUANTIZATIONS)) {
    const shares = chat.flatMap(m =>
      m.files.filter(f => f.quantization === quantization).map(f => f.quality_share),
    )
    t.ok(new Set(shares).size <= 1, quantization)
  }
})

// measured, docs/models.md: rows that no block fits end in Q5_0, and a token takes what it takes with Q8_0
t.test('K-quants are only offered where the rows of a model fit their blocks', async t => {
  for (const model of chat)
    for (const { quantization } of model.files) {
      const types = tensorsOf(sizedShapeOf(model)!, quantization as SizedQuantization).map(x => x.type)
      const wanted = quantization === 'q6_k' ? 'q8_0' : 'q5_0'
      if (quantization === 'q6_k' || quantization === 'q4_k_m')
        t.notOk(types.includes(wanted), `${model.name} ${quantization}`)
    }
})

t.test('answers of chat models are judged by one measure, with its source', async t => {
  for (const model of chat) {
    t.match(model.quality.source, /IFEval/, model.name)
    t.ok(model.quality.value > 0 && model.quality.value < 100)
    t.equal(model.context_tokens.wanted, 2048)
  }
})
