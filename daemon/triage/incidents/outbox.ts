/**
 * What the broker has not got yet. Of each incident only that it changed is kept (its newest state is what a retained topic
 * holds), events are kept one by one. Pure values.
 */
import type { Severity } from '../verdict.js'
import type { DeskEffect } from './ledger.js'

/** Told once. QoS 1 may bring it twice: `id` is the same then, and never that of another. */
export interface AlertEvent {
  id: string
  seq: number
  /** ISO 8601 UTC */
  at: string
  kind: 'notify' | 'clear' | 'missed'
  /** Number of the incident; 0 when events were missed. */
  n: number
  severity: Severity
  summary: string
  because: string
}

export interface OutboxState {
  seq: number
  events: AlertEvent[]
  /** Incidents whose topic is behind, in the order of their last change. One that is no longer open empties its topic. */
  behind: { n: number; seq: number }[]
}

export const EMPTY_OUTBOX: OutboxState = { seq: 0, events: [], behind: [] }

/**
 * Adds what the desk did. Beyond `mostEvents` the oldest become one that says how many are missing.
 * @param instance unlike that of any other run of the daemon, so that an id that was lost with the power is not used again
 */
export function put(
  outbox: OutboxState,
  effects: readonly DeskEffect[],
  instance: string,
  mostEvents: number,
): OutboxState {
  let { seq } = outbox
  const events = [...outbox.events]
  const behind = new Map(outbox.behind.map(b => [b.n, b]))
  for (const { kind, at, incident, because } of effects) {
    const { n, severity, summary } = incident
    if (kind !== 'update') {
      seq++
      events.push({
        id: `${instance}-${seq}`,
        seq,
        at: new Date(at).toISOString(),
        kind,
        n,
        severity,
        summary,
        because,
      })
    }
    seq++
    behind.delete(n)
    behind.set(n, { n, seq })
  }
  return { seq, events: bounded(events, mostEvents), behind: [...behind.values()] }
}

/** Every open incident is published again: a broker may have forgotten what it was told. */
export function putAll(outbox: OutboxState, open: readonly number[]): OutboxState {
  let { seq } = outbox
  const behind = new Map(outbox.behind.map(b => [b.n, b]))
  for (const n of open) if (!behind.has(n)) behind.set(n, { n, seq: ++seq })
  return { ...outbox, seq, behind: [...behind.values()] }
}

function bounded(events: AlertEvent[], most: number): AlertEvent[] {
  if (events.length <= most) return events
  const tooMany = events.slice(0, events.length - most + 1)
  const last = tooMany.at(-1)!
  const missing = tooMany.reduce(
    (sum, e) => sum + (e.kind === 'missed' ? Number.parseInt(e.summary, 10) : 1),
    0,
  )
  const missed: AlertEvent = {
    ...last,
    kind: 'missed',
    n: 0,
    summary: `${missing} events since ${tooMany[0]!.at} could not be kept while the broker was away.`,
    because: 'the outbox is full',
    at: tooMany[0]!.at,
  }
  return [missed, ...events.slice(tooMany.length)]
}
