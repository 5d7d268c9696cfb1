/** How to put back what a command changed. Pure. */
import type { Operation } from '../act.js'
import type { Value } from '../devices/codec.js'
import { isRgb } from '../devices/codec.js'
import type { Device } from '../home.js'
import type { Params } from '../parsed-command.js'
import type { DeviceState } from '../registry.js'
import type { ActionName } from '../vocabulary.js'

/** One thing to put back. */
export type UndoStep =
  | { readonly type: 'device'; readonly deviceId: string; readonly operations: readonly Operation[] }
  /** What cannot be put back, and why, as a sentence without its subject. */
  | { readonly type: 'never'; readonly deviceId: string; readonly reason: string }
  /** A timer that was set, or something put off: it is taken back. */
  | { readonly type: 'timer'; readonly id: number }
  | { readonly type: 'scheduled'; readonly id: number }
  /** A timer that was cancelled: it runs again with what was left. */
  | { readonly type: 'again'; readonly params: Params; readonly area: string | null }

const UNKNOWN = 'had not said how it was before'

/**
 * The step that puts a device back to how it was.
 * @param before what the device last said before the operation; undefined when it never said anything
 */
export function undoOf(
  { action, deviceId }: Operation,
  device: Device,
  before: DeviceState | undefined,
): UndoStep {
  const back = inverse(action, device, before)
  if (typeof back === 'string') return { type: 'never', deviceId, reason: back }
  return {
    type: 'device',
    deviceId,
    operations: back.map(([name, params = {}]) => ({ deviceId, action: name, params })),
  }
}

type Back = readonly (readonly [ActionName, Params?])[]

function inverse(action: ActionName, device: Device, before: DeviceState | undefined): Back | string {
  const was = before?.state
  const now = before?.attributes ?? {}
  const off = was === 'off' || was === 'standby'
  const number = (key: string) => (typeof now[key] === 'number' ? (now[key] as number) : undefined)
  switch (action) {
    case 'turn_on':
    case 'turn_off':
      if (was === undefined || was === null) return UNKNOWN
      return [[off ? 'turn_off' : 'turn_on']]
    case 'set_brightness':
    case 'set_color':
    case 'set_color_temperature': {
      if (off) return [['turn_off']]
      const level = number('brightness')
      const back: (readonly [ActionName, Params])[] = []
      if (action !== 'set_brightness') {
        const kelvin = number('kelvin')
        const rgb = now.color
        if (isRgb(rgb)) back.push(['set_color', { color: hex(rgb) }])
        else if (kelvin !== undefined) back.push(['set_color_temperature', { kelvin }])
        else return UNKNOWN
      }
      if (level !== undefined && device.capabilities.includes('brightness'))
        back.push(['set_brightness', { brightness: level }])
      return back.length ? back : UNKNOWN
    }
    case 'open':
    case 'close':
    case 'set_position': {
      const position = number('position')
      if (position !== undefined && device.capabilities.includes('position'))
        return [['set_position', { position }]]
      if (was === 'open' || was === 'opening') return [['open']]
      return was === 'closed' || was === 'closing' ? [['close']] : UNKNOWN
    }
    case 'lock':
    case 'unlock':
      if (was === 'locked') return [['lock']]
      return was === 'unlocked' ? [['unlock']] : UNKNOWN
    case 'set_temperature': {
      const temperature = number('temperature')
      return temperature === undefined ? UNKNOWN : [['set_temperature', { temperature }]]
    }
    case 'set_mode': {
      const mode = typeof now.mode === 'string' ? now.mode : text(was)
      return mode === undefined ? UNKNOWN : [['set_mode', { mode }]]
    }
    case 'set_fan_speed': {
      if (off) return [['turn_off']]
      const percentage = number('percentage')
      return percentage === undefined ? UNKNOWN : [['set_fan_speed', { percentage }]]
    }
    case 'set_volume': {
      const level = number('volume_level')
      return level === undefined ? UNKNOWN : [['set_volume', { volume_level: level }]]
    }
    case 'mute':
      return now.muted === true ? [['mute']] : [['unmute']]
    case 'unmute':
      return now.muted === false ? [['unmute']] : [['mute']]
    case 'pause':
      return was === 'paused' ? [['pause']] : [['resume']]
    case 'resume':
      return [['pause']]
    case 'next':
      return [['previous']]
    case 'previous':
      return [['next']]
    case 'start':
      if (device.capabilities.includes('dock')) return [['return_to_base']]
      return [['stop']]
    case 'stop':
      return [['start']]
    case 'return_to_base':
      return was === 'cleaning' || was === 'mowing'
        ? [['start']]
        : 'is on its way home, where it was not sent from'
    case 'play_media':
      return was === 'playing' ? 'played something else that I do not know' : [['pause']]
    case 'activate':
      return 'is a scene: I do not know what it changed'
    default:
      return 'cannot be put back'
  }
}

const text = (value: Value | undefined) => (typeof value === 'string' && value ? value : undefined)
const hex = (rgb: readonly number[]) =>
  `#${rgb
    .map(n =>
      Math.round(Math.min(255, Math.max(0, n)))
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`
