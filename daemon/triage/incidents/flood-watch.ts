import { isAlarm } from '../verdict.js'
import type { AlarmEffect } from './alarm-state.js'
import { admit, type FloodSettings, type FloodState, floodWakeAt, NO_FLOOD, pass } from './flood.js'
import { type AlarmRecord, addLine, type IncidentRecord } from './incident.js'
import type { IncidentLedger } from './ledger.js'
import type { AlarmRegister } from './register.js'

/** Plain JSON. */
export interface FloodWatchState {
  flood: FloodState
  /** Keys of alarms that the next summary will tell. */
  heldBack: string[]
  /** Number of the incident that stands for the flood. */
  n?: number
}

/** Lets alarms through to people, or holds them back and names them in one summary. Nothing is taken from the lists. */
export class FloodWatch {
  readonly #o: FloodSettings
  readonly #ledger: IncidentLedger
  readonly #alarms: AlarmRegister
  #flood: FloodState = NO_FLOOD
  #heldBack: string[] = []
  #incident: IncidentRecord | undefined

  constructor(settings: FloodSettings, ledger: IncidentLedger, alarms: AlarmRegister) {
    this.#o = settings
    this.#ledger = ledger
    this.#alarms = alarms
  }

  get wakeAt(): number {
    return floodWakeAt(this.#flood, this.#o) ?? Number.POSITIVE_INFINITY
  }

  state(): FloodWatchState {
    return { flood: this.#flood, heldBack: this.#heldBack, n: this.#incident?.n }
  }

  /** After the ledger has its incidents. */
  restore({ flood, heldBack, n }: FloodWatchState): void {
    this.#flood = flood
    this.#heldBack = heldBack
    this.#incident = this.#ledger.incidents.get(n ?? 0)
  }

  /** Whether a person hears of it now, or reads of it in the list and in a summary. */
  admits(record: AlarmRecord, effect: AlarmEffect, at: number): boolean {
    const { identity, state } = record
    if (!isAlarm(state.severity)) return false
    // alarms of one incident that come at once are one notification
    if (this.#ledger.isTelling(record.n)) return true
    const machine = identity.asset ?? identity.source
    const admitted = admit(this.#flood, { at, severity: state.severity, machine }, this.#o)
    this.#flood = admitted.state
    if (admitted.alone || (effect === 'escalated' && state.severity === 'emergency')) return true
    this.#holdBack(record, at)
    return false
  }

  /** Gives out the summary that is due and ends the flood that is over. @returns when that was, if it was */
  pass(at: number): number | undefined {
    const when = this.wakeAt
    if (when > at) return undefined
    const { state, summary, ended } = pass(this.#flood, when, this.#o)
    this.#flood = state
    const incident = this.#incident
    if (!incident) return when
    if (summary !== undefined) {
      incident.says = summary
      incident.acknowledged = undefined
      const because = 'alarms were held back in a flood'
      this.#ledger.change(incident, 'notify', when, because)
      for (const key of this.#heldBack) {
        const line = this.#alarms.get(key)?.raisedBy
        if (line) this.#ledger.change(incident, 'notify', when, because, line)
      }
      this.#heldBack = []
    }
    if (ended) {
      this.#ledger.close(incident, when, 'the flood is over')
      this.#incident = undefined
    }
    return when
  }

  /** It is in its own incident like any other; the summary of the flood names it too. */
  #holdBack(record: AlarmRecord, at: number): void {
    const { flood } = this.#flood
    this.#incident ??= this.#ledger.open('flood', 'this device', flood?.since ?? at)
    const incident = this.#incident
    const { key } = record.identity
    if (!incident.alarms.includes(key)) incident.alarms.push(key)
    if (!this.#heldBack.includes(key)) this.#heldBack.push(key)
    incident.severity = flood?.worst
    incident.says ??= 'A flood of alarms'
    addLine(incident, record.raisedBy)
    this.#ledger.change(incident, 'update', at, 'an alarm was held back')
  }
}
