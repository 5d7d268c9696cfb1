import { SEVERITIES, type Severity, worse } from '../verdict.js'
import { isWorse } from './alarm-settings.js'
import { areaOf, type GroupSettings, incidentFor } from './group.js'
import { type AlarmRecord, addLine, type IncidentRecord, type LineReference } from './incident.js'
import type { IncidentLedger } from './ledger.js'

/**
 * Finds the incident of an alarm. When there are more than can be shown one by one, the least are listed in one of their
 * own, the overflow; nothing is dropped without a word.
 */
export class Placing {
  readonly #ledger: IncidentLedger
  readonly #group: GroupSettings
  readonly #mostOpen: number
  #overflow: IncidentRecord | undefined

  constructor(ledger: IncidentLedger, group: GroupSettings, mostOpen: number) {
    this.#ledger = ledger
    this.#group = group
    this.#mostOpen = mostOpen
  }

  /** Number of the overflow, for a file. */
  get overflowNumber(): number | undefined {
    return this.#overflow?.n
  }

  /** After the ledger has its incidents. */
  restore(overflowNumber: number | undefined): void {
    this.#overflow = this.#ledger.incidents.get(overflowNumber ?? 0)
  }

  place(record: AlarmRecord, at: number): IncidentRecord {
    const { source, assets } = record.identity
    const open = [...this.#ledger.incidents.values()].filter(i => i.kind === 'incident')
    const joined = incidentFor({ source, assets, at: record.activatedAt }, open, this.#group)
    const incident = joined?.incident ?? this.#ledger.open('incident', areaOf(source), at)
    this.#ledger.join(incident, record)
    if (!joined && open.length >= this.#mostOpen) this.#moveLeast(open, at)
    return incident
  }

  /** A line of an alarm that can not be kept: it is counted and shown, and the first and every worse one are told. */
  refuse(severity: Severity, line: LineReference, at: number): void {
    const isNew = this.#overflow === undefined || isWorse(severity, this.#overflow.severity ?? 'normal')
    const overflow = this.#overflowFor(severity, at)
    addLine(overflow, line)
    if (isNew) this.#ledger.change(overflow, 'notify', at, 'more alarms than can be kept', line)
  }

  /** @param isFull alarms are still being refused: those have no record that could end */
  close(incident: IncidentRecord, at: number, because: string, isFull: boolean): void {
    if (incident === this.#overflow) {
      if (isFull) return
      this.#overflow = undefined
    }
    this.#ledger.close(incident, at, because)
  }

  closeOverflowWhenOver(at: number, isFull: boolean): void {
    if (this.#overflow && this.#ledger.isOver(this.#overflow))
      this.close(this.#overflow, at, 'there is room again', isFull)
  }

  /** The least severe, of those the oldest, is listed among others from now on. */
  #moveLeast(open: readonly IncidentRecord[], at: number): void {
    const severityOf = (i: IncidentRecord) =>
      Math.max(0, ...this.#ledger.alarmsOf(i).map(a => SEVERITIES.indexOf(a.state.severity)))
    const least = open.reduce((a, b) => (severityOf(b) < severityOf(a) ? b : a))
    const overflow = this.#overflowFor(SEVERITIES[severityOf(least)] ?? 'normal', at)
    for (const record of this.#ledger.alarmsOf(least)) this.#ledger.join(overflow, record)
    this.#ledger.close(least, at, `listed in incident ${overflow.n}: more are open than can be shown`)
    this.#ledger.change(overflow, 'update', at, `incident ${least.n} is listed here now`)
  }

  #overflowFor(severity: Severity, at: number): IncidentRecord {
    this.#overflow ??= this.#ledger.open('overflow', 'this device', at)
    this.#overflow.severity = worse(severity, this.#overflow.severity ?? 'normal')
    this.#overflow.says = 'More alarms are open than can be shown one by one; the least urgent are here'
    return this.#overflow
  }
}
