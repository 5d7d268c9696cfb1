import { sleep } from '../base/clock.js'
import { describe } from '../base/errors.js'
import type { Message } from './devices/binding.js'
import type { Params } from './parsed-command.js'
import { type ActionPlan, planAction } from './plan-action.js'
import type { DeviceState, Registry } from './registry.js'
import { withoutDelay } from './timers.js'
import type { ActionName } from './vocabulary.js'
import type { Wire } from './wire.js'

/*
 * Acting: publishes to a device's command topic and waits until the device itself says that it is done. The only file of
 * this room with an effect on the world.
 */

/** One action on one device, with its parameters as understood. Its time (`delay_*`, `at`) is somebody else's business. */
export interface Operation {
  deviceId: string
  action: ActionName
  params: Params
}

/**
 * - `confirmed`: the device says that it is done, or under way; `already` when it said so before it was told.
 * - `sent`: published, but the device has no way to confirm (no state topic, a scene).
 * - `no_answer`: nothing was heard of the device in time, or it says that it is not there.
 * - `failed`: cannot be done, could not be published, or the device says something else; see `reason`.
 * - `dry_run`: nothing was done; `messages` says what would be sent.
 */
export type ActResult = 'confirmed' | 'sent' | 'no_answer' | 'failed' | 'dry_run'

export interface Outcome {
  readonly deviceId: string
  readonly action: ActionName
  readonly result: ActResult
  readonly already?: boolean
  /** A sentence without its subject, for `failed`, `no_answer` and `sent`: "did not answer within 2 s". */
  readonly reason?: string
  /** What the device says now, when it says anything. */
  readonly state?: DeviceState
  readonly messages?: readonly Message[]
}

export interface ActOptions {
  registry: Registry
  wire: Wire
  /** How long to wait for a device's own word, milliseconds. Default 2000. */
  timeoutMs?: number
  /** Plans everything and sends nothing. */
  dryRun?: boolean
  /** Ends the waiting; what was published stays published. */
  signal?: AbortSignal
}

/**
 * Carries out operations: devices side by side, the operations of one device in order.
 * @returns one outcome for each operation, in their order. Never rejects.
 */
export async function act(operations: readonly Operation[], options: ActOptions): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const byDevice = new Map<string, number[]>()
  operations.forEach((operation, index) => {
    byDevice.set(operation.deviceId, [...(byDevice.get(operation.deviceId) ?? []), index])
  })
  await Promise.all(
    [...byDevice.values()].map(async indexes => {
      for (const index of indexes) {
        const operation = operations[index]
        if (operation) outcomes[index] = await actOnce(operation, options)
      }
    }),
  )
  return outcomes
}

async function actOnce({ deviceId, action, params }: Operation, options: ActOptions): Promise<Outcome> {
  const { registry, dryRun = false } = options
  const told = (result: ActResult, more: Partial<Outcome> = {}): Outcome => {
    const state = registry.readState(deviceId)
    return { deviceId, action, result, ...more, ...(state ? { state } : {}) }
  }
  const home = registry.home()
  const device = home.devices.find(entry => entry.id === deviceId)
  if (!device) return told('failed', { reason: 'is not in this home' })
  const binding = registry.binding(deviceId)
  if (!binding) return told('failed', { reason: 'cannot be reached: no MQTT topics are known for it' })
  const plan = planAction(action, withoutDelay(params), {
    home,
    device,
    binding,
    known: fieldsOf(registry, deviceId),
  })
  if ('refusal' in plan) return told('failed', { reason: plan.refusal })
  if (dryRun) return told('dry_run', { messages: plan.messages })
  // Not sent: nobody wants a door to unlock when the lock comes back an hour later.
  if (registry.available(deviceId) === false) return told('no_answer', { reason: 'is not connected' })
  return send(deviceId, plan, options, told)
}

async function send(
  deviceId: string,
  plan: ActionPlan,
  { registry, wire, timeoutMs = 2_000, signal }: ActOptions,
  told: (result: ActResult, more?: Partial<Outcome>) => Outcome,
): Promise<Outcome> {
  const binding = registry.binding(deviceId)
  const options = { retain: binding?.retain ?? false, qos: binding?.qos ?? 0 }
  const waits = plan.done !== undefined || plan.anyNews === true
  const already = !plan.anyNews && plan.done?.(fieldsOf(registry, deviceId)) === true
  const ended = new AbortController()
  let heard = false
  let done = false
  // Listening starts before publishing: a quick device answers before the publish has returned.
  const forget = registry.onChange(event => {
    if (event.type !== 'state' || event.deviceId !== deviceId || event.retained) return
    heard = true
    if (plan.done && !plan.done(fieldsOf(registry, deviceId))) return
    done = true
    ended.abort()
  })
  try {
    for (const { topic, payload } of plan.messages) await wire.publish(topic, payload, options)
    if (already) return told('confirmed', { already: true })
    if (!waits) return told('sent', { reason: 'cannot confirm it' })
    const stop = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal
    await sleep(timeoutMs, stop).catch(() => undefined)
    if (done) return told('confirmed')
    if (!heard) return told('no_answer', { reason: `did not answer within ${timeoutMs / 1000} s` })
    return told('failed', {
      reason: `answered, but still says ${registry.readState(deviceId)?.state ?? 'something else'}`,
    })
  } catch (error) {
    return told('failed', { reason: `could not be told: ${describe(error)}` })
  } finally {
    forget()
  }
}

function fieldsOf(registry: Registry, deviceId: string) {
  const known = registry.readState(deviceId)
  if (!known) return {}
  return known.state === undefined ? known.attributes : { ...known.attributes, state: known.state }
}
