/** What was done, as a short sentence. Pure. */
import type { Outcome } from './act.js'
import type { Home } from './home.js'
import type { Params } from './parsed-command.js'
import type { TimerAnswer } from './timers.js'
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
const DRY: Partial<Record<ActionName, string>> = { turn_on: 'turn on', turn_off: 'turn off' }

function value(params: Params): string {
  const { hours, minutes, seconds, area, quantifier, media_class, ...rest } = params
  const words = Object.entries(rest).map(([key, v]) => {
    if (v === 'up' || v === 'down') return v === 'up' ? 'up a bit' : 'down a bit'
    if (key.endsWith('_step')) return `by ${Number(v) > 0 ? '+' : ''}${v}`
    if (key === 'kelvin') return `to ${v} K`
    if (/^(brightness|position|percentage|volume_level)$/.test(key)) return `to ${v} %`
    if (key === 'temperature') return `to ${v}°`
    return key === 'query' ? `: ${v}` : `to ${v}`
  })
  return words.length ? ` ${words.join(' ')}` : ''
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
    const unconfirmed = done.every(o => o.result === 'sent') ? ' (sent; the device does not confirm)' : ''
    sentences.push(`${verb ? `${verb} ${what}` : `Set ${what}`}${value(params)}${unconfirmed}.`)
  }
  if (dry.length) {
    const { action } = dry[0]!
    sentences.push(
      `Would ${DRY[action] ?? action.replace(/_/g, ' ')} ${dry.map(o => name(o.deviceId)).join(', ')}${value(params)}.`,
    )
  }
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
