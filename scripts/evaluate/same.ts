/**
 * When two answers are the same: both are written out as operations (device, action, parameters) in one spelling, and the
 * sets are compared. So a list of ids equals the selector that reaches these devices, 90 minutes equal one hour and a
 * half, and order does not matter. Pure.
 */
import type { Area, Device, Floor, Home } from '../../daemon/commands/home.js'
import { actionOn, supports } from '../../daemon/commands/resolve.js'
import { ACTIONS, isActionName } from '../../daemon/commands/vocabulary.js'

/** Which devices, as a row may write it: an id, a name, or a selector. */
export type RowTarget = string | { area?: string; floor?: string; kind?: string; class?: string }
/** An action as a row or a prediction writes it. */
export interface RowAction {
  action: string
  targets?: RowTarget[] | undefined
  params?: Record<string, unknown> | undefined
}
/** A row of an evaluation set, as far as equality goes. */
export interface Gold {
  expected?: RowAction[] | undefined
  /** Further answers that are right. */
  alternatives?: RowAction[][] | undefined
  /** Nothing may be done. */
  expected_none?: boolean | undefined
  context?: { area?: string | undefined } | undefined
}

/** Where a selector without a place looks: near the speaker first, or in the whole home. */
type Scope = 'near' | 'home'

/** Told in the answer, not done. */
const NOT_COMPARED = new Set(['quantifier', 'attribute', 'temperature_unit', 'unit'])
const NUMBERS = new Set([
  'brightness',
  'position',
  'percentage',
  'volume_level',
  'temperature',
  'kelvin',
  'humidity',
])
const STEPS = new Set([
  'brightness_step',
  'volume_step',
  'temperature_step',
  'fan_speed_step',
  'position_step',
])
/** Whites by name, kelvin. */
const WHITES: Record<string, number> = {
  'candle light': 1900,
  candlelight: 1900,
  'warm white': 2700,
  'soft white': 2700,
  'cool white': 4000,
  'cold white': 4000,
  'neutral white': 4000,
  daylight: 6500,
  'day light': 6500,
}
const list = (text: string) => new Set(text.split(', '))
/** What people call the two states of a binary sensor, by Home Assistant's device classes. */
const ON = list(
  'on, open, opened, detected, wet, low, hot, cold, running, triggered, charging, plugged in, plugged, connected, occupied, unlocked, vibrating, home, unsafe, moving, tampered, problem, available, active, motion, true, yes',
)
const OFF = list(
  'off, closed, shut, clear, dry, normal, charged, unplugged, disconnected, locked, gone, away, safe, up to date, not running, empty, unoccupied, ok, false, no, not charging, none, inactive',
)
const STATES: Record<string, string> = {
  shut: 'closed',
  opened: 'open',
  'turned on': 'on',
  'turned off': 'off',
}
const SECONDS: Record<string, number> = { hours: 3600, minutes: 60, seconds: 1 }

const plain = (value: unknown) =>
  String(value ?? '')
    .toLowerCase()
    .replace(/[’`]/g, "'")
    .replace(/\s+/g, ' ')
    .trim()
const named = <T extends Area | Floor | Device>(things: readonly T[], name: string): T[] =>
  things.filter(x => plain(x.name) === plain(name) || x.aliases.some(a => plain(a) === plain(name)))
const one = <T extends Area | Floor>(things: readonly T[], name: string): T | undefined =>
  things.find(x => x.id === name) ?? named(things, name)[0]

/** A number however written ("50 %", "1,200"), else the words. */
function number(value: unknown): number | string {
  if (typeof value === 'number') return value
  const written = /^\s*([+-]?\d+(?:\.\d+)?)\s*(?:%|percent|degrees?|°\s*[cf]?|k|kelvin|c|f)?\s*$/i.exec(
    String(value).replaceAll(',', ''),
  )
  return written ? Number(written[1]) : plain(value)
}

function step(value: unknown): number | string {
  const word = plain(value)
  if (word === 'increase' || word === '+' || word === 'up') return 'up'
  if (word === 'decrease' || word === '-' || word === 'down') return 'down'
  return number(value)
}

function state(value: unknown, device: Device | undefined): string {
  const word = STATES[plain(value)] ?? plain(value)
  if (device?.kind !== 'binary_sensor') return word
  return ON.has(word) ? 'on' : OFF.has(word) ? 'off' : word
}

/** Parameters in one spelling, as text; lengths of time in seconds. */
function params(action: RowAction, device: Device | undefined, home: Home, near: string | undefined): string {
  const out: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(action.params ?? {})) {
    if (value === null || value === undefined || value === '' || NOT_COMPARED.has(key)) continue
    const time = /^(|start_|delay_)(hours|minutes|seconds)$/.exec(key)
    if (time) {
      const name = `${time[1]}duration_s`
      out[name] = Number(out[name] ?? 0) + Number(value) * SECONDS[time[2]!]!
    } else if (key === 'kelvin') out[key] = WHITES[plain(value)] ?? number(value)
    else if (NUMBERS.has(key)) out[key] = number(value)
    else if (STEPS.has(key)) out[key] = step(value)
    else if (key === 'area')
      out[key] = (value === 'here' ? near : one(home.areas, String(value))?.id) ?? plain(value)
    else if (key === 'state') out[key] = state(value, device)
    else out[key] = typeof value === 'boolean' || typeof value === 'number' ? value : plain(value)
  }
  return JSON.stringify(Object.entries(out).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Ids of the devices that a target reaches; one that reaches nothing stands for itself, after a question mark. */
function reach(
  target: RowTarget,
  action: string,
  home: Home,
  near: string | undefined,
  scope: Scope,
): string[] {
  if (typeof target === 'string') {
    if (home.devices.some(d => d.id === target)) return [target]
    const found = named(home.devices, target)
    const here = found.length > 1 ? found.filter(d => d.area === near) : found
    if (here.length === 1) return [here[0]!.id]
    const area = found.length === 0 ? one(home.areas, target) : undefined
    return area ? reach({ area: area.id }, action, home, near, scope) : [`?${target}`]
  }
  if (!isActionName(action)) return ['?']
  let found = home.devices.filter(
    d =>
      (!target.kind || d.kind === target.kind) &&
      (!target.class || d.class === target.class) &&
      supports(action, d) &&
      // "turn on everything" reaches only what is turned on, no covers, locks or scenes
      (target.kind || target.class || actionOn(action, d) === action),
  )
  if (target.area && target.area !== 'all') {
    const area = target.area === 'here' ? near : one(home.areas, target.area)?.id
    found = found.filter(d => area !== undefined && d.area === area)
  } else if (target.floor) {
    const floor = one(home.floors, target.floor)
    const areas = new Set(home.areas.filter(a => floor && a.floor === floor.id).map(a => a.id))
    found = found.filter(d => d.area !== null && areas.has(d.area))
  } else if (!target.area && scope === 'near' && near) {
    const here = found.filter(d => d.area === near)
    if (here.length) found = here
  }
  return found.length ? found.map(d => d.id) : [`?${JSON.stringify(target)}`]
}

/** Actions as a set of operations, one text each. */
export function operations(
  actions: readonly RowAction[],
  home: Home,
  near: string | undefined,
  scope: Scope = 'near',
): Set<string> {
  const out = new Set<string>()
  for (const action of actions) {
    const name = plain(action.action).replace(/[ -]/g, '_')
    if (!isActionName(name) || ACTIONS[name].needs === 'no_device') {
      out.add(`-\t${name}\t${params(action, undefined, home, near)}`)
      continue
    }
    const targets = action.targets?.length ? action.targets : [{}]
    const ids = [...new Set(targets.flatMap(t => reach(t, name, home, near, scope)))]
    const devices = new Map(home.devices.map(d => [d.id, d]))
    const able = ids.filter(id => {
      const device = devices.get(id)
      return !device || supports(name, device)
    })
    // a listed device that cannot do it is passed over when others can: a selector would not reach it either
    for (const id of able.length ? able : ids) {
      const device = devices.get(id)
      out.add(`${id}\t${device ? actionOn(name, device) : name}\t${params(action, device, home, near)}`)
    }
  }
  return out
}

const equal = (a: ReadonlySet<string>, b: ReadonlySet<string>) =>
  a.size === b.size && [...a].every(x => b.has(x))
const asks = (actions: readonly RowAction[]) => actions.some(a => a.action === 'get_state')

/**
 * Whether an answer is exactly right.
 * @param actions empty for a refusal
 */
export function right(gold: Gold, actions: readonly RowAction[], home: Home): boolean {
  if (gold.expected_none) return actions.length === 0
  if (actions.length === 0) return false
  const near = gold.context?.area
  // a question without a place is right for where the speaker is and for the whole home
  const readings = (of: readonly RowAction[]) =>
    (asks(of) ? (['near', 'home'] as const) : (['near'] as const)).map(s => operations(of, home, near, s))
  const got = readings(actions)
  return [gold.expected ?? [], ...(gold.alternatives ?? [])].some(wanted =>
    readings(wanted).some(a => got.some(b => equal(a, b))),
  )
}
