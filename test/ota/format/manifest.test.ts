import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { codeOf } from '../../../daemon/base/errors.js'
import { makeManifest } from '../../../ota/format/make-manifest.js'
import { chunksOf, formatManifest, parseManifest, partsOf } from '../../../ota/format/manifest.js'
import { ggufBytes } from '../../support/gguf.js'
import { modelBytes, tensorBytes } from '../../support/gguf-model.js'
import { factoryModelPath } from '../../support/model.js'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

function write(t: { testdir(): string }, bytes: Uint8Array): string {
  const path = join(t.testdir(), 'model.gguf')
  writeFileSync(path, bytes)
  return path
}

t.test('every byte of a model is described, by hashes that are right', async t => {
  const tensors = [2, 14, 0].map((type, i) => ({
    name: `t${i}`,
    type,
    shape: [256, 9],
    bytes: new Uint8Array(tensorBytes(type, [256, 9])).fill(i + 1),
  }))
  const bytes = modelBytes({
    metadata: { 'general.architecture': 'llama' },
    tensors,
    rest: Buffer.from('appended'),
  })
  const path = write(t, bytes)
  const manifest = await makeManifest(path, { chunkBytes: 1000 })
  t.match(manifest, { length: bytes.length, sha256: sha256(bytes), gaps: [{ length: 8 }] })
  t.strictSame(
    manifest.tensors.map(({ name, type, shape }) => ({ name, type, shape })),
    tensors.map(({ name, type, shape }) => ({ name, type, shape })),
  )
  const left = Buffer.from(bytes)
  for (const part of partsOf(manifest)) {
    t.equal(sha256(bytes.subarray(part.offset, part.offset + part.length)), part.sha256)
    for (const { offset, length, sha256: hash } of chunksOf(part, 1000)) {
      t.equal(sha256(bytes.subarray(offset, offset + length)), hash)
      left.fill(0, offset, offset + length)
    }
  }
  t.ok(
    left.every(byte => byte === 0),
    'what no part covers is zeros',
  )
  t.equal(
    formatManifest(await makeManifest(path, { chunkBytes: 1000 })),
    formatManifest(manifest),
    'the same again',
  )
  t.strictSame(parseManifest(JSON.parse(formatManifest(manifest))), manifest)
})

t.test('the factory model has a manifest of a few kilobytes', async t => {
  const manifest = await makeManifest(factoryModelPath())
  t.ok(manifest.tensors.length > 10)
  t.ok(formatManifest(manifest).length < 20_000)
})

t.test('a broken model has no manifest', async t => {
  const whole = ggufBytes()
  const twice = [
    { name: 'w', shape: [32], type: 0, offset: 0 },
    { name: 'w', shape: [32], type: 0, offset: 128 },
  ]
  for (const [title, bytes, code] of [
    ['cut short', whole.subarray(0, whole.length - 1), 'gguf_truncated'],
    ['no model', Buffer.from('hello, this is no model at all'), 'not_gguf'],
    ['two tensors of one name', ggufBytes({ tensors: twice, data: 256 }), 'invalid_value'],
  ] as const)
    await t.rejects(makeManifest(write(t, bytes)), { code }, title)
})

t.test('any bytes that begin like a model are described or refused by name', async t => {
  const path = join(t.testdir(), 'model.gguf')
  const whole = ggufBytes({ data: 256 })
  const damage = fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 })), { maxLength: 4 })
  const codes = new Set(['not_gguf', 'gguf_truncated', 'gguf_broken', 'invalid_value'])
  let described = 0
  await fc.assert(
    fc.asyncProperty(damage, async places => {
      const bytes = Buffer.from(whole)
      for (const [at, value] of places) bytes[at] = value
      writeFileSync(path, bytes)
      try {
        const manifest = await makeManifest(path)
        described++
        return manifest.sha256 === sha256(bytes)
      } catch (error) {
        return codes.has(codeOf(error) ?? '')
      }
    }),
    { numRuns: 300 },
  )
  t.ok(described > 30)
})

t.test('a manifest that contradicts itself is refused', async t => {
  const manifest = await makeManifest(write(t, ggufBytes()))
  const hash = sha256(Buffer.from(''))
  const [tensor] = manifest.tensors
  const { header } = manifest
  for (const [title, wrong] of [
    ['parts that overlap', { tensors: [{ ...tensor, offset: header.length - 32 }] }],
    ['a part beyond the end', { tensors: [{ ...tensor, offset: tensor!.offset + 32 }] }],
    ['a length that is not the shape', { tensors: [{ ...tensor, shape: [64] }] }],
    ['chunks that do not fill a part', { header: { ...header, chunks: [hash, hash] } }],
    ['a listed single chunk', { header: { ...header, chunks: [hash] } }],
    ['bytes that nothing covers', { length: 2 ** 30 }],
    ['a file beyond reason', { length: 2 ** 40 }],
    ['a chunk beyond reason', { chunk_bytes: 2 ** 30 }],
    ['a type nobody knows', { tensors: [{ ...tensor, type: 99 }] }],
    ['a header elsewhere', { header: { ...header, offset: 1, length: header.length - 1 } }],
    ['what no manifest has', { extra: 1 }],
    ['a hash that is none', { sha256: 'abc' }],
  ] as const)
    t.throws(() => parseManifest({ ...manifest, ...wrong }), { code: 'invalid_value' }, title)
})
