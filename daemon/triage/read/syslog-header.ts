/**
 * What stands in front of a message: priority, time, host, process and level, as syslog (RFC 5424 §6, RFC 3164 §4), journal
 * exports and plain files have them. Pure.
 */

export interface LineHeader {
  /** Where the message begins. */
  start: number
  time?: number
  level?: number
  host?: string
  process?: string
}

const LEVELS: ReadonlyMap<string, number> = new Map(
  [
    'emerg emergency panic notfall',
    'alert',
    'crit critical fatal kritisch critique crítico',
    'err error severe failure fehler erreur errore',
    'warn warning warnung avertissement advertencia avviso',
    'notice hinweis',
    'info informational information inf',
    'debug trace verbose fine finer finest dbg',
  ].flatMap((words, level) => words.split(' ').map(word => [word, level] as const)),
)
const LETTERS: Readonly<Record<string, number>> = { F: 2, E: 3, W: 4, N: 5, I: 6, D: 7, T: 7, V: 7 }
const MONTHS = 'janfebmaraprmayjunjulaugsepoctnovdec'

const PRIORITY = /^<(\d{1,3})>(?:([1-9]\d?) (?=-|\d{4}-))?/
const RFC5424 = /(\S{1,64}) (\S{1,255}) (\S{1,64}) (\S{1,128}) (\S{1,64}) /y
const ISO =
  /\[?(\d{4})[-/](\d{2})[-/](\d{2})[T _](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d{2}:?\d{2}|UTC)?[\]:,]?(?=[\s|;]|$)/y
const GERMAN =
  /\[?(\d{1,2})\.(\d{1,2})\.(\d{4}),? (\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?[\]:,]?(?=[\s|;]|$)/y
const BSD =
  /\[?(?:[A-Z][a-z]{2},? )?([A-Z][a-z]{2}) {1,2}(\d{1,2})(?: (\d{4}))?,? (\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6}))?(?: (\d{4}))?\]?:?(?=\s|$)/y
const EPOCH = /\[?(1\d{9})(?:\.(\d{1,9})|(\d{3}))?\]?:?(?=\s)/y
const CLOCK = /\[?\d{1,2}:\d{2}:\d{2}(?:[.,]\d{1,6})?\]?:?(?=\s)/y
const UPTIME = /\[ {0,8}\d{1,9}\.\d{3,6}\] /y
const TAG = /([A-Za-z][\w./@-]{0,63})(?:\[\d{1,10}\]:|:) /y
const PROCESS = /([A-Za-z][\w./@-]{0,63})\[\d{1,10}\]: /y
const HOST = /([A-Za-z0-9][\w.:-]{0,254}) (?=[A-Za-z][\w./@-]{0,63}(?:\[\d{1,10}\])?: )/y
const LEVEL = /[[<(]?(\p{L}{1,13})(?:[\])>]:?|:| (?=-)|(?=\s)|\s?\|)\s*(?:[-|] )?/uy
const SEPARATOR = /\s*(?:[-|;] )?\s*/y

/** A level by its word, in any case. */
export const levelOf = (word: string): number | undefined => LEVELS.get(word.toLowerCase())

/**
 * The header of one line, without knowledge of others.
 * @param now milliseconds since 1970; gives the year to times that have none
 */
export function readHeader(line: string, now?: number): LineHeader {
  const header: LineHeader = { start: 0 }
  let at = 0
  let syslog = false
  const first = line.charCodeAt(0)
  if (first === 60) {
    const priority = PRIORITY.exec(line)
    if (priority !== null && Number(priority[1]) <= 191) {
      at = priority[0].length
      header.level = Number(priority[1]) & 7
      syslog = true
      if (priority[2] !== undefined && rfc5424(line, at, header)) return header
    }
  }
  const stamp = timeAt(line, at, now)
  if (stamp !== undefined) {
    if (stamp.time !== undefined) header.time = stamp.time
    SEPARATOR.lastIndex = stamp.end
    SEPARATOR.exec(line)
    at = SEPARATOR.lastIndex
  }
  const known = syslog || stamp !== undefined
  if (stamp?.bsd || (known && stamp?.iso)) {
    HOST.lastIndex = at
    const host = HOST.exec(line)
    // `ERROR main: text` has no host
    if (host !== null && levelOf(host[1]!) === undefined) {
      header.host = host[1]!
      at = HOST.lastIndex
    }
  }
  for (let i = 0; i < 2; i++) {
    const level = levelAt(line, at, known)
    if (level !== undefined) {
      header.level ??= level.level
      at = level.end
    }
    const tag = stamp?.bsd || header.host !== undefined || syslog ? TAG : PROCESS
    tag.lastIndex = at
    const process = tag.exec(line)
    if (process !== null && levelOf(process[1]!) === undefined && header.process === undefined) {
      header.process = process[1]!
      at = tag.lastIndex
    } else break
  }
  UPTIME.lastIndex = at
  if (line.charCodeAt(at) === 91 && UPTIME.test(line)) at = UPTIME.lastIndex
  header.start = at
  return header
}

/** Time, level, host and process of a header whose end is known. */
export function readKnownHeader(line: string, start: number, now?: number): LineHeader {
  const own = readHeader(start < line.length ? `${line.slice(0, start)} ` : line, now)
  const header: LineHeader = { ...own, start }
  if (header.level === undefined)
    for (const word of line.slice(0, Math.min(start, 400)).split(/[^\p{L}]+/u)) {
      const level = word.length > 2 ? levelOf(word) : undefined
      if (level !== undefined) {
        header.level = level
        break
      }
    }
  return header
}

function rfc5424(line: string, at: number, header: LineHeader): boolean {
  RFC5424.lastIndex = at
  const found = RFC5424.exec(line)
  if (found === null) return false
  const [, time = '-', host = '-', app = '-'] = found
  const stamp = time === '-' ? undefined : parseTime(time)
  if (stamp !== undefined) header.time = stamp
  if (host !== '-') header.host = host
  if (app !== '-') header.process = app
  let end = RFC5424.lastIndex
  if (line[end] === '-') end++
  else
    while (line[end] === '[') {
      // structured data: a bracket closes where it is not escaped
      let close = end + 1
      while (close < line.length && !(line[close] === ']' && line[close - 1] !== '\\')) close++
      end = close + 1
    }
  while (line[end] === ' ') end++
  if (line[end] === '\uFEFF') end++
  header.start = Math.min(end, line.length)
  return true
}

/** A whole text as a time: ISO 8601, `dd.mm.yyyy hh:mm:ss`, seconds or milliseconds since 1970. */
export function parseTime(text: string): number | undefined {
  const stamp = text.length > 40 ? undefined : timeAt(`${text} `, 0)
  return stamp !== undefined && stamp.end >= text.length ? stamp.time : undefined
}

interface Stamp {
  time?: number
  end: number
  bsd?: boolean
  iso?: boolean
}

function timeAt(line: string, at: number, now?: number): Stamp | undefined {
  const code = line.charCodeAt(at)
  const digit = code === 91 ? line.charCodeAt(at + 1) : code
  if (digit >= 48 && digit <= 57) {
    let m = match(ISO, line, at)
    if (m !== null) {
      const time = utc(m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8])
      return { ...(time === undefined ? {} : { time }), end: ISO.lastIndex, iso: true }
    }
    m = match(GERMAN, line, at)
    if (m !== null) {
      const time = utc(m[3], m[2], m[1], m[4], m[5], m[6], m[7])
      return { ...(time === undefined ? {} : { time }), end: GERMAN.lastIndex }
    }
    m = match(EPOCH, line, at)
    if (m !== null)
      return {
        time: Number(m[1]) * 1000 + (m[3] ? Number(m[3]) : m[2] ? Math.trunc(Number(`0.${m[2]}`) * 1000) : 0),
        end: EPOCH.lastIndex,
      }
    // a time of day alone says no date
    return match(CLOCK, line, at) === null ? undefined : { end: CLOCK.lastIndex }
  }
  if (digit < 65 || digit > 90) return undefined
  const m = match(BSD, line, at)
  if (m === null) return undefined
  const month = MONTHS.indexOf(m[1]!.toLowerCase())
  if (month < 0 || month % 3 !== 0) return undefined
  const year = m[3] ?? m[8] ?? yearFor(month / 3, now)
  const time =
    year === undefined ? undefined : utc(String(year), String(month / 3 + 1), m[2], m[4], m[5], m[6], m[7])
  return { ...(time === undefined ? {} : { time }), end: BSD.lastIndex, bsd: true }
}

function match(form: RegExp, line: string, at: number): RegExpExecArray | null {
  form.lastIndex = at
  return form.exec(line)
}

/** The year that brings a month nearest to now, and not far ahead of it. */
function yearFor(month: number, now: number | undefined): number | undefined {
  if (now === undefined) return undefined
  const today = new Date(now)
  return today.getUTCFullYear() - (month > today.getUTCMonth() + 1 ? 1 : 0)
}

function utc(
  year?: string,
  month?: string,
  day?: string,
  hour?: string,
  minute?: string,
  second = '0',
  fraction = '',
  zone?: string,
): number | undefined {
  const [mo, d, h, mi, s] = [month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ]
  if (!(mo >= 1 && mo <= 12 && d >= 1 && d <= 31 && h < 24 && mi < 60 && s <= 60)) return undefined
  const time = Date.UTC(Number(year), mo - 1, d, h, mi, s, Number(fraction.padEnd(3, '0').slice(0, 3)))
  const away = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? '')
  return away === null
    ? time
    : time - (away[1] === '-' ? -1 : 1) * (Number(away[2]) * 60 + Number(away[3])) * 60_000
}

/** A level's word: in capitals, within brackets or with a colon; without a time in front only so that no sentence is cut. */
function levelAt(line: string, at: number, known: boolean): { level: number; end: number } | undefined {
  const code = line.charCodeAt(at)
  // brackets or a letter
  if (!(code === 91 || code === 60 || code === 40 || (code >= 65 && code <= 122))) return undefined
  LEVEL.lastIndex = at
  const found = LEVEL.exec(line)
  if (found === null) return undefined
  const word = found[1]!
  const bracket = code === 91 || code === 60 || code === 40
  const marked = bracket || /^\p{L}+\s?[:|]/u.test(found[0])
  const level = word.length === 1 ? (bracket || known ? LETTERS[word] : undefined) : levelOf(word)
  if (level === undefined) return undefined
  if (!marked && !(known && word === word.toUpperCase())) return undefined
  return { level, end: LEVEL.lastIndex }
}
