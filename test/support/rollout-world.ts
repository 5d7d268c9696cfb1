/**
 * A fleet in memory: a broker that keeps what is retained, devices that make of a model what they are told to, and the machine of
 * a rollout over them. Time is turned by hand.
 */
import type { Desired } from '../../ota/format/desired.js'
import { RolloutFile, type RolloutPlan, type RolloutRecord } from '../../ota/format/rollout.js'
import { deviceUpdates, type UpdateState } from '../../ota/format/state.js'
import { Heard } from '../../ota/rollout/heard.js'
import { DeviceKeys } from '../../ota/rollout/keys.js'
import { newRecord, planOf } from '../../ota/rollout/plan.js'
import { desiredFor } from '../../ota/rollout/tell.js'
import { fleetTopics } from '../../ota/rollout/topics.js'
import { next, type Turn } from '../../ota/rollout/wave.js'

export type Manner = 'good' | 'bad' | 'failing' | 'rejecting' | 'silent' | 'away' | 'flaky'

export const WANTED = 'a'.repeat(64)
const OLD = 'b'.repeat(64)
const topics = fleetTopics('fieldmouse')
const MINUTE = 60_000

interface Device {
  id: string
  manner: Manner
  board: string
  stage: number
  running: string
  probation: boolean
  bad: string[]
  desired: Desired | undefined
}

export const plan = (more: object): RolloutPlan =>
  planOf(
    RolloutFile.parse({
      name: 'r1',
      model: { family: 'command', sha256: WANTED, version: '1.1.0' },
      ...more,
    }),
  )

export class RolloutWorld {
  nowMs = Date.UTC(2026, 0, 1)
  record: RolloutRecord
  heard: Heard
  readonly retained = new Map<string, string>()
  readonly devices = new Map<string, Device>()
  readonly settleMs: number

  constructor(thePlan: RolloutPlan, manners: readonly Manner[], settleMs = 0) {
    this.settleMs = settleMs
    this.record = newRecord(thePlan, this.nowMs)
    this.heard = this.#newHeard()
    for (const [i, manner] of manners.entries()) {
      const device: Device = {
        id: `d${i}`,
        manner,
        board: i % 4 === 0 ? 'pi4' : 'pi5',
        stage: 0,
        running: OLD,
        probation: false,
        bad: [],
        desired: undefined,
      }
      this.devices.set(device.id, device)
      this.#publish(`fieldmouse/${device.id}/status`, {
        state: manner === 'away' ? 'offline' : 'online',
        board: device.board,
      })
      this.#say(device, 'idle')
    }
  }

  /** What a program decides at this moment that has just begun: only what is kept is known. */
  lookAfresh(): Turn {
    const heard = this.#newHeard()
    for (const [topic, text] of this.retained) {
      const { device, what } = topics.parse(topic)!
      heard.hear(device, what, Buffer.from(text))
    }
    const record = JSON.parse(JSON.stringify(this.record)) as RolloutRecord
    return next(record, heard.devices.values(), this.#now())
  }

  look(): Turn {
    return next(this.record, this.heard.devices.values(), this.#now())
  }

  /** Carries out what the machine says. */
  carry(turn: Turn): void {
    this.record = turn.record
    for (const tell of turn.tell) {
      const facts = this.heard.devices.get(tell.id)!
      const desired = desiredFor(tell, facts, this.record.plan, this.nowMs)
      if (!desired) {
        this.heard.told(tell.id, { askedMs: this.nowMs })
        const device = this.devices.get(tell.id)!
        device.bad.push(device.running)
        device.running = OLD
        this.#say(device, 'idle', { reason: { code: 'rolled_back_by_hand', message: '' } })
        continue
      }
      this.#publish(topics.desired(tell.id), desired)
    }
  }

  /** One device goes on by one state. */
  step(id: string): void {
    const said = this.#make(this.devices.get(id)!)
    if (said) this.#say(this.devices.get(id)!, ...said)
  }

  #make(device: Device): [UpdateState['state'], Partial<UpdateState>?] | undefined {
    const { manner } = device
    if (manner === 'silent' || manner === 'away') return undefined
    const text = this.retained.get(topics.desired(device.id))
    const desired = text === undefined ? undefined : (JSON.parse(text) as Desired)
    if (desired?.id !== device.desired?.id) {
      device.desired = desired
      if (!device.probation) device.stage = 0
    }
    const mine = device.desired?.models[0]
    if (device.probation) {
      device.probation = false
      device.stage = 0
      return ['idle', { reason: { code: 'activated', message: '' } }]
    }
    const idle = (code: string): [UpdateState['state'], Partial<UpdateState>] => [
      'idle',
      { reason: { code, message: code } },
    ]
    if (!mine || mine.hold) return idle('held')
    if (mine.sha256 === device.running) return idle('up_to_date')
    if (device.bad.includes(mine.sha256!)) return idle('known_bad')
    if (manner === 'rejecting') return idle('too_large')
    const candidate = { version: '1.1.0', release: 1, sha256: mine.sha256!, path: 'p' }
    device.stage++
    if (device.stage === 1) return ['downloading', { candidate }]
    if (manner === 'failing' || (manner === 'flaky' && device.stage === 2))
      return ['failed', { candidate, reason: { code: 'offline', message: '' } }]
    if (device.stage < 4) return ['trial', { candidate }]
    device.stage = 0
    if (manner === 'bad') {
      device.bad.push(mine.sha256!)
      return idle('trial_failed')
    }
    device.running = mine.sha256!
    device.probation = true
    return ['active', { candidate }]
  }

  pass(minutes: number): void {
    this.nowMs += minutes * MINUTE
  }

  #now() {
    return { ms: this.nowMs, minuteOfDay: 600, settleMs: this.settleMs }
  }

  #newHeard(): Heard {
    const clock = { now: () => this.nowMs, monotonic: () => this.nowMs }
    return new Heard({ clock, keys: new DeviceKeys('nowhere'), onOdd: () => {} })
  }

  #publish(topic: string, document: object): void {
    const text = JSON.stringify(document)
    this.retained.set(topic, text)
    const { device, what } = topics.parse(topic)!
    this.heard.hear(device, what, Buffer.from(text))
  }

  #say(device: Device, state: UpdateState['state'], more: Partial<UpdateState> = {}): void {
    const { running, probation, bad, desired } = device
    const model: UpdateState = {
      family: 'command',
      state,
      running: {
        version: running === OLD ? '1.0.0' : '1.1.0',
        release: 0,
        sha256: running,
        slot: 'a',
        probation,
      },
      bad: [...bad],
      pinned: false,
      ...(desired?.id === undefined ? {} : { desired_id: desired.id }),
      ...more,
    }
    this.#publish(`fieldmouse/${device.id}/update/state`, deviceUpdates([model], { sources: [] }))
  }
}
