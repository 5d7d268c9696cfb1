/**
 * Writes a GGUF of a catalog model's shape with random weights: loads, runs and takes as long as the real one; what it
 * says means nothing.
 *
 *   node dist/scripts/bench/shape-gguf.js --model smollm2-135m --quantization q4_0 --out model.gguf
 *       [--context 8192] [--seed 1]
 */
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { shippedProfiles } from '../../daemon/board/board.js'
import { writeRandomGguf } from '../../daemon/inference/random-gguf.js'
import type { ModelProfile, ModelShape } from '../../device-profiles/schema.js'
import {
  QUANTIZATIONS,
  SIZED_ARCHITECTURES,
  type SizedArchitecture,
  type SizedQuantization,
  type SizedShape,
} from '../../device-profiles/sizes.js'

export interface ShapeGguf {
  /** Must not be there yet. */
  path: string
  architecture: SizedArchitecture
  shape: Omit<ModelShape, 'source'>
  quantization: SizedQuantization
  /** What the file says it was trained for. */
  contextTokens: number
  /** The same seed writes the same file. 1 to 2147483646. */
  seed?: number
  signal?: AbortSignal
}

/**
 * Streams the file; a torso is removed when it fails.
 * @returns bytes of the file, and how many weights it has
 * @throws the system's own error (EEXIST, ENOSPC), or the signal's reason
 */
export function writeShapeGguf({
  shape,
  architecture,
  signal,
  ...rest
}: ShapeGguf): Promise<{ bytes: number; parameters: number }> {
  return writeRandomGguf({ ...rest, shape: { ...shape, architecture } }, signal)
}

/** A catalog model's shape with its architecture. @returns undefined for an architecture whose tensors we do not know */
export function sizedShapeOf({ shape, architecture }: ModelProfile): SizedShape | undefined {
  const known = SIZED_ARCHITECTURES.find(name => name === architecture)
  return known && { ...shape, architecture: known }
}

/** @throws Error naming what may be given instead */
async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      model: { type: 'string' },
      quantization: { type: 'string', default: 'q4_0' },
      out: { type: 'string' },
      context: { type: 'string' },
      seed: { type: 'string', default: '1' },
    },
  })
  const { models } = shippedProfiles()
  const model = models.find(m => m.name === values.model)
  if (!model) throw new Error(`--model is one of ${models.map(m => m.name).join(', ')}`)
  const names = Object.keys(QUANTIZATIONS) as SizedQuantization[]
  const quantization = names.find(name => name === values.quantization)
  if (!quantization) throw new Error(`--quantization is one of ${names.join(', ')}`)
  if (!values.out) throw new Error('--out is the file to write')
  const sized = sizedShapeOf(model)
  if (!sized) throw new Error(`the tensors of ${model.architecture} are not known (device-profiles/sizes.ts)`)
  const contextTokens = Number(values.context ?? model.context_tokens.most)
  const seed = Number(values.seed)
  if (!Number.isInteger(contextTokens) || contextTokens < 1)
    throw new Error('--context is a number of tokens')
  if (!Number.isInteger(seed) || seed < 1 || seed > 2_147_483_646)
    throw new Error('--seed is a whole number from 1 to 2147483646')
  const { bytes, parameters } = await writeShapeGguf({
    path: values.out,
    architecture: sized.architecture,
    shape: sized,
    quantization,
    contextTokens,
    seed,
  })
  process.stdout.write(
    `${values.out}: ${(bytes / 1e6).toFixed(1)} MB, ${(parameters / 1e6).toFixed(1)} million random weights\n`,
  )
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  await main(process.argv.slice(2))
