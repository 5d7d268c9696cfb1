import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { codeOf } from '../../../daemon/base/errors.js'
import { type Applied, applyDelta } from '../../../ota/format/apply-delta.js'
import type { ByteSource } from '../../../ota/format/byte-source.js'
import { type DeltaIndex, readDeltaIndex } from '../../../ota/format/delta-index.js'
import { makeDelta } from '../../../ota/format/make-delta.js'
import { makeManifest } from '../../../ota/format/make-manifest.js'
import type { Manifest } from '../../../ota/format/manifest.js'
import { planDelta, spaceNeeded } from '../../../ota/format/plan-delta.js'
import { modelBytes, type SmallModel, type SmallTensor, tensorBytes } from '../../support/gguf-model.js'

/** So that small tensors have several chunks. */
const CHUNK_BYTES = 512
const RUNS = { numRuns: 60 }

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

function noise(length: number, seed: number): Uint8Array {
  let state = (seed % 2_147_483_646) + 1
  return Uint8Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647
    return state >> 8
  })
}

const pair = fc
  .tuple(model, fc.array(edit, { minLength: 1, maxLength: 4 }))
  .map(([old, edits]) => [old, edits.reduce((m, change) => change(m), old)] as const)

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** A source that counts what it gives, and may answer in its own way. */
class Counted implements ByteSource {
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

interface World {
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
async function between<T>(
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
    await rm(folder, { recursive: true })
  }
}

interface Given {
  delta?: ByteSource
  full?: ByteSource
  signal?: AbortSignal
}

async function apply(w: World, { delta, full, signal }: Given): Promise<Applied> {
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

const isTarget = async (w: World) => Buffer.compare(await readFile(w.out), w.newBytes) === 0

t.test('whatever was edited, the delta alone makes the new model, byte for byte', async t => {
  let [reused, total] = [0, 0]
  await fc.assert(
    fc.asyncProperty(pair, models =>
      between(models, async w => {
        const delta = new Counted(w.delta)
        const applied = await apply(w, { delta })
        reused += applied.reusedBytes
        total += w.newBytes.length
        return (await isTarget(w)) && applied.fellBack === 0 && applied.fullBytes === 0
      }),
    ),
    RUNS,
  )
  t.ok(reused > total / 3, `${reused} of ${total} bytes came from the old model`)
})

t.test('a damaged delta is made up for by the whole model, never by a wrong file', async t => {
  const damage = fc.record({ at: fc.nat(), flip: fc.integer({ min: 1, max: 255 }) })
  let fellBack = 0
  await fc.assert(
    fc.asyncProperty(pair, fc.array(damage, { minLength: 1, maxLength: 3 }), (models, damages) =>
      between(models, async w => {
        const index = await readDeltaIndex(new Counted(w.delta))
        const bad = Buffer.from(w.delta)
        for (const { at, flip } of damages)
          if (bad.length > index.piecesAt) bad[index.piecesAt + (at % (bad.length - index.piecesAt))]! ^= flip
        const applied = await apply(w, { delta: new Counted(bad), full: new Counted(w.newBytes) })
        fellBack += applied.fellBack
        return isTarget(w)
      }),
    ),
    RUNS,
  )
  t.ok(fellBack > 10)
})

t.test('a damaged index is refused', async t => {
  await fc.assert(
    fc.asyncProperty(pair, fc.nat(), fc.integer({ min: 1, max: 255 }), (models, at, flip) =>
      between(models, async w => {
        const length = w.delta.readUInt32LE(8)
        const sha256OfIndex = sha256(w.delta.subarray(12, 12 + length))
        const bad = Buffer.from(w.delta)
        bad[at % (12 + length)]! ^= flip
        const read = readDeltaIndex(new Counted(bad), { sha256: sha256OfIndex })
        // a longer length may ask for what is not there
        return read.then(
          () => false,
          error => codeOf(error) === 'delta_index_broken' || /not there/.test(String(error)),
        )
      }),
    ),
    RUNS,
  )
  t.pass()
})

type Listed = DeltaIndex['parts'][number]

t.test('an index that lies is refused or costs bytes, and never makes a wrong file', async t => {
  const other = 'f'.repeat(64)
  const lie: fc.Arbitrary<(part: Listed, parts: Listed[]) => Listed> = fc.constantFrom<
    (part: Listed, parts: Listed[]) => Listed
  >(
    part => ({ ...part, base: null }),
    part => ({ ...part, base: other }),
    part => ({ ...part, part: other }),
    (part, parts) => ({ ...part, base: parts[0]!.base }),
    part => ({ ...part, pieces: part.pieces.slice(1) }),
    part => ({ ...part, pieces: part.pieces.toReversed() }),
    part => ({ ...part, pieces: part.pieces.map(() => null) }),
    part => ({ ...part, pieces: part.pieces.map(piece => piece && ['stored', piece[1], piece[2]]) }),
    part => ({ ...part, pieces: part.pieces.map(piece => piece && ['packed', piece[1], piece[2]]) }),
    part => ({ ...part, pieces: part.pieces.map(piece => piece && ['copies', piece[1], piece[2]]) }),
    part => ({ ...part, pieces: part.pieces.map(piece => piece && ['difference', piece[1], piece[2]]) }),
    part => ({ ...part, pieces: part.pieces.map(piece => piece && [piece[0], piece[1] + 1, piece[2]]) }),
  )
  let [refused, fellBack] = [0, 0]
  await fc.assert(
    fc.asyncProperty(pair, lie, fc.nat(), (models, lie, n) =>
      between(models, async w => {
        const index = await readDeltaIndex(new Counted(w.delta))
        const parts = index.parts.map((part, i) =>
          i === n % index.parts.length ? lie(part, index.parts) : part,
        )
        // more than there is can be asked for: zeros come
        const source: ByteSource = {
          read: async (offset, length) => {
            const bytes = new Uint8Array(length)
            bytes.set(w.delta.subarray(offset, offset + length))
            return bytes
          },
        }
        const applied = await applyDelta({
          old: { path: w.oldPath, manifest: w.oldManifest },
          target: w.manifest,
          expected: { length: w.newBytes.length, sha256: sha256(w.newBytes) },
          delta: { index: { ...index, parts }, source },
          full: n % 3 ? new Counted(w.newBytes) : undefined,
          out: w.out,
        }).catch(error => {
          const isRefusal = ['delta_index_broken', 'delta_needs_full'].includes(codeOf(error) ?? '')
          if (!isRefusal || n % 3) throw error
          refused++
          return undefined
        })
        fellBack += applied?.fellBack ?? 0
        return applied === undefined || isTarget(w)
      }),
    ),
    { numRuns: 100 },
  )
  t.ok(refused > 0 && fellBack > 0, `${refused} refused, ${fellBack} chunks from the whole model`)
})

t.test('an old model that is not what its manifest says costs only what is wrong with it', async t => {
  let fellBack = 0
  await fc.assert(
    fc.asyncProperty(pair, fc.nat(), fc.boolean(), (models, at, isCut) =>
      between(models, async w => {
        const bytes = await readFile(w.oldPath)
        bytes[at % bytes.length]! ^= 0x55
        await writeFile(w.oldPath, bytes)
        if (isCut) await truncate(w.oldPath, at % bytes.length)
        const applied = await apply(w, { delta: new Counted(w.delta), full: new Counted(w.newBytes) })
        fellBack += applied.fellBack
        if (!isCut) t.ok(applied.fellBack <= 8)
        return isTarget(w)
      }),
    ),
    RUNS,
  )
  t.ok(fellBack > 10)
})

/** Several chunks of each kind. */
const OLD: SmallModel = {
  metadata: { 'general.architecture': 'llama', 'tokenizer.chat_template': 'short '.repeat(100) },
  tensors: [
    { name: 'same', type: 8, shape: [256, 8], bytes: noise(tensorBytes(8, [256, 8]), 1) },
    { name: 'moved', type: 2, shape: [256, 8], bytes: noise(tensorBytes(2, [256, 8]), 2) },
    { name: 'retyped', type: 2, shape: [256, 8], bytes: noise(tensorBytes(2, [256, 8]), 3) },
  ],
}
const NEW: SmallModel = {
  metadata: { ...OLD.metadata, 'tokenizer.chat_template': `${'short '.repeat(100)} and a little longer` },
  tensors: [
    OLD.tensors[0]!,
    { ...OLD.tensors[1]!, bytes: OLD.tensors[1]!.bytes.map((byte, i) => (i % 9 === 0 ? byte ^ 1 : byte)) },
    { name: 'retyped', type: 8, shape: [256, 8], bytes: noise(tensorBytes(8, [256, 8]), 4) },
  ],
  rest: noise(70, 5),
}

t.test('interrupted after any chunk, it goes on where it was', t =>
  between([OLD, NEW], async w => {
    const { steps, deltaBytes } = planDelta(
      w.oldManifest,
      w.manifest,
      await readDeltaIndex(new Counted(w.delta)),
    )
    t.ok(steps.length > 10, `${steps.length} steps`)
    for (const stop of steps.map(step => step.offset)) {
      const abort = new AbortController()
      const first = applyDelta({
        old: { path: w.oldPath, manifest: w.oldManifest },
        target: w.manifest,
        expected: { length: w.newBytes.length, sha256: sha256(w.newBytes) },
        delta: { index: await readDeltaIndex(new Counted(w.delta)), source: new Counted(w.delta) },
        out: w.out,
        signal: abort.signal,
        onProgress: ({ doneBytes }) => {
          if (doneBytes >= stop) abort.abort(new Error('cut'))
        },
      })
      await t.rejects(first, { message: 'cut' })
      t.equal((await stat(w.out)).size, stop)
      const delta = new Counted(w.delta)
      const applied = await apply(w, { delta })
      t.equal(applied.resumedBytes, stop)
      t.ok(delta.bytes <= deltaBytes)
      t.ok(await isTarget(w), `cut at ${stop}`)
      await rm(w.out)
    }
  }),
)

t.test('what an earlier attempt left is not believed', t =>
  between([OLD, NEW], async w => {
    const left = [
      ['half a chunk', w.newBytes.subarray(0, 700)],
      ['another file', Buffer.alloc(5000, 7)],
      ['more than the model', Buffer.concat([w.newBytes, Buffer.alloc(999)])],
      ['one wrong byte', Buffer.from(w.newBytes).fill(w.newBytes[1500]! ^ 1, 1500, 1501)],
      ['the finished model', w.newBytes],
    ] as const
    for (const [title, bytes] of left) {
      await writeFile(w.out, bytes)
      await apply(w, { delta: new Counted(w.delta) })
      t.ok(await isTarget(w), title)
    }
  }),
)

t.test('a source that fails is heard of, and what came before it is kept', t =>
  between([OLD, NEW], async w => {
    const dead: ByteSource = { read: () => Promise.reject(new Error('the line is dead')) }
    await t.rejects(apply(w, { delta: dead, full: dead }), { message: 'the line is dead' })
    await writeFile(w.out, w.newBytes.subarray(0, 3000))
    await t.rejects(apply(w, { delta: dead, full: dead }), { message: 'the line is dead' })
    const kept = (await stat(w.out)).size
    t.ok(kept > 2000, `${kept} bytes`)
    const { resumedBytes } = await apply(w, { delta: new Counted(w.delta) })
    t.equal(resumedBytes, kept)
    t.ok(await isTarget(w))
  }),
)

t.test('neighbouring pieces are fetched together, and no byte twice', t =>
  between([OLD, NEW], async w => {
    const delta = new Counted(w.delta)
    const { deltaBytes } = await apply(w, { delta })
    t.equal(delta.bytes, deltaBytes)
    t.equal(delta.reads, 1)
    const full = new Counted(w.newBytes)
    const { fullBytes } = await apply({ ...w, out: `${w.out}.again` }, { full })
    t.equal(full.bytes, fullBytes)
    t.ok(full.reads < 5, `${full.reads} reads`)
  }),
)

t.test('two tensors with the same bytes are told once', async t => {
  const bytes = OLD.tensors[0]!.bytes.map(byte => byte ^ 3)
  const twins = ['a', 'b'].map(name => ({ name, type: 8, shape: [256, 8], bytes }))
  const sizes: number[] = []
  for (const tensors of [twins.slice(0, 1), twins])
    await between([OLD, { ...OLD, tensors }], async w => {
      await apply(w, { delta: new Counted(w.delta) })
      t.ok(await isTarget(w))
      sizes.push(w.delta.length)
    })
  t.ok(sizes[1]! < sizes[0]! * 1.1, sizes.join(' and '))
})

t.test('without a whole model a broken piece is an error with a name', t =>
  between([OLD, NEW], async w => {
    const index = await readDeltaIndex(new Counted(w.delta))
    const bad = Buffer.from(w.delta).fill(0, index.piecesAt)
    await t.rejects(apply(w, { delta: new Counted(bad) }), { code: 'delta_needs_full', remedy: String })
    await t.rejects(
      apply(w, { delta: new Counted(bad), full: new Counted(Buffer.alloc(w.newBytes.length)) }),
      {
        code: 'delta_full_broken',
      },
    )
    // nothing wrong was written meanwhile
    const written = await readFile(w.out)
    t.equal(Buffer.compare(written, w.newBytes.subarray(0, written.length)), 0)
  }),
)

t.test('a delta against another model is used as far as it fits', t =>
  between([OLD, NEW], async w => {
    const other = {
      ...OLD,
      tensors: OLD.tensors.map(tensor => ({ ...tensor, bytes: noise(tensor.bytes.length, 99) })),
    }
    await writeFile(w.oldPath, modelBytes(other))
    const oldManifest = await makeManifest(w.oldPath, { chunkBytes: CHUNK_BYTES })
    const applied = await applyDelta({
      old: { path: w.oldPath, manifest: oldManifest },
      target: w.manifest,
      expected: { length: w.newBytes.length, sha256: sha256(w.newBytes) },
      delta: { index: await readDeltaIndex(new Counted(w.delta)), source: new Counted(w.delta) },
      full: new Counted(w.newBytes),
      out: w.out,
    })
    t.ok(await isTarget(w))
    t.ok(applied.deltaBytes > 0 && applied.fullBytes > 0)
  }),
)

t.test(
  'a manifest of another file than the signed one is refused; one that is wrong costs the whole model',
  t =>
    between([OLD, NEW], async w => {
      const expected = { length: w.newBytes.length, sha256: sha256(Buffer.from('else')) }
      const full = new Counted(w.newBytes)
      await t.rejects(applyDelta({ target: w.manifest, expected, full, out: w.out }), {
        code: 'delta_not_for_target',
      })
      // the publisher's manifest has chunks of the old model under the hash of the new one
      const wrong = { ...w.oldManifest, length: w.oldManifest.length, sha256: sha256(w.newBytes) }
      const old = { path: w.oldPath, manifest: w.oldManifest }
      const lied = { length: w.oldManifest.length, sha256: sha256(w.newBytes) }
      await t.rejects(applyDelta({ old, target: wrong, expected: lied, out: w.out }), {
        code: 'delta_target_mismatch',
      })
      await t.rejects(applyDelta({ old, target: wrong, expected: lied, full, out: w.out }), {
        code: 'delta_target_mismatch',
      })
      await t.rejects(stat(w.out), { code: 'ENOENT' }, 'nothing wrong is left behind')
    }),
)

t.test('an index that claims too much is not fetched', async t => {
  const claim = Buffer.from('FMDELTA1\xff\xff\xff\xff', 'latin1')
  await t.rejects(readDeltaIndex(new Counted(claim)), { code: 'delta_index_broken' })
  await t.rejects(readDeltaIndex(new Counted(Buffer.from('something else altogether'))), {
    code: 'delta_index_broken',
  })
})

t.test('the room that is needed is known before', async t => {
  t.equal(spaceNeeded({ length: 1000 }) - spaceNeeded({ length: 1000 }, { alreadyBytes: 400 }), 400)
  t.ok(spaceNeeded({ length: 1e9 }) > 1e9)
})
