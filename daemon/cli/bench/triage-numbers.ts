/** A thousand numbers, one value a second each: what they take of a core here, and what a Raspberry Pi 4 is expected to need. */
import type { Board } from '../../board/board.js'
import { Channel } from '../../triage/numbers/channel.js'
import { digits, type HeapGauge, type HeapMethod, Stopwatch } from './stopwatch.js'

export interface NumbersFigures {
  channels: number
  values: number
  us_per_value: number
  /** All channels, a value a second each. */
  percent_of_one_core: number
  heap_method: HeapMethod
  kib_per_channel: number
  raspberry_pi_4: PiPrediction
}

export interface PiPrediction {
  /** Nobody has measured it there. */
  predicted: true
  /** A core here to one there; 0 when this machine does not say what it is. */
  core_ratio: number
  percent_of_one_core: number
  says: string
}

const CHANNELS = 1_000
/** Ten minutes apart, so that days pass and time of day is judged too. */
const STEP_MS = 600_000
const WARM_VALUES = 600

/** @param values of each channel, beside those that it warms up with */
export function benchNumbers(values: number, board: Board | undefined, gauge: HeapGauge): NumbersFigures {
  const before = gauge.bytes()
  const channels = Array.from({ length: CHANNELS }, () => new Channel())
  const watch = new Stopwatch()
  const run = (from: number, to: number) => {
    for (let i = from; i < to; i++)
      for (let c = 0; c < CHANNELS; c++)
        channels[c]!.add(20 + c + Math.sin(i / 23 + c) + ((i * 7919 + c * 104729) % 101) / 101, i * STEP_MS)
  }
  run(0, WARM_VALUES)
  watch.time(() => run(WARM_VALUES, WARM_VALUES + values))
  const bytes = gauge.bytes() - before
  const us = (watch.cpuMs * 1000) / (values * CHANNELS)
  const percent = us * CHANNELS * 1e-4
  return {
    channels: CHANNELS,
    values: values * CHANNELS,
    us_per_value: digits(us, 3),
    percent_of_one_core: digits(percent, 3),
    heap_method: gauge.method,
    kib_per_channel: digits(bytes / CHANNELS / 1024, 1),
    raspberry_pi_4: predict(percent, board),
  }
}

/**
 * By the ratio of cores in cores.yaml, which is that of arithmetic on weights: wide vectors count there and hardly here,
 * so a Pi is expected to do better than this.
 */
function predict(percent: number, board: Board | undefined): PiPrediction {
  const pi = board?.profiles.boards.find(b => b.name === 'raspberry-pi-4b')?.cores[0]
  const here = board?.facts.cpu.classes[0]
  const mhz = here?.maxMhz ?? board?.match.profile.cores.find(c => c.class === here?.name)?.max_mhz
  const speedOf = (name: string) =>
    board?.profiles.speeds.cores.find(c => c.class === name)?.decode_weights_per_cycle.value
  const [own, there] = [here && speedOf(here.name), pi && speedOf(pi.class)]
  if (!own || !there || !mhz || !here || !pi)
    return {
      predicted: true,
      core_ratio: 0,
      percent_of_one_core: 0,
      says: 'no prediction: the class or the clock of this core is not known',
    }
  const ratio = (own * mhz) / (there * pi.max_mhz)
  return {
    predicted: true,
    core_ratio: digits(ratio, 1),
    percent_of_one_core: digits(percent * ratio, 2),
    says: `a prediction, nobody has measured it there: one core here for ${digits(ratio, 1)} there by cores.yaml (${here.name} at ${mhz} MHz, ${pi.class} at ${pi.max_mhz} MHz), which is about arithmetic on weights and rather too high for plain code`,
  }
}
