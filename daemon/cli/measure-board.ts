/** `fieldmouse doctor --measure`: measures this board and keeps the figures for the plan. */
import { systemClock } from '../base/clock.js'
import { fileKey, modelPath } from '../board/board.js'
import { threadCounts } from '../board/budget.js'
import { PROMPT_TOKENS } from '../board/rates.js'
import type { Flags } from '../config/environment.js'
import { loadConfig } from '../config/load.js'
import { measureModel } from '../inference/measure.js'
import { probeMachine } from '../probe-machine.js'
import { surveyFor } from '../survey.js'
import { errors } from './errors.js'

/** The largest file of random weights, and some. */
const NEED_MIB = 200

/**
 * Random weights first, for models that nobody has fetched yet; then every installed model of the catalog.
 * @throws no_room_to_measure, measurements_not_kept, model_load_failed
 */
export async function measureBoard(
  flags: Flags,
  onProgress: (what: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { config } = loadConfig({ flags })
  const { plan, profiles, calibration, facts } = await surveyFor(config)
  const { freeMib = Number.POSITIVE_INFINITY, folder } = facts.storage ?? {}
  if (freeMib < NEED_MIB)
    throw errors.no_room_to_measure({ folder: folder ?? config.dataDir, freeMib, needMib: NEED_MIB })
  const counts = threadCounts(plan.mostThreads)
  const { dataDir } = config
  const seconds = config.board.measureSeconds
  // a third of what is ours: the daemon may run beside it
  const mostMib = plan.memory.freeForUsMib / 3
  await calibration.keepProbes(await probeMachine({ dataDir, counts, seconds, mostMib, onProgress }, signal))
  for (const model of profiles.models)
    for (const file of model.files) {
      const path = modelPath(file.file, dataDir)
      if (path === undefined) continue
      onProgress(`measuring ${model.name} ${file.quantization}`)
      const small = model.form === 'compact'
      const figures = await measureModel(
        {
          path,
          contextTokens: Math.min(256, model.context_tokens.most),
          trial: {
            counts,
            promptTokens: small ? 16 : PROMPT_TOKENS,
            outputTokens: small ? 12 : 24,
            budgetMs: 4000,
            exhaustive: true,
            energy: config.board.energy,
          },
        },
        signal,
      )
      const measured = { name: model.name, quantization: file.quantization, ...figures }
      await calibration.keepModel(fileKey(path), measured, new Date(systemClock.now()).toISOString())
    }
}
