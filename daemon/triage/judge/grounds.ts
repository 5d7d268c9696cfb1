/** Reasons to take a line for more than normal: conditions, passed limits, what books found. Pure. */

import type { Finding } from '../books/finding.js'
import type { Category, Severity } from '../verdict.js'
import type { Expectation } from './expect.js'
import { type Condition, lexicon } from './lexicon.js'
import type { LimitCheck } from './limits.js'
import type { Found } from './phrases.js'
import type { Polarity } from './polarity.js'
import { quantityOf } from './quantity.js'
import type { Word } from './words.js'

/** One reason to take a line for more than normal. */
export interface Ground {
  category: Category
  severity: Severity
  needsHuman: boolean
  condition?: Condition
  /** Of which cause and action are taken, when no condition is said. */
  advice?: Condition
  limit?: LimitCheck
  finding?: Finding
  expectation?: Expectation
  from: number
  to: number
}

/** `change at 250 Pa`: what is passed is no limit but an interval. */
export const isInterval = (l: LimitCheck, words: readonly Word[]): boolean =>
  words
    .slice(Math.max(0, l.limitAt - 3), l.limitAt)
    .some(w =>
      /^(change|replace|wechsel\w*|tausch\w*|service|remplac\w*|sostitu\w*|dirty|clean|wash|reinig\w*|vervang\w*|cambi\w*|nettoy\w*|schmutz\w*)$/.test(
        w.text,
      ),
    )
const USED_UP =
  /^(wear|filter|life|lifetime|standzeit|lebensdauer|hours|cycles|dp|verschleiss|usure|operations|starts|change|spots|shots|parts)$/
const NEARLY = 0.95
/** `filter_dp 248, change_at 250`: what is used up is nearly so. */
export const nearlyUsed = (l: LimitCheck, words: readonly Word[]): boolean =>
  !l.violated &&
  l.direction === 'high' &&
  l.value >= l.limit * NEARLY &&
  words.slice(Math.max(0, l.from - 3), l.to).some(w => USED_UP.test(w.text))

/** Whether what a book read stands within a limit that is kept, or is taken back by the words around it. */
export function isKept(
  finding: Finding,
  line: string,
  words: readonly Word[],
  limits: readonly LimitCheck[],
  polarity: Polarity,
): boolean {
  if (
    /\b(not|nicht|non|no) (active|detected|present|aktiv|erkannt)\b|\b0(\.0+)?\s?(ml|ppm|cm3|l|%)(?!\w)/i.test(
      finding.quote,
    )
  )
    return true
  // `requests, 0 timeouts`
  if (/(?<![\d.,x])0\s+\p{L}+$/u.test(finding.quote)) return true
  const start = line.indexOf(finding.quote)
  if (start < 0) return false
  const end = start + finding.quote.length
  const from = words.findIndex(w => w.end > start)
  const after = words.findIndex(w => w.start >= end)
  const to = after < 0 ? words.length : after
  if (from < 0 || to <= from) return false
  const kept = limits.length > 0 && limits.every(l => !l.violated)
  if (kept && limits.some(l => from < l.to && to > l.from)) return true
  return !/0x|\d\d/.test(finding.quote) && polarity.takenBack(from, to)
}

/** Of overlapping readings of one condition the longest; a condition said twice counts where it is said longest. */
export function longest(found: readonly Found<Condition>[]): Found<Condition>[] {
  const best = new Map<string, Found<Condition>>()
  for (const f of found) {
    const known = best.get(f.value.id)
    if (!known || f.to - f.from > known.to - known.from) best.set(f.value.id, f)
  }
  const over = new Set([...best.values()].flatMap(f => f.value.over))
  return [...best.values()].filter(f => !over.has(f.value.id))
}

export function groundOf(finding: Finding, words: readonly Word[]): Ground {
  const at = words.findIndex(w => finding.quote.toLowerCase().startsWith(w.text))
  return {
    category: finding.category ?? 'process_deviation',
    severity: finding.severity ?? 'warning',
    needsHuman: finding.needsHuman ?? true,
    finding,
    from: Math.max(0, at),
    to: Math.max(0, at) + 1,
  }
}

/** A limit says by how much; what it is of, the words around it say, or a condition of the same clause. */
export function categoryOfLimit(
  words: readonly Word[],
  limit: LimitCheck,
  grounds: readonly Ground[],
): Category {
  const own = quantityOf(words, limit)
  const near = grounds.find(g => g.from < limit.to + 4 && g.to > limit.from - 4)
  return own === 'process_deviation' && near ? near.category : own
}

/** What a limit that is passed is called, for its cause and action. */
const BY_LIMIT: Partial<Record<Category, Record<'high' | 'low', string>>> = {
  temperature: { high: 'overtemperature', low: 'undertemperature' },
  pressure: { high: 'pressure_high', low: 'pressure_low' },
  level_flow: { high: 'level_high', low: 'level_low' },
  vibration: { high: 'vibration_high', low: 'vibration_high' },
  process_deviation: { high: 'setpoint_missed', low: 'setpoint_missed' },
  wear_maintenance: { high: 'wear_limit', low: 'wear_limit' },
}

/** Cause and action of a passed limit are those of the condition that it amounts to. */
export function conditionOf(
  words: readonly Word[],
  limit: LimitCheck,
  category: Category,
): { advice?: Condition } {
  const near = words.slice(Math.max(0, limit.from - 2), limit.to + 1).map(w => w.text)
  const flow = near.some(w => /flow|durchfluss|debit|caudal|portata/.test(w))
  const ohm = near.some(w => /ohm$/.test(w))
  const volt = near.some(w => /^(v|kv|mv|vdc|vac|volt\w*|spannung|tension|vmin|vmax|vcell|cell)$/.test(w))
  const id =
    category === 'electrical'
      ? ohm
        ? 'earth_fault'
        : limit.direction === 'low'
          ? 'undervoltage'
          : volt
            ? 'overvoltage'
            : 'overcurrent'
      : category === 'level_flow' && flow
        ? limit.direction === 'low'
          ? 'no_flow'
          : 'high_flow'
        : BY_LIMIT[category]?.[limit.direction]
  const advice = lexicon().conditions.find(c => c.id === id)
  return advice ? { advice } : {}
}
