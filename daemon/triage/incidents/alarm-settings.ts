import { SEVERITIES, type Severity } from '../verdict.js'

/** Milliseconds per severity. A severity that is missing has none: the thing does not happen to it. */
export type PerSeverity = Partial<Record<Severity, number>>

const MINUTE = 60_000
const HOUR = 60 * MINUTE

export interface AlarmSettings {
  /** It must last so long before anybody hears of it. Missing is at once. */
  onDelayMs: PerSeverity
  /** It must be gone so long before it counts as returned. */
  offDelayMs: number
  /** A line that only says that something happened counts as standing for so long after the last of its kind. */
  holdMs: number
  /** The same alarm that comes back unacknowledged is told again only so long after the last time. */
  repeatMs: number
  /** Told again so long after the last time as long as nobody acknowledges it. */
  escalateMs: PerSeverity
  /** So many escalations at most. */
  mostEscalations: number
  /** Acknowledged and still standing after so long: unacknowledged again. */
  reAlarmMs: PerSeverity
  /** Standing for longer than this it is called stale. */
  staleMs: number
  /** Standing, and no line spoke of it for so long: let go. */
  forgetMs: number
  /** Returned and acknowledged by nobody: cleared by itself after so long. */
  lingerMs: PerSeverity
  /** So many activations within `chatterWindowMs` are chattering ... */
  chatterCount: number
  chatterWindowMs: number
  /** ... until they have been fewer than that for so long. */
  chatterQuietMs: number
  /** Chattering for so long is told even though no activation outlasts the on-delay. */
  chatterTellMs: number
  /** The longest time an operator can shelve. */
  mostShelvedMs: number
}

/**
 * Delays: ANSI/ISA-18.2 and EEMUA 191 recommend 60 s for temperature and level and 15 s for flow and pressure as a start.
 * Measured on two upsets of the Tennessee Eastman set (scripts/bench/flood.ts): an off-delay of 10 minutes tells a person
 * of 112 alarms where 5 minutes tells of 130 and 20 minutes misses some; not to repeat within half an hour leaves 110.
 * Chattering (three or more a minute) and stale (over 24 h): the same standards.
 */
export const ALARM_DEFAULTS: AlarmSettings = {
  onDelayMs: { normal: MINUTE, advisory: MINUTE, warning: MINUTE, critical: 5_000 },
  offDelayMs: 10 * MINUTE,
  holdMs: HOUR,
  repeatMs: 30 * MINUTE,
  escalateMs: { critical: 30 * MINUTE, emergency: 5 * MINUTE },
  mostEscalations: 3,
  reAlarmMs: { critical: 8 * HOUR, emergency: HOUR },
  staleMs: 24 * HOUR,
  forgetMs: 7 * 24 * HOUR,
  lingerMs: { normal: HOUR, advisory: HOUR, warning: HOUR, critical: 24 * HOUR, emergency: 24 * HOUR },
  chatterCount: 3,
  chatterWindowMs: MINUTE,
  chatterQuietMs: 5 * MINUTE,
  chatterTellMs: 10 * MINUTE,
  mostShelvedMs: 12 * HOUR,
}

export const isWorse = (a: Severity, b: Severity): boolean => SEVERITIES.indexOf(a) > SEVERITIES.indexOf(b)
