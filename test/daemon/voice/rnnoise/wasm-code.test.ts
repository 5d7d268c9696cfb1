import fc from 'fast-check'
import t from 'tap'
import { op, replaceFunction, unsigned } from '../../../../daemon/voice/rnnoise/wasm-code.js'

const { get, set, block, loop, brIf, i32 } = op

/** `add(a, b)`, imported `log` before it and `twice(a)` behind it, by hand as the specification writes it. */
const MODULE = Uint8Array.from(
  [
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    // types: (i32 i32) -> i32, (i32) -> i32
    [1, 12, 2, 0x60, 2, 0x7f, 0x7f, 1, 0x7f, 0x60, 1, 0x7f, 1, 0x7f],
    [2, 9, 1, 3, 0x65, 0x6e, 0x76, 1, 0x6c, 0, 1],
    [3, 3, 2, 0, 1],
    [7, 13, 2, 3, 0x61, 0x64, 0x64, 0, 1, 3, 0x74, 0x77, 0x6f, 0, 2],
    [10, 17, 2, 7, 0, 0x20, 0, 0x20, 1, 0x6a, 0x0b, 7, 0, 0x20, 0, 0x20, 0, 0x6a, 0x0b],
  ].flat(),
)

interface Wasm {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, imports: object) => { exports: Record<string, (...n: number[]) => number> }
}
const { Module, Instance } = (globalThis as unknown as { WebAssembly: Wasm }).WebAssembly
const run = (bytes: Uint8Array) => new Instance(new Module(bytes), { env: { l: (x: number) => x } }).exports

t.test('another body takes the place of one function, and the others stay', async t => {
  const { add, two } = run(MODULE)
  t.strictSame([add!(2, 3), two!(4)], [5, 8])
  // a * b by adding
  const times = replaceFunction(MODULE, 1, {
    locals: [[1, 'i32']],
    code: [
      block(
        [get(1), i32.eqz, brIf(0)],
        loop([get(2), get(0), i32.add, set(2)], [get(1), i32.const(-1), i32.add, set(1), get(1), brIf(0)]),
      ),
      get(2),
    ],
  })
  const other = run(times)
  t.strictSame([other.add!(7, 6), other.add!(7, 0), other.two!(4)], [42, 0, 8])
})

t.test('numbers of any size are written as the engine reads them', async () => {
  fc.assert(
    fc.property(fc.integer(), value => {
      const module = replaceFunction(MODULE, 1, { locals: [], code: [i32.const(value)] })
      return run(module).add!(0, 0) === value
    }),
  )
})

t.test('what is no module, or has no such function, is told', async t => {
  t.throws(() => replaceFunction(MODULE, 0, { locals: [], code: [] }), /no function 0 of its own/)
  t.throws(() => replaceFunction(MODULE, 3, { locals: [], code: [] }), /no function 3 of its own/)
  t.throws(() => replaceFunction(MODULE.subarray(0, 8), 1, { locals: [], code: [] }), /no code/)
  fc.assert(
    fc.property(fc.integer({ min: 9, max: MODULE.length - 1 }), end => {
      try {
        replaceFunction(MODULE.subarray(0, end), 1, { locals: [], code: [] })
        // only where a section ends just there
        return end === MODULE.length
      } catch (error) {
        return error instanceof Error
      }
    }),
  )
  t.strictSame(unsigned(624_485), [0xe5, 0x8e, 0x26])
})
