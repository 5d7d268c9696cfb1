/**
 * Grounding: from spans to devices that exist. The small model says which words name the device and the place; this
 * code knows the home. "There is no light in the garage" is therefore certain, not guessed. Pure.
 */
import { type CompactAction, type CompactCommand, isMove } from './compact.js'
import type { Home } from './home.js'
import { placeOf, words } from './names.js'
import { paramsOf } from './params.js'
import type { Action, ParsedCommand, Refusal } from './parsed-command.js'
import { selectTargets } from './select.js'
import { ACTIONS } from './vocabulary.js'

/** Where the command was said. */
export interface Setting {
  home: Home
  /** Area id of the microphone or button. */
  area?: string
  /** The last command of the session as read, when there is one that this may be about. */
  before?: readonly CompactAction[]
}

/** Grounds every action; one that cannot be carried out refuses the whole command, so that nothing is half done. */
export function ground(command: CompactCommand, setting: Setting): ParsedCommand {
  if (command.length === 0) return { refusal: notForAHome() }
  const actions: Action[] = []
  for (const c of command) {
    if (isMove(c)) return { refusal: nothingBefore() }
    const one = groundOne(c, setting)
    if ('refusal' in one) return one
    actions.push(one.action)
  }
  return { actions }
}

/** A name of one word ("light", "car") says too little to answer by it alone. */
const WORDS_OF_A_NAME = 2

/**
 * A question that names one device in full can be answered by the name alone, whatever else the model made of it:
 * "what is the acoustic pressure of the studio wall sensor". Only for questions: reading a state harms nobody.
 * @returns undefined when no device is named in full, or several different ones are
 */
export function askedByName(normalised: string, { home }: Setting): Action | undefined {
  const said = ` ${words(normalised).join(' ')} `
  let longest = 0
  let found: string[] = []
  for (const device of home.devices)
    for (const name of [device.name, ...device.aliases]) {
      const phrase = words(name)
      if (phrase.length < Math.max(WORDS_OF_A_NAME, longest) || !said.includes(` ${phrase.join(' ')} `))
        continue
      if (phrase.length > longest) found = []
      longest = phrase.length
      if (!found.includes(device.id)) found.push(device.id)
    }
  return found.length === 1 ? { action: 'get_state', targets: found, params: {} } : undefined
}

const notForAHome = (): Refusal => ({
  reason: 'out_of_scope',
  message: 'That is not something I can do with this home.',
  remedy: 'Say what to do with which device, for example "turn on the kitchen light".',
})

const nothingBefore = (): Refusal => ({
  reason: 'not_understood',
  message: 'There is no command before this one that it could be about.',
  remedy: 'Say the whole command: what to do, with which device.',
})

function groundOne(c: CompactAction, setting: Setting): { action: Action } | { refusal: Refusal } {
  const read = paramsOf(c, setting.home.units)
  if ('problem' in read)
    return {
      refusal: {
        reason: 'not_understood',
        message: read.problem ? `I did not understand the value "${read.problem}".` : 'The value is missing.',
        remedy: 'Say the value in plain words, for example "50 percent" or "ten minutes".',
      },
    }
  const { params } = read
  if (ACTIONS[c.action].needs === 'no_device') {
    const place = c.area === undefined ? undefined : placeOf(words(c.area), setting.home)
    if (place && 'area' in place && place.area) params.area = place.area.id
    else if (place && 'special' in place && place.special === 'here' && setting.area)
      params.area = setting.area
    else if (c.area !== undefined && !place) params.name ??= c.area
    return { action: { action: c.action, targets: [], params } }
  }
  const selected = selectTargets(c, setting)
  if ('refusal' in selected) return selected
  return {
    action: {
      action: selected.action ?? c.action,
      targets: selected.targets,
      params: { ...params, ...selected.params },
    },
  }
}
