/**
 * As much of an assembler for WebAssembly as one function needs, and the replacement of one function's body in a module.
 * Nothing else of the module moves: its functions keep their numbers, its data its place.
 * @source WebAssembly Core Specification 2.0, chapter 5 (binary format)
 */

/** Instructions: bytes, nested as they were put together. */
export type Code = readonly (number | Code)[]

/** A function's body: how many locals of each type follow its parameters, and what it does. */
export interface Body {
  readonly locals: readonly (readonly [count: number, type: 'i32' | 'f32' | 'v128'])[]
  readonly code: Code
}

const TYPE = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const
const CODE_SECTION = 10
const IMPORT_SECTION = 2
const MAGIC = 8
const END = 0x0b
const NO_RESULT = 0x40

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; ) {
    const byte = rest & 0x7f
    rest >>>= 7
    if (rest === 0) return [...bytes, byte]
    bytes.push(byte | 0x80)
  }
}

/** Signed LEB128. */
function signed(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; ) {
    const byte = rest & 0x7f
    rest >>= 7
    if ((rest === 0 && !(byte & 0x40)) || (rest === -1 && byte & 0x40)) return [...bytes, byte]
    bytes.push(byte | 0x80)
  }
}

const floatBytes = (value: number, bytes: 4 | 8): number[] => {
  const view = new DataView(new ArrayBuffer(bytes))
  if (bytes === 4) view.setFloat32(0, value, true)
  else view.setFloat64(0, value, true)
  return [...new Uint8Array(view.buffer)]
}

/** Alignment hint 0: promises nothing, and costs nothing on the processors that matter. */
const at = (code: Code) => (offset: number) => [code, 0, unsigned(offset)]
const simd = (code: number) => [0xfd, unsigned(code)]

/** Instructions by their names in the specification, with `.` and `_` as they are spoken. */
export const op = {
  get: (local: number) => [0x20, unsigned(local)],
  set: (local: number) => [0x21, unsigned(local)],
  globalGet: (global: number) => [0x23, unsigned(global)],
  globalSet: (global: number) => [0x24, unsigned(global)],
  block: (...code: Code) => [0x02, NO_RESULT, code, END],
  loop: (...code: Code) => [0x03, NO_RESULT, code, END],
  if: (then: Code, otherwise: Code = []) => [
    0x04,
    NO_RESULT,
    then,
    otherwise.length > 0 ? [0x05, otherwise] : [],
    END,
  ],
  brIf: (depth: number) => [0x0d, unsigned(depth)],
  unreachable: [0x00],
  i32: {
    const: (value: number) => [0x41, signed(value)],
    load: at([0x28]),
    store16: at([0x3b]),
    eqz: [0x45],
    ltU: [0x49],
    add: [0x6a],
    sub: [0x6b],
    mul: [0x6c],
    and: [0x71],
    shl: [0x74],
    shrU: [0x76],
    extend8s: [0xc0],
    truncSatF64s: [0xfc, 0x02],
  },
  f32: {
    const: (value: number) => [0x43, floatBytes(value, 4)],
    load: at([0x2a]),
    store: at([0x38]),
    add: [0x92],
    mul: [0x94],
  },
  f64: {
    const: (value: number) => [0x44, floatBytes(value, 8)],
    add: [0xa0],
    floor: [0x9c],
    promoteF32: [0xbb],
  },
  v128: {
    load: at(simd(0x00)),
    load8x8s: at(simd(0x01)),
    load32Splat: at(simd(0x09)),
    load64Splat: at(simd(0x0a)),
    store: at(simd(0x0b)),
    zero: [simd(0x0c), Array<number>(16).fill(0)],
    /** Which four 32-bit lanes, of the first operand (0 to 3) and the second (4 to 7). */
    shuffle32: (...lanes: [number, number, number, number]) => [
      simd(0x0d),
      lanes.flatMap(lane => [4 * lane, 4 * lane + 1, 4 * lane + 2, 4 * lane + 3]),
    ],
    dotI16: simd(0xba),
    addI32: simd(0xae),
    addF32: simd(0xe4),
    mulF32: simd(0xe6),
    fromI32: simd(0xfa),
  },
} as const

/**
 * The module with another body for one of its functions.
 * @param index of the function, imported ones counted, as tools show it
 * @throws Error for what is no module, or has no such function
 */
export function replaceFunction(
  module: Uint8Array,
  index: number,
  { locals, code }: Body,
): Uint8Array<ArrayBuffer> {
  const body = [
    ...unsigned(locals.length),
    ...locals.flatMap(([count, type]) => [...unsigned(count), TYPE[type]]),
    ...flat(code),
    END,
  ]
  const sections = sectionsOf(module)
  const imported = sections.find(({ id }) => id === IMPORT_SECTION)
  const section = sections.find(({ id }) => id === CODE_SECTION)
  if (!section) throw new Error('the module has no code')
  const reader = new Reader(module, section.start)
  const count = reader.unsigned()
  const wanted = index - (imported ? new Reader(module, imported.start).unsigned() : 0)
  if (!(wanted >= 0 && wanted < count)) throw new Error(`the module has no function ${index} of its own`)
  for (let n = 0; n < wanted; n++) reader.skip(reader.unsigned())
  const from = reader.at
  reader.skip(reader.unsigned())
  const parts = [
    module.subarray(section.start, from),
    Uint8Array.from([...unsigned(body.length), ...body]),
    module.subarray(reader.at, section.end),
  ]
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return joined([
    module.subarray(0, section.head),
    Uint8Array.from([CODE_SECTION, ...unsigned(length)]),
    ...parts,
    module.subarray(section.end),
  ])
}

interface Section {
  id: number
  /** Of its number, of its content, and behind it. */
  head: number
  start: number
  end: number
}

function sectionsOf(module: Uint8Array): Section[] {
  const sections: Section[] = []
  const reader = new Reader(module, MAGIC)
  while (reader.at < module.length) {
    const head = reader.at
    const id = reader.unsigned()
    const length = reader.unsigned()
    const start = reader.at
    reader.skip(length)
    sections.push({ id, head, start, end: reader.at })
  }
  return sections
}

class Reader {
  at: number
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  unsigned(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes[this.at++]
      if (byte === undefined) throw new Error('the module is cut off')
      value |= (byte & 0x7f) << shift
      if (!(byte & 0x80)) return value >>> 0
    }
    throw new Error('a number in the module has no end')
  }

  skip(bytes: number): void {
    this.at += bytes
    if (this.at > this.#bytes.length) throw new Error('the module is cut off')
  }
}

function flat(code: Code): number[] {
  return code.flatMap(part => (typeof part === 'number' ? [part] : flat(part)))
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
