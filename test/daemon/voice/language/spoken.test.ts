import fc from 'fast-check'
import t from 'tap'
import { parseHome } from '../../../../daemon/commands/home.js'
import { parseNumber } from '../../../../daemon/commands/values.js'
import { numberInWords, spoken } from '../../../../daemon/voice/language/spoken.js'
import { spellingsOf, written } from '../../../../daemon/voice/language/written.js'

t.test('what is written is said in words', async t => {
  const cases: Record<string, string> = {
    'Set it to 50 %': 'set it to fifty percent',
    '22.5°C': 'twenty two point five degrees celsius',
    'at 7:30 pm': 'at seven thirty pm',
    'at 7:05': 'at seven oh five',
    'at 7:00': "at seven o'clock",
    '2nd floor': 'second floor',
    '2,700 K': 'two thousand seven hundred kelvin',
    'in 10 min': 'in ten minutes',
    'Hi-Fi': 'hi fi',
    'CO2 sensor': 'co2 sensor',
    "Kids' room": "kids' room",
    Küche: 'küche',
    '': '',
  }
  for (const [text, said] of Object.entries(cases)) t.equal(spoken(text), said, text)
})

t.test('numbers said are the numbers that the command path reads', async t => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9_999 }), n => parseNumber(numberInWords(n)) === n),
    { seed: 6 },
  )
  t.pass('all read back')
})

t.test('no words that are figures alone are left, whatever is said', async t => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), text => {
      const said = spoken(text)
      return said === said.trim() && !/ {2}/.test(said) && !said.split(' ').some(w => /^[0-9]+$/.test(w))
    }),
    { seed: 6 },
  )
  t.pass('none')
})

t.test('names with figures come back as they are written, other numbers stay in words', async t => {
  const home = parseHome(
    {
      areas: ['Office 2'],
      devices: [
        { name: 'Lamp 21', kind: 'light' },
        { name: 'Lamp 2', kind: 'light' },
        { name: '7', kind: 'light' },
      ],
    },
    'a test',
  )
  const spellings = spellingsOf(home)
  t.equal(written('turn on lamp twenty one in office two', spellings), 'turn on lamp 21 in office 2')
  t.equal(written('set it to seven percent', spellings), 'set it to seven percent')
})
