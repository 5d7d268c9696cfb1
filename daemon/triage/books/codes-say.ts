/**
 * Whether other numbers and names in the same words may be another code, or be read by another entry of a book, and what
 * the books say then, so that memory can hold a verdict under that (memo.ts). Pure; the books are data.
 */

import { withoutTimes } from '../judge/unread.js'
import { mayDecide } from '../judge/vocabulary.js'
import { foldedWords, isNumber } from '../judge/words.js'
import type { Reading } from '../read/reading.js'
import { ENDINGS } from './ended.js'
import { type Book, shippedBooks } from './load.js'
import { LEVEL_BOOK, lookUp, MOST_CHARACTERS, openedIn } from './look-up.js'
import { blindTo, holdsWithout } from './whatever-digits.js'

/** Five numbers or pairs of letters in a row may be a frame with other numbers. A bare 0 is a word of its own. */
const FRAME = /(?:\b(?:[1-9]|[0-9a-f]{2,})\b[ :-]?){5,}/i
const SENTENCE = /[$!][A-Z]{2}/
/** Words that say what an alarm is of, or that it was tried. */
const SETTINGS = /\b(?:limit|threshold|set[- ]?point|setting|delay|hysteresis|test)\b/i

/**
 * The books that may say something else of a line of the same words: those that these words may open, and that have a
 * pattern that asks for digits and finds some here, whichever, or one that allows so many characters between two words
 * and finds numbers or names there. Rather too many than too few.
 */
export function booksInDoubt(
  reading: Reading,
  source: string,
  books: readonly Book[] = shippedBooks(),
): readonly Book[] {
  // a sentence is told by its checksum, so by all its digits
  if (reading.format === 'binary' || reading.format === 'nmea' || SENTENCE.test(reading.raw)) return books
  const message = reading.message.slice(0, MOST_CHARACTERS)
  const about = `${source} ${reading.process ?? ''} ${message}`
  if (FRAME.test(withoutTimes(message))) return books
  // whether it is over is told by words that may stand apart
  const overOrNot = SETTINGS.test(message) || ENDINGS.some(pattern => wavers(pattern, message))
  const found = overOrNot ? lookUp(reading, source, books).filter(f => f.severity !== 'normal') : []
  const lower = about.toLowerCase()
  const opened = new Set(openedIn(books, lower))
  return books.filter(
    book =>
      book.name !== LEVEL_BOOK &&
      (found.some(f => f.book === book.name) ||
        ((opened.has(book) || blindWords(book).some(word => word.test(lower))) &&
          mayReadOtherwise(book, message, about))),
  )
}

/**
 * What these books say of other lines of the shape of this one, told by their messages where nothing else counts: level and
 * process are words, and a decoder's numbers or a sentence must be read.
 */
export function codesSayOf(
  like: Reading,
  source: string,
  books: readonly Book[],
  read: (line: string, start: number) => Reading,
): (line: string, start: number) => string {
  const byMessage =
    !books.some(book => book.decoder) &&
    like.format !== 'nmea' &&
    !/\d/.test(like.process ?? '') &&
    like.message.length < like.raw.length
  // what is kept for a shape must not keep its first line
  const header: Reading = { ...like, raw: '', message: '', fields: [], quantities: [] }
  return (line, start) => {
    const reading =
      byMessage && start > 0 ? { ...header, raw: line, message: line.slice(start) } : read(line, start)
    return codesSay(reading, source, books)
  }
}

/** With a 9 for each digit that is quoted; '' when they say nothing. */
const codesSay = (reading: Reading, source: string, books: readonly Book[]): string =>
  lookUp(reading, source, books)
    .filter(f => f.book !== LEVEL_BOOK)
    .map(f => `${f.book} ${f.entry} ${f.severity} ${f.means} ${f.quote.replace(/\d/g, '9')}`)
    .join('|')

function mayReadOtherwise(book: Book, message: string, about: string): boolean {
  const lower = about.toLowerCase()
  // a word that has digits itself, as `can0`, may be another with others
  const byDigits = !book.openedBy.some(o => !/\d/.test(o.word) && lower.includes(o.word))
  if (byDigits && !blindWords(book).some(word => word.test(lower))) return false
  if (book.only_if && !(blindTo(book.only_if) ?? book.only_if).test(about)) return false
  const not = book.not_if && blindTo(book.not_if)
  if (book.not_if && !not && book.not_if.test(about)) return false
  if (book.decoder !== undefined) return book.decoder !== 'nmea_alert'
  // whether the book is open at all may hang on the numbers
  const perhaps = byDigits || not !== undefined || (book.only_if !== undefined && wavers(book.only_if, about))
  const patterns = [...book.recognise.map(r => r.pattern), ...book.phrases.map(e => e.says!)]
  return patterns.some(
    pattern => wavers(pattern, message) || (perhaps && (blindTo(pattern) ?? pattern).test(message)),
  )
}

/** Whether a pattern may find something in this text with other numbers and names, and not with these, or the reverse. */
function wavers(pattern: RegExp, text: string): boolean {
  const blind = blindTo(pattern)
  const found = blind?.exec(text)
  if (!found) return false
  if (!holdsWithout(pattern, text)) return true
  return foldedWords(found[0]).some(word => !isNumber(word) && !mayDecide(word)) || /\d/.test(found[0])
}

const wordsWithDigits = new Map<Book, readonly RegExp[]>()
/** Those words of a book that have digits, whichever they are. */
function blindWords(book: Book): readonly RegExp[] {
  let blind = wordsWithDigits.get(book)
  if (!blind) {
    blind = book.openedBy
      .filter(o => /\d/.test(o.word))
      .map(o => new RegExp(o.word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\d+/g, '\\d+')))
    wordsWithDigits.set(book, blind)
  }
  return blind
}
