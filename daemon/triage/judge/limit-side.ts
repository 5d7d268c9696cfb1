/** Which side of a limit is bad when the line does not say it: by name and unit of the value, else by what happened. Pure. */
import { CONSEQUENCE_WORD, hasUnit, joinedUnit, nameOf, unitOf, valueAt } from './limit-words.js'
import type { Word } from './words.js'

const words = (text: string) => new Set(text.split(/\s+/))
/** What is bad when it is little. */
const LITTLE_IS_BAD =
  /^(riso|iso|insulation|isolation|isolationswiderstand|aislamiento|isolamento|level|fuel|soc|soh|runtime|flow|durchfluss|debit|debiet|caudal|portata|charge|reserve|coolant|autonomy|remaining|battery|batt|vbat|vbatt|ubat|cell|vcell|fuellstand|niveau|nivel|livello|stock|vacuum|vakuum|yield|oee|efficiency|rssi|snr|rsrp|suction|npsh|oil|oeldruck|free|purity|oxygen|o2|chlorine|thickness|level_l|rx|signal|mrp|headroom|margin)$/
const SAYS_LOW = words(
  'low below under less lowlevel unter niedrig zu_niedrig basse bas bajo baja basso bassa laag unterschritten lower',
)
const SAYS_HIGH = words(
  'high over above overfill overflow hoch haut alto alta elevee elevado exceeded rising hoog hot over',
)
const COLD =
  /^(freeze|freezing|frost|frost\w+|antifreeze|antigel|gefrier\w*|helada|hielo|gelo|vorst|bevriez\w*)$/
const NAMES = 5
const HIGH_UNITS = /^(c|f|k|deg|degc|celsius|degf|mm|a|ma|ka|ppm|ppb|g|kw|nm|db|ntu|um|ge)$/
const LOW_UNITS = /^(kohm|mohm|ohm|dbm)$/

/** Differences and losses are bad when they are large, whatever they are of. */
const MUCH_IS_BAD =
  /^(spread|delta|diff|difference|differenz|deviation|abweichung|ecart|desviacion|deviazione|afwijking|imbalance|unbalance|unwucht|ripple|loss|losses|verlust|perte|error|slip|drift|jitter|latency|offset|leakage|thd|rise|dt|queue|backlog|wear|unsymmetrie)$/

export interface Side {
  side: 'high' | 'low'
  /** By name or unit, not for want of anything better. */
  sure: boolean
}

const is = (side: 'high' | 'low'): Side => ({ side, sure: true })

/** @param from place of the value @param to place of the limit */
export function sideOf(all: readonly Word[], from: number, to: number): Side {
  const unit = hasUnit(all, from) ? (all[from + 1]?.text ?? '') : joinedUnit(all, from)
  const name = nameOf(all, from)
  const around = all.slice(Math.max(0, Math.min(from, to) - NAMES), Math.max(from, to)).map(w => w.text)
  if (/ohm$/.test(unit) && around.some(w => /^(impedance|impedanz|contact|uebergang\w*|esr)$/.test(w)))
    return is('high')
  if (name.some(w => MUCH_IS_BAD.test(w))) return is('high')
  if (LOW_UNITS.test(unit)) return is('low')
  if (around.some(w => SAYS_LOW.has(w) || COLD.test(w))) return is('low')
  if (HIGH_UNITS.test(unit) || around.some(w => SAYS_HIGH.has(w))) return is('high')
  if (name.some(w => /^t(emp|max|mp|min)?\w{0,7}$/.test(w) && /^t(emp|max|mp)/.test(w))) return is('high')
  if (
    name.includes('pressure') &&
    name.some(w => /^(oil|suction|air|water|supply|lube|instrument|tyre|vacuum|main|network)$/.test(w))
  )
    return is('low')
  if (
    around.some(w => /^(\w*druck|pression|pressione|presion|druk|p|pres)$/.test(w)) &&
    around.some(w =>
      /^(oel\w*|olio|huile|aceite|olie|schmier\w*|saug\w*|netz\w*|wasser\w*|eau|acqua|agua|luft\w*|air|aria|aire|lucht\w*)$/.test(
        w,
      ),
    )
  )
    return is('low')
  if (name.some(w => LITTLE_IS_BAD.test(w) && w !== 'oil')) return is('low')
  return { side: 'high', sure: false }
}

/** Of what is supplied too little is as likely as too much. */
const SUPPLY_UNIT = /^(bar|barg|mbar|kpa|psi|psig|v|vdc|l\/(min|h|s)|m3\/h|lpm|%)$/
const FAR_BEYOND = 2
export const ALARMED =
  /^(alarm\w*|allarme|fault\w*|fail\w*|err|error|high|over\w*|exceed\w*|too|zu|hoch|haut|alto|alta|stoerung)$/
const CLOSE = 0.35

/** `5.9 bar limit 6.5 bar, traction inhibited`: something was done about it, so the limit is passed. @param value in the unit of the limit */
export function sideByOutcome(all: readonly Word[], from: number, to: number, value: number): 'high' | 'low' {
  const { side, sure } = sideOf(all, from, to)
  if (sure) return side
  const limit = valueAt(all, to)
  // twice the limit, and nothing has come of it: it is the lower one
  if (!somethingHappened(all))
    return SUPPLY_UNIT.test(unitOf(all, from)) &&
      value > limit * FAR_BEYOND &&
      limit > 0 &&
      !all.some(w => ALARMED.test(w.text))
      ? 'low'
      : side
  if (Math.abs(value - limit) > Math.abs(limit) * CLOSE) return side
  return value < limit ? 'low' : 'high'
}

export const somethingHappened = (all: readonly Word[]): boolean =>
  all.some((w, i) => CONSEQUENCE_WORD.test(w.text) && !isNamed(all, i))

/** `trip 155`, `trip: off`, `not stopped`: no outcome. */
const isNamed = (all: readonly Word[], at: number): boolean =>
  /^[0-9]/.test(all[at + 1]?.text ?? '') ||
  (/^[0-9]/.test(all[at + 2]?.text ?? '') && all[at + 1]!.before === '') ||
  /[=:]/.test(all[at]!.before) ||
  /^[=:]/.test(all[at + 1]?.before ?? '') ||
  /^(not|no|nicht|kein|keine|pas|non|niet|geen|0)$/.test(all[at - 1]?.text ?? '')
