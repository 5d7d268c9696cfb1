/**
 * Simulated devices: they speak what a daemon speaks to its fleet (status, `update/desired`, `update/state`, signed reports), many
 * on one connection, and have no models. For benches and stories with more devices than a machine can run daemons.
 */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { Desired, type DesiredModel } from '../../../ota/format/desired.js'
import { publicKeyOf, reportBytes, type VersionReport } from '../../../ota/format/report.js'
import { deviceUpdates, type UpdateState } from '../../../ota/format/state.js'
import { sleep } from '../../base/clock.js'
import { codeOf } from '../../base/errors.js'
import { jitter } from '../../base/random.js'
import type { Connection } from '../../bus/mqtt/connect.js'

/**
 * What a device makes of a model: `good` takes it; `bad` tries it and goes back; `failing` cannot load it and goes on trying;
 * `rejecting` has no room for it; `silent` is online and says nothing more; `away` is offline.
 */
export type Manner = 'good' | 'bad' | 'failing' | 'rejecting' | 'silent' | 'away'

export interface SimulatedOptions {
  connection: Connection
  /** First level of the topics. */
  root?: string
  count: number
  family?: string
  /** Begins the names. */
  prefix?: string
  board?: (index: number) => string
  manner?: (index: number, model: DesiredModel) => Manner
  /** Each state lasts about so long, milliseconds. */
  stepMs?: number
  /** A device has come to an end with a model, good or bad. */
  onEnd?: () => void
  /** Whether each has a key of its own, and reports what it runs. */
  signed?: boolean
}

type Running = UpdateState['running']
const hash = (text: string) => createHash('sha256').update(text).digest('hex')
export const OLD: Running = {
  version: '1.0.0',
  release: 0,
  sha256: hash('the model that shipped'),
  slot: 'factory',
  probation: false,
}

export interface SimulatedDevice {
  id: string
  index: number
  running: Running
  before: Running
  desired: Desired | undefined
  bad: string[]
  /** `id`s that it was told, in order. */
  told: string[]
  /** Grows: what it did before is over. */
  turn: number
  key: KeyObject | undefined
  counter: number
  /** What it said last: said again when the broker is back. */
  said: [UpdateState['state'], Partial<UpdateState>] | undefined
}

export class SimulatedFleet {
  readonly #o: Required<SimulatedOptions>
  readonly devices = new Map<string, SimulatedDevice>()
  /** Messages that were published. */
  sent = 0
  /** Devices between being told and their end, at most. */
  mostUnderWay = 0
  readonly #underWay = new Set<SimulatedDevice>()
  #ends: (() => Promise<void>)[] = []
  #over = new AbortController()

  constructor(options: SimulatedOptions) {
    this.#o = {
      root: 'fieldmouse',
      family: 'command',
      prefix: 'sim-',
      board: index => (index % 3 === 0 ? 'Raspberry Pi 4' : 'Raspberry Pi 5'),
      manner: () => 'good',
      stepMs: 20,
      signed: false,
      onEnd: () => {},
      ...options,
    }
    setMaxListeners(0, this.#over.signal) // every device waits on it
    const width = String(this.#o.count).length
    for (let index = 0; index < this.#o.count; index++) {
      const id = `${this.#o.prefix}${String(index).padStart(width, '0')}`
      this.devices.set(id, {
        id,
        index,
        running: OLD,
        before: OLD,
        desired: undefined,
        bad: [],
        told: [],
        turn: 0,
        key: this.#o.signed ? generateKeyPairSync('ed25519').privateKey : undefined,
        counter: 0,
        said: undefined,
      })
    }
  }

  /** All say what they are, and listen. */
  async start(): Promise<void> {
    const { connection, root } = this.#o
    await inTurns([...this.devices.values()], device => this.#birth(device))
    this.#ends.push(
      await connection.subscribe(`${root}/+/update/desired`, ({ topic, payload }) =>
        this.#hear(topic, payload, (device, text) => this.#desire(device, text)),
      ),
      await connection.subscribe(`${root}/+/request/update`, ({ topic, payload }) =>
        this.#hear(topic, payload, (device, text) => this.#request(device, text)),
      ),
    )
  }

  /** After the broker began anew: it knows nothing of them. */
  async sayAgain(): Promise<void> {
    await inTurns([...this.devices.values()], device => this.#birth(device))
  }

  async stop(): Promise<void> {
    this.#over.abort(new Error('the bench is over'))
    for (const end of this.#ends.splice(0)) await end()
  }

  /** How many run a model for good. */
  running(sha256: string): number {
    return [...this.devices.values()].filter(d => d.running.sha256 === sha256 && !d.running.probation).length
  }

  async #birth(device: SimulatedDevice): Promise<void> {
    const manner = this.#o.manner(device.index, { family: this.#o.family, hold: false, allow_older: false })
    await this.#retain(device, 'status', {
      state: manner === 'away' ? 'offline' : 'online',
      version: '0.1.0',
      board: this.#o.board(device.index),
      model: null,
      since: new Date(0).toISOString(),
      conditions: [],
    })
    if (device.key) await this.#retain(device, 'update/key', publicKeyOf(spkiOf(device.key)))
    await this.#say(device, device.said?.[0] ?? 'idle', device.said?.[1])
    await this.#report(device)
  }

  #hear(topic: string, payload: Uint8Array, then: (device: SimulatedDevice, text: string) => Promise<void>) {
    const device = this.devices.get(topic.slice(this.#o.root.length + 1).split('/')[0]!)
    if (!device) return
    then(device, Buffer.from(payload).toString()).catch(error => {
      if (!this.#over.signal.aborted) throw error
    })
  }

  async #desire(device: SimulatedDevice, text: string): Promise<void> {
    device.desired = text === '' ? undefined : Desired.parse(JSON.parse(text))
    const id = device.desired?.id
    if (id !== undefined && device.told.at(-1) !== id) device.told.push(id)
    const turn = ++device.turn
    const model = device.desired?.models.find(m => m.family === this.#o.family)
    const manner = this.#o.manner(device.index, model ?? { family: '', hold: false, allow_older: false })
    if (manner === 'away' || manner === 'silent') return
    const isOver = () => device.turn !== turn
    if (model?.sha256 !== undefined) this.#count(device, true)
    const step = async (state: UpdateState['state'], more: Partial<UpdateState> = {}) => {
      await sleep(this.#o.stepMs * (0.5 + jitter()), this.#over.signal)
      if (!isOver()) await this.#say(device, state, more)
    }
    await step('checking')
    if (isOver()) return
    if (!model || model.hold) return this.#say(device, 'idle', { reason: reason('held') })
    const sha256 = model.sha256 ?? hash(model.path ?? 'the newest')
    if (sha256 === device.running.sha256) return this.#say(device, 'idle', { reason: reason('up_to_date') })
    if (device.bad.includes(sha256)) return this.#say(device, 'idle', { reason: reason('known_bad') })
    if (manner === 'rejecting') return this.#say(device, 'idle', { reason: reason('too_large') })
    const release = model.allow_older ? 0 : device.running.release + 1
    const candidate = { version: `1.${release}.0`, release, sha256, path: `command/${sha256.slice(0, 8)}` }
    await step('downloading', { candidate, bytes: { done: 0, total: 100, per_second: 0 } })
    if (isOver()) return
    if (manner === 'failing') return this.#say(device, 'failed', { candidate, reason: reason('offline') })
    await step('trial', { candidate })
    if (isOver()) return
    if (manner === 'bad') {
      await step('rolled-back', { candidate, reason: reason('trial_failed') })
      device.bad.push(sha256)
      this.#o.onEnd()
      return this.#say(device, 'idle', { reason: reason('trial_failed') })
    }
    device.before = device.running
    device.running = { version: candidate.version, release, sha256, slot: 'a', probation: true }
    await this.#say(device, 'active', { candidate })
    // its watch goes on whatever is desired next
    await sleep(this.#o.stepMs, this.#over.signal)
    if (device.running.sha256 !== sha256) return
    device.running = { ...device.running, probation: false }
    await this.#say(device, 'idle', { reason: reason('activated') })
    await this.#report(device)
  }

  async #request(device: SimulatedDevice, text: string): Promise<void> {
    const asked = JSON.parse(text) as { do?: string }
    if (asked.do !== 'rollback') return
    device.bad.push(device.running.sha256)
    device.running = device.before
    await this.#say(device, 'idle', { reason: reason('rolled_back_by_hand') })
    await this.#report(device)
  }

  #count(device: SimulatedDevice, isUnderWay: boolean): void {
    if (isUnderWay) this.#underWay.add(device)
    else this.#underWay.delete(device)
    this.mostUnderWay = Math.max(this.mostUnderWay, this.#underWay.size)
  }

  async #say(
    device: SimulatedDevice,
    state: UpdateState['state'],
    more: Partial<UpdateState> = {},
  ): Promise<void> {
    if (state === 'idle') this.#count(device, false)
    device.said = [state, more]
    const model: UpdateState = {
      family: this.#o.family,
      state,
      running: device.running,
      bad: [...device.bad],
      pinned: false,
      ...(device.desired?.id === undefined ? {} : { desired_id: device.desired.id }),
      ...more,
    }
    await this.#retain(
      device,
      'update/state',
      deviceUpdates([model], { sources: ['https://models.example'] }),
    )
  }

  async #report(device: SimulatedDevice): Promise<void> {
    const { key } = device
    if (!key) return
    const { version, release, sha256 } = device.running
    const signed: VersionReport = {
      _type: 'version_report',
      device: device.id,
      family: this.#o.family,
      running: { version, release, sha256, length: 1 },
      latest_known_time: '2026-11-21T00:00:00Z',
      counter: ++device.counter,
    }
    const { keyid } = publicKeyOf(spkiOf(key))
    const sig = sign(undefined, reportBytes(signed), key).toString('hex')
    await this.#retain(device, `update/report/${this.#o.family}`, { signatures: [{ keyid, sig }], signed })
  }

  async #retain({ id }: SimulatedDevice, topic: string, document: object): Promise<void> {
    this.sent++
    const message = { topic: `${this.#o.root}/${id}/${topic}`, payload: JSON.stringify(document) }
    await this.#o.connection.publish({ ...message, qos: 1, retain: true }).catch(error => {
      // a device goes on while its broker is away, and says it again when it is back
      if (codeOf(error) !== 'not_connected') throw error
    })
  }
}

const reason = (code: string) => ({ code, message: code.replaceAll('_', ' ') })
const spkiOf = (key: KeyObject): Buffer => {
  const { x } = key.export({ format: 'jwk' })
  return Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(x!, 'base64url')])
}

/** A few at a time. */
async function inTurns<T>(list: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let i = 0; i < list.length; i += 50) await Promise.all(list.slice(i, i + 50).map(work))
}
