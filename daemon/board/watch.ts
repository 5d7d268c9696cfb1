/** Looks at the sensors while the daemon runs, and says when it must hold itself back. */
import type { Clock } from '../base/clock.js'
import { describe } from '../base/errors.js'
import type { Part } from '../base/part.js'
import {
  type Ask,
  AT_FULL,
  type GovernorSettings,
  type GovernorState,
  LEVELS,
  type Level,
  next,
  type Step,
} from './governor.js'
import type { Tree } from './read.js'
import type { Readings } from './readings.js'
import { type SenseHints, sense } from './sense.js'

export interface WatchOptions {
  tree: Tree
  hints: SenseHints
  settings: GovernorSettings
  everyMs: number
  clock: Clock
  /** A step was taken; called before `onAsks`. */
  onStep: (step: Step) => void
  /** What asks for less now, whether or not the level has changed. */
  onAsks: (asks: readonly Ask[]) => void
  /** Something of ours went wrong; sensors that cannot be read are only left out. */
  onTrouble: (problem: string) => void
}

/** While it holds back it looks so many times as often. */
const SOONER = 5

export class BoardWatch implements Part {
  readonly name = 'board watch'
  readonly #o: WatchOptions
  #state: GovernorState = AT_FULL
  #timer: NodeJS.Timeout | undefined
  #stopped = true
  #looking: Promise<void> | undefined
  /** As last read. */
  readings: Readings = { temperatures: [] }

  constructor(options: WatchOptions) {
    this.#o = options
  }

  get level(): Level {
    return this.#state.level
  }
  /** 0 is full. */
  get depth(): number {
    return LEVELS.indexOf(this.#state.level)
  }

  async start(): Promise<void> {
    this.#stopped = false
    await this.look()
    this.#again()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#looking
    this.#state = AT_FULL
  }

  /** Looks once; never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #look(): Promise<void> {
    const { tree, hints, settings, clock, onStep, onAsks, onTrouble } = this.#o
    try {
      this.readings = await sense(tree, hints)
      if (this.#stopped) return
      const { state, step } = next(this.#state, this.readings, settings, clock.monotonic())
      this.#state = state
      if (step) onStep(step)
      onAsks(state.asks)
    } catch (error) {
      onTrouble(describe(error))
    }
  }

  #again(): void {
    if (this.#stopped) return
    const { everyMs } = this.#o
    this.#timer = setTimeout(
      () => void this.look().then(() => this.#again()),
      this.#state.level === 'full' ? everyMs : everyMs / SOONER,
    )
    this.#timer.unref()
  }
}
