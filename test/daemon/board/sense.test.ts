import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { energyBetween, readEnergyCounter, readPower, totalOf } from '../../../daemon/board/power.js'
import { Tree } from '../../../daemon/board/read.js'
import { parsePressure, parseThrottled, sense } from '../../../daemon/board/sense.js'
import { BOARDS, layBoard } from '../../support/board.js'

/** A tree with these files. */
function tree(root: string, files: Record<string, string>): Tree {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return new Tree(root)
}

t.test('what the firmware of a Pi reports, bit by bit', async t => {
  t.match(parseThrottled('50005'), {
    underVoltage: true,
    capped: false,
    throttled: true,
    softLimit: false,
    occurred: { underVoltage: true, capped: false, throttled: true, softLimit: false },
  })
  t.match(parseThrottled('throttled=0xa0002'), {
    underVoltage: false,
    capped: true,
    throttled: false,
    softLimit: false,
    occurred: { underVoltage: false, capped: true, throttled: false, softLimit: true },
  })
  t.match(parseThrottled('0'), { underVoltage: false, occurred: { softLimit: false } })
  t.equal(parseThrottled('no'), undefined)
})

t.test('readers take any text and stay within their ranges', async () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map(s => `some avg10=${s} `),
      ),
      text => {
        parseThrottled(text)
        const pressure = parsePressure(text)
        return !pressure || (pressure.some >= 0 && pressure.some <= 100 && pressure.full >= 0)
      },
    ),
  )
  fc.assert(
    fc.property(fc.nat(1e6), fc.nat(1e6), fc.integer({ min: 1, max: 1e6 }), (a, used, range) => {
      const before = { uj: a % range, range }
      const after = { uj: (a + (used % range)) % range, range }
      return energyBetween(before, after) === used % range
    }),
  )
})

t.test('a whole board is read; a broken or empty one gives what it has', async t => {
  for (const name of BOARDS) {
    const { root } = layBoard(name, t.testdir())
    const readings = await sense(new Tree(root))
    for (const { c } of readings.temperatures) t.ok(c > -40 && c < 150, name)
    if (readings.hottestC !== undefined) t.ok(readings.temperatures.some(z => z.c === readings.hottestC))
  }
  t.strictSame(await sense(new Tree('/nowhere')), { temperatures: [] })
})

t.test('each sensor where each board has it', async t => {
  const of = (name: string, folder: string) => sense(new Tree(layBoard(name, join(t.testdir(), folder)).root))
  const cm4 = await of('raspberry-pi-cm4', 'a')
  t.match(cm4, { throttle: { underVoltage: true, throttled: true }, memoryPressure: { some: 0, full: 0 } })
  t.match(cm4.frequency, { currentMhz: 900, mostMhz: 1500 })
  const pi5 = await of('raspberry-pi-5', 'b')
  t.match(pi5, { throttle: { throttled: false }, fan: { rpm: 2890, duty: 75 } })
  const orin = await of('jetson-orin-nano', 'c')
  t.match(orin.power, {
    totalMw: 4553,
    rails: [{ label: 'VDD_IN', mw: 4553 }, { label: 'VDD_CPU_GPU_CV' }, { label: 'VDD_SOC' }],
  })
  t.equal(orin.overCurrentEvents, 3)
  const nano = await of('jetson-nano', 'd')
  t.match(nano.power, { totalMw: 1750 }, 'JetPack 4 writes milliwatts itself')
  t.equal(
    nano.temperatures.find(z => z.zone === 'PMIC-Die'),
    undefined,
  )
  const agx = await of('jetson-agx-orin', 'e')
  t.equal(
    agx.power?.totalMw,
    agx.power?.rails.reduce((sum, r) => sum + r.mw, 0),
    'no total rail: added up',
  )
  t.match(await of('pc', 'f'), { battery: { percent: 81, charging: false } })
})

t.test('hints: zones that count, zones that lie, the rail that feeds all', async t => {
  const at = tree(t.testdir(), {
    'sys/class/thermal/thermal_zone0/type': 'cpu-thermal\n',
    'sys/class/thermal/thermal_zone0/temp': '51000\n',
    'sys/class/thermal/thermal_zone1/type': 'liar\n',
    'sys/class/thermal/thermal_zone1/temp': '99000\n',
    'sys/class/thermal/thermal_zone2/type': 'off\n',
    'sys/class/thermal/thermal_zone2/temp': '-256000\n',
    'sys/class/hwmon/hwmon7/name': 'rpi_volt\n',
    'sys/class/hwmon/hwmon7/in0_lcrit_alarm': '1\n',
    'proc/self/cgroup': '0::/system.slice/f.service\n',
    'proc/pressure/memory':
      'some avg10=1.50 avg60=0 avg300=0 total=0\nfull avg10=0.50 avg60=0 avg300=0 total=0\n',
    'sys/fs/cgroup/system.slice/f.service/memory.pressure':
      'some avg10=40.00 avg60=0 avg300=0 total=0\nfull avg10=9.00 avg60=0 avg300=0 total=0\n',
    'sys/class/power_supply/usb/type': 'USB\n',
    'sys/class/power_supply/usb/capacity': '100\n',
  })
  t.match(
    await sense(at),
    { hottestC: 99, throttle: { underVoltage: true } },
    'the alarm stands in for the flags',
  )
  t.match(await sense(at, { ignore: ['liar'] }), { hottestC: 51 })
  t.match(await sense(at, { zones: ['cpu-thermal'] }), { hottestC: 51 })
  const readings = await sense(at)
  t.strictSame(readings.memoryPressure, { some: 40, full: 9 }, 'our own group is under pressure')
  t.equal(readings.battery, undefined, 'a charger is no battery')
  const rails = [
    { label: 'A', mw: 100 },
    { label: 'VDD_IN', mw: 700 },
  ]
  t.equal(totalOf(rails), 700)
  t.equal(totalOf(rails, 'A'), 100)
  t.equal(
    totalOf([
      { label: 'A', mw: 100 },
      { label: 'B', mw: 50 },
    ]),
    150,
  )
  t.equal(await readPower(at), undefined)
  t.equal(await readEnergyCounter(at), undefined)
})

t.test('of a board with two kinds of cores the fastest is read', async t => {
  const cpu = 'sys/devices/system/cpu'
  const clusters = tree(join(t.testdir(), 'a'), {
    [`${cpu}/cpufreq/policy0/cpuinfo_max_freq`]: '1800000\n',
    [`${cpu}/cpufreq/policy0/scaling_cur_freq`]: '1800000\n',
    [`${cpu}/cpufreq/policy4/cpuinfo_max_freq`]: '2400000\n',
    [`${cpu}/cpufreq/policy4/scaling_cur_freq`]: '1200000\n',
    [`${cpu}/cpu0/cpufreq/cpuinfo_max_freq`]: '1800000\n',
    [`${cpu}/cpu0/cpufreq/scaling_cur_freq`]: '1800000\n',
  })
  t.strictSame((await sense(clusters)).frequency, { currentMhz: 1200, mostMhz: 2400 }, 'Orange Pi 5')
  const cores = tree(join(t.testdir(), 'b'), {
    [`${cpu}/cpu0/cpufreq/cpuinfo_max_freq`]: '1500000\n',
    [`${cpu}/cpu0/cpufreq/scaling_cur_freq`]: '900000\n',
  })
  t.strictSame((await sense(cores)).frequency, { currentMhz: 900, mostMhz: 1500 }, 'without policies')
})

t.test('the battery of a mouse is not that of the board', async t => {
  const supply = 'sys/class/power_supply'
  const mouse = {
    [`${supply}/hidpp_battery_0/type`]: 'Battery\n',
    [`${supply}/hidpp_battery_0/scope`]: 'Device\n',
    [`${supply}/hidpp_battery_0/capacity`]: '5\n',
    [`${supply}/hidpp_battery_0/status`]: 'Discharging\n',
  }
  t.equal((await sense(tree(join(t.testdir(), 'a'), mouse))).battery, undefined)
  const own = {
    [`${supply}/ups/type`]: 'Battery\n',
    [`${supply}/ups/scope`]: 'System\n',
    [`${supply}/ups/capacity`]: '64\n',
    [`${supply}/ups/status`]: 'Charging\n',
  }
  const both = tree(join(t.testdir(), 'b'), { ...mouse, ...own })
  t.strictSame((await sense(both)).battery, { percent: 64, charging: true })
})

/** Every file that is read, so that any of them may hold anything. */
const READ = [
  'sys/class/thermal/thermal_zone0/type',
  'sys/class/thermal/thermal_zone0/temp',
  'sys/class/hwmon/hwmon0/name',
  'sys/class/hwmon/hwmon0/in0_lcrit_alarm',
  'sys/class/hwmon/hwmon0/oc1_event_cnt',
  'sys/class/hwmon/hwmon0/fan1_input',
  'sys/class/hwmon/hwmon0/pwm1',
  'sys/devices/platform/soc/soc:firmware/get_throttled',
  'sys/devices/system/cpu/cpufreq/policy0/cpuinfo_max_freq',
  'sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq',
  'proc/self/cgroup',
  'proc/pressure/memory',
  'proc/meminfo',
  'sys/bus/i2c/drivers/ina3221/1-0040/hwmon/hwmon0/in1_label',
  'sys/bus/i2c/drivers/ina3221/1-0040/hwmon/hwmon0/in1_input',
  'sys/bus/i2c/drivers/ina3221/1-0040/hwmon/hwmon0/curr1_input',
  'sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/rail_name_0',
  'sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/in_power0_input',
  'sys/class/powercap/intel-rapl:0/energy_uj',
  'sys/class/powercap/intel-rapl:0/max_energy_range_uj',
  'sys/class/power_supply/a/type',
  'sys/class/power_supply/a/capacity',
  'sys/class/power_supply/a/status',
]

t.test('a tree full of anything: nothing throws, and what is said is in range', async t => {
  const root = t.testdir()
  const content = fc.oneof(
    fc.string(),
    fc.integer().map(String),
    fc.bigInt().map(String),
    fc.constantFrom('Battery', 'rpi_volt', 'soctherm_oc', 'VDD_IN', 'NC', 'MemAvailable:   12 kB'),
    fc.double({ noNaN: true }).map(n => `some avg10=${n} avg60=0 avg300=0 total=0`),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(content, { minLength: READ.length, maxLength: READ.length }), async texts => {
      const at = tree(root, Object.fromEntries(READ.map((path, i) => [path, texts[i]!])))
      const r = await sense(at)
      await readEnergyCounter(at)
      const within = (n: number | undefined, least: number, most: number) =>
        n === undefined || (n >= least && n <= most)
      return (
        r.temperatures.every(({ c }) => within(c, -40, 150)) &&
        within(r.hottestC, -40, 150) &&
        within(r.overCurrentEvents, 0, Number.MAX_SAFE_INTEGER) &&
        within(r.frequency?.currentMhz, 0, 1e5) &&
        within(r.frequency?.mostMhz, 0, 1e5) &&
        within(r.memoryPressure?.some, 0, 100) &&
        within(r.memoryPressure?.full, 0, 100) &&
        within(r.availableMib, 0, Number.MAX_SAFE_INTEGER) &&
        within(r.power?.totalMw, 0, Number.MAX_SAFE_INTEGER) &&
        within(r.battery?.percent, 0, 100) &&
        within(r.fan?.rpm, 0, 1e6) &&
        within(r.fan?.duty, 0, 255)
      )
    }),
    { numRuns: 150 },
  )
})
