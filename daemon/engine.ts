/** The engine of a choice, and keeping what its load has measured. */
import type { Clock } from './base/clock.js'
import type { Board } from './board/board.js'
import type { ModelChoice } from './choose-model.js'
import type { Config } from './config/schema.js'
import { AbsentEngine } from './inference/absent.js'
import { type EngineEvent, SupervisedEngine } from './inference/supervisor.js'
import type { Events } from './observability/events.js'

/** Not started yet. */
export function engineFor(
  choice: ModelChoice | { none: string },
  config: Config,
  clock: Clock,
  onEvent: (event: EngineEvent) => void,
): SupervisedEngine | AbsentEngine {
  if ('none' in choice) return new AbsentEngine(choice.none)
  const { path, sha256, sequences, contextTokens, threads, threadCounts } = choice
  return new SupervisedEngine({
    model: { path, ...(sha256 ? { sha256 } : {}) },
    clock,
    threads,
    threadCounts,
    energy: config.board.energy,
    gpu: config.model.gpu,
    sequences,
    contextTokens,
    onEvent,
  })
}

/**
 * What the load has measured is told, and kept so that the next start need not.
 * @throws measurements_not_kept
 */
export async function keepMeasured(
  choice: ModelChoice | { none: string },
  engine: SupervisedEngine | undefined,
  { calibration }: Board,
  config: Config,
  clock: Clock,
  events: Events,
): Promise<void> {
  const { trials = [], info } = engine ?? {}
  const trial = trials.find(t => t.threads === info?.threads)
  if ('none' in choice || !choice.known || !info || !trial || choice.threads > 0) return
  const { key, name, quantization } = choice.known
  const { prefillTps, decodeTps, threads } = trial
  events.tell('BoardMeasured', { model: name, threads, prefillTps, decodeTps })
  if (config.board.measure !== 'first_start') return
  const at = new Date(clock.now()).toISOString()
  await calibration.keepModel(key, { name, quantization, threads, trials }, at)
}
