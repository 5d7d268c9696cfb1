/**
 * How far the daemon holds itself back. Pure: readings in, a level and the reason out. Down at once, up one step at a
 * time and only after the cause has been gone by a margin for a while, so that nothing flaps.
 */
import type { Readings } from './readings.js'

/** From all that the plan allows to what just keeps answering. */
export const LEVELS = ['full', 'eased', 'reduced', 'least'] as const
export type Level = (typeof LEVELS)[number]

export type Cause = 'heat' | 'under_voltage' | 'memory' | 'battery' | 'fan'

/** Why a level is asked for. */
export interface Ask {
  cause: Cause
  level: Level
  /** With the figures, one sentence. */
  because: string
}

export interface GovernorSettings {
  /** From here on the board slows itself down, degrees Celsius; of the profile. */
  hotC: number
  /** So much cooler it must be before a step up, degrees. */
  marginC: number
  /** Share of time in which tasks waited for memory, percent: some eases, four times as much is the least. */
  memorySomePercent: number
  /** Less memory that can be had than this reduces, MiB. */
  leastAvailableMib: number
  /** A battery that is not charging, percent. */
  batteryLowPercent: number
  /** How long all must be well before each step up, milliseconds. */
  holdMs: number
}

export interface GovernorState {
  level: Level
  /** What holds it there; empty at full. */
  asks: readonly Ask[]
  /** Since when nothing asks for the level any more, monotonic milliseconds. */
  wellSince?: number
  /** Over-current events at the last look: the counter only grows. */
  overCurrentEvents?: number
  /** Whether the fan stood still at the last look although it was asked to turn. */
  fanStill?: boolean
}

/** One move, as it is told. */
export interface Step {
  from: Level
  to: Level
  /** What it was for; the one that has gone when it is a step up. */
  cause: Cause
  because: string
}

export const AT_FULL: GovernorState = { level: 'full', asks: [] }

/**
 * Looks once.
 * @param nowMs monotonic
 */
export function next(
  state: GovernorState,
  readings: Readings,
  settings: GovernorSettings,
  nowMs: number,
): { state: GovernorState; step?: Step } {
  const counted = readings.overCurrentEvents ?? state.overCurrentEvents
  const grew =
    (readings.overCurrentEvents ?? 0) - (state.overCurrentEvents ?? readings.overCurrentEvents ?? 0)
  const still = standsStill(readings.fan)
  const carry = {
    ...(counted === undefined ? {} : { overCurrentEvents: counted }),
    ...(still ? { fanStill: true } : {}),
  }
  const since = { overCurrentGrew: grew, fanStill: state.fanStill ?? false }
  const asks = asksOf(readings, settings, since)
  const worst = worstOf(asks)
  if (rank(worst?.level ?? 'full') > rank(state.level))
    return {
      state: { level: worst!.level, asks, ...carry },
      step: { from: state.level, to: worst!.level, cause: worst!.cause, because: worst!.because },
    }
  if (state.level === 'full') return { state: { ...AT_FULL, ...carry } }
  // to go up, it must be well by the margin, not only just
  const strict = worstOf(asksOf(readings, withMargin(settings), since))
  if (rank(strict?.level ?? 'full') >= rank(state.level))
    return { state: { level: state.level, asks: asks.length > 0 ? asks : state.asks, ...carry } }
  const wellSince = state.wellSince ?? nowMs
  if (nowMs - wellSince < settings.holdMs)
    return { state: { level: state.level, asks: state.asks, wellSince, ...carry } }
  const to = LEVELS[rank(state.level) - 1]!
  const was = worstOf(state.asks)
  return {
    state: { level: to, asks: to === 'full' ? [] : state.asks, wellSince: nowMs, ...carry },
    step: {
      from: state.level,
      to,
      cause: strict?.cause ?? was?.cause ?? 'heat',
      because: `it has been better for ${Math.round((nowMs - wellSince) / 1000)} s${was ? ` (it was: ${was.because})` : ''}`,
    },
  }
}

const rank = (level: Level): number => LEVELS.indexOf(level)

const worstOf = (asks: readonly Ask[]): Ask | undefined =>
  asks.reduce<Ask | undefined>(
    (worst, ask) => (worst && rank(worst.level) >= rank(ask.level) ? worst : ask),
    undefined,
  )

/** Every threshold moved to where a step up is safe. */
function withMargin(s: GovernorSettings): GovernorSettings {
  return {
    ...s,
    hotC: s.hotC - s.marginC,
    memorySomePercent: s.memorySomePercent / 2,
    leastAvailableMib: s.leastAvailableMib * 1.5,
    batteryLowPercent: s.batteryLowPercent + 5,
  }
}

/** Degrees above hot at which more is given up: a board that eased and goes on heating needs more than easing. */
const HOTTER_C = 3
const HOTTEST_C = 6

/**
 * So far below hot a fan matters. Our choice: 50 C on a Pi 5, where its firmware turns the fan on by default.
 * @source raspberrypi/linux: arch/arm/boot/dts/overlays/README, fan_temp0
 */
const WARM_BELOW_HOT_C = 30

const standsStill = (fan: Readings['fan']): boolean =>
  fan !== undefined && fan.rpm === 0 && (fan.duty ?? 0) > 0

/** What the look before this one adds: one reading does not tell a growing counter, or a fan that only starts to turn. */
export interface SinceLast {
  overCurrentGrew: number
  fanStill: boolean
}

/** What each cause asks for now; empty when all is well. */
export function asksOf(readings: Readings, s: GovernorSettings, since: SinceLast): Ask[] {
  const { hottestC, throttle, memoryPressure, availableMib, battery, fan } = readings
  const { overCurrentGrew } = since
  const asks: Ask[] = []
  const ask = (cause: Cause, level: Level, because: string) => asks.push({ cause, level, because })
  if (hottestC !== undefined && hottestC >= s.hotC) {
    const over = hottestC - s.hotC
    const level = over >= HOTTEST_C ? 'least' : over >= HOTTER_C ? 'reduced' : 'eased'
    ask('heat', level, `${Math.round(hottestC)} °C, the board slows down at ${Math.round(s.hotC)}`)
  }
  if (throttle?.throttled) ask('heat', 'reduced', 'the firmware throttles the cores')
  else if (throttle?.softLimit) ask('heat', 'eased', 'the firmware has reached its soft temperature limit')
  if (throttle?.underVoltage) ask('under_voltage', 'reduced', 'the supply voltage is too low')
  if (overCurrentGrew > 0)
    ask(
      'under_voltage',
      'eased',
      `${overCurrentGrew} over-current or under-voltage events since the last look`,
    )
  if (memoryPressure) {
    const { some, full } = memoryPressure
    const worse = some >= 4 * s.memorySomePercent || full >= 2 * s.memorySomePercent
    if (some >= s.memorySomePercent || full >= s.memorySomePercent)
      ask('memory', worse ? 'least' : 'reduced', `tasks waited for memory ${some} % of the last ten seconds`)
  }
  if (availableMib !== undefined && availableMib < s.leastAvailableMib)
    ask(
      'memory',
      'reduced',
      `${availableMib} MiB of memory can be had, ${Math.round(s.leastAvailableMib)} are wanted`,
    )
  if (battery && !battery.charging && battery.percent <= s.batteryLowPercent)
    ask(
      'battery',
      battery.percent <= s.batteryLowPercent / 2 ? 'least' : 'reduced',
      `the battery is at ${battery.percent} % and not charging`,
    )
  const warm = hottestC === undefined || hottestC >= s.hotC - WARM_BELOW_HOT_C
  if (standsStill(fan) && since.fanStill && warm)
    ask('fan', 'eased', `the fan stands still although ${fan?.duty} of 255 are asked of it`)
  return asks
}

/** What may be used at a level. */
export interface Limits {
  threads: number
  sequences: number
  /** Whether work that nobody waits for may run. */
  background: boolean
  /** Whether a larger model may stay loaded. */
  larger: boolean
  /** Rest after each completion, as a share of the time that it took. */
  rest: number
}

/**
 * Pure. The context of a sequence is not cut: 256 tokens are what a command of the factory model needs, and a shorter
 * one would refuse sentences. Fewer sequences give back the same memory.
 */
export function limitsAt(level: Level, planned: { threads: number; sequences: number }): Limits {
  const half = (n: number) => Math.max(1, Math.ceil(n / 2))
  switch (level) {
    case 'full':
      return { ...planned, background: true, larger: true, rest: 0 }
    case 'eased':
      return {
        threads: half(planned.threads),
        sequences: planned.sequences,
        background: false,
        larger: true,
        rest: 0,
      }
    case 'reduced':
      return { threads: 1, sequences: half(planned.sequences), background: false, larger: false, rest: 0 }
    case 'least':
      return { threads: 1, sequences: 1, background: false, larger: false, rest: 1 }
  }
}
