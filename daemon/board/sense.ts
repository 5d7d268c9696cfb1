/** Reads what changes from minute to minute: heat, volts, memory pressure, power. What cannot be read is left out. */
import { readPower } from './power.js'
import type { Tree } from './read.js'
import type { Readings, ThrottleFlags } from './readings.js'

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

/** Never throws, writes nothing. */
export async function sense(tree: Tree, hints: SenseHints = {}): Promise<Readings> {
  const [temperatures, chips, throttle, frequency, memoryPressure, meminfo, power, battery] =
    await Promise.all([
      readTemperatures(tree, [...ALWAYS_IGNORED, ...(hints.ignore ?? [])]),
      readChips(tree),
      readThrottle(tree),
      readFrequency(tree),
      readPressure(tree),
      tree.text('proc/meminfo'),
      readPower(tree, hints.totalRail),
      readBattery(tree),
    ])
  const counting = temperatures.filter(({ zone }) => !hints.zones?.length || hints.zones.includes(zone))
  const hottestC = Math.max(...(counting.length ? counting : temperatures).map(({ c }) => c))
  const availableKb = /^MemAvailable:\s+(\d{1,15}) kB$/m.exec(meminfo ?? '')?.[1]
  // kernels without the firmware's flags may have its alarm
  const flags = throttle ?? (chips.underVoltage === undefined ? undefined : onlyVoltage(chips.underVoltage))
  return {
    temperatures,
    ...(Number.isFinite(hottestC) ? { hottestC } : {}),
    ...(flags ? { throttle: flags } : {}),
    ...(chips.overCurrentEvents === undefined ? {} : { overCurrentEvents: chips.overCurrentEvents }),
    ...(frequency ? { frequency } : {}),
    ...(memoryPressure ? { memoryPressure } : {}),
    ...(availableKb === undefined ? {} : { availableMib: Math.floor(Number(availableKb) / 1024) }),
    ...(power ? { power } : {}),
    ...(battery ? { battery } : {}),
    ...(chips.fan ? { fan: chips.fan } : {}),
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

/** Flags of the Raspberry Pi firmware, whose path changes with the kernel. */
async function readThrottle(tree: Tree): Promise<ThrottleFlags | undefined> {
  const platform = 'sys/devices/platform'
  for (const soc of await tree.names(platform, 'soc'))
    for (const firmware of await tree.names(`${platform}/${soc}`))
      if (firmware.includes('firmware')) {
        const flags = parseThrottled((await tree.text(`${platform}/${soc}/${firmware}/get_throttled`)) ?? '')
        if (flags) return flags
      }
  return undefined
}

/**
 * Pure: `50005`, also as `0x50005` or `throttled=0x50005`. Bits 0 to 3 hold now, 16 to 19 since the start.
 * @source raspberrypi/documentation: vcgencmd get_throttled
 */
export function parseThrottled(text: string): ThrottleFlags | undefined {
  const hex = /^(?:throttled=)?(?:0x)?([0-9a-f]{1,8})$/i.exec(text.trim())?.[1]
  if (hex === undefined) return undefined
  const bits = Number.parseInt(hex, 16)
  const at = (shift: number) => ({
    underVoltage: (bits & (1 << shift)) !== 0,
    capped: (bits & (1 << (shift + 1))) !== 0,
    throttled: (bits & (1 << (shift + 2))) !== 0,
    softLimit: (bits & (1 << (shift + 3))) !== 0,
  })
  return { ...at(0), occurred: at(16) }
}

function onlyVoltage(underVoltage: boolean): ThrottleFlags {
  const nothing = { capped: false, throttled: false, softLimit: false }
  return { ...nothing, underVoltage, occurred: { ...nothing, underVoltage } }
}

/** Our bound: small fans turn a few thousand times a minute; more is noise. */
const MOST_RPM = 100_000

/** Chips of hwmon, by name: their numbers change from start to start. */
async function readChips(
  tree: Tree,
): Promise<{ underVoltage?: boolean; overCurrentEvents?: number; fan?: NonNullable<Readings['fan']> }> {
  const found: Awaited<ReturnType<typeof readChips>> = {}
  for (const chip of await tree.names('sys/class/hwmon', 'hwmon')) {
    const folder = `sys/class/hwmon/${chip}`
    const [name, files] = await Promise.all([tree.text(`${folder}/name`), tree.names(folder)])
    if (name === 'rpi_volt') {
      const alarm = await tree.number(`${folder}/in0_lcrit_alarm`)
      if (alarm !== undefined) found.underVoltage = alarm === 1
    } else if (name === 'soctherm_oc') {
      const counters = files.filter(file => /^oc\d+_event_cnt$/.test(file))
      const counts = await Promise.all(counters.map(file => tree.number(`${folder}/${file}`)))
      found.overCurrentEvents = counts.reduce<number>((sum, n) => sum + Math.max(0, n ?? 0), 0)
    }
    const rpmFile = files.find(file => /^fan\d+_input$/.test(file))
    if (rpmFile && !found.fan) {
      const dutyFile = files.find(file => /^pwm\d+$/.test(file))
      const [rpm, duty] = await Promise.all([
        tree.number(`${folder}/${rpmFile}`),
        dutyFile ? tree.number(`${folder}/${dutyFile}`) : undefined,
      ])
      if (rpm !== undefined && rpm >= 0 && rpm <= MOST_RPM)
        found.fan = { rpm, ...(duty === undefined || duty < 0 || duty > 255 ? {} : { duty }) }
    }
  }
  return found
}

/** Of the fastest cores: one policy a cluster, and the first one is the slow one on many boards. */
async function readFrequency(tree: Tree): Promise<Readings['frequency']> {
  const cpu = 'sys/devices/system/cpu'
  const policies = await tree.names(`${cpu}/cpufreq`, 'policy')
  const folders = policies.length
    ? policies.map(policy => `${cpu}/cpufreq/${policy}`)
    : [`${cpu}/cpu0/cpufreq`]
  const read = await Promise.all(
    folders.map(async folder => ({ folder, most: (await tree.number(`${folder}/cpuinfo_max_freq`)) ?? 0 })),
  )
  const { folder, most } = read.reduce((fastest, each) => (each.most > fastest.most ? each : fastest))
  const now = await tree.number(`${folder}/scaling_cur_freq`)
  const isRate = (khz: number | undefined): khz is number => khz !== undefined && khz > 0 && khz <= MOST_KHZ
  return isRate(now) && isRate(most)
    ? { currentMhz: Math.round(now / 1000), mostMhz: Math.round(most / 1000) }
    : undefined
}

/** Our bound, above any core there is. */
const MOST_KHZ = 10_000_000

/** Of the system and of our own control group: the worse. */
async function readPressure(tree: Tree): Promise<Readings['memoryPressure']> {
  const group = /^0::(\/\S+)$/m.exec((await tree.text('proc/self/cgroup')) ?? '')?.[1]
  const texts = await Promise.all([
    tree.text('proc/pressure/memory'),
    group ? tree.text(`sys/fs/cgroup${group}/memory.pressure`) : undefined,
  ])
  const found = texts.map(text => parsePressure(text ?? '')).filter(p => p !== undefined)
  if (found.length === 0) return undefined
  return { some: Math.max(...found.map(p => p.some)), full: Math.max(...found.map(p => p.full)) }
}

/** Pure: avg10 of both lines, percent. @source kernel: Documentation/accounting/psi.rst */
export function parsePressure(text: string): Readings['memoryPressure'] {
  const of = (line: string) => {
    const found = new RegExp(`^${line} avg10=(\\d+(?:\\.\\d+)?) `, 'm').exec(text)?.[1]
    return found === undefined ? undefined : Math.min(100, Number(found))
  }
  const some = of('some')
  return some === undefined ? undefined : { some, full: of('full') ?? 0 }
}

/**
 * The first battery that feeds the board. A charger or a USB port is none, and that of a wireless mouse or keyboard
 * says `Device`; one without a scope counts. @source kernel: drivers/hid/hid-input.c; UPower judges likewise
 */
async function readBattery(tree: Tree): Promise<Readings['battery']> {
  const folder = 'sys/class/power_supply'
  for (const supply of await tree.names(folder)) {
    const [type, percent, status, scope] = await Promise.all([
      tree.text(`${folder}/${supply}/type`),
      tree.number(`${folder}/${supply}/capacity`),
      tree.text(`${folder}/${supply}/status`),
      tree.text(`${folder}/${supply}/scope`),
    ])
    if (type === 'Battery' && scope !== 'Device' && percent !== undefined && percent >= 0 && percent <= 100)
      return { percent, charging: status !== 'Discharging' }
  }
  return undefined
}
