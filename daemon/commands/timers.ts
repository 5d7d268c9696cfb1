import { type Clock, sleep } from '../base/clock.js'
import type { Part } from '../base/part.js'
import { slug } from './home.js'
import type { Params } from './parsed-command.js'
import type { ActionName } from './vocabulary.js'

/*
 * Timers that people set by voice, and actions put off until later. Kept in memory only: a restart forgets them.
 */

/** A timer as told to people. Seconds. */
export interface Timer {
  readonly id: number
  readonly name: string | null
  /** Area id where it was set. */
  readonly area: string | null
  /** What it was set to, without later changes. */
  readonly setSeconds: number
  readonly leftSeconds: number
  readonly state: 'running' | 'paused'
}

/** What became of a timer command; `reason` is a sentence without its subject. */
export type TimerAnswer =
  | { readonly ok: true; readonly timers: readonly Timer[] }
  | {
      readonly ok: false
      readonly problem: 'no_duration' | 'no_timer' | 'several' | 'too_many'
      readonly reason: string
    }

/** Something done later. */
export interface Scheduled {
  readonly id: number
  /** What will be done, for people. */
  readonly what: string
  readonly leftSeconds: number
}

export interface TimersOptions {
  clock: Clock
  /** Called once when a timer is up. */
  onFinished: (timer: Timer) => void
  /** For tests. */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>
}

interface Entry {
  id: number
  name: string | null
  area: string | null
  setMs: number
  /** Monotonic end while running; what is left while paused. */
  endsAt: number
  leftMs: number | null
  cancel: AbortController
  run: () => void
  what: string | null
}

const MAX_ENTRIES = 200
const MAX_MS = 366 * 24 * 3_600_000
/** Longest single wait: the platform's timers end at 2^31 ms. */
const MAX_WAIT_MS = 24 * 3_600_000

/** Seconds of `hours`, `minutes` and `seconds`; undefined when none is there. */
export function durationSeconds(params: Params, prefix = ''): number | undefined {
  const units = [
    ['hours', 3600],
    ['minutes', 60],
    ['seconds', 1],
  ] as const
  const given = units.flatMap(([unit, seconds]) => {
    const value = Number(params[prefix + unit] ?? Number.NaN)
    return Number.isFinite(value) && value >= 0 ? [value * seconds] : []
  })
  return given.length ? given.reduce((sum, seconds) => sum + seconds, 0) : undefined
}

/**
 * Until when an action is put off: `delay_hours`, `delay_minutes`, `delay_seconds`, or `at` ("07:30", the machine's own
 * time zone; today, or tomorrow when that has passed).
 * @returns seconds from now; undefined when the action is for now
 */
export function delaySeconds(params: Params, clock: Clock): number | undefined {
  const delay = durationSeconds(params, 'delay_')
  if (delay !== undefined) return delay
  const [, hours, minutes] = /^(\d{1,2}):(\d{2})$/.exec(String(params.at ?? '')) ?? []
  if (hours === undefined || Number(hours) > 23 || Number(minutes) > 59) return undefined
  const now = clock.now()
  const at = new Date(now)
  at.setHours(Number(hours), Number(minutes), 0, 0)
  if (at.getTime() <= now) at.setDate(at.getDate() + 1)
  return (at.getTime() - now) / 1000
}

/** The parameters without what `delaySeconds` reads. */
export function withoutDelay(params: Params): Params {
  return Object.fromEntries(
    Object.entries(params).filter(([key]) => key !== 'at' && !key.startsWith('delay_')),
  )
}

export class Timers implements Part {
  readonly name = 'timers'
  readonly #clock: Clock
  readonly #onFinished: TimersOptions['onFinished']
  readonly #wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly #entries = new Map<number, Entry>()
  #last = 0

  constructor(options: TimersOptions) {
    this.#clock = options.clock
    this.#onFinished = options.onFinished
    this.#wait = options.wait ?? sleep
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
  }

  /** Forgets all timers and everything that was put off. */
  async stop(): Promise<void> {
    for (const entry of this.#entries.values()) entry.cancel.abort()
    this.#entries.clear()
  }

  /** All timers, the next one first. */
  list(): Timer[] {
    return this.#timers().map(entry => this.#told(entry))
  }

  /** What was put off, the next one first. */
  scheduled(): Scheduled[] {
    return [...this.#entries.values()]
      .filter(entry => entry.what !== null)
      .sort((a, b) => a.endsAt - b.endsAt)
      .map(entry => ({ id: entry.id, what: entry.what ?? '', leftSeconds: this.#leftMs(entry) / 1000 }))
  }

  /**
   * Does `run` later.
   * @param what for people ("turn off the hall light")
   * @returns undefined when too much is put off already
   */
  schedule(seconds: number, what: string, run: () => void): Scheduled | undefined {
    const entry = this.#add({ ms: seconds * 1000, name: null, area: null, what, run })
    return entry && { id: entry.id, what, leftSeconds: seconds }
  }

  /** Takes back what `schedule` put off. @returns whether it was still to come */
  unschedule(id: number): boolean {
    const entry = this.#entries.get(id)
    return entry !== undefined && entry.what !== null && this.#remove(entry)
  }

  /** Takes back a timer. @returns whether it was still there */
  cancel(id: number): boolean {
    const entry = this.#entries.get(id)
    return entry !== undefined && entry.what === null && this.#remove(entry)
  }

  /**
   * Does a timer command (`start_timer`, `cancel_timer`, ...) with its parameters.
   * @param area where it was said; a new timer belongs there, and of several the one from there is meant
   */
  handle(action: ActionName, params: Params, area?: string): TimerAnswer {
    const seconds = durationSeconds(params)
    switch (action) {
      case 'start_timer':
        return this.#begin(params, seconds, area)
      case 'cancel_all_timers': {
        const place = typeof params.area === 'string' ? params.area : undefined
        const all = this.#timers().filter(entry => place === undefined || entry.area === place)
        return this.#all(all, entry => this.#remove(entry))
      }
      case 'timer_status': {
        const found = this.#matching(params)
        if (!found.length && this.#entries.size) return this.#none(params)
        return { ok: true, timers: found.map(entry => this.#told(entry)) }
      }
      case 'cancel_timer':
        return this.#one(params, area, entry => this.#remove(entry))
      case 'increase_timer':
      case 'decrease_timer':
        if (!seconds) return { ok: false, problem: 'no_duration', reason: 'was not told by how much' }
        return this.#one(params, area, entry =>
          this.#shift(entry, action === 'increase_timer' ? seconds : -seconds),
        )
      case 'pause_timer':
        return this.#one(params, area, entry => this.#pause(entry), 'running')
      case 'resume_timer':
        return this.#one(params, area, entry => this.#resume(entry), 'paused')
      default:
        return { ok: false, problem: 'no_timer', reason: `cannot ${action}` }
    }
  }

  #begin(params: Params, seconds: number | undefined, area: string | undefined): TimerAnswer {
    if (!seconds) return { ok: false, problem: 'no_duration', reason: 'was not told how long' }
    const name = typeof params.name === 'string' && params.name.trim() ? params.name.trim() : null
    const place = typeof params.area === 'string' ? params.area : (area ?? null)
    const entry = this.#add({ ms: seconds * 1000, name, area: place, what: null })
    if (!entry)
      return {
        ok: false,
        problem: 'too_many',
        reason: 'cannot be kept: there are too many, or it is too long',
      }
    return { ok: true, timers: [this.#told(entry)] }
  }

  #add(of: {
    ms: number
    name: string | null
    area: string | null
    what: string | null
    run?: () => void
  }): Entry | undefined {
    if (this.#entries.size >= MAX_ENTRIES || !(of.ms >= 0) || of.ms > MAX_MS) return undefined
    const entry: Entry = {
      id: ++this.#last,
      name: of.name,
      area: of.area,
      setMs: of.ms,
      endsAt: this.#clock.monotonic() + of.ms,
      leftMs: null,
      cancel: new AbortController(),
      run: of.run ?? (() => this.#onFinished(this.#told(entry))),
      what: of.what,
    }
    this.#entries.set(entry.id, entry)
    void this.#keep(entry)
    return entry
  }

  /** Waits until the entry is due, then runs it. Ended by its `cancel`. */
  async #keep(entry: Entry): Promise<void> {
    const { signal } = entry.cancel
    try {
      for (let left = this.#leftMs(entry); left > 0; left = this.#leftMs(entry))
        await this.#wait(Math.min(left, MAX_WAIT_MS), signal)
    } catch (error) {
      if (signal.aborted) return
      throw error
    }
    if (signal.aborted || !this.#entries.delete(entry.id)) return
    entry.run()
  }

  #leftMs(entry: Entry): number {
    return Math.max(0, entry.leftMs ?? entry.endsAt - this.#clock.monotonic())
  }

  #told(entry: Entry): Timer {
    return {
      id: entry.id,
      name: entry.name,
      area: entry.area,
      setSeconds: entry.setMs / 1000,
      leftSeconds: Math.round(this.#leftMs(entry) / 100) / 10,
      state: entry.leftMs === null ? 'running' : 'paused',
    }
  }

  #timers(): Entry[] {
    const timers = [...this.#entries.values()].filter(entry => entry.what === null)
    return timers.sort((a, b) => this.#leftMs(a) - this.#leftMs(b))
  }

  #matching(params: Params): Entry[] {
    const name = typeof params.name === 'string' ? slug(params.name) : undefined
    const area = typeof params.area === 'string' ? params.area : undefined
    const set = durationSeconds(params, 'start_')
    return this.#timers().filter(
      entry =>
        (name === undefined || (entry.name !== null && slug(entry.name) === name)) &&
        (area === undefined || entry.area === area) &&
        (set === undefined || entry.setMs === set * 1000),
    )
  }

  /** Of several that fit, the only one of the speaker's area; else it is not clear which. */
  #one(
    params: Params,
    area: string | undefined,
    change: (entry: Entry) => unknown,
    state?: Timer['state'],
  ): TimerAnswer {
    let found = this.#matching(params)
    if (!found.length) return this.#none(params)
    const fitting = state
      ? found.filter(entry => (entry.leftMs === null ? 'running' : 'paused') === state)
      : found
    if (fitting.length) found = fitting
    const here = found.filter(entry => entry.area !== null && entry.area === area)
    const [only, more] = found.length > 1 && here.length === 1 ? here : found
    if (!only || more) return { ok: false, problem: 'several', reason: `fits ${found.length} timers` }
    return this.#all([only], change)
  }

  #all(entries: readonly Entry[], change: (entry: Entry) => unknown): TimerAnswer {
    for (const entry of entries) change(entry)
    return { ok: true, timers: entries.map(entry => this.#told(entry)) }
  }

  #none(params: Params): TimerAnswer {
    const called = typeof params.name === 'string' ? ` called ${params.name}` : ''
    return {
      ok: false,
      problem: 'no_timer',
      reason: this.#timers().length ? `fits no timer${called}` : 'there is no timer',
    }
  }

  #remove(entry: Entry): boolean {
    entry.cancel.abort()
    return this.#entries.delete(entry.id)
  }

  #shift(entry: Entry, seconds: number): void {
    if (entry.leftMs !== null) entry.leftMs = Math.max(0, entry.leftMs + seconds * 1000)
    else this.#restart(entry, this.#leftMs(entry) + seconds * 1000)
  }

  #pause(entry: Entry): void {
    if (entry.leftMs !== null) return
    entry.leftMs = this.#leftMs(entry)
    entry.cancel.abort()
  }

  #resume(entry: Entry): void {
    if (entry.leftMs !== null) this.#restart(entry, entry.leftMs)
  }

  #restart(entry: Entry, leftMs: number): void {
    entry.cancel.abort()
    entry.cancel = new AbortController()
    entry.leftMs = null
    entry.endsAt = this.#clock.monotonic() + Math.max(0, leftMs)
    void this.#keep(entry)
  }
}
