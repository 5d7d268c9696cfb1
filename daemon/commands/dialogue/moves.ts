/** Sentences about the command before them: "and the bedroom too", "a bit more", "no, the other lamp". Pure. */
import { type CompactAction, type CompactCommand, type CompactMove, isMove } from '../compact.js'

/**
 * Fills what a follow-up leaves out from the command before it: its action and every slot that it does not give itself.
 * @param before the last command of the session, as read; undefined when there is none
 * @returns the command with every `again` and `instead` turned into actions; a move that nothing came before stays
 */
export function carryOver(
  command: CompactCommand,
  before: readonly CompactAction[] | undefined,
): CompactCommand {
  return command.flatMap(step => {
    const last = before?.at(-1)
    return isMove(step) && step.action !== 'undo' && last ? [merge(step, last)] : [step]
  })
}

/** A new target replaces the whole old target, a new value the whole old value. */
function merge({ action: _, ...said }: CompactMove, last: CompactAction): CompactAction {
  const { kind, quantifier, dev, area, except, step, val, ...rest } = last
  // "and the bedroom too" after "turn on the desk lamp" is about lights, not about a desk lamp there
  const sort = kind === undefined || kind === 'thing' ? { kind, dev } : { kind }
  const target = said.dev ? {} : said.area || said.except ? sort : { kind, quantifier, dev, area, except }
  const value = said.step || said.val ? {} : { step, val }
  return Object.fromEntries(
    Object.entries({ ...rest, ...target, ...value, ...said }).filter(([, v]) => v !== undefined),
  ) as unknown as CompactAction
}
