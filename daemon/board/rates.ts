/**
 * How fast a model will run, before it was ever tried here. Reading and writing are told apart: a prompt is read in a
 * batch and bound by arithmetic, an answer is written token by token and bound by memory, or on slow cores by arithmetic.
 * Pure. A measurement on the board replaces the profile's figures wherever there is one.
 */
import type { BoardProfile, CoreSpeeds, ModelProfile } from '../../device-profiles/schema.js'
import type { BoardFacts } from './facts.js'

/** Tokens a second, and where the figure is from. */
export interface Rates {
  prefillTps: number
  decodeTps: number
  /**
   * measured: this file on this board; probed: from measurements of other files on this board; computed: from the
   * profile's figures alone.
   */
  by: 'measured' | 'probed' | 'computed'
  threads: number
}

/** What one token of a model costs. */
export interface Work {
  layers: number
  /** Weights that every token goes through, without embedding and output. */
  bodyWeights: number
  /**
   * Of these, what every token of a prompt goes through: in the last layer only the last token is worked out to its end.
   * @source llama.cpp: src/llama-model.cpp, `inp_out_ids`
   */
  promptWeights: number
  /** Weights of the output matrix: once a written token, once a prompt. */
  headWeights: number
  /** Bytes a weight, mean over the file. */
  bytesPerWeight: number
  /** KV cache read for a written token, bytes. */
  cacheBytes: number
}

/** What a model file costs a token. @param contextTokens how full the cache is */
export function workOf(
  model: ModelProfile,
  file: ModelProfile['files'][number],
  contextTokens: number,
): Work {
  const { layers, vocabulary, embedding, feed_forward, tied_embeddings } = model.shape
  const all = model.parameters_m * 1e6
  const headWeights = vocabulary * embedding
  const bodyWeights = Math.max(0, all - headWeights * (tied_embeddings ? 1 : 2))
  return {
    layers,
    bodyWeights,
    promptWeights: Math.max(0, bodyWeights - 3 * embedding * feed_forward),
    headWeights,
    bytesPerWeight: file.bytes / all,
    cacheBytes: contextTokens * model.kv_bytes_per_token.value,
  }
}

/** Bytes that go over the memory bus for one written token. */
export const bytesPerToken = (work: Work): number =>
  (work.bodyWeights + work.headWeights) * work.bytesPerWeight + work.cacheBytes

/** A model whose weights are this quantization, tried with so many threads on this board. */
export interface Sample {
  quantization: string
  threads: number
  work: Work
  prefillTps: number
  decodeTps: number
}

/** Prompt tokens that a prefill rate is meant for: batches of this size were measured. */
export const PROMPT_TOKENS = 64

/** Multiplications for a whole prompt. */
const arithmeticOfPrompt = (work: Work): number => PROMPT_TOKENS * work.promptWeights + work.headWeights

/** Fixed cost of a layer per evaluation where nothing was measured: cycles of one core. */
const LAYER_CYCLES = 30_000

/** From the profile alone: the slower of arithmetic and memory. Undefined when the clock of the cores is not known. */
export function computeRates(
  work: Work,
  facts: BoardFacts,
  profile: BoardProfile,
  speeds: CoreSpeeds,
  threads: number,
): Rates | undefined {
  const cores = coresOf(facts, profile).slice(0, threads)
  if (cores.length === 0) return undefined
  const speed = (name: string) => speeds.cores.find(core => core.class === name) ?? speeds.other
  const sum = (key: 'decode_weights_per_cycle' | 'prefill_weights_per_cycle') =>
    cores.reduce((n, core) => n + core.mhz * 1e6 * speed(core.class)[key].value, 0)
  const layersS = (work.layers * LAYER_CYCLES) / (cores[0]!.mhz * 1e6)
  const arithmeticS = (work.bodyWeights + work.headWeights) / sum('decode_weights_per_cycle')
  const bandwidth = bandwidthOf(facts, profile)
  const memoryS =
    bandwidth === undefined
      ? 0
      : bytesPerToken(work) /
        (bandwidth * 1e9 * (profile.memory.bandwidth_share ?? speeds.bandwidth_share).value)
  const promptS = arithmeticOfPrompt(work) / sum('prefill_weights_per_cycle') + layersS
  return {
    prefillTps: PROMPT_TOKENS / promptS,
    decodeTps: 1 / (Math.max(arithmeticS, memoryS) + layersS),
    by: 'computed',
    threads,
  }
}

/** On a GPU that shares the memory of the board: bound by its bus. */
export function computeGpuRates(work: Work, facts: BoardFacts, profile: BoardProfile): number | undefined {
  const share = profile.offload?.bandwidth_share?.value
  const bandwidth = bandwidthOf(facts, profile)
  return share && bandwidth ? (bandwidth * 1e9 * share) / bytesPerToken(work) : undefined
}

/** Quantizations whose kernels are alike: a probe of one speaks for the others. @source ggml/src/ggml-cpu/repack.cpp */
const LIKE: Record<string, string> = {
  q4_k_m: 'q4_0',
  q4_k_s: 'q4_0',
  iq4_nl: 'q4_0',
  q5_k_m: 'q4_0',
  q6_k: 'q8_0',
}

/**
 * From other files on this board. With one thread an evaluation costs something by itself, each layer costs something
 * whatever its size, and weights cost by their bytes or, in a prompt, by their number. More threads divide that among
 * them, and must be woken and waited for. How much each costs is taken from samples with the same quantization.
 */
export function probeRates(
  work: Work,
  quantization: string,
  threads: number,
  samples: readonly Sample[],
): Rates | undefined {
  const like = LIKE[quantization] ?? quantization
  const same = samples.filter(s => s.quantization === like)
  const used = same.some(s => s.threads === threads) ? same : samples
  if (!used.some(s => s.threads === threads)) return undefined
  const seconds = (of: (s: Sample) => number, amount: (w: Work) => number) => {
    const point = (s: Sample): Point => ({ layers: s.work.layers, amount: amount(s.work), seconds: of(s) })
    const alone = used.filter(s => s.threads === 1).map(point)
    const several = used.filter(s => s.threads === threads).map(point)
    if (threads === 1 || alone.length === 0) return fitted(several, work.layers, amount(work))
    const one = (p: { layers: number; amount: number }) => fitted(alone, p.layers, p.amount)
    const { waitS, share } = divided(
      several.map(p => ({ alone: one(p), seconds: p.seconds })),
      threads,
    )
    return waitS + share * one({ layers: work.layers, amount: amount(work) })
  }
  const decodeS = seconds(s => 1 / s.decodeTps, bytesPerToken)
  const promptS = seconds(s => PROMPT_TOKENS / s.prefillTps, arithmeticOfPrompt)
  return { prefillTps: PROMPT_TOKENS / promptS, decodeTps: 1 / decodeS, by: 'probed', threads }
}

/**
 * What several threads make of what one needs: `waitS + share * alone`, share between 1/threads (perfect) and 1 (no
 * help). Least squares of relative errors; the share is held within its bounds, since waiting is as noisy as a scheduler.
 */
function divided(
  points: readonly { alone: number; seconds: number }[],
  threads: number,
): { waitS: number; share: number } {
  const mean = (of: (p: (typeof points)[number]) => number) => {
    const weights = points.map(p => 1 / p.seconds ** 2)
    return points.reduce((sum, p, i) => sum + of(p) * weights[i]!, 0) / weights.reduce((a, b) => a + b, 0)
  }
  const x = mean(p => p.alone)
  const y = mean(p => p.seconds)
  const spread = mean(p => (p.alone - x) ** 2)
  const slope = spread > 0 ? mean(p => (p.alone - x) * (p.seconds - y)) / spread : y / x
  const share = Math.min(1, Math.max(1 / threads, slope))
  return { share, waitS: Math.max(0, y - share * x) }
}

interface Point {
  layers: number
  /** Bytes or multiplications. */
  amount: number
  seconds: number
}

/** What may cost time: an evaluation, its layers, its weights. Weights always do. */
const TERMS: readonly (readonly ((p: { layers: number; amount: number }) => number)[])[] = [
  [p => p.amount],
  [p => p.amount, () => 1],
  [p => p.amount, p => p.layers],
  [p => p.amount, p => p.layers, () => 1],
]

/**
 * Least squares of relative errors, with costs of at least 0: of the sets of terms that give such costs, the one that
 * fits the points best; the smaller set where two fit alike. Extrapolates from points to another size.
 */
export function fitted(points: readonly Point[], layers: number, amount: number): number {
  let best: { error: number; seconds: number } | undefined
  for (const terms of TERMS) {
    if (terms.length > points.length) break
    const costs = solve(
      points.map(p => terms.map(term => term(p) / p.seconds)),
      points.map(() => 1),
    )
    if (!costs || costs.some(cost => cost < 0)) continue
    const at = (p: { layers: number; amount: number }) =>
      terms.reduce((sum, term, i) => sum + costs[i]! * term(p), 0)
    const error = points.reduce((sum, p) => sum + (at(p) / p.seconds - 1) ** 2, 0)
    if (best === undefined || error < best.error * 0.9 - 1e-12)
      best = { error, seconds: at({ layers, amount }) }
  }
  // with one term there is always an answer: all cost is put to the weights
  return best!.seconds
}

/** Least squares by the normal equations, columns scaled; undefined when they cannot be told apart. */
function solve(rows: readonly (readonly number[])[], right: readonly number[]): number[] | undefined {
  const n = rows[0]!.length
  const scale = Array.from({ length: n }, (_, j) => Math.hypot(...rows.map(row => row[j]!)) || 1)
  const a = Array.from({ length: n }, (_, i) => [
    ...Array.from({ length: n }, (_, j) =>
      rows.reduce((sum, row) => sum + (row[i]! / scale[i]!) * (row[j]! / scale[j]!), 0),
    ),
    rows.reduce((sum, row, k) => sum + (row[i]! / scale[i]!) * right[k]!, 0),
  ])
  for (let i = 0; i < n; i++) {
    const pivot = a.slice(i).reduce((p, row, k) => (Math.abs(row[i]!) > Math.abs(a[p]![i]!) ? i + k : p), i)
    ;[a[i], a[pivot]] = [a[pivot]!, a[i]!]
    if (Math.abs(a[i]![i]!) < 1e-9) return undefined
    for (let k = 0; k < n; k++) {
      if (k === i) continue
      const factor = a[k]![i]! / a[i]![i]!
      for (let j = i; j <= n; j++) a[k]![j]! -= factor * a[i]![j]!
    }
  }
  return a.map((row, i) => row[n]! / row[i]! / scale[i]!)
}

/** GB/s: of the power mode that is set, where the profile knows it, else of the board. */
export function bandwidthOf(facts: BoardFacts, profile: BoardProfile): number | undefined {
  const mode = profile.power.modes.find(m => m.name === facts.powerMode?.name)
  return mode?.bandwidth_gb_s ?? profile.memory.bandwidth_gb_s?.value
}

/** One entry a core that may be used, the fastest first: what the machine says, else what the profile says. */
function coresOf(facts: BoardFacts, profile: BoardProfile): { class: string; mhz: number }[] {
  const told = facts.cpu.classes
    .map(c => {
      const known = profile.cores.find(core => core.class === c.name)
      return { class: c.name, count: c.count, mhz: c.maxMhz ?? known?.max_mhz }
    })
    .filter((c): c is { class: string; count: number; mhz: number } => c.mhz !== undefined)
  const list =
    told.length > 0 ? told : profile.cores.map(c => ({ class: c.class, count: c.count, mhz: c.max_mhz }))
  return list.flatMap(c => Array.from({ length: c.count }, () => ({ class: c.class, mhz: c.mhz })))
}
