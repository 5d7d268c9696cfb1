/** The engine of a choice, and keeping what its load has measured. */
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
  more: Pick<SupervisorOptions, 'threads' | 'sequences' | 'background' | 'fork'> = {},
): SupervisedEngine {
  const { sequences, contextTokens, threadCounts } = choice
  const threads =
    files.path === choice.path ? choice.threads : threadsFor(fileKey(files.path), config, board.calibration)
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
