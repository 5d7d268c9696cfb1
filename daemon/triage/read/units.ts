/**
 * Unit words and symbols, as devices write them, and the one name each gets: SenML's (RFC 8428 §12.1, RFC 8798), which are
 * UCUM's, and `rpm`, `bar`, `psi` where SenML has none. Only powers of ten are normalised: 85 kOhm is 85000 Ohm, psi stay psi.
 */

/** A unit with what a number in it is multiplied by; a factor below 1 is kept as a divisor, which rounds better. */
export interface Unit {
  unit: string
  times: number
}

/** `name`, or `name*factor`, or `name/divisor`: every word for it. Case counts: mW and MW differ by nine zeros. */
const TABLE: readonly [string, number, string][] = [
  ['Cel', 1, '°C ºC C degC deg_C Celsius celsius ° degrees_C Grad °c degc'],
  ['degF', 1, '°F ºF F degF Fahrenheit fahrenheit'],
  ['K', 1, 'K Kelvin kelvin'],
  ['%', 1, '% pct percent Prozent pourcent prozent'],
  ['%RH', 1, '%RH %rH %rh %rF'],
  ['bar', 1, 'bar Bar BAR barg bara bar(g) bar(a)'],
  ['bar', 1e-3, 'mbar'],
  ['Pa', 1, 'Pa'],
  ['Pa', 1e2, 'hPa'],
  ['Pa', 1e3, 'kPa kpa KPa'],
  ['Pa', 1e6, 'MPa'],
  ['psi', 1, 'psi PSI psig psia'],
  ['inHg', 1, 'inHg'],
  ['mm/s', 1, 'mm/s mm/sec mmps'],
  ['m/s', 1, 'm/s'],
  ['m/s2', 1, 'm/s2 m/s² m/s^2'],
  ['gn', 1, 'gRMS grms gpk'],
  ['g', 1, 'g'],
  ['in/s', 1, 'in/s ips'],
  ['km/h', 1, 'km/h kmh kph'],
  ['mA', 1, 'mA ma'],
  ['A', 1, 'A Amp Amps amps amp ampere Ampere Arms'],
  ['A', 1e-6, 'uA µA μA'],
  ['A', 1e3, 'kA'],
  ['V', 1, 'V Volt Volts volts volt Vdc Vac VDC VAC Vrms V_DC V_AC'],
  ['V', 1e-3, 'mV'],
  ['V', 1e3, 'kV KV'],
  ['W', 1, 'W Watt watt watts Watts'],
  ['W', 1e-3, 'mW'],
  ['W', 1e3, 'kW KW kw'],
  ['W', 1e6, 'MW'],
  ['VA', 1, 'VA'],
  ['VA', 1e3, 'kVA KVA'],
  ['var', 1, 'var'],
  ['var', 1e3, 'kvar kVAr kVAR'],
  ['Wh', 1, 'Wh'],
  ['Wh', 1e3, 'kWh KWh kwh'],
  ['Wh', 1e6, 'MWh'],
  ['Ah', 1, 'Ah'],
  ['Ah', 1e-3, 'mAh'],
  ['Ohm', 1, 'Ohm ohm ohms Ohms Ω Ω OHM'],
  ['Ohm', 1e3, 'kOhm kohm kΩ kΩ KOhm kOhms'],
  ['Ohm', 1e6, 'MOhm Mohm MΩ MΩ MOhms'],
  ['Ohm', 1e-3, 'mOhm mohm mΩ mΩ'],
  ['Hz', 1, 'Hz hz HZ'],
  ['Hz', 1e3, 'kHz khz KHz'],
  ['Hz', 1e6, 'MHz'],
  ['Hz', 1e9, 'GHz'],
  ['rpm', 1, 'rpm RPM r/min rev/min U/min tr/min 1/min min-1 min^-1'],
  ['l/min', 1, 'l/min L/min lpm LPM l/m'],
  ['l/h', 1, 'l/h L/h'],
  ['l/s', 1, 'l/s L/s'],
  ['m3/h', 1, 'm3/h m³/h m^3/h cbm/h'],
  ['m3/s', 1, 'm3/s m³/s'],
  ['gal/min', 1, 'gpm GPM'],
  ['kg/h', 1, 'kg/h'],
  ['l', 1, 'l L litre litres liter liters Liter'],
  ['m3', 1, 'm3 m³'],
  ['mm', 1, 'mm'],
  ['cm', 1, 'cm'],
  ['m', 1, 'm'],
  ['m', 1e3, 'km'],
  ['um', 1, 'um µm μm micron microns'],
  ['kg', 1, 'kg Kg KG'],
  ['kg', 1e3, 't'],
  ['N', 1, 'N'],
  ['N', 1e3, 'kN'],
  ['Nm', 1, 'Nm N·m'],
  ['s', 1, 's sec secs second seconds Sekunden Sek'],
  ['s', 1e-3, 'ms msec msecs milliseconds millis'],
  ['s', 1e-6, 'us µs μs usec'],
  ['s', 1e-9, 'ns nsec'],
  ['min', 1, 'min mins minutes minute Minuten'],
  ['h', 1, 'h hr hrs hour hours Std Stunden heures'],
  ['d', 1, 'd day days Tage'],
  ['B', 1, 'B byte bytes Byte Bytes'],
  ['B', 1e3, 'kB KB kbytes'],
  ['B', 1e6, 'MB'],
  ['B', 1e9, 'GB'],
  ['B', 1e12, 'TB'],
  ['B', 1024, 'KiB kiB'],
  ['B', 1048576, 'MiB'],
  ['B', 1073741824, 'GiB'],
  ['bit/s', 1, 'bps bit/s'],
  ['bit/s', 1e3, 'kbps kbit/s'],
  ['bit/s', 1e6, 'Mbps Mbit/s'],
  ['dB', 1, 'dB'],
  ['dBm', 1, 'dBm dbm'],
  ['dBA', 1, 'dBA dB(A)'],
  ['ppm', 1, 'ppm PPM'],
  ['ppb', 1, 'ppb'],
  ['lx', 1, 'lx lux'],
  ['pH', 1, 'pH'],
  ['S/m', 1, 'S/m'],
  ['uS/cm', 1, 'uS/cm µS/cm'],
  ['mS/cm', 1, 'mS/cm'],
  ['NTU', 1, 'NTU'],
  ['mg/l', 1, 'mg/l mg/L'],
  ['mg/m3', 1, 'mg/m3 mg/m³'],
  ['ug/m3', 1, 'ug/m3 µg/m3 µg/m³'],
  ['deg', 1, 'deg degrees'],
  ['1/s', 1, '/s'],
  ['1/h', 1, '/h'],
]

const UNITS: ReadonlyMap<string, Unit> = new Map(
  TABLE.flatMap(([unit, times, words]) => words.split(' ').map(word => [word, { unit, times }] as const)),
)

/** Behind a blank these are more often something else: `phase 3 T`, `sensor 4 d`, `zone 2 t`. */
const GLUED_ONLY = new Set(['t', 'd', '°', 'B', 'L', 'var', 'deg', 'Grad'])

const UNIT_TEXT =
  /(?:1\/min|min\^?-1|[%°º][CFcfRrHh]{0,2}(?![A-Za-z])|[A-Za-zµμΩΩ]+(?:[23²³](?![0-9])|\^[23])?(?:\([agA]\))?(?![A-Za-z0-9_]))(?:\/[A-Za-z]{1,4}[23²³]?(?![A-Za-z0-9_]))?|\/[sh](?![A-Za-z0-9_])/y

/**
 * The unit that begins at `at`, if one does.
 * @param blank whether there is a blank in front: then words that mean something else more often do not count
 * @returns the unit and where it ends; `C/h` is made of its parts
 */
export function unitAt(text: string, at: number, blank: boolean): (Unit & { end: number }) | undefined {
  UNIT_TEXT.lastIndex = at
  const found = UNIT_TEXT.exec(text)
  if (found === null) return undefined
  const word = found[0]
  // `ch=4 ma=3.42`: the next name, not the unit of this number
  if (blank && /[=:]/.test(text[at + word.length] ?? '')) return undefined
  if (word.length > 14 || (blank && GLUED_ONLY.has(word))) return undefined
  const unit = unitOf(word)
  if (unit !== undefined) return { ...unit, end: at + word.length }
  // `180 C/alarm`: the slash is punctuation
  const slash = word.indexOf('/')
  const front = slash > 0 ? UNITS.get(word.slice(0, slash)) : undefined
  return front && { ...front, end: at + slash }
}

/** A whole text that is a unit: `degC`, `l/min`, `Cel/h`. */
export function unitOf(word: string): Unit | undefined {
  const known = UNITS.get(word) ?? CANONICAL.get(word)
  if (known !== undefined) return known
  const slash = word.indexOf('/')
  if (slash <= 0) return undefined
  const over = UNITS.get(word.slice(0, slash))
  const under = UNITS.get(word.slice(slash + 1))
  if (over === undefined || under === undefined || under.times !== 1) return undefined
  return { unit: `${over.unit}/${under.unit}`, times: over.times }
}

/** A name that is itself a unit's: what SenML senders write. */
const CANONICAL: ReadonlyMap<string, Unit> = new Map(
  TABLE.map(([unit]) => [unit, { unit, times: 1 }] as const),
)

/** Ends of names that say the unit: `oil_temp_c`, `flowLpm`, `Pressure [bar]`. */
const SUFFIX: Readonly<Record<string, string>> = {
  c: 'Cel',
  degc: 'Cel',
  celsius: 'Cel',
  f: 'degF',
  degf: 'degF',
  pct: '%',
  percent: '%',
  bar: 'bar',
  mbar: 'mbar',
  pa: 'Pa',
  hpa: 'hPa',
  kpa: 'kPa',
  mpa: 'MPa',
  psi: 'psi',
  v: 'V',
  mv: 'mV',
  kv: 'kV',
  volts: 'V',
  ma: 'mA',
  a: 'A',
  amps: 'A',
  w: 'W',
  kw: 'kW',
  kwh: 'kWh',
  rpm: 'rpm',
  hz: 'Hz',
  khz: 'kHz',
  mms: 'mm/s',
  mm_s: 'mm/s',
  lpm: 'l/min',
  l_min: 'l/min',
  m3h: 'm3/h',
  m3_h: 'm3/h',
  mm: 'mm',
  cm: 'cm',
  ohm: 'Ohm',
  kohm: 'kOhm',
  mohm: 'MOhm',
  ppm: 'ppm',
  ppb: 'ppb',
  ms: 'ms',
  us: 'us',
  sec: 's',
  s: 's',
  min: 'min',
  h: 'h',
  hours: 'h',
  kg: 'kg',
  dbm: 'dBm',
  db: 'dB',
  lux: 'lx',
  nm: 'Nm',
  m_s: 'm/s',
  rh: '%RH',
} // prettier-ignore

/** The unit that a field's name says, if it does. */
export function unitOfName(name: string): Unit | undefined {
  const bracket = /[[(]([^\])]{1,12})[\])]\s*$/.exec(name)
  if (bracket !== null) return unitOf(bracket[1]!.trim())
  const lower = name.length > 80 ? name.slice(-80).toLowerCase() : name.toLowerCase()
  const last = lower.lastIndexOf('_')
  if (last > 0) {
    const before = lower.lastIndexOf('_', last - 1)
    const word = (before > 0 && SUFFIX[lower.slice(before + 1)]) || SUFFIX[lower.slice(last + 1)]
    return word === undefined ? undefined : unitOf(word)
  }
  const camel = /[a-z](C|F|Pct|Bar|Kpa|KPa|Psi|V|MV|Ma|MA|A|KW|Rpm|Hz|Lpm|Ms|Mm|Ohm|Ppm)$/.exec(name)
  return camel === null ? undefined : unitOf(SUFFIX[camel[1]!.toLowerCase()]!)
}

/** The number in the unit's normal form. */
export const scaled = (value: number, times: number): number =>
  times === 1 ? value : times < 1 ? value / Math.round(1 / times) : value * times
