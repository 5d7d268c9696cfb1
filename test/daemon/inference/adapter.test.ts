import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { systemClock } from '../../../daemon/base/clock.js'
import { decodeGguf, type GgufHeader } from '../../../daemon/base/gguf.js'
import { compactGrammar, promptFor } from '../../../daemon/commands/compact.js'
import { loadGolden } from '../../../daemon/commands/golden.js'
import { ActiveEngine, type ModelFiles } from '../../../daemon/inference/active.js'
import { BASE_SHA256_KEY } from '../../../daemon/inference/adapter.js'
import { CALIBRATION_FEATURES_KEY, CALIBRATION_KEY } from '../../../daemon/inference/confidence.js'
import type { Completion } from '../../../daemon/inference/engine.js'
import { checkModel } from '../../../daemon/inference/model-files.js'
import { SupervisedEngine } from '../../../daemon/inference/supervisor.js'
import { ADAPTER, adapterBytes, type Change, halves, zero } from '../../support/adapter.js'
import { modelBytes } from '../../support/gguf-model.js'
import { factoryModelPath } from '../../support/model.js'

const never = () => new AbortController().signal
const path = factoryModelPath()
const factory = readFileSync(path)
const header = decodeGguf(factory, factory.length, path) as GgufHeader
const Q = 'blk.0.attn_q.weight'
const DOWN = 'blk.5.ffn_down.weight'
/** Without these some sentences are read otherwise. */
const TAKEN = [0, 2, 4].map(layer => `blk.${layer}.ffn_down.weight`)
const { sentences } = await loadGolden('ota/factory/golden/command.jsonl')

const make = (model: ModelFiles) => new SupervisedEngine({ model, clock: systemClock, threads: 1 })

/** Answers of a model to the golden sentences, one after the other. */
async function answersOf(t: { teardown(fn: () => unknown): void }, model: ModelFiles, count = 24) {
  const engine = make(model)
  t.teardown(() => engine.stop())
  await engine.start(never())
  const answers: Completion[] = []
  for (const { normalised } of sentences.slice(0, count))
    answers.push(
      await engine.complete({
        ...promptFor(normalised),
        grammar: compactGrammar(normalised),
        maxTokens: 160,
      }),
    )
  await engine.stop()
  return answers
}
/** Of the factory model alone, which three stories compare with. */
const base = answersOf(t, { path }, sentences.length)
const chances = (c: Completion) => c.tokens.map(token => token.probability)
const texts = (list: readonly Completion[]) => list.map(c => c.text)

/** Rows of a Q8_0 matrix of the factory model as numbers. @source ggml-common.h: block_q8_0 */
function rowOf(name: string, row: number): number[] {
  const tensor = header.tensors.find(x => x.name === name)!
  const blocks = tensor.shape[0]! / 32
  const numbers: number[] = []
  for (let i = 0; i < blocks; i++) {
    const at = tensor.offset + (row * blocks + i) * 34
    const scale = half(factory.readUInt16LE(at))
    for (let j = 0; j < 32; j++) numbers.push(scale * factory.readInt8(at + 2 + j))
  }
  return numbers
}
function half(bits: number): number {
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  const size = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15)
  return bits & 0x8000 ? -size : size
}

/** The factory model with matrices of zeros, which Q8_0 can hold to the bit, and the same as an adapter. */
function without(names: readonly string[]): { merged: Buffer; changes: Change[] } {
  const merged = Buffer.from(factory)
  const changes = names.map(name => {
    const { shape, offset, sizeBytes } = header.tensors.find(x => x.name === name)!
    const [input, output] = shape as [number, number]
    merged.fill(0, offset, offset + sizeBytes)
    const rows = Array.from({ length: output }, (_, i) => i)
    const a = rows.map(row => rowOf(name, row).map(x => -x))
    const b = rows.map(i => rows.map(row => (row === i ? 1 : 0)))
    return { name, input, output, a, b }
  })
  return { merged, changes }
}

t.test('an adapter of zeros gives the very same answers', async t => {
  const adapter = { path: join(t.testdir(), 'zero.gguf') }
  writeFileSync(adapter.path, adapterBytes([zero(Q, 256, 256), zero(DOWN, 640, 256)]))
  const with_ = await answersOf(t, { path, adapter })
  const alone = (await base).slice(0, with_.length)
  t.strictSame(texts(with_), texts(alone))
  t.strictSame(with_.map(chances), alone.map(chances), 'to the last digit')
  t.match(with_[0]!.model, {
    name: 'fieldmouse-command',
    adapter: { name: 'test adapter', version: '0.1.0' },
  })
  t.notOk(alone[0]!.model.adapter)
})

t.test('an adapter on its base answers as the model into which it was merged', async t => {
  const folder = t.testdir()
  const { merged, changes } = without(TAKEN)
  const files = { path: join(folder, 'merged.gguf') }
  const adapter = { path: join(folder, 'adapter.gguf') }
  writeFileSync(files.path, merged)
  writeFileSync(adapter.path, adapterBytes(changes))
  const all = sentences.length
  const [one, other, alone] = [
    await answersOf(t, files, all),
    await answersOf(t, { path, adapter }, all),
    await base,
  ]
  /** Mean difference of the first token's probability: both have read the same up to there. */
  const apart = (x: readonly Completion[], y: readonly Completion[]) =>
    x.reduce((sum, c, i) => sum + Math.abs(chances(c)[0]! - chances(y[i]!)[0]!), 0) / x.length
  const same = texts(one).filter((text, i) => text === other[i]!.text).length
  t.ok(texts(one).filter((text, i) => text !== alone[i]!.text).length >= 3, 'it is another model')
  // the product with the base rounds what it multiplies to 8 bits, that with the adapter does not
  t.ok(same >= all - 1, `${same} of ${all} answers are the same`)
  t.ok(
    apart(one, other) < apart(one, alone) / 4,
    `${apart(one, other)} apart, ${apart(one, alone)} from the base`,
  )
})

t.test('alpha scales it: a change with alpha 0.001 is hardly there', async t => {
  const adapter = { path: join(t.testdir(), 'adapter.gguf') }
  const { changes } = without(TAKEN)
  writeFileSync(adapter.path, adapterBytes(changes, { 'adapter.lora.alpha': { float: 0.001 } }))
  const with_ = await answersOf(t, { path, adapter })
  const alone = (await base).slice(0, with_.length)
  t.strictSame(texts(with_), texts(alone))
  t.notSame(with_.map(chances), alone.map(chances))
})

t.test('calibration: that of the base, unless the adapter has its own', async t => {
  const adapter = { path: join(t.testdir(), 'adapter.gguf') }
  const alone = await checkModel({ path }, { withHashes: false })
  writeFileSync(adapter.path, adapterBytes([zero(Q, 256, 256)]))
  t.strictSame((await checkModel({ path, adapter }, { withHashes: false })).calibration, alone.calibration)
  const own = { [CALIBRATION_KEY]: [0.5], [CALIBRATION_FEATURES_KEY]: 'one' }
  writeFileSync(adapter.path, adapterBytes([zero(Q, 256, 256)], own))
  const { calibration } = await checkModel({ path, adapter }, { withHashes: false })
  t.strictSame(calibration, { features: ['one'], weights: [0.5] })
  writeFileSync(adapter.path, adapterBytes([zero(Q, 256, 256)], { ...own, [CALIBRATION_KEY]: [1, 2] }))
  await t.rejects(checkModel({ path, adapter }, { withHashes: false }), { code: 'gguf_broken' })
})

t.test(
  'what is no adapter, is broken, or stands on another model is refused before native code sees it',
  async t => {
    const file = join(t.testdir(), 'adapter.gguf')
    const check = (bytes: Buffer) => {
      writeFileSync(file, bytes)
      return checkModel({ path, adapter: { path: file } }, { withHashes: true })
    }
    const good = zero(Q, 256, 256)
    const of = (change: Partial<Change>) => adapterBytes([{ ...good, ...change }])
    const refused: [string, Buffer, string, RegExp][] = [
      ['a model', factory, 'not_an_adapter', /general.type/],
      ['another type', adapterBytes([good], { 'general.type': 'model' }), 'not_an_adapter', /"model"/],
      ['not LoRA', adapterBytes([good], { 'adapter.type': 'ia3' }), 'not_an_adapter', /ia3/],
      ['no weights', adapterBytes([]), 'not_an_adapter', /no weights/],
      [
        'aLoRA',
        adapterBytes([good], { 'adapter.alora.invocation_tokens': [1] }),
        'not_an_adapter',
        /activated/,
      ],
      ['alpha as text', adapterBytes([good], { 'adapter.lora.alpha': '4' }), 'adapter_broken', /floating/],
      [
        'alpha as a whole number',
        adapterBytes([good], { 'adapter.lora.alpha': 4 }),
        'adapter_broken',
        /floating/,
      ],
      [
        'alpha without end',
        adapterBytes([good], { 'adapter.lora.alpha': { float: Number.NaN } }),
        'adapter_broken',
        /finite/,
      ],
      [
        'another architecture',
        adapterBytes([good], { 'general.architecture': 'qwen3' }),
        'adapter_misfit',
        /qwen3/,
      ],
      ['another tensor', of({ name: 'blk.9.attn_q.weight' }), 'adapter_misfit', /no tensor blk\.9/],
      ['another width', adapterBytes([zero(Q, 512, 256)]), 'adapter_misfit', /256x256 there/],
      ['another height', adapterBytes([zero(Q, 256, 128)]), 'adapter_misfit', /256x128/],
      ['embeddings', adapterBytes([zero('token_embd.weight', 256, 4096)]), 'adapter_broken', /embeddings/],
      ['a norm', of({ name: 'blk.0.attn_norm.weight' }), 'adapter_broken', /matrices/],
      [
        'half of a pair',
        modelBytes({ metadata: ADAPTER, tensors: halves(good).slice(1) }),
        'adapter_broken',
        /lora_a` is missing/,
      ],
      [
        'a name of its own',
        modelBytes({
          metadata: ADAPTER,
          tensors: [{ name: 'blk.0.attn_norm.weight', type: 0, shape: [256], bytes: Buffer.alloc(1024) }],
        }),
        'adapter_broken',
        /norms cannot travel/,
      ],
      [
        'two ranks',
        modelBytes({
          metadata: ADAPTER,
          tensors: [halves(zero(Q, 256, 256, 2))[0]!, halves(zero(Q, 256, 256, 4))[1]!],
        }),
        'adapter_broken',
        /ranks 2 and 4/,
      ],
      [
        'a half twice',
        modelBytes({ metadata: ADAPTER, tensors: [...halves(good), halves(good)[0]!] }),
        'adapter_broken',
        /twice/,
      ],
      ['cut short', adapterBytes([good]).subarray(0, -2000), 'gguf_truncated', /cut short/],
      [
        'another base',
        adapterBytes([good], { [BASE_SHA256_KEY]: '0'.repeat(64) }),
        'adapter_misfit',
        /SHA-256/,
      ],
    ]
    for (const [what, bytes, code, message] of refused) await t.rejects(check(bytes), { code, message }, what)
    const hash = createHash('sha256').update(factory).digest('hex')
    t.match(await check(adapterBytes([good], { [BASE_SHA256_KEY]: hash })), {
      adapter: { name: 'test adapter' },
    })
    const wrong = { path, adapter: { path: file, sha256: '0'.repeat(64) } }
    await t.rejects(checkModel(wrong, { withHashes: true }), { code: 'hash_mismatch' })
    const none = { path, adapter: { path: `${file}.none` } }
    await t.rejects(checkModel(none, { withHashes: true }), { code: 'model_not_found' })
  },
)

t.test('any bytes in the place of an adapter: taken or refused with a code', async t => {
  const file = join(t.testdir(), 'adapter.gguf')
  const whole = adapterBytes([zero(Q, 256, 256, 1)])
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      fc.nat(whole.length),
      async (changes, length) => {
        const bytes = Buffer.from(whole)
        for (const [at, value] of changes) bytes[at] = value
        writeFileSync(file, length % 3 === 0 ? bytes.subarray(0, length) : bytes)
        await checkModel({ path, adapter: { path: file } }, { withHashes: false }).catch(error => {
          if (typeof error.code !== 'string' || error.code.startsWith('E')) throw error
        })
      },
    ),
    { numRuns: 200 },
  )
  t.pass()
})

t.test('a model swaps for the same with an adapter, and a child that dies comes back with it', async t => {
  const adapter = { path: join(t.testdir(), 'adapter.gguf') }
  const { changes } = without(TAKEN)
  writeFileSync(adapter.path, adapterBytes(changes))
  const engine = new ActiveEngine({ make, first: { path }, clock: systemClock })
  t.teardown(() => engine.stop())
  await engine.start(never())
  const { normalised } = sentences[0]!
  const ask = () =>
    engine.complete({ ...promptFor(normalised), grammar: compactGrammar(normalised), maxTokens: 160 })
  const alone = chances(await ask())
  await engine.swap({ path, adapter }, never(), { beside: true })
  const changed = await ask()
  t.notSame(chances(changed), alone)
  t.match(changed.model.adapter, { name: 'test adapter' })
  process.kill(engine.pid!, 'SIGKILL')
  const again = await ask()
  t.strictSame(chances(again), chances(changed))
  t.match(again.model.adapter, { name: 'test adapter' })
  // another context, the same adapter
  engine.adjust({ threads: 1, sequences: 2 })
  t.strictSame(chances(await ask()), chances(changed))
})
