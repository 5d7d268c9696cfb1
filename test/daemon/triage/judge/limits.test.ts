/** Values against limits: however a limit is written, both sides of it. */
import fc from 'fast-check'
import t from 'tap'
import { checkLimits } from '../../../../daemon/triage/judge/limits.js'
import { readBooleans, wordsOf } from '../../../../daemon/triage/judge/words.js'

const passed = (line: string) => checkLimits(readBooleans(wordsOf(line))).some(l => l.violated)

/** Each line with a value that keeps its limit, and one that does not. */
const FORMS: readonly [form: string, kept: string, beyond: string][] = [
  ['gland 3 # degC H 80.0', '61.2', '84.9'],
  ['header # bar L 2.0 H 6.0', '4.1', '1.4'],
  ['header # bar L 2.0 H 6.0', '4.1', '6.4'],
  ['reel tension # N over 350 N', '310', '377'],
  ['Druck # bar über 6,0 bar', '5,1', '6,8'],
  ['température # °C supérieure à 75 °C', '60', '81'],
  ['caudal # l/h inferior a 300 l/h', '412', '214'],
  ['portata # l/min sotto 12 l/min', '15', '8'],
  ['druk # bar boven grens 3,0 bar', '2,2', '3,6'],
  ['hoist # t, SWL 5.0 t', '3.2', '5.6'],
  ['drum 3.1 bar, shell # bar, MAWP 10.0 bar', '8.0', '10.9'],
  ['ozone 3: # ppm, alarm 1 (0.2 ppm)', '0.1', '0.3'],
  ['feeder # A (24 A max)', '18', '29'],
  ['mains # V, limit 11 kV', '10200', '11600'],
  ['accumulator # mbar (limit 2.0 bar)', '1800', '2300'],
  ['cell spread # mV (warn 60)', '41', '88'],
  ['link # dBm (warn -85)', '-70', '-92'],
  ['SF6 # bar alarm 5.2 lockout 5.0', '5.6', '5.1'],
  ['rail gauge dP must be >= 0.20 bar, # bar', '0.31', '0.11'],
  ['rinse # ppm target <0.50', '0.21', '0.71'],
  ['HP cutout # bar (set 26.0)', '21.0', '26.9'],
  ['mould 2 # mm (5.0-8.0)', '6.1', '8.8'],
  ['seal force # kN, window 3.0..3.6', '3.3', '2.4'],
  ['bus # V (24.0 ±1.2)', '24.6', '26.1'],
  ['zone 3 actual # C setp 210 C tol 10', '204', '188'],
  ['cold room # °C, Bereich 2 bis 6 °C', '4,1', '7,9'],
  ['freezer # °C range -30 to -18', '-24.2', '-11.0'],
  ['{"id":"q7","value":#,"hi":85,"lo":5}', '44.2', '91.0'],
]

t.test('both sides of every form', async t => {
  for (const [form, kept, beyond] of FORMS) {
    t.notOk(passed(form.replace('#', kept)), form.replace('#', kept))
    t.ok(passed(form.replace('#', beyond)), form.replace('#', beyond))
  }
})

t.test('what looks like a limit and is none', async t => {
  for (const line of [
    'tap 6 -> 7, bus 20.1 kV',
    'upper bound set from 80 -> 85',
    '14 parcels over 24 h',
    'burner off, return 61 C above set 60 C',
    'door 12 open, 24 V supply, 3 A max',
    'lube press low 1.4 bar',
    'day max 31.2 C min 14.0 C',
    'run 5 h 51 of the night',
    'transmitter 16.0 bar range 0..16',
  ])
    t.notOk(passed(line), line)
})

t.test('what is done about a value tells which side of an unnamed limit it is on', async t => {
  t.ok(passed('pipe 5.1 bar < 5.8 bar, traction inhibited'))
  t.notOk(passed('spindle 61 C < 80 C'))
  t.notOk(passed('vibration 2.1 mm/s < 4.5 mm/s'))
})

t.test('a limit that is named high is passed by what is greater, whatever the numbers', async () => {
  const number = fc.integer({ min: 1, max: 99_999 }).map(n => n / 10)
  fc.assert(
    fc.property(number, number, (value, limit) => {
      const line = `kiln shell ${value.toFixed(1)} C, high limit ${limit.toFixed(1)} C`
      return passed(line) === value > limit
    }),
  )
})

t.test('whatever stands in a line, limits are found without an error', async () => {
  const part = fc.constantFrom(
    'H', 'L', '>', '<', 'max', 'min', '(', ')', '-', '..', '±', 'of', 'set', 'alarm', '1', '0.5', '12,4', 'bar', '%', '->', 'tol', 'limit',
    'range', ':', '=', 'C', 'mm/s', 'over', 'must', 'be', '>=', '2', 'to', 'bis',
  ) // biome-ignore format: a list of words
  fc.assert(
    fc.property(fc.array(part, { maxLength: 14 }), parts => {
      for (const l of checkLimits(wordsOf(parts.join(' ')))) if (l.from > l.at || l.to <= l.at) return false
      return true
    }),
  )
})
