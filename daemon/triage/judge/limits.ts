/** Values against the limits that the same line names: `9.6 bar > 9.0 H`, `V=2.71 Vmin=2.80`, `18% (pre-alarm 20%)`. Pure. */
import type { Category } from '../verdict.js'
import { isNumber, type Word } from './words.js'

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

const words = (text: string) => new Set(text.split(/\s+/))
const HIGH = words(
  'max maximum hi high h hh hihi upper ucl usl above ueber obergrenze maxi highlimit maxlimit hochgrenze superior superiore haut hlim',
)
const LOW = words(
  'min minimum least lo low l ll lolo lower lcl lsl cutoff below unter untergrenze minimo minimale mini lowlimit minlimit inferior inferiore bas llim',
)
const EITHER = words(
  'alm al wrn alert danger ab blocking arret scatto declenchement cutout change refill replace shutdown limit lim limits threshold thr thresh ansprechwert schwellwert overflow cut_in grenzwert grenze seuil limite umbral soglia grens grenswaarde alarm alarme alarma allarme warn warning trip prealarm schwelle alarmlimit setlimit tolerance allowed permitted zulaessig allowable abschaltung disparo',
)
const SEVERE = words('danger hh ll hihi lolo trip shutdown abschaltung disparo critical')
/** What is bad when it is little. */
const LITTLE_IS_BAD =
  /^(riso|iso|insulation|isolation|isolationswiderstand|aislamiento|isolamento|level|fuel|soc|soh|runtime|flow|durchfluss|debit|caudal|portata|charge|reserve|coolant|autonomy|remaining|battery|batt|cell|vcell|fuellstand|niveau|nivel|livello|stock|vacuum|yield|oee|efficiency|rssi|snr|suction|npsh|oil|oeldruck|free|purity|oxygen|o2|chlorine|thickness|level_l)$/
const SAYS_LOW = words(
  'low below under less lowlevel unter niedrig zu_niedrig basse bas bajo baja basso bassa laag unterschritten lower',
)
const NAMES = 5

const numberOf = (word: string) =>
  Number(/^\d+,\d+$/.test(word) ? word.replace(',', '.') : word.replaceAll(',', ''))

/** A number with its sign, when the mark before it is one. */
function valueAt(all: readonly Word[], at: number): number {
  const word = all[at]!
  const n = numberOf(word.text)
  return /(^|[=:<>(,\s])[-−]$/.test(word.before) ||
    (word.before === '-' && at > 0 && all[at - 1]!.end < word.start - 1)
    ? -n
    : n
}

/** Whether a line of these words, whatever its numbers, may hold a value against a limit. */
export const mayNameLimit = (all: readonly Word[]): boolean =>
  all.some((w, i) => isNumber(w.text) && isUsedShare(all, i)) ||
  (all.filter(w => isNumber(w.text)).length > 1 &&
    all.some((w, i) => isNumber(w.text) && limitKind(all, i, 'whatever its value') !== undefined))

/** Whether a word can make a number a limit, or keep it from being one. */
export const isLimitWord = (word: string): boolean =>
  HIGH.has(word) ||
  LOW.has(word) ||
  EITHER.has(word) ||
  SEVERE.has(word) ||
  BETWEEN.test(word) ||
  UNIT.test(word) ||
  SET_VALVE.test(word) ||
  USED.test(word) ||
  LIFE.test(word) ||
  /(grenze|grenzwert|limit|schwelle|min|max)$/.test(word)

/** Every value of the line that stands against a limit. */
export function checkLimits(all: readonly Word[]): LimitCheck[] {
  const numbers = all.flatMap((w, i) => (isNumber(w.text) && Number.isFinite(numberOf(w.text)) ? [i] : []))
  const kinds = numbers.flatMap(i => {
    const kind = limitKind(all, i)
    return kind ? [{ at: i, ...kind }] : []
  })
  // `cell min 3.41 V cutoff 2.50 V`: the least of what was measured is a value when another limit follows and no value stands before it
  const limits = kinds.filter(
    (l, i) =>
      !(
        l.statistic &&
        kinds.some((o, j) => j > i && !o.statistic) &&
        !numbers.some(n => n < l.at && l.at - n <= 8 && !isLabel(all, n) && !kinds.some(k => k.at === n))
      ),
  )
  const isLimit = new Set(limits.map(l => l.at))
  const checks: LimitCheck[] = numbers.filter(i => isUsedShare(all, i)).map(i => usedShare(all, i))
  for (const limit of limits) {
    const at = valueFor(
      all,
      numbers.filter(i => !isLimit.has(i)),
      limit,
    )
    if (at === undefined) continue
    const [value, bound] = [valueAt(all, at), valueAt(all, limit.at)]
    const direction = limit.direction ?? guess(all, at, limit.at)
    const violated = limit.claimed ?? (direction === 'high' ? value > bound : value < bound)
    checks.push({
      violated: violated && value !== bound,
      direction,
      severe: limit.severe,
      value,
      limit: bound,
      at,
      limitAt: limit.at,
      from: Math.max(0, Math.min(at, limit.at) - 2),
      to: Math.min(all.length, Math.max(at, limit.at) + 2),
    })
  }
  return checks
}

interface Kind {
  direction?: 'high' | 'low'
  severe: boolean
  /** What the base name is, of `Vmin`. */
  base?: string
  /** Named min or max: it may be the least or most of what was measured. */
  statistic?: boolean
  /** The line itself says by a sign that the value lies beyond. */
  claimed?: boolean
}

/** Whether the number at this place is a limit, or could be one with other values, and of which kind. */
function limitKind(all: readonly Word[], at: number, values?: 'whatever its value'): Kind | undefined {
  const word = all[at]!
  if (word.before === '/' || word.after.startsWith('/')) return undefined
  // a range is looked at elsewhere
  if (/^[-–]$/.test(word.after) && isNumber(all[at + 1]?.text ?? '')) return undefined
  if (/^[-–]$/.test(word.before) && isNumber(all[at - 1]?.text ?? '')) return undefined
  const severeAt = (i: number) => SEVERE.has(all[i]?.text ?? '')
  // `9.6 bar > 9.0 H`
  const sign = /[<>≥≤]/.exec(word.before)?.[0]
  const before = nearestNumber(all, at)
  if (sign && before !== undefined && onlyUnits(all, before, at)) {
    const above = sign === '>' || sign === '≥'
    const value = before
    const holds =
      value !== undefined &&
      (above ? valueAt(all, value) >= valueAt(all, at) : valueAt(all, value) <= valueAt(all, at))
    const after = [all[at + 1]?.text, all[at + 2]?.text, all[at - 1]?.text]
    const high = after.some(t => HIGH.has(t ?? ''))
    const low = after.some(t => LOW.has(t ?? ''))
    const direction = high ? 'high' : low ? 'low' : guess(all, value ?? at, at)
    const severe = severeAt(at - 1) || severeAt(at + 1) || severeAt(at + 2)
    // a sign that tells the good side: `2.1 < 4.5`
    if (holds) return { direction, severe, claimed: (direction === 'high') === above }
    return { direction, severe }
  }
  if (isSetPressure(all, at)) return { direction: 'high', severe: true }
  if (isUsedShare(all, at)) return undefined
  for (let back = 1; back <= 3 && at - back >= 0; back++) {
    const { text: whole, before } = all[at - back]!
    if (isNumber(whole)) break
    // `alarm1`, `lim2`
    const text = whole.length > 3 ? whole.replace(/\d{1,3}$/, '') : whole
    // `bpfo=high rpm=1480`: a value is no name of a limit
    if (back > 1 && /[=:]/.test(before) && /[=:]/.test(word.before)) break
    // only words of quantities may stand between a limit's name and its number
    const between = all[at - back + 1]!.text
    if (back > 1 && !BETWEEN.test(between) && !UNIT.test(between)) break
    const one = text.length <= 2
    const severe = severeAt(at - back)
    // `due_h=50` is hours, `10:00 MIN` minutes
    if (
      text.length === 1 &&
      (before.includes('_') || (before === '' && isNumber(all[at - back - 1]?.text ?? '')))
    )
      continue
    if (text === 'min' && isNumber(all[at - back - 1]?.text ?? '')) continue
    if (
      (HIGH.has(text) || LOW.has(text)) &&
      (!one || text === 'hh' || text === 'll' || (back === 1 && /[=:(]/.test(word.before + before)))
    )
      return {
        direction: HIGH.has(text) ? 'high' : 'low',
        severe,
        statistic: /^(min|max|mini|maxi)$/.test(text),
      }
    if (EITHER.has(text) || /(grenze|grenzwert|limit|schwelle)$/.test(text)) {
      if (
        NUMBERED.test(text) &&
        back === 1 &&
        !/[.,]/.test(word.text) &&
        !/[=:]/.test(word.before) &&
        !hasUnit(all, at) &&
        !/[(]/.test(before) &&
        !likeValue(all, at, values !== undefined)
      )
        return undefined
      const around = all[at - back - 1]?.text ?? ''
      // `below alert 4.5` says that it is kept
      if (/^(below|under|unter|above|ueber)$/.test(around)) return { direction: 'high', severe }
      if (HIGH.has(around)) return { direction: 'high', severe }
      if (LOW.has(around)) return { direction: 'low', severe }
      return { severe }
    }
    const suffix = back === 1 ? /^([a-z]{1,8})(min|max)$/.exec(text) : null
    if (suffix)
      return { direction: suffix[2] === 'max' ? 'high' : 'low', severe, base: suffix[1]!, statistic: true }
  }
  return undefined
}

/** Words of both forms, for whoever must know which words matter. */
const SET_VALVE =
  /^(pressure|set|setting|ansprechdruck|einstelldruck|tarage|tarature|taratura|psv|prv|sv|srv|tsv|sicherheitsventil|safety|relief|valve)$/

/** `safety valve set 10.0 bar`: at its set pressure a safety valve opens. @source ISO 4126-1 §3, set pressure */
function isSetPressure(all: readonly Word[], at: number): boolean {
  const back = /^(at|to|pressure)$/.test(all[at - 1]?.text ?? '') ? 2 : 1
  if (
    !/^(set|setting|ansprechdruck|einstelldruck|tarage|tarature|taratura)$/.test(all[at - back]?.text ?? '')
  )
    return false
  const [kind, valve] = [all[at - back - 2]?.text ?? '', all[at - back - 1]?.text ?? '']
  return (
    /^(psv|prv|sv|srv|tsv|sicherheitsventil)$/.test(valve) ||
    (/^(safety|relief)$/.test(kind) && valve === 'valve')
  )
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

/** 38 of `tool life 38 % used`: a share of a life that ends at a hundred. */
const isUsedShare = (all: readonly Word[], at: number): boolean =>
  /^\s*%$/.test(all[at]!.after) &&
  USED.test(all[at + 1]?.text ?? '') &&
  all.slice(Math.max(0, at - 4), at).some(w => LIFE.test(w.text))
const USED = /^(used|consumed|spent|verbraucht|use|utilise|consumido|usato)$/
const LIFE = /^(life|lifetime|wear|standzeit|lebensdauer|verschleiss|usure|vida|vita)$/

/** `121 C, alarm 110, trip 135`: of the size of a value with a unit before it, so no number of an alarm. */
function likeValue(all: readonly Word[], at: number, perhaps: boolean): boolean {
  const limit = numberOf(all[at]!.text)
  for (let i = at - 1; i >= 0 && i >= at - 8; i--) {
    if (!isNumber(all[i]!.text) || !hasUnit(all, i)) continue
    if (perhaps) return true
    const ratio = numberOf(all[i]!.text) / limit
    return ratio > 0.4 && ratio < 2.5
  }
  return false
}

/** Between a value and the sign of its limit stands a unit at most, or the limit's name. */
const onlyUnits = (all: readonly Word[], from: number, to: number): boolean =>
  all
    .slice(from + 1, to)
    .every(w => UNIT.test(w.text) || HIGH.has(w.text) || LOW.has(w.text) || EITHER.has(w.text))

function nearestNumber(all: readonly Word[], at: number): number | undefined {
  for (let i = at - 1; i >= 0 && i >= at - 6; i--) if (isNumber(all[i]!.text)) return i
  return undefined
}

/** May be the number of an alarm: `alarm 311`. */
const NUMBERED = /^(alarm\w*|alm|al|alert|warn|warning|wrn|trip|disparo)$/
const BETWEEN =
  /^(at|from|by|is|of|set|to|limit|level|value|temp\w*|pressure|alarm|warning|trip|c|pct|bar|speed|flow|current|voltage|load|point|threshold|lim|h|a|v|ma|setting|ms|de|a|bei|von|alm|hz|kw|rpm|mm|s)$/
const UNIT =
  /^(c|f|k|deg|degc|celsius|us|uscm|bar|mbar|psi|psig|barg|kpa|mpa|pa|v|kv|mv|a|ma|ka|w|kw|mw|hz|rpm|mm|um|m|cm|l|lpm|gpm|m3|kg|g|t|ppm|ppb|ohm|kohm|mohm|pct|s|ms|min|h|db|dbm|ntu|nm|kn|n|va|kva|j|kj|x)$/
const hasUnit = (all: readonly Word[], at: number): boolean =>
  /^\s*[%°‰]/.test(all[at]!.after) ||
  (UNIT.test(all[at + 1]?.text ?? '') &&
    !(/^[hl]$/.test(all[at + 1]!.text) && /[<>]/.test(all[at]!.before)) &&
    !/[=:,;"]/.test(all[at + 1]!.before))

/** The value that a limit belongs to: of the same name, else the nearest before it, else the nearest after it. */
function valueFor(
  all: readonly Word[],
  values: readonly number[],
  limit: Kind & { at: number },
): number | undefined {
  // neither set points nor rates (`+0.3/wk`) are held against limits
  const usable = values.filter(
    i =>
      !isLabel(all, i) &&
      !/^\//.test(all[i]!.after) &&
      all[i]!.before !== '/' &&
      !nameOf(all, i).some(w => SET_POINT.test(w)),
  )
  if (limit.base) return usable.find(i => all[i - 1]?.text === limit.base)
  const name = nameOf(all, limit.at)
  const unit = hasUnit(all, limit.at) ? (all[limit.at + 1]?.text ?? '') : ''
  const fitting = usable.filter(
    i => !unit || !hasUnit(all, i) || /^[%°]/.test(all[i]!.after) || all[i + 1]?.text === unit,
  )
  const near = (list: readonly number[], reach: number) => {
    const before = list.filter(i => i < limit.at && limit.at - i <= reach)
    return before.at(-1) ?? list.find(i => i > limit.at && i - limit.at <= reach)
  }
  const called = (i: number) => nameOf(all, i)
  const same = fitting.filter(i => called(i).some(w => name.includes(w)))
  const values2 = fitting.filter(i =>
    called(i).some(w =>
      /^(value|val|pv|reading|actual|ist|act|mesure|valor|istwert|current_value|now|cur)$/.test(w),
    ),
  )
  const timed = fitting.filter(
    i => all[i]!.after !== '' || !TIME_UNIT.test(all[i + 1]?.text ?? '') || TIME_UNIT.test(unit),
  )
  const sure = timed.filter(i => hasUnit(all, i) || /[.,]/.test(all[i]!.text) || /[=:]/.test(all[i]!.before))
  if (limit.statistic) return near(same, 14) ?? near(values2, 12) ?? near(sure, 5) ?? near(timed, 4)
  return (
    near(same, 14) ??
    near(values2, 12) ??
    near(
      sure.filter(i => unit !== '' && all[i + 1]?.text === unit),
      12,
    ) ??
    near(sure, 7) ??
    near(timed, 5)
  )
}

const TIME_UNIT = /^(h|s|ms|min|d|days|hours|sec|std|tage|jours)$/
const SET_POINT = /^(sp|sv|setpoint|set|soll|sollwert|target|consigne|consigna|setpunt|setting)$/

/** Number of a thing (`slave=17`, `P-301`, `Furnace 3`), not of a quantity. */
function isLabel(all: readonly Word[], at: number): boolean {
  const word = all[at]!
  const joined =
    at > 0 && all[at - 1]!.end + word.before.length === word.start && /^[-_#[]+$/.test(word.before)
  const label =
    /^(slave|cell|pack|zone|slot|channel|ch|no|nr|id|stage|phase|unit|furnace|pump|fan|motor|line|level|rule|n|batch|sensor|port|pid|node|module|string|tank|boiler|chiller|press|drive|inverter|ups|room|door|step|addr|fc)$/
  return (
    (joined && !/[=:]/.test(word.before)) ||
    (!hasUnit(all, at) &&
      label.test(all[at - 1]?.text ?? '') &&
      Number.isInteger(numberOf(word.text)) &&
      !/[=:]/.test(word.before))
  )
}

/** The words that name a number, without those of limits. */
function nameOf(all: readonly Word[], at: number): string[] {
  const name: string[] = []
  for (let i = at - 1; i >= 0 && i >= at - 3; i--) {
    const { text } = all[i]!
    if (isNumber(text)) break
    if (!HIGH.has(text) && !LOW.has(text) && !EITHER.has(text) && text.length > 1) name.push(text)
    if (/[,;|{]/.test(all[i]!.before)) break
  }
  return name
}

const HIGH_UNITS = /^(c|f|k|deg|degc|celsius|degf|mm|a|ma|ka|ppm|ppb|g|kw|nm|db|ntu|um)$/
const LOW_UNITS = /^(kohm|mohm|ohm)$/
const SAYS_HIGH = words(
  'high over above overfill overflow hoch haut alto alta elevee elevado exceeded rising',
)

/** `oil_c=94`: the unit is the end of the name. */
const joinedUnit = (all: readonly Word[], at: number): string => {
  const before = all[at - 1]
  return before && /_/.test(before.before) && UNIT.test(before.text) ? before.text : ''
}

/** Which side is bad when the line does not say it: by the name and unit of the value itself. */
function guess(all: readonly Word[], from: number, to: number): 'high' | 'low' {
  const unit = hasUnit(all, from) ? (all[from + 1]?.text ?? '') : joinedUnit(all, from)
  if (LOW_UNITS.test(unit)) return 'low'
  const name = nameOf(all, from)
  const around = all.slice(Math.max(0, Math.min(from, to) - NAMES), Math.max(from, to)).map(w => w.text)
  if (around.some(w => SAYS_LOW.has(w))) return 'low'
  if (HIGH_UNITS.test(unit) || around.some(w => SAYS_HIGH.has(w))) return 'high'
  if (name.some(w => /^t(emp|max|mp|min)?\w{0,7}$/.test(w) && /^t(emp|max|mp)/.test(w))) return 'high'
  if (
    name.includes('pressure') &&
    name.some(w => /^(oil|suction|air|water|supply|lube|instrument|tyre|vacuum)$/.test(w))
  )
    return 'low'
  return name.some(w => LITTLE_IS_BAD.test(w) && w !== 'oil') ? 'low' : 'high'
}

const QUANTITIES: readonly [Category, RegExp][] = [
  ['vibration', /^(vib\w*|rms|vrms|velocity|mm s|accel\w*|displacement|schwing\w*|trilling)$/],
  ['temperature', /^(t|temp\w*|tmp|c|degc|celsius|°c|f|k|\w*temp|\w*temperatur\w*|temperatuur|chaleur)$/],
  [
    'pressure',
    /^(p|press\w*|bar|mbar|kpa|mpa|psi|psig|barg|pa|\w*druck|pression|presion|pressione|dp|vacuum|druk|hpa)$/,
  ],
  [
    'level_flow',
    /^(level|lvl|flow\w*|fuel|fuellstand|niveau|nivel|livello|durchfluss|debit|caudal|portata|lpm|gpm|\w*flow|airflow|\w*level|pegel|volumenstrom|depth|m3|well|wetwell|sump|float|bilge|tank|glycol|overflow|reservoir|m)$/,
  ],
  [
    'electrical',
    /^(v|a|ma|kv|mv|w|kw|hz|ohm|kohm|mohm|riso|soc|voltage|volt\w*|current|amp\w*|spannung|strom|tension|insulation|isolation\w*|cell|vcell|freq\w*|frequenz|load|thd|cos|runtime|batt\w*|u|i)$/,
  ],
  ['leak', /^(r\d{2,4}[a-z]{0,2}|refrigerant|nh3|ammonia|ch4|methane|gas|leak)$/],
  ['communication', /^(rssi|snr|latency|ping|loss|per|ber|retries|jitter|dbm)$/],
  [
    'process_deviation',
    /^(ph|rh|humidity|co2|o2|weight|xbar|turbidity|ntu|conductivity|us|ppm|thickness|speed|rpm|torque|brix|density|cpk|reject\w*|scrap|feuchte|gewicht|kg|g)$/,
  ],
  ['wear_maintenance', /^(wear|iso 4406|particles|life|hours|h|cycles|verschleiss|stunden)$/],
]

const OF_UNIT: Readonly<Record<string, Category>> = Object.fromEntries(
  (
    [
      ['temperature', 'c f degc deg celsius degf'],
      ['pressure', 'bar mbar psi psig barg kpa mpa'],
      ['vibration', 'mm'],
      ['electrical', 'kohm mohm ohm kv ma ka kva v a w kw hz'],
      ['level_flow', 'lpm gpm m3'],
    ] as const
  ).flatMap(([category, units]) => units.split(' ').map(u => [u, category] as const)),
)

/** What a value is of, by its unit (`94 C`, `oil_c=94`), else by its name. */
export function quantityOf(all: readonly Word[], check: { from: number; to: number; at: number }): Category {
  const before = all[check.at - 1]
  const unit = hasUnit(all, check.at)
    ? all[check.at + 1]?.text
    : before?.before.includes('_')
      ? before.text
      : undefined
  if (unit !== undefined && OF_UNIT[unit]) return OF_UNIT[unit]!
  const own = [...nameOf(all, check.at), ...(hasUnit(all, check.at) ? [all[check.at + 1]?.text ?? ''] : [])]
  const pick = (near: readonly string[]) => {
    const score = QUANTITIES.map(([category, pattern]) => ({
      category,
      hits: near.filter(w => pattern.test(w)).reduce((n, w) => n + (w.length > 2 ? 2 : 1), 0),
    }))
    const best = score.reduce((a, b) => (b.hits > a.hits ? b : a))
    return best.hits > 0 ? best.category : undefined
  }
  return (
    pick(own) ??
    pick(all.slice(Math.max(0, check.from - 3), check.to).map(w => w.text)) ??
    'process_deviation'
  )
}
