import { CAPABILITIES, type Capability } from '../vocabulary.js'
import type { Read, Write } from './binding.js'
import type { Codec, ColorSpace } from './codec.js'
import { kelvinToMired } from './color.js'
import type { Ports, Settings } from './settings.js'

/*
 * Lights in Home Assistant's "basic" and "json" schemas. The "template" schema is refused: its templates are programs.
 * @source homeassistant/components/mqtt/light/schema_basic.py, schema_json.py
 */

const SPACES: readonly ColorSpace[] = ['hs', 'xy', 'rgb', 'rgbw', 'rgbww']
const ON_OFF: Codec = { as: 'choice', values: { on: 'ON', off: 'OFF' } }

export function bindLight(settings: Settings): Ports | { reason: string } {
  const schema = settings.text('schema', 'basic').toLowerCase()
  if (schema === 'template')
    return { reason: 'lights with "schema: template" are not understood; use json or basic' }
  if (schema !== 'basic' && schema !== 'json' && schema !== 'default')
    return { reason: `there is no light schema "${schema}"` }
  return schema === 'json' ? json(settings) : basic(settings)
}

/** Kelvin that the lamp can do; Home Assistant's own limits where it does not say. */
function kelvinLimits(settings: Settings): [number, number] {
  const fromMired = (key: string) => {
    const mired = settings.number(key)
    return mired && mired > 0 ? kelvinToMired(mired) : undefined
  }
  return [
    settings.number('min_kelvin') ?? fromMired('max_mireds') ?? 2000,
    settings.number('max_kelvin') ?? fromMired('min_mireds') ?? 6535,
  ]
}

function json(settings: Settings): Ports | { reason: string } {
  const command = settings.topic('command_topic', 'on_off')
  if (!command) return { reason: 'the light has no command_topic' }
  const state = settings.topic('state_topic', 'state')
  const modes = settings.list('supported_color_modes') ?? []
  const lit = modes.filter(mode => mode !== 'onoff')
  // Before color_mode (2021) every ability had its own flag; old firmware still says so.
  const space = SPACES.find(entry => modes.includes(entry)) ?? SPACES.find(entry => settings.flag(entry))
  const brightness = settings.flag('brightness') || lit.length > 0 || space !== undefined
  const whites = modes.includes('color_temp') || (modes.length === 0 && settings.flag('color_temp'))
  settings.flag('color_mode')
  const scale: Codec = { as: 'range', closed: 0, open: settings.number('brightness_scale', 255) }
  const kelvin: Codec = { as: settings.flag('color_temp_kelvin') ? 'kelvin' : 'mired' }
  const fields: { field: string; path: string[]; codec: Codec; gives?: Capability }[] = [
    { field: 'state', path: ['state'], codec: ON_OFF, gives: 'on_off' },
  ]
  if (brightness)
    fields.push({ field: 'brightness', path: ['brightness'], codec: scale, gives: 'brightness' })
  if (space) {
    const codec: Codec = { as: 'color', space, shape: 'object' }
    fields.push({ field: 'color', path: ['color'], codec, gives: 'color' })
  }
  if (whites)
    fields.push({ field: 'kelvin', path: ['color_temp'], codec: kelvin, gives: 'color_temperature' })
  return {
    capabilities: fields.flatMap(entry => entry.gives ?? []),
    writes: fields.map(({ field, path, codec }): Write => ({ field, path, codec, topic: command })),
    reads: state ? fields.map(({ field, path, codec }): Read => ({ field, path, codec, topic: state })) : [],
    limits: whites ? { kelvin: kelvinLimits(settings) } : {},
  }
}

function basic(settings: Settings): Ports | { reason: string } {
  const power: Codec = {
    as: 'choice',
    values: { on: settings.text('payload_on', 'ON'), off: settings.text('payload_off', 'OFF') },
  }
  const scale: Codec = { as: 'range', closed: 0, open: settings.number('brightness_scale', 255) }
  const kelvin: Codec = { as: settings.flag('color_temp_kelvin') ? 'kelvin' : 'mired' }
  const writes: Write[] = [
    ...settings.write('state', 'command_topic', undefined, power, 'on_off'),
    ...settings.write(
      'brightness',
      'brightness_command_topic',
      'brightness_command_template',
      scale,
      'brightness',
    ),
    ...settings.write(
      'kelvin',
      'color_temp_command_topic',
      'color_temp_command_template',
      kelvin,
      'color_temperature',
    ),
  ]
  if (!writes.some(write => write.field === 'state'))
    return { reason: 'the light has no usable command_topic' }
  const reads: Read[] = [
    ...settings.read('state', 'state_topic', ['state_value_template', 'value_template'], power),
    ...settings.read('brightness', 'brightness_state_topic', ['brightness_value_template'], scale),
    ...settings.read('kelvin', 'color_temp_state_topic', ['color_temp_value_template'], kelvin),
  ]
  for (const space of SPACES) {
    const codec: Codec = { as: 'color', space, shape: 'list' }
    if (!writes.some(write => write.field === 'color'))
      writes.push(
        ...settings.write('color', `${space}_command_topic`, `${space}_command_template`, codec, 'color'),
      )
    if (!reads.some(read => read.field === 'color'))
      reads.push(...settings.read('color', `${space}_state_topic`, [`${space}_value_template`], codec))
  }
  const gives: Record<string, Capability> = {
    state: 'on_off',
    brightness: 'brightness',
    color: 'color',
    kelvin: 'color_temperature',
  }
  const can = new Set(writes.map(write => gives[write.field]))
  const order = settings.text('on_command_type', 'last')
  return {
    capabilities: CAPABILITIES.filter(capability => can.has(capability)),
    writes,
    reads,
    limits: can.has('color_temperature') ? { kelvin: kelvinLimits(settings) } : {},
    onCommand: order === 'first' || order === 'brightness' ? order : 'last',
  }
}
