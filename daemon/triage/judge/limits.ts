/** Values against the limits that the same line names: `9.6 bar > 9.0 H`, `V=2.71 Vmin=2.80`, `18% (pre-alarm 20%)`. Pure. */
import { BAND_NAME, bandsIn, checkBand, TOLERANCE } from './bands.js'
import {
  isChange,
  isRangeEnd,
  isUsedShare,
  type Kind,
  LIFE,
  limitKind,
  SET_VALVE,
  USED,
} from './limit-kinds.js'
import { ALARMED, sideByOutcome } from './limit-side.js'
import { timesFor, valueFor } from './limit-values.js'
import {
  BASELINE,
  BETWEEN,
  CONSEQUENCE_WORD,
  EITHER,
  ENDS_LIMIT,
  HIGH,
  INTERVAL,
  isLabel,
  LOW,
  numberOf,
  REQUIRED,
  SET_POINT,
  SEVERE,
  UNIT,
  valueAt,
} from './limit-words.js'
import { isNumber, once, type Word } from './words.js'

export interface LimitCheck {
  violated: boolean
  direction: 'high' | 'low'
  /** The second limit (HH, LL, trip): a function is about to be lost. */
  severe: boolean
  value: number
  limit: number
  /** Place of the value. */
  at: number
  /** Place of the limit; that of the value where it is a share of a whole, and the limit a hundred. */
  limitAt: number
  /** Places of words that it rests on, the end excluded. */
  from: number
  to: number
}

/** Whether a line of these words, whatever its numbers, may hold a value against a limit. */
export const mayNameLimit = (all: readonly Word[]): boolean =>
  all.some((w, i) => isNumber(w.text) && isUsedShare(all, i)) ||
  (all.filter(w => isNumber(w.text)).length > 1 &&
    (bandsIn(all).length > 0 ||
      all.some((w, i) => isNumber(w.text) && limitKind(all, i, 'whatever its value') !== undefined)))

/** Whether a word can make a number a limit, or keep it from being one. */
export const isLimitWord = (word: string): boolean =>
  HIGH.has(word) ||
  LOW.has(word) ||
  EITHER.has(word) ||
  SEVERE.has(word) ||
  INTERVAL.has(word) ||
  [
    ALARMED,
    BETWEEN,
    UNIT,
    BAND_NAME,
    TOLERANCE,
    SET_POINT,
    BASELINE,
    SET_VALVE,
    USED,
    LIFE,
    REQUIRED,
    CONSEQUENCE_WORD,
    ENDS_LIMIT,
  ].some(p => p.test(word)) ||
  /(min|max)$/.test(word)

/** Every value of the line that stands against a limit. */
export const checkLimits = once(limitsChecked)
function limitsChecked(all: readonly Word[]): readonly LimitCheck[] {
  const numbers = all.flatMap((w, i) => (isNumber(w.text) && Number.isFinite(numberOf(w.text)) ? [i] : []))
  const limits = limitsAmong(all, numbers)
  const isLimit = new Set(limits.map(l => l.at))
  const bands = bandsIn(all)
  const free = numbers.filter(
    i =>
      !isLimit.has(i) && !isRangeEnd(all, i) && !isChange(all, i) && !bands.some(b => b.numbers.includes(i)),
  )
  const checks: LimitCheck[] = numbers.filter(i => isUsedShare(all, i)).map(i => usedShare(all, i))
  const side = sideBySteps(all, limits)
  for (const limit of limits) {
    const at = valueFor(all, free, limit)
    if (at !== undefined) checks.push(check(all, at, { ...(side ? { direction: side } : {}), ...limit }))
  }
  for (const band of bands) {
    const one = checkBand(all, band)
    if (one) checks.push(one)
  }
  return checks
}

/** `alarm 0.60, lockout 0.57`: the worse of two limits lies further out, and so tells the side of both. */
function sideBySteps(
  all: readonly Word[],
  limits: readonly (Kind & { at: number })[],
): 'high' | 'low' | undefined {
  const [mild, severe] = [false, true].map(worse =>
    limits.find(l => l.direction === undefined && l.severe === worse && !l.base),
  )
  if (!mild || !severe) return undefined
  const [a, b] = [valueAt(all, mild.at), valueAt(all, severe.at)]
  return a === b ? undefined : a > b ? 'low' : 'high'
}

function limitsAmong(all: readonly Word[], numbers: readonly number[]): (Kind & { at: number })[] {
  const kinds = numbers.flatMap(i => {
    const kind = limitKind(all, i)
    return kind ? [{ at: i, ...kind }] : []
  })
  // `cell min 3.41 V cutoff 2.50 V`: the least of what was measured is a value when another limit follows and no value stands before it
  return kinds.filter(
    (l, i) =>
      !(
        l.statistic &&
        kinds.some((o, j) => j > i && !o.statistic) &&
        !numbers.some(n => n < l.at && l.at - n <= 8 && !isLabel(all, n) && !kinds.some(k => k.at === n))
      ),
  )
}

function check(all: readonly Word[], at: number, limit: Kind & { at: number }): LimitCheck {
  const [value, bound] = [valueAt(all, at) * timesFor(all, at, limit.at), valueAt(all, limit.at)]
  const direction = limit.direction ?? sideByOutcome(all, at, limit.at, value)
  // of two vacua the one nearer to zero is the lesser
  const turned =
    value < 0 && bound < 0 && all.some(w => /^(vacuum|vakuum|vide|vacio|vuoto|unterdruck)$/.test(w.text))
  const isBeyond = (direction === 'high') !== turned ? value > bound : value < bound
  return {
    violated: (limit.claimed ?? isBeyond) && value !== bound,
    direction,
    severe: limit.severe,
    value,
    limit: bound,
    at,
    limitAt: limit.at,
    from: Math.max(0, Math.min(at, limit.at) - 2),
    to: Math.min(all.length, Math.max(at, limit.at) + 2),
  }
}

function usedShare(all: readonly Word[], at: number): LimitCheck {
  const value = valueAt(all, at)
  return {
    violated: value > 100,
    direction: 'high',
    severe: false,
    value,
    limit: 100,
    at,
    limitAt: at,
    from: Math.max(0, at - 4),
    to: Math.min(all.length, at + 2),
  }
}
