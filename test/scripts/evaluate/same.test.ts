import t from 'tap'
import { loadHomeFile } from '../../../daemon/commands/home.js'
import { readRows, sliceOf } from '../../../scripts/evaluate/rows.js'
import { type Gold, type RowAction, right } from '../../../scripts/evaluate/same.js'

const [home] = await loadHomeFile('test/fixtures/commands/homes.yaml')
const does = (action: string, targets: RowAction['targets'] = [], params = {}): RowAction[] => [
  { action, targets, params },
]
const is = (expected: RowAction[], got: RowAction[], rest: Partial<Gold> = {}) =>
  right({ expected, ...rest }, got, home!)

t.test('the same devices are the same answer, however they are named', async t => {
  const kitchen = [{ area: 'kitchen', kind: 'light' }]
  t.ok(is(does('turn_on', kitchen), does('turn_on', ['light.counter', 'light.kitchen_ceiling'])))
  t.ok(is(does('turn_on', ['light.counter']), does('turn_on', ['Counter strip'])), 'by name')
  t.ok(is(does('turn_on', ['light.moon']), does('turn_on', ['night light'])), 'by another name')
  t.ok(
    is(does('turn_on', kitchen), [
      ...does('turn_on', ['light.counter']),
      ...does('turn_on', ['light.kitchen_ceiling']),
    ]),
    'one action with two targets is two actions',
  )
  t.notOk(is(does('turn_on', kitchen), does('turn_on', ['light.counter'])), 'one of two')
  t.notOk(is(does('turn_on', kitchen), does('turn_off', kitchen)))
  t.notOk(is(does('turn_on', ['light.counter']), does('turn_on', ['light.nowhere'])))
})

t.test('a selector without a place means where the speaker is, else the whole home', async t => {
  const lights = does('turn_off', [{ kind: 'light' }])
  const context = { area: 'kitchen' }
  t.ok(is(does('turn_off', [{ area: 'kitchen', kind: 'light' }]), lights, { context }))
  t.notOk(is(does('turn_off', [{ area: 'kitchen', kind: 'light' }]), lights))
  t.ok(is(does('turn_off', [{ area: 'all', kind: 'light' }]), lights))
  const asked = does('get_state', [{ kind: 'light' }])
  t.ok(
    is(asked, does('get_state', [{ area: 'all', kind: 'light' }]), { context }),
    'a question is right for both',
  )
  t.ok(is(asked, does('get_state', [{ area: 'kitchen', kind: 'light' }]), { context }))
})

t.test('one meaning has several words', async t => {
  t.ok(is(does('open', ['cover.barn']), does('turn_on', ['cover.barn'])))
  t.ok(is(does('lock', ['lock.front']), does('turn_on', ['lock.front'])))
  t.ok(is(does('start', ['appliance.washer']), does('turn_on', ['appliance.washer'])))
  t.ok(is(does('activate', ['scene.supper']), does('turn_on', ['scene.supper'])))
  t.ok(is(does('pause', ['media_player.tv']), does('stop', ['media_player.tv'])))
  const leak = ['binary_sensor.cellar_leak']
  t.ok(is(does('get_state', leak, { state: 'wet' }), does('get_state', leak, { state: 'on' })))
  t.notOk(is(does('get_state', leak, { state: 'wet' }), does('get_state', leak, { state: 'dry' })))
})

t.test('values are compared by what they say', async t => {
  const lamp = ['light.reading']
  t.ok(
    is(does('set_brightness', lamp, { brightness: 50 }), does('set_brightness', lamp, { brightness: '50%' })),
  )
  t.notOk(
    is(does('set_brightness', lamp, { brightness: 50 }), does('set_brightness', lamp, { brightness: 5 })),
  )
  t.ok(
    is(
      does('set_brightness', lamp, { brightness_step: 'up' }),
      does('set_brightness', lamp, { brightness_step: '+' }),
    ),
  )
  t.ok(
    is(
      does('set_color_temperature', lamp, { kelvin: 'Warm White' }),
      does('set_color_temperature', lamp, { kelvin: 2700 }),
    ),
  )
  t.ok(is(does('start_timer', [], { minutes: 90 }), does('start_timer', [], { hours: 1, minutes: 30 })))
  t.notOk(is(does('turn_on', lamp, { delay_minutes: 5 }), does('turn_on', lamp)), 'at once is not later')
  t.ok(
    is(does('get_state', lamp, { quantifier: 'any' }), does('get_state', lamp)),
    'how it is told is not compared',
  )
})

t.test('a refusal is right where nothing may be done, and only there', async t => {
  t.ok(right({ expected_none: true }, [], home!))
  t.notOk(right({ expected_none: true }, does('turn_on', ['light.yard']), home!))
  t.notOk(is(does('turn_on', ['light.yard']), []))
  t.ok(
    is(does('open', ['cover.barn']), does('close', ['cover.barn']), {
      alternatives: [does('close', ['cover.barn'])],
    }),
  )
})

t.test('every expected answer of the set that ships is right by its own measure', async t => {
  const rows = await readRows('test/fixtures/commands/rows.jsonl')
  t.ok(rows.length >= 60)
  t.equal(new Set(rows.map(r => r.id)).size, rows.length, 'ids are unique')
  for (const row of rows) {
    t.ok(right(row, row.expected, home!), row.id)
    t.ok(sliceOf(row), `${row.id} belongs to a slice`)
  }
})
