import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { FieldmouseError } from '../../../daemon/base/errors.js'
import { decodeGguf } from '../../../daemon/base/gguf.js'
import { checkGguf } from '../../../daemon/inference/gguf.js'
import { type GgufParts, ggufBytes } from '../../support/gguf.js'
import { factoryModelPath } from '../../support/model.js'

/** The error's code, or 'accepted'. */
function verdict(bytes: Uint8Array, size = bytes.length, isKept?: (key: string) => boolean): string {
  try {
    return decodeGguf(bytes, size, 'x.gguf', isKept) ? 'accepted' : 'more'
  } catch (error) {
    if (!(error instanceof FieldmouseError)) throw error
    return error.code
  }
}

t.test('a whole file is accepted and described', async t => {
  const header = decodeGguf(
    ggufBytes({ metadata: { 'general.name': 'tiny', n: 7 } }),
    ggufBytes().length + 64,
    'x.gguf',
  )
  t.match(header, { version: 3, parameters: 32, tensors: [{ name: 'w', shape: [32], sizeBytes: 128 }] })
  t.equal(header?.metadata.get('general.name'), 'tiny')
})

t.test('metadata that nobody wants is passed over, and the tensors are the same', async t => {
  const bytes = readFileSync(factoryModelPath())
  const whole = decodeGguf(bytes, bytes.length, 'x.gguf')!
  const some = decodeGguf(bytes, bytes.length, 'x.gguf', key => key === 'general.name')!
  t.strictSame([...some.metadata.keys()], ['general.name'])
  t.strictSame(some.tensors, whole.tensors)
})

t.test('what is not a GGUF, cut short or inconsistent is refused by name', async t => {
  const whole = ggufBytes()
  const cases: [string, Uint8Array, string][] = [
    ['an empty file', Buffer.alloc(0), 'not_gguf'],
    ['a text', Buffer.from('hello, this is no model at all'), 'not_gguf'],
    ['another version', ggufBytes({ version: 1 }), 'gguf_broken'],
    ['without its last byte', whole.subarray(0, whole.length - 1), 'gguf_truncated'],
    ['only its first half', whole.subarray(0, whole.length / 2), 'gguf_truncated'],
    ['more tensors than bytes', ggufBytes({ tensorCount: 2n ** 60n }), 'gguf_broken'],
    ['more metadata than bytes', ggufBytes({ pairCount: 2n ** 63n }), 'gguf_broken'],
    [
      'an unknown tensor type',
      ggufBytes({ tensors: [{ name: 'w', shape: [32], type: 99, offset: 0 }] }),
      'gguf_broken',
    ],
    [
      'a shape that is no multiple of the block',
      ggufBytes({ tensors: [{ name: 'w', shape: [33], type: 8, offset: 0 }] }),
      'gguf_broken',
    ],
    [
      'a shape beyond reason',
      ggufBytes({ tensors: [{ name: 'w', shape: [2n ** 40n, 2n ** 40n], type: 0, offset: 0 }] }),
      'gguf_broken',
    ],
    [
      'an offset that is not aligned',
      ggufBytes({ tensors: [{ name: 'w', shape: [8], type: 0, offset: 3 }] }),
      'gguf_broken',
    ],
    [
      'an offset beyond the end',
      ggufBytes({ tensors: [{ name: 'w', shape: [32], type: 0, offset: 2 ** 30 }] }),
      'gguf_truncated',
    ],
    [
      'tensors that overlap',
      ggufBytes({
        tensors: [
          { name: 'a', shape: [32], type: 0, offset: 0 },
          { name: 'b', shape: [32], type: 0, offset: 32 },
        ],
        data: 512,
      }),
      'gguf_broken',
    ],
  ]
  for (const [title, bytes, code] of cases) t.equal(verdict(bytes), code, title)
})

t.test('a header that goes on beyond the bytes at hand asks for more', async t => {
  const whole = ggufBytes()
  for (let n = 4; n < 60; n += 7) t.equal(verdict(whole.subarray(0, n), whole.length), 'more')
})

t.test('random and mutated bytes are accepted or refused with a code, never anything else', async t => {
  const codes = new Set(['accepted', 'more', 'not_gguf', 'gguf_truncated', 'gguf_broken'])
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (noise, magic) =>
        codes.has(verdict(magic ? Buffer.concat([Buffer.from('GGUF'), noise]) : noise)),
      ),
      { numRuns: 3000 },
    ),
  )
  const parts: fc.Arbitrary<GgufParts> = fc.record(
    {
      version: fc.constantFrom(2, 3, 3, 3, 0, 77),
      metadata: fc.dictionary(fc.string({ maxLength: 12 }), fc.oneof(fc.string({ maxLength: 20 }), fc.nat())),
      tensors: fc.array(
        fc.record({
          name: fc.string({ maxLength: 8 }),
          shape: fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 6 }),
          type: fc.nat(45),
          offset: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        }),
        { maxLength: 4 },
      ),
      data: fc.nat(400),
    },
    { requiredKeys: [] },
  )
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(parts, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }), (p, flips) => {
        const bytes = ggufBytes(p)
        for (const [at, byte] of flips) bytes[at % bytes.length] = byte
        const said = verdict(bytes)
        return codes.has(said) && verdict(bytes, bytes.length, () => false) === said
      }),
      { numRuns: 3000 },
    ),
  )
})

t.test('the factory model passes, and its hash is held against the one expected', async t => {
  const path = factoryModelPath()
  const header = await checkGguf(path)
  t.equal(header.metadata.get('general.architecture'), 'llama')
  t.ok(header.fileBytes <= 16 * 1024 * 1024, 'at most 16 MB')
  t.equal(header.needsBytes, header.fileBytes)
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
  await t.resolves(checkGguf(path, { sha256 }))
  await t.rejects(checkGguf(path, { sha256: '0'.repeat(64) }), { code: 'hash_mismatch' })
})

t.test('a copy that was cut short is refused with what is missing', async t => {
  const bytes = readFileSync(factoryModelPath())
  const path = join(t.testdir({}), 'cut.gguf')
  writeFileSync(path, bytes.subarray(0, bytes.length - 4096))
  await t.rejects(checkGguf(path), {
    code: 'gguf_truncated',
    message: /cut short in its tensor "/,
    remedy: String,
  })
  for (const length of [30, 5_000, 60_000]) {
    writeFileSync(path, bytes.subarray(0, length))
    await t.rejects(checkGguf(path), {
      code: 'gguf_truncated',
      message: /cut short in its (header|metadata)/,
    })
  }
  await t.rejects(checkGguf(join(t.testdirName, 'none.gguf')), { code: 'model_not_found' })
})
