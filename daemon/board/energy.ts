/**
 * Energy of a request, where the board can tell. A RAPL counter is read before and after; INA3221 rails give power, which
 * is sampled while requests run and multiplied by time. What it covers: the whole board (or the processor package), idle
 * part included. Requests that overlap share what was used while they overlapped.
 */
import type { Clock } from '../base/clock.js'
import { type EnergyCounter, energyBetween, readEnergyCounter, readPower } from './power.js'
import type { Tree } from './read.js'

export interface EnergyOptions {
  tree: Tree
  totalRail?: string
  clock: Clock
}

/** Reading the rails takes about a millisecond a file: often enough for requests of tens of milliseconds, and no more. */
const SAMPLE_MS = 50

/** One request being measured. */
export interface EnergyTicket {
  /** Millijoules so far; undefined when the board cannot tell. Ends the measurement. */
  end(): Promise<number | undefined>
}

export class EnergyMeter {
  readonly #o: EnergyOptions
  #kind: 'counter' | 'rails' | 'none' | undefined
  #open = new Set<{ mj: number }>()
  /** Begun and not ended; one is not open before its first reading. */
  #tickets = 0
  #timer: NodeJS.Timeout | undefined
  #last: { at: number; counter?: EnergyCounter; mw?: number } | undefined
  #sampling: Promise<void> | undefined

  constructor(options: EnergyOptions) {
    this.#o = options
  }

  /** Finds out what the board can measure. */
  async open(): Promise<'counter' | 'rails' | 'none'> {
    const { tree, totalRail } = this.#o
    const counter = await readEnergyCounter(tree)
    const rails = counter ? undefined : await readPower(tree, totalRail)
    this.#kind = counter ? 'counter' : rails ? 'rails' : 'none'
    return this.#kind
  }

  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#open.clear()
  }

  /** Starts to measure a request. Costs nothing where the board cannot measure. */
  begin(): EnergyTicket {
    if (this.#kind === undefined || this.#kind === 'none') return NOTHING
    const share = { mj: 0 }
    this.#tickets++
    const begunAt = this.#o.clock.monotonic()
    // what was used before it belongs to the others; reading takes a while, and that while is its own
    const started = this.#sample().then(() => {
      this.#open.add(share)
      const { at, mw } = this.#last ?? {}
      if (at !== undefined && mw !== undefined)
        share.mj += millijoules({ at: begunAt, mw }, { at, mw }) / this.#open.size
    })
    this.#timer ??= this.#ticking()
    return {
      end: async () => {
        await started
        await this.#sample()
        this.#open.delete(share)
        if (--this.#tickets === 0) {
          clearInterval(this.#timer)
          this.#timer = undefined
          this.#last = undefined
        }
        return Math.round(share.mj * 10) / 10
      },
    }
  }

  #ticking(): NodeJS.Timeout {
    const timer = setInterval(() => void this.#sample(), SAMPLE_MS)
    timer.unref()
    return timer
  }

  /** Reads once, and gives what was used since the last reading to those that ran, in equal parts. */
  #sample(): Promise<void> {
    // one after the other: a reading that overtakes another would count its time twice
    this.#sampling = (this.#sampling ?? Promise.resolve()).then(async () => {
      const { tree, totalRail, clock } = this.#o
      const [counter, power] =
        this.#kind === 'counter'
          ? [await readEnergyCounter(tree), undefined]
          : [undefined, await readPower(tree, totalRail)]
      const at = clock.monotonic()
      const now = { at, ...(counter ? { counter } : {}), ...(power ? { mw: power.totalMw } : {}) }
      const used = this.#last ? millijoules(this.#last, now) : 0
      this.#last = now
      for (const share of this.#open) share.mj += used / this.#open.size
    })
    return this.#sampling
  }
}

const NOTHING: EnergyTicket = { end: () => Promise.resolve(undefined) }

/** Pure: between two samples. Power is taken to run in a straight line from one to the other. */
export function millijoules(
  before: { at: number; counter?: EnergyCounter; mw?: number },
  after: { at: number; counter?: EnergyCounter; mw?: number },
): number {
  if (before.counter && after.counter) return energyBetween(before.counter, after.counter) / 1000
  if (before.mw === undefined || after.mw === undefined) return 0
  return (((before.mw + after.mw) / 2) * Math.max(0, after.at - before.at)) / 1000
}
