import { join } from 'node:path'
import t from 'tap'
import { shippedProfiles } from '../../../daemon/board/board.js'
import { compare, type FileHeader, kvBytesPerToken } from '../../../daemon/board/catalog.js'
import { checkGguf } from '../../../daemon/inference/gguf.js'
import { factoryModel } from '../../../daemon/main.js'
import type { ModelProfile } from '../../../device-profiles/schema.js'
import {
  kvBytesPerToken as kvOfShape,
  type SizedQuantization,
  type SizedShape,
  sizeOf,
} from '../../../device-profiles/sizes.js'
import { writeShapeGguf } from '../../../scripts/bench/shape-gguf.js'
import { SMALL_SHAPES } from '../../support/shapes.js'

const { models } = shippedProfiles()
const factory = models.find(m => m.name === 'fieldmouse-command')!

/** A profile that says of a shape what the catalog would. */
function profileOf({ architecture, ...shape }: SizedShape, quantization: SizedQuantization): ModelProfile {
  const { bytes, parameters } = sizeOf({ ...shape, architecture }, quantization)
  return {
    ...factory,
    architecture,
    parameters_m: parameters / 1e6,
    context_tokens: { most: 128, wanted: 128 },
    shape: { ...shape, source: 'a test' },
    kv_bytes_per_token: { value: kvOfShape(shape), source: 'a test' },
    files: [{ quantization, file: 'x.gguf', bytes, source: 'a test' }],
  }
}

async function headerOf(folder: string, sized: SizedShape, quantization: SizedQuantization) {
  const { architecture, ...shape } = sized
  const path = join(folder, `${architecture}-${quantization}.gguf`)
  await writeShapeGguf({ path, architecture, shape, quantization, contextTokens: 128 })
  return checkGguf(path)
}

t.test('the factory model is what the catalog says', async t => {
  t.strictSame(compare(factory, factory.files[0]!, await checkGguf(factoryModel())), [])
})

t.test('files of every family and quantization pass, and their KV cache is what the shape says', async t => {
  const folder = t.testdir()
  for (const sized of SMALL_SHAPES)
    for (const quantization of ['q4_0', 'q8_0', 'q4_k_m', 'q6_k', 'f16'] as const) {
      const header = await headerOf(folder, sized, quantization)
      const profile = profileOf(sized, quantization)
      t.strictSame(compare(profile, profile.files[0]!, header), [], `${sized.architecture} ${quantization}`)
      t.equal(kvBytesPerToken(header.metadata), profile.kv_bytes_per_token.value)
    }
})

t.test('whatever is wrong in a profile is found, and nothing else', async t => {
  const sized = SMALL_SHAPES.find(s => s.architecture === 'qwen3')!
  const header = await headerOf(t.testdir(), sized, 'q4_0')
  const right = profileOf(sized, 'q4_0')
  const shape = (change: Partial<ModelProfile['shape']>) => ({
    ...right,
    shape: { ...right.shape, ...change },
  })
  const wrong: Record<string, ModelProfile> = {
    architecture: { ...right, architecture: 'llama' },
    layers: shape({ layers: 7 }),
    embedding: shape({ embedding: 512 }),
    'feed forward': shape({ feed_forward: 768 }),
    heads: shape({ heads: 8 }),
    vocabulary: shape({ vocabulary: 511 }),
    'tied embeddings': shape({ tied_embeddings: false }),
    'KV cache': { ...right, kv_bytes_per_token: { value: 1536, source: 'a slip' } },
    context: { ...right, context_tokens: { most: 129, wanted: 128 } },
    parameters: { ...right, parameters_m: right.parameters_m * 1.02 },
    size: { ...right, files: [{ ...right.files[0]!, bytes: right.files[0]!.bytes * 0.98 }] },
    quantization: { ...right, files: [{ ...right.files[0]!, quantization: 'q8_0' }] },
  }
  for (const [what, profile] of Object.entries(wrong)) {
    const found = compare(profile, profile.files[0]!, header)
    t.equal(found.length, 1, `${what}: ${found.join('; ')}`)
    t.match(found[0], new RegExp(`^${what}`))
  }
})

t.test('a file that calls itself something it is not is found out by its layers', async t => {
  const sized = SMALL_SHAPES.find(s => s.architecture === 'llama')!
  const header = await headerOf(t.testdir(), sized, 'q8_0')
  const metadata = new Map<string, unknown>(header.metadata)
  const profile = profileOf(sized, 'q4_0')
  const file = { ...profile.files[0]!, bytes: header.fileBytes }
  for (const type of [2, undefined]) {
    metadata.set('general.file_type', type)
    const lying: FileHeader = { ...header, metadata }
    t.match(compare(profile, file, lying), [/^quantization: .* most of the layers are something else$/])
  }
})

t.test('a key that a file lacks is no problem, another family is one', async t => {
  const header = await headerOf(t.testdir(), SMALL_SHAPES.find(s => s.architecture === 'lfm2')!, 'q4_0')
  const found = compare(factory, factory.files[0]!, header).map(says => says.split(':')[0])
  t.ok(found.includes('architecture') && found.includes('vocabulary') && found.includes('size'))
  const silent: FileHeader = { ...header, metadata: new Map([['general.architecture', 'lfm2']]) }
  t.equal(kvBytesPerToken(silent.metadata), undefined)
})
