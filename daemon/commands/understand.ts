/** Text to a parsed command: normalise, run the cascade, ground in the home, refuse what is unsure. */
import { FieldmouseError } from '../base/errors.js'
import { type CascadeAnswer, runCascade } from '../inference/cascade.js'
import type { CompactCommand } from './compact.js'
import { carryOver } from './dialogue/moves.js'
import { askedByName, ground, type Setting } from './ground.js'
import { normalise } from './normalise.js'
import type { ParsedCommand } from './parsed-command.js'
import type { MemoStage } from './stages/memo.js'
import type { CommandStage, Reading } from './stages/stage.js'

/** Errors that say that the sentence is too much for the model. */
const TOO_MUCH = new Set(['prompt_too_long', 'answer_cut_short'])

/** What was understood, by whom, how surely, at what cost. */
export interface Understanding {
  parsed: ParsedCommand
  /** Name of the stage that answered; `none` when there was nothing to read. */
  stage: string
  /** Probability of the reading, 0 to 1. */
  confidence: number
  reason: string
  model: string | null
  /** The reading before grounding, for logs at debug level and for evaluation. */
  command: CompactCommand
  inferMs: number
  promptTokens: number
  outputTokens: number
}

export interface UnderstandOptions {
  /** Cheapest first, the memo not among them. */
  stages: readonly CommandStage[]
  memo: MemoStage
  /** Below this probability a command is refused, 0 to 1. */
  minConfidence: number
}

/**
 * Understands one utterance.
 * @throws what the last stage threw when no stage could answer
 */
export async function understand(
  text: string,
  setting: Setting,
  options: UnderstandOptions,
  signal?: AbortSignal,
): Promise<Understanding> {
  const normalised = normalise(text)
  const nothing = {
    stage: 'none',
    confidence: 1,
    model: null,
    command: [],
    inferMs: 0,
    promptTokens: 0,
    outputTokens: 0,
  }
  if (!normalised)
    return {
      ...nothing,
      reason: 'no words',
      parsed: {
        refusal: {
          reason: 'not_understood',
          message: 'I heard no words.',
          remedy: 'Say a command in English.',
        },
      },
    }
  const utterance = { normalised, dialogue: setting.before !== undefined }
  let answer: CascadeAnswer<Reading>
  try {
    answer = await runCascade([options.memo, ...options.stages], utterance, {
      minConfidence: options.minConfidence,
      ...(signal ? { signal } : {}),
    })
  } catch (error) {
    // too many words, or too many commands in one sentence: the speaker can mend that
    if (error instanceof FieldmouseError && TOO_MUCH.has(error.code)) {
      const refusal = {
        reason: 'not_understood' as const,
        message: `${error.message}.`,
        remedy: error.remedy,
      }
      return { ...nothing, reason: error.code, parsed: { refusal } }
    }
    throw error
  }
  const { value, confidence, stage } = answer
  if (stage !== 'memo') options.memo.remember(utterance, value, confidence)
  const figures = {
    stage,
    confidence,
    model: value.model,
    command: value.command,
    inferMs: value.inferMs,
    promptTokens: value.promptTokens,
    outputTokens: value.outputTokens,
  }
  const parsed = ground(carryOver(value.command, setting.before), setting)
  const unsure = value.command.length > 0 && confidence < options.minConfidence
  if ((unsure || 'refusal' in parsed) && value.command[0]?.action === 'get_state') {
    const question = askedByName(normalised, setting)
    if (question)
      return {
        ...figures,
        stage: 'rule',
        reason: 'the sentence names the device in full',
        parsed: { actions: [question] },
      }
  }
  if (unsure)
    return {
      ...figures,
      reason: `confidence ${confidence.toFixed(2)} is below ${options.minConfidence}`,
      parsed: {
        refusal: {
          reason: 'not_sure',
          message: 'I am not sure what you mean.',
          remedy: 'Say it in other words: what to do, with which device, in which room.',
        },
      },
    }
  return { ...figures, reason: answer.reason, parsed }
}
