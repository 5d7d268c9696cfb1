/**
 * The life of one alarm: a debounced condition (on-delay, off-delay) and what people did about it. Pure: time comes with
 * every event and must not run backwards.
 */

import { type AlarmSettings, isWorse } from './alarm-settings.js'
import type { AlarmEffect, AlarmEvent, AlarmState } from './alarm-state.js'
import { unheardSince, wakeAt } from './alarm-state.js'

export interface AlarmStep {
  state: AlarmState
  effects: AlarmEffect[]
}

/** The only way a state changes. What was due before the event happens first. */
export function next(state: AlarmState, event: AlarmEvent, settings: AlarmSettings): AlarmStep {
  const step: AlarmStep = { state: { ...state, activations: [...state.activations] }, effects: [] }
  // in the order of time, however late the event comes: a shelf that ended before the on-delay did matters
  for (let due = wakeAt(step.state, settings); due !== undefined && due <= event.at; ) {
    elapse(step, due, settings)
    due = wakeAt(step.state, settings)
  }
  apply(step, event, settings)
  return step
}

function elapse(step: AlarmStep, at: number, o: AlarmSettings): void {
  const { state: s, effects } = step
  if (s.raw && s.holdUntil !== undefined && s.holdUntil <= at) {
    s.raw = false
    s.dueAt = s.live ? s.holdUntil : undefined
    s.holdUntil = undefined
  }
  if (s.dueAt !== undefined && s.dueAt <= at) {
    const when = s.dueAt
    s.dueAt = undefined
    if (s.raw !== s.live) {
      if (s.raw) liven(step, when, o)
      else settle(step, when)
    }
  }
  if (s.live && s.raisedAt !== undefined && at - s.raisedAt >= o.forgetMs) {
    s.raw = false
    s.dueAt = undefined
    s.holdUntil = undefined
    settle(step, at)
  }
  if (s.chatteringSince !== undefined && at - s.chatteredAt! >= o.chatterQuietMs) {
    s.chatteringSince = undefined
    s.chatteredAt = undefined
    effects.push('updated')
    if (s.condition === 'NORM' && !s.live) clear(step)
  }
  if (s.condition === 'SHLVD' && s.shelvedUntil !== undefined && s.shelvedUntil <= at) release(step, at)
  const escalateMs = o.escalateMs[s.severity]
  if (
    s.condition === 'UNACK' &&
    escalateMs !== undefined &&
    s.escalations < o.mostEscalations &&
    at - unheardSince(s) >= escalateMs
  ) {
    s.escalations++
    tell(step, at, 'escalated')
  }
  const reAlarmMs = o.reAlarmMs[s.severity]
  if (s.condition === 'ACKED' && reAlarmMs !== undefined && at - s.acknowledgedAt! >= reAlarmMs) {
    unacknowledge(s)
    tell(step, at, 'reAlarmed')
  }
  if (s.live && !s.stale && at - s.liveSince! >= o.staleMs) {
    s.stale = true
    effects.push('stale')
  }
  const lingerMs = o.lingerMs[s.severity]
  if (s.condition === 'RTNUN' && !s.raw && lingerMs !== undefined && at - s.returnedAt! >= lingerMs) {
    s.condition = 'NORM'
    clear(step)
  }
}

function apply(step: AlarmStep, event: AlarmEvent, o: AlarmSettings): void {
  const { state: s, effects } = step
  switch (event.kind) {
    case 'raise':
      raise(step, event, o)
      return
    case 'return':
      if (!s.raw) return
      s.raw = false
      s.holdUntil = undefined
      s.dueAt = s.live ? event.at + o.offDelayMs : undefined
      return
    case 'acknowledge':
      if (s.condition === 'UNACK') {
        s.condition = 'ACKED'
        s.acknowledgedAt = event.at
        effects.push('updated')
      } else if (s.condition === 'RTNUN') {
        s.condition = 'NORM'
        clear(step)
      }
      return
    case 'dismiss':
      s.raw = false
      s.live = false
      s.stale = false
      s.dueAt = undefined
      s.holdUntil = undefined
      s.shelvedUntil = undefined
      s.oneShot = undefined
      s.chatteringSince = undefined
      s.chatteredAt = undefined
      // what is out of service or expected stays so
      if (s.condition !== 'OOSRV' && s.condition !== 'DSUPR') s.condition = 'NORM'
      clear(step)
      return
    case 'shelve':
      if (s.condition === 'DSUPR' || s.condition === 'OOSRV') return
      // what is over before it begins changes nothing
      if (event.until <= event.at) return
      s.shelvedUntil = Math.min(event.until, event.at + o.mostShelvedMs)
      s.oneShot = event.oneShot ?? false
      setAside(step, 'SHLVD')
      return
    case 'suppress':
      if (s.condition === 'SHLVD' || s.condition === 'OOSRV' || s.condition === 'DSUPR') return
      setAside(step, 'DSUPR')
      return
    case 'takeOut':
      if (s.condition !== 'OOSRV') setAside(step, 'OOSRV')
      return
    case 'unshelve':
      if (s.condition === 'SHLVD') release(step, event.at)
      return
    case 'unsuppress':
      if (s.condition === 'DSUPR') release(step, event.at)
      return
    case 'putBack':
      if (s.condition === 'OOSRV') release(step, event.at)
      return
    case 'tick':
      return
  }
}

function raise(step: AlarmStep, event: AlarmEvent & { kind: 'raise' }, o: AlarmSettings): void {
  const { state: s } = step
  const { at, severity } = event
  const activated = !s.raw
  // before it was told, the severity is that of the new activation; after it, the worst counts until it is normal again
  if (isWorse(severity, s.severity) || (activated && !s.live && s.condition === 'NORM')) s.severity = severity
  s.raw = true
  s.raisedAt = at
  s.holdUntil = event.momentary ? at + o.holdMs : undefined
  if (s.live) {
    s.dueAt = undefined
    if (s.notifiedSeverity !== undefined && isWorse(s.severity, s.notifiedSeverity) && isHeard(s)) {
      unacknowledge(s)
      tell(step, at, 'worsened')
    }
  } else {
    const delay = event.momentary ? 0 : (o.onDelayMs[s.severity] ?? 0)
    s.dueAt = Math.min(
      activated ? Number.POSITIVE_INFINITY : (s.dueAt ?? Number.POSITIVE_INFINITY),
      at + delay,
    )
  }
  if (activated && !event.momentary) chatter(step, at, o)
  if (!s.live && s.dueAt !== undefined && s.dueAt <= at) {
    s.dueAt = undefined
    liven(step, at, o)
  }
}

function chatter(step: AlarmStep, at: number, o: AlarmSettings): void {
  const { state: s, effects } = step
  s.activations = [...s.activations.filter(a => a > at - o.chatterWindowMs), at].slice(-o.chatterCount)
  if (s.activations.length < o.chatterCount) return
  s.chatteredAt = at
  if (s.chatteringSince === undefined) {
    s.chatteringSince = at
    show(step)
    effects.push('chattering')
  }
  // no activation outlasts the on-delay, yet it does not stop: somebody has to know
  if (at - s.chatteringSince >= o.chatterTellMs && !s.live) s.dueAt = at
}

function liven(step: AlarmStep, at: number, o: AlarmSettings): void {
  const { state: s, effects } = step
  s.live = true
  s.liveSince = at
  s.stale = false
  if (s.condition === 'NORM') {
    unacknowledge(s)
    tell(step, at, 'notify')
  } else if (s.condition === 'RTNUN') {
    unacknowledge(s)
    const isNews = at - s.notifiedAt! >= o.repeatMs || isWorse(s.severity, s.notifiedSeverity!)
    if (isNews) tell(step, at, 'notify')
    else effects.push('updated')
  } else {
    show(step)
    effects.push('updated')
  }
}

function settle(step: AlarmStep, at: number): void {
  const { state: s, effects } = step
  s.live = false
  s.returnedAt = at
  s.stale = false
  if (s.condition === 'UNACK') {
    s.condition = 'RTNUN'
    effects.push('returned')
  } else if (s.condition === 'ACKED' || (s.condition === 'SHLVD' && s.oneShot)) {
    s.condition = 'NORM'
    s.oneShot = undefined
    s.shelvedUntil = undefined
    clear(step)
  } else effects.push('updated')
}

/** Shelved, suppressed or out of service: seen in the list, heard by nobody. */
function setAside(step: AlarmStep, condition: 'SHLVD' | 'DSUPR' | 'OOSRV'): void {
  const { state: s, effects } = step
  if (condition !== 'SHLVD') {
    s.shelvedUntil = undefined
    s.oneShot = undefined
  }
  s.condition = condition
  show(step)
  effects.push('updated')
}

function release(step: AlarmStep, at: number): void {
  const { state: s } = step
  s.shelvedUntil = undefined
  s.oneShot = undefined
  if (s.live) {
    unacknowledge(s)
    tell(step, at, 'notify')
  } else {
    s.condition = 'NORM'
    clear(step)
  }
}

function tell(step: AlarmStep, at: number, effect: AlarmEffect): void {
  const { state: s, effects } = step
  s.open = true
  s.notifiedAt = at
  s.notifiedSeverity = s.severity
  effects.push(effect)
}

function show(step: AlarmStep): void {
  if (step.state.open) return
  step.state.open = true
  step.effects.push('opened')
}

function clear(step: AlarmStep): void {
  const { state: s, effects } = step
  s.notifiedAt = undefined
  s.notifiedSeverity = undefined
  s.acknowledgedAt = undefined
  s.escalations = 0
  // what still chatters stays in the list until it is quiet
  if (!s.open || s.chatteringSince !== undefined) return
  s.open = false
  effects.push('cleared')
}

function unacknowledge(s: AlarmState): void {
  s.condition = 'UNACK'
  s.acknowledgedAt = undefined
  s.escalations = 0
}

const isHeard = (s: AlarmState): boolean => s.condition === 'UNACK' || s.condition === 'ACKED'
