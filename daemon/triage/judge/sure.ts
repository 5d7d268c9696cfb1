/** How sure plain code is, and what it says where it knows no more. Pure. */

/** How sure plain code is, by what its verdict rests on. @source held against two sets of our own, 2026-11 */
export const SURE = {
  code: 0.97,
  returned: 0.92,
  limit: 0.88,
  condition: 0.85,
  several: 0.7,
  calm: 0.8,
  expectation: 0.8,
  bookkeeping: 0.75,
  measurement: 0.7,
  bent: 0.6,
  anyFault: 0.5,
  nothing: 0.6,
}

/** What the sender calls its line: the word lies often, so it speaks only where nothing else does. */
export const LEVELS = 'syslog-severity'

export function advice(
  cause: string | undefined,
  action: string | undefined,
): { cause: string; action: string } {
  return { cause: cause ?? 'Not known from the line.', action: action ?? 'Look at it at the place.' }
}

/** What displays and terse controllers write is short; in prose a strange word is a name. */
export const TERSE = 12
