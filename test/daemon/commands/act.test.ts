import t, { type Test } from 'tap'
import { systemClock } from '../../../daemon/base/clock.js'
import { type ActOptions, act, type Operation } from '../../../daemon/commands/act.js'
import { type ConfiguredHome, loadHomeFile, parseHome } from '../../../daemon/commands/home.js'
import { Registry } from '../../../daemon/commands/registry.js'
import { VirtualHome } from '../../../daemon/commands/virtual.js'
import type { Wire } from '../../../daemon/commands/wire.js'
import { connectWire, startAedes, until } from '../../support/wire.js'

const SIGNAL = new AbortController().signal

/** A registry and the virtual devices of a home, each with a connection of its own, once every device has spoken. */
async function live(t: Test, home: ConfiguredHome, latencyMs = 0) {
  const url = await startAedes(t)
  const virtual = new VirtualHome({ home, wire: await connectWire(t, url), latencyMs })
  const wire = await connectWire(t, url)
  const registry = new Registry({ home, wire, clock: systemClock })
  await virtual.start(SIGNAL)
  await registry.start(SIGNAL)
  t.teardown(async () => {
    await registry.stop()
    await virtual.stop()
  })
  const speakers = home.devices.filter(device => (registry.binding(device.id)?.reads.length ?? 0) > 0)
  await until('all devices have spoken', () =>
    speakers.every(device => registry.readState(device.id) !== undefined),
  )
  const options: ActOptions = { registry, wire, timeoutMs: 1_500 }
  const one = async (deviceId: string, action: Operation['action'], params: Operation['params'] = {}) => {
    const [outcome] = await act([{ deviceId, action, params }], options)
    return outcome
  }
  return { registry, virtual, wire, options, one }
}

async function demo(): Promise<ConfiguredHome> {
  const [home] = await loadHomeFile('daemon/config/demo/home.yaml')
  if (!home) throw new Error('no demo home')
  return home
}

t.test('every device of the demo home does as it is told, and says so', async t => {
  const { one, virtual } = await live(t, await demo())
  const does = async (
    id: string,
    action: Operation['action'],
    params: Operation['params'],
    fields: object,
  ) => {
    t.match(await one(id, action, params), { result: 'confirmed' }, `${action} ${id}`)
    t.match(virtual.fields(id), fields, `${id} after ${action}`)
  }
  await does('light.living_room_lamp', 'turn_on', {}, { state: 'on' })
  await does('light.living_room_lamp', 'set_brightness', { brightness: 40 }, { brightness: 40 })
  await does('light.living_room_lamp', 'set_brightness', { brightness_step: 'up' }, { brightness: 65 })
  await does('light.living_room_lamp', 'set_color', { color: 'light blue' }, { color: [173, 216, 230] })
  await does('light.living_room_lamp', 'set_color_temperature', { kelvin: 'warm white' }, { kelvin: 2700 })
  await does('light.hallway_light', 'turn_on', {}, { state: 'on' })
  await does('light.hallway_light', 'turn_off', {}, { state: 'off' })
  await does('cover.living_room_blind', 'set_position', { position: 30 }, { position: 30 })
  await does('cover.living_room_blind', 'set_position', { position_step: 'up' }, { position: 50 })
  await does('cover.living_room_blind', 'open', {}, { state: 'open', position: 100 })
  await does('cover.garage_door', 'open', {}, { state: 'open' })
  await does('cover.garage_door', 'close', {}, { state: 'closed' })
  await does('lock.front_door', 'unlock', {}, { state: 'unlocked' })
  await does('climate.thermostat', 'set_temperature', { temperature: 19.5 }, { temperature: 19.5 })
  await does('climate.thermostat', 'set_temperature', { temperature_step: 'down' }, { temperature: 18.5 })
  await does('climate.thermostat', 'set_mode', { mode: 'cooling' }, { state: 'cool' })
  await does('climate.thermostat', 'turn_off', {}, { state: 'off' })
  await does('fan.bedroom_fan', 'set_fan_speed', { speed: 'medium' }, { state: 'on', percentage: 66 })
  await does('fan.bedroom_fan', 'turn_off', {}, { state: 'off' })
  await does('vacuum.robot_vacuum', 'start', { area: 'kitchen' }, { state: 'cleaning' })
  await does('vacuum.robot_vacuum', 'return_to_base', {}, { state: 'returning' })
  await does('media_player.television', 'turn_on', {}, { state: 'idle' })
  await does('media_player.television', 'set_volume', { volume_step: 'down' }, { volume_level: 20 })
  await does('media_player.television', 'mute', {}, { muted: true })
  await does(
    'media_player.kitchen_speaker',
    'play_media',
    { query: 'some jazz' },
    { media_title: 'some jazz' },
  )
  await does('media_player.kitchen_speaker', 'pause', {}, { state: 'paused' })
  await does('media_player.kitchen_speaker', 'next', {}, { state: 'playing' })
  await does('appliance.coffee_machine', 'start', {}, { state: 'running' })
  await does(
    'appliance.washing_machine',
    'start',
    { program: 'Cotton 60' },
    { state: 'running', program: 'COTTON_60' },
  )
  await does('switch.printer_socket', 'turn_on', {}, { state: 'on' })
  await does('valve.garden_tap', 'open', {}, { state: 'open' })
  t.match(await one('scene.movie_night', 'activate'), { result: 'sent', reason: 'cannot confirm it' })
})

t.test('what is so already is confirmed as such, and sent all the same', async t => {
  const { one, registry } = await live(t, await demo())
  t.match(await one('lock.front_door', 'lock'), {
    result: 'confirmed',
    already: true,
    state: { state: 'locked' },
  })
  t.notMatch(await one('lock.front_door', 'unlock'), { already: true })
  t.equal(registry.readState('lock.front_door')?.state, 'unlocked')
})

t.test('a device that does not answer is told apart from one that says something else', async t => {
  const { virtual, options, wire } = await live(t, await demo())
  const operation: Operation = { deviceId: 'light.hallway_light', action: 'turn_on', params: {} }
  virtual.playDead('light.hallway_light')
  t.match(await act([operation], { ...options, timeoutMs: 50 }), [
    { result: 'no_answer', reason: 'did not answer within 0.05 s' },
  ])
  await wire.subscribe('demo/hallway/light/set', () => {
    void wire.publish('demo/hallway/light/state', '{"state":"OFF"}')
  })
  t.match(await act([operation], { ...options, timeoutMs: 200 }), [
    { result: 'failed', reason: 'answered, but still says off' },
  ])
  virtual.revive('light.hallway_light')
  t.match(await act([operation], options), [{ result: 'confirmed' }])
})

t.test('what a device cannot do is refused with the reason, and nothing is sent', async t => {
  const home = parseHome(
    {
      areas: ['Barn'],
      devices: [
        { name: 'Barn lamp', kind: 'light', mqtt: { command_topic: 'barn/lamp/set' } },
        { name: 'Barn heater', kind: 'climate', mqtt: 'barn/heater' },
        {
          name: 'Barn white',
          kind: 'light',
          capabilities: ['on_off', 'color_temperature'],
          mqtt: 'barn/white',
        },
        { name: 'Barn robot', kind: 'vacuum', capabilities: ['start_stop'], mqtt: 'barn/robot' },
        { name: 'Barn door', kind: 'lock' },
      ],
    },
    'test',
  )
  const { one, wire } = await live(t, home)
  const seen: string[] = []
  await wire.subscribe('barn/+/set', topic => seen.push(topic))
  const why = async (id: string, action: Operation['action'], params: Operation['params'] = {}) => {
    const outcome = await one(id, action, params)
    return `${outcome?.result}: ${outcome?.reason}`
  }
  t.equal(
    await why('light.barn_lamp', 'set_color', { color: 'red' }),
    'failed: has no way to be told a colour',
  )
  t.equal(
    await why('light.barn_lamp', 'set_brightness', { brightness: 130 }),
    'failed: can only be set from 0 to 100 %',
  )
  t.match(
    await why('light.barn_lamp', 'set_brightness', { brightness_step: 'up' }),
    /has not said where it is/,
  )
  t.match(
    await why('light.barn_white', 'set_color_temperature', { kelvin: 9000 }),
    /from 2000 to 6500 kelvin/,
  )
  t.match(await why('light.barn_white', 'set_color', { color: 'blurple' }), /knows no colour "blurple"/)
  t.match(await why('climate.barn_heater', 'set_temperature', { temperature: 60 }), /from 7 to 35 degrees/)
  t.match(
    await why('climate.barn_heater', 'set_mode', { mode: 'turbo' }),
    /has no mode "turbo" \(it has off, heat/,
  )
  t.match(await why('vacuum.barn_robot', 'pause'), /cannot pause/)
  t.match(await why('vacuum.barn_robot', 'start', { area: 'barn' }), /cannot be sent to one area/)
  t.match(await why('vacuum.barn_robot', 'start', { minutes: 5 }), /for how long/)
  t.match(await why('lock.barn_door', 'lock'), /no MQTT topics are known/)
  t.match(await why('light.nowhere', 'turn_on'), /is not in this home/)
  t.strictSame(seen, [])
  t.equal(await why('light.barn_lamp', 'turn_on'), 'sent: cannot confirm it')
})

t.test('a dry run shows what would be sent', async t => {
  const { options, virtual } = await live(t, await demo())
  const outcomes = await act(
    [
      { deviceId: 'light.desk_lamp', action: 'set_brightness', params: { brightness: 20, delay_minutes: 5 } },
      { deviceId: 'light.desk_lamp', action: 'set_brightness', params: { brightness: 900 } },
    ],
    { ...options, dryRun: true },
  )
  t.match(outcomes, [
    {
      result: 'dry_run',
      messages: [{ topic: 'demo/study/desk_lamp/set', payload: '{"state":"ON","brightness":51}' }],
    },
    { result: 'failed' },
  ])
  t.equal(virtual.fields('light.desk_lamp')?.state, 'off')
})

t.test('operations of one device keep their order, outcomes keep theirs', async t => {
  const { options, virtual } = await live(t, await demo(), 10)
  const outcomes = await act(
    [
      { deviceId: 'light.kitchen_light', action: 'turn_on', params: {} },
      { deviceId: 'switch.printer_socket', action: 'turn_on', params: {} },
      { deviceId: 'light.kitchen_light', action: 'set_brightness', params: { brightness_step: -60 } },
      { deviceId: 'light.kitchen_light', action: 'set_brightness', params: { brightness_step: -60 } },
    ],
    options,
  )
  t.strictSame(
    outcomes.map(({ deviceId, result }) => `${deviceId} ${result}`),
    [
      'light.kitchen_light confirmed',
      'switch.printer_socket confirmed',
      'light.kitchen_light confirmed',
      'light.kitchen_light confirmed',
    ],
  )
  t.equal(virtual.fields('light.kitchen_light')?.state, 'off', 'dimming below nothing turns it off')
})

t.test('a lost connection is an outcome, not an exception', async t => {
  const { options } = await live(t, await demo())
  const wire: Wire = { ...options.wire, publish: () => Promise.reject(new Error('not connected')) }
  t.match(
    await act([{ deviceId: 'switch.printer_socket', action: 'turn_on', params: {} }], { ...options, wire }),
    [{ result: 'failed', reason: 'could not be told: not connected' }],
  )
})
