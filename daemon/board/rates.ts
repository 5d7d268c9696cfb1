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
  const { layers, vocabulary, embedding, tied_embeddings } = model.shape
  const all = model.parameters_m * 1e6
  const headWeights = vocabulary * embedding
  const bodyWeights = Math.max(0, all - headWeights * (tied_embeddings ? 1 : 2))
  return {
    layers,
    bodyWeights,
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
    bandwidth === undefined ? 0 : bytesPerToken(work) / (bandwidth * 1e9 * speeds.bandwidth_share.value)
  const promptS =
    (PROMPT_TOKENS * work.bodyWeights + work.headWeights) / sum('prefill_weights_per_cycle') + layersS
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

/**
 * From other files on this board. Time is what layers cost, whatever their size, and what weights cost; both are taken
 * from the samples with the same quantization and threads. With one sample layers cost nothing of their own.
 */
export function probeRates(
  work: Work,
  quantization: string,
  threads: number,
  samples: readonly Sample[],
): Rates | undefined {
  const like = samples.filter(s => s.threads === threads)
  const same = like.filter(s => s.quantization === quantization)
  const used = same.length > 0 ? same : like
  if (used.length === 0) return undefined
  const decodeS = fitted(
    used.map(s => ({ layers: s.work.layers, amount: bytesPerToken(s.work), seconds: 1 / s.decodeTps })),
    work.layers,
    bytesPerToken(work),
  )
  const arithmetic = (w: Work) => PROMPT_TOKENS * w.bodyWeights + w.headWeights
  const promptS = fitted(
    used.map(s => ({
      layers: s.work.layers,
      amount: arithmetic(s.work),
      seconds: PROMPT_TOKENS / s.prefillTps,
    })),
    work.layers,
    arithmetic(work),
  )
  return { prefillTps: PROMPT_TOKENS / promptS, decodeTps: 1 / decodeS, by: 'probed', threads }
}

interface Point {
  layers: number
  /** Bytes or multiplications. */
  amount: number
  seconds: number
}

/**
 * seconds = perLayer * layers + perAmount * amount, both at least 0: the least squares of relative errors over the
 * points. With points that cannot tell the two apart, everything is put to the amount.
 */
export function fitted(points: readonly Point[], layers: number, amount: number): number {
  let aa = 0
  let ab = 0
  let bb = 0
  let a1 = 0
  let b1 = 0
  for (const p of points) {
    const a = p.layers / p.seconds
    const b = p.amount / p.seconds
    aa += a * a
    ab += a * b
    bb += b * b
    a1 += a
    b1 += b
  }
  const determinant = aa * bb - ab * ab
  const amountOnly = { perLayer: 0, perAmount: b1 / bb }
  const both =
    determinant > 1e-9 * aa * bb
      ? { perLayer: (a1 * bb - b1 * ab) / determinant, perAmount: (b1 * aa - a1 * ab) / determinant }
      : amountOnly
  const { perLayer, perAmount } =
    both.perLayer < 0 ? amountOnly : both.perAmount <= 0 ? { perLayer: a1 / aa, perAmount: 0 } : both
  return perLayer * layers + perAmount * amount
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
