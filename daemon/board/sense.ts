/** Reads what changes from minute to minute: heat, volts, memory pressure, power. */
import type { Tree } from './read.js'
import type { Readings } from './readings.js'

/** What a profile says about how to read a board. */
export interface SenseHints {
  /** Types of thermal zones that count; empty for all. */
  zones?: readonly string[]
  /** Types of zones that lie. */
  ignore?: readonly string[]
  /** Label of the rail that feeds the whole board. */
  totalRail?: string
}

/** Jetson Nano's PMIC always says 100 C. */
const ALWAYS_IGNORED = ['PMIC-Die']

/** Reads what there is; what cannot be read is left out. Never throws, writes nothing. */
export async function sense(tree: Tree, hints: SenseHints = {}): Promise<Readings> {
  const temperatures = await readTemperatures(tree, [...ALWAYS_IGNORED, ...(hints.ignore ?? [])])
  const counting = temperatures.filter(({ zone }) => !hints.zones?.length || hints.zones.includes(zone))
  const hottestC = Math.max(...(counting.length ? counting : temperatures).map(({ c }) => c))
  return {
    temperatures,
    ...(Number.isFinite(hottestC) ? { hottestC } : {}),
  }
}

/** Zones that read like a temperature: some give EAGAIN or -256 C. */
async function readTemperatures(
  tree: Tree,
  ignore: readonly string[],
): Promise<{ zone: string; c: number }[]> {
  const zones = await tree.names('sys/class/thermal', 'thermal_zone')
  const readings = await Promise.all(
    zones.map(async folder => {
      const [zone = folder, milli] = await Promise.all([
        tree.text(`sys/class/thermal/${folder}/type`),
        tree.number(`sys/class/thermal/${folder}/temp`),
      ])
      return { zone, c: (milli ?? Number.NaN) / 1000 }
    }),
  )
  return readings.filter(({ zone, c }) => c > -40 && c < 150 && !ignore.includes(zone))
}
