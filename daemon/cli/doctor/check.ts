import { describe, FieldmouseError } from '../../base/errors.js'

/** One thing that was looked at. */
export interface Check {
  name: string
  status: 'ok' | 'warn' | 'fail'
  says: string
  /** What to do about it; absent when all is well. */
  remedy?: string
}

export const ok = (name: string, says: string): Check => ({ name, status: 'ok', says })
export const warn = (name: string, says: string, remedy: string): Check => ({
  name,
  status: 'warn',
  says,
  remedy,
})
export const fail = (name: string, says: string, remedy: string): Check => ({
  name,
  status: 'fail',
  says,
  remedy,
})

/** An error as a failed check, with its own remedy where it comes from a catalogue. */
export function failed(name: string, error: unknown): Check {
  const remedy =
    error instanceof FieldmouseError
      ? error.remedy
      : 'This should not happen: please report it with the output of `fieldmouse doctor --json`.'
  return fail(name, describe(error), remedy)
}

/** The same value with snake_case keys, for JSON that leaves the program. */
export function snakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(/[A-Z]/g, c => `_${c.toLowerCase()}`),
      snakeKeys(inner),
    ]),
  )
}
