/** A compact action's value words to the parameters of SCHEMA: numbers in range, steps, times. Pure. */
import type { CompactAction } from './compact.js'
import type { Params } from './parsed-command.js'
import {
  type Duration,
  parseClock,
  parseDuration,
  parseKelvin,
  parseMode,
  parseNumber,
  parsePercent,
  parseSpeed,
  parseTemperature,
} from './values.js'

/** Parameters, or what could not be read. */
export type ParamsResult = { params: Params } | { problem: string; unsupported?: boolean }

const spread = (duration: Duration, prefix = ''): Params =>
  Object.fromEntries(Object.entries(duration).map(([unit, n]) => [`${prefix}${unit}`, n as number]))

/** The first number below zero or above `max` is a slip of the tongue or of the model: say so rather than clamp. */
function share(words: string, lowest: number): number | undefined {
  const n = parsePercent(words, lowest)
  return n === undefined || n < 0 || n > 100 ? undefined : n
}

/** Absolute and relative percentages: `{brightness: 50}`, `{brightness_step: -20}`, `{brightness_step: 'up'}`. */
function level(c: CompactAction, absolute: string, step: string, lowest: number): ParamsResult {
  if (c.step) {
    if (c.val === undefined) return { params: { [step]: c.step } }
    const by = share(c.val, 0)
    // "up to the maximum" is a level, whatever the verb was
    if (/\b(max|maximum|full|highest|min|minimum|lowest)\b/.test(c.val) && by !== undefined)
      return { params: { [absolute]: parsePercent(c.val, lowest)! } }
    return by === undefined ? { problem: c.val } : { params: { [step]: c.step === 'up' ? by : -by } }
  }
  const n = c.val === undefined ? undefined : share(c.val, lowest)
  return n === undefined ? { problem: c.val ?? '' } : { params: { [absolute]: n } }
}

const toHome = (degrees: number, unit: 'c' | 'f' | undefined, units: 'metric' | 'us') => {
  if (!unit || (unit === 'f') === (units === 'us')) return degrees
  return Math.round((unit === 'f' ? ((degrees - 32) * 5) / 9 : (degrees * 9) / 5 + 32) * 10) / 10
}

/** "The river film", "the friends episode": the article is that of the last word. */
const WORK =
  '(?:movie|film|song|track|album|record|single|show|series|episode|playlist|mix|podcast|station|channel|genre|soundtrack|band|artist|singer)'

/** A title keeps the article that its span lost: "play the river" is "the river", "play the river film" is "river". */
function titleOf(span: string, said: string | undefined): string {
  const lost =
    said !== undefined && new RegExp(`\\bplay the ${escaped(span)}(?! ${WORK})(?: |$)`, 'u').test(said)
  return lost ? `the ${span}` : span
}
const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/** A length of time keeps the half that its span lost: "for half a minute" read as "a minute". */
function lengthOf(span: string | undefined, said: string | undefined): Duration | undefined {
  if (span === undefined) return undefined
  const words = escaped(span)
  const before = said?.match(new RegExp(`\\b((?:half|(?:a |three )?quarters? of) )${words}(?: |$)`, 'u'))
  const after = said?.match(new RegExp(`\\b${words}( and (?:a )?(?:half|quarter))(?: |$)`, 'u'))
  return parseDuration(`${/^(an?|one) /.test(span) ? (before?.[1] ?? '') : ''}${span}${after?.[1] ?? ''}`)
}

function ofAction(c: CompactAction, units: 'metric' | 'us', said: string | undefined): ParamsResult {
  switch (c.action) {
    case 'set_brightness':
      return level(c, 'brightness', 'brightness_step', 1)
    case 'set_volume':
      return level(c, 'volume_level', 'volume_step', 0)
    case 'set_position':
      return level(c, 'position', 'position_step', 0)
    case 'set_fan_speed': {
      const speed =
        c.val !== undefined && !c.step && parseNumber(c.val) === undefined ? parseSpeed(c.val) : undefined
      return speed && !/\b(lowest|highest)\b/.test(c.val ?? '')
        ? { params: { speed } }
        : level(c, 'percentage', 'fan_speed_step', 1)
    }
    case 'set_color': {
      const color = c.val
        ?.replace(/\b(the|a|an|color|colour)\b/g, '')
        .replace(/\s+/g, ' ')
        .trim()
      return color ? { params: { color } } : { problem: '' }
    }
    case 'set_color_temperature': {
      const kelvin = c.val === undefined ? undefined : parseKelvin(c.val)
      return kelvin === undefined ? { problem: c.val ?? '' } : { params: { kelvin } }
    }
    case 'set_temperature': {
      if (c.step && c.val === undefined) return { params: { temperature_step: c.step } }
      const t = c.val === undefined ? undefined : parseTemperature(c.val)
      if (!t) return { problem: c.val ?? '' }
      if (c.step) return { params: { temperature_step: c.step === 'up' ? t.degrees : -t.degrees } }
      return { params: { temperature: toHome(t.degrees, t.unit, units) } }
    }
    case 'set_mode':
      return c.val ? { params: { mode: parseMode(c.val) } } : { problem: '' }
    case 'play_media':
      return c.val
        ? { params: { query: titleOf(c.val, said), ...(c.media ? { media_class: c.media } : {}) } }
        : { problem: '' }
    case 'get_state':
      return {
        params: {
          ...(c.val ? { state: stateWord(c.val) } : {}),
          ...(c.quantifier ? { quantifier: c.quantifier } : {}),
        },
      }
    case 'start_timer':
    case 'increase_timer':
    case 'decrease_timer': {
      const d = lengthOf(c.for, said)
      return d ? { params: spread(d) } : { problem: c.for ?? '' }
    }
    default: {
      const d = lengthOf(c.for, said)
      return { params: d ? spread(d) : {} }
    }
  }
}

const STATE_WORDS: Record<string, string> = {
  'turned on': 'on',
  'switched on': 'on',
  'powered on': 'on',
  'turned off': 'off',
  'switched off': 'off',
  shut: 'closed',
  close: 'closed',
  opened: 'open',
  lock: 'locked',
  secured: 'locked',
  bolted: 'locked',
  leaking: 'wet',
  flooded: 'wet',
}
/** A state as Home Assistant spells it: "turned on" is on. */
const stateWord = (words: string) => STATE_WORDS[words] ?? words

/**
 * All parameters of an action, times included.
 * @param units what degrees without a unit mean, and what the home counts in
 * @param said the utterance after `normalise`, when there is one
 */
export function paramsOf(c: CompactAction, units: 'metric' | 'us', said?: string): ParamsResult {
  const own = ofAction(c, units, said)
  if ('problem' in own) return own
  const params = { ...own.params }
  if (c.timer !== undefined) {
    const d = lengthOf(c.timer, said)
    if (!d) return { problem: c.timer }
    Object.assign(params, spread(d, 'start_'))
  }
  if (c.name !== undefined) params.name = c.name
  if (c.in !== undefined) {
    const d = lengthOf(c.in, said)
    if (!d) return { problem: c.in }
    Object.assign(params, spread(d, 'delay_'))
  }
  if (c.at !== undefined) {
    const at = parseClock(c.at)
    if (!at) return { problem: c.at }
    params.at = at
  }
  return { params }
}
