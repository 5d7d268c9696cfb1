/** A routine as the actions of its sentences. */
import type { Setting } from './ground.js'
import type { Routine } from './home.js'
import type { Action, ParsedCommand } from './parsed-command.js'
import { resolve } from './resolve.js'
import type { Understanding } from './understand.js'
import { ACTIONS } from './vocabulary.js'

/**
 * Understands every sentence of a routine, in order; one that cannot be done refuses the whole.
 * @param understandSentence reads one plain command; it must not call routines, so that there can be no loop
 */
export async function expandRoutine(
  routine: Routine,
  setting: Setting,
  understandSentence: (text: string, setting: Setting) => Promise<Understanding>,
): Promise<Omit<Understanding, 'stage'>> {
  const area = routine.area ?? setting.area
  const there: Setting = { home: setting.home, ...(area === undefined ? {} : { area }) }
  const sum: Omit<Understanding, 'stage'> = {
    parsed: { actions: [] },
    confidence: 1,
    reason: `the routine "${routine.name}"`,
    model: null,
    command: [],
    inferMs: 0,
    promptTokens: 0,
    outputTokens: 0,
  }
  const actions: Action[] = []
  for (const sentence of routine.do) {
    const one = await understandSentence(sentence, there)
    sum.confidence = Math.min(sum.confidence, one.confidence)
    sum.model ??= one.model
    sum.command = [...sum.command, ...one.command]
    sum.inferMs += one.inferMs
    sum.promptTokens += one.promptTokens
    sum.outputTokens += one.outputTokens
    if ('refusal' in one.parsed) return { ...sum, parsed: refused(routine, sentence, one.parsed.refusal) }
    actions.push(
      ...one.parsed.actions.map(action => (routine.area === null ? action : pinned(action, there))),
    )
  }
  return { ...sum, parsed: { actions } }
}

/** Targets as devices: whoever carries the action out takes selectors from where the speaker is. */
function pinned(action: Action, { home, area }: Setting): Action {
  if (ACTIONS[action.action].needs === 'no_device') return action
  const targets = action.targets.length ? action.targets : [{}]
  const ids = targets.flatMap(target => resolve(target, action.action, home, area)).map(d => d.id)
  return { ...action, targets: [...new Set(ids)] }
}

function refused(
  routine: Routine,
  sentence: string,
  refusal: Extract<ParsedCommand, { refusal: unknown }>['refusal'],
): ParsedCommand {
  return {
    refusal: {
      reason: refusal.reason,
      message: `The routine "${routine.name}" is not done, because of "${sentence}": ${refusal.message}`,
      remedy: `Correct this sentence of the routine in the home file. ${refusal.remedy}`,
    },
  }
}
