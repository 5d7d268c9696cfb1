/** What a plan reckons with: levels said or stepped to, and whether a device has got there. Pure. */
import type { Value } from './devices/codec.js'
import type { Params } from './parsed-command.js'

/** A percentage, said as such or as a step from where it is. */
export function levelOf(
  params: Params,
  absolute: string,
  relative: string,
  now: Value | undefined,
  usual: number,
): { to: number } | { refusal: string } {
  const said = params[absolute]
  if (said !== undefined) {
    const to = numberOf(said)
    return to === undefined || to < 0 || to > 100 ? { refusal: 'can only be set from 0 to 100 %' } : { to }
  }
  const step = params[relative]
  const by = step === undefined ? undefined : stepOf(step, usual)
  if (by === undefined) return { refusal: 'was not told how much' }
  if (typeof now !== 'number')
    return { refusal: 'has not said where it is now, so it cannot go up or down from there' }
  return { to: Math.round(Math.min(100, Math.max(0, now + by))) }
}

export function stepOf(step: string | number, usual: number): number | undefined {
  return step === 'up' ? usual : step === 'down' ? -usual : numberOf(step)
}

export function numberOf(value: unknown): number | undefined {
  const number =
    typeof value === 'string' && value.trim()
      ? Number(value.trim().replace(/\s*(%|percent|k|kelvin)$/i, ''))
      : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

export function among(value: Value | undefined, ...words: string[]): boolean {
  return typeof value === 'string' && words.includes(value.toLowerCase())
}

export function near(value: Value | undefined, wanted: number, by: number): boolean {
  return typeof value === 'number' && Math.abs(value - wanted) <= by
}

/** Whether something has come closer to where it should go: a blind takes its time. */
export function nearer(before: Value | undefined, now: Value | undefined, to: number): boolean {
  return typeof before === 'number' && typeof now === 'number' && Math.abs(now - to) < Math.abs(before - to)
}
