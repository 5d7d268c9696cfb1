/** Asks for every row, by the same code as the daemon's requests, and judges the answers. */
import { systemClock } from '../../daemon/base/clock.js'
import type { Home } from '../../daemon/commands/home.js'
import type { Action } from '../../daemon/commands/parsed-command.js'
import { FactoryStage } from '../../daemon/commands/stages/factory.js'
import { MemoStage } from '../../daemon/commands/stages/memo.js'
import { type Understanding, understand } from '../../daemon/commands/understand.js'
import type { Engine } from '../../daemon/inference/engine.js'
import type { Row } from './rows.js'
import { type RowAction, right } from './same.js'

/** One row with its answer. */
export interface Answered {
  row: Row
  /** Empty for a refusal. */
  actions: Action[]
  /** Why nothing is done. */
  refusal: string | undefined
  stage: string
  /** 0 to 1. */
  confidence: number
  right: boolean
  /** Whether the answer would be right if every confidence were enough: what the confidence is a probability of. */
  rightUnasked: boolean
  /** Whether it would then be acted on. */
  acts: boolean
  /** Something is to be done later, and the answer does it at once. */
  hasty: boolean
  /** From the text to the answer, milliseconds. */
  ms: number
  promptTokens: number
  outputTokens: number
}

const actionsOf = ({ parsed }: Understanding): Action[] => ('actions' in parsed ? parsed.actions : [])
const isLater = ({ params }: RowAction) =>
  Object.keys(params ?? {}).some(key => key === 'at' || key.startsWith('delay_'))

/** Whether fewer actions wait than should, in every reading that counts as right. */
function isHasty(row: Row, actions: readonly RowAction[]): boolean {
  const waiting = (list: readonly RowAction[]) => list.filter(isLater).length
  const least = Math.min(...[row.expected, ...(row.alternatives ?? [])].map(waiting))
  return actions.length > 0 && waiting(actions) < least
}

/**
 * Answers all rows, one after the other.
 * @param minConfidence as `commands.min_confidence`, 0 to 1
 */
export async function answerAll(
  rows: readonly Row[],
  homes: ReadonlyMap<string, Home>,
  engine: Engine,
  minConfidence: number,
): Promise<Answered[]> {
  const stages = [new FactoryStage(engine)]
  const answers: Answered[] = []
  for (const row of rows) {
    const home = homes.get(row.home)
    if (!home) throw new Error(`row ${row.id}: there is no home "${row.home}"`)
    const setting = { home, ...(row.context.area ? { area: row.context.area } : {}) }
    // each row is a sentence of its own: the memo only saves reading it a second time below
    const memo = new MemoStage(1)
    const began = systemClock.monotonic()
    const understood = await understand(row.utterance, setting, { stages, memo, minConfidence })
    const ms = systemClock.monotonic() - began
    const unasked =
      understood.stage === 'none'
        ? understood
        : await understand(row.utterance, setting, { stages, memo, minConfidence: 0 })
    const actions = actionsOf(understood)
    answers.push({
      row,
      actions,
      refusal: 'refusal' in understood.parsed ? understood.parsed.refusal.reason : undefined,
      stage: understood.stage,
      confidence: understood.confidence,
      right: right(row, actions, home),
      rightUnasked: right(row, actionsOf(unasked), home),
      acts: actionsOf(unasked).length > 0,
      hasty: isHasty(row, actions),
      ms,
      promptTokens: understood.promptTokens,
      outputTokens: understood.outputTokens,
    })
  }
  return answers
}
