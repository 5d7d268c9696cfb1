import type { MqttSettings } from '../home.js'
import type { Capability, Domain } from '../vocabulary.js'
import { bindLight } from './bind-light.js'
import { bindCover, bindLock, bindValve } from './bind-openings.js'
import { bindLawnMower, bindVacuum } from './bind-robots.js'
import type { Binding, Limits, Read } from './binding.js'
import { type Codec, choice, degrees, sameWords, type TemperatureUnit } from './codec.js'
import { able, type Ports, Settings, TEMPLATE } from './settings.js'

/*
 * A device's settings (the keys of Home Assistant's MQTT platforms, from the owner's YAML or a discovery message) as a
 * binding. @source homeassistant/components/mqtt/{switch,cover,valve,climate,fan,lock,vacuum,lawn_mower,scene,sensor,
 * binary_sensor}.py; defaults are theirs.
 */

/** What a binding needs to know of the home. */
export interface Surroundings {
  readonly units: 'metric' | 'us'
  /** What the owner says the device can do; needed for devices that take any action. */
  readonly capabilities?: readonly Capability[]
}

/**
 * Turns settings into a binding.
 * @returns the binding and the keys that it has no use for, or why the device cannot be used. Never throws.
 */
export function bind(
  kind: Domain,
  values: MqttSettings,
  surroundings: Surroundings,
): { binding: Binding; unread: string[] } | { reason: string } {
  const settings = new Settings(values)
  const ports = BINDERS[kind](settings, surroundings)
  if ('reason' in ports) return { reason: [ports.reason, ...settings.problems.map(p => p.reason)].join('; ') }
  // ours: Home Assistant has no programs
  const program = settings.write(
    'program',
    'program_command_topic',
    'program_command_template',
    { as: 'text' },
    'start_stop',
  )
  const mode = settings.text('availability_mode', 'latest')
  const unit = settings.text('unit_of_measurement')
  const availability = settings.availability()
  return {
    binding: {
      kind,
      limits: {},
      ...ports,
      writes: [...ports.writes, ...program],
      availability,
      availabilityMode: mode === 'all' || mode === 'any' ? mode : 'latest',
      qos: settings.qos(),
      retain: settings.flag('retain'),
      ...(unit === undefined ? {} : { unit }),
      unavailable: settings.problems,
    },
    unread: settings.unread(),
  }
}

const BINDERS: Readonly<
  Record<Domain, (settings: Settings, surroundings: Surroundings) => Ports | { reason: string }>
> = {
  light: bindLight,
  switch: bindSwitch,
  fan: bindFan,
  cover: bindCover,
  valve: bindValve,
  lock: bindLock,
  climate: bindClimate,
  vacuum: bindVacuum,
  lawn_mower: bindLawnMower,
  scene: bindScene,
  script: bindScene,
  sensor: settings => ({
    capabilities: [],
    writes: [],
    reads: settings.read('state', 'state_topic', TEMPLATE, { as: 'text' }),
  }),
  binary_sensor: bindBinarySensor,
  media_player: bindActions,
  appliance: bindActions,
}

function bindSwitch(settings: Settings): Ports | { reason: string } {
  const on = settings.text('payload_on', 'ON')
  const off = settings.text('payload_off', 'OFF')
  const writes = settings.write('state', 'command_topic', 'command_template', choice({ on, off }), 'on_off')
  if (!writes.length) return { reason: 'the switch has no usable command_topic' }
  const said = choice({ on: settings.text('state_on', on), off: settings.text('state_off', off) })
  return { capabilities: ['on_off'], writes, reads: settings.read('state', 'state_topic', TEMPLATE, said) }
}

function bindBinarySensor(settings: Settings): Ports {
  const said = choice({ on: settings.text('payload_on', 'ON'), off: settings.text('payload_off', 'OFF') })
  return { capabilities: [], writes: [], reads: settings.read('state', 'state_topic', TEMPLATE, said) }
}

function bindFan(settings: Settings): Ports | { reason: string } {
  const power = choice({ on: settings.text('payload_on', 'ON'), off: settings.text('payload_off', 'OFF') })
  const min = settings.number('speed_range_min', 1)
  const max = settings.number('speed_range_max', 100)
  if (max <= min) return { reason: 'speed_range_max must be larger than speed_range_min' }
  const speeds: Codec = { as: 'speeds', min, max }
  const presets = settings.list('preset_modes')
  const preset = sameWords(presets ?? [])
  const writes = [
    ...settings.write('state', 'command_topic', 'command_template', power, 'on_off'),
    ...settings.write(
      'percentage',
      'percentage_command_topic',
      'percentage_command_template',
      speeds,
      'fan_speed',
    ),
    ...settings.write(
      'preset',
      'preset_mode_command_topic',
      'preset_mode_command_template',
      preset,
      'fan_speed',
    ),
  ]
  if (!writes.some(write => write.field === 'state')) return { reason: 'the fan has no usable command_topic' }
  const named = writes.some(write => write.field === 'preset')
  return {
    capabilities: [
      ...new Set(able(writes, { state: 'on_off', percentage: 'fan_speed', preset: 'fan_speed' })),
    ],
    writes,
    reads: [
      ...settings.read('state', 'state_topic', ['state_value_template', 'value_template'], power),
      ...settings.read('percentage', 'percentage_state_topic', ['percentage_value_template'], speeds),
      ...settings.read('preset', 'preset_mode_state_topic', ['preset_mode_value_template'], { as: 'text' }),
    ],
    limits: named && presets ? { presets } : {},
  }
}

function bindClimate(settings: Settings, { units }: Surroundings): Ports | { reason: string } {
  const home: TemperatureUnit = units === 'us' ? 'F' : 'C'
  const device: TemperatureUnit =
    ({ C: 'C', F: 'F' }[settings.text('temperature_unit', home).toUpperCase()] as TemperatureUnit) ?? home
  const precision = settings.number('precision') ?? (device === 'C' ? 0.1 : 1)
  const step = Math.max(0.01, Math.min(precision, settings.number('temp_step', precision)))
  const temperature: Codec = { as: 'temperature', device, home, step }
  const modes = settings.list('modes') ?? ['auto', 'off', 'cool', 'heat', 'dry', 'fan_only']
  const mode = sameWords(modes)
  const power = choice({ on: settings.text('payload_on', 'ON'), off: settings.text('payload_off', 'OFF') })
  const writes = [
    ...settings.write('mode', 'mode_command_topic', 'mode_command_template', mode, 'hvac_mode'),
    ...settings.write(
      'temperature',
      'temperature_command_topic',
      'temperature_command_template',
      temperature,
      'target_temperature',
    ),
    ...settings.write('power', 'power_command_topic', 'power_command_template', power, 'on_off'),
  ]
  if (!writes.length) return { reason: 'the climate device has no usable command topic' }
  const whole: Codec = { ...temperature, step: 0.1 }
  const capabilities = able(writes, { power: 'on_off', temperature: 'target_temperature', mode: 'hvac_mode' })
  const switchable =
    capabilities.includes('hvac_mode') && modes.includes('off') && !capabilities.includes('on_off')
  const limits: Limits = {
    modes,
    temperature: [
      Math.round(degrees(settings.number('min_temp', device === 'C' ? 7 : 45), device, home)),
      Math.round(degrees(settings.number('max_temp', device === 'C' ? 35 : 95), device, home)),
    ],
  }
  return {
    capabilities: switchable ? ['on_off', ...capabilities] : capabilities,
    writes,
    limits,
    reads: [
      ...settings.read('state', 'mode_state_topic', ['mode_state_template', 'value_template'], mode),
      ...settings.read(
        'temperature',
        'temperature_state_topic',
        ['temperature_state_template', 'value_template'],
        whole,
      ),
      ...settings.read(
        'current_temperature',
        'current_temperature_topic',
        ['current_temperature_template', 'value_template'],
        whole,
      ),
      ...settings.read(
        'current_humidity',
        'current_humidity_topic',
        ['current_humidity_template', 'value_template'],
        { as: 'number' },
      ),
      ...settings.read('action', 'action_topic', ['action_template', 'value_template'], { as: 'text' }),
    ],
  }
}

function bindScene(settings: Settings): Ports | { reason: string } {
  const writes = settings.write(
    'do',
    'command_topic',
    undefined,
    choice({ activate: settings.text('payload_on', 'ON') }),
    'activate',
  )
  return writes.length
    ? { capabilities: ['activate'], writes, reads: [] }
    : { reason: 'the scene has no usable command_topic' }
}

/** Ours, for what Home Assistant has no MQTT platform for: see layout.ts. */
function bindActions(settings: Settings, { capabilities = [] }: Surroundings): Ports | { reason: string } {
  const actionTopic = settings.topic('command_topic', capabilities[0] ?? 'on_off')
  if (!actionTopic) return { reason: 'the device has no usable command_topic' }
  const topic = settings.topic('state_topic', 'state')
  const told: [string, Codec][] = [
    ['state', { as: 'text' }],
    ['volume_level', { as: 'number' }],
    ['muted', { as: 'bool' }],
    ['media_title', { as: 'text' }],
    ['temperature', { as: 'number' }],
    ['mode', { as: 'text' }],
    ['program', { as: 'text' }],
  ]
  return {
    capabilities,
    writes: [],
    actionTopic,
    reads: topic ? told.map(([field, codec]): Read => ({ field, topic, path: [field], codec })) : [],
  }
}
