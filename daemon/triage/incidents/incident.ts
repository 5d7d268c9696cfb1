/** One incident as it is kept, and as people and programs see it. Pure. */
import { garbageIn } from '../judge/garbage.js'
import type { Category, Component, Severity, Verdict } from '../verdict.js'
import { isAlarm, SEVERITIES, worse } from '../verdict.js'
import type { AlarmCondition, AlarmState } from './alarm-state.js'
import type { Identity } from './identity.js'

export interface LineReference {
  /** Milliseconds since 1970. */
  at: number
  id?: string
  /** At most 500 characters of it. */
  line: string
}

/** One alarm with the lines behind it. */
export interface AlarmRecord {
  identity: Identity
  state: AlarmState
  /** Of the worst line since it was last normal. */
  verdict: Verdict
  label: string
  /** When its present activation began, before any delay. */
  activatedAt: number
  first: LineReference
  last: LineReference
  /** The line that raised it last. */
  raisedBy: LineReference
  /** Of that line, whole: here it may be cut. */
  templateId?: string
  count: number
  /** Number of its incident once it has one. */
  n?: number
}

export interface Deed {
  by: string
  /** Milliseconds since 1970. */
  at: number
  note?: string
}

export interface IncidentRecord {
  n: number
  kind: 'incident' | 'flood' | 'overflow'
  area: string
  sources: string[]
  assets: string[]
  /** Keys of its alarms in the order in which they joined. */
  alarms: string[]
  firstAt: number
  lastAt: number
  openedAt: number
  updatedAt: number
  /** Lines behind it: the first, the last, and an even sample of those between, ten in all. */
  lines: LineReference[]
  count: number
  /** One of so many lines is kept. */
  stride: number
  acknowledged?: Deed
  shelved?: Deed & { until: number }
  outOfService?: Deed
  /** Of a flood or an overflow, which have no alarms of their own. */
  says?: string
  severity?: Severity
}

/** One open incident, as its retained topic holds it. Times are ISO 8601 UTC. */
export interface IncidentDocument {
  n: number
  kind: IncidentRecord['kind']
  /** The state of the alarm that needs a person most. */
  state: AlarmCondition
  severity: Severity
  category: Category
  component: Component
  source: string
  asset?: string
  /** One or two sentences: what, where, since when, how often, cause, action. */
  summary: string
  cause?: string
  action?: string
  since: string
  updated: string
  /** The alarm that came first. */
  first_out?: string
  alarms: {
    key: string
    label: string
    state: AlarmCondition
    active: boolean
    severity: Severity
    since: string
    count: number
    chattering?: boolean
    stale?: boolean
  }[]
  /** Alarms that are not listed. */
  more_alarms?: number
  /** Lines behind it. */
  count: number
  lines: { at: string; id?: string; line: string }[]
  acknowledged?: { by: string; at: string; note?: string }
  shelved?: { by: string; at: string; until: string; note?: string }
  out_of_service?: { by: string; at: string; note?: string }
}

const MOST_SAMPLES = 9
/** Alarms that a document names. */
const MOST_LISTED = 50
const LONGEST_LINE = 500
/** What a person reads in ten seconds: at four words a second, some 250 characters. */
const LONGEST_SUMMARY = 280
/** The more a state needs a person, the earlier. */
const URGENCY: readonly AlarmCondition[] = ['UNACK', 'RTNUN', 'ACKED', 'SHLVD', 'DSUPR', 'OOSRV', 'NORM']

/** Whether a line stands there with its end missing. */
export const isCut = ({ line }: LineReference): boolean => line.length === LONGEST_LINE && line.endsWith('…')

export const reference = (at: number, line: string, id?: string): LineReference => ({
  at,
  ...(id !== undefined && { id }),
  line: line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE - 1)}…` : line,
})

/** Keeps first, last and an even sample between them in fixed memory: when it is full, every second one goes. */
export function addLine(incident: IncidentRecord, line: LineReference): void {
  const { lines } = incident
  const before = lines.length > 1 ? lines.pop()! : undefined
  if (before && (incident.count - 1) % incident.stride === 0) lines.push(before)
  if (lines.length >= MOST_SAMPLES) {
    incident.lines = lines.filter((_, i) => i % 2 === 0)
    incident.stride *= 2
  }
  incident.lines.push(line)
  incident.count++
}

/** Says a time of day for people. */
export type SaysTime = (at: number) => string

/** @param says how times stand in the summary */
export function documentOf(
  incident: IncidentRecord,
  alarms: readonly AlarmRecord[],
  says: SaysTime,
): IncidentDocument {
  const head = firstOut(alarms)
  const worst = [...alarms].sort(
    (a, b) => SEVERITIES.indexOf(b.state.severity) - SEVERITIES.indexOf(a.state.severity),
  )[0]
  const severity = alarms.reduce(
    (s, a) => (a.state.open ? worse(s, a.state.severity) : s),
    incident.severity ?? 'normal',
  )
  const speaker = [leading(alarms), worst].find(a => a?.verdict.cause || a?.verdict.action) ?? head
  const state = URGENCY.find(c => alarms.some(a => a.state.condition === c)) ?? 'UNACK'
  const { cause, action } = speaker?.verdict ?? {}
  return {
    n: incident.n,
    kind: incident.kind,
    state,
    severity: severity === 'normal' ? (worst?.state.severity ?? 'normal') : severity,
    category: worst?.verdict.category ?? 'process_deviation',
    component: leading(alarms)?.verdict.component ?? 'other',
    source: head?.identity.source ?? incident.area,
    ...(head?.identity.asset !== undefined && { asset: head.identity.asset }),
    summary: summaryOf(incident, alarms, says),
    ...(cause && { cause }),
    ...(action && { action }),
    since: iso(head?.activatedAt ?? incident.openedAt),
    updated: iso(incident.updatedAt),
    ...(head && { first_out: head.label }),
    alarms: alarms.slice(0, MOST_LISTED).map(a => ({
      key: a.identity.key,
      label: a.label,
      state: a.state.condition,
      active: a.state.live,
      severity: a.state.severity,
      since: iso(a.activatedAt),
      count: a.count,
      ...(a.state.chatteringSince !== undefined && { chattering: true }),
      ...(a.state.stale && { stale: true }),
    })),
    ...(alarms.length > MOST_LISTED && { more_alarms: alarms.length - MOST_LISTED }),
    count: incident.count,
    lines: incident.lines.map(l => ({ ...l, at: iso(l.at) })),
    ...(incident.acknowledged && { acknowledged: deed(incident.acknowledged) }),
    ...(incident.shelved &&
      alarms.some(a => a.state.condition === 'SHLVD') && {
        shelved: { ...deed(incident.shelved), until: iso(incident.shelved.until) },
      }),
    ...(incident.outOfService && { out_of_service: deed(incident.outOfService) }),
  }
}

/**
 * The alarm whose condition began first: its cause is the cause of the others, more often than not. What is only worth a
 * note began nothing when there are alarms.
 */
export function firstOut(alarms: readonly AlarmRecord[]): AlarmRecord | undefined {
  const grave = alarms.filter(a => isAlarm(a.state.severity))
  return earliest(grave.length > 0 ? grave : alarms)
}

/** What a summary begins with: danger to people, else the first out. */
const leading = (alarms: readonly AlarmRecord[]): AlarmRecord | undefined =>
  earliest(alarms.filter(a => a.state.open && a.state.severity === 'emergency')) ?? firstOut(alarms)

const earliest = (alarms: readonly AlarmRecord[]): AlarmRecord | undefined =>
  alarms.reduce<AlarmRecord | undefined>((a, b) => (a && a.activatedAt <= b.activatedAt ? a : b), undefined)

function summaryOf(incident: IncidentRecord, alarms: readonly AlarmRecord[], says: SaysTime): string {
  const head = leading(alarms)
  const since = says(head?.activatedAt ?? incident.openedAt)
  if (incident.says !== undefined) return `${incident.says}, since ${since}.`
  if (!head) return `Opened ${since}.`
  const others = alarms.filter(a => a !== head && a.state.open)
  const times = head.state.live || head.count > 1 ? '' : ' (over)'
  const often = head.count > 1 ? `, ${head.count} lines` : ''
  const chatters = head.state.chatteringSince !== undefined ? ', chattering' : ''
  const more =
    others.length === 0
      ? ''
      : `; then ${others.length === 1 ? others[0]!.label : `${others.length} more, first ${others[0]!.label}`}`
  const what = `${head.label}, since ${since}${often}${chatters}${times}${more}.`
  const { cause, action } = head.verdict
  const why = [cause && `Likely ${lowerFirst(cause)}`, action && (cause ? lowerFirst(action) : action)]
    .filter(Boolean)
    .map(s => s!.replace(/[.\s]+$/, ''))
    .join(': ')
  return cut(why === '' ? what : `${what} ${why}.`, LONGEST_SUMMARY)
}

/** A sentence so short says it best, whole; the words that decided may be a piece of it without its thing. */
const SHORT_MESSAGE = 60

/** What an alarm is called: its message when that is short, else its machine and the words that decided. */
export function labelOf(identity: Identity, message: string, verdict: Verdict): string {
  if (garbageIn(message)) return 'bytes that are no text'
  const whole = shown(message)
  const isSentence = whole.length <= SHORT_MESSAGE && /^[\p{L}\d]/u.test(whole) && !whole.includes('=')
  const words = isSentence ? whole : shown(verdict.evidence || whole)
  const { asset } = identity
  return cut(asset === undefined || words.toLowerCase().includes(asset) ? words : `${asset} ${words}`, 100)
}

/** Marks that no display shows, or that steer one: control characters and those that hide or turn text. The raw line keeps them. */
const UNSEEN = /[\s\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]+/g
const shown = (text: string): string => text.replace(UNSEEN, ' ').trim()

const deed = ({ by, at, note }: Deed) => ({ by, at: iso(at), ...(note !== undefined && { note }) })
const iso = (at: number): string => new Date(at).toISOString()
const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1)}…`
const lowerFirst = (text: string): string =>
  /^(?:\p{Lu}\p{Ll}|A )/u.test(text) ? text[0]!.toLowerCase() + text.slice(1) : text

/** @param timeZone IANA name @returns `21 Nov, 14:02` */
export function saysTimeIn(timeZone: string): SaysTime {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  })
  return at => format.format(at)
}
