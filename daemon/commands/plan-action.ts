import {
  type Binding,
  type Change,
  type Fields,
  type Message,
  writeFor,
  writeMessages,
} from './devices/binding.js'
import { isRgb } from './devices/codec.js'
import { alike, colorByName, whiteByName } from './devices/color.js'
import { type Device, type Home, slug } from './home.js'
import type { Params } from './parsed-command.js'
import { among, levelOf, near, nearer, numberOf, stepOf } from './plan-levels.js'
import { type ProgramPlan, planProgram } from './plan-program.js'
import { run } from './plan-run.js'
import { durationSeconds } from './timers.js'
import type { ActionName } from './vocabulary.js'

/*
 * One action on one device as messages, and what the device will say when it has done it. Pure.
 *
 * Ranges: numbers that were said are refused outside of the device's range; steps stop at its ends, as in Home Assistant.
 * A step is counted from what the device last said, and refused when it never said anything.
 */

/** "Brighter", "louder" without an amount: percent points, or degrees of the home. */
export const STEPS = {
  brightness: 25,
  volume: 10,
  fan: 25,
  position: 20,
  temperature: { metric: 1, us: 2 },
} as const

/** Everything that a plan depends on. */
export interface Facts {
  readonly home: Home
  readonly device: Device
  readonly binding: Binding
  /** What the device last said; empty when it never said anything. */
  readonly known: Fields
}

/** What is sent, and how to see that it was done. */
export interface ActionPlan {
  readonly messages: readonly Message[]
  /** Whether the device says that it is done, or under way; undefined when it tells nothing that would show it. */
  readonly done?: (now: Fields) => boolean
  /** True when any new message of the device shows it (there is no value to compare). */
  readonly anyNews?: boolean
}

/** A plan before it is spelled as messages. */
export type Draft = { change: Change; done?: (now: Fields) => boolean; anyNews?: boolean; more?: Params }
export type Result<T> = T | { refusal: string }
const refuse = (refusal: string) => ({ refusal })

/** @returns messages and what to wait for, or a refusal as a sentence without its subject ("can only be set from 7 to 35") */
export function planAction(action: ActionName, params: Params, facts: Facts): Result<ActionPlan> {
  const { binding } = facts
  const program = params.program === undefined ? undefined : planProgram(String(params.program), facts)
  if (program && 'refusal' in program) return program
  const plain = drafted(action, params, facts)
  if ('refusal' in plain) return plain
  const draft = program ? withProgram(plain, program) : plain
  const hears = binding.reads.length > 0
  const waits = hears
    ? { ...(draft.done ? { done: draft.done } : {}), ...(draft.anyNews ? { anyNews: true } : {}) }
    : {}
  if (binding.actionTopic !== undefined) {
    const said = Object.fromEntries(
      draft.change.filter(([field]) => !['state', 'do', 'power'].includes(field)),
    )
    const payload = JSON.stringify({ action, ...said, ...draft.more })
    return { messages: [...(program?.before ?? []), { topic: binding.actionTopic, payload }], ...waits }
  }
  if (program?.instead) return { messages: program.instead, ...waits }
  const written = writeMessages(binding, draft.change)
  if ('missing' in written)
    return refuse(`has no way to be told ${WORDS[written.missing] ?? written.missing}`)
  return { messages: [...(program?.before ?? []), ...written.messages], ...waits }
}

/** The same action, done once the device also runs the program, where it tells which it runs. */
function withProgram(draft: Draft, { more, runs }: ProgramPlan): Draft {
  const { done } = draft
  return {
    ...draft,
    more: { ...draft.more, ...more },
    ...(done ? { done: (now: Fields) => done(now) && runs(now) } : {}),
  }
}

const WORDS: Record<string, string> = {
  state: 'to turn on or off',
  do: 'to do that',
  color: 'a colour',
  kelvin: 'a colour temperature',
  mode: 'a mode',
}

function drafted(action: ActionName, params: Params, facts: Facts): Result<Draft> {
  switch (action) {
    case 'turn_on':
    case 'turn_off':
      return power(action === 'turn_on', facts)
    case 'open':
    case 'close':
      return move(action === 'open' ? 100 : 0, action, facts)
    case 'set_position':
      return position(params, facts)
    case 'lock':
      return { change: [['do', 'lock']], done: now => among(now.state, 'locked', 'locking') }
    case 'unlock':
      return { change: [['do', 'unlock']], done: now => among(now.state, 'unlocked', 'unlocking') }
    case 'set_brightness':
      return brightness(params, facts)
    case 'set_color':
      return color(params)
    case 'set_color_temperature':
      return whiteness(params, facts)
    case 'set_temperature':
      return temperature(params, facts)
    case 'set_mode':
      return mode(params, facts)
    case 'set_fan_speed':
      return fanSpeed(params, facts)
    case 'set_volume':
    case 'mute':
    case 'unmute':
    case 'play_media':
    case 'next':
    case 'previous':
      return media(action, params, facts)
    case 'start':
    case 'stop':
    case 'pause':
    case 'resume':
    case 'return_to_base':
      return run(action, params, facts)
    case 'activate':
      return { change: [['do', 'activate']] }
    default:
      return refuse(`cannot be acted on by ${action}`)
  }
}

function power(on: boolean, { binding, known }: Facts): Result<Draft> {
  const done = (now: Fields) => now.state !== undefined && among(now.state, 'off', 'standby') !== on
  if (binding.actionTopic !== undefined || writeFor(binding, 'state', 'on'))
    return { change: [['state', on ? 'on' : 'off']], done }
  if (writeFor(binding, 'power', 'on')) return { change: [['power', on ? 'on' : 'off']], done }
  // Climate devices without a power topic: a mode that heats or cools, in Home Assistant's order.
  const modes = binding.limits.modes ?? []
  const wanted = on ? ['heat_cool', 'auto', 'heat', 'cool'].find(name => modes.includes(name)) : 'off'
  if (!wanted || !modes.includes(wanted)) return refuse(`cannot be turned ${on ? 'on' : 'off'}`)
  if (on && typeof known.state === 'string' && known.state !== 'off')
    return { change: [['mode', known.state]], done }
  return { change: [['mode', wanted]], done }
}

function move(to: 0 | 100, verb: 'open' | 'close', { binding, known }: Facts): Draft {
  const [there, moving] = to === 100 ? ['open', 'opening'] : ['closed', 'closing']
  // "Open" only says "not closed": where there is a position, that tells better.
  const done = (now: Fields) =>
    among(now.state, moving) ||
    (typeof now.position === 'number'
      ? now.position === to || nearer(known.position, now.position, to)
      : among(now.state, there))
  return { change: writeFor(binding, 'do', verb) ? [['do', verb]] : [['position', to]], done }
}

function position(params: Params, { known }: Facts): Result<Draft> {
  const level = levelOf(params, 'position', 'position_step', known.position, STEPS.position)
  if ('refusal' in level) return level
  const { to } = level
  return {
    change: [['position', to]],
    done: now =>
      near(now.position, to, 2) ||
      nearer(known.position, now.position, to) ||
      (now.state !== known.state && among(now.state, 'opening', 'closing')),
  }
}

function brightness(params: Params, { known }: Facts): Result<Draft> {
  const dark = known.state === 'off' ? 0 : undefined
  const level = levelOf(params, 'brightness', 'brightness_step', dark ?? known.brightness, STEPS.brightness)
  if ('refusal' in level) return level
  if (level.to === 0) return { change: [['state', 'off']], done: now => now.state === 'off' }
  return {
    change: [
      ['state', 'on'],
      ['brightness', level.to],
    ],
    done: now => now.state !== 'off' && near(now.brightness, level.to, 2),
  }
}

function color(params: Params): Result<Draft> {
  const rgb = colorByName(String(params.color ?? ''))
  if (!rgb) return refuse(`knows no colour "${params.color ?? ''}"`)
  const done = (now: Fields) => isRgb(now.color) && now.state !== 'off' && alike(now.color, rgb)
  return {
    change: [
      ['state', 'on'],
      ['color', rgb],
    ],
    done,
  }
}

function whiteness(params: Params, { binding }: Facts): Result<Draft> {
  const said = params.kelvin
  const [min, max] = binding.limits.kelvin ?? [1000, 20000]
  const named = typeof said === 'string' ? whiteByName(said) : undefined
  // A word means "as far as the lamp goes"; a number means that number.
  const kelvin = named === undefined ? numberOf(said) : Math.min(max, Math.max(min, named))
  if (kelvin === undefined) return refuse(`knows no white "${said ?? ''}"`)
  if (kelvin < min || kelvin > max) return refuse(`can only be set from ${min} to ${max} kelvin`)
  const done = (now: Fields) => now.state !== 'off' && near(now.kelvin, kelvin, kelvin * 0.05)
  return {
    change: [
      ['state', 'on'],
      ['kelvin', kelvin],
    ],
    done,
  }
}

function temperature(params: Params, { binding, known, home }: Facts): Result<Draft> {
  const [min, max] = binding.limits.temperature ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  const step = params.temperature_step
  let to = numberOf(params.temperature)
  if (to === undefined && step !== undefined) {
    const by = stepOf(step, STEPS.temperature[home.units])
    if (by === undefined) return refuse(`does not understand "${step}"`)
    if (typeof known.temperature !== 'number')
      return refuse('has not said to what it is set, so it cannot go up or down from there')
    to = Math.min(max, Math.max(min, known.temperature + by))
  }
  if (to === undefined) return refuse('was not told a temperature')
  if (to < min || to > max) return refuse(`can only be set from ${min} to ${max} degrees`)
  const wanted = to
  return { change: [['temperature', wanted]], done: now => near(now.temperature, wanted, 0.6) }
}

const MODE_WORDS: Record<string, string> = {
  heating: 'heat', warm: 'heat', cooling: 'cool', cold: 'cool', automatic: 'auto', fan: 'fan_only', drying: 'dry', dehumidify: 'dry',
} // biome-ignore format: pairs

function mode(params: Params, { binding }: Facts): Result<Draft> {
  const said = slug(String(params.mode ?? ''))
  const modes = binding.limits.modes
  const wanted = modes
    ? [said, MODE_WORDS[said]].find(name => name !== undefined && modes.includes(name))
    : said
  if (!wanted) return refuse(`has no mode "${params.mode ?? ''}" (it has ${modes?.join(', ') || 'none'})`)
  return { change: [['mode', wanted]], done: now => now.mode === wanted || now.state === wanted }
}

/** Thirds, as Home Assistant counts three named speeds. */
const SPEEDS: Record<string, number> = {
  low: 33,
  medium: 66,
  high: 100,
  min: 1,
  minimum: 1,
  max: 100,
  maximum: 100,
}

function fanSpeed(params: Params, { binding, known }: Facts): Result<Draft> {
  const word = typeof params.speed === 'string' ? slug(params.speed) : undefined
  const preset = binding.limits.presets?.find(name => slug(name) === word)
  if (preset !== undefined)
    return {
      change: [
        ['state', 'on'],
        ['preset', preset],
      ],
      done: now => now.preset === preset,
    }
  const percentage = word === undefined ? undefined : SPEEDS[word]
  if (word !== undefined && percentage === undefined) return refuse(`has no speed "${params.speed}"`)
  const said = percentage === undefined ? params : { percentage }
  const still = known.state === 'off' ? 0 : undefined
  const level = levelOf(said, 'percentage', 'fan_speed_step', still ?? known.percentage, STEPS.fan)
  if ('refusal' in level) return level
  if (level.to === 0) return { change: [['state', 'off']], done: now => now.state === 'off' }
  const codec = writeFor(binding, 'percentage', level.to)?.codec
  const coarse = codec?.as === 'speeds' ? 100 / (codec.max - codec.min + 1) : 1
  return {
    change: [
      ['state', 'on'],
      ['percentage', level.to],
    ],
    done: now => near(now.percentage, level.to, coarse + 1),
  }
}

function media(action: ActionName, params: Params, { known }: Facts): Result<Draft> {
  const seconds = durationSeconds(params)
  const more: Params = seconds === undefined ? {} : { duration_seconds: seconds }
  if (action === 'set_volume') {
    const level = levelOf(params, 'volume_level', 'volume_step', known.volume_level, STEPS.volume)
    if ('refusal' in level) return level
    return { change: [['volume_level', level.to]], done: now => near(now.volume_level, level.to, 1) }
  }
  if (action === 'mute' || action === 'unmute')
    return { change: [], more, done: now => now.muted === (action === 'mute') }
  if (action === 'play_media')
    return {
      change: [],
      more: { ...more, ...pickParams(params, ['query', 'media_class']) },
      done: now => now.state === 'playing',
      anyNews: true,
    }
  return { change: [], anyNews: true }
}

function pickParams(params: Params, keys: readonly string[]): Params {
  return Object.fromEntries(Object.entries(params).filter(([key]) => keys.includes(key)))
}
