/** What was measured on this board, and the rates that follow from it. Pure. */
import type { BoardProfile, CoreSpeeds, ModelProfile } from '../../device-profiles/schema.js'
import type { BoardFacts } from './facts.js'
import { computeGpuRates, computeRates, probeRates, type Rates, type Sample, workOf } from './rates.js'

/** One thread count, as it was timed. */
export interface Trial {
  threads: number
  prefillTps: number
  decodeTps: number
  /** A short prompt and a short answer, milliseconds: what the thread count was chosen by. */
  ms: number
}

/** One model file that was run here. */
export interface MeasuredModel {
  name: string
  quantization: string
  trials: readonly Trial[]
  /** The count that was chosen. */
  threads: number
}

export interface Measured {
  models: readonly MeasuredModel[]
  /** Files with random weights, made to find out about memory and arithmetic of the board. */
  probes: readonly Sample[]
}

export const NOTHING_MEASURED: Measured = { models: [], probes: [] }

/** Models below this size are run with one thread unless a measurement says otherwise (decision 0005). */
const SMALL_M = 50

/**
 * A GPU reads a prompt in batches and writes token by token, bound by memory: so many times faster, at least. Our
 * estimate, 2026-11; to be measured on a Jetson.
 */
const GPU_READS = 10

/** The best that is known: measured, else from other measurements, else from the profile. */
export function ratesOf(input: {
  facts: BoardFacts
  profile: BoardProfile
  speeds: CoreSpeeds
  catalog: readonly ModelProfile[]
  measured?: Measured
  model: ModelProfile
  file: ModelProfile['files'][number]
  mostThreads: number
  contextTokens: number
}): { rates?: Rates; offload: 'cpu' | 'cuda' } {
  const { facts, profile, speeds, measured = NOTHING_MEASURED, model, file, mostThreads } = input
  const own = measured.models.find(m => m.name === model.name && m.quantization === file.quantization)
  const trial = own?.trials.find(t => t.threads === own.threads)
  if (own && trial)
    return {
      rates: {
        prefillTps: trial.prefillTps,
        decodeTps: trial.decodeTps,
        by: 'measured',
        threads: own.threads,
      },
      offload: 'cpu',
    }
  const work = workOf(model, file, input.contextTokens / 2)
  const threads = model.parameters_m < SMALL_M ? 1 : mostThreads
  const samples = [...measured.probes, ...samplesOf(measured, input.catalog, model.parameters_m < SMALL_M)]
  const counts = [...new Set(samples.map(s => s.threads))].filter(n => n <= mostThreads)
  const probed = counts
    .map(n => probeRates(work, file.quantization, n, samples))
    .filter(r => r !== undefined)
    .sort((a, b) => b.decodeTps - a.decodeTps)[0]
  const computed = computeRates(work, facts, profile, speeds, threads)
  // a tiny model lies in the cache and says nothing about memory: it may only slow an estimate from the profile down
  const onCpu = measured.probes.length > 0 || !computed ? probed : slower(probed, computed)
  const cpu = onCpu ?? computed
  const gpuTps =
    facts.accelerators.some(a => a.kind === 'cuda' && a.ready) &&
    profile.offload?.kind === 'cuda' &&
    model.parameters_m >= (profile.offload.least_parameters_m ?? Number.POSITIVE_INFINITY)
      ? computeGpuRates(work, facts, profile)
      : undefined
  if (gpuTps !== undefined && gpuTps > (cpu?.decodeTps ?? 0))
    return {
      rates: {
        prefillTps: Math.max(gpuTps * GPU_READS, cpu?.prefillTps ?? 0),
        decodeTps: gpuTps,
        by: 'computed',
        threads: 1,
      },
      offload: 'cuda',
    }
  return { ...(cpu ? { rates: cpu } : {}), offload: 'cpu' }
}

/** Measured models of the catalog as samples for others. A small one says little about a large one. */
function samplesOf(measured: Measured, catalog: readonly ModelProfile[], small: boolean): Sample[] {
  return measured.models.flatMap(m => {
    const model = catalog.find(profile => profile.name === m.name)
    const file = model?.files.find(f => f.quantization === m.quantization)
    if (!model || !file || (model.parameters_m < SMALL_M && !small && measured.probes.length > 0)) return []
    return m.trials.map(({ threads, prefillTps, decodeTps }) => ({
      quantization: m.quantization,
      threads,
      work: workOf(model, file, 0),
      prefillTps,
      decodeTps,
    }))
  })
}

function slower(a: Rates | undefined, b: Rates): Rates {
  return a && a.decodeTps < b.decodeTps ? a : b
}
