/**
 * One stream of numbers, judged against its own past: no training, hardly a parameter. Six figures are followed (the value,
 * its step, the mean and the noise of a short window, and how far value and mean lie from what is usual at this time of
 * day); an alarm is a figure clearly beyond anything in its history, once an event.
 */
import { History } from './history.js'

export interface NumberAlarm {
  /** How far beyond the usual, in spreads. */
  score: number
  /** One sentence with the values that led to it. */
  reason: string
}

export interface ChannelOptions {
  /** Values of the short window. */
  window: number
  /** Spreads beyond the usual from which on it is an alarm. */
  threshold: number
  /** Values that must be there before a figure is judged. */
  probation: number
  /** So many values after the last unusual one belong to the same event. */
  holdValues: number
}

export const CHANNEL_DEFAULTS: ChannelOptions = { window: 12, threshold: 1, probation: 300, holdValues: 150 }

const FIGURES = ['value', 'step', 'mean', 'noise', 'for_time', 'mean_for_time'] as const
type Figure = (typeof FIGURES)[number]

/** Half hours of a day. */
const SLOTS = 48
const SLOT_MS = 86_400_000 / SLOTS
/** A time of day is known after so many days. */
const DAYS = 3

export class Channel {
  readonly #o: ChannelOptions
  readonly #history = Object.fromEntries(FIGURES.map(f => [f, new History()])) as Record<Figure, History>
  readonly #window: number[] = []
  readonly #offWindow: number[] = []
  readonly #slots: ({ mean: number; count: number; days: number; day: number } | undefined)[] = new Array(
    SLOTS,
  )
  #last: number | undefined
  /** Values still belonging to the event that was told. */
  #hold = 0

  constructor(options: Partial<ChannelOptions> = {}) {
    this.#o = { ...CHANNEL_DEFAULTS, ...options }
  }

  /**
   * Takes the next value.
   * @param timeMs when it was measured, UTC; without it time of day is not looked at
   * @returns an alarm when an event begins
   */
  add(value: number, timeMs?: number): NumberAlarm | undefined {
    if (!Number.isFinite(value)) return undefined
    const figures = this.#figures(value, timeMs)
    let worst: { figure: Figure; score: number } | undefined
    for (const [figure, x] of figures) {
      const history = this.#history[figure]
      const needs = figure.endsWith('for_time') ? (this.#o.probation * 2) / 3 : this.#o.probation
      if (history.count < needs) continue
      const score = history.beyond(x)
      if (Math.abs(score) > Math.abs(worst?.score ?? 0)) worst = { figure, score }
    }
    const unusual = worst !== undefined && Math.abs(worst.score) > this.#o.threshold
    const alarm = unusual && this.#hold === 0 ? this.#alarm(worst!, value, figures) : undefined
    this.#hold = unusual ? this.#o.holdValues : Math.max(0, this.#hold - 1)
    for (const [figure, x] of figures) this.#history[figure].add(x)
    this.#last = value
    return alarm
  }

  #figures(value: number, timeMs: number | undefined): [Figure, number][] {
    const { window } = this.#o
    const full = push(this.#window, value, window)
    const figures: [Figure, number][] = [['value', value]]
    if (this.#last !== undefined) figures.push(['step', Math.abs(value - this.#last)])
    if (full) {
      const mean = meanOf(this.#window)
      const deviation = Math.sqrt(meanOf(this.#window.map(x => (x - mean) ** 2)))
      // of noise the ratio counts, not the difference; a constant has some, far below anything that is measured
      const floor = 1e-6 * (Math.abs(this.#history.value.quantile(0.5) || 0) + 1e-9)
      figures.push(['mean', mean], ['noise', Math.log(floor + deviation)])
    }
    const off = timeMs === undefined ? undefined : this.#offTime(value, timeMs)
    if (off !== undefined) {
      figures.push(['for_time', off])
      if (push(this.#offWindow, off, window)) figures.push(['mean_for_time', meanOf(this.#offWindow)])
    }
    return figures
  }

  /** How far from what is usual at this time of day; undefined before some days. Learns. */
  #offTime(value: number, timeMs: number): number | undefined {
    const at = Math.floor((((timeMs % 86_400_000) + 86_400_000) % 86_400_000) / SLOT_MS)
    const day = Math.floor(timeMs / 86_400_000)
    this.#slots[at] ??= { mean: value, count: 0, days: 0, day: Number.NaN }
    const slot = this.#slots[at]!
    const off = slot.days >= DAYS ? value - slot.mean : undefined
    slot.count++
    slot.mean += (value - slot.mean) * Math.max(0.2, 1 / slot.count)
    if (slot.day !== day) {
      slot.day = day
      slot.days++
    }
    return off
  }

  #alarm(
    { figure, score }: { figure: Figure; score: number },
    value: number,
    figures: readonly [Figure, number][],
  ): NumberAlarm {
    const history = this.#history[figure]
    const x = figures.find(([f]) => f === figure)![1]
    const up = score > 0
    const range = `${short(history.low)} to ${short(history.high)}`
    const size = `${Math.abs(score).toFixed(1)} spreads ${up ? 'above' : 'below'} the usual`
    const { window } = this.#o
    const reason = {
      value: `the value ${short(value)} is ${size} (${range})`,
      step: `it changed by ${short(x)} at once, ${size} (${range})`,
      mean: `the mean of ${window} values, ${short(x)}, is ${size} (${range}): the level has shifted`,
      noise: up
        ? `it is noisier than ever: ${window} values spread by ${short(Math.exp(x))}, usually up to ${short(Math.exp(history.high))}`
        : `it hardly moves: ${window} values spread by ${short(Math.exp(x))}, usually at least ${short(Math.exp(history.low))}; the sensor may be stuck`,
      for_time: `the value ${short(value)} is ${short(Math.abs(x))} ${up ? 'above' : 'below'} what is usual at this time of day (${range})`,
      mean_for_time: `${window} values lie ${short(Math.abs(x))} ${up ? 'above' : 'below'} what is usual at this time of day (${range})`,
    }[figure]
    return { score: Math.round(Math.abs(score) * 100) / 100, reason }
  }
}

/** @returns whether the window is full */
function push(window: number[], x: number, most: number): boolean {
  window.push(x)
  if (window.length > most) window.shift()
  return window.length === most
}

const meanOf = (all: readonly number[]) => all.reduce((sum, x) => sum + x, 0) / all.length

/** Four digits that mean something. */
export const short = (x: number): string => String(Number(x.toPrecision(4)))
