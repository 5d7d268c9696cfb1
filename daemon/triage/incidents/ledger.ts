/** The open incidents, their numbers and their alarms, and what of them changed since the last look. */
import type { AlarmRecord } from './incident.js'
import {
  addLine,
  documentOf,
  type IncidentDocument,
  type IncidentRecord,
  type LineReference,
  type SaysTime,
} from './incident.js'
import type { AlarmRegister } from './register.js'

/** `notify`: a person should hear of it now. `update`: its retained document changed. `clear`: it is over. */
export interface DeskEffect {
  kind: 'notify' | 'update' | 'clear'
  at: number
  incident: IncidentDocument
  because: string
  /** Lines that raised the alarms that a person is told of. */
  told: LineReference[]
}

interface Change {
  kind: DeskEffect['kind']
  at: number
  because: Set<string>
  told: LineReference[]
  /** Of what is gone. */
  last?: IncidentDocument
}

/** Numbers stay small enough to be said aloud; after the last comes the first that is free. */
const LAST_NUMBER = 9_999
const RANK = { update: 0, notify: 1, clear: 2 }

export class IncidentLedger {
  lastNumber = 0
  readonly incidents = new Map<number, IncidentRecord>()
  readonly #alarms: AlarmRegister
  readonly #says: SaysTime
  #changes = new Map<number, Change>()

  constructor(alarms: AlarmRegister, says: SaysTime) {
    this.#alarms = alarms
    this.#says = says
  }

  open(kind: IncidentRecord['kind'], area: string, at: number): IncidentRecord {
    do this.lastNumber = (this.lastNumber % LAST_NUMBER) + 1
    while (this.incidents.has(this.lastNumber))
    const incident: IncidentRecord = {
      n: this.lastNumber,
      kind,
      area,
      sources: [],
      assets: [],
      alarms: [],
      firstAt: at,
      lastAt: at,
      openedAt: at,
      updatedAt: at,
      lines: [],
      count: 0,
      stride: 1,
    }
    this.incidents.set(incident.n, incident)
    return incident
  }

  join(incident: IncidentRecord, record: AlarmRecord): void {
    const { identity, activatedAt } = record
    if (incident.alarms.length === 0) {
      incident.firstAt = activatedAt
      incident.lastAt = activatedAt
    }
    record.n = incident.n
    incident.alarms.push(identity.key)
    incident.firstAt = Math.min(incident.firstAt, activatedAt)
    incident.lastAt = Math.max(incident.lastAt, activatedAt)
    incident.sources = [...new Set([...incident.sources, identity.source])]
    incident.assets = [...new Set([...incident.assets, ...identity.assets])]
    addLine(incident, record.first)
    if (record.count > 1) addLine(incident, record.raisedBy)
  }

  alarmsOf(incident: IncidentRecord): AlarmRecord[] {
    return incident.alarms.flatMap(key => this.#alarms.get(key) ?? [])
  }

  /** Whether somebody still has to look at one of its alarms. */
  isOver(incident: IncidentRecord): boolean {
    return this.alarmsOf(incident).every(a => !a.state.open)
  }

  close(incident: IncidentRecord, at: number, because: string): void {
    incident.updatedAt = at
    this.change(incident, 'clear', at, because)
    this.#changes.get(incident.n)!.last = this.document(incident)
    this.incidents.delete(incident.n)
    for (const record of this.alarmsOf(incident)) {
      if (record.n !== incident.n) continue
      record.n = undefined
      record.count = 0
    }
  }

  change(
    incident: IncidentRecord,
    kind: DeskEffect['kind'],
    at: number,
    because: string,
    told?: LineReference,
  ) {
    incident.updatedAt = at
    const change = this.#changes.get(incident.n) ?? { kind, at, because: new Set(), told: [] }
    if (RANK[kind] > RANK[change.kind]) change.kind = kind
    change.at = at
    change.because.add(because)
    if (told) change.told.push(told)
    this.#changes.set(incident.n, change)
  }

  /** Whether the next look will tell a person of it anyway. */
  isTelling(n: number | undefined): boolean {
    return n !== undefined && this.#changes.get(n)?.kind === 'notify'
  }

  /** One effect for each incident that changed, in the order in which they began to. */
  flush(): DeskEffect[] {
    if (this.#changes.size === 0) return []
    const changes = this.#changes
    this.#changes = new Map()
    return [...changes].map(([n, { kind, at, because, told, last }]) => ({
      kind,
      at,
      incident: last ?? this.document(this.incidents.get(n)!),
      because: [...because].slice(0, 5).join('; '),
      told,
    }))
  }

  document(incident: IncidentRecord): IncidentDocument {
    return documentOf(incident, this.alarmsOf(incident), this.#says)
  }
}
