/** What was done, as a short sentence. Pure. */
import type { Outcome } from './act.js'
import type { Home } from './home.js'
import type { Params } from './parsed-command.js'
import { type TimerAnswer, withoutDelay } from './timers.js'
import type { ActionName } from './vocabulary.js'

const PAST: Partial<Record<ActionName, string>> = {
  turn_on: 'Turned on',
  turn_off: 'Turned off',
  open: 'Opened',
  close: 'Closed',
  lock: 'Locked',
  unlock: 'Unlocked',
  start: 'Started',
  stop: 'Stopped',
  pause: 'Paused',
  resume: 'Resumed',
  mute: 'Muted',
  unmute: 'Unmuted',
  activate: 'Activated',
  next: 'Next on',
  previous: 'Back on',
  return_to_base: 'Sent home',
  play_media: 'Playing on',
}

/** What a change is of, for actions without a verb of their own. */
const OF: Partial<Record<ActionName, string>> = {
  set_brightness: 'brightness',
  set_color: 'colour',
  set_color_temperature: 'white',
  set_temperature: 'temperature',
  set_mode: 'mode',
  set_fan_speed: 'speed',
  set_volume: 'volume',
  set_position: 'position',
}

function value(params: Params): string {
  const { hours, minutes, seconds, area, quantifier, media_class, ...rest } = withoutDelay(params)
  return Object.entries(rest)
    .map(([key, v]) => {
      if (v === 'up' || v === 'down') return v
      if (key === 'temperature_step') return `${Number(v) > 0 ? 'up' : 'down'} by ${Math.abs(Number(v))}°`
      if (key.endsWith('_step')) return `${Number(v) > 0 ? 'up' : 'down'} by ${Math.abs(Number(v))} %`
      if (key === 'kelvin') return `${v} K`
      if (/^(brightness|position|percentage|volume_level)$/.test(key)) return `${v} %`
      return key === 'temperature' ? `${v}°` : String(v)
    })
    .join(' ')
}

/** What will be done, without a subject: "turn off Hall light", "set 5 devices, brightness 30 %". */
export function sayPlan(
  action: ActionName,
  deviceIds: readonly string[],
  params: Params,
  home: Home,
): string {
  const names = deviceIds.map(id => home.devices.find(d => d.id === id)?.name ?? id)
  const what = names.length <= 3 ? names.join(', ') : `${names.length} devices`
  const of = OF[action]
  const v = value(params)
  if (of) return `set ${what}, ${of} ${v}`
  return `${action.replace(/_/g, ' ')} ${what}${v ? `: ${v}` : ''}`
}

const count = (n: number, one: string) => (n === 1 ? one : `${n} devices`)

/** One sentence for the operations of one action. */
export function sayOutcomes(outcomes: readonly Outcome[], params: Params, home: Home): string {
  const name = (id: string) => home.devices.find(d => d.id === id)?.name ?? id
  const done = outcomes.filter(o => o.result === 'confirmed' || o.result === 'sent')
  const dry = outcomes.filter(o => o.result === 'dry_run')
  const bad = outcomes.filter(o => o.result === 'no_answer' || o.result === 'failed')
  const sentences: string[] = []
  if (done.length) {
    const { action } = done[0]!
    const what = done.length <= 3 ? done.map(o => name(o.deviceId)).join(', ') : count(done.length, '')
    const verb = PAST[action]
    const v = value(params)
    const unconfirmed = done.every(o => o.result === 'sent') ? ' (sent; the device does not confirm)' : ''
    sentences.push(
      verb
        ? `${verb} ${what}${v ? `: ${v}` : ''}${unconfirmed}.`
        : `${what}: ${OF[action] ?? action.replace(/_/g, ' ')} ${v}${unconfirmed}.`,
    )
  }
  if (dry.length)
    sentences.push(
      `Would ${sayPlan(
        dry[0]!.action,
        dry.map(o => o.deviceId),
        params,
        home,
      )}.`,
    )
  for (const o of bad) sentences.push(`${name(o.deviceId)} ${o.reason ?? 'did not answer'}.`)
  return sentences.join(' ')
}

/** Seconds as people say them: "5 minutes 30 seconds". */
export function saySeconds(total: number): string {
  const s = Math.round(total)
  const parts: [number, string][] = [
    [Math.floor(s / 3600), 'hour'],
    [Math.floor((s % 3600) / 60), 'minute'],
    [s % 60, 'second'],
  ]
  const said = parts.filter(([n]) => n > 0).map(([n, unit]) => `${n} ${unit}${n === 1 ? '' : 's'}`)
  return said.join(' ') || '0 seconds'
}

/** A timer command's answer. */
export function sayTimer(action: ActionName, answer: TimerAnswer): string {
  if (!answer.ok)
    return `${answer.reason.charAt(0).toUpperCase()}${answer.reason.slice(1)}${answer.reason.endsWith('.') ? '' : '.'}`
  const called = (t: { name: string | null }) => (t.name ? `${t.name} timer` : 'Timer')
  if (action === 'timer_status')
    return answer.timers.length
      ? `${answer.timers.map(t => `${called(t)}: ${saySeconds(t.leftSeconds)} left${t.state === 'paused' ? ' (paused)' : ''}`).join('; ')}.`
      : 'No timer is running.'
  const verb =
    {
      start_timer: 'set for',
      increase_timer: 'now has',
      decrease_timer: 'now has',
      cancel_timer: 'cancelled',
      cancel_all_timers: 'cancelled',
      pause_timer: 'paused with',
      resume_timer: 'running with',
    }[action as string] ?? ''
  if (verb === 'cancelled')
    return answer.timers.length === 1
      ? `${called(answer.timers[0]!)} cancelled.`
      : `${answer.timers.length} timers cancelled.`
  return `${answer.timers.map(t => `${called(t)} ${verb} ${saySeconds(t.leftSeconds)}`).join('; ')}.`
}
