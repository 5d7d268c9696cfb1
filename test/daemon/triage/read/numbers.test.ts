import fc from 'fast-check'
import t from 'tap'
import { decimal, measured, numberOf, quantitiesOf } from '../../../../daemon/triage/read/numbers.js'
import { scaled, unitOf, unitOfName } from '../../../../daemon/triage/read/units.js'

const brief = (text: string) =>
  quantitiesOf(text).map(q => [q.name, q.value, ...(q.unit ? [q.unit] : []), ...(q.role ? [q.role] : [])])

t.test('numbers with units, glued or not, get name and one unit', async t => {
  const cases: [string, unknown[][]][] = [
    ['bearing temp 78C', [['bearing temp', 78, 'Cel']]],
    ['outlet pressure is 3,5 bar', [['outlet pressure', 3.5, 'bar']]],
    ['R=85 kOhm', [['R', 85000, 'Ohm']]],
    ['rate of rise 180C/h', [['rate of rise', 180, 'Cel/h']]],
    ['supply: 230mV', [['supply', 0.23, 'V']]],
    ['vibration 4.6 mm/s RMS', [['vibration', 4.6, 'mm/s']]],
    ['speed -1480 rpm', [['speed', -1480, 'rpm']]],
    [
      'Druck 6,2bar, Temperatur 71 °C',
      [
        ['Druck', 6.2, 'bar'],
        ['Temperatur', 71, 'Cel'],
      ],
    ],
    [
      'loop 4-20mA',
      [
        ['loop', 4, 'mA', 'range'],
        ['loop', 20, 'mA', 'range'],
      ],
    ],
    [
      'valid 3.8..20.5 mA',
      [
        ['valid', 3.8, 'mA', 'range'],
        ['valid', 20.5, 'mA', 'range'],
      ],
    ],
    [
      'level 91 % > 90 %',
      [
        ['level', 91, '%'],
        ['', 90, '%', 'limit'],
      ],
    ],
    [
      'flow 12 l/min below limit 15 l/min',
      [
        ['flow', 12, 'l/min'],
        ['below limit', 15, 'l/min', 'limit'],
      ],
    ],
    ['total 1,234,567 bytes', [['total', 1234567, 'B']]],
    [
      'gain 1e-3, offset +.5',
      [
        ['gain', 0.001],
        ['offset', 0.5],
      ],
    ],
    ['1.234,5 kg', [['', 1234.5, 'kg']]],
    [
      'values 1,2,3',
      [
        ['values', 1],
        ['', 2],
        ['', 3],
      ],
    ],
    ['3 starts/h', [['', 3]]],
  ]
  for (const [text, expected] of cases) t.strictSame(brief(text), expected, text)
})

t.test('names, addresses, versions, dates and times are no quantities', async t => {
  for (const text of [
    'P-301',
    'T-12 tripped',
    '10.1.4.20:502',
    'v1.2.3',
    'firmware 1.2.3',
    '2024-05-01T10:00:00Z',
    '01.05.2024',
    '10:15:30',
    '00:1a:2b:3c:4d:5e',
    'ab:12:cd:34:ef:56',
    '0x1F',
    'eth0',
    'COM3',
    '/dev/ttyUSB0',
    'plc1:502',
    '24-wire',
    'slot 2nd',
    '#17',
    '.1,1',
    'total 1,234',
  ])
    t.strictSame(brief(text), [], text)
})

t.test('a comma is thousands or decimal only when that is plain', async t => {
  t.equal(decimal('1,234'), undefined)
  t.equal(decimal('1,234', 'comma'), 1.234)
  t.equal(decimal('1,234', 'point'), 1234)
  t.equal(decimal('0,125'), 0.125)
  t.equal(decimal('1,25'), 1.25)
  t.equal(numberOf('-3,5e2'), -350)
  t.equal(numberOf('12x'), undefined)
  t.strictSame(measured('78C'), { value: 78, unit: 'Cel' })
  t.equal(measured('P-3'), undefined)
  t.strictSame(brief('1,234 rpm at 3.5 bar')[0], ['', 1234, 'rpm'])
})

t.test('units by word and by the name of a field', async t => {
  t.strictSame(unitOf('kPa'), { unit: 'Pa', times: 1000 })
  t.equal(unitOf('furlong'), undefined)
  t.equal(unitOfName('oil_temp_c')?.unit, 'Cel')
  t.equal(unitOfName('rms_mm_s')?.unit, 'mm/s')
  t.equal(unitOfName('Pressure [bar]')?.unit, 'bar')
  t.equal(unitOfName('flowLpm')?.unit, 'l/min')
  t.equal(unitOfName('magic'), undefined)
  t.equal(scaled(230, 1e-3), 0.23)
})

t.test('any text is read without an error, and what is found stands where it says', async () => {
  const pieces = fc.constantFrom(
    '1',
    '23',
    '.',
    ',',
    '-',
    ' ',
    ':',
    '/',
    'C',
    'mA',
    'e',
    'x',
    '..',
    '=',
    'temp',
    '%',
    '–',
    'é',
    '\u0000',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces, { maxLength: 40 }).map(p => p.join('')),
      ),
      text => {
        for (const q of quantitiesOf(text))
          if (text.slice(q.start, q.start + q.text.length) !== q.text || !Number.isFinite(q.value))
            throw new Error(text)
      },
    ),
    { numRuns: 2000 },
  )
})

t.test('a number written with a unit is read back', async () => {
  const units = fc.constantFrom('mm/s', 'bar', 'mA', '%', 'rpm', 'Hz', 'psi', 'Nm')
  fc.assert(
    fc.property(
      fc.integer({ min: -999999, max: 999999 }),
      fc.integer({ min: 0, max: 3 }),
      units,
      fc.constantFrom('', ' '),
      (n, places, unit, blank) => {
        const value = n / 10 ** places
        const [q, more] = quantitiesOf(`x = ${value.toFixed(places)}${blank}${unit}`)
        if (more || q?.value !== value || q.unit !== unit) throw new Error(JSON.stringify(q))
      },
    ),
  )
})
