/** Which model file is loaded, and how: what the owner wrote, held against what the plan knows of the board. */

import type { GgufHeader } from './base/gguf.js'
import { type Board, fileKey, modelPath } from './board/board.js'
import { DAEMON_MIB, threadCounts } from './board/budget.js'
import { kvBytesPerToken } from './board/catalog.js'
import type { Config } from './config/schema.js'
import { checkGguf } from './inference/gguf.js'

export interface ModelChoice {
  path: string
  sha256?: string
  sequences: number
  contextTokens: number
  /** 0 measures. */
  threads: number
  /** What is measured, growing. */
  threadCounts: readonly number[]
  /** Of the catalog; absent for a file that it does not know. */
  known?: { name: string; quantization: string; key: string }
  /** Why it is another than the owner asked for. */
  instead?: string
}

/** @returns the choice, or why there is none */
export async function chooseModel(config: Config, board: Board): Promise<ModelChoice | { none: string }> {
  const { plan, calibration } = board
  const { file, sha256 } = config.model
  const sequences = config.model.sequences ?? plan.sequences
  const contextTokens = config.model.contextTokens ?? plan.contextTokens
  const shape = { sequences, contextTokens }
  const counts = { threadCounts: threadCounts(plan.mostThreads) }
  const threads = (key: string) => threadsFor(key, config, calibration)

  let instead: string | undefined
  if (file !== undefined) {
    const problem = await against(file, sha256, board, shape)
    if (problem === undefined)
      return {
        path: file,
        ...(sha256 ? { sha256 } : {}),
        ...shape,
        ...counts,
        threads: threads(fileKey(file)),
      }
    instead = problem
  }
  const path = plan.model && modelPath(plan.model.file, config.dataDir)
  if (!plan.model || path === undefined)
    return {
      none: instead ?? plan.because.find(line => /^No model/.test(line)) ?? 'No model fits this board.',
    }
  const key = fileKey(path)
  return {
    path,
    ...shape,
    ...counts,
    threads: threads(key),
    known: { name: plan.model.name, quantization: plan.model.quantization, key },
    ...(instead ? { instead } : {}),
  }
}

/** Threads of a file: what the owner wrote, what was measured, or 0: to be measured. */
export function threadsFor(key: string, { model, board }: Config, calibration: Board['calibration']): number {
  if (model.threads !== 'auto') return model.threads
  if (board.measure === 'always') return 0
  return calibration.threadsOf(key) ?? (board.measure === 'never' ? 1 : 0)
}

/** Why a file that the owner named cannot be used; undefined when it can. */
async function against(
  file: string,
  sha256: string | undefined,
  { plan }: Board,
  shape: { sequences: number; contextTokens: number },
): Promise<string | undefined> {
  const header = await checkGguf(file, sha256 ? { sha256 } : {})
  const needed = memoryOf(header, shape)
  const free = plan.memory.freeForUsMib - DAEMON_MIB
  return needed <= free
    ? undefined
    : `${file} needs ${needed} MiB with ${shape.sequences} sequences of ${shape.contextTokens} tokens, ${free} are for us`
}

/** Of the inference process beside weights and KV cache. @source measured 2026-11, x86-64: docs/benchmarks.md */
const RUNTIME_MIB = 96

/** Weights, KV cache and the process around them of any file, by its own header, MiB. */
export function memoryOf(header: GgufHeader, shape: { sequences: number; contextTokens: number }): number {
  const cache = (kvBytesPerToken(header.metadata) ?? 0) * shape.sequences * shape.contextTokens
  return Math.ceil((header.fileBytes + cache) / 1024 / 1024) + RUNTIME_MIB
}
