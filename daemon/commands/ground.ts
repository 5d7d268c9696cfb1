/**
 * Grounding: from spans to devices that exist. The small model says which words name the device and the place; this
 * code knows the home. "There is no light in the garage" is therefore certain, not guessed. Pure.
 */
import { type CompactAction, type CompactCommand, isMove } from './compact.js'
import { whichQuestion } from './dialogue/answers.js'
import { pointedAt } from './dialogue/referents.js'
import { fullyNamed, meantByFullName, sensorAskedFor } from './full-names.js'
import { groundProgram } from './ground-program.js'
import type { Home } from './home.js'
import { placeOf, words } from './names.js'
import { paramsOf } from './params.js'
import type { Action, ParsedCommand, Refusal } from './parsed-command.js'
import { operations } from './resolve.js'
import { type Selection, selectTargets } from './select.js'
import { ACTIONS } from './vocabulary.js'

/** Where the command was said. */
export interface Setting {
  home: Home
  /** Area id of the microphone or button. */
  area?: string
  /** The utterance after `normalise`: it tells where the spans of a reading cut a name. */
  said?: string
  /** The last command of the session as read, when there is one that this may be about. */
  before?: readonly CompactAction[]
  /** Ids of the devices that the last command of the session was about. */
  referents?: readonly string[]
  /** Devices that the speaker chose when asked, by the place of the action. */
  chosen?: ReadonlyMap<number, readonly string[]>
}

/** Grounds every action; one that cannot be carried out refuses the whole command, so that nothing is half done. */
export function ground(command: CompactCommand, setting: Setting): ParsedCommand {
  if (command.length === 0) return { refusal: notForAHome() }
  const actions: Action[] = []
  for (const [at, c] of command.entries()) {
    if (isMove(c)) return { refusal: nothingBefore() }
    // "turn on the lamp and make it red": in one sentence, "it" is what was named last
    const last = actions.at(-1)
    const within = last && operations([last], setting.home, setting.area).map(o => o.deviceId)
    const here = within?.length ? { ...setting, referents: within } : setting
    const one = groundOne(c, here, { at, alone: command.length === 1, sameSentence: here !== setting })
    if ('refusal' in one) {
      const { refusal } = one
      if (!refusal.candidates?.length) return one
      const devices = setting.home.devices.filter(d => refusal.candidates?.includes(d.id))
      return { refusal: { ...refusal, at, message: whichQuestion(devices, setting.home) } }
    }
    actions.push(one.action)
  }
  return { actions }
}

/** A question about a sensor whatever else was made of it; see full-names.ts. */
export function askedOfSensor(normalised: string, { home }: Setting): Action | undefined {
  const sensor = sensorAskedFor(normalised, home)
  return sensor && { action: 'get_state', targets: [sensor.id], params: {} }
}

/**
 * A question that names one device in full can be answered by the name alone, whatever else the model made of it:
 * "what is the acoustic pressure of the studio wall sensor". Only for questions: reading a state harms nobody.
 * @returns undefined when no device is named in full, or several different ones are
 */
export function askedByName(normalised: string, { home }: Setting): Action | undefined {
  const found = fullyNamed(normalised, home.devices, 'loosely')
  return found ? { action: 'get_state', targets: [found.device.id], params: {} } : undefined
}

const notForAHome = (): Refusal => ({
  reason: 'out_of_scope',
  message: 'That is not something I can do with this home.',
  remedy: 'Say what to do with which device, for example "turn on the kitchen light".',
})

function missing(c: CompactAction, problem: string): Refusal {
  if (c.action === 'start_timer' && !problem)
    return {
      reason: 'not_understood',
      message: 'A timer for how long?',
      remedy: 'Say the length with it: "set a timer for ten minutes".',
    }
  return {
    reason: 'not_understood',
    message: problem ? `I did not understand the value "${problem}".` : 'The value is missing.',
    remedy: 'Say the value in plain words, for example "50 percent" or "ten minutes".',
  }
}

const nothingBefore = (): Refusal => ({
  reason: 'not_understood',
  message: 'There is no command before this one that it could be about.',
  remedy: 'Say the whole command: what to do, with which device.',
})

/**
 * @param place where the command stands in the sentence; `alone` when it is the only one, so that every name in the
 * sentence is about it
 */
function groundOne(
  c: CompactAction,
  setting: Setting,
  { at, alone, sameSentence }: { at: number; alone: boolean; sameSentence: boolean },
): { action: Action } | { refusal: Refusal } {
  const { said, ...elsewhere } = setting
  const program = groundProgram(c, alone ? setting : elsewhere)
  if (program) return program
  const read = paramsOf(c, setting.home.units, said)
  if ('problem' in read) return { refusal: missing(c, read.problem) }
  const { params } = read
  if (ACTIONS[c.action].needs === 'no_device') {
    const place = c.area === undefined ? undefined : placeOf(words(c.area), setting.home)
    if (place && 'area' in place && place.area) params.area = place.area.id
    else if (place && 'special' in place && place.special === 'here' && setting.area)
      params.area = setting.area
    else if (c.area !== undefined && !place) params.name ??= c.area
    return { action: { action: c.action, targets: [], params } }
  }
  const chosen = setting.chosen?.get(at)
  if (chosen) return { action: { action: c.action, targets: [...chosen], params } }
  const pointed = pointedAt(c, said ?? '', setting.referents, setting.home, sameSentence)
  if (pointed) {
    if ('refusal' in pointed) return pointed
    const { targets, action } = pointed
    // "turn it up" of a lamp: the step is of another sort of level
    const other = action === c.action ? read : paramsOf({ ...c, action }, setting.home.units, said)
    if ('params' in other) return { action: { action, targets, params: other.params } }
  }
  const selected = selectTargets(c, setting)
  const meant =
    alone && said !== undefined && isBroad(selected)
      ? meantByFullName(said, c, c.action, setting.home, setting.area)
      : undefined
  if (meant) return { action: { action: c.action, targets: [meant.id], params } }
  if ('refusal' in selected) return selected
  return {
    action: {
      action: selected.action ?? c.action,
      targets: selected.targets,
      params: { ...params, ...selected.params },
    },
  }
}

/** Whether the spans came to a sort of device rather than to devices by name, or to none that the home knows. */
function isBroad(selected: Selection): boolean {
  return 'refusal' in selected
    ? selected.refusal.reason === 'unknown_device'
    : selected.targets.some(target => typeof target !== 'string')
}
