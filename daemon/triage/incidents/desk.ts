/**
 * Lines in, few incidents out. Holds everything in bounded memory and plain values; time comes with every call and must
 * not run backwards.
 */
import { isAlarm, type Verdict } from '../verdict.js'
import { fits, isNamed, type Match, type OperatorAction } from './action.js'
import { next } from './alarm.js'
import { isWorse } from './alarm-settings.js'
import { type AlarmEffect, type AlarmEvent, isIdle, NEW_ALARM, tells, wakeAt } from './alarm-state.js'
import { DESK_DEFAULTS, type DeskSettings } from './desk-settings.js'
import { Expectations, type ExpectationsState } from './expectations.js'
import { FloodWatch, type FloodWatchState } from './flood-watch.js'
import { endedBy, type Identity, identify } from './identity.js'
import {
  type AlarmRecord,
  addLine,
  type Deed,
  type IncidentDocument,
  type IncidentRecord,
  type LineReference,
  labelOf,
  reference,
  saysTimeIn,
} from './incident.js'
import { type DeskEffect, IncidentLedger } from './ledger.js'
import { Placing } from './placing.js'
import { AlarmRegister } from './register.js'

/** One line that was judged. */
export interface Occurrence {
  id?: string
  /** Time of arrival, milliseconds since 1970. */
  at: number
  source: string
  line: string
  /** Without its header, when known. */
  message?: string
  templateId?: string
  verdict: Verdict
  /** As `phaseOf` finds it, when absent. */
  phase?: 'raise' | 'return' | 'event'
  entities?: readonly string[]
  /** A person said that this is no alarm here: what is open of it is over at once, whatever delays there are. */
  isDismissed?: boolean
  /** The alarm that is dismissed, when it is known. */
  alarmKey?: string
}

/** What outlives a restart. Plain JSON. */
export interface DeskState {
  version: 1
  now: number
  lastNumber: number
  alarms: AlarmRecord[]
  incidents: IncidentRecord[]
  flood: FloodWatchState
  overflowNumber?: number
  expectations: ExpectationsState
}

const SAYS: Record<AlarmEffect, string> = {
  notify: 'raised',
  worsened: 'worse than before',
  escalated: 'nobody has acknowledged it',
  reAlarmed: 'acknowledged long ago and still active',
  opened: 'opened',
  updated: 'changed',
  returned: 'returned to normal, unacknowledged',
  chattering: 'chattering',
  stale: 'active for more than a day',
  cleared: 'over',
}

const NEVER = Number.POSITIVE_INFINITY

export class IncidentDesk {
  readonly #o: DeskSettings
  readonly #alarms = new AlarmRegister()
  readonly #ledger: IncidentLedger
  #now = 0
  #revision = 0
  /** The clock was so far in the past when the state was restored. */
  #behindMs = 0
  #wakeAt = NEVER
  readonly #flood: FloodWatch
  readonly #placing: Placing
  readonly #expectations: Expectations

  constructor(settings: Partial<DeskSettings> = {}) {
    this.#o = { ...DESK_DEFAULTS, ...settings }
    this.#ledger = new IncidentLedger(this.#alarms, saysTimeIn(this.#o.timeZone))
    this.#placing = new Placing(this.#ledger, this.#o.group, this.#o.mostOpen)
    this.#expectations = new Expectations(this.#o.mostRules)
    this.#flood = new FloodWatch(this.#o.flood, this.#ledger, this.#alarms)
  }

  /** A line that was judged. Normal lines only matter when they say that something is over. */
  occurrence(o: Occurrence): DeskEffect[] {
    this.#elapse(o.at)
    // most lines are neither
    if (
      o.phase !== undefined &&
      o.phase !== 'return' &&
      !isAlarm(o.verdict.severity) &&
      !o.verdict.needsHuman
    )
      return this.#ledger.flush()
    const identity = identify(o)
    const phase = o.phase ?? identity.phase
    const { severity, needsHuman } = o.verdict
    const line = reference(this.#now, o.line, o.id)
    // a line that is an alarm itself ends nothing, whatever its words
    if (o.isDismissed) {
      const record = this.#alarms.get(o.alarmKey ?? '') ?? endedBy(identity, this.#alarms.of(o.source))
      if (record) this.#step(record, { kind: 'dismiss', at: this.#now })
    } else if (isAlarm(severity) || (severity === 'advisory' && needsHuman && phase !== 'return')) {
      const record = this.#alarms.get(identity.key) ?? this.#newAlarm(o, identity, line)
      if (record) this.#raise(record, o, line, phase === 'event')
      else this.#placing.refuse(severity, line, this.#now)
    } else if (phase === 'return') {
      const record = endedBy(identity, this.#alarms.of(o.source))
      // text alone can not make an attack undone
      if (record && record.verdict.category !== 'security') this.#return(record, line)
    }
    return this.#ledger.flush()
  }

  /** Whether a line of this source could end something. */
  watches(source: string): boolean {
    for (const _ of this.#alarms.of(source)) return true
    return false
  }

  /** Lets time pass: delays, escalation, shelves. Call it at `nextDue()` or oftener. */
  tick(at: number): DeskEffect[] {
    this.#elapse(at)
    return this.#ledger.flush()
  }

  /** When `tick` will next do something, milliseconds since 1970. */
  nextDue(): number | undefined {
    return this.#wakeAt === NEVER ? undefined : this.#wakeAt - this.#behindMs
  }

  /** @returns what changed; empty when nothing like that is open */
  operate(action: OperatorAction, at: number): DeskEffect[] {
    this.#elapse(at)
    this.#apply(action)
    return this.#ledger.flush()
  }

  /** Every open incident, oldest first. */
  open(): IncidentDocument[] {
    return [...this.#ledger.incidents.values()].map(i => this.#ledger.document(i))
  }

  /** One open incident. */
  incident(n: number): IncidentDocument | undefined {
    const incident = this.#ledger.incidents.get(n)
    return incident && this.#ledger.document(incident)
  }

  /** Grows whenever something happened that a restart must not forget; mere repeats do not count. */
  get revision(): number {
    return this.#revision
  }

  /** Plain values, for a file; not a copy. */
  state(): DeskState {
    return {
      version: 1,
      now: this.#now,
      lastNumber: this.#ledger.lastNumber,
      alarms: [...this.#alarms.values()],
      incidents: [...this.#ledger.incidents.values()],
      flood: this.#flood.state(),
      overflowNumber: this.#placing.overflowNumber,
      expectations: this.#expectations.state(),
    }
  }

  /**
   * @param state as `state()` gave it; it is taken over, not copied
   * @param at now. A board without a battery clock may wake up in the past: delays run on from where they were, and
   *   times in documents are right again as soon as the clock has caught up
   */
  static restore(state: DeskState, settings: Partial<DeskSettings> = {}, at = state.now): IncidentDesk {
    const desk = new IncidentDesk(settings)
    desk.#behindMs = Math.max(0, state.now - at)
    for (const record of state.alarms) desk.#alarms.add(record)
    for (const incident of state.incidents) desk.#ledger.incidents.set(incident.n, incident)
    desk.#now = state.now
    desk.#ledger.lastNumber = state.lastNumber
    desk.#flood.restore(state.flood)
    desk.#placing.restore(state.overflowNumber)
    desk.#expectations.restore(state.expectations)
    desk.#planWake()
    return desk
  }

  get #isFull(): boolean {
    return this.#alarms.size >= this.#o.mostAlarms
  }

  // ---- lines

  #newAlarm(o: Occurrence, identity: Identity, line: LineReference): AlarmRecord | undefined {
    if (this.#isFull) return undefined
    const { verdict } = o
    const record: AlarmRecord = {
      identity,
      state: NEW_ALARM,
      verdict,
      label: labelOf(identity, o.message ?? o.line, verdict),
      activatedAt: this.#now,
      first: line,
      last: line,
      raisedBy: line,
      count: 0,
    }
    this.#alarms.add(record)
    if (this.#expectations.isOut(record)) this.#step(record, { kind: 'takeOut', at: this.#now })
    else if (this.#isExpected(record)) this.#step(record, { kind: 'suppress', at: this.#now })
    return record
  }

  #raise(record: AlarmRecord, o: Occurrence, line: LineReference, momentary: boolean): void {
    const { state } = record
    const { severity } = o.verdict
    if (!state.raw && !state.live) record.activatedAt = this.#now
    if (record.n === undefined || isWorse(severity, state.severity)) {
      record.verdict = o.verdict
      record.label = labelOf(record.identity, o.message ?? o.line, o.verdict)
    }
    if (record.count === 0) record.first = line
    record.count++
    record.last = line
    record.raisedBy = line
    if (o.templateId !== undefined) record.templateId = o.templateId
    this.#addLine(record, line)
    this.#step(record, { kind: 'raise', at: this.#now, severity, momentary })
  }

  #return(record: AlarmRecord, line: LineReference): void {
    record.last = line
    this.#addLine(record, line)
    this.#step(record, { kind: 'return', at: this.#now })
  }

  #addLine(record: AlarmRecord, line: LineReference): void {
    const incident = this.#incidentOf(record)
    if (!incident) return
    addLine(incident, line)
    // repeats are counted, not repeated
    if (this.#now - incident.updatedAt >= this.#o.refreshMs)
      this.#ledger.change(incident, 'update', this.#now, 'more lines')
  }

  // ---- alarms

  #step(record: AlarmRecord, event: AlarmEvent): void {
    const { live: wasLive, raw: wasRaw } = record.state
    const { state, effects } = next(record.state, event, this.#o.alarm)
    if (effects.length > 0 || state.raw !== wasRaw) this.#revision++
    record.state = state
    for (const effect of effects) this.#took(record, effect)
    this.#wakeAt = Math.min(this.#wakeAt, this.#dueAt(record), this.#flood.wakeAt)
    if (state.live !== wasLive)
      for (const match of this.#expectations.excusedBy(record)) this.#review(match, record)
  }

  #took(record: AlarmRecord, effect: AlarmEffect): void {
    const incident = this.#incidentOf(record) ?? this.#placing.place(record, this.#now)
    const because = `${record.label}: ${SAYS[effect]}`
    if (effect === 'cleared' && this.#ledger.isOver(incident)) {
      this.#placing.close(incident, this.#now, because, this.#isFull)
      return
    }
    const isForEars = tells(effect)
    if (isForEars) incident.acknowledged = undefined
    if (isForEars && this.#flood.admits(record, effect, this.#now))
      this.#ledger.change(incident, 'notify', this.#now, because, record.raisedBy)
    else this.#ledger.change(incident, 'update', this.#now, because)
  }

  #isExpected(record: AlarmRecord): boolean {
    return this.#expectations.isExpected(record, this.#alarms.values())
  }

  #review(expect: Match, except?: AlarmRecord): void {
    for (const record of [...this.#alarms.values()]) {
      if (record === except || !fits(expect, record.identity, record.label)) continue
      const isExpected = this.#isExpected(record)
      if (isExpected === (record.state.condition === 'DSUPR')) continue
      this.#step(record, { kind: isExpected ? 'suppress' : 'unsuppress', at: this.#now })
    }
  }

  // ---- incidents

  #incidentOf(record: AlarmRecord): IncidentRecord | undefined {
    return record.n === undefined ? undefined : this.#ledger.incidents.get(record.n)
  }

  // ---- time

  #elapse(clock: number): void {
    if (clock >= this.#now) this.#behindMs = 0
    const at = clock + this.#behindMs
    while (this.#wakeAt <= at) {
      const due = [...this.#alarms.values()]
        .map(record => ({ record, at: this.#dueAt(record) }))
        .filter(d => d.at <= at)
        .sort((a, b) => a.at - b.at)
      for (const { record, at: when } of due) {
        this.#now = Math.max(this.#now, when)
        this.#passFlood(when)
        this.#step(record, { kind: 'tick', at: this.#now })
        if (record.n === undefined && isIdle(record.state, this.#now, this.#o.alarm))
          this.#alarms.remove(record)
      }
      this.#passFlood(at)
      this.#placing.closeOverflowWhenOver(this.#now, this.#isFull)
      this.#planWake()
    }
    this.#now = Math.max(this.#now, at)
  }

  #passFlood(at: number): void {
    for (let when = this.#flood.pass(at); when !== undefined; when = this.#flood.pass(at))
      this.#now = Math.max(this.#now, when)
  }

  #planWake(): void {
    let soonest = this.#flood.wakeAt
    for (const record of this.#alarms.values()) soonest = Math.min(soonest, this.#dueAt(record))
    this.#wakeAt = soonest
  }

  #dueAt({ state, n }: AlarmRecord): number {
    const due = wakeAt(state, this.#o.alarm)
    if (due !== undefined || n !== undefined || state.condition !== 'NORM' || state.raw) return due ?? NEVER
    // forgotten once it can no longer count as chattering
    return (state.activations.at(-1) ?? this.#now) + this.#o.alarm.chatterWindowMs
  }

  // ---- operators

  #apply(action: OperatorAction): void {
    this.#revision++
    const at = this.#now
    const { by } = action
    const deed: Deed = { by, at, ...(action.note !== undefined && { note: action.note }) }
    switch (action.action) {
      case 'acknowledge':
        for (const incident of this.#named(action.n)) {
          incident.acknowledged = deed
          this.#ledger.change(incident, 'update', at, `acknowledged by ${by}`)
          this.#each(incident, { kind: 'acknowledge', at })
        }
        return
      case 'shelve':
        for (const incident of this.#named(action.n)) {
          const until = Math.min(at + action.minutes * 60_000, at + this.#o.alarm.mostShelvedMs)
          incident.shelved = { ...deed, until }
          this.#ledger.change(incident, 'update', at, `shelved by ${by}`)
          this.#each(incident, { kind: 'shelve', at, until, oneShot: action.one_shot })
        }
        return
      case 'unshelve':
        for (const incident of this.#named(action.n)) {
          incident.shelved = undefined
          this.#ledger.change(incident, 'update', at, `unshelved by ${by}`)
          this.#each(incident, { kind: 'unshelve', at })
        }
        return
      case 'out_of_service': {
        const { asset } = action
        const dropped = this.#expectations.takeOut({ asset, ...deed })
        if (dropped !== undefined) this.#onAsset(dropped, { kind: 'putBack', at }, undefined)
        this.#onAsset(asset, { kind: 'takeOut', at }, deed)
        return
      }
      case 'in_service':
        this.#expectations.putBack(action.asset)
        this.#onAsset(action.asset, { kind: 'putBack', at }, undefined)
        return
      case 'suppress': {
        const { rule, expect } = action
        for (const match of this.#expectations.add({ rule, while: action.while, expect, by, at }))
          this.#review(match)
        return
      }
      case 'unsuppress':
        for (const match of this.#expectations.remove(action.rule)) this.#review(match)
    }
  }

  #named(n: number | 'all'): IncidentRecord[] {
    if (n === 'all') return [...this.#ledger.incidents.values()]
    const incident = this.#ledger.incidents.get(n)
    return incident ? [incident] : []
  }

  #each(incident: IncidentRecord, event: AlarmEvent): void {
    // an alarm of it that is over needs nothing any more, and must not be shelved for its next time
    for (const record of this.#ledger.alarmsOf(incident)) if (record.state.open) this.#step(record, event)
  }

  #onAsset(asset: string, event: AlarmEvent, deed: Deed | undefined): void {
    for (const record of [...this.#alarms.values()]) {
      if (!record.identity.assets.some(a => isNamed(a, asset))) continue
      const incident = this.#incidentOf(record)
      if (incident) incident.outOfService = deed
      this.#step(record, event)
    }
  }
}
