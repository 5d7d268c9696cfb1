/** The words that make a number a limit, in six languages, and what a number of a line is called and measured in. Pure. */
import { isNumber, type Word } from './words.js'

const words = (text: string) => new Set(text.split(/\s+/))
export const HIGH = words(
  `max maximum hi high h hh hihi upper ucl usl above ueber obergrenze maxi highlimit maxlimit hochgrenze superior superiore haut hlim
  maximal maximaal maximo massimo maxima massima maximale hoechstens hoechstwert bovengrens mawp swl wll maop upperlimit over oberhalb
  exceeds exceeded exceeding exceed sobre supera superado superato depasse depassement oltre sopra boven ueberschreitet ueberschritten greater higher larger
  groesser hoeher superieur superieure maggiore mayor hoger groter`,
)
export const LOW = words(
  `min minimum least lo low l ll lolo lower lcl lsl cutoff below unter untergrenze minimo minimale mini lowlimit minlimit inferior inferiore bas llim
  minimal minimaal minima mindestens ondergrens lowerlimit under beneath unterhalb unterschreitet unterschritten sotto bajo onder less
  kleiner niedriger geringer inferieur inferieure minore menor lager`,
)
/** Between a value and a limit these compare; elsewhere they are plain words. */
export const COMPARES = words(
  `over oberhalb exceeds exceeded exceeding exceed sobre supera superado superato depasse depassement oltre sopra boven ueberschreitet ueberschritten greater
  higher larger groesser hoeher superieur superieure maggiore mayor hoger groter under beneath unterhalb unterschreitet
  unterschritten sotto bajo onder less kleiner niedriger geringer inferieur inferieure minore menor lager`,
)
export const EITHER = words(
  `alm al wrn alert danger ab blocking arret scatto declenchement cutout change refill replace shutdown limit lim limits threshold thr thresh
  ansprechwert schwellwert overflow cut_in grenzwert grenze seuil limite umbral soglia grens grenswaarde alarm alarme alarma allarme warn
  warning trip prealarm schwelle alarmlimit setlimit tolerance allowed permitted zulaessig allowable abschaltung disparo reject
  permissible admissible ammesso toegestaan permis permitido drempel drempelwaarde valeurlimite action dirty service interlock lockout
  abschaltwert ausloesewert warnwert alarmwert vorwarnung voralarm preallarme preavis`,
)
export const SEVERE = words(
  'danger hh ll hihi lolo trip shutdown abschaltung disparo critical mawp swl wll maop interlock lockout scatto declenchement',
)
/** `dirty at 250`: at such a number there is work to do; without `at` it is another number. */
export const INTERVAL = words('dirty service wash clean stop')
export const ENDS_LIMIT = /(grenze|grenzwert|limit|schwelle|grens|drempel|seuil|soglia)$/
export const NAMED_HIGH = /^(max|ober|hi|high|upper|boven|hoch|ueber)/
export const NAMED_LOW = /^(min|unter|lo|low|lower|onder)/
export const BETWEEN =
  /^(at|from|by|is|of|set|to|limit|level|lvl|value|temp\w*|pressure|alarm|warning|trip|c|pct|bar|speed|flow|current|voltage|load|point|threshold|lim|h|a|v|ma|setting|ms|de|a|bei|von|alm|hz|kw|rpm|mm|s|than|als|que|di|dan|the|la|le|den|il|el|het|stage|stufe)$/
export const UNIT =
  /^(c|f|k|deg|degc|celsius|us|uscm|bar|mbar|psi|psig|barg|kpa|mpa|pa|v|kv|mv|a|ma|ka|w|kw|mw|hz|rpm|mm|um|m|cm|l|lpm|gpm|m3|kg|g|t|ppm|ppb|ohm|kohm|mohm|pct|s|ms|min|h|db|dbm|ntu|nm|kn|n|va|kva|j|kj|x|ge|kelvin|grad|hpa|nm3|mg|ug|ml|hl|mol|mmol|vdc|vac|degf|inh2o|mwc|khz|mhz|gwh|kwh)$/
export const TIME_UNIT =
  /^(h|s|ms|min|mins|d|days|day|hours|hour|sec|secs|std|stunden|tage|jours|minutes|minuten|minutos|minuti|heures|horas|ore|uur|seconds|sekunden|seconden|secondes|segundos|secondi|dias|giorni|dagen|wk|weeks)$/
/** Behind a unit it says per what: `m/s`, `l/h`. */
const PER = /^(s|h|hr|min|m2|m3|k|d|rev|km|kg|l)$/
/** What is only wanted. */
export const SET_POINT =
  /^(sp|sv|setpoint|setp|set|soll|sollwert|target|consigne|consigna|setpunt|setting|cible|objetivo|obiettivo)$/
/** What was, or is usual: no value of now. */
export const BASELINE =
  /^(clean|new|nominal|nominale|nominell|rated|baseline|base|ref|reference|normal|usual|typical|typ|typisch|initial|was|before|previous|last|neu|neuwert|design|nenn\w*)$/
/** The sign behind these tells what should be. */
export const REQUIRED =
  /^(must|should|shall|needs?|required?|requires|wanted|target|spec|expected|expects|muss|soll|sollte|doit|debe|deve|moet|requis|requerido|richiesto|vereist|erforderlich|ziel|goal)$/
/** What happens because of a value: it says that the limit was passed, where nothing else does. */
export const CONSEQUENCE_WORD =
  /^(stop|stops|stopped|tripp?ed|trip|trips|inhibit\w*|blocked|divert\w*|abort\w*|cutout|shutdown|locked|lockout|isolated|halted|held|dropped|shed|abgeschaltet|gestoppt|gesperrt|ausgeloest|blockiert|verriegelt|arrete\w*|declenche\w*|bloque\w*|verrouill\w*|parad[oa]|bloquead[oa]|disparad[oa]|detenid[oa]|fermat[oa]|bloccat[oa]|scattat[oa]|gestopt|geblokkeerd|uitgeschakeld)$/

export const numberOf = (word: string) =>
  Number(/^\d+,\d+$/.test(word) ? word.replace(',', '.') : word.replaceAll(',', ''))

/** A number with its sign, when the mark before it is one. */
export function valueAt(all: readonly Word[], at: number): number {
  const word = all[at]!
  const n = numberOf(word.text)
  return /(^|[=:<>≤≥(,"\s])[-−]$/.test(word.before) ||
    (/^[-−]$/.test(word.before) && at > 0 && all[at - 1]!.end < word.start - 1)
    ? -n
    : n
}

export const hasUnit = (all: readonly Word[], at: number): boolean =>
  /^\s*[%°‰]/.test(all[at]!.after) ||
  (UNIT.test(all[at + 1]?.text ?? '') &&
    !(/^[hl]$/.test(all[at + 1]!.text) && /[<>]/.test(all[at]!.before)) &&
    // the letter of the next limit: `9.1 bar H 8.5`
    !(/^[hl]$/.test(all[at + 1]!.text) && isNumber(all[at + 2]?.text ?? '') && isLimitLetter(all, at + 1)) &&
    !/[=:,;"]/.test(all[at + 1]!.before))

/** H of `68.3 degC H 65.0`, of `L 20 H 90`; not of `5 h 51`. */
export function isLimitLetter(all: readonly Word[], at: number): boolean {
  if (!/^[hl]$/.test(all[at]?.text ?? '') || all[at + 1]?.before !== '') return false
  const [before, earlier] = [all[at - 1], all[at - 2]]
  if (!before || all[at]!.start <= before.end) return false
  if (isNumber(before.text)) return /^\s*%/.test(before.after) || /^(h|l|hh|ll)$/.test(earlier?.text ?? '')
  if (!UNIT.test(before.text)) return false
  // `deg C`, `mm/s`: a unit may be two words
  return (
    isNumber(earlier?.text ?? '') ||
    (/^(deg|mm|m3|l|m)$/.test(earlier?.text ?? '') && isNumber(all[at - 3]?.text ?? ''))
  )
}

/** The unit as one word: `l/h`, `mm/s`, `%`; empty when there is none. */
export function unitOf(all: readonly Word[], at: number): string {
  if (/^\s*%/.test(all[at]!.after)) return '%'
  if (!hasUnit(all, at)) return ''
  const next = all[at + 1]
  if (!next || /^\s*[°]$/.test(all[at]!.after)) return next && /^[cfk]$/.test(next.text) ? next.text : 'deg'
  const per = all[at + 2]
  return per?.before === '/' && PER.test(per.text) ? `${next.text}/${per.text}` : next.text
}

/** `oil_c=94`: the unit is the end of the name. */
export const joinedUnit = (all: readonly Word[], at: number): string => {
  const before = all[at - 1]
  return before && /_/.test(before.before) && UNIT.test(before.text) ? before.text : ''
}

const LABEL =
  /^(slave|cell|pack|zone|slot|channel|ch|no|nr|id|stage|phase|unit|furnace|pump|fan|motor|line|level|rule|n|batch|sensor|port|pid|node|module|string|tank|boiler|chiller|press|drive|inverter|ups|room|door|step|addr|fc|axle|axles|train|rack|island|gate|crane|bank|lamp|loop|device|dev|circuit|group|floor|station|site|row|bay|filter|valve|compressor|comp|burner|car|lift)$/

/** Number of a thing (`slave=17`, `P-301`, `Furnace 3`), not of a quantity. */
export function isLabel(all: readonly Word[], at: number): boolean {
  const word = all[at]!
  const joined =
    at > 0 && all[at - 1]!.end + word.before.length === word.start && /^[-_#[]+$/.test(word.before)
  // `input 3: 12.1 mA`
  if (
    /^:/.test(word.after) &&
    !/[.,]/.test(word.text) &&
    !/[=:]/.test(word.before) &&
    isNumber(all[at + 1]?.text ?? '')
  )
    return true
  return (
    (joined && !/[=:]/.test(word.before)) ||
    (!hasUnit(all, at) &&
      LABEL.test(all[at - 1]?.text ?? '') &&
      !/[.,]/.test(word.text) &&
      !/[=:]/.test(word.before))
  )
}

/** The words that name a number, without those of limits. */
export function nameOf(all: readonly Word[], at: number): string[] {
  const name: string[] = []
  for (let i = at - 1; i >= 0 && i >= at - 3; i--) {
    const { text } = all[i]!
    if (isNumber(text)) break
    if (!HIGH.has(text) && !LOW.has(text) && !EITHER.has(text) && text.length > 1) name.push(text)
    if (/[,;|{]/.test(all[i]!.before)) break
  }
  return name
}
