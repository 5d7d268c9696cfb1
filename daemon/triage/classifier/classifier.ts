/**
 * A small classifier of lines: vectors of what stands in a line, averaged, through one linear layer, plus what plain code
 * says; probabilities of severity, category and component come out. Trained by `scripts/train/classifier.py`, some tens of
 * microseconds a line, no native code. Pure but for reading its file.
 */
import { readFileSync, statSync } from 'node:fs'
import { describe } from '../../base/errors.js'
import { packageFile } from '../../base/package-root.js'
import { parse, z } from '../../base/schema.js'
import { errors } from '../errors.js'
import {
  CATEGORIES,
  type Category,
  COMPONENTS,
  type Component,
  SEVERITIES,
  type Severity,
} from '../verdict.js'
import { FEATURES_VERSION, LINE_BUCKETS, PLAIN_BUCKETS } from './features.js'

/** Weights that training finds lie below 10. Within this no sum of theirs leaves what 32 bits can hold. */
const MOST_WEIGHT = 1e4
/** The one that ships has 2.6 MB. */
const MOST_BYTES = 64 * 1024 * 1024

/** What the file says of itself: names in the order of its outputs. */
const Header = z.object({
  version: z.literal(FEATURES_VERSION),
  width: z.number().int().min(1).max(4096),
  hidden: z.number().int().min(1).max(4096),
  /** Version of the package whose code made the features that it was trained on; older files do not say. */
  made_for: z.string().max(60).optional(),
  words_count: z.number().positive().max(MOST_WEIGHT),
  line_buckets: z.literal(LINE_BUCKETS),
  plain_buckets: z.literal(PLAIN_BUCKETS),
  outputs: z.literal(SEVERITIES.length + CATEGORIES.length + COMPONENTS.length + 1),
  severity: z.tuple(SEVERITIES.map(name => z.literal(name)) as [z.ZodLiteral<Severity>]),
  category: z.tuple(CATEGORIES.map(name => z.literal(name)) as [z.ZodLiteral<Category>]),
  component: z.tuple(COMPONENTS.map(name => z.literal(name)) as [z.ZodLiteral<Component>]),
})
const MAGIC = 'FMLC'

/** Probabilities; those of a kind add up to one. */
export interface Classes {
  severity: Record<Severity, number>
  category: Record<Category, number>
  component: Record<Component, number>
  /** That there is work to plan, of an advisory. */
  human: number
}

/** Rows of whole numbers, each behind its scale: what is quantized is a quarter of its size, and a row is fetched at once. */
interface Table {
  bytes: Int8Array
  /** The same bytes. */
  scales: Float32Array
  /** Bytes of a row and its scale, a multiple of four. */
  stride: number
}
const SCALE_BYTES = 4

/** Weights by output, then by input. */
interface Layer {
  inputs: number
  weights: Float32Array
  bias: Float32Array
}

/** The weights that ship. */
export const shippedWeights = (): string => packageFile('daemon', 'triage', 'classifier', 'weights.bin')

/** A file that may hold weights; whether it does is for `Classifier` to say. @throws classifier_broken */
export function readWeights(path: string): Uint8Array {
  let problem: string
  try {
    const { size } = statSync(path)
    if (size <= MOST_BYTES) return readFileSync(path)
    problem = `it has ${size} bytes, ${MOST_BYTES} are allowed`
  } catch (error) {
    throw errors.classifier_broken({ path, problem: describe(error) }, error)
  }
  throw errors.classifier_broken({ path, problem })
}

export class Classifier {
  /** Version of the package that it was trained for, where the file says it. */
  readonly madeFor: string | undefined
  readonly #width: number
  readonly #line: Table
  readonly #plain: Table
  /** From what plain code says straight to the scores. */
  readonly #direct: Table
  readonly #hidden: Layer
  readonly #out: Layer
  readonly #wordsCount: number

  /** @throws classifier_broken */
  constructor(bytes: Uint8Array, path = 'the classifier') {
    const broken = (problem: string, cause?: unknown) => errors.classifier_broken({ path, problem }, cause)
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (view.length < 8 || view.toString('latin1', 0, 4) !== MAGIC) throw broken('it does not begin as one')
    const begin = 8 + view.readUInt32LE(4)
    if (begin > view.length) throw broken('it ends within its header')
    let header: z.output<typeof Header>
    try {
      header = parse(Header, JSON.parse(view.toString('utf8', 8, begin)), 'header of the classifier')
    } catch (error) {
      throw broken('its header is not what this version reads', error)
    }
    const { width, hidden, outputs } = header
    this.madeFor = header.made_for
    const floats = (count: number) => {
      const numbers = take(count * 4, at => new Float32Array(at))
      // NaN is not below anything
      if (!numbers.every(x => Math.abs(x) <= MOST_WEIGHT)) throw broken('some of its weights are no numbers')
      return numbers
    }
    const whole = (count: number) => take(count, at => new Int8Array(at))
    let at = begin
    // copied: what stands in a buffer of Node need not begin at a multiple of four
    const take = <T>(length: number, as: (buffer: ArrayBuffer) => T): T => {
      if (at + length > view.length) throw broken('it is cut short')
      const part = view.buffer.slice(view.byteOffset + at, view.byteOffset + at + length) as ArrayBuffer
      at += length
      return as(part)
    }
    this.#width = width
    const table = (count: number, columns: number) => tableOf(floats(count), whole(count * columns), columns)
    this.#line = table(LINE_BUCKETS, width)
    this.#plain = table(PLAIN_BUCKETS, width)
    this.#direct = table(PLAIN_BUCKETS, outputs)
    const layer = (inputs: number, count: number): Layer => ({
      inputs,
      weights: floats(inputs * count),
      bias: floats(count),
    })
    this.#hidden = layer(2 * width, hidden)
    this.#out = layer(hidden + width, outputs)
    this.#wordsCount = header.words_count
    if (at !== view.length) throw broken(`${view.length - at} bytes too many`)
  }

  /** The one that ships, or another. @throws classifier_broken */
  static read(path = shippedWeights()): Classifier {
    return new Classifier(readWeights(path), path)
  }

  /** @param line buckets of `lineFeatures`; @param plain those of `plainFeatures`, none where it is not to count */
  classify(line: readonly number[], plain: readonly number[]): Classes {
    const scores = this.#scores(line, plain)
    let at = 0
    const share = <Name extends string>(names: readonly Name[]): Record<Name, number> => {
      const own = softmax(scores.subarray(at, at + names.length))
      at += names.length
      return Object.fromEntries(names.map((name, i) => [name, own[i]!])) as Record<Name, number>
    }
    return {
      severity: share(SEVERITIES),
      category: share(CATEGORIES),
      component: share(COMPONENTS),
      human: 1 / (1 + Math.exp(-scores[at]!)),
    }
  }

  /** How much buckets of a line speak for an output on the straight way from words to scores; its place in the scores. */
  speaks(buckets: readonly number[], output: number): number {
    const width = this.#width
    const words = new Float32Array(width)
    add(this.#line, buckets, words, 1)
    const { inputs, weights } = this.#out
    const from = output * inputs + inputs - width
    let sum = 0
    for (let i = 0; i < width; i++) sum += words[i]! * weights[from + i]!
    return sum
  }

  #scores(line: readonly number[], plain: readonly number[]): Float32Array {
    const width = this.#width
    const words = new Float32Array(width)
    add(this.#line, line, words, 1 / Math.max(1, line.length))
    const seen = new Float32Array(2 * width)
    for (let i = 0; i < width; i++) seen[i] = words[i]! * this.#wordsCount
    add(this.#plain, plain, seen.subarray(width), 1)
    const hidden = through(this.#hidden, seen).map(x => Math.max(0, x))
    const last = new Float32Array(hidden.length + width)
    last.set(hidden)
    last.set(words, hidden.length)
    const scores = through(this.#out, last)
    add(this.#direct, plain, scores, 1)
    return scores
  }
}

function tableOf(scale: Float32Array, rows: Int8Array, columns: number): Table {
  const stride = SCALE_BYTES + columns + ((4 - (columns % 4)) % 4)
  const bytes = new Int8Array(scale.length * stride)
  const scales = new Float32Array(bytes.buffer)
  for (let row = 0; row < scale.length; row++) {
    scales[(row * stride) / 4] = scale[row]!
    bytes.set(rows.subarray(row * columns, (row + 1) * columns), row * stride + SCALE_BYTES)
  }
  return { bytes, scales, stride }
}

/** Adds rows of a table to a vector. */
function add(
  { bytes, scales, stride }: Table,
  buckets: readonly number[],
  to: Float32Array,
  times: number,
): void {
  const width = to.length
  for (const bucket of buckets) {
    const row = bucket * stride
    const own = scales[row >> 2]! * times
    // what training has never seen
    if (own === 0) continue
    for (let i = 0, at = row + SCALE_BYTES; i < width; i++, at++) to[i]! += bytes[at]! * own
  }
}

function through({ inputs, weights, bias }: Layer, from: Float32Array): Float32Array {
  const to = bias.slice()
  for (let o = 0; o < to.length; o++) {
    let sum = 0
    for (let i = 0, at = o * inputs; i < inputs; i++, at++) sum += weights[at]! * from[i]!
    to[o]! += sum
  }
  return to
}

function softmax(scores: Float32Array): number[] {
  const most = Math.max(...scores)
  const powers = Array.from(scores, score => Math.exp(score - most))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map(power => power / sum)
}
