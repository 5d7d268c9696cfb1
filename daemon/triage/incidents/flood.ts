/** Keeps notifications below what a person can follow, and says what was held back. Pure; times in milliseconds. */
import type { Severity } from '../verdict.js'
import { isWorse } from './alarm-settings.js'

/** @source ANSI/ISA-18.2-2016, EEMUA 191: a flood begins above 10 alarms in 10 minutes and ends below 5 */
export interface FloodSettings {
  windowMs: number
  beginsAbove: number
  endsBelow: number
  /** The first summary comes so long after the first alarm that was held back, further ones `windowMs` apart. */
  summaryAfterMs: number
}

export const FLOOD_DEFAULTS: FloodSettings = {
  windowMs: 600_000,
  beginsAbove: 10,
  endsBelow: 5,
  summaryAfterMs: 60_000,
}

/** Machines of a flood that are told apart; more count as one. */
const MOST_MACHINES = 500

export interface FloodState {
  /** The latest alarms that were to be told, told or not; no more than are needed to judge. */
  wanted: number[]
  /** The latest that were told. */
  told: number[]
  /** There while it lasts. */
  flood?: {
    since: number
    /** Held back since it began, and since the last summary. */
    gathered: number
    fresh: number
    firstGatheredAt?: number
    summaryAt?: number
    machines: string[]
    worst: Severity
  }
}

export const NO_FLOOD: FloodState = { wanted: [], told: [] }

export interface Wanted {
  at: number
  severity: Severity
  /** Machine, or source where no machine is named. */
  machine: string
}

/** @returns whether it is told by itself; if not it has been gathered for the summary */
export function admit(
  state: FloodState,
  alarm: Wanted,
  o: FloodSettings,
): { state: FloodState; alone: boolean } {
  const { at, severity, machine } = alarm
  const wanted = [...state.wanted, at].slice(-(o.beginsAbove + 1))
  const inWindow = wanted.filter(time => time > at - o.windowMs).length
  const told = state.told.filter(time => time > at - o.windowMs)
  if (!state.flood && inWindow <= o.beginsAbove && told.length < o.beginsAbove)
    return { state: { wanted, told: [...told, at] }, alone: true }
  const flood = state.flood ?? {
    since: wanted[0]!,
    gathered: 0,
    fresh: 0,
    machines: [],
    worst: 'normal' as Severity,
  }
  const isNew = !flood.machines.includes(machine)
  // a new machine is told as long as there is room for it and for the summary; danger always
  const alone =
    (state.flood !== undefined && isWorse(severity, flood.worst) && severity !== 'warning') ||
    severity === 'emergency' ||
    (isNew && told.length < o.beginsAbove - 1)
  const machines =
    isNew && flood.machines.length < MOST_MACHINES ? [...flood.machines, machine] : flood.machines
  const worst = isWorse(severity, flood.worst) ? severity : flood.worst
  return {
    alone,
    state: {
      wanted,
      told: alone ? [...told, at].slice(-4 * o.beginsAbove) : told,
      flood: alone
        ? { ...flood, machines, worst }
        : {
            ...flood,
            machines,
            worst,
            gathered: flood.gathered + 1,
            fresh: flood.fresh + 1,
            firstGatheredAt: flood.firstGatheredAt ?? at,
          },
    },
  }
}

/** When `pass` has something to do. */
export function floodWakeAt(state: FloodState, o: FloodSettings): number | undefined {
  const { flood } = state
  if (!flood) return undefined
  return Math.min(endsAt(state, o), flood.fresh > 0 ? summaryDue(flood, o) : Number.POSITIVE_INFINITY)
}

/** Lets time pass. A summary is due when `summary` is there; the flood is over when `ended` is. */
export function pass(
  state: FloodState,
  at: number,
  o: FloodSettings,
): { state: FloodState; summary?: string; ended?: boolean } {
  const { flood } = state
  if (!flood) return { state }
  if (endsAt(state, o) <= at)
    return {
      state: { wanted: state.wanted, told: flood.fresh > 0 ? [...state.told, at] : state.told },
      ended: true,
      ...(flood.fresh > 0 && { summary: sentence(flood) }),
    }
  if (flood.fresh === 0 || summaryDue(flood, o) > at) return { state }
  return {
    state: { ...state, told: [...state.told, at], flood: { ...flood, fresh: 0, summaryAt: at } },
    summary: sentence(flood),
  }
}

type Flood = NonNullable<FloodState['flood']>

const summaryDue = (flood: Flood, o: FloodSettings): number =>
  flood.summaryAt === undefined
    ? (flood.firstGatheredAt ?? flood.since) + o.summaryAfterMs
    : flood.summaryAt + o.windowMs

/** The fifth last leaves the window then. */
const endsAt = (state: FloodState, o: FloodSettings): number =>
  (state.wanted.at(-o.endsBelow) ?? 0) + o.windowMs

const sentence = (flood: Flood): string =>
  `${flood.gathered} more alarms on ${flood.machines.length} ${flood.machines.length === 1 ? 'machine' : 'machines'}, worst ${flood.worst}`
