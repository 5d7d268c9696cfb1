/** Selectors to devices. Pure. The rules are those of the command sets' schema: an unscoped selector means the speaker's area, or the whole home when nothing there fits. */
import type { Operation } from './act.js'
import type { Device, Home } from './home.js'
import type { Action, Target } from './parsed-command.js'
import { ACTIONS, type ActionName, type Capability } from './vocabulary.js'

/**
 * What an action is called on a device: "turn on" opens a cover, locks a lock, starts a vacuum, activates a scene.
 */
export function actionOn(action: ActionName, device: Device): ActionName {
  const has = (c: Capability) => device.capabilities.includes(c)
  switch (device.kind) {
    case 'cover':
    case 'valve':
      if (action === 'turn_on') return 'open'
      if (action === 'turn_off') return 'close'
      break
    case 'lock':
      if (action === 'turn_on') return 'lock'
      if (action === 'turn_off') return 'unlock'
      break
    case 'scene':
    case 'script':
      return action === 'turn_on' || action === 'start' ? 'activate' : action
    case 'media_player':
      if (action === 'stop') return 'pause'
      break
  }
  const plain = action === 'activate' ? 'turn_on' : action
  if (has('start_stop')) {
    if (plain === 'turn_on') return 'start'
    if (plain === 'turn_off') return 'stop'
  } else if (has('on_off')) {
    if (plain === 'start') return 'turn_on'
    if (plain === 'stop') return 'turn_off'
  }
  return plain
}

/** Whether a device can carry out an action, under the name that the action has on it. */
export function supports(action: ActionName, device: Device): boolean {
  const { needs } = ACTIONS[actionOn(action, device)]
  if (needs === 'nothing') return true
  if (needs === 'no_device') return false
  return needs.some(c => device.capabilities.includes(c))
}

/** The devices that a target reaches for an action, in the home's order; empty when there are none. */
export function resolve(target: Target, action: ActionName, home: Home, area: string | undefined): Device[] {
  if (typeof target === 'string') return home.devices.filter(d => d.id === target)
  let found = home.devices.filter(
    d =>
      (!target.kind || d.kind === target.kind) &&
      (!target.class || d.class === target.class) &&
      supports(action, d) &&
      // without a kind, "turn on" never reaches covers, locks or scenes
      (target.kind || target.class || actionOn(action, d) === action),
  )
  if (target.area && target.area !== 'all') {
    const wanted = target.area === 'here' ? area : target.area
    found = found.filter(d => wanted !== undefined && d.area === wanted)
  } else if (target.floor) {
    const areas = new Set(home.areas.filter(a => a.floor === target.floor).map(a => a.id))
    found = found.filter(d => d.area !== null && areas.has(d.area))
  } else if (!target.area && area) {
    const here = found.filter(d => d.area === area)
    if (here.length) found = here
  }
  return found
}

/** Actions as operations, each device once per action. */
export function operations(actions: readonly Action[], home: Home, area: string | undefined): Operation[] {
  const out: Operation[] = []
  for (const action of actions) {
    if (ACTIONS[action.action].needs === 'no_device') continue
    const targets = action.targets.length ? action.targets : [{}]
    const devices = new Map(targets.flatMap(t => resolve(t, action.action, home, area)).map(d => [d.id, d]))
    for (const d of devices.values())
      out.push({ deviceId: d.id, action: actionOn(action.action, d), params: action.params })
  }
  return out
}
