/** Spans to values: "fifty percent" is 50, "an hour and a half" is 1 h 30 min, "half past six pm" is 18:30. Pure. */

const SMALL: Record<string, number> = {
  zero: 0,
  oh: 0,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  thirteen: 13,
  fourteen: 14,
  fifteen: 15,
  sixteen: 16,
  seventeen: 17,
  eighteen: 18,
  nineteen: 19,
  first: 1,
  second: 2,
  third: 3,
}
const TENS: Record<string, number> = {
  twenty: 20,
  thirty: 30,
  forty: 40,
  fourty: 40,
  fifty: 50,
  sixty: 60,
  seventy: 70,
  eighty: 80,
  ninety: 90,
}
const FRACTIONS: readonly [RegExp, number][] = [
  [/\bthree quarters?\b/, 75],
  [/\btwo thirds?\b/, 67],
  [/\b(a|one) third\b/, 33],
  [/\b(a |one )?quarter\b/, 25],
  [/\b(a|one) fifth\b/, 20],
  [/\b(a |one )?half( ?way)?\b|\bhalfway\b/, 50],
]

/**
 * The first number in some words, in digits or in words: "2.5", "twenty one point five", "a hundred and ten",
 * "two thousand seven hundred", "five and a half".
 */
export function parseNumber(words: string): number | undefined {
  const tokens = words.split(' ').filter(Boolean)
  for (let i = 0; i < tokens.length; i++) {
    const found = numberAt(tokens, i)
    if (found) return found.value
  }
  return undefined
}

/** Reads a number that starts at `tokens[at]`. */
function numberAt(tokens: readonly string[], at: number): { value: number; next: number } | undefined {
  const first = tokens[at] ?? ''
  let next = at
  let value: number
  if (/^[+-]?\d+(\.\d+)?$/.test(first)) {
    value = Number(first)
    next++
    // "2 700" is how "2,700" may come out of speech
    while (value >= 1 && value < 10 && /^\d00$/.test(tokens[next] ?? ''))
      value = value * 1000 + Number(tokens[next++])
  } else {
    let total = 0
    let group = 0
    let any = false
    for (; next < tokens.length; next++) {
      const word = tokens[next]!
      if (word in TENS) {
        if (any && group % 100 !== 0) break
        group += TENS[word]!
      } else if (word in SMALL && !(any && /^(first|second|third)$/.test(word))) {
        const n = SMALL[word]!
        // "twenty seven hundred" and "seven thirty" must not add up blindly: a digit follows only a ten
        if (any && group % 10 !== 0) break
        if (any && group > 0 && n >= 10 && group % 100 !== 0) break
        group += n
      } else if (word === 'hundred' && (any || group)) group = (group || 1) * 100
      else if (word === 'thousand' && (any || group)) {
        total += (group || 1) * 1000
        group = 0
      } else if ((word === 'a' || word === 'an') && /^(hundred|thousand)$/.test(tokens[next + 1] ?? ''))
        group = 1
      else if (word === 'and' && any && group % 100 === 0 && group > 0 && isNumberWord(tokens[next + 1]))
        continue
      else break
      any = true
    }
    if (!any) return undefined
    value = total + group
  }
  if (tokens[next] === 'point') {
    let digits = ''
    let j = next + 1
    for (; j < tokens.length && (/^\d+$/.test(tokens[j]!) || (SMALL[tokens[j]!] ?? 10) < 10); j++) {
      digits += SMALL[tokens[j]!] ?? tokens[j]!
    }
    if (digits) {
      value = Number(`${value}.${digits}`)
      next = j
    }
  } else if (tokens[next] === 'and' && /^(a|one)$/.test(tokens[next + 1] ?? '')) {
    const share = shareAt(tokens, next + 1)
    if (share) {
      value += share.value
      next = share.next
    }
  }
  return { value, next }
}
/** The same words with every number in digits: "cotton sixty" is "cotton 60". For comparing only. */
export function withFigures(tokens: readonly string[]): string[] {
  const out: string[] = []
  for (let i = 0; i < tokens.length; ) {
    const number = numberAt(tokens, i)
    out.push(number ? String(number.value) : tokens[i]!)
    i = number ? number.next : i + 1
  }
  return out
}

const isNumberWord = (word: string | undefined) => word !== undefined && (word in SMALL || word in TENS)

/**
 * A share of the whole, 0 to 100: "fifty percent", "half", "max". `lowest` is what "minimum" means (1 for brightness:
 * a light at 0 is off).
 */
export function parsePercent(words: string, lowest: number): number | undefined {
  if (/\b(max|maximum|full|fully|highest|brightest|loudest|top|fastest|all the way|most)\b/.test(words))
    return 100
  if (/\b(min|minimum|lowest|dimmest|darkest|bottom|quietest|slowest|least)\b/.test(words)) return lowest
  const n = parseNumber(words)
  const fraction = FRACTIONS.find(([pattern]) => pattern.test(words))
  if (fraction && (n === undefined || !/\d|percent|%/.test(words))) return fraction[1]
  return n
}

/** A duration in whole hours, minutes and seconds, as said ("90 minutes" stays 90 minutes). */
export interface Duration {
  hours?: number
  minutes?: number
  seconds?: number
}

const UNITS: readonly [RegExp, keyof Duration, number][] = [
  [/^(h|hr|hrs|hour|hours)$/, 'hours', 60],
  [/^(m|min|mins|minute|minutes)$/, 'minutes', 60],
  [/^(s|sec|secs|second|seconds)$/, 'seconds', 1],
]

/** What follows "an hour and": "a half", "half", "a quarter"; not "half a minute", which is a length of its own. */
function shareAt(tokens: readonly string[], at: number): { value: number; next: number } | undefined {
  const next = /^(a|one)$/.test(tokens[at] ?? '') ? at + 1 : at
  const value = tokens[next] === 'half' ? 0.5 : tokens[next] === 'quarter' ? 0.25 : undefined
  return value === undefined ? undefined : { value, next: next + 1 }
}

/** Reads "ten minutes", "1 hour 5 and a half minutes", "half an hour", "a couple of hours". */
export function parseDuration(words: string): Duration | undefined {
  const out: Duration = {}
  const add = (key: keyof Duration, n: number) => {
    const whole = Math.floor(n + 1e-9)
    if (whole || n === 0) out[key] = (out[key] ?? 0) + whole
    const rest = Math.round((n - whole) * 60)
    if (rest && key === 'hours') out.minutes = (out.minutes ?? 0) + rest
    else if (rest && key === 'minutes') out.seconds = (out.seconds ?? 0) + rest
  }
  const tokens = words
    .replace(/\b(\d+)(h|hr|hrs|m|min|mins|s|sec|secs)\b/g, '$1 $2')
    .replace(/\b(?:three|3) quarters? of (?:an|a|one) /g, '0.75 ')
    .replace(/\b(?:a |one )?quarter (?:of )?(?:an|a|one) /g, '0.25 ')
    .replace(/\b(?:a |one )?half (?:of )?(?:an|a|one) /g, '0.5 ')
    // "a half hour", "two and a half hours" are left to the number reader
    .replace(/(?<!and )\b(?:a |one )?(half|quarter)[ -](?=(?:hour|minute)\b)/g, (_, share) =>
      share === 'half' ? '0.5 ' : '0.25 ',
    )
    .replace(/\b(?:a |the )?couple(?: of)?\b/g, '2')
    .replace(/\b(?:a )?few\b/g, '3')
    .split(' ')
    .filter(w => w && w !== 'of')
  let i = 0
  let last: keyof Duration | undefined
  while (i < tokens.length) {
    const share = last && tokens[i] === 'and' ? shareAt(tokens, i + 1) : undefined
    if (share && last) {
      add(last, share.value)
      i = share.next
      continue
    }
    const article = /^(a|an)$/.test(tokens[i]!) ? { value: 1, next: i + 1 } : numberAt(tokens, i)
    const unit = article && UNITS.find(([pattern]) => pattern.test(tokens[article.next] ?? ''))
    if (article && unit) {
      add(unit[1], article.value)
      last = unit[1]
      i = article.next + 1
    } else {
      // "one hour thirty"
      const finer = ({ hours: 'minutes', minutes: 'seconds', seconds: undefined } as const)[last ?? 'seconds']
      if (article && finer && article.next === tokens.length && tokens[i] !== 'a')
        out[finer] ??= article.value
      i = article?.next ?? i + 1
    }
  }
  return Object.keys(out).length ? out : undefined
}

/** A time of day as "HH:MM", 24 hours. Without am or pm an hour from 1 to 12 is kept as said. */
export function parseClock(words: string): string | undefined {
  if (/\bnoon|midday\b/.test(words)) return '12:00'
  if (/\bmidnight\b/.test(words)) return '00:00'
  const pm = /\bpm\b|\b(evening|afternoon|tonight|night)\b/.test(words)
  const am = /\bam\b|\bmorning\b/.test(words)
  const text = words
    .replace(
      /\b(am|pm|o'clock|in the|at|today|tonight|tomorrow|morning|evening|afternoon|night|this)\b/g,
      ' ',
    )
    .replace(/\s+/g, ' ')
    .trim()
  let hour: number | undefined
  let minute = 0
  const digits = text.match(/\b(\d{1,2})[:.](\d{2})\b/)
  const relative = text.match(/^(?:a )?(half|quarter|[\w ]+?)(?: minutes?)? (past|to|after|before) (.+)$/)
  if (digits) {
    hour = Number(digits[1])
    minute = Number(digits[2])
  } else if (relative) {
    const amount = relative[1] === 'half' ? 30 : relative[1] === 'quarter' ? 15 : parseNumber(relative[1]!)
    hour = parseNumber(relative[3]!)
    if (amount === undefined || hour === undefined) return undefined
    minute = /past|after/.test(relative[2]!) ? amount : 60 - amount
    if (/to|before/.test(relative[2]!)) hour = (hour + 23) % 24 || (hour === 1 ? 12 : 0)
  } else {
    const tokens = text.split(' ')
    const first = numberAt(tokens, 0) ?? undefined
    if (!first) return undefined
    hour = first.value
    const rest = tokens.slice(first.next).filter(w => w !== 'oh')
    const second = numberAt(rest, 0)
    if (second) minute = second.value
    if (hour > 24 && hour % 100 < 60 && !second) {
      minute = hour % 100 // "730" for 7:30
      hour = Math.floor(hour / 100)
    }
  }
  if (
    hour === undefined ||
    hour > 24 ||
    minute < 0 ||
    minute > 59 ||
    !Number.isInteger(hour) ||
    !Number.isInteger(minute)
  )
    return undefined
  if (pm && hour < 12) hour += 12
  if (am && hour === 12) hour = 0
  return `${String(hour % 24).padStart(2, '0')}:${String(minute).padStart(2, '0')}`
}

/** Degrees, with the unit when one was said. */
export function parseTemperature(words: string): { degrees: number; unit?: 'c' | 'f' } | undefined {
  const degrees = parseNumber(words)
  if (degrees === undefined) return undefined
  const unit = /\b(f|fahrenheit)\b/.test(words)
    ? 'f'
    : /\b(c|celsius|centigrade)\b/.test(words)
      ? 'c'
      : undefined
  return unit ? { degrees, unit } : { degrees }
}

/**
 * White tones by name, in kelvin.
 * @source Home Assistant intents, `color_temperature` names (warm white 2700, cold white 4000, daylight 6500, candle light 1900)
 */
const WHITES: readonly [RegExp, number][] = [
  [/candle/, 1900],
  [/day ?light/, 6500],
  [/\b(warm|warmer|soft|cozy)\b/, 2700],
  [/\b(cool|cooler|cold|colder|neutral|natural|bright)\b/, 4000],
]
/** A colour temperature in kelvin: "2700 kelvin", "warm white". */
export function parseKelvin(words: string): number | undefined {
  const n = parseNumber(words)
  if (n !== undefined && n >= 1000 && n <= 12000) return n
  return WHITES.find(([pattern]) => pattern.test(words))?.[1]
}

const MODES: Record<string, string> = {
  heating: 'heat',
  hot: 'heat',
  cooling: 'cool',
  automatic: 'auto',
  'fan only': 'fan_only',
  fan: 'fan_only',
  'heat cool': 'heat_cool',
  'energy saving': 'eco',
  drying: 'dry',
}
/** An HVAC mode in Home Assistant's spelling. */
export function parseMode(words: string): string {
  const mode = words
    .replace(/\b(mode|the)\b/g, '')
    .replace(/\s+/g, ' ')
    .trim()
  return MODES[mode] ?? mode.replace(/ /g, '_')
}

/** A named fan speed, or undefined when the words are none. */
export function parseSpeed(words: string): 'low' | 'medium' | 'high' | undefined {
  if (/\b(low|slow)\b/.test(words)) return 'low'
  if (/\b(medium|mid|middle|normal)\b/.test(words)) return 'medium'
  if (/\b(high|fast)\b/.test(words)) return 'high'
  return undefined
}
