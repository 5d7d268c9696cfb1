import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import t from 'tap'
import { applyDelta } from '../../../ota/format/apply-delta.js'
import type { ByteSource } from '../../../ota/format/byte-source.js'
import { readDeltaIndex } from '../../../ota/format/delta-index.js'
import { makeManifest } from '../../../ota/format/make-manifest.js'
import { planDelta, spaceNeeded } from '../../../ota/format/plan-delta.js'
import {
  apply,
  between,
  CHUNK_BYTES,
  Counted,
  isTarget,
  NEW,
  noise,
  OLD,
  sha256,
} from '../../support/delta-world.js'
import { modelBytes } from '../../support/gguf-model.js'

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

t.test('an old model that is gone costs the whole model', t =>
  between([OLD, NEW], async w => {
    await rm(w.oldPath)
    const applied = await apply(w, { delta: new Counted(w.delta), full: new Counted(w.newBytes) })
    t.ok(await isTarget(w))
    t.ok(applied.fullBytes > 0 && applied.reusedBytes === 0)
    await t.rejects(apply({ ...w, out: w.oldPath }, {}), /over the old one/)
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

t.test('a manifest of another file than the signed one is refused, and so is one that is wrong', t =>
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
    t.equal((await stat(w.out)).size, 0, 'nothing wrong is left behind')
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
