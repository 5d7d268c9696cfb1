import { join } from 'node:path'
import t from 'tap'
import { shippedProfiles } from '../../../daemon/board/board.js'
import { compare } from '../../../daemon/board/catalog.js'
import { memoryOf } from '../../../daemon/choose-model.js'
import { checkGguf } from '../../../daemon/inference/gguf.js'
import { measureModel } from '../../../daemon/inference/measure.js'
import { type RandomShape, writeRandomGguf } from '../../../daemon/inference/random-gguf.js'
import { factoryModel } from '../../../daemon/main.js'

const { models } = shippedProfiles()
const byName = (name: string) => models.find(m => m.name === name)!
const asRandom = (name: string) => {
  const { shape, architecture } = byName(name)
  return { ...shape, architecture } as RandomShape
}

t.test('the factory model is what the catalog says', async t => {
  const model = byName('fieldmouse-command')
  const header = await checkGguf(factoryModel())
  t.strictSame(compare(model, model.files[0]!, header), [])
  t.equal(header.fileBytes, model.files[0]!.bytes)
  const four = memoryOf(header, { sequences: 4, contextTokens: 256 })
  t.equal(four - memoryOf(header, { sequences: 0, contextTokens: 256 }), 6, 'KV cache, MiB')
})

t.test('a file of the right shape passes, one of another shape is found out', async t => {
  const folder = t.testdir()
  const path = join(folder, 'a.gguf')
  const model = byName('smollm2-135m')
  const file = model.files.find(f => f.quantization === 'q4_0')!
  await writeRandomGguf({ path, shape: asRandom('smollm2-135m'), quantization: 'q4_0', contextTokens: 8192 })
  const header = await checkGguf(path)
  t.strictSame(compare(model, file, header), [])
  const other = byName('qwen3-0.6b')
  const found = compare(other, other.files[0]!, header).join('\n')
  for (const what of [
    'architecture',
    'layers',
    'embedding',
    'KV cache',
    'parameters',
    'size',
    'context',
    'quantization',
  ])
    t.match(found, new RegExp(what), what)
})

t.test('random weights load and run: llama and qwen3, small ones', async t => {
  const folder = t.testdir()
  const small = {
    layers: 2,
    embedding: 256,
    feed_forward: 512,
    heads: 4,
    kv_heads: 2,
    head_size: 64,
    vocabulary: 512,
  }
  for (const [i, shape] of [
    { ...small, architecture: 'llama' as const, tied_embeddings: true },
    { ...small, architecture: 'qwen3' as const, tied_embeddings: false },
  ].entries())
    for (const quantization of ['q4_0', 'q8_0'] as const) {
      const path = join(folder, `${i}-${quantization}.gguf`)
      const { bytes, parameters } = await writeRandomGguf({ path, shape, quantization, contextTokens: 128 })
      const header = await checkGguf(path)
      t.equal(header.fileBytes, bytes)
      t.equal(header.parameters, parameters)
      const { trials, threads } = await measureModel({
        path,
        contextTokens: 128,
        trial: {
          counts: [1, 2],
          promptTokens: 16,
          outputTokens: 8,
          budgetMs: 50,
          exhaustive: true,
          energy: 'speed',
        },
      })
      t.strictSame(
        trials.map(trial => trial.threads),
        [1, 2],
      )
      t.ok(trials.every(trial => trial.prefillTps > 0 && trial.decodeTps > 0))
      t.ok([1, 2].includes(threads))
    }
})

t.test('what cannot be measured says so: no file, no model, a file of nonsense', async t => {
  const folder = t.testdir({ 'b.gguf': 'GGUF and then nothing' })
  const trial = {
    counts: [1],
    promptTokens: 4,
    outputTokens: 2,
    budgetMs: 100,
    exhaustive: true,
    energy: 'speed' as const,
  }
  await t.rejects(measureModel({ path: join(folder, 'none'), contextTokens: 64, trial }), {
    code: 'model_not_found',
  })
  await t.rejects(measureModel({ path: join(folder, 'b.gguf'), contextTokens: 64, trial }), { code: /gguf_/ })
  const path = join(folder, 'c.gguf')
  // before the file is looked at, meanwhile, and while the model is loaded
  for (const ms of [undefined, 0, 20]) {
    const gone = new AbortController()
    const measuring = measureModel(
      { path: factoryModel(), contextTokens: 64, trial: { ...trial, budgetMs: 60_000 } },
      gone.signal,
    )
    if (ms === undefined) gone.abort()
    else setTimeout(() => gone.abort(), ms)
    await t.rejects(measuring, { code: 'model_load_failed', message: /cancelled/ })
  }
  await t.rejects(
    writeRandomGguf(
      { path, shape: asRandom('smollm2-135m'), quantization: 'q8_0', contextTokens: 64 },
      AbortSignal.abort(),
    ),
  )
  await t.rejects(checkGguf(path), { code: 'model_not_found' }, 'no torso is left')
})
