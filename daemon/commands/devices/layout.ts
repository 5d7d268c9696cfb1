import type { ConfiguredDevice, Device, MqttSettings } from '../home.js'
import type { Capability } from '../vocabulary.js'

import { bind, type Surroundings } from './bind.js'
import type { Binding } from './binding.js'

/*
 * The plain layout: a device whose owner writes only a base topic (`mqtt: home/kitchen/ceiling`).
 *
 * | kind | commands | state |
 * | --- | --- | --- |
 * | all | `<base>/set` | `<base>/state` |
 * | light | JSON `{"state": "ON", "brightness": 0..255, "color": {"r","g","b"}, "color_temp": kelvin}` | the same |
 * | switch, fan, scene, script | `ON`, `OFF` | `ON`, `OFF` |
 * | cover, valve | `OPEN`, `CLOSE`, `STOP`; `<base>/position/set` 0..100 | `open`, `closed`, `opening`, `closing`; `<base>/position` |
 * | fan speed | `<base>/percentage/set` 0..100 | `<base>/percentage` |
 * | climate | `<base>/mode/set`, `<base>/temperature/set` | `<base>/mode`, `<base>/temperature`, `<base>/current_temperature` |
 * | lock | `LOCK`, `UNLOCK` | `LOCKED`, `UNLOCKED` |
 * | vacuum | `start`, `stop`, `pause`, `return_to_base`; `<base>/segments/set` a list of ids | JSON `{"state", "battery_level", "segments": {id: name}}` |
 * | lawn_mower | `<base>/start_mowing/set`, `<base>/pause/set`, `<base>/dock/set` | `mowing`, `paused`, `docked`, `returning` |
 * | media_player, appliance | JSON `{"action": "set_volume", "volume_level": 30}`: our action names and parameters | JSON `{"state", "volume_level", "muted", "media_title", "temperature", "mode", "program"}` |
 * | sensor, binary_sensor | | the reading; `ON`, `OFF` |
 *
 * Programs of a device (`programs:` in the home file): an appliance is told `{"action": "start", "program": "Eco"}`, with the
 * program's `payload` instead of its name where it has one; any other device is told that payload alone, on the topic on
 * which it is otherwise started. A `program_command_topic` (with `program_command_template`) among the settings is told the
 * payload, or the name, before the device is started.
 *
 * Home Assistant reads the same settings through discovery, except for media_player, appliance and script.
 */

/** The settings that a base topic stands for. */
export function settingsAt(base: string, device: Device): MqttSettings {
  const can = (capability: Capability) => device.capabilities.includes(capability)
  const topics = { command_topic: `${base}/set`, state_topic: `${base}/state` }
  switch (device.kind) {
    case 'light':
      return { ...topics, schema: 'json', ...lightModes(can) }
    case 'fan':
      return {
        ...topics,
        ...(can('fan_speed')
          ? {
              percentage_command_topic: `${base}/percentage/set`,
              percentage_state_topic: `${base}/percentage`,
            }
          : {}),
      }
    case 'cover':
      return {
        ...topics,
        ...(can('position')
          ? { set_position_topic: `${base}/position/set`, position_topic: `${base}/position` }
          : {}),
      }
    case 'valve':
      return can('position') ? { ...topics, reports_position: true } : topics
    case 'climate':
      return {
        mode_command_topic: `${base}/mode/set`,
        mode_state_topic: `${base}/mode`,
        modes: ['off', 'heat', 'cool', 'auto'],
        temperature_command_topic: `${base}/temperature/set`,
        temperature_state_topic: `${base}/temperature`,
        current_temperature_topic: `${base}/current_temperature`,
      }
    case 'vacuum':
      return {
        ...topics,
        supported_features: ['start', 'stop', 'return_home', ...(can('pause_resume') ? ['pause'] : [])],
        ...(can('clean_area') ? { clean_segments_command_topic: `${base}/segments/set` } : {}),
      }
    case 'lawn_mower':
      return {
        start_mowing_command_topic: `${base}/start_mowing/set`,
        pause_command_topic: `${base}/pause/set`,
        dock_command_topic: `${base}/dock/set`,
        activity_state_topic: `${base}/state`,
      }
    case 'scene':
    case 'script':
      return { command_topic: topics.command_topic }
    case 'sensor':
    case 'binary_sensor':
      return { state_topic: topics.state_topic }
    default:
      return topics
  }
}

function lightModes(can: (capability: Capability) => boolean): MqttSettings {
  const modes = [...(can('color') ? ['rgb'] : []), ...(can('color_temperature') ? ['color_temp'] : [])]
  if (modes.length)
    return {
      brightness: true,
      supported_color_modes: modes,
      color_temp_kelvin: true,
      min_kelvin: 2000,
      max_kelvin: 6500,
    }
  return can('brightness') ? { brightness: true, supported_color_modes: ['brightness'] } : {}
}

/** The settings of a device as its owner wrote them, a base topic spelled out; undefined when he wrote none. */
export function settingsOf(device: ConfiguredDevice): MqttSettings | undefined {
  return typeof device.mqtt === 'string' ? settingsAt(device.mqtt, device) : device.mqtt
}

/**
 * The binding of a device from its owner's file.
 * @returns undefined when the file does not say how to reach it; a reason when what it says cannot be used
 */
export function bindConfigured(
  device: ConfiguredDevice,
  units: Surroundings['units'],
): { binding: Binding; capabilities: Capability[] } | { reason: string } | undefined {
  const settings = settingsOf(device)
  if (!settings) return undefined
  const bound = bind(device.kind, settings, { units, capabilities: device.capabilities })
  if ('reason' in bound) return bound
  if (bound.unread.length) return { reason: `no ${device.kind} has the MQTT setting "${bound.unread[0]}"` }
  const { binding } = bound
  const wanted = device.capabilitiesAssumed ? [...binding.capabilities] : device.capabilities
  const missing = wanted
    .filter(capability => !binding.capabilities.includes(capability))
    .filter(capability => !binding.unavailable.some(entry => entry.capability === capability))
    .map(capability => ({ capability, reason: 'the MQTT settings say no way to command it' }))
  return {
    binding: { ...binding, unavailable: [...binding.unavailable, ...missing] },
    capabilities: wanted.filter(capability => binding.capabilities.includes(capability)),
  }
}
