/** Weights of the classifier of lines, made by hand: small, and as right or wrong as a test wants. */
import { FEATURES_VERSION, LINE_BUCKETS, PLAIN_BUCKETS } from '../../daemon/triage/classifier/features.js'
import {
  CATEGORIES,
  type Category,
  COMPONENTS,
  type Component,
  SEVERITIES,
  type Severity,
} from '../../daemon/triage/verdict.js'

const OUTPUTS = SEVERITIES.length + CATEGORIES.length + COMPONENTS.length + 1

export interface MadeWeights {
  /** What it makes of every line. Default: it has no opinion. */
  says?: { severity: Severity; category: Category; component: Component }
  /** Changes what the file says of itself. */
  header?: Record<string, unknown>
  /** Of each of the numbers that are no bytes, in the order of the file. Default 0. */
  numbers?: (index: number) => number
}

/** How many numbers of 32 bits a made file has, its last biases among them. */
export const NUMBERS = LINE_BUCKETS + 2 * PLAIN_BUCKETS + 2 + 1 + 2 * OUTPUTS + OUTPUTS

/** Weights of one column and one hidden unit, 0.5 MB. */
export function madeWeights({ says, header = {}, numbers = () => 0 }: MadeWeights = {}): Buffer {
  const [width, hidden] = [1, 1]
  const text = JSON.stringify({
    version: FEATURES_VERSION,
    width,
    hidden,
    words_count: 3,
    line_buckets: LINE_BUCKETS,
    plain_buckets: PLAIN_BUCKETS,
    outputs: OUTPUTS,
    severity: SEVERITIES,
    category: CATEGORIES,
    component: COMPONENTS,
    ...header,
  })
  const begin = Buffer.alloc(8)
  begin.write('FMLC', 'latin1')
  begin.writeUInt32LE(Buffer.byteLength(text), 4)
  let index = 0
  const floats = (count: number) => {
    const bytes = Buffer.alloc(count * 4)
    for (let i = 0; i < count; i++) bytes.writeFloatLE(numbers(index++), i * 4)
    return bytes
  }
  const table = (buckets: number, columns: number) => [floats(buckets), Buffer.alloc(buckets * columns)]
  const layers = [
    ...[floats(2 * width * hidden), floats(hidden)],
    ...[floats((hidden + width) * OUTPUTS), floats(OUTPUTS)],
  ]
  if (says) {
    const bias = layers.at(-1)!
    const at = [
      SEVERITIES.indexOf(says.severity),
      SEVERITIES.length + CATEGORIES.indexOf(says.category),
      SEVERITIES.length + CATEGORIES.length + COMPONENTS.indexOf(says.component),
    ]
    for (const output of at) bias.writeFloatLE(9, output * 4)
  }
  return Buffer.concat([
    begin,
    Buffer.from(text),
    ...table(LINE_BUCKETS, width),
    ...table(PLAIN_BUCKETS, width),
    ...table(PLAIN_BUCKETS, OUTPUTS),
    ...layers,
  ])
}
