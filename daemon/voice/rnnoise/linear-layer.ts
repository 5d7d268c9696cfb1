/**
 * One layer of RNNoise's network, written for processors that take four or eight numbers at once. The function of the same
 * name in the package is compiled without them and takes nine tenths of its time. The result is the same, bit for bit: sums
 * of 8-bit weights stay below 2^24 and are exact in whatever order, and where weights are floats the order is kept.
 * @source xiph/rnnoise 0.2, src/nnet_arch.h `compute_linear` and src/vec.h `sparse_cgemv8x4`, `cgemv8x4`, `sgemv`
 */
import { type Body, type Code, op } from './wasm-code.js'

/** Where things lie in RNNoise's `LinearLayer`, bytes; pointers are 0 where a layer lacks something. */
const BIAS = 0
const WEIGHTS = 8
const FLOAT_WEIGHTS = 12
const WEIGHTS_INDEX = 16
const DIAGONAL = 20
const SCALE = 24
const INPUTS = 28
const OUTPUTS = 32

/** Inputs of 16 bits lie on the stack of the module; RNNoise has at most 2,048 of them. */
const SCRATCH = 4096
const { get, set, block, loop, brIf, i32, f32, f64, v128 } = op

/** Parameters, then locals. */
const LAYER = 0
const OUT = 1
const IN = 2
const ROWS = 3
const COLUMNS = 4
const W = 5
const INDEX = 6
const X = 7
const ROW = 8
const LEFT = 9
const P = 10
const Q = 11
const SUM = 12
const A = 13

const field = (offset: number): Code => [get(LAYER), i32.load(offset)]
const plus = (local: number, bytes: number): Code => [get(local), i32.const(bytes), i32.add, set(local)]
/** local += 4 * other */
const plusFour = (local: number, other: number): Code => [
  get(local),
  get(other),
  i32.const(2),
  i32.shl,
  i32.add,
  set(local),
]
const minusOne = (local: number): Code => [get(local), i32.const(1), i32.sub, set(local)]
/** Does something as often as a local says, which ends at 0. */
const times = (local: number, ...body: Code): Code =>
  block(get(local), i32.eqz, brIf(0), loop(body, minusOne(local), get(local), brIf(0)))

/** `count` = a local divided by a power of two. */
const share = (count: number, of: number, shift: number): Code => [
  get(of),
  i32.const(shift),
  i32.shrU,
  set(count),
]

/** out[row] = sum over columns of w[column][row] * in[column], each row summed in the order of the columns. */
const floatRows: Code = [
  field(WEIGHTS_INDEX),
  op.if(op.unreachable),
  get(OUT),
  set(X),
  share(ROW, ROWS, 2),
  times(
    ROW,
    v128.zero,
    set(A),
    [get(W), set(P), get(IN), set(Q), get(COLUMNS), set(LEFT)],
    times(
      LEFT,
      [get(P), v128.load(0), get(Q), v128.load32Splat(0), v128.mulF32, get(A), v128.addF32, set(A)],
      plusFour(P, ROWS),
      plus(Q, 4),
    ),
    [get(X), get(A), v128.store(0)],
    plus(X, 16),
    plus(W, 16),
  ),
  [get(ROWS), i32.const(3), i32.and, set(ROW)],
  times(
    ROW,
    f32.const(0),
    set(SUM),
    [get(W), set(P), get(IN), set(Q), get(COLUMNS), set(LEFT)],
    times(
      LEFT,
      [get(P), f32.load(0), get(Q), f32.load(0), f32.mul, get(SUM), f32.add, set(SUM)],
      plusFour(P, ROWS),
      plus(Q, 4),
    ),
    [get(X), get(SUM), f32.store(0)],
    plus(X, 4),
    plus(W, 4),
  ),
]

/** Inputs from -1 to 1 as whole numbers from -127 to 127, halves rounded up, as RNNoise does it. */
const quantize: Code = [
  [get(X), set(P), get(IN), set(Q), get(COLUMNS), set(LEFT)],
  times(
    LEFT,
    get(P),
    [get(Q), f32.load(0), f32.const(127), f32.mul, f64.promoteF32, f64.const(0.5), f64.add, f64.floor],
    [i32.truncSatF64s, i32.extend8s],
    i32.store16(0),
    plus(P, 2),
    plus(Q, 4),
  ),
]

/** Eight rows, four columns: 32 weights in a row, those of one row beside one another. Inputs are at Q. */
const blockOfWeights: Code = [
  [0, 1, 2, 3].map(n => [
    [get(W), v128.load8x8s(8 * n), get(Q), v128.load64Splat(0), v128.dotI16],
    [get(A + n), v128.addI32, set(A + n)],
  ]),
  plus(W, 32),
]

/** Four rows: their halves put together, as floats, times their scale. */
const rowsOut = (first: number, offset: number): Code => [
  get(OUT),
  [get(A + first), get(A + first + 1), v128.shuffle32(0, 2, 4, 6)],
  [get(A + first), get(A + first + 1), v128.shuffle32(1, 3, 5, 7)],
  [v128.addI32, v128.fromI32, get(P), v128.load(offset), v128.mulF32],
  v128.store(offset),
]

const wholeRows: Code = [
  quantize,
  [field(WEIGHTS_INDEX), set(INDEX)],
  [field(SCALE), set(P)],
  share(ROW, ROWS, 3),
  times(
    ROW,
    [0, 1, 2, 3].map(n => [v128.zero, set(A + n)]),
    get(INDEX),
    op.if(
      [
        [get(INDEX), i32.load(0), set(LEFT)],
        plus(INDEX, 4),
        times(
          LEFT,
          [get(INDEX), i32.load(0), i32.const(1), i32.shl, get(X), i32.add, set(Q)],
          plus(INDEX, 4),
          blockOfWeights,
        ),
      ],
      [[get(X), set(Q)], share(LEFT, COLUMNS, 2), times(LEFT, blockOfWeights, plus(Q, 8))],
    ),
    rowsOut(0, 0),
    rowsOut(2, 16),
    plus(OUT, 32),
    plus(P, 32),
  ),
  // back to the first row
  [get(OUT), get(ROWS), i32.const(2), i32.shl, i32.sub, set(OUT)],
]

/** out += bias */
const addBias: Code = block(
  [field(BIAS), set(P), get(P), i32.eqz, brIf(0)],
  [get(OUT), set(Q)],
  share(LEFT, ROWS, 2),
  times(
    LEFT,
    [get(Q), get(P), v128.load(0), get(Q), v128.load(0), v128.addF32, v128.store(0)],
    plus(P, 16),
    plus(Q, 16),
  ),
  [get(ROWS), i32.const(3), i32.and, set(LEFT)],
  times(
    LEFT,
    [get(Q), get(P), f32.load(0), get(Q), f32.load(0), f32.add, f32.store(0)],
    plus(P, 4),
    plus(Q, 4),
  ),
)

/** out[i], out[i + columns], out[i + 2 columns] += diagonal of the same place * in[i]: the three gates of a recurrent layer. */
const addDiagonal: Code = block(
  [field(DIAGONAL), set(P), get(P), i32.eqz, brIf(0)],
  [get(OUT), set(Q), i32.const(3), set(ROW)],
  times(
    ROW,
    [get(IN), set(X)],
    share(LEFT, COLUMNS, 2),
    times(
      LEFT,
      [get(Q), get(P), v128.load(0), get(X), v128.load(0), v128.mulF32, get(Q), v128.load(0)],
      [v128.addF32, v128.store(0)],
      plus(P, 16),
      plus(Q, 16),
      plus(X, 16),
    ),
  ),
)

/**
 * The body of `compute_linear(layer, out, in)`. Layers of 8-bit weights have inputs in fours and outputs in eights.
 * @param stackPointer number of the module's global of that name
 */
export const linearLayer = (stackPointer: number): Body => ({
  locals: [
    [SUM - ROWS, 'i32'],
    [1, 'f32'],
    [4, 'v128'],
  ],
  code: [
    [op.globalGet(stackPointer), i32.const(SCRATCH), i32.sub, op.globalSet(stackPointer)],
    [field(OUTPUTS), set(ROWS), field(INPUTS), set(COLUMNS)],
    [field(FLOAT_WEIGHTS), set(W), get(W)],
    op.if(floatRows, [[field(WEIGHTS), set(W), op.globalGet(stackPointer), set(X)], wholeRows]),
    addBias,
    addDiagonal,
    [op.globalGet(stackPointer), i32.const(SCRATCH), i32.add, op.globalSet(stackPointer)],
  ],
})
