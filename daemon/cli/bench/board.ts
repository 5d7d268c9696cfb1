/** `fieldmouse bench board`: what the plan predicts, beside what is measured, for models of real shapes. */

import { mkdir, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { modelMib } from '../../board/budget.js'
import { tps } from '../../board/plan.js'
import { PROMPT_TOKENS, probeRates, workOf } from '../../board/rates.js'
import { loadConfig } from '../../config/load.js'
import { measureModel } from '../../inference/measure.js'
import { type RandomShape, writeRandomGguf } from '../../inference/random-gguf.js'
import { probeMachine } from '../../probe-machine.js'
import { surveyFor } from '../../survey.js'

/** Shapes of the catalog that are written with random weights. Speed does not ask what weights mean. */
const MODELS = [
  ['smollm2-135m', 'q8_0'],
  ['smollm2-360m', 'q4_0'],
  ['qwen3-0.6b', 'q4_0'],
  ['llama-3.2-1b', 'q4_0'],
] as const

export interface BoardFigures {
  board: string
  cores: number
  models: ModelBench[]
  /** Largest difference between predicted and measured decode rate at the chosen thread count, percent. */
  worst_decode_error_percent: number
  worst_prefill_error_percent: number
  /** Largest loss of the chosen thread count against the best of all counts, percent of the time. */
  worst_thread_loss_percent: number
}

interface ModelBench {
  model: string
  quantization: string
  file_mib: number
  /** What the catalog expects the process to take, and what it took (weights in both are mapped files). */
  expected_mib: number
  measured_mib: number
  threads: ThreadBench[]
  chosen_threads: number
  best_threads: number
  /** How much longer prompt and answer take with the chosen count than with the best. */
  loss_percent: number
}

interface ThreadBench {
  threads: number
  predicted: { prefill: number; decode: number }
  measured: { prefill: number; decode: number }
}

/** Needs about 0.8 GB of disk and 2 GB of memory; takes two minutes on two cores. */
export async function benchBoard(
  onProgress: (what: string) => void,
  signal: AbortSignal,
): Promise<BoardFigures> {
  const { config } = loadConfig({})
  const board = await surveyFor(config)
  const { plan, profiles, facts, match } = board
  const counts = Array.from(
    { length: Math.max(1, Math.min(availableParallelism(), facts.cpu.cores)) },
    (_, i) => i + 1,
  )
  const probes = await probeMachine(
    { dataDir: config.dataDir, counts, seconds: 40, mostMib: 256, onProgress },
    signal,
  )
  const folder = join(config.dataDir, 'board')
  await mkdir(folder, { recursive: true })
  const models: ModelBench[] = []
  for (const [name, quantization] of MODELS) {
    const model = profiles.models.find(m => m.name === name)
    const file = model?.files.find(f => f.quantization === quantization)
    if (!model || !file) continue
    if (modelMib(model, file, 1, 512) > plan.memory.freeForUsMib) {
      onProgress(`${name} ${quantization} is left out: it does not fit`)
      continue
    }
    onProgress(`${name} ${quantization}: ${Math.round(file.bytes / 1e6)} MB of random weights`)
    const path = join(folder, 'bench.gguf')
    await rm(path, { force: true })
    try {
      const shape = { ...model.shape, architecture: model.architecture } as RandomShape
      const written = await writeRandomGguf({ path, shape, quantization, contextTokens: 2048 }, signal)
      const trial = {
        promptTokens: PROMPT_TOKENS,
        outputTokens: 32,
        budgetMs: 8000 * counts.length,
        exhaustive: true,
        energy: 'speed',
      } as const
      const { trials, threads, rssBytes } = await measureModel(
        { path, contextTokens: 512, trial: { ...trial, counts } },
        signal,
      )
      const work = workOf(model, file, PROMPT_TOKENS)
      const best = [...trials].sort((a, b) => a.ms - b.ms)[0]!
      const chosen = trials.find(t => t.threads === threads)!
      models.push({
        model: name,
        quantization,
        file_mib: Math.round(written.bytes / 1048576),
        expected_mib: modelMib(model, file, 1, 512),
        measured_mib: Math.round(rssBytes / 1048576),
        threads: trials.map(t => {
          const rates = probeRates(work, quantization, t.threads, probes)
          return {
            threads: t.threads,
            predicted: { prefill: digits(rates?.prefillTps), decode: digits(rates?.decodeTps) },
            measured: { prefill: digits(t.prefillTps), decode: digits(t.decodeTps) },
          }
        }),
        chosen_threads: threads,
        best_threads: best.threads,
        loss_percent: digits((chosen.ms / best.ms - 1) * 100),
      })
    } finally {
      await rm(path, { force: true })
    }
  }
  const atChosen = models.map(m => m.threads.find(t => t.threads === m.chosen_threads)!)
  const worst = (of: (t: ThreadBench) => number) => digits(Math.max(0, ...atChosen.map(of)))
  return {
    board: facts.model ?? match.profile.name,
    cores: facts.cpu.cores,
    models,
    worst_decode_error_percent: worst(t => errorOf(t.predicted.decode, t.measured.decode)),
    worst_prefill_error_percent: worst(t => errorOf(t.predicted.prefill, t.measured.prefill)),
    worst_thread_loss_percent: digits(Math.max(0, ...models.map(m => m.loss_percent))),
  }
}

const digits = (n: number | undefined): number => Math.round((n ?? 0) * 10) / 10
const errorOf = (predicted: number, measured: number): number => Math.abs(predicted / measured - 1) * 100

/** Figures for people. */
export function sayBoardFigures(f: BoardFigures): string {
  const lines = f.models.flatMap(m => [
    `${m.model} ${m.quantization}, ${m.file_mib} MiB file, ${m.measured_mib} MiB resident (${m.expected_mib} expected)`,
    ...m.threads.map(t => {
      const pair = (key: 'prefill' | 'decode') =>
        `${key} ${tps(t.predicted[key])} predicted, ${tps(t.measured[key])} measured (${signed(t.predicted[key] / t.measured[key] - 1)})`
      return `  ${t.threads} thread${t.threads === 1 ? ' ' : 's'}${t.threads === m.chosen_threads ? ' *' : '  '} ${pair('prefill')}; ${pair('decode')}`
    }),
  ])
  return [
    `${f.board}, ${f.cores} cores; tokens a second, * the thread count that is taken`,
    ...lines,
    '',
    `At the chosen counts: decode within ${f.worst_decode_error_percent} %, prefill within ${f.worst_prefill_error_percent} %; the choice is at most ${f.worst_thread_loss_percent} % slower than the best of all counts.`,
  ].join('\n')
}

const signed = (share: number) => `${share >= 0 ? '+' : ''}${Math.round(share * 100)} %`
