import fc from 'fast-check'
import t from 'tap'
import { learnHeader, messageStart, NO_HEADER, pieces } from '../../../daemon/triage/header.js'
import { DIALECTS, message } from '../../support/dialects.js'

t.test('the header of every dialect is learnt from its first lines', async t => {
  for (const [name, line] of Object.entries(DIALECTS)) {
    const lines = Array.from({ length: 300 }, (_, i) => line(i, message(i)))
    const shape = learnHeader(lines.slice(0, 200))
    const wrong = lines.filter((text, i) => text.slice(messageStart(text, shape)) !== message(i))
    t.strictSame(wrong, [], name)
    const early = learnHeader(lines.slice(0, 20))
    const right = lines.filter((text, i) => text.slice(messageStart(text, early)) === message(i)).length
    t.ok(right >= 0.9 * lines.length, `${name}: twenty lines teach most of it (${right} of ${lines.length})`)
  }
})

t.test('a message without a header keeps its first word', async t => {
  const readings = Array.from({ length: 50 }, (_, i) => `temperature ${20 + i} at inlet ${i % 3}`)
  t.strictSame(learnHeader(readings), NO_HEADER)
  t.strictSame(learnHeader(readings.slice(0, 5)), NO_HEADER, 'five lines teach nothing')
  const numbers = Array.from({ length: 50 }, (_, i) => `${i} ${i * 2} overflow`)
  t.equal(messageStart(numbers[0]!, learnHeader(numbers)), 0, 'a number in front may be the message')
})

t.test('any text: the start lies within the line, pieces are in order', async () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 40 }), fc.string(), (lines, line) => {
      const start = messageStart(line, learnHeader(lines))
      const row = pieces(line)
      return (
        start >= 0 &&
        start <= line.length &&
        row.every((p, i) => p.start < p.end && (i === 0 || row[i - 1]!.end <= p.start))
      )
    }),
  )
})
