import fc from 'fast-check'
import t from 'tap'
import { endOfUnread, withoutUnread } from '../../../../daemon/triage/judge/unread.js'

/** Times as one pattern each: slow, and plain to read. */
const DAY =
  /\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s+\d{1,2}\s+\d\d:\d\d:\d\d|\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?|\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b/y
const PIECES =
  '2026 11 21 08 14 03 5 250 - - : : T Z + . , x _ 2026-11-21 08:14:03 ,250 Nov Nov Xyz +01:00'.split(' ')

t.test('times end where a pattern would end them', async t => {
  let found = 0
  fc.assert(
    fc.property(
      fc.constantFrom('', ' ', 'x', '_', '['),
      fc.array(fc.constantFrom(...PIECES, ' '), { minLength: 3 }),
      (front, pieces) => {
        const line = `${front}${pieces.join('')}`
        DAY.lastIndex = front.length
        if (!DAY.test(line)) return true
        found++
        return endOfUnread(line, front.length) === DAY.lastIndex
      },
    ),
    { numRuns: 20_000, seed: 3 },
  )
  t.ok(found > 500, `${found} times`)
})

t.test('what is no time, no dump and no id is read', async t => {
  t.equal(endOfUnread('2026-1121 is an order', 0), 0)
  t.equal(endOfUnread('x 08:14:03abc', 2), 0)
  t.equal(endOfUnread('F30001 active', 0), 0)
  t.equal(endOfUnread('commit 3f0a91c7 done', 7), 15)
  t.equal(withoutUnread('at 08:14:03,250 pump 3'), `at ${' '.repeat(12)} pump 3`)
})
