/** The wires between the board watch and the rest: what a step does, and who hears of it. */
import type { Clock } from './base/clock.js'
import type { Board } from './board/board.js'
import { type Ask, type Cause, LEVELS, type Limits, limitsAt, type Step } from './board/governor.js'
import { Tree } from './board/read.js'
import { BoardWatch } from './board/watch.js'
import type { Config } from './config/schema.js'
import type { ConditionCode, Conditions } from './observability/conditions.js'
import type { Events } from './observability/events.js'
import type { Log } from './observability/log.js'
import type { Metrics } from './observability/metrics.js'

export interface GovernOptions {
  config: Config
  board: Board
  clock: Clock
  log: Log
  events: Events
  conditions: Conditions
  metrics: Metrics
  /** What the model runs with when nothing is wrong. */
  planned: { threads: number; sequences: number }
  apply: (limits: Limits) => void
  /** For the MQTT event. */
  publish: (name: string, payload: object) => void
}

const CONDITION: Record<Cause, ConditionCode> = {
  heat: 'board_hot',
  under_voltage: 'under_voltage',
  memory: 'memory_pressure',
  battery: 'battery_low',
  fan: 'fan_stopped',
}

/** The watch of this board, ready to be started. */
export function governed(o: GovernOptions): BoardWatch {
  const { heat, power } = o.board.match.profile
  const { governor } = o.config
  const watch = new BoardWatch({
    tree: new Tree(o.config.board.root),
    hints: {
      zones: heat.zones,
      ignore: heat.ignore,
      ...(power.total_rail ? { totalRail: power.total_rail } : {}),
    },
    settings: {
      hotC: governor.hotC ?? heat.hot_c.value,
      marginC: governor.hotMarginC,
      memorySomePercent: governor.memorySomePercent,
      leastAvailableMib: governor.leastAvailableMib,
      batteryLowPercent: governor.batteryLowPercent,
      holdMs: governor.holdSeconds * 1000,
    },
    everyMs: governor.everySeconds * 1000,
    clock: o.clock,
    onStep: step => took(o, step),
    onAsks: asks => shown(o, asks),
    onTrouble: problem => o.log.warn(`the sensors could not be looked at: ${problem}`),
  })
  o.metrics.gauge('temperature_c', () => watch.readings.hottestC)
  o.metrics.gauge('power_mw', () => watch.readings.power?.totalMw)
  o.metrics.gauge('governor_level', () => watch.depth)
  return watch
}

function took(o: GovernOptions, step: Step): void {
  const limits = limitsAt(step.to, o.planned)
  const { from, to, cause, because } = step
  o.events.tell('GovernorStepped', {
    from,
    to,
    because,
    down: LEVELS.indexOf(to) > LEVELS.indexOf(from),
  })
  o.apply(limits)
  o.publish('board', { from, to, cause, because, limits })
}

/** Conditions hold as long as something asks for less. */
function shown({ conditions }: GovernOptions, asks: readonly Ask[]): void {
  for (const [cause, code] of Object.entries(CONDITION)) {
    const ask = asks.find(a => a.cause === cause)
    conditions.set(code, ask !== undefined, ask?.because)
  }
}
