/**
 * Lines in, few incidents out. Holds everything in bounded memory and plain values; time comes with every call and must
 * not run backwards.
 */
import { isAlarm, SEVERITIES, type Severity, type Verdict, worse } from '../verdict.js'
import { fits, isNamed, type OperatorAction, type SuppressionRule } from './action.js'
import { type AlarmEffect, type AlarmEvent, isIdle, NEW_ALARM, next, tells, wakeAt } from './alarm.js'
import { isWorse } from './alarm-settings.js'
import { DESK_DEFAULTS, type DeskSettings } from './desk-settings.js'
import { admit, type FloodState, floodWakeAt, NO_FLOOD, pass } from './flood.js'
import { areaOf, incidentFor } from './group.js'
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
  flood: FloodState
  heldBack: string[]
  floodNumber?: number
  overflowNumber?: number
  rules: SuppressionRule[]
  outOfService: { asset: string; by: string; at: number; note?: string }[]
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
  #wakeAt = NEVER
  #flood: FloodState = NO_FLOOD
  /** Incidents that stand for others. */
  #floodIncident: IncidentRecord | undefined
  #overflow: IncidentRecord | undefined
  /** Keys of alarms that the next summary of a flood will tell. */
  #heldBack: string[] = []
  #rules: SuppressionRule[] = []
  #outOfService: DeskState['outOfService'] = []

  constructor(settings: Partial<DeskSettings> = {}) {
    this.#o = { ...DESK_DEFAULTS, ...settings }
    this.#ledger = new IncidentLedger(this.#alarms, saysTimeIn(this.#o.timeZone))
  }

  /** A line that was judged. Normal lines only matter when they say that something is over. */
  occurrence(o: Occurrence): DeskEffect[] {
    this.#elapse(o.at)
    const identity = identify(o)
    const phase = o.phase ?? identity.phase
    const { severity, needsHuman } = o.verdict
    const line = reference(o.at, o.line, o.id)
    // a line that is an alarm itself ends nothing, whatever its words
    if (o.isDismissed) {
      const record = this.#alarms.get(o.alarmKey ?? '') ?? endedBy(identity, this.#alarms.of(o.source))
      if (record) this.#step(record, { kind: 'dismiss', at: this.#now })
    } else if (isAlarm(severity) || (severity === 'advisory' && needsHuman && phase !== 'return')) {
      const record = this.#alarms.get(identity.key) ?? this.#newAlarm(o, identity, line)
      if (record) this.#raise(record, o, line, phase === 'event')
      else this.#refuse(o.verdict, line)
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
    return this.#wakeAt === NEVER ? undefined : this.#wakeAt
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
      flood: this.#flood,
      heldBack: this.#heldBack,
      floodNumber: this.#floodIncident?.n,
      overflowNumber: this.#overflow?.n,
      rules: this.#rules,
      outOfService: this.#outOfService,
    }
  }

  /** @param state as `state()` gave it; it is taken over, not copied */
  static restore(state: DeskState, settings: Partial<DeskSettings> = {}): IncidentDesk {
    const desk = new IncidentDesk(settings)
    for (const record of state.alarms) desk.#alarms.add(record)
    for (const incident of state.incidents) desk.#ledger.incidents.set(incident.n, incident)
    desk.#now = state.now
    desk.#ledger.lastNumber = state.lastNumber
    desk.#flood = state.flood
    desk.#heldBack = state.heldBack
    desk.#floodIncident = desk.#ledger.incidents.get(state.floodNumber ?? 0)
    desk.#overflow = desk.#ledger.incidents.get(state.overflowNumber ?? 0)
    desk.#rules = state.rules
    desk.#outOfService = state.outOfService
    desk.#planWake()
    return desk
  }

  // ---- lines

  #newAlarm(o: Occurrence, identity: Identity, line: LineReference): AlarmRecord | undefined {
    if (this.#alarms.size >= this.#o.mostAlarms) return undefined
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
    const isOut = this.#outOfService.some(e => identity.assets.some(a => isNamed(a, e.asset)))
    if (isOut) this.#step(record, { kind: 'takeOut', at: this.#now })
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

  /** More alarms than can be kept: the line is counted and shown, and a first one is told. */
  #refuse({ severity }: Verdict, line: LineReference): void {
    const isNew = this.#overflow === undefined || isWorse(severity, this.#overflow.severity ?? 'normal')
    const overflow = this.#overflowIncident(severity)
    addLine(overflow, line)
    if (isNew) this.#ledger.change(overflow, 'notify', this.#now, 'more alarms than can be kept', line)
  }

  // ---- alarms

  #step(record: AlarmRecord, event: AlarmEvent): void {
    const { live: wasLive, raw: wasRaw } = record.state
    const { state, effects } = next(record.state, event, this.#o.alarm)
    if (effects.length > 0 || state.raw !== wasRaw) this.#revision++
    record.state = state
    for (const effect of effects) this.#took(record, effect)
    this.#wakeAt = Math.min(this.#wakeAt, this.#dueAt(record))
    if (state.live !== wasLive) this.#expectOthers(record)
  }

  #took(record: AlarmRecord, effect: AlarmEffect): void {
    const incident = this.#incidentOf(record) ?? this.#place(record)
    const because = `${record.label}: ${SAYS[effect]}`
    if (effect === 'cleared' && this.#ledger.isOver(incident)) {
      this.#close(incident, because)
      return
    }
    const isForEars = tells(effect)
    if (isForEars) incident.acknowledged = undefined
    if (isForEars && this.#isHeard(record, effect))
      this.#ledger.change(incident, 'notify', this.#now, because, record.raisedBy)
    else this.#ledger.change(incident, 'update', this.#now, because)
  }

  /** Whether a person hears of it now, or reads of it in the list and in a summary. */
  #isHeard(record: AlarmRecord, effect: AlarmEffect): boolean {
    const { identity, state } = record
    if (!isAlarm(state.severity)) return false
    const machine = identity.asset ?? identity.source
    const alarm = { at: this.#now, severity: state.severity, machine }
    const admitted = admit(this.#flood, alarm, this.#o.flood)
    this.#flood = admitted.state
    this.#wakeAt = Math.min(this.#wakeAt, floodWakeAt(this.#flood, this.#o.flood) ?? NEVER)
    if (admitted.alone || (effect === 'escalated' && state.severity === 'emergency')) return true
    this.#holdBack(record)
    return false
  }

  /** It is in its own incident like any other; the summary of the flood names it too. */
  #holdBack(record: AlarmRecord): void {
    const { flood } = this.#flood
    this.#floodIncident ??= this.#ledger.open('flood', 'this device', flood?.since ?? this.#now)
    const incident = this.#floodIncident
    const { key } = record.identity
    if (!incident.alarms.includes(key)) incident.alarms.push(key)
    if (!this.#heldBack.includes(key)) this.#heldBack.push(key)
    incident.severity = flood?.worst
    incident.says ??= 'A flood of alarms'
    addLine(incident, record.raisedBy)
    this.#ledger.change(incident, 'update', this.#now, 'an alarm was held back')
  }

  #isExpected(record: AlarmRecord): boolean {
    const rules = this.#rules.filter(r => fits(r.expect, record.identity, record.label))
    if (rules.length === 0) return false
    return [...this.#alarms.values()].some(
      a => a !== record && a.state.live && rules.some(r => fits(r.while, a.identity, a.label)),
    )
  }

  /** An alarm came or went that others are expected with. */
  #expectOthers(cause: AlarmRecord): void {
    for (const rule of this.#rules)
      if (fits(rule.while, cause.identity, cause.label)) this.#review(rule.expect, cause)
  }

  #review(expect: SuppressionRule['expect'], except?: AlarmRecord): void {
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

  #place(record: AlarmRecord): IncidentRecord {
    const { source, assets } = record.identity
    const open = [...this.#ledger.incidents.values()].filter(i => i.kind === 'incident')
    const joined = incidentFor({ source, assets, at: record.activatedAt }, open, this.#o.group)
    const incident = joined?.incident ?? this.#ledger.open('incident', areaOf(source), this.#now)
    this.#ledger.join(incident, record)
    if (!joined && open.length >= this.#o.mostOpen) this.#moveLeast(open)
    return incident
  }

  /** The least severe, of those the oldest, is listed among others from now on. */
  #moveLeast(open: readonly IncidentRecord[]): void {
    const severityOf = (i: IncidentRecord) =>
      Math.max(...this.#ledger.alarmsOf(i).map(a => SEVERITIES.indexOf(a.state.severity)))
    const least = open.reduce((a, b) => (severityOf(b) < severityOf(a) ? b : a))
    const overflow = this.#overflowIncident(SEVERITIES[severityOf(least)] ?? 'normal')
    const moved = this.#ledger.alarmsOf(least)
    for (const record of moved) this.#ledger.join(overflow, record)
    this.#ledger.close(least, this.#now, `listed in incident ${overflow.n}: more are open than can be shown`)
    this.#ledger.change(overflow, 'update', this.#now, `incident ${least.n} is listed here now`)
  }

  #overflowIncident(severity: Severity): IncidentRecord {
    this.#overflow ??= this.#ledger.open('overflow', 'this device', this.#now)
    this.#overflow.severity = worse(severity, this.#overflow.severity ?? 'normal')
    this.#overflow.says = `More alarms are open than can be shown one by one; the least urgent are here`
    return this.#overflow
  }

  #close(incident: IncidentRecord, because: string): void {
    // what was refused has no alarm of its own that could end
    if (incident === this.#overflow && this.#alarms.size >= this.#o.mostAlarms) return
    this.#ledger.close(incident, this.#now, because)
    if (incident === this.#overflow) this.#overflow = undefined
    this.#wakeAt = Math.min(this.#wakeAt, this.#now + this.#o.alarm.chatterWindowMs)
  }

  // ---- time

  #elapse(at: number): void {
    while (this.#wakeAt <= at) {
      const due = [...this.#alarms.values()]
        .map(record => ({ record, at: this.#dueAt(record) }))
        .filter(d => d.at <= at)
        .sort((a, b) => a.at - b.at)
      for (const { record, at: when } of due) {
        this.#now = Math.max(this.#now, when)
        this.#passFlood(this.#now)
        this.#step(record, { kind: 'tick', at: this.#now })
        if (record.n === undefined && isIdle(record.state, this.#now, this.#o.alarm))
          this.#alarms.remove(record)
      }
      this.#passFlood(at)
      if (this.#overflow && this.#ledger.isOver(this.#overflow))
        this.#close(this.#overflow, 'there is room again')
      this.#planWake()
    }
    this.#now = Math.max(this.#now, at)
  }

  #planWake(): void {
    let soonest = floodWakeAt(this.#flood, this.#o.flood) ?? NEVER
    for (const record of this.#alarms.values()) soonest = Math.min(soonest, this.#dueAt(record))
    this.#wakeAt = soonest
  }

  #dueAt({ state, n }: AlarmRecord): number {
    const due = wakeAt(state, this.#o.alarm)
    if (due !== undefined || n !== undefined || state.condition !== 'NORM' || state.raw) return due ?? NEVER
    // forgotten once it can no longer count as chattering
    return (state.activations.at(-1) ?? this.#now) + this.#o.alarm.chatterWindowMs
  }

  #passFlood(at: number): void {
    const when = floodWakeAt(this.#flood, this.#o.flood)
    if (when === undefined || when > at) return
    this.#now = Math.max(this.#now, when)
    const { state, summary, ended } = pass(this.#flood, when, this.#o.flood)
    this.#flood = state
    if (summary !== undefined && this.#floodIncident) {
      this.#floodIncident.says = summary
      this.#floodIncident.acknowledged = undefined
      const because = 'alarms were held back in a flood'
      this.#ledger.change(this.#floodIncident, 'notify', this.#now, because)
      for (const key of this.#heldBack) {
        const line = this.#alarms.get(key)?.raisedBy
        if (line) this.#ledger.change(this.#floodIncident, 'notify', this.#now, because, line)
      }
      this.#heldBack = []
    }
    if (ended && this.#floodIncident) {
      this.#ledger.close(this.#floodIncident, this.#now, 'the flood is over')
      this.#floodIncident = undefined
    }
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
      case 'out_of_service':
        this.#outOfService = [
          ...this.#outOfService.filter(e => e.asset !== action.asset),
          { asset: action.asset, ...deed },
        ].slice(-this.#o.mostRules)
        this.#onAsset(action.asset, { kind: 'takeOut', at }, deed)
        return
      case 'in_service':
        this.#outOfService = this.#outOfService.filter(e => e.asset !== action.asset)
        this.#onAsset(action.asset, { kind: 'putBack', at }, undefined)
        return
      case 'suppress':
        this.#rules = [
          ...this.#rules.filter(r => r.rule !== action.rule),
          { rule: action.rule, while: action.while, expect: action.expect, by, at },
        ].slice(-this.#o.mostRules)
        this.#review(action.expect)
        return
      case 'unsuppress': {
        const gone = this.#rules.filter(r => r.rule === action.rule)
        this.#rules = this.#rules.filter(r => r.rule !== action.rule)
        for (const rule of gone) this.#review(rule.expect)
      }
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
