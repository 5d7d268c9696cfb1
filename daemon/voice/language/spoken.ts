/** Writing to speech: "50 %" is said "fifty percent", "7:30" "seven thirty", "2nd" "second". Pure. */
import { normalise } from '../../commands/normalise.js'

const ONES =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  )
const TENS = '- - twenty thirty forty fifty sixty seventy eighty ninety'.split(' ')
const ORDINALS =
  'zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth'.split(
    ' ',
  )

/** A whole number from 0 to 999,999 in words; larger ones digit by digit. */
export function numberInWords(n: number): string {
  if (n < 20) return ONES[n]!
  if (n < 100) return `${TENS[Math.floor(n / 10)]}${n % 10 ? ` ${ONES[n % 10]}` : ''}`
  if (n < 1_000) return `${ONES[Math.floor(n / 100)]} hundred${n % 100 ? ` ${numberInWords(n % 100)}` : ''}`
  if (n < 1_000_000)
    return `${numberInWords(Math.floor(n / 1_000))} thousand${n % 1_000 ? ` ${numberInWords(n % 1_000)}` : ''}`
  return digitByDigit(String(n))
}

const digitByDigit = (digits: string) => [...digits].map(d => ONES[Number(d)]).join(' ')

const SIGNS: Record<string, string> = { '%': 'percent', '+': 'plus', '-': 'minus', pct: 'percent' }

/** Abbreviations of units that follow a number. */
const UNITS: Record<string, string> = {
  c: 'celsius',
  f: 'fahrenheit',
  k: 'kelvin',
  h: 'hours',
  hr: 'hours',
  hrs: 'hours',
  min: 'minutes',
  mins: 'minutes',
  m: 'minutes',
  s: 'seconds',
  sec: 'seconds',
  secs: 'seconds',
  d: 'degrees',
}

/**
 * The words in which a text is said: lower case, single blanks, no figures of their own. Words that mix letters and
 * figures ("co2") stay whole: they are one word with a pronunciation of its own, and come back as they are written.
 */
export function spoken(text: string): string {
  const tokens = normalise(text, 120).split(' ').filter(Boolean)
  return tokens
    .flatMap((token, i) => {
      const before = tokens[i - 1] ?? ''
      if ((/^[+-]?\d/.test(before) || before === 'degrees') && Object.hasOwn(UNITS, token))
        return [UNITS[token]!]
      return tokenSpoken(token)
    })
    .filter(Boolean)
    .join(' ')
}

function tokenSpoken(token: string): string[] {
  if (Object.hasOwn(SIGNS, token)) return [SIGNS[token]!]
  const clock = /^(\d{1,2}):(\d{2})$/.exec(token)
  if (clock) {
    const minute = Number(clock[2])
    const rest = minute === 0 ? "o'clock" : minute < 10 ? `oh ${ONES[minute]}` : numberInWords(minute)
    return [numberInWords(Number(clock[1])), rest]
  }
  const ordinal = /^(\d{1,2})(st|nd|rd|th)$/.exec(token)
  if (ordinal && Number(ordinal[1]) < ORDINALS.length) return [ORDINALS[Number(ordinal[1])]!]
  const number = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(token)
  if (number) {
    const [, sign, whole, fraction] = number
    return [
      sign ? SIGNS[sign]! : '',
      // "007" and years of phone-number length are read out
      /^0\d/.test(whole!) || whole!.length > 6 ? digitByDigit(whole!) : numberInWords(Number(whole)),
      fraction === undefined ? '' : `point ${digitByDigit(fraction)}`,
    ].filter(Boolean)
  }
  // "hi-fi", "wi-fi", "8.1.2": parts are said one after the other
  const parts = token.split(/[-:.+%]+/).filter(Boolean)
  return parts.length > 1 ? parts.flatMap(tokenSpoken) : [parts[0] ?? '']
}
