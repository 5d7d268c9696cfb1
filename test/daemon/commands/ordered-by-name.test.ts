import fc from 'fast-check'
import t from 'tap'
import { orderedByName } from '../../../daemon/commands/full-names.js'
import { parseHome } from '../../../daemon/commands/home.js'
import { normalise } from '../../../daemon/commands/normalise.js'

const HOME = parseHome(
  {
    devices: [
      { name: 'No. 9', kind: 'light' },
      { name: 'The who cares lamp', kind: 'light' },
      { name: 'Twin', id: 'fan.one', kind: 'fan' },
      { name: 'Twin', id: 'fan.two', kind: 'fan' },
      { name: 'Porte', kind: 'lock' },
      { name: 'Reading of the day', kind: 'sensor' },
    ],
  },
  'test',
)
const order = (said: string) => {
  const found = orderedByName(normalise(said), HOME)
  return found && `${found.action} ${found.device.name}`
}

t.test('a verb and a full name are an order, however odd the name', async t => {
  t.equal(order('turn on no. 9'), 'turn_on No. 9')
  t.equal(order('please switch the who cares lamp off now'), 'turn_off The who cares lamp')
  t.equal(order('unlock porte'), 'unlock Porte')
})

t.test('what says more, fits several, or cannot be done is not', async t => {
  for (const said of [
    'turn on no. 9 tomorrow',
    'turn on twin',
    'turn on the reading of the day',
    'open porte',
    'do not turn on no. 9',
    'turn on no. 9 and porte',
    'no. 9',
  ])
    t.equal(order(said), undefined, said)
})

t.test('any name orders its own device and no other', async () => {
  const name = fc.stringMatching(/^[a-z]{3,8}( [a-z0-9]{1,7}){0,3}$/)
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 2, maxLength: 5 }), names => {
      const home = parseHome(
        { devices: names.map((n, i) => ({ name: n, id: `light.l${i}`, kind: 'light' })) },
        'test',
      )
      return names.every((n, i) => {
        const found = orderedByName(normalise(`turn on ${n}`), home)
        return found === undefined || found.device.id === `light.l${i}`
      })
    }),
  )
})
