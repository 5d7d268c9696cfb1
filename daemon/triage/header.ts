/**
 * Where a line's header ends: time, host, process and level in front of the message, each source in its own order. Learnt
 * from the first lines of a source, without a recipe. Pure.
 */

/** What is in front of the message. */
export interface HeaderShape {
  /** Columns that every line has; a bracketed group is one column. */
  columns: number
  /** After these a column may follow that ends with a colon (`sshd[24200]:`), in at most so many words. 0: none. */
  nameWords: number
  /** A separator that stands alone after them, `-` or `|`; the message begins behind its first one. */
  separator?: string
}

export const NO_HEADER: HeaderShape = { columns: 0, nameWords: 0 }

/** One piece of a line: where it stands, and its text. */
interface Piece {
  text: string
  start: number
  end: number
}

/** Headers are short. */
const MOST_COLUMNS = 14
/** Share of lines that must agree about a column. */
const MOST = 0.95
/** A name in front of a colon may be missing here and there. */
const MANY = 0.8

const LEVELS = new Set(
  'emerg emergency alert crit critical fatal err error severe warn warning notice info information informational debug trace verbose fine finer finest v d i w e f'.split(
    ' ',
  ),
)
const MONTHS = /^(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*$/i
const DAYS = /^(mon|tue|wed|thu|fri|sat|sun)[a-z]*,?$/i

/** The pieces at the beginning of a line. Brackets hold their words together; `|` is a piece of its own. */
export function pieces(line: string, most = MOST_COLUMNS): Piece[] {
  const found: Piece[] = []
  for (let start = nextPiece(line, 0); start < line.length && found.length < most; ) {
    const end = endOfPiece(line, start)
    found.push({ text: line.slice(start, end), start, end })
    start = nextPiece(line, end)
  }
  return found
}

const BAR = 124
const isBlank = (code: number) => code === 32 || code === 9

/** Where the next piece begins; the length of the line when there is none. */
function nextPiece(line: string, from: number): number {
  let at = from
  while (at < line.length && isBlank(line.charCodeAt(at))) at++
  return at
}

/** Where the piece that begins here ends. */
function endOfPiece(line: string, start: number): number {
  const open = line.charCodeAt(start)
  if (open === BAR) return start + 1
  const close = closingOf(open)
  return close === 0 ? endOfWord(line, start) : endOfBrackets(line, start, open, close)
}

/** Of `[`, `<` and `(`; 0 for others. */
const closingOf = (code: number): number => (code === 91 ? 93 : code === 60 ? 62 : code === 40 ? 41 : 0)

function endOfWord(line: string, from: number): number {
  let at = from
  while (at < line.length && !isBlank(line.charCodeAt(at)) && line.charCodeAt(at) !== BAR) at++
  return at
}

/** Behind the bracket that closes the one here, and what sticks to it; at most 400 characters on. */
function endOfBrackets(line: string, from: number, open: number, close: number): number {
  const most = Math.min(line.length, from + 400)
  let depth = 0
  for (let at = from; at < most; at++) {
    const code = line.charCodeAt(at)
    if (code === open) depth++
    else if (code === close && --depth === 0) return endOfWord(line, at + 1)
  }
  // it is never closed: a word like any other
  let end = from + 1
  while (end < line.length && !isBlank(line.charCodeAt(end))) end++
  return end
}

type Kind = 'time' | 'level' | 'number' | 'separator' | 'other'

function kindOf(text: string): Kind {
  const bare = text.replace(/^[[(<]+|[\])>:,;]+$/g, '')
  if (text === '-' || text === '|' || text === '--') return 'separator'
  if (LEVELS.has(bare.toLowerCase())) return 'level'
  // seconds or milliseconds since 1970, from 2001 to 2033
  if (MONTHS.test(bare) || DAYS.test(bare) || isTime(bare) || /^1\d{9}(\d{3})?(\.\d+)?$/.test(bare))
    return 'time'
  if (/^[-+]?(0x[0-9a-f]+|\d+)$/i.test(bare)) return 'number'
  return 'other'
}

/** `2015-10-18`, `18:01:47,978`, `17/06/09`, `20171223-22:15:29:606`, `2016-12-10T06:55:46Z`, `10.30 16:49:06`. */
function isTime(text: string): boolean {
  if (
    /^\d{1,4}[-/.]\d{1,2}([-/.]\d{1,4})?([T\- ]\d{1,2}[:.]\d{2}([:.]\d{2})?([.,:]\d+)?(Z|[+-]\d{2}:?\d{2})?)?,?$/.test(
      text,
    )
  )
    return true
  if (/^\d{1,2}:\d{2}(:\d{2})?([.,:]\d+)?,?$/.test(text)) return true
  if (/^\d{8}-\d{1,2}:\d{1,2}:\d{1,2}(:\d+)?$/.test(text)) return true
  // of web servers: `21/Nov/2026:08:14:03 +0100`
  if (/^\d{1,2}\/[a-z]{3}\/\d{4}:\d{2}:\d{2}:\d{2}( [+-]\d{4})?$/i.test(text)) return true
  // several words within brackets
  const words = text.split(/\s+/)
  return (
    words.length > 1 &&
    words.length < 8 &&
    words.every(w => MONTHS.test(w) || DAYS.test(w) || isTime(w) || /^\d{1,4}$/.test(w))
  )
}

/**
 * Learns the header of a source.
 * @param lines the first lines, some hundred; fewer than ten teach nothing
 */
export function learnHeader(lines: readonly string[]): HeaderShape {
  const rows = lines.map(line => pieces(line)).filter(row => row.length > 0)
  if (rows.length < 10) return NO_HEADER
  const share = (i: number, passes: (piece: Piece, row: readonly Piece[]) => boolean) =>
    rows.filter(row => row[i] !== undefined && passes(row[i], row)).length / rows.length
  // the last column that is a time, a level, a separator or a number in nearly every line; all in front belongs to it
  let columns = 0
  for (let i = 0; i < MOST_COLUMNS; i++) {
    const strong = share(i, p => ['time', 'level'].includes(kindOf(p.text)))
    const sure =
      strong >= MOST ||
      share(i, p => kindOf(p.text) === 'separator') >= MOST ||
      // numbers count behind a column that is sure already: a message may begin with one
      (i === columns && columns > 0 && share(i, p => kindOf(p.text) === 'number') >= MOST)
    if (sure) columns = i + 1
  }
  if (columns === 0) return NO_HEADER
  // a separator ends a header; what is in front of it may have more words in some lines than in others
  const ends = rows.find(row => kindOf(row[columns - 1]?.text ?? '') === 'separator')?.[columns - 1]?.text
  if (ends !== undefined && share(columns - 1, p => p.text === ends) >= MOST) {
    let front = columns - 1
    while (
      front > 0 &&
      !rows.some(row => ['time', 'level', 'number'].includes(kindOf(row[front - 1]?.text ?? '')))
    )
      front--
    return { columns: front, nameWords: 0, separator: ends }
  }
  for (let grown = true; grown && columns < MOST_COLUMNS; ) {
    grown = false
    const here = rows.map(row => row[columns]).filter(p => p !== undefined)
    if (here.length < MOST * rows.length) break
    const values = new Map<string, number>()
    for (const { text } of here) values.set(text, (values.get(text) ?? 0) + 1)
    const top = Math.max(...values.values()) / here.length
    const bracket = here.filter(p => p.text.startsWith('[')).length / here.length
    const colon = here.filter(p => p.text.endsWith(':')).length / here.length
    const dotted = here.filter(p => /^[a-z][\w$]*(\.[\w$]+)+$/i.test(p.text)).length / here.length
    const padded =
      rows.filter(r => r[columns + 1] && r[columns + 1]!.start - r[columns]!.end > 1).length / here.length
    const next = share(columns + 1, p => p.text.endsWith(':'))
    const numbered = here.filter(p => /\d/.test(p.text)).length / here.length
    // hosts are many and numbered, or few
    const isName = colon < 0.2 && next >= MANY && (values.size < rows.length / 2 || numbered >= MANY)
    // a host, a logger's name, a thread in brackets, a column that is padded to its width
    if (
      (colon < 0.2 && (top >= MOST || bracket >= MOST || dotted >= MOST || isName)) ||
      (padded >= MOST && values.size <= 12)
    ) {
      columns++
      grown = true
    }
  }
  const name = [1, 2, 3].find(
    words =>
      rows.filter(row => row.slice(columns, columns + words).some(p => p.text.endsWith(':'))).length /
        rows.length >=
      MANY,
  )
  const separator = ['-', '|'].find(
    mark =>
      rows.filter(row => row.slice(columns, columns + 4).some(p => p.text === mark)).length / rows.length >=
      MOST,
  )
  // a name with a colon varies little; words of a message in front of a colon vary or are the message
  const names = new Set(rows.map(row => row[columns]?.text.replace(/\d+/g, '')))
  return {
    columns,
    nameWords:
      name !== undefined && separator === undefined && names.size <= Math.max(12, rows.length / 4) ? name : 0,
    ...(separator === undefined ? {} : { separator }),
  }
}

/** Where the message of a line begins. */
export function messageStart(line: string, { columns, nameWords, separator }: HeaderShape): number {
  if (columns === 0) return 0
  let at = nextPiece(line, 0)
  for (let column = 0; column < columns; column++) {
    // a line that is shorter than the header is all message
    if (at === line.length) return 0
    at = nextPiece(line, endOfPiece(line, at))
  }
  const behindColumns = at
  const most = separator === undefined ? nameWords : MOST_BEHIND
  for (let word = 0; word < most && at < line.length; word++) {
    const end = endOfPiece(line, at)
    const next = nextPiece(line, end)
    const isLast =
      separator === undefined
        ? line.charCodeAt(end - 1) === COLON
        : end - at === separator.length && line.startsWith(separator, at)
    if (isLast) return next
    at = next
  }
  return behindColumns
}

/** A separator stands at most so many words behind the columns. */
const MOST_BEHIND = 5
const COLON = 58
