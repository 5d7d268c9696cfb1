/** What the code books say of a line. Pure; the books are data. */
import type { Reading } from '../read/reading.js'
import { SEVERITIES } from '../verdict.js'
import { DECODERS } from './decoders.js'
import { isOver, saidToBeAbsent } from './ended.js'
import type { Finding } from './finding.js'
import { framesIn } from './frames.js'
import { type Book, type Entry, findingOf, GRAMS, gramHash, keyOf, shippedBooks } from './load.js'

/** Codes stand at the beginning of a message; what is behind this is not looked at. */
export const MOST_CHARACTERS = 2048
const MOST_FINDINGS = 4
/** What the sender calls its line: by words of its header, no number in it counts. */
export const LEVEL_BOOK = 'syslog-severity'

/** A finding with where it stands. */
interface Placed {
  finding: Finding
  /** Codes 0, phrases 1: a number cannot be meant otherwise as easily as a word. */
  kind: number
  at: number
}

/**
 * @param source where the line came from, `mqtt:plant/ups1`: its words count as context
 * @returns most certain first, then the worst, at most four; empty when no book knows the line
 */
export function lookUp(reading: Reading, source: string, books: readonly Book[] = shippedBooks()): Finding[] {
  if (reading.format === 'binary') return []
  const message =
    reading.message.length > MOST_CHARACTERS ? reading.message.slice(0, MOST_CHARACTERS) : reading.message
  const about = `${source} ${reading.process ?? ''} ${message}`
  const opened = openedIn(books, about.toLowerCase())
  const found: Placed[] = []
  let over: boolean | undefined
  const ended = () => (over ??= isOver(message))
  for (const book of opened) {
    if (book.only_if !== undefined && !book.only_if.test(about)) continue
    if (book.not_if?.test(about)) continue
    if (book.decoder !== undefined) {
      for (const finding of DECODERS[book.decoder](book, reading, about, books))
        found.push({
          finding: book.ends && ended() ? toNormal(finding) : finding,
          kind: 0,
          at: message.indexOf(finding.quote),
        })
      if (found.at(-1)?.finding.book === book.name) continue
    }
    const placed = codesIn(book, message)
    if (placed.length === 0) {
      const phrase = phraseIn(book, message)
      if (phrase !== undefined) placed.push(phrase)
    }
    for (const place of placed) {
      const end = place.at + place.finding.quote.length
      if (
        book.ends &&
        place.finding.severity !== 'normal' &&
        (ended() || saidToBeAbsent(message, place.at, end))
      )
        place.finding = toNormal(place.finding)
      found.push(place)
    }
  }
  const level = found.length < MOST_FINDINGS ? levelFinding(reading, books) : undefined
  if (level !== undefined && !found.some(f => f.finding.book === level.book))
    found.push({ finding: level, kind: 1, at: 0 })
  if (found.length === 0) return framesIn(reading, books)
  return found.length < 2 ? found.map(f => f.finding) : sorted(found).slice(0, MOST_FINDINGS)
}

/** The books of which a word stands in a text, in lower case. */
export function openedIn(books: readonly Book[], lower: string): Book[] {
  // of few books it is told sooner by looking for their words
  const grams = books.length < FEW ? undefined : gramsOf(lower)
  return books.filter(book => hasWord(book, lower, grams))
}
const FEW = 4

function hasWord(book: Book, lower: string, grams: Uint8Array | undefined): boolean {
  for (const { word, gram } of book.openedBy)
    if ((gram < 0 || grams === undefined || grams[gram] === 1) && lower.includes(word)) return true
  return false
}

/** Which groups of three letters a text has: most words of most books are ruled out by one look. */
function gramsOf(lower: string): Uint8Array {
  const grams = new Uint8Array(GRAMS)
  for (let i = 2; i < lower.length; i++)
    grams[gramHash(lower.charCodeAt(i - 2), lower.charCodeAt(i - 1), lower.charCodeAt(i))] = 1
  return grams
}

const sorted = (found: Placed[]): Finding[] =>
  found
    .sort(
      (a, b) =>
        Number(b.finding.certain) - Number(a.finding.certain) ||
        a.kind - b.kind ||
        SEVERITIES.indexOf(b.finding.severity ?? 'normal') -
          SEVERITIES.indexOf(a.finding.severity ?? 'normal') ||
        a.at - b.at,
    )
    .map(f => f.finding)

/** The same, over: nothing is left to do. */
export function toNormal(finding: Finding): Finding {
  const { cause: _cause, action: _action, ...rest } = finding
  return {
    ...rest,
    means: `${finding.means}, over or not there`,
    severity: 'normal',
    category: 'normal',
    needsHuman: false,
  }
}

function codesIn(book: Book, message: string): Placed[] {
  for (const { pattern, as } of book.recognise) {
    const match = pattern.exec(message)
    const code = match?.groups?.code
    if (match === null || code === undefined) continue
    const words = as === 'flags' ? code.split(/[\s,|+"]+/) : [code]
    const entries = words.map(word => entryOf(book, word, as)).filter(entry => entry !== undefined)
    if (entries.length > 0)
      return entries.map(entry => ({
        finding: findingOf(book, entry, match[0].trim()),
        kind: 0,
        at: match.index,
      }))
  }
  return []
}

/** The entry of a code: exact first, then the narrowest range. */
export function entryOf(
  book: Book,
  code: string,
  as: 'word' | 'number' | 'hex' | 'flags',
): Entry | undefined {
  if (as === 'word' || as === 'flags') return book.codes.get(keyOf(code))
  const number = as === 'hex' ? Number.parseInt(code.replace(/^0x/i, ''), 16) : Number(code)
  return book.codes.get(String(number)) ?? book.ranges.find(r => number >= r.from && number <= r.to)?.entry
}

const LEVELS = ['EMERG', 'ALERT', 'CRIT', 'ERR', 'WARN', 'NOTICE', 'INFO', 'DEBUG']

/** The level of the line's header, as the book of severity words has it. */
function levelFinding(reading: Reading, books: readonly Book[]): Finding | undefined {
  if (reading.level === undefined) return undefined
  const header = reading.raw.slice(0, reading.raw.length - reading.message.length).trim()
  const book = header === '' ? undefined : books.find(b => b.name === LEVEL_BOOK)
  const entry = book?.codes.get(LEVELS[reading.level] ?? '')
  return book && entry && findingOf(book, entry, header.slice(0, 80))
}

/** The first entry, in the order of the file, whose words are found. */
function phraseIn(book: Book, message: string): Placed | undefined {
  for (const entry of book.phrases) {
    const match = entry.says!.exec(message)
    if (match !== null && match[0] !== '')
      return { finding: findingOf(book, entry, match[0].trim()), kind: 1, at: match.index }
  }
  return undefined
}
