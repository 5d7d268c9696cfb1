/**
 * Numbers in text, with unit, name and role. What only looks like one is left alone: `P-301`, `10.1.4.20:502`, `v1.2.3`,
 * dates, times, hex, MAC addresses. Linear: the scanner never goes back. Pure.
 */
import type { Quantity } from './reading.js'
import { scaled, unitAt } from './units.js'

const MOST_QUANTITIES = 64
const NUMBER = /\d+(?:[.,]\d+)*(?:[eE][-+]?\d{1,3}(?![\w.]))?/y
const PLAIN = /\d+(?:\.\d+)?(?:[eE][-+]?\d{1,3}(?![\w.]))?/y
const WHOLE = /^[-+−]?(?:\d+(?:[.,]\d+)*|\.\d+)(?:[eE][-+]?\d{1,3})?$/
/** A range: `4-20`, `4..20`, `3.8–20.5`. The words `to` and `bis` speak of changes as often, so they do not count. */
const RANGE = /(?:-|\s?(?:\.{2,3}|…|–)\s?)(?=[-+]?\d)/y
const WORD_END = /[\w.:/\\@-]*/y
const LETTER = /[\p{L}_]/u

/** Which of point and comma is the decimal sign in a text, when one of its numbers leaves no doubt. */
export type DecimalSign = 'point' | 'comma'

/**
 * The value of digits with separators.
 * @returns undefined when it is no single number, or could be two: `1,234` is 1234 or 1.234, unless `sign` is known
 */
export function decimal(digits: string, sign?: DecimalSign): number | undefined {
  const comma = digits.indexOf(',')
  if (comma < 0) {
    const dot = digits.indexOf('.')
    if (dot < 0 || digits.indexOf('.', dot + 1) < 0) return finite(Number(digits))
    return sign === 'comma' && grouped(digits, '.') ? finite(Number(digits.replaceAll('.', ''))) : undefined
  }
  const [mantissa = '', exponent] = digits.split(/(?=[eE])/)
  const whole = (text: string) => finite(Number(text + (exponent ?? '')))
  const dot = mantissa.indexOf('.')
  const lastComma = mantissa.lastIndexOf(',')
  if (dot < 0) {
    if (lastComma !== comma) return grouped(mantissa, ',') ? whole(mantissa.replaceAll(',', '')) : undefined
    const doubtful = mantissa.length - comma === 4 && comma <= 3 && !/^0+,/.test(mantissa)
    if (!doubtful || sign === 'comma') return whole(mantissa.replace(',', '.'))
    return sign === 'point' ? whole(mantissa.replace(',', '')) : undefined
  }
  const lastDot = mantissa.lastIndexOf('.')
  if (lastDot > lastComma)
    return dot === lastDot && grouped(mantissa.slice(0, dot), ',')
      ? whole(mantissa.replaceAll(',', ''))
      : undefined
  return comma === lastComma && grouped(mantissa.slice(0, comma), '.')
    ? whole(mantissa.replaceAll('.', '').replace(',', '.'))
    : undefined
}

const finite = (value: number) => (Number.isFinite(value) ? value : undefined)
const grouped = (text: string, mark: '.' | ',') =>
  (mark === ',' ? /^\d{1,3}(?:,\d{3})+$/ : /^\d{1,3}(?:\.\d{3})+$/).test(text)

/** A whole text as a number: `-3,5`, `1e-3`, `.5`. Nothing else may stand there. */
export function numberOf(text: string, sign?: DecimalSign): number | undefined {
  if (text.length > 40 || !WHOLE.test(text)) return undefined
  const first = text.charCodeAt(0)
  const signed = first === 45 || first === 43 || first === 8722
  const value = decimal(signed ? text.slice(1) : text, sign)
  return value === undefined ? undefined : first === 45 || first === 8722 ? -value : value
}

/** A whole text as a number with or without a unit: `78C`, `3,5 bar`, `12`. */
export function measured(text: string): { value: number; unit?: string } | undefined {
  if (text.length === 0 || text.length > 40 || !/^[-+−.\d]/.test(text)) return undefined
  const plain = numberOf(text)
  if (plain !== undefined) return { value: plain }
  const [only, more] = quantitiesOf(text)
  if (only === undefined || more !== undefined || only.start !== 0 || only.text.length !== text.length)
    return undefined
  return { value: only.value, ...(only.unit === undefined ? {} : { unit: only.unit }) }
}

/**
 * The quantities of a text, in order, at most 64.
 * @param from where to begin; positions count from the beginning of `text`
 */
export function quantitiesOf(text: string, from = 0, to = text.length): Quantity[] {
  const found: Quantity[] = []
  let sign: DecimalSign | undefined | null = null
  let listEnd = 0
  let nameFrom = from
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i)
    if (code < 48 || code > 57) continue
    const start = startOf(text, i, from, i < listEnd)
    if (start < 0) {
      i = nameFrom = skipWord(text, i)
      i--
      continue
    }
    const form = i < listEnd ? PLAIN : NUMBER
    form.lastIndex = i
    let digits = form.exec(text)![0]
    if (sign === null && digits.includes(',')) sign = signIn(text.slice(from, to))
    let value = decimal(digits, sign ?? undefined)
    if (value === undefined && digits.includes(',') && isList(digits)) {
      listEnd = i + digits.length
      digits = digits.slice(0, digits.indexOf(','))
      value = decimal(digits)
    }
    let end = i + digits.length
    const led = start < i && text[i - 1] === '.'
    // `.5` is a number, `.5,1` is none
    if (value === undefined || (led && /[.,]/.test(digits)) || isIdentifier(text, i, end)) {
      i = nameFrom = skipWord(text, end)
      i--
      continue
    }
    const negative = start < i && (text[start] === '-' || text[start] === '−')
    if (led) value = Number(`0.${digits}`)
    if (negative) value = -value
    const range = rangeFrom(text, end)
    const second = range ?? { end, value: 0, start: end }
    const blank = text.charCodeAt(second.end) === 32
    const unit = unitAt(text, second.end + (blank ? 1 : 0), blank)
    const next = text.charAt(second.end)
    if (unit === undefined && ((!blank && LETTER.test(next)) || (range !== undefined && text[end] === '-'))) {
      // glued to letters that are no unit, or `7-12`: a name or a number of something
      i = nameFrom = skipWord(text, second.end)
      i--
      continue
    }
    end = unit?.end ?? second.end
    const name = nameBefore(text, start, nameFrom)
    const add = (n: number, at: number, until: number) =>
      found.push({
        name: name.text,
        value: unit ? scaled(n, unit.times) : n,
        ...(unit ? { unit: unit.unit } : {}),
        text: text.slice(at, until),
        start: at,
        ...(range ? { role: 'range' } : name.role ? { role: name.role } : {}),
      })
    add(value, start, range ? i + digits.length : end)
    if (range) add(range.value, range.start, end)
    if (found.length >= MOST_QUANTITIES) return found.slice(0, MOST_QUANTITIES)
    nameFrom = end
    i = end - 1
  }
  return found
}

/** Where the number whose first digit is at `i` begins, with its sign; -1 when it is part of a name. */
function startOf(text: string, i: number, from: number, inList: boolean): number {
  if (i === from) return i
  const before = text.charAt(i - 1)
  if (before === ' ' || before === '=' || (inList && before === ',')) return i
  const two = i - 2 >= from ? text.charAt(i - 2) : ' '
  const joined = LETTER.test(two) || isDigit(two) || two === ')' || two === ']'
  switch (before) {
    case '-':
    case '+':
    case '−':
      return joined || two === before ? -1 : i - 1
    case '.':
      if (joined || two === '.' || two === '/') return -1
      return two === '-' || two === '+' || two === '−' ? i - 2 : i - 1
    case '/':
    case '\\':
    case '#':
    case '$':
    case '@':
    case '±':
      return -1
    case ':': {
      // `temp:78` says a value, `plc1:502` and `a.b:80` an address
      let k = i - 2
      for (; k >= from && k > i - 40 && /[\w.-]/.test(text[k]!); k--)
        if (isDigit(text[k]!) || text[k] === '.') return -1
      return text[k] === '/' || text[k] === ':' ? -1 : i
    }
    default:
      return LETTER.test(before) ? -1 : i
  }
}

const isDigit = (character: string) => character >= '0' && character <= '9'

/** Dates, times, ports, fractions, hex, ordinals: what goes on behind the digits says that they count nothing. */
function isIdentifier(text: string, start: number, end: number): boolean {
  const next = text.charAt(end)
  const after = text.charAt(end + 1)
  if (next === '') return false
  if ((next === 'x' || next === 'X') && end === start + 1 && text[start] === '0') return true
  if (next === ':' || next === '/' || next === '\\')
    return isDigit(after) || (next === ':' && /[a-z]/i.test(after))
  // a date, or `24-wire`
  if (next === '-') return LETTER.test(after) || /^-\d+-/.test(text.slice(end, end + 8))
  return next === '_' || next === '@'
}

/** `1,2,3` and `1.5,2.5`: several numbers, when they are no thousands. */
const isList = (digits: string) =>
  digits.split(',').every(part => /^\d+(?:\.\d+)?$/.test(part)) && /,.*[,.]/.test(digits)

/** The decimal sign of a text: some number in it has a fraction that is no group of three, or both signs. */
function signIn(text: string): DecimalSign | undefined {
  if (/(?<![\d.,])\d+,(?:\d{1,2}|\d{4,})(?![\d.,])|\d\.\d{3},\d/.test(text)) return 'comma'
  return /(?<![\d.,])\d+\.\d+(?![\d.,])|\d,\d{3}\.\d/.test(text) ? 'point' : undefined
}

function rangeFrom(text: string, end: number): { value: number; start: number; end: number } | undefined {
  RANGE.lastIndex = end
  if (!RANGE.test(text)) return undefined
  let start = RANGE.lastIndex
  const sign = text[start] === '-' ? -1 : 1
  const first = text[start] === '-' || text[start] === '+' ? start + 1 : start
  NUMBER.lastIndex = first
  const digits = NUMBER.exec(text)?.[0]
  const value = digits === undefined ? undefined : decimal(digits)
  if (digits === undefined || value === undefined) return undefined
  if (sign === 1) start = first
  return { value: sign * value, start, end: first + digits.length }
}

function skipWord(text: string, at: number): number {
  WORD_END.lastIndex = at
  WORD_END.exec(text)
  return Math.max(WORD_END.lastIndex, at + 1)
}

const FILLERS = new Set(
  'is at of was the are to reads read now has reached a by von auf ist bei und and est de à rises rose fell from about only'.split(
    ' ',
  ),
)
const LIMITS = new Set(
  'limit max maximum min minimum threshold trip hihi lolo limit_high limit_low alarm_limit grenzwert seuil límite above below over under über unter'.split(
    ' ',
  ),
)
const SET_POINTS = new Set('setpoint set-point set_point sp target sollwert soll consigne set'.split(' '))

/** Up to four words in front of a number, in the same clause, and whether they make it a limit. */
function nameBefore(text: string, start: number, from: number): { text: string; role?: Quantity['role'] } {
  let at = start - 1
  let role: Quantity['role'] | undefined
  while (at >= from && ' \t:=(<>~≈≥≤"\'['.includes(text[at]!)) {
    if ('<>≥≤'.includes(text[at]!)) role = 'limit'
    if (text[at] === '(' || text[at] === '[') break
    at--
  }
  let first = -1
  let last = -1
  for (let words = 0; words < 4 && at >= from && start - at < 80; ) {
    const end = at + 1
    while (at >= from && isNameCharacter(text.charCodeAt(at))) at--
    if (end === at + 1) break
    const word = text.slice(at + 1, end)
    const lower = word.toLowerCase()
    if (last < 0 && FILLERS.has(lower)) {
      // `limit of 80`
    } else if (first < 0 || !FILLERS.has(lower)) {
      if (words < 2 && role === undefined)
        role = LIMITS.has(lower) ? 'limit' : SET_POINTS.has(lower) ? 'set_point' : undefined
      if (last < 0) last = end
      first = at + 1
      words++
    }
    if (at < from || text[at] !== ' ') break
    while (at >= from && text[at] === ' ') at--
    if (/[.,;:!?]$/.test(text.charAt(at))) break
  }
  return { text: first < 0 ? '' : text.slice(first, last), ...(role ? { role } : {}) }
}

const isNameCharacter = (code: number) =>
  (code >= 97 && code <= 122) ||
  (code >= 65 && code <= 90) ||
  (code >= 48 && code <= 57) ||
  code === 95 ||
  code === 45 ||
  code > 191
