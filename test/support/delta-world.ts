/** Two models that differ by edits, the delta between them, and a device that has only the old one. */
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { type Applied, applyDelta } from '../../ota/format/apply-delta.js'
import type { ByteSource } from '../../ota/format/byte-source.js'
import { readDeltaIndex } from '../../ota/format/delta-index.js'
import { makeDelta } from '../../ota/format/make-delta.js'
import { makeManifest } from '../../ota/format/make-manifest.js'
import type { Manifest } from '../../ota/format/manifest.js'
import { modelBytes, type SmallModel, type SmallTensor, tensorBytes } from './gguf-model.js'

/** So that small tensors have several chunks. */
export const CHUNK_BYTES = 512
/** Q4_0, Q8_0, F32, F16, Q4_K, Q6_K, and one without a layout of its own. */
const type = fc.constantFrom(2, 8, 0, 1, 12, 14, 20)
const tensor = fc
  .tuple(type, fc.integer({ min: 1, max: 6 }), fc.nat())
  .map(([type, rows, seed]): Omit<SmallTensor, 'name'> => {
    const shape = [256, rows]
    return { type, shape, bytes: noise(tensorBytes(type, shape), seed) }
  })
const model = fc
  .record({
    template: fc.string({ maxLength: 300 }),
    tensors: fc.array(tensor, { maxLength: 5 }),
    rest: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 100 })),
  })
  .map(
    ({ template, tensors, rest }): SmallModel => ({
      metadata: { 'general.architecture': 'llama', 'tokenizer.chat_template': template },
      tensors: tensors.map((tensor, i) => ({ name: `blk.${i}`, ...tensor })),
      rest: noise(rest, 1),
    }),
  )

type Edit = (model: SmallModel) => SmallModel
const some = fc.nat({ max: 100 })
/** Typed, so that what is inside knows its model. */
const as = (change: Edit): Edit => change
const edit: fc.Arbitrary<Edit> = fc.oneof(
  // one more
  tensor.map(added => as(m => ({ ...m, tensors: [{ name: freeName(m), ...added }, ...m.tensors] }))),
  // one less
  some.map(n => as(m => ({ ...m, tensors: m.tensors.filter((_, i) => i !== n % m.tensors.length) }))),
  // another order
  fc.constant(as(m => ({ ...m, tensors: m.tensors.toReversed() }))),
  // another type under the old name
  fc.tuple(some, tensor).map(([n, other]) => as(m => on(m, n, ({ name }) => ({ name, ...other })))),
  // a few other bytes
  fc.tuple(some, fc.array(fc.nat(), { minLength: 1, maxLength: 20 })).map(([n, places]) =>
    as(m =>
      on(m, n, tensor => {
        const bytes = tensor.bytes.slice()
        for (const place of places) bytes[place % bytes.length]! ^= 1 + (place % 7)
        return { ...tensor, bytes }
      }),
    ),
  ),
  // more rows
  some.map(n =>
    as(m =>
      on(m, n, tensor => {
        const shape = [tensor.shape[0]!, tensor.shape[1]! + 2]
        const bytes = noise(tensorBytes(tensor.type, shape), n)
        bytes.set(tensor.bytes)
        return { ...tensor, shape, bytes }
      }),
    ),
  ),
  // a longer template
  fc.string({ maxLength: 700 }).map(text =>
    as(m => ({
      ...m,
      metadata: {
        ...m.metadata,
        'tokenizer.chat_template': `${m.metadata['tokenizer.chat_template']}${text}`,
      },
    })),
  ),
  some.map(n => as(m => ({ ...m, rest: noise(n, n) }))),
)

function freeName({ tensors }: SmallModel): string {
  let n = 0
  while (tensors.some(tensor => tensor.name === `added.${n}`)) n++
  return `added.${n}`
}

const on = (m: SmallModel, n: number, change: (tensor: SmallTensor) => SmallTensor): SmallModel => ({
  ...m,
  tensors: m.tensors.map((tensor, i) => (i === n % m.tensors.length ? change(tensor) : tensor)),
})

export function noise(length: number, seed: number): Uint8Array {
  let state = (seed % 2_147_483_646) + 1
  return Uint8Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647
    return state >> 8
  })
}

export const pair = fc
  .tuple(model, fc.array(edit, { minLength: 1, maxLength: 4 }))
  .map(([old, edits]) => [old, edits.reduce((m, change) => change(m), old)] as const)

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** A source that counts what it gives, and may answer in its own way. */
export class Counted implements ByteSource {
  bytes = 0
  reads = 0
  readonly #content: Uint8Array
  readonly #before: (read: number) => void
  constructor(content: Uint8Array, before: (read: number) => void = () => {}) {
    this.#content = content
    this.#before = before
  }
  async read(offset: number, length: number) {
    this.#before(this.reads++)
    this.bytes += length
    if (offset + length > this.#content.length) throw new Error('asked for what is not there')
    return this.#content.slice(offset, offset + length)
  }
}

export interface World {
  oldPath: string
  oldManifest: Manifest
  newPath: string
  newBytes: Buffer
  manifest: Manifest
  delta: Buffer
  deltaPath: string
  out: string
}

/** A folder with two models and the delta between them; gone afterwards. */
export async function between<T>(
  models: readonly [SmallModel, SmallModel],
  use: (world: World) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'delta-'))
  try {
    const [oldPath, newPath, deltaPath] = ['old', 'new', 'delta'].map(name => join(folder, name)) as [
      string,
      string,
      string,
    ]
    await writeFile(oldPath, modelBytes(models[0]))
    const newBytes = modelBytes(models[1])
    await writeFile(newPath, newBytes)
    const oldManifest = await makeManifest(oldPath, { chunkBytes: CHUNK_BYTES })
    const manifest = await makeManifest(newPath, { chunkBytes: CHUNK_BYTES })
    await makeDelta({
      old: { path: oldPath, manifest: oldManifest },
      target: { path: newPath, manifest },
      out: deltaPath,
      effort: 'fast',
    })
    const delta = await readFile(deltaPath)
    const out = join(folder, 'out')
    return await use({ oldPath, oldManifest, newPath, newBytes, manifest, delta, deltaPath, out })
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

interface Given {
  delta?: ByteSource
  full?: ByteSource
  signal?: AbortSignal
}

export async function apply(w: World, { delta, full, signal }: Given): Promise<Applied> {
  return applyDelta({
    old: { path: w.oldPath, manifest: w.oldManifest },
    target: w.manifest,
    expected: { length: w.newBytes.length, sha256: sha256(w.newBytes) },
    delta: delta && { index: await readDeltaIndex(new Counted(w.delta)), source: delta },
    full,
    out: w.out,
    signal,
  })
}

export const isTarget = async (w: World) => Buffer.compare(await readFile(w.out), w.newBytes) === 0

/** Several chunks of each kind. */
export const OLD: SmallModel = {
  metadata: { 'general.architecture': 'llama', 'tokenizer.chat_template': 'short '.repeat(100) },
  tensors: [
    { name: 'same', type: 8, shape: [256, 8], bytes: noise(tensorBytes(8, [256, 8]), 1) },
    { name: 'moved', type: 2, shape: [256, 8], bytes: noise(tensorBytes(2, [256, 8]), 2) },
    { name: 'retyped', type: 2, shape: [256, 8], bytes: noise(tensorBytes(2, [256, 8]), 3) },
  ],
}
export const NEW: SmallModel = {
  metadata: { ...OLD.metadata, 'tokenizer.chat_template': `${'short '.repeat(100)} and a little longer` },
  tensors: [
    OLD.tensors[0]!,
    { ...OLD.tensors[1]!, bytes: OLD.tensors[1]!.bytes.map((byte, i) => (i % 9 === 0 ? byte ^ 1 : byte)) },
    { name: 'retyped', type: 8, shape: [256, 8], bytes: noise(tensorBytes(8, [256, 8]), 4) },
  ],
  rest: noise(70, 5),
}
