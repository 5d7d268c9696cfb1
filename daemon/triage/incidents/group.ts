/** Which incident an alarm belongs to: its machine's own, or the cascade that just began beside it. Pure. */

export interface GroupSettings {
  /** An alarm joins a cascade of its area that grew so long ago at most. */
  cascadeMs: number
  /** A cascade takes no more so long after its first alarm. */
  longestCascadeMs: number
  /** Alarms of one incident. The next one opens another. */
  mostAlarms: number
}

export const GROUP_DEFAULTS: GroupSettings = { cascadeMs: 60_000, longestCascadeMs: 600_000, mostAlarms: 50 }

export interface Joinable {
  area: string
  sources: readonly string[]
  assets: readonly string[]
  alarms: readonly string[]
  /** Activation of the first and of the youngest alarm in it. */
  firstAt: number
  lastAt: number
}

export interface Joining {
  source: string
  assets: readonly string[]
  /** When it became active, before any delay. */
  at: number
}

/**
 * What is near a source: the path without its last part, when there are three or more (`mqtt:plant/line1/p101` and
 * `mqtt:plant/line1/p102` are near one another). A serial port and a host are near themselves only.
 */
export function areaOf(source: string): string {
  const parts = source.split('/')
  return /^serial:/.test(source) || parts.length < 3 ? source : parts.slice(0, -1).join('/')
}

/** @returns the incident to join and why, or undefined when it is one of its own */
export function incidentFor<I extends Joinable>(
  alarm: Joining,
  open: Iterable<I>,
  settings: GroupSettings,
): { incident: I; because: 'same machine' | 'cascade' } | undefined {
  const area = areaOf(alarm.source)
  let cascade: I | undefined
  for (const incident of open) {
    if (incident.alarms.length >= settings.mostAlarms) continue
    if (incident.sources.includes(alarm.source) && alarm.assets.some(a => incident.assets.includes(a)))
      return { incident, because: 'same machine' }
    // delays differ, so the one that is told first is not always the one that was first
    const isNear =
      incident.area === area &&
      alarm.at >= incident.firstAt - settings.cascadeMs &&
      alarm.at <= incident.lastAt + settings.cascadeMs &&
      alarm.at <= incident.firstAt + settings.longestCascadeMs
    if (isNear && (cascade === undefined || incident.firstAt < cascade.firstAt)) cascade = incident
  }
  return cascade && { incident: cascade, because: 'cascade' }
}
