/** Values that are not where they should be, and something in the line that says it is no way there: full output, a long time. Pure. */
import type { Expectation } from './expect.js'
import { CONSEQUENCE_WORD, isLabel, TIME_UNIT, unitOf, valueAt } from './limit-words.js'
import { quantityOf } from './quantity.js'
import { isNumber, type Word } from './words.js'

const IS =
  /^(pv|ist|actual|act|t|temp|temperature|value|air|supply|istwert|mesure|real|aktuell|reale|actueel|is)$/
export const SHOULD =
  /^(sp|sv|set|setpoint|setp|soll|sollwert|target|consigne|consigna|setpunt|cible|objetivo|impostato|gewenst|statt|anstatt|instead|aim|wanted|invece|desired)$/
/** What should be is named because it is not so. */
const INSTEAD = /^(statt|anstatt|instead|invece)$/
const DRIVE =
  /^(out|output|cooling|heating|heater|valve|power|stell|y|sortie|stellgrad|verwarming|heizung|kuehlung|chauffage|salida|uscita|uitgang|ventil|dosing|dosage|dose|burner|brenner|compressor|pump|fan|cap|capacity|drive|brand|speed)$/
const OF = /^(of|von|sur|de|di|van|su|vom)$/
export const LASTING =
  /^(for|since|after|seit|nach|depuis|pendant|apres|desde|durante|tras|da|per|dopo|sinds|na|in|within|innerhalb|en|binnen|gedurende|waehrend)$/
const HOLDS = /^(hold|held|waiting|wait|timeout|wartet|attente|espera|attesa|wacht)$/

export const isWantedWord = (word: string): boolean =>
  [IS, SHOULD, DRIVE, OF, LASTING, HOLDS, CONSEQUENCE_WORD, TIME_UNIT].some(p => p.test(word))

/** Places of what is and what should be. */
interface Pair {
  is: number
  should: number
}

/** Pairs that a line of these words, whatever its numbers, may hold. */
export function wantedIn(words: readonly Word[]): Pair[] {
  const found: Pair[] = []
  const should = numberAfter(words, SHOULD)
  if (should >= 0) {
    const named = numberAfter(words, IS)
    const is = named >= 0 && named !== should ? named : sameUnitBefore(words, should)
    if (is >= 0) found.push({ is, should })
  }
  for (const [at, word] of words.entries()) {
    if (!OF.test(word.text) || !isNumber(words[at + 1]?.text ?? '')) continue
    const unit = unitOf(words, at + 1)
    const is = [at - 1, at - 2, at - 3].find(i => isNumber(words[i]?.text ?? ''))
    if (
      is !== undefined &&
      unit !== '' &&
      unit !== '%' &&
      !TIME_UNIT.test(unit) &&
      unitOf(words, is) === unit
    )
      found.push({ is, should: at + 1 })
  }
  return found
}

/** Place of the number of the first word like this that has one, at most one word behind it; -1 when none has. */
export function numberAfter(words: readonly Word[], named: RegExp): number {
  for (let i = 0; i < words.length - 1; i++)
    if (named.test(words[i]!.text))
      for (let j = i + 1; j <= Math.min(i + 2, words.length - 1); j++) if (isNumber(words[j]!.text)) return j
  return -1
}

function sameUnitBefore(words: readonly Word[], should: number): number {
  const unit = unitOf(words, should)
  for (let i = should - 1; i >= 0 && i >= should - 6; i--) {
    if (!isNumber(words[i]!.text) || isLabel(words, i)) continue
    const own = unitOf(words, i)
    if (own === unit ? own !== '' : unit === '' && own !== '' && !TIME_UNIT.test(own)) return i
  }
  return -1
}

/** Of what should be, in the unit of the value; at least two of anything. */
const OFF = 0.08
const LEAST = 2
const FULL = 95

/** `pv 187, sv 210, out 100`, `-4 °C after 240 min, Soll -18 °C`, `12.4 kg of 18.0 kg in 10 min`. */
export function notReached(words: readonly Word[]): Expectation | undefined {
  for (const { is, should } of wantedIn(words)) {
    const [a, b] = [valueAt(words, is), valueAt(words, should)]
    const isWarmth =
      /^(c|k|f|deg|)$/.test(unitOf(words, is)) && !/[.,]/.test(words[should]!.text.replace(/[.,]0$/, ''))
    if (
      Math.abs(a - b) <
      Math.max(isWarmth || /^(c|deg|degc)$/.test(unitOf(words, is)) ? LEAST : 0, Math.abs(b) * OFF)
    )
      continue
    const drive = numberAfter(words, DRIVE)
    const out = drive >= 0 && drive !== is && drive !== should ? valueAt(words, drive) : -1
    const isFull = out >= FULL && out <= 100
    if (!isFull && !lastsLong(words) && !isGivenUp(words, is, should)) continue
    const kind = quantityOf(words, { at: is, from: Math.min(is, should), to: Math.max(is, should) })
    const hasUnit = unitOf(words, is) !== '' && unitOf(words, is) !== '%'
    return {
      category: hasUnit && !isFull ? kind : hasUnit && kind === 'temperature' ? kind : 'process_deviation',
      severity: 'warning',
      reason: isFull
        ? `${a} instead of ${b} with the output at ${out} %`
        : `${a} instead of ${b}, and no change`,
      cause: 'The actuator does not reach the process, or the load is too high.',
      action: 'Check actuator, supply and load of this loop.',
      from: Math.max(0, Math.min(is, should) - 1),
      to: Math.max(is, should) + 1,
    }
  }
  return undefined
}

/** Whether a line of these words, whatever its numbers, may tell that something is not reached. */
export const mayMiss = (words: readonly Word[]): boolean =>
  wantedIn(words).some(
    ({ is, should }) =>
      isGivenUp(words, is, should) ||
      numberAfter(words, DRIVE) >= 0 ||
      words.some(
        (w, i) => isNumber(w.text) && LASTING.test(words[i - 1]?.text ?? '') && minutesOf(words, i) >= 0,
      ),
  )

/** Five minutes, as a number with its unit behind a word of lasting. */
const LONG_MIN = 5
export function lastsLong(words: readonly Word[]): boolean {
  return words.some(
    (w, i) => isNumber(w.text) && LASTING.test(words[i - 1]?.text ?? '') && minutesOf(words, i) >= LONG_MIN,
  )
}

/** The minutes of a number with a unit of time; -1 when it has none. */
export function minutesOf(words: readonly Word[], at: number): number {
  const unit = words[at + 1]?.text ?? ''
  if (!TIME_UNIT.test(unit) || unit === 'ms' || !/^$/.test(words[at + 1]!.before)) return -1
  const n = valueAt(words, at)
  if (/^(s|sec|secs|seconds|sekunden|seconden|secondes|segundos|secondi)$/.test(unit)) return n / 60
  if (/^(min|mins|minutes|minuten|minutos|minuti)$/.test(unit)) return n
  if (/^(h|hours?|std|stunden|heures|horas|ore|uur)$/.test(unit)) return n * 60
  return n * 60 * 24
}

const isGivenUp = (words: readonly Word[], is: number, should: number): boolean =>
  words.some(
    (w, i) =>
      INSTEAD.test(w.text) ||
      (i > Math.min(is, should) &&
        (HOLDS.test(w.text) || CONSEQUENCE_WORD.test(w.text)) &&
        !isNumber(words[i + 1]?.text ?? '')),
  )
