import { readFile, truncate, writeFile } from 'node:fs/promises'
import fc from 'fast-check'
import t from 'tap'
import { codeOf } from '../../../daemon/base/errors.js'
import { applyDelta } from '../../../ota/format/apply-delta.js'
import type { ByteSource } from '../../../ota/format/byte-source.js'
import { type DeltaIndex, readDeltaIndex } from '../../../ota/format/delta-index.js'
import { apply, between, Counted, isTarget, pair, sha256 } from '../../support/delta-world.js'

const RUNS = { numRuns: 60 }

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
