/** Which value of a line a limit is of, and how many times its unit is that of the limit. Pure. */
import type { Kind } from './limit-kinds.js'
import { BASELINE, hasUnit, isLabel, nameOf, SET_POINT, TIME_UNIT, unitOf } from './limit-words.js'
import type { Word } from './words.js'

/** Units that differ by a prefix: their name without it, and how many of it one is. @source SI Brochure, prefixes */
const SCALED: Readonly<Record<string, readonly [string, number]>> = {
  mbar: ['bar', 0.001],
  hpa: ['bar', 0.001],
  kpa: ['bar', 0.01],
  mpa: ['bar', 10],
  pa: ['bar', 0.00001],
  barg: ['bar', 1],
  mv: ['v', 0.001],
  kv: ['v', 1000],
  vdc: ['v', 1],
  vac: ['v', 1],
  ma: ['a', 0.001],
  ka: ['a', 1000],
  kw: ['w', 1000],
  mw: ['w', 1_000_000],
  kohm: ['ohm', 1000],
  mohm: ['ohm', 1_000_000],
  um: ['mm', 0.001],
  cm: ['mm', 10],
  m: ['mm', 1000],
  degc: ['c', 1],
  celsius: ['c', 1],
  deg: ['c', 1],
  ppb: ['ppm', 0.001],
  'l/min': ['l/h', 60],
  lpm: ['l/h', 60],
  'm3/h': ['l/h', 1000],
}
const baseOf = (unit: string): readonly [string, number] => SCALED[unit] ?? [unit, 1]

/** By what a value is multiplied to be in the unit of a limit; 1 where either says none. */
export function timesFor(all: readonly Word[], value: number, limit: number): number {
  const [own, other] = [unitOf(all, value), unitOf(all, limit)]
  if (own === '' || other === '' || own === other) return 1
  const [[a, n], [b, m]] = [baseOf(own), baseOf(other)]
  return a === b ? n / m : 1
}

/** The value that a limit belongs to: of the same name, else the nearest before it, else the nearest after it. */
export function valueFor(
  all: readonly Word[],
  values: readonly number[],
  limit: Kind & { at: number },
): number | undefined {
  // neither set points nor rates (`+0.3/wk`) are held against limits
  const usable = values.filter(
    i =>
      !isLabel(all, i) &&
      !(/^\//.test(all[i]!.after) && !/^(g|c)$/.test(all[i + 1]?.text ?? '')) &&
      all[i]!.before !== '/' &&
      !nameOf(all, i).some(w => SET_POINT.test(w)) &&
      !BASELINE.test(all[i - 1]?.text ?? ''),
  )
  if (limit.base) return usable.find(i => all[i - 1]?.text === limit.base)
  const name = nameOf(all, limit.at)
  const unit = unitOf(all, limit.at)
  const [base] = baseOf(unit)
  const isTime = TIME_UNIT.test(unit)
  const fitting = usable.filter(i => {
    if (!unit) return true
    const own = unitOf(all, i)
    if (own === '') return !isTime || /(_|^)(h|s|ms|min|hours|time|age)$/.test(all[i - 1]?.text ?? '')
    // `%` of one thing against kilos of another
    return baseOf(own)[0] === base || own === '%' || /^[°]/.test(all[i]!.after)
  })
  const near = (list: readonly number[], reach: number) => {
    const before = list.filter(i => i < limit.at && limit.at - i <= reach)
    return before.at(-1) ?? (limit.weak ? undefined : list.find(i => i > limit.at && i - limit.at <= reach))
  }
  const called = (i: number) => nameOf(all, i)
  const same = fitting.filter(i => called(i).some(w => name.includes(w)))
  const values2 = fitting.filter(i => called(i).some(w => VALUE.test(w)))
  const timed = fitting.filter(i => all[i]!.after !== '' || !TIME_UNIT.test(all[i + 1]?.text ?? '') || isTime)
  const sure = timed.filter(i => hasUnit(all, i) || /[.,]/.test(all[i]!.text) || /[=:]/.test(all[i]!.before))
  const unitSame = sure.filter(i => unit !== '' && baseOf(unitOf(all, i))[0] === base)
  if (limit.weak) return near(unitSame, 8) ?? near(unit === '' ? sure : [], 5)
  if (limit.statistic)
    return (
      near(same, 14) ??
      near(values2, 12) ??
      near(unitSame, 7) ??
      near(sure, 5) ??
      near(unit === '' || isTime ? timed : [], 4)
    )
  return near(same, 14) ?? near(values2, 12) ?? near(unitSame, 12) ?? near(sure, 7) ?? near(timed, 5)
}

const VALUE =
  /^(value|val|pv|reading|actual|ist|act|mesure|valor|istwert|current_value|now|cur|aktuell|mesuree|valore|waarde|present|is|reads|measured|gemessen)$/
