/**
 * Carries a rollout out: looks at the fleet, asks the machine, keeps the record, tells devices; until it rests. It may be killed at
 * any moment: the next one reads the record and what is retained, and goes on.
 *
 * The order of writes is the safety: a wave is open on the disk before its first device is told, a stop is on the disk before
 * anything else is done about it.
 */
import { describe } from '../../daemon/base/errors.js'
import { uniqueId } from '../../daemon/base/random.js'
import { RolloutOrder, type RolloutRecord, type Verdict } from '../format/rollout.js'
import { minuteOfDay } from '../format/windows.js'
import { errors } from './errors.js'
import type { Fleet } from './fleet.js'
import { obey } from './orders.js'
import type { RecordFile } from './record.js'
import { desiredFor } from './tell.js'
import { changed, next, type Tell, type Turn } from './wave.js'
import { namedDevices } from './who.js'

export type RolloutEvent =
  | { event: 'moved'; phase: RolloutRecord['phase']; wave: number; reason?: RolloutRecord['reason'] }
  | { event: 'told'; device: string; what: Tell['what']; wave?: number }
  | { event: 'device'; device: string; is: Verdict; code?: string; says?: string }
  | { event: 'counts'; counts: Record<Verdict, number> }
  | { event: 'trouble'; problem: string; remedy?: string }

export interface CarryOutOptions {
  fleet: Fleet
  record: RolloutRecord
  file: RecordFile
  onEvent?: (event: RolloutEvent) => void
  /** Says again that this program carries it out. */
  announce?: () => Promise<void>
}

/** Messages are taken together for so long before the machine is asked: it looks at every device. */
const TOGETHER_MS = 100
/** Time passes too: soaks, timeouts. */
const LOOK_MS = 1_000
/** Counts that changed are published no more often. */
const NEWS_MS = 2_000

/** So many are told before the fleet is looked at again: a stop does not wait for thousands of messages. */
const AT_ONCE = 200

/** Phases in which nothing more comes by itself. */
export const AT_REST: ReadonlySet<RolloutRecord['phase']> = new Set(['done', 'stopped', 'gone_back'])

export class CarryOut {
  readonly #o: CarryOutOptions
  #record: RolloutRecord
  #orders: RolloutOrder[] = []
  #isKept = false
  #isAway = false
  #losses = 0
  #isTakenOver = false
  #wake: () => void = () => {}
  #isDirty = true
  #said = new Map<string, string>()
  #newsMs = Number.NEGATIVE_INFINITY
  #news = ''
  #tokens = 0
  #tokensMs: number

  constructor(options: CarryOutOptions) {
    this.#o = options
    this.#record = options.record
    this.#tokensMs = options.fleet.clock.monotonic()
  }

  get record(): RolloutRecord {
    return this.#record
  }

  /**
   * Until it rests, or the signal aborts: then it can be gone on with at any time.
   * @returns the last turn
   * @throws rollout_taken_over
   */
  async run(signal: AbortSignal): Promise<Turn> {
    const { fleet } = this.#o
    const { name, plan } = this.#record
    for (const id of namedDevices(plan)) fleet.heard.expect(id)
    const end = fleet.onChange(() => this.#stir())
    try {
      await fleet.on(fleet.topics.order(name), (_, payload) => this.#order(payload))
      for (;;) {
        this.#isDirty = false
        this.#watchOperator()
        if (this.#isTakenOver) throw errors.rollout_taken_over({ name })
        if (!this.#isAway) {
          const turn = await this.#turn()
          if (signal.aborted || this.#isOver(turn)) {
            await this.#publish(turn.counts, true)
            return turn
          }
        }
        if (signal.aborted) return this.#look()
        await fleet.wait(TOGETHER_MS, signal).catch(() => {})
        if (!this.#isDirty && !signal.aborted) await this.#stirred(LOOK_MS, signal)
      }
    } finally {
      end()
      await fleet.keys.save(true).catch(error => this.#trouble(error))
    }
  }

  /** What somebody asks on this very machine. @throws order_refused */
  async obey(order: Omit<RolloutOrder, 'id'>): Promise<void> {
    const problem = this.#apply({ ...order, id: uniqueId() })
    if (problem !== undefined) throw errors.order_refused({ name: this.#record.name, problem })
    await this.#keep()
    await this.#publish(this.#look().counts, true)
  }

  /** The connection went. Nothing is decided until all that is retained has come again. */
  lost(): void {
    this.#isAway = true
    this.#losses++
    this.#o.fleet.lost()
  }

  async reconnected(signal: AbortSignal): Promise<void> {
    if (!this.#isAway) return
    const losses = this.#losses
    await this.#o.fleet.gather(signal)
    // lost once more meanwhile: the next connection gathers anew
    if (losses !== this.#losses) return
    this.#isAway = false
    this.#news = ''
    this.#stir()
  }

  #look(): Turn {
    const { fleet } = this.#o
    const ms = fleet.clock.now()
    return next(this.#record, fleet.heard.devices.values(), { ms, minuteOfDay: minuteOfDay(ms) })
  }

  async #turn(): Promise<Turn> {
    for (const order of this.#orders.splice(0)) this.#apply(order)
    const turn = this.#look()
    const before = this.#record
    if (turn.record !== before) {
      this.#record = turn.record
      this.#isKept = false
    }
    this.#tellStandings(turn)
    // what takes back does not wait for a disk that refuses
    if (!this.#isKept && !(await this.#keep()) && turn.record.phase === 'running') return turn
    await this.#publish(turn.counts, turn.record !== before)
    await this.#tellAll(turn)
    await this.#o.fleet.keys.save().catch(error => this.#trouble(error))
    return turn
  }

  #isOver({ record, tell }: Turn): boolean {
    return AT_REST.has(record.phase) && tell.length === 0 && this.#isKept && this.#orders.length === 0
  }

  /** @returns whether the disk took it */
  async #keep(): Promise<boolean> {
    try {
      await this.#o.file.write(this.#record)
      this.#isKept = true
    } catch (error) {
      this.#trouble(error)
      return false
    }
    const { phase, waves, reason } = this.#record
    this.#say({ event: 'moved', phase, wave: waves.length, ...(reason ? { reason } : {}) })
    return true
  }

  async #publish(counts: Record<Verdict, number>, isNew: boolean): Promise<void> {
    const { fleet } = this.#o
    const nowMs = fleet.clock.monotonic()
    if (!isNew && nowMs - this.#newsMs < NEWS_MS) return
    const payload = JSON.stringify({ record: this.#record, counts })
    if (payload === this.#news) return
    try {
      await fleet.bus.publish({ topic: fleet.topics.rollout(this.#record.name), payload, retain: true })
      this.#news = payload
      this.#newsMs = nowMs
      this.#say({ event: 'counts', counts })
    } catch (error) {
      this.#trouble(error)
    }
  }

  /** As many as the rate allows, all of them under way together; the others are found again by the next look. */
  async #tellAll({ tell }: Turn): Promise<void> {
    const { clock } = this.#o.fleet
    const rate = this.#record.plan.messages_per_second
    const nowMs = clock.monotonic()
    this.#tokens = Math.min(Math.max(1, rate), this.#tokens + ((nowMs - this.#tokensMs) / 1000) * rate)
    this.#tokensMs = nowMs
    const now = tell.slice(0, Math.min(AT_ONCE, Math.floor(this.#tokens)))
    this.#tokens -= now.length
    if (now.length < tell.length) this.#isDirty = true
    await Promise.all(now.map(one => this.#tell(one)))
  }

  async #tell(tell: Tell): Promise<void> {
    const { heard, bus, topics, clock } = this.#o.fleet
    const facts = heard.devices.get(tell.id)!
    const nowMs = clock.now()
    const desired = desiredFor(tell, facts, this.#record.plan, nowMs)
    // from now on it counts as told: a device too many must never be told because an answer was late
    heard.told(tell.id, desired ? { desired } : { askedMs: nowMs })
    const { family } = this.#record.plan.model
    try {
      await bus.publish(
        desired
          ? { topic: topics.desired(tell.id), payload: JSON.stringify(desired), retain: true }
          : {
              topic: topics.update(tell.id),
              payload: JSON.stringify({ do: 'rollback', family }),
              retain: false,
            },
      )
      const wave = 'wave' in tell ? { wave: tell.wave + 1 } : {}
      this.#say({ event: 'told', device: tell.id, what: tell.what, ...wave })
    } catch (error) {
      // the broker may have it all the same: then it says so
      if (desired) heard.notTold(tell.id, desired, facts.desired)
      this.#trouble(errors.not_told({ device: tell.id, problem: describe(error) }, error))
    }
  }

  #tellStandings({ standings }: Turn): void {
    const isFirstLook = this.#said.size === 0
    for (const [device, { is, code, says }] of standings) {
      if (this.#said.get(device) === is) continue
      this.#said.set(device, is)
      if (isFirstLook || is === 'waiting' || is === 'skipped') continue
      this.#say({
        event: 'device',
        device,
        is,
        ...(code === undefined ? {} : { code }),
        ...(says === undefined ? {} : { says }),
      })
    }
  }

  #order(payload: Uint8Array): void {
    const order = RolloutOrder.safeParse(jsonOf(payload))
    if (order.success) this.#orders.push(order.data)
    else this.#trouble(new Error('an order came that cannot be read'))
    this.#stir()
  }

  /** @returns why not */
  #apply({ id, ...order }: RolloutOrder): string | undefined {
    // QoS 1 may bring it twice
    if (this.#record.answered?.id === id) return undefined
    const after = obey(this.#record, order, this.#o.fleet.clock.now())
    const problem = 'problem' in after ? after.problem : undefined
    const record = 'problem' in after ? this.#record : after
    this.#record = changed(record, { answered: { id, ...(problem === undefined ? {} : { problem }) } })
    this.#isKept = false
    return problem
  }

  #watchOperator(): void {
    const { fleet, announce } = this.#o
    const { name } = this.#record
    const said = fleet.operators.get(name)
    if (said === undefined || announce === undefined) return
    if (fleet.isTakenOver(name)) {
      this.#isTakenOver = true
      return
    }
    if (said.instance === fleet.instance) return
    // the will of the one before came late
    else void announce().catch(error => this.#trouble(error))
  }

  #stir(): void {
    this.#isDirty = true
    this.#wake()
  }

  async #stirred(ms: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController()
    const stirred = new Promise<void>(resolve => {
      this.#wake = resolve
    })
    const late = this.#o.fleet.wait(ms, AbortSignal.any([signal, over.signal])).catch(() => {})
    await Promise.race([stirred, late])
    over.abort()
  }

  #trouble(error: unknown): void {
    const { message, remedy } = error as { message: string; remedy?: string }
    this.#say({ event: 'trouble', problem: message, ...(remedy === undefined ? {} : { remedy }) })
  }

  #say(event: RolloutEvent): void {
    this.#o.onEvent?.(event)
  }
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch {
    return undefined
  }
}
