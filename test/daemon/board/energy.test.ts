import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { EnergyMeter, millijoules } from '../../../daemon/board/energy.js'
import { Tree } from '../../../daemon/board/read.js'

/** Time that the test moves. */
function turned() {
  let at = 0
  return { clock: { now: () => at, monotonic: () => at }, pass: (ms: number) => (at += ms) }
}
function write(root: string, path: string, text: string) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
const RAILS = 'sys/bus/i2c/drivers/ina3221/1-0040/hwmon/hwmon3'
function power(root: string, mw: number) {
  write(root, `${RAILS}/in1_label`, 'VDD_IN\n')
  write(root, `${RAILS}/in1_input`, '5000\n')
  write(root, `${RAILS}/curr1_input`, `${mw / 5}\n`)
}
function counter(root: string, uj: number) {
  write(root, 'sys/class/powercap/intel-rapl:0/energy_uj', `${uj}\n`)
  write(root, 'sys/class/powercap/intel-rapl:0/max_energy_range_uj', '1000000\n')
}

t.test('from rails: power times time', async t => {
  const root = t.testdir()
  power(root, 4000)
  const { clock, pass } = turned()
  const meter = new EnergyMeter({ tree: new Tree(root), clock })
  t.teardown(() => meter.close())
  t.equal(await meter.open(), 'rails')
  const ticket = meter.begin()
  await new Promise(resolve => setTimeout(resolve, 20))
  pass(100)
  power(root, 6000)
  t.equal(await ticket.end(), 500, '5 W on average for 0.1 s')
})

t.test('from a counter, also over its end', async t => {
  const root = t.testdir()
  counter(root, 990_000)
  const { clock } = turned()
  const meter = new EnergyMeter({ tree: new Tree(root), clock })
  t.teardown(() => meter.close())
  t.equal(await meter.open(), 'counter')
  const ticket = meter.begin()
  await new Promise(resolve => setTimeout(resolve, 20))
  counter(root, 20_000)
  t.equal(await ticket.end(), 30)
})

t.test('two at a time share, and the next one starts from nothing', async t => {
  const root = t.testdir()
  counter(root, 0)
  const { clock } = turned()
  const meter = new EnergyMeter({ tree: new Tree(root), clock })
  t.teardown(() => meter.close())
  await meter.open()
  const [a, b] = [meter.begin(), meter.begin()]
  await new Promise(resolve => setTimeout(resolve, 20))
  counter(root, 100_000)
  const first = await a.end()
  counter(root, 140_000)
  const second = await b.end()
  t.equal(first! + second!, 140, 'nothing is lost or counted twice')
  t.equal(first, 50)
  counter(root, 900_000)
  const third = meter.begin()
  await new Promise(resolve => setTimeout(resolve, 20))
  t.equal(await third.end(), 0, 'what was used between requests is nobody’s')
})

t.test('a request that begins while the last one ends is sampled as any other', async t => {
  const root = t.testdir()
  power(root, 1000)
  const { clock, pass } = turned()
  const meter = new EnergyMeter({ tree: new Tree(root), clock })
  t.teardown(() => meter.close())
  await meter.open()
  const first = meter.begin()
  await new Promise(resolve => setTimeout(resolve, 20))
  const ended = first.end()
  // its last reading is under way by now, and takes longer than this
  for (let i = 0; i < 3; i++) await null
  const second = meter.begin()
  await ended
  // a burst between its two ends: only samples in between see it
  await new Promise(resolve => setTimeout(resolve, 30))
  power(root, 9000)
  await new Promise(resolve => setTimeout(resolve, 200))
  pass(100)
  await new Promise(resolve => setTimeout(resolve, 200))
  power(root, 1000)
  t.equal(await second.end(), 900, '9 W for the 0.1 s in which they ran')
})

t.test('a board that cannot tell says nothing', async t => {
  const meter = new EnergyMeter({ tree: new Tree(t.testdir()), clock: turned().clock })
  t.equal(await meter.open(), 'none')
  t.equal(await meter.begin().end(), undefined)
  t.equal(millijoules({ at: 0, mw: 1000 }, { at: 50 }), 0, 'half a measurement is none')
})
