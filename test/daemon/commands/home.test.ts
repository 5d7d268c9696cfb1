import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { bindConfigured } from '../../../daemon/commands/devices/layout.js'
import { HomeSchema, loadHomeFile, parseHome, slug } from '../../../daemon/commands/home.js'

const DEMO = 'daemon/config/demo/home.yaml'

t.test('a home is short to write: names give ids, kinds give capabilities', async t => {
  const home = parseHome(
    {
      floors: ['Ground floor'],
      areas: ['Larder', { name: 'Küche', floor: 'ground_floor' }],
      devices: [
        { name: 'Pantry bulb', kind: 'light', area: 'larder' },
        { name: 'Oven hood', kind: 'fan', area: 'kuche', id: 'fan.hood', capabilities: ['on_off'] },
      ],
    },
    'test',
  )
  t.strictSame(home.floors, [{ id: 'ground_floor', name: 'Ground floor', aliases: [] }])
  t.strictSame(home.areas[1], { id: 'kuche', name: 'Küche', aliases: [], floor: 'ground_floor' })
  t.match(home.devices[0], { id: 'light.pantry_bulb', capabilities: ['on_off'], class: null, area: 'larder' })
  t.match(home.devices[1], { id: 'fan.hood', capabilities: ['on_off'] })
  t.equal(home.units, 'metric')
})

t.test('what is wrong with a home is said with its place and its remedy', async t => {
  const problem = (value: unknown) => {
    const result = HomeSchema.safeParse(value)
    return (
      result.error?.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`).join('; ') ?? 'nothing'
    )
  }
  t.match(problem({ areas: [{ name: 'Attic', flor: 'x' }] }), /areas\.0: .*"flor"/)
  t.match(problem({ areas: ['Attic', 'attic'] }), /areas\.1\.id: "attic" is there twice/)
  t.match(problem({ areas: [{ name: 'Attic', floor: 'roof' }] }), /areas\.0\.floor: there is no floor "roof"/)
  t.match(
    problem({ areas: ['Attic'], devices: [{ name: 'Bulb', kind: 'light', area: 'atic' }] }),
    /devices\.0\.area: there is no area "atic" \(there are attic\)/,
  )
  t.match(problem({ devices: [{ name: 'Bulb', kind: 'lamp' }] }), /devices\.0\.kind/)
  t.match(problem({ devices: [{ name: '!!!', kind: 'light', id: '' }] }), /devices\.0\.id/)
  t.match(problem({ areas: ['???'] }), /gives no id of its own/)
  t.match(problem({ devices: [{ name: 'Bulb' }] }), /devices\.0\.kind: is missing/)
  t.match(problem({ devices: [{ id: 'light.a', mqtt: 'a' }] }), /devices\.0\.kind: is missing/)
  t.match(problem({ devices: [{ id: 'light.a', kind: 'light' }] }), /devices\.0\.name: is missing/)
  t.equal(problem({ devices: [{ id: 'light.a', aliases: ['the big one'] }] }), 'nothing')
})

t.test('a file holds one home or several, in YAML or JSON', async t => {
  const folder = t.testdir()
  const one = join(folder, 'one.yaml')
  const many = join(folder, 'many.json')
  await writeFile(one, 'id: hut\nareas: [Bunk room]\n')
  await writeFile(many, JSON.stringify({ homes: [{ id: 'a' }, { id: 'b', name: 'Second', units: 'us' }] }))
  t.match(await loadHomeFile(one), [{ id: 'hut', areas: [{ id: 'bunk_room' }] }])
  t.match(await loadHomeFile(many), [{ id: 'a' }, { id: 'b', units: 'us' }])
  await t.rejects(loadHomeFile(join(folder, 'none.yaml')), { code: 'home_file_unreadable' })
  await writeFile(one, 'areas: [')
  await t.rejects(loadHomeFile(one), { code: 'home_file_unreadable' })
  await writeFile(many, JSON.stringify({ homes: [{ id: 'a' }, { rooms: [] }] }))
  await t.rejects(loadHomeFile(many), { code: 'invalid_value', message: /home 2.*"rooms"/ })
})

t.test('the demo home is right, and every device in it can be reached', async t => {
  const [home] = await loadHomeFile(DEMO)
  if (!home) return t.fail('the demo file holds no home')
  t.equal(home.floors.length, 2)
  for (const device of home.devices) {
    const bound = bindConfigured(device, home.units)
    if (!bound || 'reason' in bound) t.fail(`${device.id}: ${bound?.reason ?? 'no mqtt'}`)
    else {
      t.strictSame(bound.binding.unavailable, [], `${device.id} can do all it says`)
      t.strictSame(
        [...bound.capabilities].sort(),
        [...device.capabilities].sort(),
        `${device.id} capabilities`,
      )
    }
  }
  t.notOk(home.devices.some(device => device.kind === 'light' && device.area === 'garage'))
})

t.test('a typing error among the MQTT settings is found', async t => {
  const home = parseHome(
    { devices: [{ name: 'Bulb', kind: 'light', mqtt: { command_topic: 'a/set', state_topc: 'a' } }] },
    'test',
  )
  t.match(bindConfigured(home.devices[0]!, 'metric'), {
    reason: 'no light has the MQTT setting "state_topc"',
  })
})

t.test('a capability without a way to command it is not offered', async t => {
  const home = parseHome(
    {
      devices: [
        { name: 'Bulb', kind: 'light', capabilities: ['on_off', 'color'], mqtt: { command_topic: 'a/set' } },
      ],
    },
    'test',
  )
  t.match(bindConfigured(home.devices[0]!, 'metric'), {
    capabilities: ['on_off'],
    binding: { unavailable: [{ capability: 'color', reason: /no way/ }] },
  })
})

t.test('a name becomes an id in any script', async t => {
  t.equal(slug('  Salle à manger #2 '), 'salle_a_manger_2')
  t.equal(slug('台所'), '台所')
  t.equal(slug('!?'), '')
})
