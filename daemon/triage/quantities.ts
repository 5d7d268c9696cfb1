/**
 * Numbers with their units as one value: `1190 bytes`, `<1 sec`, `-3.5 °C`, `10:30 h`. Character by character: every line
 * that comes is looked through, and a pattern that says the same takes several times as long. Pure.
 */
import { isBlank, isDigit, isWordCharacter } from './characters.js'

/** Letters of a short word as one number: five bits each, so that upper and lower case are one. */
const lettersOn = (key: number, code: number): number => key * 32 + (code & 31)
const keyOf = (word: string): number => Array.from(word, c => c.charCodeAt(0)).reduce(lettersOn, 0)

const UNITS = new Set(
  `b byte bytes kb mb gb tb kib mib gib tib ms us ns sec secs second seconds min mins minute minutes hour hours hr hrs day
  days s m h v a mv ma kw w hz khz mhz bar mbar psi kpa pa rpm`
    .split(/\s+/)
    .map(keyOf),
)
const LONGEST_UNIT = 7
/** What stands before the stroke of a rate, and what behind it. */
const RATES: ReadonlyMap<string, string> = new Map([
  ['mm', 's'],
  ['m', 's'],
  ['l', 'min'],
  ['m3', 'h'],
])

/**
 * The text with `instead` for each number that has a unit, sign and comparison included.
 * @param start of what is looked at: what stands before it is left out
 * @returns undefined when there is none
 */
export function withoutQuantities(text: string, instead: string, start = 0): string | undefined {
  const parts: string[] = []
  let done = start
  let at = start
  while (at < text.length) {
    if (!isDigit(text.charCodeAt(at))) {
      at++
      continue
    }
    const from = beginOf(text, at, start)
    if (from < 0) {
      at = endOfDigits(text, at)
      continue
    }
    at = endOfNumber(text, at)
    const end = endOfUnit(text, isBlank(text.charCodeAt(at)) ? at + 1 : at)
    if (end < 0) continue
    parts.push(text.slice(done, from), instead)
    done = at = end
  }
  if (parts.length === 0) return undefined
  parts.push(text.slice(done))
  // joined it is one piece: a sum of strings is read much slower
  return parts.join('')
}

/** Where the value of a number begins, its sign included; -1 when it is the end of a name or of another number. */
function beginOf(text: string, digits: number, start: number): number {
  let from = digits
  let begin = sticks(text, from, start) ? -1 : from
  if (from > start && isSign(text.charCodeAt(from - 1)) && !sticks(text, --from, start)) begin = from
  if (from > start && isComparison(text.charCodeAt(from - 1)) && !sticks(text, --from, start)) begin = from
  return begin
}

/** Whether what begins here belongs to what stands before it. */
const sticks = (text: string, at: number, start: number): boolean => {
  const before = text.charCodeAt(at - 1)
  return at > start && (before === DOT || isWordCharacter(before))
}

/** Further numbers may follow: `10:30`, `1,234.5`, `2.4.1`. */
function endOfNumber(text: string, from: number): number {
  let at = endOfDigits(text, from)
  for (;;) {
    const mark = text.charCodeAt(at)
    if ((mark !== DOT && mark !== COMMA && mark !== COLON) || !isDigit(text.charCodeAt(at + 1))) return at
    at = endOfDigits(text, at + 1)
  }
}

function endOfDigits(text: string, from: number): number {
  let at = from
  while (isDigit(text.charCodeAt(at))) at++
  return at
}

/** -1 when no unit begins here. */
function endOfUnit(text: string, from: number): number {
  const first = text.charCodeAt(from)
  if (first === PERCENT) return endsAt(text, from + 1)
  if (first === DEGREE) return isScale(text.charCodeAt(from + 1)) ? endsAt(text, from + 2) : -1
  let key = 0
  let end = from
  for (let code = first; isLetter(code) && end - from <= LONGEST_UNIT; code = text.charCodeAt(end)) {
    key = lettersOn(key, code)
    end++
  }
  if (end === from) return -1
  const next = text.charCodeAt(end)
  if (next === STROKE || next === THREE) return endOfRate(text, from, end)
  return end - from <= LONGEST_UNIT && !isWordCharacter(next) && UNITS.has(key) ? end : -1
}

function endOfRate(text: string, from: number, letters: number): number {
  const stroke = text.charCodeAt(letters) === STROKE ? letters : letters + 1
  if (text.charCodeAt(stroke) !== STROKE) return -1
  const per = RATES.get(text.slice(from, stroke).toLowerCase())
  if (per === undefined) return -1
  const end = stroke + 1 + per.length
  return text.slice(stroke + 1, end).toLowerCase() === per ? endsAt(text, end) : -1
}

/** Where a unit ends, unless it goes on: `50 %/min`. */
const endsAt = (text: string, at: number): number => {
  const next = text.charCodeAt(at)
  return next === STROKE || isWordCharacter(next) ? -1 : at
}

/** Celsius or Fahrenheit. */
const isScale = (code: number): boolean => code === 67 || code === 99 || code === 70 || code === 102
const isSign = (code: number): boolean => code === 43 || code === 45
const isComparison = (code: number): boolean => code === 60 || code === 62 || code === 126
const isLetter = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 65 && code <= 90)
const [PERCENT, COMMA, DOT, STROKE, THREE, COLON, DEGREE] = [37, 44, 46, 47, 51, 58, 0xb0]
