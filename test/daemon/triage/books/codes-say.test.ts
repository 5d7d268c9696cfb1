import t from 'tap'
import { seeded } from '../../../../daemon/base/random.js'
import { booksInDoubt } from '../../../../daemon/triage/books/codes-say.js'
import { shippedBooks } from '../../../../daemon/triage/books/load.js'
import { blindTo } from '../../../../daemon/triage/books/whatever-digits.js'
import { readLine } from '../../../../daemon/triage/read/read.js'

t.test('what a pattern finds with some digits, its blind form finds with others', async t => {
  const random = seeded(3)
  let tried = 0
  for (const book of shippedBooks()) {
    const lines = [
      ...book.entries.flatMap(e => e.test ?? []),
      ...book.tests.map(({ line }) => line),
      ...(book.test_form ? [...book.codes.keys()].map(code => book.test_form!.replace('{code}', code)) : []),
    ]
    const patterns = [...book.recognise.map(r => r.pattern), ...book.phrases.map(e => e.says!)]
    for (const pattern of [book.only_if, ...patterns]) {
      const blind = pattern && blindTo(pattern)
      if (!blind) continue
      for (const line of lines.filter(l => pattern.test(l))) {
        tried++
        const other = line.replace(/\d+/g, () => String(Math.floor(random() * 100_000)))
        t.ok(blind.test(other), `${pattern} in ${other}`)
      }
    }
  }
  t.ok(tried > 500, `${tried} lines`)
})

t.test('a book is in doubt only where its own words stand', async t => {
  const doubtful = (line: string, source = '') => booksInDoubt(readLine(line), source).map(b => b.name)
  t.strictSame(doubtful('session opened for user ada by (uid=7)', 'gateway'), [])
  t.strictSame(doubtful('PLC2 EVT 6141 mixer 3 cycle 482 complete'), [])
  t.strictSame(doubtful('{"dev":"press-3","t":2861,"temp_c":39.2,"state":"running"}'), [])
  t.strictSame(doubtful('10.1.17.187 - - [21/Nov/2026:00:57:10 +0100] "GET /api/7664 HTTP/1.1" 404 6388'), [])
  t.match(doubtful('PLC2 OB 40 called'), ['s7-diagnostics'])
  t.match(doubtful('slave 4 exception code 7'), ['modbus'])
  t.match(doubtful('quality=7 of the state'), ['sparkplug'])
  t.match(doubtful('nvme0: percentage used: 45 %'), ['smart-disk'])
  t.equal(doubtful('rx 21 83 92 40 52 f3').length, shippedBooks().length, 'bytes of a frame')
})
