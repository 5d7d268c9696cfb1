/** Actions that do harm when they are a mistake. Pure. */
import type { Operation } from '../act.js'
import type { Device, Home } from '../home.js'
import { words } from '../names.js'

/** Classes of risky actions, as the configuration names them. */
export const RISKS = ['unlock', 'openGarage', 'openValve', 'heat'] as const
export type Risk = (typeof RISKS)[number]
export type RiskPolicy = Readonly<Record<Risk, 'confirm' | 'allow' | 'forbid'>>

/** The option of the configuration that says what may be done of a class. */
export const optionOf = (risk: Risk): string =>
  `commands.risk.${risk.replace(/[A-Z]/g, c => `_${c.toLowerCase()}`)}`

const GATES = new Set(['garage', 'gate', 'door'])
/** Device classes, and words of names, of things that start a fire when nobody looks. */
const HOT = new Set(
  'oven stove cooker cooktop hob grill heater fireplace sauna iron fryer smoker furnace griddle toaster'.split(
    ' ',
  ),
)
const STARTS = new Set(['turn_on', 'start', 'set_temperature', 'resume', 'set_mode'])

/**
 * What is risky about an operation.
 * Room thermostats are not: they hold a temperature and know when it is reached.
 * @returns undefined when nothing is
 */
export function riskOf({ action, params }: Operation, device: Device): Risk | undefined {
  const opens = action === 'open' || (action === 'set_position' && Number(params.position) !== 0)
  if (device.kind === 'lock' && action === 'unlock') return 'unlock'
  if (device.kind === 'cover' && opens && GATES.has(device.class ?? '')) return 'openGarage'
  if (device.kind === 'valve' && opens) return 'openValve'
  const plain = device.kind === 'appliance' || device.kind === 'switch'
  if (
    plain &&
    STARTS.has(action) &&
    (HOT.has(device.class ?? '') || words(device.name).some(w => HOT.has(w)))
  )
    return 'heat'
  return undefined
}

/** What a policy says of some operations: the strictest word, and the devices that it is about. */
export function judge(
  operations: readonly Operation[],
  home: Home,
  policy: RiskPolicy,
): { verdict: 'allow' | 'confirm' | 'forbid'; risk?: Risk; devices: Device[] } {
  const risky = operations.flatMap(operation => {
    const device = home.devices.find(d => d.id === operation.deviceId)
    const risk = device && riskOf(operation, device)
    return risk ? [{ device, risk, verdict: policy[risk] }] : []
  })
  for (const verdict of ['forbid', 'confirm'] as const) {
    const found = risky.filter(r => r.verdict === verdict)
    if (found[0]) return { verdict, risk: found[0].risk, devices: found.map(r => r.device) }
  }
  return { verdict: 'allow', devices: risky.map(r => r.device), ...(risky[0] ? { risk: risky[0].risk } : {}) }
}
