/** Hours of the day in which a device may load or activate: `22:00-06:00`. Local time of the board. */
import { z } from '../../daemon/base/schema.js'

const TIME = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/

export const Window = z.string().regex(TIME, 'expected hours like 22:00-06:00')

/**
 * Whether one of the windows is open; no windows: always. A window ends before its last minute, and may pass midnight.
 * @param minuteOfDay 0 to 1439
 */
export function isOpen(windows: readonly string[], minuteOfDay: number): boolean {
  if (windows.length === 0) return true
  return windows.some(text => {
    const m = TIME.exec(text)
    if (!m) return false
    const from = Number(m[1]) * 60 + Number(m[2])
    const to = Number(m[3]) * 60 + Number(m[4])
    return from <= to
      ? minuteOfDay >= from && (minuteOfDay < to || from === to)
      : minuteOfDay >= from || minuteOfDay < to
  })
}

/** The minute of the day on this board's own clock. */
export function minuteOfDay(nowMs: number): number {
  const date = new Date(nowMs)
  return date.getHours() * 60 + date.getMinutes()
}
