import { type Codec, choice } from './codec.js'
import { able, type Ports, type Settings, TEMPLATE } from './settings.js'

/* What opens, closes and locks. @source homeassistant/components/mqtt/{cover,valve,lock}.py */

/** A payload that is switched off by an explicit null. */
function payload(settings: Settings, key: string, otherwise: string): string | undefined {
  return settings.raw(key) === null ? undefined : settings.text(key, otherwise)
}

function moving(settings: Settings): Codec {
  return choice({
    open: settings.text('state_open', 'open'),
    closed: settings.text('state_closed', 'closed'),
    opening: settings.text('state_opening', 'opening'),
    closing: settings.text('state_closing', 'closing'),
    stopped: settings.text('state_stopped', 'stopped'),
  })
}

export function bindCover(settings: Settings): Ports | { reason: string } {
  const range: Codec = {
    as: 'range',
    closed: settings.number('position_closed', 0),
    open: settings.number('position_open', 100),
  }
  const verbs = choice({
    open: payload(settings, 'payload_open', 'OPEN'),
    close: payload(settings, 'payload_close', 'CLOSE'),
    stop: payload(settings, 'payload_stop', 'STOP'),
  })
  const writes = [
    ...settings.write('do', 'command_topic', undefined, verbs, 'open_close'),
    ...settings.write('position', 'set_position_topic', 'set_position_template', range, 'position'),
  ]
  if (!writes.length)
    return { reason: 'the cover has neither a usable command_topic nor a set_position_topic' }
  const capabilities = able(writes, { do: 'open_close', position: 'position' })
  return {
    // Home Assistant opens by position where there is no command topic; so do we.
    capabilities: capabilities.includes('open_close') ? capabilities : ['open_close', ...capabilities],
    writes,
    reads: [
      ...settings.read('state', 'state_topic', TEMPLATE, moving(settings)),
      ...settings.read('position', 'position_topic', ['position_template', 'value_template'], range),
    ],
  }
}

export function bindValve(settings: Settings): Ports | { reason: string } {
  const range: Codec = {
    as: 'range',
    closed: settings.number('position_closed', 0),
    open: settings.number('position_open', 100),
  }
  const reports = settings.flag('reports_position')
  const verbs = choice({
    ...(reports
      ? {}
      : {
          open: payload(settings, 'payload_open', 'OPEN'),
          close: payload(settings, 'payload_close', 'CLOSE'),
        }),
    stop: settings.text('payload_stop'),
  })
  const writes = [
    ...settings.write('do', 'command_topic', 'command_template', verbs, 'open_close'),
    ...(reports ? settings.write('position', 'command_topic', 'command_template', range, 'position') : []),
  ]
  if (!writes.length) return { reason: 'the valve has no usable command_topic' }
  const told = reports
    ? settings.read('position', 'state_topic', TEMPLATE, range)
    : settings.read('state', 'state_topic', TEMPLATE, moving(settings))
  return { capabilities: ['open_close', ...(reports ? (['position'] as const) : [])], writes, reads: told }
}

export function bindLock(settings: Settings): Ports | { reason: string } {
  const verbs = choice({
    lock: settings.text('payload_lock', 'LOCK'),
    unlock: settings.text('payload_unlock', 'UNLOCK'),
  })
  const said = choice({
    locked: settings.text('state_locked', 'LOCKED'),
    unlocked: settings.text('state_unlocked', 'UNLOCKED'),
    locking: settings.text('state_locking', 'LOCKING'),
    unlocking: settings.text('state_unlocking', 'UNLOCKING'),
    jammed: settings.text('state_jammed', 'JAMMED'),
  })
  if (settings.has('code_format')) return { reason: 'the lock wants a code, which a voice must not carry' }
  const writes = settings.write('do', 'command_topic', 'command_template', verbs, 'lock')
  if (!writes.length) return { reason: 'the lock has no usable command_topic' }
  return { capabilities: ['lock'], writes, reads: settings.read('state', 'state_topic', TEMPLATE, said) }
}
