/**
 * How fast this board reads and multiplies weights, found with files of random weights: what a model would do here that
 * nobody has fetched yet. Writes up to 130 MB at a time below the data folder, and removes it.
 */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { tensorsOf } from '../device-profiles/sizes.js'
import type { Sample, Work } from './board/rates.js'
import { PROMPT_TOKENS } from './board/rates.js'
import { measureModel } from './inference/measure.js'
import { type RandomShape, writeRandomGguf } from './inference/random-gguf.js'

/** Shapes that tell apart what an evaluation, a layer and a weight cost. The wide and the deep one outgrow caches. */
const SHAPES: readonly RandomShape[] = [
  shape({ layers: 2, embedding: 768, feed_forward: 2048, heads: 12, kv_heads: 4 }),
  shape({ layers: 2, embedding: 2048, feed_forward: 8192, heads: 32, kv_heads: 8 }),
  shape({ layers: 24, embedding: 768, feed_forward: 2048, heads: 12, kv_heads: 4 }),
]
const QUANTIZATIONS = ['q4_0', 'q8_0'] as const
const OUTPUT_TOKENS = 24

export interface ProbeMachineOptions {
  dataDir: string
  /** Thread counts, growing. */
  counts: readonly number[]
  /** For all files together; each is timed at least once. */
  seconds: number
  /** Files above this are left out: memory is short. MiB. */
  mostMib: number
  onProgress?: (what: string) => void
}

/**
 * @returns one sample a file and thread count
 * @throws model_load_failed, or the system's error when there is no room
 */
export async function probeMachine(options: ProbeMachineOptions, signal?: AbortSignal): Promise<Sample[]> {
  const folder = join(options.dataDir, 'board')
  await mkdir(folder, { recursive: true })
  const files = QUANTIZATIONS.flatMap(quantization =>
    SHAPES.map(s => ({ quantization, shape: s, work: workOfShape(s, quantization) })),
  ).filter(({ work }) => bytesOf(work) / 1048576 <= options.mostMib)
  const samples: Sample[] = []
  for (const { quantization, shape: s, work } of files) {
    signal?.throwIfAborted()
    options.onProgress?.(
      `measuring ${Math.round(bytesOf(work) / 1e6)} MB of random weights (${quantization}, ${s.layers} layers of ${s.embedding})`,
    )
    const path = join(folder, 'probe.gguf')
    await rm(path, { force: true })
    try {
      await writeRandomGguf({ path, shape: s, quantization, contextTokens: 512 }, signal)
      const { trials } = await measureModel(
        {
          path,
          contextTokens: 256,
          trial: {
            counts: options.counts,
            promptTokens: PROMPT_TOKENS,
            outputTokens: OUTPUT_TOKENS,
            budgetMs: (options.seconds * 1000) / files.length,
            exhaustive: true,
            energy: 'speed',
          },
        },
        signal,
      )
      for (const { threads, prefillTps, decodeTps } of trials)
        samples.push({ quantization, threads, work, prefillTps, decodeTps })
    } finally {
      await rm(path, { force: true })
    }
  }
  return samples
}

/** What a random-weight file costs a token. */
export function workOfShape(s: RandomShape, quantization: (typeof QUANTIZATIONS)[number]): Work {
  const tensors = tensorsOf(s, quantization)
  const weights = tensors.reduce((sum, t) => sum + t.shape.reduce((n, d) => n * d, 1), 0)
  const headWeights = s.vocabulary * s.embedding
  const bodyWeights = weights - headWeights * (s.tied_embeddings ? 1 : 2)
  return {
    layers: s.layers,
    bodyWeights,
    promptWeights: bodyWeights - 3 * s.embedding * s.feed_forward,
    headWeights,
    bytesPerWeight: tensors.reduce((sum, t) => sum + t.bytes, 0) / weights,
    cacheBytes: 0,
  }
}

const bytesOf = (work: Work) => (work.bodyWeights + work.headWeights) * work.bytesPerWeight

function shape(
  s: Pick<RandomShape, 'layers' | 'embedding' | 'feed_forward' | 'heads' | 'kv_heads'>,
): RandomShape {
  return { architecture: 'llama', head_size: 64, vocabulary: 2048, tied_embeddings: true, ...s }
}
