/** What devices said, kept as facts. The broker's retained messages are the memory; this is only the reading of it. */
import type { Clock } from '../../daemon/base/clock.js'
import { z } from '../../daemon/base/schema.js'
import { Desired } from '../format/desired.js'
import { DeviceUpdates, type UpdateState } from '../format/state.js'
import { type DeviceFacts, type ModelFacts, unknownDevice } from './facts.js'
import type { DeviceKeys } from './keys.js'
import type { DeviceTopic } from './topics.js'

const Status = z.looseObject({
  state: z.enum(['online', 'degraded', 'offline']),
  board: z.string().optional().catch(undefined),
  since: z.string().max(40).optional().catch(undefined),
})

/** Ids of devices that may be kept in mind: whoever may write to the broker could invent some. */
const MOST_DEVICES = 200_000

export interface HeardOptions {
  clock: Clock
  keys: DeviceKeys
  /** Something came that is not what it should be. */
  onOdd: (device: string, problem: string) => void
}

export class Heard {
  readonly #o: HeardOptions
  readonly devices = new Map<string, DeviceFacts>()
  /** What this program told and the broker has not said back yet, oldest first. */
  readonly #echoes = new Map<string, (string | undefined)[]>()

  constructor(options: HeardOptions) {
    this.#o = options
  }

  /** A device that nobody heard of yet is meant by name. */
  expect(id: string): void {
    if (!this.devices.has(id)) this.devices.set(id, unknownDevice(id))
  }

  hear(id: string, what: DeviceTopic, payload: Uint8Array): void {
    const before = this.devices.get(id)
    if (before === undefined && this.devices.size >= MOST_DEVICES) return
    const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8')
    const more = this.#read(before ?? unknownDevice(id), id, what, text)
    if (more === undefined) return
    this.devices.set(id, { ...(before ?? unknownDevice(id)), ...more })
  }

  /** What this program told a device, before the broker says it back. */
  told(id: string, more: Partial<Pick<DeviceFacts, 'desired' | 'askedMs'>>): void {
    if (more.desired) this.#echoes.set(id, [...(this.#echoes.get(id) ?? []).slice(-7), more.desired.id])
    this.devices.set(id, { ...(this.devices.get(id) ?? unknownDevice(id)), ...more })
  }

  /** It did not reach the broker: what was desired before holds, unless something newer came meanwhile. */
  notTold(id: string, desired: Desired, before: Desired | undefined): void {
    const facts = this.devices.get(id)
    if (facts?.desired !== desired) return
    this.devices.set(id, { ...facts, desired: before })
    this.#echoes.set(id, (this.#echoes.get(id) ?? []).slice(0, -1))
  }

  /** The broker began anew: what it kept may be gone. What devices said of themselves they say again. */
  forgetDesired(): void {
    this.#echoes.clear()
    for (const [id, { desired: _, ...facts }] of this.devices) this.devices.set(id, facts)
  }

  #read(before: DeviceFacts, id: string, what: DeviceTopic, text: string): Partial<DeviceFacts> | undefined {
    // an empty retained message takes back what was there
    const isGone = text.trim() === ''
    const value = isGone ? undefined : jsonOf(text)
    if (typeof what === 'object') return isGone ? undefined : this.#report(before, id, what.report, value)
    switch (what) {
      case 'status': {
        if (isGone) return { presence: 'unknown' }
        const status = Status.safeParse(value)
        if (!status.success) return this.#odd(id, 'its status cannot be read')
        const { state: presence, board, since } = status.data
        return { presence, since, ...(board === undefined ? {} : { board }) }
      }
      case 'desired': {
        if (isGone) return { desired: { version: 1, models: [] } }
        const desired = Desired.safeParse(value)
        if (!desired.success) return this.#odd(id, 'what is desired of it cannot be read')
        return this.#isOvertaken(id, desired.data.id) ? undefined : { desired: desired.data }
      }
      case 'key': {
        const problem = isGone ? undefined : this.#o.keys.learn(id, value)
        return problem === undefined ? undefined : this.#odd(id, problem)
      }
      case 'state': {
        if (isGone) return undefined
        const updates = DeviceUpdates.safeParse(value)
        return updates.success
          ? this.#state(before, updates.data)
          : this.#odd(id, 'its update/state cannot be read')
      }
    }
  }

  /** The echo of what this program told before it told something else: it must not count for what holds now. */
  #isOvertaken(id: string, desiredId: string | undefined): boolean {
    const echoes = this.#echoes.get(id)
    const at = echoes?.indexOf(desiredId) ?? -1
    if (!echoes || at < 0) return false
    const left = echoes.slice(at + 1)
    if (left.length > 0) this.#echoes.set(id, left)
    else this.#echoes.delete(id)
    return left.length > 0
  }

  #state(before: DeviceFacts, updates: DeviceUpdates): Partial<DeviceFacts> {
    const models: Record<string, ModelFacts> = { ...before.models }
    const isSameAnswer = before.answers === updates.desired_id
    for (const state of updates.models) {
      // no family, but a word of JavaScript
      if (state.family === '__proto__') continue
      const was = models[state.family]
      const sinceMs = was && isSameAnswer && isSame(was, state) ? was.sinceMs : this.#o.clock.now()
      models[state.family] = modelFacts(state, sinceMs)
    }
    return { models, answers: updates.desired_id, desiredProblem: updates.desired_problem }
  }

  #report(before: DeviceFacts, id: string, family: string, value: unknown): Partial<DeviceFacts> | undefined {
    const { belief, report, problem } = this.#o.keys.check(id, value)
    if (belief === 'bad') this.#o.onOdd(id, problem ?? 'its report cannot be believed')
    if (report !== undefined && (report.device !== id || report.family !== family))
      return this.#odd(id, 'its report speaks of another device or family')
    const known = before.reports[family]
    return {
      reports: {
        ...before.reports,
        [family]: {
          // a report that is not believed says nothing
          sha256: report?.running.sha256 ?? known?.sha256 ?? '',
          belief,
          ...(problem === undefined ? {} : { problem }),
          ...(report?.attack_detected === undefined ? {} : { attack: report.attack_detected }),
        },
      },
    }
  }

  #odd(id: string, problem: string): undefined {
    this.#o.onOdd(id, problem)
    return undefined
  }
}

const isSame = (was: ModelFacts, state: UpdateState) =>
  was.state === state.state &&
  was.running.sha256 === state.running.sha256 &&
  was.reason?.code === state.reason?.code

function modelFacts(state: UpdateState, sinceMs: number): ModelFacts {
  const { version, release, sha256, probation } = state.running
  return {
    state: state.state,
    running: { version, release, sha256, probation },
    ...(state.candidate ? { candidate: state.candidate.sha256 } : {}),
    ...(state.reason ? { reason: { code: state.reason.code, message: state.reason.message } } : {}),
    ...(state.waiting_for ? { waitingFor: state.waiting_for } : {}),
    bad: state.bad,
    sinceMs,
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
