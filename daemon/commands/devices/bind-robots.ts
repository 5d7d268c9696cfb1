import type { Capability } from '../vocabulary.js'
import type { Read } from './binding.js'
import { type Codec, choice, sameWords } from './codec.js'
import type { Ports, Settings } from './settings.js'

/* What works by itself and goes home. @source homeassistant/components/mqtt/{vacuum,lawn_mower}.py */

const WORKING = sameWords(['cleaning', 'docked', 'paused', 'idle', 'returning', 'error'])

export function bindVacuum(settings: Settings): Ports | { reason: string } {
  if (settings.text('schema') === 'legacy')
    return { reason: 'the "legacy" vacuum schema is gone from Home Assistant too' }
  // clean_spot and locate have no action here; the list is theirs when none is given.
  const features = settings.list('supported_features') ?? [
    'start',
    'stop',
    'return_home',
    'battery',
    'clean_spot',
  ]
  const can = (feature: string, key: string, otherwise: string) =>
    features.includes(feature) ? settings.text(key, otherwise) : undefined
  const verbs = choice({
    start: can('start', 'payload_start', 'start'),
    stop: can('stop', 'payload_stop', 'stop'),
    pause: can('pause', 'payload_pause', 'pause'),
    return_to_base: can('return_home', 'payload_return_to_base', 'return_to_base'),
  })
  const writes = [
    ...settings.write('do', 'command_topic', undefined, verbs, 'start_stop'),
    ...settings.write(
      'segments',
      'clean_segments_command_topic',
      'clean_segments_command_template',
      { as: 'text' },
      'clean_area',
    ),
  ]
  if (!writes.some(write => write.field === 'do')) return { reason: 'the vacuum has no usable command_topic' }
  const topic = settings.topic('state_topic', 'state')
  const told: [string, string, Codec][] = [
    ['state', 'state', WORKING],
    ['battery_level', 'battery_level', { as: 'number' }],
    ['fan_speed', 'fan_speed', { as: 'text' }],
    ['segments', 'segments', { as: 'names' }],
  ]
  return {
    capabilities: [
      ...(features.includes('start') ? (['start_stop'] as const) : []),
      ...(features.includes('pause') ? (['pause_resume'] as const) : []),
      ...(features.includes('return_home') ? (['dock'] as const) : []),
      ...(writes.some(write => write.field === 'segments') ? (['clean_area'] as const) : []),
    ],
    writes,
    reads: topic ? told.map(([field, key, codec]): Read => ({ field, topic, path: [key], codec })) : [],
  }
}

export function bindLawnMower(settings: Settings): Ports | { reason: string } {
  const verb = (name: string, said: string, key: string, serves: Capability) =>
    settings.write('do', `${key}_command_topic`, `${key}_command_template`, choice({ [name]: said }), serves)
  const start = verb('start', 'start_mowing', 'start_mowing', 'start_stop')
  const pause = verb('pause', 'pause', 'pause', 'pause_resume')
  const dock = verb('return_to_base', 'dock', 'dock', 'dock')
  if (!start.length && !dock.length) return { reason: 'the mower has no usable command topic' }
  const said = sameWords(['mowing', 'paused', 'docked', 'returning', 'error'])
  return {
    capabilities: [
      ...(start.length ? (['start_stop'] as const) : []),
      ...(pause.length ? (['pause_resume'] as const) : []),
      ...(dock.length ? (['dock'] as const) : []),
    ],
    writes: [...start, ...pause, ...dock],
    reads: settings.read('state', 'activity_state_topic', ['activity_value_template'], said),
  }
}
