/** The engine of a choice, and keeping what its load has measured. */
import { statSync } from 'node:fs'
import type { Clock } from './base/clock.js'
import { type Board, fileKey } from './board/board.js'
import { type ModelChoice, threadsFor } from './choose-model.js'
import type { Config } from './config/schema.js'
import { ActiveEngine, type ModelFiles } from './inference/active.js'
import type { ModelInfo } from './inference/engine.js'
import { forkChild, type SpareChild } from './inference/fork.js'
import { type EngineEvent, SupervisedEngine, type SupervisorOptions } from './inference/supervisor.js'
import type { Events } from './observability/events.js'

export interface EngineChoice {
  choice: ModelChoice
  /** What answers first: the choice itself, or what came over the air since. */
  first: ModelFiles
  config: Config
  board: Board
  clock: Clock
  onEvent: (event: EngineEvent) => void
  onSwapped?: (info: ModelInfo) => void
  /** The first process may be under way already. */
  spare?: SpareChild
}

/** Not started yet. */
export function engineFor(o: EngineChoice): ActiveEngine {
  return new ActiveEngine({
    make: files => supervised(files, o, { fork: () => o.spare?.take() ?? forkChild() }),
    first: o.first,
    clock: o.clock,
    ...(o.onSwapped ? { onSwapped: o.onSwapped } : {}),
  })
}

/** An engine for any model of this choice's kind: the one that answers, or one on trial. */
export function supervised(
  files: ModelFiles,
  { choice, config, board, clock, onEvent }: Omit<EngineChoice, 'first'>,
  more: Pick<SupervisorOptions, 'background' | 'fork'> = {},
): SupervisedEngine {
  const { sequences, contextTokens, threadCounts } = choice
  // what weighs the same runs the same: a new version of the model is not measured again
  const measured = weighTheSame(files.path, choice.path) ? choice.path : files.path
  const known = threadsFor(fileKey(measured), config, board.calibration)
  const threads = known || (measured === choice.path ? choice.threads : 0)
  return new SupervisedEngine({
    model: files,
    clock,
    threads,
    threadCounts,
    energy: config.board.energy,
    gpu: config.model.gpu,
    sequences,
    contextTokens,
    onEvent,
    ...more,
  })
}

/** Whether two files have the same size, but for words and tables in front of the weights. */
function weighTheSame(one: string, other: string): boolean {
  const [a, b] = [statSync(one).size, statSync(other).size]
  return Math.abs(a - b) <= ALIKE * Math.max(a, b)
}
const ALIKE = 0.05

/**
 * What the load has measured is told, and kept so that the next start need not.
 * @throws measurements_not_kept
 */
export async function keepMeasured(
  { known, threads: planned }: ModelChoice,
  engine: ActiveEngine,
  { calibration }: Board,
  config: Config,
  clock: Clock,
  events: Events,
): Promise<void> {
  const { trials, info, files } = engine
  const trial = trials.find(t => t.threads === info?.threads)
  if (!known || !info || !trial || planned > 0) return
  const { name, quantization } = known
  const { prefillTps, decodeTps, threads } = trial
  events.tell('BoardMeasured', { model: name, threads, prefillTps, decodeTps })
  if (config.board.measure !== 'first_start') return
  const at = new Date(clock.now()).toISOString()
  await calibration.keepModel(fileKey(files.path), { name, quantization, threads, trials }, at)
}
