import t from 'tap'
import { type Book, type Entry, loadBooks, shippedBooks } from '../../../../daemon/triage/books/load.js'
import { lookUp } from '../../../../daemon/triage/books/look-up.js'
import { readLine } from '../../../../daemon/triage/read/read.js'

const find = (line: string, source = 'serial:/dev/ttyUSB0') => lookUp(readLine(line), source)
const show = (line: string) =>
  `${line}\n  -> ${
    find(line)
      .map(f => `${f.book}/${f.entry} ${f.severity} ${f.category} ${f.component}`)
      .join('; ') || 'nothing'
  }`

/** The lines of an entry: its own, or the book's form with its code. */
const linesOf = (book: Book, entry: Entry): string[] => {
  if (entry.test !== undefined) return [entry.test].flat()
  if (entry.says !== undefined || book.test_form === undefined) return []
  return [book.test_form.replaceAll('{code}', entry.key.split('-')[0]!)]
}

for (const book of shippedBooks())
  t.test(`${book.name}: every entry is found by its own line`, async t => {
    const wrong: string[] = []
    for (const entry of book.entries) {
      for (const line of linesOf(book, entry)) {
        const found = find(line)
        const own = found.find(f => f.book === book.name && f.entry === entry.key)
        // another book may know the line too, but must not say something else
        const first = found[0]
        if (own?.severity !== entry.is.severity || own.category !== entry.is.category)
          wrong.push(`${show(line)} instead of ${entry.key}`)
        else if (book.certain && first?.severity !== entry.is.severity) wrong.push(`${show(line)} (first)`)
      }
      if (entry.says !== undefined && linesOf(book, entry).length === 0)
        wrong.push(`${entry.key} has no test line`)
      if (entry.is.needsHuman && book.decoder !== 'j1939' && (!entry.cause || !entry.action))
        wrong.push(`${entry.key} lacks cause or action`)
    }
    for (const test of book.tests) {
      const found = find(test.line, test.source)
      const own =
        test.entry === undefined && test.severity === undefined
          ? undefined
          : found.find(f => f.book === book.name)
      const { line: _line, source: _source, ...expected } = test
      for (const [key, value] of Object.entries(expected))
        if (own?.[key as 'severity'] !== value) wrong.push(`${show(test.line)} instead of ${key} ${value}`)
      if (own === undefined && found.some(f => f.book === book.name))
        wrong.push(`${show(test.line)} instead of nothing`)
    }
    const tested = book.entries.some(e => linesOf(book, e).length > 0) || book.tests.length > 0
    if (!tested) wrong.push('no test line')
    for (const problem of wrong) t.fail(problem)
    t.ok(Object.isFrozen(book))
  })

t.test('a book with a mistake is refused by name', async t => {
  const folder = t.testdir({
    'x.yaml': 'title: x\nsources: [y]\nwords: [z]\nentries: {a: {means: abc, is: warning normal motor}}\n',
  })
  t.throws(() => loadBooks(folder), /code book x\.yaml: entries\.a\.is/)
})
