/** Grounding of "start the washer on cotton 60": the device, and which of its programs. Pure; see ground.ts for the whole. */
import type { CompactAction } from './compact.js'
import type { Setting } from './ground.js'
import type { Device, Program } from './home.js'
import { normalise } from './normalise.js'
import { paramsOf } from './params.js'
import type { Action, Refusal } from './parsed-command.js'
import { beside, programNamed, programWithin, sayPrograms } from './programs.js'
import { resolve } from './resolve.js'
import { selectTargets } from './select.js'

/** Actions that may mean "run this program". */
const RUNS: ReadonlySet<string> = new Set(['start', 'turn_on', 'set_mode', 'activate'])

const refuse = (message: string, device: Device): { refusal: Refusal } => ({
  refusal: {
    reason: 'unsupported',
    message,
    remedy: device.programs?.length
      ? 'Say one of its programs, or add this one to the device in the home file.'
      : 'Start it without a program, or list its programs in the home file.',
  },
})

/**
 * Grounds an action that starts something with a program.
 * @returns undefined when it is about no program: then it is grounded as any other
 */
export function groundProgram(
  c: CompactAction,
  setting: Setting,
): { action: Action } | { refusal: Refusal } | undefined {
  if (!RUNS.has(c.action)) return undefined
  const { home } = setting
  const choosers = home.devices.filter(d => d.programs?.length)
  if (choosers.length === 0 && (c.action !== 'start' || c.val === undefined)) return undefined
  const { val, ...bare } = { ...c, action: 'start' as const }
  const selected = selectTargets(bare, setting)
  let devices: Device[]
  let inDevice = ''
  if ('refusal' in selected) {
    // the program may stand among the words for the device, or instead of them: "start the quick wash"
    const found = selected.refusal.reason === 'unknown_device' ? splitOff(bare, choosers, setting) : undefined
    if (!found) return undefined
    if ('refusal' in found) return found
    devices = found.devices
    inDevice = bare.dev ?? ''
  } else devices = selected.targets.flatMap(t => resolve(t, 'start', home, setting.area))
  if (devices.length === 0) return undefined

  const spoken = devices.flatMap(d => [d.name, ...d.aliases, d.class?.replace(/_/g, ' ') ?? '', d.kind])
  const useful = val === undefined ? '' : beside(val, [c.dev ?? '', c.area ?? '', c.for ?? '', ...spoken])
  const without = devices.find(d => !d.programs?.length)
  if (without) {
    if (c.action !== 'start' || !useful) return undefined
    return refuse(`${without.name} has no programs to choose from.`, without)
  }
  const sentence = withoutSpans(setting.said ?? '', c, devices)
  let chosen: Program | undefined
  for (const device of devices) {
    const programs = device.programs ?? []
    const program =
      (val === undefined ? undefined : programNamed(val, programs)) ??
      programWithin(inDevice, programs) ??
      (useful ? undefined : programWithin(sentence, programs))
    if (!program) {
      // a device with modes of its own understands the word by itself
      if (!chosen && (!useful || (c.action === 'set_mode' && device.capabilities.includes('hvac_mode'))))
        return undefined
      return refuse(`${device.name} has no program "${val ?? chosen?.name}"; ${sayPrograms(device)}.`, device)
    }
    chosen ??= program
  }
  const read = paramsOf(bare, home.units)
  if ('problem' in read || !chosen) return undefined
  return {
    action: {
      action: 'start',
      targets: devices.map(d => d.id),
      params: { ...read.params, program: chosen.name },
    },
  }
}

/** Devices of which the words for the device hold a program: "eco dishwasher", or only "eco program". */
function splitOff(
  c: CompactAction,
  choosers: readonly Device[],
  setting: Setting,
): { devices: Device[] } | { refusal: Refusal } | undefined {
  if (c.dev === undefined) return undefined
  const found: Device[] = []
  for (const device of choosers) {
    const program = programWithin(c.dev, device.programs ?? [])
    if (!program) continue
    const rest = beside(c.dev, [program.name, ...program.aliases])
    const named = rest ? selectTargets({ ...c, dev: rest }, setting) : undefined
    const fits =
      !named ||
      ('targets' in named &&
        named.targets.flatMap(t => resolve(t, 'start', setting.home, setting.area)).includes(device))
    if (fits) found.push(device)
  }
  if (found.length <= 1) return found.length ? { devices: found } : undefined
  return {
    refusal: {
      reason: 'ambiguous',
      message: `Which one: ${found.map(d => d.name).join(', ')}?`,
      remedy: 'Name the device together with its program.',
    },
  }
}

/** The sentence without what is known to be something else: the device, the place, the times. */
function withoutSpans(said: string, c: CompactAction, devices: readonly Device[]): string {
  const known = [
    c.area,
    c.for,
    c.in,
    c.at,
    ...devices.flatMap(d => [d.name, ...d.aliases].map(n => normalise(n))),
  ]
    .filter((span): span is string => !!span)
    .sort((a, b) => b.length - a.length)
  return known
    .reduce((text, span) => text.replaceAll(` ${span} `, ' \n '), ` ${said} `)
    .replaceAll('\n', 'and')
}
