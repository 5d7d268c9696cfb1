/** Answers to questions about states, from what devices last said. Pure. */
import type { Device, Home } from './home.js'
import type { Action } from './parsed-command.js'
import type { DeviceState } from './registry.js'
import { resolve } from './resolve.js'

/** One device's part of an answer. */
export interface StateAnswer {
  deviceId: string
  name: string
  /** As the device says it; null when nothing was heard of it yet. */
  state: string | number | boolean | null
  unit?: string
  /** Whether the state is the one asked about; absent when none was. */
  matches?: boolean
}

/** Spoken states that mean the same as a device's own word, by meaning on or off. */
const ON = new Set([
  'on',
  'open',
  'opened',
  'unlocked',
  'detected',
  'wet',
  'low',
  'running',
  'triggered',
  'charging',
  'plugged in',
  'connected',
  'occupied',
  'active',
  'home',
  'unsafe',
  'moving',
  'available',
  'playing',
  'cleaning',
  'mowing',
  'true',
  'hot',
  'cold',
])
const OFF = new Set([
  'off',
  'closed',
  'shut',
  'locked',
  'clear',
  'dry',
  'normal',
  'not running',
  'stopped',
  'finished',
  'done',
  'charged',
  'unplugged',
  'disconnected',
  'empty',
  'inactive',
  'away',
  'safe',
  'idle',
  'docked',
  'paused',
  'up to date',
  'false',
  'ok',
])

function sameState(asked: string, state: DeviceState['state'], device: Device): boolean {
  const said = String(state).toLowerCase().replace(/_/g, ' ')
  if (said === asked) return true
  if (device.kind === 'climate') return asked === 'on' ? said !== 'off' : asked === 'off' && said === 'off'
  return (ON.has(asked) && ON.has(said)) || (OFF.has(asked) && OFF.has(said))
}

/** What is known of the devices a question is about. */
export function answerState(
  action: Action,
  home: Home,
  area: string | undefined,
  read: (id: string) => DeviceState | undefined,
): StateAnswer[] {
  const asked = typeof action.params.state === 'string' ? action.params.state : undefined
  const targets = action.targets.length ? action.targets : [{}]
  const devices = [
    ...new Map(targets.flatMap(t => resolve(t, 'get_state', home, area)).map(d => [d.id, d])).values(),
  ]
  return devices.map(device => {
    const known = read(device.id)
    const measured =
      device.kind === 'climate' && asked === undefined ? known?.attributes.current_temperature : undefined
    const state = measured ?? known?.state ?? null
    const value = typeof state === 'object' ? null : state
    const unit = known?.unit ?? (measured !== undefined ? (home.units === 'us' ? '°F' : '°C') : undefined)
    return {
      deviceId: device.id,
      name: device.name,
      state: value,
      ...(unit ? { unit } : {}),
      ...(asked === undefined ? {} : { matches: value !== null && sameState(asked, value, device) }),
    }
  })
}

const list = (names: readonly string[]) =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`

/** The answer as a sentence. */
export function sayState(action: Action, answers: readonly StateAnswer[]): string {
  const asked = action.params.state
  const { quantifier } = action.params
  const known = answers.filter(a => a.state !== null)
  if (known.length === 0)
    return answers.length === 1
      ? `${answers[0]!.name} has not said anything yet.`
      : 'None of them has said anything yet.'
  if (asked === undefined)
    return `${list(known.slice(0, 6).map(a => `${a.name} is ${a.unit ? `${a.state} ${a.unit}` : String(a.state).replace(/_/g, ' ')}`))}.`
  const hits = known.filter(a => a.matches)
  const names = list(hits.slice(0, 8).map(a => a.name))
  if (quantifier === 'count') return `${hits.length} of ${known.length}${hits.length ? `: ${names}` : ''}.`
  if (quantifier === 'which') return hits.length ? `${names}.` : 'None.'
  if (quantifier === 'any') return hits.length ? `Yes: ${names}.` : `No, none is ${asked}.`
  if (known.length === 1) {
    const only = known[0]!
    return only.matches
      ? `Yes, ${only.name} is ${asked}.`
      : `No, ${only.name} is ${String(only.state).replace(/_/g, ' ')}.`
  }
  if (hits.length === known.length) return `Yes, all ${known.length} are ${asked}.`
  return `No, ${list(
    known
      .filter(a => !a.matches)
      .slice(0, 8)
      .map(a => a.name),
  )} ${known.length - hits.length === 1 ? 'is' : 'are'} not ${asked}.`
}
