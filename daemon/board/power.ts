/** Power that the board measures itself: INA3221 chips of a Jetson, the energy counter of an x86 package. */
import type { Tree } from './read.js'
import type { Readings } from './readings.js'

type Power = NonNullable<Readings['power']>
type Rail = Power['rails'][number]

/** Rails that feed the whole board. @source rbonghi/jetson_stats: jtop/core/power.py */
const TOTALS = ['VDD_IN', 'POM_5V_IN', 'VIN']
/** Labels of what is no rail. */
const NO_RAIL = /^(NC|sum of shunt voltages)$/i

/**
 * Milliwatts of every rail. A total rail counts alone; without one rails are added up.
 * @param totalRail label of the rail that feeds the whole board, where the profile knows it
 */
export async function readPower(tree: Tree, totalRail?: string): Promise<Power | undefined> {
  const rails = [
    ...(await railsOf(tree, 'ina3221', hwmonRails)),
    ...(await railsOf(tree, 'ina3221x', iioRails)),
  ]
  return rails.length === 0 ? undefined : { totalMw: totalOf(rails, totalRail), rails }
}

/** Pure. */
export function totalOf(rails: readonly Rail[], totalRail?: string): number {
  const total = rails.find(r => (totalRail ? r.label === totalRail : TOTALS.includes(r.label)))
  return Math.round(total?.mw ?? rails.reduce((sum, r) => sum + r.mw, 0))
}

async function railsOf(
  tree: Tree,
  driver: string,
  read: (tree: Tree, device: string) => Promise<Rail[]>,
): Promise<Rail[]> {
  const folder = `sys/bus/i2c/drivers/${driver}`
  const devices = (await tree.names(folder)).filter(name => /^\d+-[0-9a-f]{4}$/.test(name))
  return (await Promise.all(devices.map(device => read(tree, `${folder}/${device}`)))).flat()
}

/** Our bound: a kilowatt on one rail of a board is noise. */
const isPower = (mw: number) => mw >= 0 && mw <= 1_000_000

/** JetPack 5 and newer: `hwmon/hwmon3/in1_label`, volts times amperes. */
async function hwmonRails(tree: Tree, device: string): Promise<Rail[]> {
  const rails: Rail[] = []
  for (const chip of await tree.names(`${device}/hwmon`, 'hwmon'))
    for (const n of [1, 2, 3]) {
      const folder = `${device}/hwmon/${chip}`
      const [label, mv, ma] = await Promise.all([
        tree.text(`${folder}/in${n}_label`),
        tree.number(`${folder}/in${n}_input`),
        tree.number(`${folder}/curr${n}_input`),
      ])
      const mw = Math.round(((mv ?? Number.NaN) * (ma ?? Number.NaN)) / 1000)
      if (label && !NO_RAIL.test(label) && (mv ?? -1) >= 0 && isPower(mw)) rails.push({ label, mw })
    }
  return rails
}

/** JetPack 4: `iio:device0/rail_name_0`, milliwatts as they are. */
async function iioRails(tree: Tree, device: string): Promise<Rail[]> {
  const rails: Rail[] = []
  for (const chip of await tree.names(device, 'iio:device'))
    for (const n of [0, 1, 2]) {
      const [label, mw] = await Promise.all([
        tree.text(`${device}/${chip}/rail_name_${n}`),
        tree.number(`${device}/${chip}/in_power${n}_input`),
      ])
      if (label && !NO_RAIL.test(label) && mw !== undefined && isPower(mw)) rails.push({ label, mw })
    }
  return rails
}

/** Energy of the processor package since some start, microjoules, and where it wraps around. */
export interface EnergyCounter {
  uj: number
  range: number
}

/** RAPL of package 0; mostly for root only. @source kernel: Documentation/power/powercap/powercap.rst */
export async function readEnergyCounter(tree: Tree): Promise<EnergyCounter | undefined> {
  const folder = 'sys/class/powercap/intel-rapl:0'
  const [uj, range] = await Promise.all([
    tree.number(`${folder}/energy_uj`),
    tree.number(`${folder}/max_energy_range_uj`),
  ])
  return uj === undefined || range === undefined || range <= 0 ? undefined : { uj, range }
}

/** Pure: microjoules between two readings of one counter, over its end if it has wrapped. */
export function energyBetween(before: EnergyCounter, after: EnergyCounter): number {
  const difference = after.uj - before.uj
  return difference >= 0 ? difference : difference + after.range
}
