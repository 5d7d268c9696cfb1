import fc from 'fast-check'
import t from 'tap'
import { evidenceOf, reasonOf } from '../../../../daemon/triage/judge/evidence.js'
import { garbageIn } from '../../../../daemon/triage/judge/garbage.js'
import type { PhraseNode } from '../../../../daemon/triage/judge/phrase-node.js'
import { PhraseBook, parsePhrases } from '../../../../daemon/triage/judge/phrases.js'
import { readBooleans, wordsOf } from '../../../../daemon/triage/judge/words.js'

const texts = (line: string) => wordsOf(line).map(w => w.text)

t.test('words are folded, split and know where they stand', async t => {
  t.strictSame(texts('overTemp over_temp over-temp'), ['over', 'temp', 'over', 'temp', 'over', 'temp'])
  t.strictSame(texts('Störung Überdruck défaut'), ['stoerung', 'ueberdruck', 'defaut'])
  t.strictSame(texts('18 kOhm at 4,5 mA'), ['18', 'kohm', 'at', '4,5', 'ma'], 'units stay whole')
  t.strictSame(texts('2026-01-05T10:00:00Z pump at 10:11:12'), ['pump', 'at'], 'times are no words')
  t.strictSame(texts('worker-0 at -0 or 3-0 of eth-0x1'), [
    'worker',
    '0-',
    'at',
    '0',
    'or',
    '3',
    '0',
    'of',
    'eth',
    '0',
    'x1',
  ])
  t.strictSame(texts(''), [])
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), line => {
      const words = wordsOf(line)
      return words.every(
        (w, i) => w.start < w.end && w.end <= line.length && w.start >= (words[i - 1]?.end ?? 0),
      )
    }),
  )
  t.ok(wordsOf('a b '.repeat(1_000_000)).length <= 401, 'bounded')
})

t.test('a switch that is on says so in words', async t => {
  const read = (line: string) =>
    readBooleans(wordsOf(line))
      .map(w => w.text)
      .join(' ')
  t.equal(read('leak=true'), 'leak active')
  t.equal(read('leak=false'), 'leak inactive')
  t.equal(read('estop: 1'), 'estop active')
  t.equal(read('pump: 1'), 'pump 1', 'no switch')
  t.equal(read('estop: 1.5'), 'estop 1.5')
})

const found = (phrases: string, line: string) => {
  const book = new PhraseBook<string>()
  book.add(phrases, 'x')
  return book.find(wordsOf(line)).length > 0
}

t.test('phrases find what they say, and not its opposite', async t => {
  const cases: [string, string[], string[]][] = [
    ['seal leak', ['Seal Leak at P3', 'seal_leak=1', 'seal leaks'], ['leak of seal', 'seal leakage']],
    ['(oil|air) low', ['oil low', 'AIR LOW'], ['water low', 'low oil']],
    ['motor [is] blocked', ['motor blocked', 'motor is blocked'], ['motor was blocked', 'motor']],
    [
      'pump .. stopped',
      ['pump stopped', 'pump P 3 has stopped'],
      ['pump not stopped', 'pump 3; fan stopped'],
    ],
    ['stage #', ['stage 2'], ['stage two']],
    ['over*', ['overload', 'over'], ['load over_x'.slice(0, 4)]],
    ['*druck', ['Überdruck', 'Öldruck'], ['druckluft']],
    ['pump', ['pump2 hot', 'pumps'], ['pumping']],
  ]
  for (const [phrases, yes, no] of cases) {
    for (const line of yes) t.ok(found(phrases, line), `${phrases}: ${line}`)
    for (const line of no) t.notOk(found(phrases, line), `${phrases}, not: ${line}`)
  }
  for (const bad of ['(a|b', '[a', 'a)', 'a]']) t.throws(() => parsePhrases(bad), bad)
  t.throws(() => new PhraseBook().add('.. a', 1), 'a phrase cannot begin with a gap')
})

const word = fc.constantFrom(
  'pump',
  'seal',
  'leak',
  'stoerung',
  'hoch',
  'k',
  'motor',
  'zz',
  'over*',
  '*druck',
)
const phrase: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof(
      word,
      fc.tuple(word, word).map(([a, b]) => `(${a}|${b})`),
      fc.tuple(word, word).map(([a, b]) => `[${a}] ${b}`),
    ),
    fc.array(
      fc.oneof(
        word,
        fc.constantFrom('#', '24', '2 3'),
        fc.tuple(word, word).map(([a, b]) => `(${a}|${b})`),
        word.map(w => `[${w}]`),
        word.map(w => `.. ${w}`),
      ),
      { maxLength: 4 },
    ),
  )
  .map(([first, rest]) => [first, ...rest].join(' '))

/** A text that the nodes allow. */
const spoken = (nodes: readonly PhraseNode[], pick: (n: number) => number): string =>
  nodes
    .map(node => {
      if (node.kind === 'word') return node.text
      if (node.kind === 'number') return String(pick(900))
      if (node.kind === 'gap') return ['', 'so', 'so and so'][pick(3)]!
      return node.maybe && pick(2) === 0 ? '' : spoken(node.of[pick(node.of.length)]!, pick)
    })
    .join(' ')

t.test(
  'a phrase is found in what it was built from, wherever that stands; no text makes it throw',
  async () => {
    fc.assert(
      fc.property(phrase, fc.string(), fc.infiniteStream(fc.nat()), (text, noise, numbers) => {
        const pick = (n: number) => numbers.next().value! % n
        const said = spoken(parsePhrases(text)[0]!, pick)
        found(text, noise)
        return found(text, said) && found(text, `yesterday ${said} again`)
      }),
    )
  },
)

t.test('knows() misses no word that some phrase can stop at', async () => {
  fc.assert(
    fc.property(phrase, fc.infiniteStream(fc.nat()), (text, numbers) => {
      const book = new PhraseBook<string>()
      book.add(text, 'x')
      const said = spoken(parsePhrases(text)[0]!, n => numbers.next().value! % n)
      const [hit] = book.find(wordsOf(said))
      return wordsOf(said)
        .slice(0, hit!.to)
        .every(w => book.knows(w.text) || /^\d|^(so|and)$/.test(w.text))
    }),
  )
})

t.test('noise is told from text', async t => {
  for (const noise of [
    '\ufffd\u0003\ufffd\u0001abcd\ufffd\ufffd\u0002x',
    '\\x00\\xff\\x13\\x8a abcdefgh\\x01\\x02',
    'U'.repeat(40),
  ])
    t.match(
      garbageIn(noise),
      { severity: 'advisory', category: 'communication', component: 'network' },
      noise,
    )
  for (const text of [
    'pump 3 ok',
    '=======================================',
    'Überlauf im Keller',
    '00 ff 13 8a 01 02',
  ])
    t.equal(garbageIn(text), undefined, text)
})

t.test('evidence stands in the line, and a reason has at most 200 characters', async t => {
  const line = 'P-301: Seal Leak, again'
  t.equal(evidenceOf(line, wordsOf(line), 2, 4), 'Seal Leak')
  t.equal(evidenceOf(line, wordsOf(line), 9, 12), '')
  fc.assert(
    fc.property(
      fc.string({ maxLength: 400 }),
      fc.string({ maxLength: 400 }),
      (a, b) => reasonOf(a, b).length <= 200,
    ),
  )
})
