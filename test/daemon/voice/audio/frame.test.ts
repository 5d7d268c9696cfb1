import fc from 'fast-check'
import t from 'tap'
import { plainSamples, shapeOf } from '../../../../daemon/voice/audio/frame.js'
import { encodeWav } from '../../../../daemon/voice/audio/wav.js'

const samples = fc
  .array(fc.integer({ min: -32_768, max: 32_767 }), { maxLength: 600 })
  .map(a => Int16Array.from(a))

t.test('a frame in our own form comes back sample for sample, wherever it lies', async t => {
  fc.assert(
    fc.property(samples, fc.nat(7), (given, offset) => {
      const wav = encodeWav(given)
      const buffer = Buffer.alloc(wav.length + offset)
      buffer.set(wav, offset)
      const bytes = buffer.subarray(offset)
      const shape = shapeOf(bytes)!
      t.strictSame(plainSamples(bytes, shape), given)
      t.ok(Math.abs(shape.ms - given.length / 16) < 1e-6)
      buffer.fill(0)
    }),
    { numRuns: 200 },
  )
})

t.test('chunks of other kinds are stepped over, and a length is a claim', async t => {
  const wav = Buffer.from(encodeWav(new Int16Array(480).fill(7)))
  const time = Buffer.from('time\u0008\u0000\u0000\u000012345678', 'latin1')
  const withTime = Buffer.concat([wav.subarray(0, 36), time, wav.subarray(36)])
  t.equal(plainSamples(withTime, shapeOf(withTime)!)?.length, 480)
  const claims = Buffer.from(wav)
  claims.writeUInt32LE(0xffffffff, 40)
  t.equal(shapeOf(claims)?.ms, 30)
  t.equal(plainSamples(claims, shapeOf(claims)!)?.length, 480)
  const fast = Buffer.from(wav)
  fast.writeUInt32LE(48_000, 24)
  t.match(shapeOf(fast), { rate: 48_000, ms: 10 })
  t.equal(plainSamples(fast, shapeOf(fast)!), undefined, 'to be converted')
})

t.test('what is no frame is none', async t => {
  const wav = encodeWav(new Int16Array(48))
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.array(fc.tuple(fc.nat(wav.length - 1), fc.nat(255)), { maxLength: 8 }).map(edits => {
          const bytes = Uint8Array.from(wav)
          for (const [at, value] of edits) bytes[at] = value
          return bytes
        }),
        fc.nat(wav.length).map(length => wav.subarray(0, length)),
      ),
      bytes => {
        const shape = shapeOf(bytes)
        if (!shape) return
        t.ok(Number.isFinite(shape.ms) && shape.ms >= 0)
        const read = plainSamples(bytes, shape)
        if (read) t.ok(read.length * 2 <= bytes.length)
      },
    ),
    { numRuns: 1_000 },
  )
})
