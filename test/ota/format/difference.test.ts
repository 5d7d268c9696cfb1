import fc from 'fast-check'
import t from 'tap'
import { GGML_BLOCKS } from '../../../daemon/base/gguf.js'
import { BLOCK_LAYOUTS, emptyBlock, halfToNumber } from '../../../ota/format/blocks.js'
import { CopyEncoder, decodeCopies } from '../../../ota/format/copies.js'
import { decodeDifference as decodeInto, encodeDifference } from '../../../ota/format/difference.js'
import { pack, unpack } from '../../../ota/format/pack.js'

/** What is there already must not matter. */
function decodeDifference(type: number, old: Uint8Array, body: Uint8Array, length: number): Uint8Array {
  const next = new Uint8Array(length).fill(0xa5)
  decodeInto(type, old, body, next)
  return next
}

const RUNS = { numRuns: 60 }
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const types = Object.keys(GGML_BLOCKS).map(Number)

t.test('any bytes of a block come together again as they were', async _t => {
  for (const layout of Object.values(BLOCK_LAYOUTS))
    fc.assert(
      fc.property(bytes(layout.bytes), original => {
        const block = emptyBlock(layout)
        layout.unpack(original, 0, block)
        const back = new Uint8Array(layout.bytes)
        layout.pack(block, back, 0)
        return Buffer.compare(original, back) === 0
      }),
      RUNS,
    )
})

t.test('halves are the numbers they stand for', async t => {
  for (const [bits, number] of [
    [0x0000, 0],
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x0001, 2 ** -24],
    [0x3555, 0.333251953125],
    [0xfc00, Number.NEGATIVE_INFINITY],
    [0x7e00, Number.NaN],
  ] as const)
    t.ok(Object.is(halfToNumber(bits), number), bits.toString(16))
})

t.test('a difference restores any bytes of any type, whatever it is told against', async _t => {
  for (const type of types) {
    const block = GGML_BLOCKS[type]![1]
    const some = fc.nat({ max: 5 * block + 3 }).chain(bytes)
    fc.assert(
      fc.property(some, some, (old, next) => {
        const body = encodeDifference(type, old, next)
        const back = decodeDifference(type, old, body, next.length)
        return Buffer.compare(next, back) === 0
      }),
      RUNS,
    )
  }
})

t.test('scales that are zero, endless or no numbers do no harm', async _t => {
  const odd = fc.constantFrom(0x00, 0x7c, 0xfc, 0x7e, 0xff, 0x80)
  for (const [type, { bytes: length }] of Object.entries(BLOCK_LAYOUTS))
    fc.assert(
      fc.property(
        fc.array(odd, { minLength: 2 * length, maxLength: 2 * length }),
        fc.array(odd, { minLength: 2 * length, maxLength: 2 * length }),
        (old, next) => {
          const body = encodeDifference(Number(type), Uint8Array.from(old), Uint8Array.from(next))
          const back = decodeDifference(Number(type), Uint8Array.from(old), body, next.length)
          return Buffer.compare(Uint8Array.from(next), back) === 0
        },
      ),
      RUNS,
    )
})

t.test('what did not change costs next to nothing', async t => {
  for (const type of types) {
    const old = Uint8Array.from({ length: GGML_BLOCKS[type]![1] * 200 }, (_, i) => (i * 7919) >> 5)
    t.ok((await pack(encodeDifference(type, old, old), 'small')).length < 64, `type ${type}`)
  }
})

t.test('a weight that keeps its value while the scale of its block moves costs nothing', async t => {
  // Q8_0: all scales doubled, all quants halved
  const old = new Uint8Array(34 * 1000)
  const next = new Uint8Array(34 * 1000)
  for (let at = 0; at < old.length; at += 34) {
    old.set([0x00, 0x3c], at)
    next.set([0x00, 0x40], at)
    for (let i = 0; i < 32; i++) {
      const half = ((at * 31 + i * 37) % 120) - 60
      old[at + 2 + i] = half * 2
      next[at + 2 + i] = half
    }
  }
  t.ok((await pack(encodeDifference(8, old, next), 'small')).length < 100)
})

t.test('any body is refused or makes bytes of the right length, in bounded memory', async t => {
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    // a whole body with some bytes changed
    fc
      .tuple(bytes(180), bytes(180), fc.nat({ max: 1000 }), fc.nat({ max: 255 }))
      .map(([old, next, at, value]) => {
        const real = encodeDifference(2, old, next)
        real[at % real.length] = value
        return real
      }),
  )
  let refused = 0
  fc.assert(
    fc.property(body, bytes(180), (body, old) => {
      try {
        return decodeDifference(2, old, body, 180).length === 180
      } catch (error) {
        refused++
        return (error as { code?: string }).code === 'delta_piece_broken'
      }
    }),
    { numRuns: 500 },
  )
  t.ok(refused > 0)
})

t.test('copies restore what they were made from', async _t => {
  const word = fc.constantFrom('{{ message }}', 'token', ' and so on ', 'x', '0123456789abcdef', '\n')
  const text = fc.array(word, { maxLength: 60 }).map(words => Buffer.from(words.join('')))
  await fc.assert(
    fc.asyncProperty(text, text, async (old, next) => {
      const body = new CopyEncoder(old).encode(next)
      const read = async (at: number, length: number) => {
        if (at < 0 || at + length > old.length) throw new Error('read beyond the old bytes')
        return old.subarray(at, at + length)
      }
      const back = await decodeCopies(body, next.length, { length: old.length, read })
      return Buffer.compare(next, back) === 0
    }),
    { numRuns: 300 },
  )
})

t.test('copies that lie are refused, and never read beyond the old bytes', async t => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), fc.nat({ max: 200 }), async (body, length) => {
      const read = async (at: number, n: number) => {
        if (at < 0 || at + n > 100) throw new Error('read beyond the old bytes')
        return new Uint8Array(n)
      }
      try {
        return (await decodeCopies(body, length, { length: 100, read })).length === length
      } catch (error) {
        return (error as { code?: string }).code === 'delta_piece_broken'
      }
    }),
    { numRuns: 500 },
  )
  t.pass()
})

t.test('a bomb is not unpacked', async t => {
  const bomb = await pack(new Uint8Array(50_000_000), 'fast')
  t.ok(bomb.length < 5000)
  t.throws(() => unpack(bomb, 100_000), { code: 'delta_piece_broken' })
  t.throws(() => unpack(Buffer.from('no brotli at all'), 100_000), { code: 'delta_piece_broken' })
})
