/**
 * What an alarm is made of. Plain JSON; times are milliseconds since 1970.
 * @source ANSI/ISA-18.2-2016, alarm state model; state names as in OPC UA Part 9 and alerta's isa_18_2
 */
import type { Severity } from '../verdict.js'
import type { AlarmSettings } from './alarm-settings.js'

/** Normal, unacknowledged, acknowledged, returned unacknowledged, shelved, suppressed by design, out of service. */
export type AlarmCondition = 'NORM' | 'UNACK' | 'ACKED' | 'RTNUN' | 'SHLVD' | 'DSUPR' | 'OOSRV'

/** All times are milliseconds since 1970. Plain JSON. */
export interface AlarmState {
  condition: AlarmCondition
  /** What the lines said last. */
  raw: boolean
  /** The same after the delays. */
  live: boolean
  /** When `live` becomes `raw`. */
  dueAt?: number
  /** `raw` ends by itself then: the lines of this alarm only say that it happened. */
  holdUntil?: number
  /** Worst since it was last normal. */
  severity: Severity
  liveSince?: number
  returnedAt?: number
  /** Last line that raised it. */
  raisedAt?: number
  notifiedAt?: number
  notifiedSeverity?: Severity
  acknowledgedAt?: number
  escalations: number
  /** Activations within the chattering window, oldest first, at most `chatterCount`. */
  activations: number[]
  chatteringSince?: number
  chatteredAt?: number
  stale?: boolean
  shelvedUntil?: number
  oneShot?: boolean
  /** Somebody can see it: told or opened since it was last cleared. */
  open: boolean
}

export type AlarmEvent =
  | {
      kind: 'raise'
      at: number
      severity: Severity /** nothing will say that it is over */
      momentary?: boolean
    }
  | {
      kind: 'shelve'
      at: number
      until: number /** ends with the next return to normal */
      oneShot?: boolean
    }
  | {
      kind:
        | 'return'
        | 'acknowledge'
        | 'dismiss'
        | 'unshelve'
        | 'suppress'
        | 'unsuppress'
        | 'takeOut'
        | 'putBack'
        | 'tick'
      at: number
    }

/** `notify`, `worsened`, `escalated` and `reAlarmed` are for a person's ear; the others change what the list shows. */
export type AlarmEffect =
  | 'notify'
  | 'worsened'
  | 'escalated'
  | 'reAlarmed'
  | 'opened'
  | 'updated'
  | 'returned'
  | 'chattering'
  | 'stale'
  | 'cleared'

export const tells = (effect: AlarmEffect): boolean =>
  effect === 'notify' || effect === 'worsened' || effect === 'escalated' || effect === 'reAlarmed'

export const NEW_ALARM: AlarmState = {
  condition: 'NORM',
  raw: false,
  live: false,
  severity: 'normal',
  escalations: 0,
  activations: [],
  open: false,
}

/** When a `tick` will next change something, or undefined when only an event can. */
export function wakeAt(s: AlarmState, o: AlarmSettings): number | undefined {
  const plus = (since: number | undefined, ms: number | undefined) =>
    since === undefined || ms === undefined ? Number.POSITIVE_INFINITY : since + ms
  const never = Number.POSITIVE_INFINITY
  const due = Math.min(
    s.raw ? (s.holdUntil ?? never) : never,
    s.dueAt ?? never,
    s.condition === 'SHLVD' ? (s.shelvedUntil ?? never) : never,
    s.condition === 'UNACK' && s.escalations < o.mostEscalations
      ? plus(unheardSince(s), o.escalateMs[s.severity])
      : never,
    s.condition === 'ACKED' ? plus(s.acknowledgedAt, o.reAlarmMs[s.severity]) : never,
    s.condition === 'RTNUN' && !s.raw ? plus(s.returnedAt, o.lingerMs[s.severity]) : never,
    s.live && !s.stale ? plus(s.liveSince, o.staleMs) : never,
    s.live ? plus(s.raisedAt, o.forgetMs) : never,
    s.chatteringSince === undefined ? never : plus(s.chatteredAt, o.chatterQuietMs),
  )
  return due === never ? undefined : due
}

/** Nothing stands, nothing is due and nobody set anything: it can be forgotten. */
export const isIdle = (s: AlarmState, at: number, o: AlarmSettings): boolean =>
  s.condition === 'NORM' &&
  !s.raw &&
  !s.live &&
  !s.open &&
  (s.activations.at(-1) ?? Number.NEGATIVE_INFINITY) + o.chatterWindowMs <= at

/** Since when an unacknowledged alarm waits for somebody. */
export const unheardSince = (s: AlarmState): number => Math.max(s.notifiedAt ?? 0, s.liveSince ?? 0)
