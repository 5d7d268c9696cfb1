/** Books that need more than a look-up: two codes that count together, a number against a table, bytes of a frame. Pure. */
import type { Reading } from '../read/reading.js'
import { SEVERITIES, type Severity, worse } from '../verdict.js'
import type { Finding } from './finding.js'
import { type Book, type Entry, findingOf } from './load.js'

type Decoder = (book: Book, reading: Reading, about: string, books: readonly Book[]) => Finding[]

const numbered = (book: Book, code: number): Entry | undefined =>
  book.codes.get(String(code)) ?? book.ranges.find(r => code >= r.from && code <= r.to)?.entry

const SPN_FMI = /\bspn\W{0,5}(\d{1,6})(?:[^\d\n]{0,24}?\bfmi\W{0,5}|\s?[/.:-]\s?)(\d{1,2})\b/gi
const FMI_SPN = /\bfmi\W{0,5}(\d{1,2})[^\d\n]{0,24}?\bspn\W{0,5}(\d{1,6})\b/i
const LAMPS: readonly [RegExp, Severity][] = [
  [
    /\b(?:red stop|stop|red)(?: lamp| light)?\b"?\s?[=:]?\s?"?(?:on|1|lit|flash\w*|active)\b|\brsl\b"?\s?[=:]?\s?"?(?:on|1|lit)\b/i,
    'critical',
  ],
  [
    /\b(?:amber|awl|warning|protect)(?: warning)?(?: lamp| light)?\b"?\s?[=:]?\s?"?(?:on|1|lit|flash\w*|active)\b/i,
    'warning',
  ],
]

/** What SPN and FMI say together: the parameter names thing and category, the failure mode how bad it is. */
const j1939: Decoder = (book, reading, _about, books) => {
  const fmis = books.find(b => b.name === 'j1939-fmi')
  if (fmis === undefined || book === fmis) return []
  const text = reading.message.slice(0, 2048)
  const pairs = [...text.matchAll(SPN_FMI)].slice(0, 4).map(m => [Number(m[1]), Number(m[2]), m[0]] as const)
  const turned = pairs.length === 0 ? FMI_SPN.exec(text) : null
  if (turned !== null) pairs.push([Number(turned[2]), Number(turned[1]), turned[0]])
  const lamp = LAMPS.find(([form]) => form.test(text))?.[1]
  const past = /\b(?:dm2|previously active|historic(?:al)?|stored)\b/i.test(text)
  return pairs.flatMap(([spn, fmi, quote]) => {
    const mode = numbered(fmis, fmi)
    const parameter = numbered(book, spn)
    // SPN 0 is how a message without a fault is filled up
    if (mode === undefined || spn === 0) return []
    return [combine(book, parameter, mode, spn, fmi, quote, lamp, past)]
  })
}

/** Failure modes of a value that is believed: too high, too low, condition exists, cause unknown. */
const OF_THE_VALUE = new Set([0, 1, 11, 14, 15, 16, 17, 18, 31])
/** Of the wire or the sender. */
const OF_THE_CIRCUIT = new Set([2, 3, 4, 5, 6, 8, 10, 12, 13, 20, 21])

function combine(
  book: Book,
  parameter: Entry | undefined,
  mode: Entry,
  spn: number,
  fmi: number,
  quote: string,
  lamp: Severity | undefined,
  past: boolean,
): Finding {
  const kind = parameter?.kind ?? 'sensor'
  const name = parameter?.means ?? `parameter ${spn}`
  let { severity, category, component } = mode.is
  if (parameter !== undefined && OF_THE_VALUE.has(fmi)) {
    ;({ category, component } = parameter.is)
    // a parameter that can do no harm is never critical, however far off
    if (SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(parameter.is.severity))
      severity = parameter.is.severity
  } else if (kind === 'network' && fmi !== 13) {
    category = 'communication'
    component = 'network'
  } else if (
    OF_THE_CIRCUIT.has(fmi) &&
    (kind === 'circuit' || kind === 'supply') &&
    parameter !== undefined
  ) {
    category = fmi === 13 ? 'configuration' : 'electrical'
    component = parameter.is.component
  } else if (fmi === 7 && parameter !== undefined) {
    category = kind === 'sensor' ? parameter.is.category : 'process_deviation'
    component = parameter.is.component
  }
  if (lamp !== undefined) severity = worse(severity, lamp)
  if (past) severity = 'advisory'
  return {
    book: book.name,
    entry: parameter?.key ?? mode.key,
    quote,
    means: `${name}: ${mode.means}${past ? ' (in the past)' : ''}`,
    severity,
    category,
    component,
    needsHuman: severity === 'advisory' ? !past && mode.is.needsHuman : true,
    cause: mode.cause ?? parameter?.cause ?? `${name}: ${mode.means}`,
    action:
      (OF_THE_VALUE.has(fmi) ? (parameter?.action ?? mode.action) : (mode.action ?? parameter?.action)) ??
      `Look at ${name}.`,
    certain: book.certain,
  }
}

/** A current of a 4-20 mA loop against the bands of NE 43. */
const currentLoop: Decoder = (book, reading) => {
  const loop = reading.quantities.find(
    q =>
      q.role === undefined &&
      ((q.unit === 'mA' && q.value < 60) ||
        (q.unit === undefined && /(?:^|_|\b)(?:ma|loop current|loop signal)$/i.test(q.name))),
  )
  if (loop === undefined) return []
  const mA = loop.value
  const key =
    mA <= 3.6
      ? 'failure_low'
      : mA < 3.8
        ? 'saturated_low'
        : mA <= 20.5
          ? 'measuring'
          : mA < 21
            ? 'saturated_high'
            : 'failure_high'
  const entry = book.codes.get(key.toUpperCase())
  return entry === undefined ? [] : [findingOf(book, entry, loop.text)]
}

/** Upper limits of zones A, B and C in mm/s RMS. */
const ZONES: readonly [RegExp, readonly [number, number, number]][] = [
  // ISO 10816-1 Annex B
  [/\bclass\W{0,3}(?:iv|4)\b/i, [2.8, 7.1, 18]],
  [/\bclass\W{0,3}(?:iii|3)\b/i, [1.8, 4.5, 11.2]],
  [/\bclass\W{0,3}(?:ii|2)\b/i, [1.12, 2.8, 7.1]],
  [/\bclass\W{0,3}(?:i|1)\b/i, [0.71, 1.8, 4.5]],
  // ISO 20816-3 tables A.1 and A.2: large machines, then medium ones, each on flexible and rigid foundations
  [/\bgroup\W{0,3}1\b.{0,40}\b(?:flexible|soft)/i, [3.5, 7.1, 11]],
  [/\bgroup\W{0,3}1\b/i, [2.3, 4.5, 7.1]],
  [/\bgroup\W{0,3}2\b.{0,40}\b(?:flexible|soft)/i, [2.3, 4.5, 7.1]],
  [/\bgroup\W{0,3}2\b/i, [1.4, 2.8, 4.5]],
]

/** A velocity against the zone limits of the class or group that the line names. A letter that is written goes first. */
const vibrationZone: Decoder = (book, reading, about) => {
  const letter = /(?<![a-z])zone\W{0,4}([A-D])\b(?!\W{0,3}[A-D]\b)/i.exec(reading.message)
  if (letter !== null && /(?<![a-z])(?:iso|vib|rms|mm\/s|velocity|bearing|schwing)/i.test(about)) {
    const entry = book.codes.get(letter[1]!.toUpperCase())
    return entry === undefined ? [] : [findingOf(book, entry, letter[0])]
  }
  const velocity = reading.quantities.find(q => q.unit === 'mm/s' && q.role === undefined)
  const limits = velocity && ZONES.find(([form]) => form.test(about))?.[1]
  if (velocity === undefined || limits === undefined) return []
  const above = limits.filter(limit => velocity.value > limit).length
  const entry = book.codes.get('ABCD'[above]!)
  return entry === undefined ? [] : [findingOf(book, entry, velocity.text)]
}

const EMCY_BYTES = /\b([0-9a-f]{2})[ :]([0-9a-f]{2})[ :]([0-9a-f]{2})(?:[ :][0-9a-f]{2}){5}\b/i
const CAN_FRAME = /\b0{0,5}(?:0x)?0?([0-9a-f]{2})#([0-9a-f]{2})([0-9a-f]{2})[0-9a-f]{12}\b/i
const EMCY_CODE =
  /\b(?:emcy|emergency|error code|errcode|eec)\b[^\n]{0,40}?\b(?:0x([0-9a-f]{4})|(?:code|error|eec|emcy)"?\W{0,3}([0-9a-f]{4})h?)\b|\b(?:emcy|emergency)\W{1,4}([0-9a-f]{4})h?\b/i

/** An emergency object: a code that is written, or bytes 0 and 1 of the frame, low byte first (CiA 301 §7.2.7). */
const emcy: Decoder = (book, reading) => {
  const text = reading.message.slice(0, 512)
  const frame = CAN_FRAME.exec(text)
  const node = frame === null ? 0 : Number.parseInt(frame[1]!, 16)
  let code: number | undefined
  let quote = ''
  const bytes = /\b(?:emcy|emergency)/i.test(text) ? EMCY_BYTES.exec(text) : null
  if (frame !== null && node > 0x80) {
    code = Number.parseInt(frame[3]! + frame[2]!, 16)
    quote = frame[0]
  } else if (bytes !== null) {
    code = Number.parseInt(bytes[2]! + bytes[1]!, 16)
    quote = bytes[0]
  } else {
    const written = EMCY_CODE.exec(text)
    const digits = written?.[1] ?? written?.[2] ?? written?.[3]
    if (written === null || digits === undefined) return []
    code = Number.parseInt(digits, 16)
    quote = written[0]
  }
  const entry = numbered(book, code)
  return entry === undefined ? [] : [findingOf(book, entry, quote)]
}

/** ALR: condition A is active, acknowledgement V is open; ALF: priority (field 6) E A W C, state (field 7) N when over; ALC lists, HBT beats. */
const nmeaAlert: Decoder = (book, reading) => {
  if (reading.format !== 'nmea') return []
  const field = (name: string) => reading.fields.find(f => f.name === name)?.text ?? ''
  const sentence = field('sentence')
  let key: string | undefined
  if (sentence === 'ALR') key = field('3') === 'A' ? 'ALR_ACTIVE' : 'ALR_NORMAL'
  else if (sentence === 'ALF') key = field('7') === 'N' ? 'ALF_NORMAL' : `ALF_${field('6')}`
  else if (sentence === 'ALA') key = field('6') === 'N' ? 'ALA_NORMAL' : 'ALA_ABNORMAL'
  else key = sentence
  const entry = book.codes.get(key)
  if (entry === undefined) return []
  const words = reading.fields.at(-1)?.text.trim() ?? ''
  const finding = findingOf(book, entry, reading.raw.trim().slice(0, 120))
  return [
    /^AL[RF]$/.test(sentence) && words !== ''
      ? { ...finding, means: `${entry.means}: ${words}`.slice(0, 160) }
      : finding,
  ]
}

export const DECODERS: Readonly<Record<NonNullable<Book['decoder']>, Decoder>> = {
  j1939,
  current_loop: currentLoop,
  vibration_zone: vibrationZone,
  emcy,
  nmea_alert: nmeaAlert,
}
