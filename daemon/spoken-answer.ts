/** The outcome of a command as something to be spoken: the wire between the rooms `commands` and `voice`. Pure. */
import type { CommandResult } from './commands/handle.js'
import type { Action } from './commands/parsed-command.js'
import type { Outcome } from './requests/reply.js'
import type { Answer, Intent } from './voice/conversation.js'

/** Refusals that ask something; the next sentence may be the answer. */
const ASKS = new Set(['ambiguous', 'needs_confirmation'])
/** Refusals of sentences that were no command, or that nobody could read. */
const NOT_UNDERSTOOD = new Set(['out_of_scope', 'not_understood', 'not_sure', 'empty'])
/** Actions that one sees or hears happen: a short tone says enough. */
const SPEAKS_FOR_ITSELF = new Set([
  'turn_on',
  'turn_off',
  'open',
  'close',
  'set_position',
  'set_brightness',
  'set_color',
  'set_color_temperature',
])

/** What is looked at of an outcome or a reply. */
type Heard = Pick<Outcome, 'ok' | 'result' | 'error' | 'confidence'>

/** What to say after a command. */
export function spokenAnswer({ ok, result, error, confidence }: Heard): Answer {
  const done = result as Partial<CommandResult> | undefined
  const actions = done?.actions ?? []
  const code = error?.code
  const intent = actions[0] && intentOf(actions[0], confidence)
  return {
    ok,
    text: done?.question ?? done?.text ?? error?.message ?? '',
    asks: code !== undefined && ASKS.has(code),
    notUnderstood: code !== undefined && NOT_UNDERSTOOD.has(code),
    plain:
      ok &&
      actions.length > 0 &&
      actions.every(a => SPEAKS_FOR_ITSELF.has(a.action)) &&
      (done?.devices ?? []).every(d => d.result === 'confirmed') &&
      !done?.later?.length,
    ...(intent ? { intent } : {}),
  }
}

/** An action as an intent with slots: `target` once for each target, and one for each parameter. */
export function intentOf({ action, targets, params }: Action, confidence: number): Intent {
  const slots = [
    ...targets.map(target => ({
      name: 'target',
      value: typeof target === 'string' ? target : JSON.stringify(target),
    })),
    ...Object.entries(params).map(([name, value]) => ({ name, value: String(value) })),
  ]
  return { name: action, confidence, slots: slots.map(slot => ({ ...slot, raw: slot.value })) }
}
