import { ALARM_DEFAULTS, type AlarmSettings } from './alarm-settings.js'
import { FLOOD_DEFAULTS, type FloodSettings } from './flood.js'
import { GROUP_DEFAULTS, type GroupSettings } from './group.js'

export interface DeskSettings {
  alarm: AlarmSettings
  group: GroupSettings
  flood: FloodSettings
  /** Beyond so many open incidents the least are listed in one. */
  mostOpen: number
  /** Alarms that are remembered, open or on their way. */
  mostAlarms: number
  /** Rules of suppression, and things out of service. */
  mostRules: number
  /** Lines alone change the document of an incident no oftener than this. */
  refreshMs: number
  /** IANA name, for the times in summaries. */
  timeZone: string
}

export const DESK_DEFAULTS: DeskSettings = {
  alarm: ALARM_DEFAULTS,
  group: GROUP_DEFAULTS,
  flood: FLOOD_DEFAULTS,
  mostOpen: 100,
  mostAlarms: 2_000,
  mostRules: 100,
  refreshMs: 60_000,
  timeZone: 'UTC',
}
