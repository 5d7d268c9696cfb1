/** Plans for what runs by itself: robots and appliances. Pure; see plan-action.ts for the whole. */
import { type Fields, writeFor } from './devices/binding.js'
import type { Value } from './devices/codec.js'
import { type Area, slug } from './home.js'
import type { Params } from './parsed-command.js'
import type { Draft, Facts, Result } from './plan-action.js'
import { among } from './plan-levels.js'
import { durationSeconds } from './timers.js'
import type { ActionName } from './vocabulary.js'

const refuse = (refusal: string) => ({ refusal })

const RUNNING = [
  'running',
  'on',
  'cleaning',
  'mowing',
  'playing',
  'starting',
  'heating',
  'brewing',
  'washing',
  'drying',
  'active',
]
const RESTING = ['idle', 'off', 'docked', 'stopped', 'standby', 'returning', 'ready', 'paused']

/** Start, stop, pause, resume and go home, of whatever works by itself. */
export function run(
  action: ActionName,
  params: Params,
  { home, device, binding, known }: Facts,
): Result<Draft> {
  const seconds = durationSeconds(params)
  const area = typeof params.area === 'string' ? params.area : undefined
  const more: Params = {
    ...(seconds === undefined ? {} : { duration_seconds: seconds }),
    ...(area === undefined ? {} : { area }),
  }
  const expected: Partial<Record<ActionName, readonly string[]>> = {
    start: RUNNING, resume: RUNNING, stop: RESTING, pause: ['paused', 'idle'], return_to_base: ['returning', 'docked'],
  } // biome-ignore format: a table
  const done = (now: Fields) => among(now.state, ...(expected[action] ?? []))
  if (binding.actionTopic !== undefined) return { change: [], more, done }
  if (seconds !== undefined) return refuse('cannot be told for how long')
  if (area !== undefined && action === 'start') {
    const place = home.areas.find(entry => entry.id === area)
    const segments = segmentsOf(known.segments, place)
    if (!writeFor(binding, 'segments', '[]')) return refuse('cannot be sent to one area')
    if (!segments.length) return refuse(`has no map of ${place?.name ?? area}`)
    return { change: [['segments', JSON.stringify(segments)]], done }
  }
  const verbs: Partial<Record<ActionName, readonly string[]>> = {
    resume: ['start'],
    // Mowers have no stop: they pause where they are.
    stop: device.kind === 'lawn_mower' ? ['stop', 'pause', 'return_to_base'] : ['stop'],
  }
  const verb = (verbs[action] ?? [action]).find(name => writeFor(binding, 'do', name))
  if (!verb) return refuse(`cannot ${action.replaceAll('_', ' ')}`)
  return { change: [['do', verb]], done }
}

/** Ids of the vacuum's segments that bear the area's name. */
function segmentsOf(segments: Value | undefined, area: Area | undefined): string[] {
  if (!area || typeof segments !== 'object' || segments === null || Array.isArray(segments)) return []
  const names = [area.id, area.name, ...area.aliases].map(slug)
  return Object.entries(segments as Record<string, string>).flatMap(([id, name]) =>
    names.includes(slug(name)) ? id : [],
  )
}
