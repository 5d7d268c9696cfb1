import fc from 'fast-check'
import t from 'tap'
import {
  type CompactAction,
  decode,
  encode,
  MARKS,
  promptFor,
  SPAN_SLOTS,
} from '../../../daemon/commands/compact.js'
import { normalise } from '../../../daemon/commands/normalise.js'
import {
  parseClock,
  parseDuration,
  parseKelvin,
  parseMode,
  parseNumber,
  parsePercent,
  parseSpeed,
  parseTemperature,
} from '../../../daemon/commands/values.js'
import { ACTION_NAMES, KIND_NAMES, MEDIA_CLASSES, QUANTIFIERS } from '../../../daemon/commands/vocabulary.js'

t.test('an utterance is brought to one spelling', async t => {
  const pairs: [string, string][] = [
    ['Switch ON the Hall Lamp!', 'switch on the hall lamp'],
    ['Set it to 35%.', 'set it to 35 %'],
    ['thirty% please', 'thirty % please'],
    ['3,500K', '3500 k'],
    ['at 6:45 p.m.', 'at 6:45 pm'],
    ['at 8am', 'at 8 am'],
    ['it’s 19.5°C', "it's 19.5 degrees c"],
    ['the 2nd lamp, then the 3rd', 'the 2nd lamp then the 3rd'],
    ['<turn_off> everything', 'turn off everything'],
    ['  ', ''],
    ['🙂', ''],
  ]
  for (const [said, spelt] of pairs) t.equal(normalise(said), spelt, said)
})

t.test('spelling twice changes nothing, and the marks of the model cannot be spelt', async t => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 120 }), text => {
        const once = normalise(text)
        return normalise(once) === once && !/[<>|]/.test(once) && !/\s\s|^\s|\s$/.test(once)
      }),
      { numRuns: 2000 },
    ),
  )
})

const word = fc.stringMatching(/^[a-z0-9']{1,8}$/)
const span = fc.array(word, { minLength: 1, maxLength: 4 }).map(w => w.join(' '))
const action: fc.Arbitrary<CompactAction> = fc
  .record(
    {
      action: fc.constantFrom(...ACTION_NAMES),
      kind: fc.constantFrom(...KIND_NAMES),
      quantifier: fc.constantFrom(...QUANTIFIERS),
      step: fc.constantFrom('up' as const, 'down' as const),
      media: fc.constantFrom(...MEDIA_CLASSES),
      ...(Object.fromEntries(SPAN_SLOTS.map(s => [s, span])) as Record<
        (typeof SPAN_SLOTS)[number],
        fc.Arbitrary<string>
      >),
    },
    { requiredKeys: ['action'] },
  )
  .map(a => ({ ...a }))

t.test('the short form reads back what was written', async t => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(action, { maxLength: 6 }), command => {
        t.strictSame(decode(encode(command)), command)
      }),
      { numRuns: 300 },
    ),
  )
})

t.test('whatever a model writes, reading the short form gives a command or nothing', async t => {
  const piece = fc.oneof(
    fc.constantFrom(...MARKS),
    span.map(s => ` ${s}`),
    fc.string(),
  )
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), pieces => {
        const command = decode(pieces.join(''))
        return command === undefined || encode(command) !== ''
      }),
      { numRuns: 2000 },
    ),
  )
  t.strictSame(decode('<none>'), [])
  t.equal(decode('<turn_on'), undefined)
  t.equal(decode(''), undefined)
})

t.test('every mark is unique and the prompt holds the utterance between marks', async t => {
  t.equal(new Set(MARKS).size, MARKS.length)
  t.strictSame(promptFor('lamp on'), { prefix: '<cmd>', prompt: ' lamp on<out>' })
})

t.test('numbers are read from digits and from words', async t => {
  const pairs: [string, number | undefined][] = [
    ['42', 42],
    ['-3', -3],
    ['18.5 degrees', 18.5],
    ['forty two', 42],
    ['a hundred and five', 105],
    ['three thousand five hundred k', 3500],
    ['nineteen point two', 19.2],
    ['six and a half', 6.5],
    ['seven twenty', 7],
    ['nothing', undefined],
  ]
  for (const [words, n] of pairs) t.equal(parseNumber(words), n, words)
})

t.test('shares are read from percentages, fractions and extremes', async t => {
  const pairs: [string, number | undefined][] = [
    ['35 %', 35],
    ['sixty percent', 60],
    ['half', 50],
    ['three quarters', 75],
    ['a third', 33],
    ['the maximum', 100],
    ['as low as possible', undefined],
    ['lowest', 1],
  ]
  for (const [words, n] of pairs) t.equal(parsePercent(words, 1), n, words)
  t.equal(parsePercent('minimum', 0), 0)
})

t.test('durations are read as said', async t => {
  const pairs: [string, object | undefined][] = [
    ['seven minutes', { minutes: 7 }],
    ['2 hours 10 minutes', { hours: 2, minutes: 10 }],
    ['half an hour', { minutes: 30 }],
    ['an hour and a half', { hours: 1, minutes: 30 }],
    ['3 and a half minutes', { minutes: 3, seconds: 30 }],
    ['90 secs', { seconds: 90 }],
    ['a quarter of an hour', { minutes: 15 }],
    ['quarter of an hour', { minutes: 15 }],
    ['three quarters of an hour', { minutes: 45 }],
    ['half a minute', { seconds: 30 }],
    ['half of an hour', { minutes: 30 }],
    ['a half hour', { minutes: 30 }],
    ['one and a half hours', { hours: 1, minutes: 30 }],
    ['four and a quarter hours', { hours: 4, minutes: 15 }],
    ['two hours and a quarter', { hours: 2, minutes: 15 }],
    ['a minute and a half', { minutes: 1, seconds: 30 }],
    ['an hour and half', { hours: 1, minutes: 30 }],
    ['an hour and half a minute', { hours: 1, seconds: 30 }],
    ['an hour and forty minutes', { hours: 1, minutes: 40 }],
    ['one hour thirty', { hours: 1, minutes: 30 }],
    ['a couple of minutes', { minutes: 2 }],
    ['couple hours', { hours: 2 }],
    ['half a second', undefined],
    ['soon', undefined],
  ]
  for (const [words, d] of pairs) t.strictSame(parseDuration(words), d, words)
})

t.test('times of day are read as said', async t => {
  const pairs: [string, string | undefined][] = [
    ['eight am', '08:00'],
    ['eight fifteen pm', '20:15'],
    ['noon', '12:00'],
    ['midnight', '00:00'],
    ['21:05', '21:05'],
    ['half past nine', '09:30'],
    ['quarter to six pm', '17:45'],
    ['twelve am', '00:00'],
    ["4 o'clock in the afternoon", '16:00'],
    ['25:00', undefined],
    ['later', undefined],
  ]
  for (const [words, time] of pairs) t.equal(parseClock(words), time, words)
})

t.test('temperatures, whites, modes and speeds are read as said', async t => {
  t.strictSame(parseTemperature('19 degrees c'), { degrees: 19, unit: 'c' })
  t.strictSame(parseTemperature('sixty eight'), { degrees: 68 })
  t.equal(parseTemperature('warm'), undefined)
  t.equal(parseKelvin('3500 kelvin'), 3500)
  t.equal(parseKelvin('soft white'), 2700)
  t.equal(parseKelvin('purple'), undefined)
  t.equal(parseMode('cooling mode'), 'cool')
  t.equal(parseSpeed('fast'), 'high')
  t.equal(parseSpeed('7'), undefined)
})

t.test('value readers take any words without throwing', async t => {
  const words = fc
    .array(
      fc.oneof(
        word,
        fc.constantFrom(
          'and',
          'a',
          'half',
          'hundred',
          'thousand',
          'point',
          'to',
          'past',
          'quarter',
          'pm',
          'twenty',
          'of',
          'an',
        ),
      ),
      { maxLength: 8 },
    )
    .map(w => w.join(' '))
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(words, text => {
        for (const read of [
          parseNumber,
          parseDuration,
          parseClock,
          parseTemperature,
          parseKelvin,
          parseMode,
          parseSpeed,
        ])
          read(text)
        const share = parsePercent(text, 1)
        const time = parseClock(text)
        return (
          (share === undefined || Number.isFinite(share)) &&
          (time === undefined || /^([01]\d|2[0-3]):[0-5]\d$/.test(time))
        )
      }),
      { numRuns: 3000 },
    ),
  )
})
