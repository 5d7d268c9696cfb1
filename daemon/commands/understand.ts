/** Text to a parsed command: normalise, run the cascade, ground in the home, refuse what is unsure. */
import { FieldmouseError } from '../base/errors.js'
import { type CascadeAnswer, runCascade } from '../inference/cascade.js'
import { called } from './called.js'
import { type CompactAction, type CompactCommand, isMove } from './compact.js'
import { corroborated } from './corroborate.js'
import { carryOver } from './dialogue/moves.js'
import { orderedByName } from './full-names.js'
import { askedByName, askedOfSensor, ground, type Setting } from './ground.js'
import type { Routine } from './home.js'
import { normalise } from './normalise.js'
import type { Action, Params, ParsedCommand, Refusal } from './parsed-command.js'
import { expandRoutine } from './routines.js'
import type { MemoStage } from './stages/memo.js'
import { RuleStage } from './stages/rule.js'
import type { CommandStage, Reading } from './stages/stage.js'
import { unreadTime } from './unread-time.js'

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
  /** The same with what it left to the command before it filled in; empty when it is about nothing that is known. */
  resolved: CompactAction[]
  inferMs: number
  /** Millijoules, where the board can tell. */
  energyMj?: number
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
export function understand(
  text: string,
  setting: Setting,
  options: UnderstandOptions,
  signal?: AbortSignal,
): Promise<Understanding> {
  return understandAs(text, setting, options, { routines: true }, signal)
}

/** @param among whether the utterance may call a routine; a sentence of a routine may not */
async function understandAs(
  text: string,
  setting: Setting,
  options: UnderstandOptions,
  among: { routines: boolean },
  signal?: AbortSignal,
): Promise<Understanding> {
  const expand = async (routine: Routine, when: Params = {}) => ({
    stage: 'rule',
    ...(await expandRoutine({ routine, when }, setting, (sentence, there) =>
      understandAs(sentence, there, options, { routines: false }, signal),
    )),
  })
  const normalised = normalise(text)
  const nothing = {
    stage: 'none',
    confidence: 1,
    model: null,
    command: [],
    resolved: [],
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
  const { age } = options.memo
  let answer: CascadeAnswer<Reading>
  try {
    // names go before the memo: one that was added since the sentence was first said counts
    const stages: CommandStage[] = [new RuleStage(setting.home, among), options.memo, ...options.stages]
    answer = await runCascade(stages, utterance, {
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
  if (value.called && 'routine' in value.called) return expand(value.called.routine, value.when)
  if (stage !== 'memo' && stage !== 'rule') options.memo.remember(utterance, value, confidence, age)
  const command = carryOver(value.command, setting.before)
  const figures = {
    stage,
    confidence,
    model: value.model,
    command: value.command,
    resolved: command.filter((c): c is CompactAction => !isMove(c)),
    inferMs: value.inferMs,
    ...(value.energyMj === undefined ? {} : { energyMj: value.energyMj }),
    promptTokens: value.promptTokens,
    outputTokens: value.outputTokens,
  }
  if (value.called) {
    const { device, program } = value.called
    const action: Action = {
      action: program ? 'start' : 'activate',
      targets: [device.id],
      params: { ...(program ? { program: program.name } : {}), ...value.when },
    }
    return { ...figures, reason: answer.reason, parsed: { actions: [action] } }
  }
  const time = unreadTime(normalised, command)
  const parsed: ParsedCommand = time
    ? { refusal: noSuchTime(time) }
    : ground(command, { ...setting, said: normalised })
  const routine = among.routines && 'refusal' in parsed && !time ? routineIn(command, setting) : undefined
  if (routine && confidence >= options.minConfidence) return expand(routine)
  const doubtful = value.command.length > 0 && confidence < options.minConfidence
  const known = doubtful && 'actions' in parsed && corroborated(command, normalised, setting.home)
  const unsure = doubtful && !known
  if (unsure || 'refusal' in parsed) {
    const asks = value.command[0]?.action === 'get_state'
    const question = asks
      ? askedByName(normalised, setting)
      : value.command.length === 0
        ? askedOfSensor(normalised, setting)
        : undefined
    const ordered = question || time ? undefined : orderedByName(normalised, setting.home)
    if (ordered)
      return {
        ...figures,
        stage: 'rule',
        confidence: 1,
        reason: 'the sentence is a verb and the full name of a device',
        parsed: { actions: [{ action: ordered.action, targets: [ordered.device.id], params: {} }] },
      }
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
  return {
    ...figures,
    reason: known ? `${answer.reason}, and every name in it is known here` : answer.reason,
    parsed,
  }
}

const noSuchTime = (time: string): Refusal => ({
  reason: 'unsupported',
  message: `You said "${time}", and I cannot wait for that. I did nothing, rather than do it now.`,
  remedy:
    'Say how long to wait ("in ten minutes") or a clock time ("at seven pm"), one time for one command.',
})

/** A routine that the model read as a thing to start, in words that are not the name alone ("could we do the bedtime thing"). */
function routineIn(command: CompactCommand, { home }: Setting): Routine | undefined {
  const [only] = command
  if (!only || command.length > 1 || isMove(only) || !['activate', 'start', 'turn_on'].includes(only.action))
    return undefined
  // a time belongs to each of its sentences, and these may have their own
  if (only.dev === undefined || only.in !== undefined || only.at !== undefined || only.for !== undefined)
    return undefined
  const found = called(`start ${only.dev}`, home)
  return found && 'routine' in found ? found.routine : undefined
}
