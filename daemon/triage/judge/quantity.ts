/** What a value is of, by its unit, else by its name. Pure. */
import type { Category } from '../verdict.js'
import { hasUnit, nameOf, unitOf } from './limit-words.js'
import type { Word } from './words.js'

const QUANTITIES: readonly [Category, RegExp][] = [
  [
    'vibration',
    /^(vib\w*|rms|vrms|velocity|mm s|accel\w*|displacement|schwing\w*|trilling\w*|vibra\w*|envelope|kurtosis|crest|bpf[oi]|bsf|ftf|ge)$/,
  ],
  ['temperature', /^(t|temp\w*|tmp|c|degc|celsius|°c|f|k|\w*temp|\w*temperatur\w*|temperatuur|chaleur)$/],
  [
    'pressure',
    /^(p|press\w*|bar|mbar|kpa|mpa|psi|psig|barg|pa|\w*druck|pression|presion|pressione|dp|vacuum|vakuum|druk|hpa)$/,
  ],
  [
    'level_flow',
    /^(level|lvl|flow\w*|fuel|fuellstand|niveau|nivel|livello|durchfluss|debit|debiet|caudal|portata|lpm|gpm|\w*flow|airflow|\w*level|pegel|volumenstrom|depth|m3|well|wetwell|sump|float|bilge|tank|glycol|overflow|reservoir|m)$/,
  ],
  [
    'electrical',
    /^(v|a|ma|kv|mv|w|kw|hz|ohm|kohm|mohm|riso|soc|voltage|volt\w*|current|amp\w*|spannung|strom|tension|insulation|isolation\w*|cell|vcell|freq\w*|frequenz|load|thd|cos|runtime|batt\w*|u|i|vbat|vbatt|ubat)$/,
  ],
  ['leak', /^(r\d{2,4}[a-z]{0,2}|refrigerant|nh3|ammonia|ch4|methane|gas|leak|ammoniak)$/],
  ['communication', /^(rssi|snr|latency|ping|loss|per|ber|retries|jitter|dbm|rsrp|rsrq|sinr)$/],
  [
    'process_deviation',
    /^(ph|rh|humidity|co2|o2|weight|xbar|turbidity|ntu|conductivity|us|ppm|thickness|speed|rpm|torque|brix|density|cpk|reject\w*|scrap|feuchte|gewicht|kg|g|slip|deviation|abweichung|ecart|position|tension|dose|yield)$/,
  ],
  ['wear_maintenance', /^(wear|iso 4406|particles|life|hours|h|cycles|verschleiss|stunden|elongation)$/],
]

const OF_UNIT: Readonly<Record<string, Category>> = Object.fromEntries(
  (
    [
      ['temperature', 'c f k degc deg celsius degf kelvin k/min grad'],
      ['pressure', 'bar mbar psi psig barg kpa mpa pa hpa mbar/min bar/min'],
      ['vibration', 'mm/s ge'],
      ['electrical', 'kohm mohm ohm kv ma ka kva v mv vdc vac a w kw mw hz'],
      ['level_flow', 'lpm gpm m3 l/h l/min m3/h t/h kg/h l/s nm3/h nm3/min m3/min'],
      ['process_deviation', 'm/s m/min rpm nm kn mm um'],
      ['communication', 'dbm'],
    ] as const
  ).flatMap(([category, units]) => units.split(' ').map(u => [u, category] as const)),
)
/** Of these a unit has several kinds: an angle is measured in degrees, an acceleration in g. */
const ANGLE =
  /^(pitch|blade|angle|winkel|tilt|position|rotor|yaw|steering|lenk\w*|rudder|azimuth|roll|deviation)$/
const ACCELERATION = /^(accel\w*|acc|vib\w*|envelope|shock|schwing\w*|drivetrain|peak)$/

export function quantityOf(all: readonly Word[], check: { from: number; to: number; at: number }): Category {
  const before = all[check.at - 1]
  const unit = unitOf(all, check.at) || (before?.before.includes('_') ? before.text : '')
  const named = [...nameOf(all, check.at), ...all.slice(Math.max(0, check.at - 5), check.at).map(w => w.text)]
  if (/^(deg|grad)$/.test(unit) && named.some(w => ANGLE.test(w))) return 'process_deviation'
  if (unit === 'g' && named.some(w => ACCELERATION.test(w))) return 'vibration'
  if (/^(mm|um)$/.test(unit) && named.some(w => /^(vib\w*|shaft|displacement|rms|schwing\w*|v?rms)$/.test(w)))
    return 'vibration'
  const own = [...nameOf(all, check.at), ...(hasUnit(all, check.at) ? [all[check.at + 1]?.text ?? ''] : [])]
  if (/^(mm|um|rpm|nm|kn)$/.test(unit)) return pick(own.filter(w => w !== unit)) ?? 'process_deviation'
  if (unit !== '' && OF_UNIT[unit]) return OF_UNIT[unit]!
  return (
    pick(own) ??
    pick(all.slice(Math.max(0, check.from - 3), check.to).map(w => w.text)) ??
    'process_deviation'
  )
}

function pick(near: readonly string[]): Category | undefined {
  const score = QUANTITIES.map(([category, pattern]) => ({
    category,
    hits: near.filter(w => pattern.test(w)).reduce((n, w) => n + (w.length > 2 ? 2 : 1), 0),
  }))
  const best = score.reduce((a, b) => (b.hits > a.hits ? b : a))
  return best.hits > 0 ? best.category : undefined
}

/** Of what guards people any trouble is first of all that. */
const GUARDS =
  /^(safety|safeguard|emergency|protective|fire|flame|smoke|evacuat\w*|passengers?|entrap\w*|guard|notaus|nothalt|notbremse|sicherheit\w*|schutz(tuer|feld|einrichtung)|securite|seguridad|sicurezza|veiligheid|overfill|sounders?|extinguish\w*|sprinkler|flamme|llama|fiamma|vlam|brandmelde\w*|estop)$/
/** Words that only a quantity has; units and letters are left out. */
const SAID: readonly [Category, RegExp][] = [
  ['vibration', /^(vib|vibration\w*|imbalance|unbalance|schwingung\w*|vibrazion\w*|trilling\w*)$/],
  [
    'temperature',
    /^(temp|temps|temperatur\w*|temperatuur|temperature\w*|\w{3,}temp|thermal|thermique|termic[oa]|thermisch)$/,
  ],
  ['pressure', /^(press|pressure|pressostat\w*|\w*druck|pression|presion|pressione|druk|vacuum|vakuum)$/],
  [
    'level_flow',
    /^(level|flow|niveau|nivel|livello|durchfluss|debit|debiet|caudal|portata|fuellstand|airflow|peil)$/,
  ],
  [
    'electrical',
    /^(voltage|current|phase|phases|spannung|strom|tension|corrente|corriente|spanning|stroom|contactor|breaker|fuse|overload|undervolt\w*|overvolt\w*|insulation|inverter|dc|rectifier)$/,
  ],
]
const NEAR = 5

/** What a fault without a name is of, by the words around it; undefined when they tell nothing, or several things. */
export function quantityNear(all: readonly Word[], at: number): Category | undefined {
  const near = all
    .slice(Math.max(0, at - NEAR), at + NEAR)
    // `temp=24.6` measures, whatever is wrong
    .filter(w => !/^["']?[=:]/.test(w.after))
    .map(w => w.text)
  if (near.some(w => GUARDS.test(w))) return 'safety'
  const said = SAID.filter(([, pattern]) => near.some(w => pattern.test(w)))
  return said.length === 1 ? said[0]![0] : undefined
}

export const isQuantityWord = (word: string): boolean =>
  GUARDS.test(word) ||
  SAID.some(([, pattern]) => pattern.test(word)) ||
  QUANTITIES.some(([, pattern]) => pattern.test(word))
