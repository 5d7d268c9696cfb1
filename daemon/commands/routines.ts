/** A routine as the actions of its sentences. */
import type { Setting } from './ground.js'
import type { Routine } from './home.js'
import type { Action, Params, ParsedCommand, Refusal } from './parsed-command.js'
import { hasTime } from './put-off.js'
import { resolve } from './resolve.js'
import type { Understanding } from './understand.js'
import { ACTIONS } from './vocabulary.js'

/**
 * Understands every sentence of a routine, in order; one that cannot be done refuses the whole.
 * @param call the routine, and the time when it is to be done (`delay_minutes`, `at`)
 * @param understandSentence reads one plain command; it must not call routines, so that there can be no loop
 */
export async function expandRoutine(
  call: { routine: Routine; when: Params },
  setting: Setting,
  understandSentence: (text: string, setting: Setting) => Promise<Understanding>,
): Promise<Omit<Understanding, 'stage'>> {
  const { routine, when } = call
  const area = routine.area ?? setting.area
  const there: Setting = { home: setting.home, ...(area === undefined ? {} : { area }) }
  const sum: Omit<Understanding, 'stage'> = {
    parsed: { actions: [] },
    confidence: 1,
    reason: `the routine "${routine.name}"`,
    model: null,
    command: [],
    resolved: [],
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
    if (one.energyMj !== undefined) sum.energyMj = (sum.energyMj ?? 0) + one.energyMj
    sum.promptTokens += one.promptTokens
    sum.outputTokens += one.outputTokens
    if ('refusal' in one.parsed) return { ...sum, parsed: refused(routine, sentence, one.parsed.refusal) }
    actions.push(
      ...one.parsed.actions.map(action => (routine.area === null ? action : pinned(action, there))),
    )
  }
  const later = Object.keys(when).length > 0
  if (later && actions.some(isOfItsTime)) return { ...sum, parsed: { refusal: hasItsTimes(routine) } }
  return { ...sum, parsed: { actions: actions.map(a => ({ ...a, params: { ...a.params, ...when } })) } }
}

/** Targets as devices: whoever carries the action out takes selectors from where the speaker is. */
function pinned(action: Action, { home, area }: Setting): Action {
  if (ACTIONS[action.action].needs === 'no_device') return action
  const targets = action.targets.length ? action.targets : [{}]
  const ids = targets.flatMap(target => resolve(target, action.action, home, area)).map(d => d.id)
  return { ...action, targets: [...new Set(ids)] }
}

/** Whether an action is put off already, or makes no sense later: a timer, a question. */
const isOfItsTime = ({ action, params }: Action) =>
  hasTime(params) || action === 'get_state' || ACTIONS[action].needs === 'no_device'

const hasItsTimes = (routine: Routine): Refusal => ({
  reason: 'unsupported',
  message: `The routine "${routine.name}" has times, timers or questions of its own, so it cannot be put off.`,
  remedy: 'Say its name alone, or take these out of its sentences in the home file.',
})

function refused(routine: Routine, sentence: string, refusal: Refusal): ParsedCommand {
  return {
    refusal: {
      reason: refusal.reason,
      message: `The routine "${routine.name}" is not done, because of "${sentence}": ${refusal.message}`,
      remedy: `Correct this sentence of the routine in the home file. ${refusal.remedy}`,
    },
  }
}
