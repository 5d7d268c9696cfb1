import t from 'tap'
import { systemClock } from '../../../daemon/base/clock.js'
import { act } from '../../../daemon/commands/act.js'
import { loadHomeFile, parseHome } from '../../../daemon/commands/home.js'
import { type HomeEvent, Registry } from '../../../daemon/commands/registry.js'
import { VirtualHome } from '../../../daemon/commands/virtual.js'
import { connectWire, startAedes, until } from '../../support/wire.js'

const SIGNAL = new AbortController().signal

t.test('a home that announces itself is found, obeys, and is gone when it leaves', async t => {
  const [home] = await loadHomeFile('daemon/config/demo/home.yaml')
  if (!home) return t.fail('no demo home')
  const url = await startAedes(t)
  const virtual = new VirtualHome({ home, wire: await connectWire(t, url), discoveryPrefix: 'homeassistant' })
  const wire = await connectWire(t, url)
  const registry = new Registry({
    home: parseHome({ areas: [{ name: 'Snug', aliases: ['living room'] }] }, 't'),
    wire,
    clock: systemClock,
  })
  const events: HomeEvent[] = []
  registry.onChange(event => events.push(event))
  await registry.start(SIGNAL)
  await virtual.start(SIGNAL)
  t.teardown(() => registry.stop())
  t.teardown(() => virtual.stop())
  const announced = home.devices.filter(device => !['media_player', 'appliance'].includes(device.kind))
  const speaking = announced.filter(device => device.kind !== 'scene')
  await until('all are found', () => registry.home().devices.length === announced.length)
  await until('all have spoken', () => speaking.every(device => registry.readState(device.id)))
  for (const device of announced) {
    const found = registry.home().devices.find(entry => entry.id === device.id)
    t.match(found, { name: device.name, kind: device.kind, class: device.class }, device.id)
    t.strictSame(
      [...(found?.capabilities ?? [])].sort(),
      [...device.capabilities].sort(),
      `${device.id} capabilities`,
    )
  }
  t.equal(
    registry.home().devices.find(entry => entry.id === 'light.living_room_lamp')?.area,
    'snug',
    'by its alias',
  )
  t.ok(
    registry.home().areas.some(area => area.id === 'kitchen' && area.name === 'Kitchen'),
    'an area nobody declared',
  )
  t.strictSame(registry.problems(), [])
  t.match(await act([{ deviceId: 'lock.front_door', action: 'unlock', params: {} }], { registry, wire }), [
    { result: 'confirmed' },
  ])
  t.equal(registry.readState('sensor.bedroom_temperature')?.unit, '°C')
  await virtual.stop()
  await until('all are gone', () => registry.home().devices.length === 0)
  t.equal(registry.readState('lock.front_door'), undefined)
  t.ok(events.some(event => event.type === 'home') && events.some(event => event.type === 'state'))
})

t.test('a snapshot of the home stays as it is', async t => {
  const url = await startAedes(t)
  const wire = await connectWire(t, url)
  const registry = new Registry({ home: parseHome({ areas: ['Shed'] }, 't'), wire, clock: systemClock })
  await registry.start(SIGNAL)
  t.teardown(() => registry.stop())
  const before = registry.home()
  t.equal(registry.home(), before, 'the same object while nothing changes')
  t.throws(() => before.areas.push({ id: 'x', name: 'X', aliases: [], floor: null }))
  await wire.publish(
    'homeassistant/switch/pump/config',
    JSON.stringify({ name: 'Pump', command_topic: 'pump/set' }),
  )
  await until('the pump is found', () => registry.home().devices.length === 1)
  t.equal(before.devices.length, 0)
})

t.test('the owner names a device that announced itself, and keeps what it can do', async t => {
  const url = await startAedes(t)
  const wire = await connectWire(t, url)
  const home = parseHome(
    {
      areas: ['Shed'],
      devices: [
        { id: 'switch.pump', name: 'Well pump', aliases: ['borehole'], kind: 'switch', area: 'shed' },
      ],
    },
    't',
  )
  const registry = new Registry({ home, wire, clock: systemClock })
  await registry.start(SIGNAL)
  t.teardown(() => registry.stop())
  t.equal(registry.binding('switch.pump'), undefined)
  const config = {
    name: 'Pump',
    command_topic: 'pump/set',
    state_topic: 'pump',
    availability_topic: 'pump/there',
  }
  const topic = 'homeassistant/switch/pump/config'
  await wire.publish('pump/there', 'offline', { retain: true })
  await wire.publish(topic, JSON.stringify(config), { retain: true })
  await until('it says that it is away', () => registry.available('switch.pump') === false)
  t.match(registry.home().devices, [
    { id: 'switch.pump', name: 'Well pump', aliases: ['borehole'], area: 'shed' },
  ])
  const operation = { deviceId: 'switch.pump', action: 'turn_on', params: {} } as const
  t.match(await act([operation], { registry, wire }), [{ result: 'no_answer', reason: 'is not connected' }])
  await wire.publish('pump/there', 'online', { retain: true })
  await until('it is back', () => registry.available('switch.pump') === true)
  await wire.subscribe('pump/set', (_, payload) => void wire.publish('pump', Buffer.from(payload).toString()))
  t.match(await act([operation], { registry, wire }), [{ result: 'confirmed', state: { state: 'on' } }])
  await wire.publish(topic, '', { retain: true })
  await until('it is taken back', () => registry.binding('switch.pump') === undefined)
  t.equal(registry.home().devices.length, 1, 'the owner still knows it')
})

t.test('a button pressed on the device itself is heard', async t => {
  const home = parseHome({ devices: [{ name: 'Porch light', kind: 'light', mqtt: 'porch/light' }] }, 't')
  const url = await startAedes(t)
  const virtual = new VirtualHome({
    home,
    wire: await connectWire(t, url),
    initial: { 'light.porch_light': { state: 'on' } },
  })
  const registry = new Registry({
    home,
    wire: await connectWire(t, url),
    clock: systemClock,
    discoveryPrefix: null,
  })
  await virtual.start(SIGNAL)
  await registry.start(SIGNAL)
  t.teardown(() => registry.stop())
  t.teardown(() => virtual.stop())
  const state = () => registry.readState('light.porch_light')?.state
  await until('on at first', () => state() === 'on')
  await virtual.set('light.porch_light', { state: 'off' })
  await until('off by hand', () => state() === 'off')
  t.equal(virtual.fields('light.porch_light')?.state, 'off')
})

t.test('starting twice and stopping twice leave nothing behind', async t => {
  const home = parseHome({ devices: [{ name: 'Porch light', kind: 'light', mqtt: 'porch/light' }] }, 't')
  const wire = await connectWire(t, await startAedes(t))
  const registry = new Registry({ home, wire, clock: systemClock })
  for (const _ of [1, 2]) {
    await registry.start(SIGNAL)
    await registry.stop()
    await registry.stop()
  }
  t.strictSame(registry.problems(), [])
  await t.rejects(registry.start(AbortSignal.abort(new Error('too late'))), { message: 'too late' })
})

t.test('the owner adds names to a device that announces itself, by its id alone', async t => {
  const url = await startAedes(t)
  const wire = await connectWire(t, url)
  const home = parseHome(
    {
      areas: ['Shed'],
      devices: [
        { id: 'switch.pump', aliases: ["gran's gusher", 'the big light'] },
        { id: 'switch.tub', name: 'Sitz bath', area: 'shed', programs: ['Warm'] },
      ],
    },
    't',
  )
  t.strictSame(home.devices, [], 'it is no device before it announces itself')
  const registry = new Registry({ home, wire, clock: systemClock })
  await registry.start(SIGNAL)
  t.teardown(() => registry.stop())
  t.match(registry.problems(), [{ device: 'switch.pump', reason: /not announced itself/ }, {}])
  for (const name of ['Pump', 'Tub'])
    await wire.publish(
      `homeassistant/switch/${name.toLowerCase()}/config`,
      JSON.stringify({ name, command_topic: `${name}/set`, device: { suggested_area: 'Yard' } }),
    )
  await until('both are found', () => registry.home().devices.length === 2)
  t.match(registry.home().devices, [
    {
      id: 'switch.pump',
      name: 'Pump',
      aliases: ["gran's gusher", 'the big light'],
      kind: 'switch',
      area: 'yard',
    },
    { id: 'switch.tub', name: 'Sitz bath', aliases: ['Tub'], area: 'shed', programs: [{ name: 'Warm' }] },
  ])
  t.strictSame(registry.problems(), [])
})
