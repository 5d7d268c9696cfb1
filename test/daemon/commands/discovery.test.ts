import fc from 'fast-check'
import t from 'tap'
import { readMessage, writeMessages } from '../../../daemon/commands/devices/binding.js'
import { payloadScope, readTemplate, render } from '../../../daemon/commands/devices/template.js'
import { type DiscoveredDevice, readDiscovery } from '../../../daemon/commands/discovery.js'

const bytes = (value: unknown) =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))
const read = (topic: string, value: unknown, units: 'metric' | 'us' = 'metric') =>
  readDiscovery('homeassistant', topic, bytes(value), units)

function only(topic: string, value: unknown, units: 'metric' | 'us' = 'metric'): DiscoveredDevice {
  const found = read(topic, value, units)
  if (found.type !== 'found' || !found.devices[0]) throw new Error(JSON.stringify(found))
  return found.devices[0]
}
const heard = (found: DiscoveredDevice, topic: string, value: unknown) =>
  readMessage(found.binding, topic, bytes(value))
const sent = (found: DiscoveredDevice, change: Parameters<typeof writeMessages>[1]) => {
  const written = writeMessages(found.binding, change)
  return 'messages' in written ? written.messages.map(({ topic, payload }) => `${topic} ${payload}`) : written
}

t.test('a light in the json schema, as Zigbee bridges announce it', async t => {
  const found = only('homeassistant/light/0x0017/light/config', {
    schema: 'json',
    brightness: true,
    brightness_scale: 254,
    supported_color_modes: ['xy', 'color_temp'],
    command_topic: 'zb/Corner lamp/set',
    state_topic: 'zb/Corner lamp',
    min_mireds: 153,
    max_mireds: 500,
    name: null,
    unique_id: '0x0017_light',
    device: { identifiers: ['zb_0x0017'], name: 'Corner lamp', suggested_area: 'Music Room' },
    availability: [{ topic: 'zb/bridge/state', value_template: '{{ value_json.state }}' }],
    availability_mode: 'all',
  })
  t.match(found.device, {
    id: 'light.corner_lamp',
    name: 'Corner lamp',
    area: 'music_room',
    capabilities: ['on_off', 'brightness', 'color', 'color_temperature'],
  })
  t.equal(found.areaName, 'Music Room')
  t.strictSame(found.binding.limits.kelvin, [2000, 6536])
  t.strictSame(
    sent(found, [
      ['state', 'on'],
      ['brightness', 50],
    ]),
    ['zb/Corner lamp/set {"state":"ON","brightness":127}'],
  )
  t.match(
    heard(found, 'zb/Corner lamp', {
      state: 'ON',
      brightness: 127,
      color_temp: 370,
      color: { x: 0.7, y: 0.3 },
    }),
    {
      state: 'on',
      brightness: 50,
      kelvin: 2703,
    },
  )
  t.strictSame(found.binding.availability, [
    { topic: 'zb/bridge/state', path: ['state'], yes: 'online', no: 'offline' },
  ])
})

t.test('a light in the basic schema, with short keys and a base topic', async t => {
  const found = only('homeassistant/light/spots/config', {
    '~': 'attic/spots',
    name: 'Attic spots',
    cmd_t: '~/set',
    stat_t: '~/state',
    stat_val_tpl: '{{ value_json.power }}',
    bri_cmd_t: '~/dim/set',
    bri_stat_t: '~/dim',
    bri_scl: 100,
    rgb_cmd_t: '~/rgb/set',
    rgb_cmd_tpl: '{{ red }};{{ green }};{{ blue }}',
    clr_temp_cmd_t: '~/white/set',
    pl_on: 1,
    pl_off: 0,
  })
  t.strictSame(found.device.capabilities, ['on_off', 'brightness', 'color', 'color_temperature'])
  t.strictSame(
    sent(found, [
      ['state', 'on'],
      ['brightness', 30],
    ]),
    ['attic/spots/dim/set 30', 'attic/spots/set 1'],
  )
  t.strictSame(sent(found, [['color', [255, 128, 0]]]), ['attic/spots/rgb/set 255;128;0'])
  t.strictSame(sent(found, [['kelvin', 4000]]), ['attic/spots/white/set 250'])
  t.strictSame(heard(found, 'attic/spots/state', { power: 1 }), { state: 'on' })
})

t.test('switches, locks, scenes and sensors', async t => {
  const plug = only('homeassistant/switch/node7/plug/config', {
    command_topic: 'p/set',
    state_topic: 'p',
    value_template: "{{ 'ON' if value_json.on else 'OFF' }}",
    device_class: 'outlet',
    device: { ids: 'x', name: 'Heater plug' },
  })
  t.match(plug.device, { id: 'switch.heater_plug', class: 'outlet', capabilities: ['on_off'] })
  t.strictSame(heard(plug, 'p', { on: false }), { state: 'off' })
  const lock = only('homeassistant/lock/back/config', {
    name: 'Back door',
    command_topic: 'l/set',
    state_topic: 'l',
  })
  t.strictSame(sent(lock, [['do', 'unlock']]), ['l/set UNLOCK'])
  t.strictSame(heard(lock, 'l', 'JAMMED'), { state: 'jammed' })
  t.match(read('homeassistant/lock/safe/config', { command_topic: 'l/set', code_format: '^\\d{4}$' }), {
    devices: [],
    skipped: [{ reason: /code/ }],
  })
  const scene = only('homeassistant/scene/dinner/config', {
    name: 'Dinner',
    command_topic: 's',
    payload_on: 'go',
  })
  t.strictSame(sent(scene, [['do', 'activate']]), ['s go'])
  const sensor = only('homeassistant/sensor/bath/hum/config', {
    name: 'Humidity',
    dev_cla: 'humidity',
    unit_of_meas: '%',
    stat_t: 'b',
    val_tpl: '{{ value_json.h | round(1) }}',
    dev: { ids: ['b'], name: 'Bath sensor' },
  })
  t.match(sensor.device, {
    id: 'sensor.bath_sensor_humidity',
    name: 'Bath sensor Humidity',
    class: 'humidity',
  })
  t.strictSame(heard(sensor, 'b', { h: 51.26 }), { state: '51.3' })
})

t.test('covers turn percent into their own range, also upside down', async t => {
  const found = only('homeassistant/cover/blind/config', {
    name: 'Loft blind',
    command_topic: 'c/set',
    payload_stop: null,
    set_position_topic: 'c/pos/set',
    position_topic: 'c/pos',
    position_open: 0,
    position_closed: 200,
  })
  t.strictSame(found.device.capabilities, ['open_close', 'position'])
  t.strictSame(sent(found, [['position', 25]]), ['c/pos/set 150'])
  t.strictSame(heard(found, 'c/pos', '200'), { position: 0, state: 'closed' })
  t.strictSame(heard(found, 'c/pos', '150'), { position: 25, state: 'open' })
  t.strictSame(sent(found, [['do', 'stop']]), { missing: 'do' })
  const valve = only('homeassistant/valve/main/config', {
    command_topic: 'v/set',
    state_topic: 'v',
    reports_position: true,
  })
  t.strictSame(sent(valve, [['position', 40]]), ['v/set 40'])
})

t.test('a thermostat in another unit than the home', async t => {
  const found = only(
    'homeassistant/climate/den/config',
    {
      name: 'Den',
      modes: ['off', 'heat'],
      mode_command_topic: 'd/mode/set',
      mode_state_topic: 'd/mode',
      temperature_command_topic: 'd/t/set',
      temperature_state_topic: 'd/t',
      current_temperature_topic: 'd/now',
      temperature_unit: 'C',
      min_temp: 5,
      max_temp: 30,
      temp_step: 0.5,
    },
    'us',
  )
  t.strictSame(found.device.capabilities, ['on_off', 'target_temperature', 'hvac_mode'])
  t.strictSame(found.binding.limits.temperature, [41, 86])
  t.strictSame(sent(found, [['temperature', 70]]), ['d/t/set 21.1'])
  t.strictSame(heard(found, 'd/now', '20'), { current_temperature: 68 })
  t.strictSame(heard(found, 'd/mode', 'heat'), { state: 'heat' })
})

t.test('fans round up to their speeds; vacuums offer what they say they can', async t => {
  const fan = only('homeassistant/fan/f/config', {
    command_topic: 'f/set',
    percentage_command_topic: 'f/speed/set',
    percentage_state_topic: 'f/speed',
    speed_range_max: 3,
  })
  t.strictSame(sent(fan, [['percentage', 40]]), ['f/speed/set 2'])
  t.strictSame(heard(fan, 'f/speed', '2'), { percentage: 66 })
  const vacuum = only('homeassistant/vacuum/v/config', {
    command_topic: 'v/set',
    state_topic: 'v',
    supported_features: ['start', 'return_home'],
    clean_segments_command_topic: 'v/rooms',
  })
  t.strictSame(vacuum.device.capabilities, ['start_stop', 'dock', 'clean_area'])
  t.match(heard(vacuum, 'v', { state: 'cleaning', battery_level: 61, segments: { 4: 'Den' } }), {
    state: 'cleaning',
    battery_level: 61,
    segments: { 4: 'Den' },
  })
  t.strictSame(sent(vacuum, [['do', 'pause']]), { missing: 'do' })
})

t.test('one message for a whole device; a component is taken back by its platform alone', async t => {
  const found = read('homeassistant/device/bridge9/config', {
    dev: { ids: 'b9', name: 'Porch box', sa: 'Porch' },
    o: { name: 'boxes' },
    state_topic: 'box/state',
    cmps: {
      relay: { p: 'switch', cmd_t: 'box/relay/set', val_tpl: '{{ value_json.relay }}' },
      door: { p: 'binary_sensor', name: 'Lid', dev_cla: 'door', val_tpl: '{{ value_json.lid }}' },
      gone: { p: 'light' },
      clock: { p: 'time', cmd_t: 'box/time' },
    },
  })
  t.match(found, {
    type: 'found',
    source: 'device bridge9',
    devices: [
      { device: { id: 'switch.porch_box', area: 'porch' } },
      { device: { id: 'binary_sensor.porch_box_lid', class: 'door' } },
    ],
    skipped: [{ reason: /time/ }],
  })
})

t.test('an empty message takes an announcement back', async t => {
  t.strictSame(read('homeassistant/light/n/o/config', ''), { type: 'gone', source: 'light n o' })
})

t.test('what is not for voices, or not understood, is left out with a reason', async t => {
  const why = (topic: string, value: unknown) => {
    const found = read(topic, value)
    return found.type === 'found'
      ? found.skipped[0]?.reason
      : found.type === 'ignored'
        ? found.reason
        : found.type
  }
  const topic = 'homeassistant/switch/x/config'
  t.match(why(topic, { command_topic: 'a', entity_category: 'config' }), /for config/)
  t.match(why(topic, { command_topic: 'a', enabled_by_default: false }), /disabled/)
  t.match(why(topic, {}), /command_topic/)
  t.match(why(topic, { command_topic: '#' }), /wildcards/)
  t.match(why(topic, '{"command_topic":'), /no JSON/)
  t.match(why(topic, '[]'), /no JSON/)
  t.match(why('homeassistant/light/x/config', { schema: 'template', command_topic: 'a' }), /template/)
  t.match(why('homeassistant/camera/x/config', { topic: 'a' }), /camera/)
  t.match(why('homeassistant/light/x y/config', {}), /no discovery topic/)
  t.match(why('elsewhere/light/x/config', {}), /no discovery topic/)
})

t.test('a template that is a program costs its own value only', async t => {
  const found = only('homeassistant/light/x/config', {
    command_topic: 'a/set',
    state_topic: 'a',
    brightness_command_topic: 'a/b',
    brightness_command_template: '{% if value > 3 %}{{ value }}{% endif %}',
  })
  t.strictSame(found.device.capabilities, ['on_off'])
  t.match(found.binding.unavailable, [{ capability: 'brightness', reason: /statements/ }])
})

t.test('templates reckon, choose and format, and have no way out', async t => {
  const result = (source: string, payload: string) => {
    const read = readTemplate(source)
    return 'template' in read ? render(read.template, payloadScope(payload)) : read.reason
  }
  t.equal(result('{{ value }}', 'on'), 'on')
  t.equal(result("{{ value_json['a'].b[1] }}", '{"a":{"b":[1,7]}}'), '7')
  t.equal(result('{{ (value | float * 2.55) | round | int }}', '40'), '102')
  t.equal(result("{{ value_json.x | default('none') }}", '{}'), 'none')
  t.equal(result('{"v": {{ value | int + 1 }}, "ok": {{ not value == "3" }}}', '2'), '{"v": 3, "ok": True}')
  t.equal(result('{{ value_json.a }}', 'not json'), undefined)
  t.equal(result('{{ value_json.constructor }}', '{}'), undefined)
  for (const bad of [
    '{{ states("x") }}',
    '{% set a = 1 %}',
    '{{ value | map("x") }}',
    '{{ self }}',
    '{{ value',
    '{{ 1 1 }}',
  ])
    t.match(result(bad, '1'), /template/)
  t.match(result(`{{ ${'('.repeat(200)}1${')'.repeat(200)} }}`, '1'), /template/)
})

t.test('no announcement whatever can do more than be refused', async t => {
  const key = fc.constantFrom(
    'schema', 'command_topic', 'state_topic', 'brightness', 'supported_color_modes', 'modes', 'device', 'availability', '~',
    'payload_on', 'value_template', 'cmps', 'p', 'components', 'platform', 'supported_features', 'position_open', '__proto__', 'name',
    'percentage_command_topic', 'speed_range_max', 'brightness_scale', 'temperature_command_topic', 'temp_step',
  ) // biome-ignore format: a list
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('a/b', '~/x', 'json', '{{ value_json.a }}', ['rgb'], 'light', 0, -1, 1e308),
  )
  const config = fc.oneof(
    fc.dictionary(key, fc.oneof({ maxDepth: 2 }, value, fc.dictionary(key, value))),
    fc.jsonValue(),
  )
  const component = fc.constantFrom(
    'light', 'switch', 'cover', 'valve', 'climate', 'fan', 'lock', 'vacuum', 'lawn_mower', 'scene', 'sensor', 'binary_sensor', 'device', 'x',
  ) // biome-ignore format: a list
  fc.assert(
    fc.property(component, config, fc.uint8Array({ maxLength: 60 }), (kind, json, noise) => {
      const found = read(`homeassistant/${kind}/o/config`, json)
      if (found.type === 'found')
        for (const { binding } of found.devices)
          for (const entry of binding.reads) {
            readMessage(binding, entry.topic, noise)
            readMessage(binding, entry.topic, bytes(json))
          }
      readDiscovery('homeassistant', `homeassistant/${kind}/o/config`, noise, 'us')
    }),
    { numRuns: 1500 },
  )
  fc.assert(
    fc.property(fc.string(), fc.string(), (template, payload) => {
      const read = readTemplate(`{{ ${template} }}`)
      if ('template' in read) render(read.template, payloadScope(payload))
    }),
    { numRuns: 1500 },
  )
  t.equal(({} as Record<string, unknown>).a, undefined)
})
