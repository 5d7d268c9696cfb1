import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { sleep } from '../../../daemon/base/clock.js'
import type { Ask, GovernorSettings, Step } from '../../../daemon/board/governor.js'
import { Tree } from '../../../daemon/board/read.js'
import { BoardWatch, type WatchOptions } from '../../../daemon/board/watch.js'
import { FakeClock } from '../../support/clock.js'

const settings: GovernorSettings = {
  hotC: 80,
  marginC: 5,
  memorySomePercent: 10,
  leastAvailableMib: 24,
  batteryLowPercent: 20,
  holdMs: 60_000,
}

/** A watch of a board with one zone and a meter; what it told is kept in the order in which it came. */
function watched(
  t: { testdir(): string; teardown(fn: () => unknown): void },
  extra: Partial<WatchOptions> = {},
) {
  const root = t.testdir()
  const clock = new FakeClock()
  const told: string[] = []
  const set = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const heat = (c: number) => set('sys/class/thermal/thermal_zone0/temp', `${c * 1000}\n`)
  set('sys/class/thermal/thermal_zone0/type', 'cpu-thermal\n')
  set('proc/meminfo', 'MemTotal: 900000 kB\nMemAvailable:   500000 kB\n')
  heat(50)
  const watch = new BoardWatch({
    tree: new Tree(root),
    hints: {},
    settings,
    everyMs: 3_600_000,
    clock,
    onStep: (step: Step) => told.push(`${step.from} -> ${step.to}: ${step.because}`),
    onAsks: (asks: readonly Ask[]) => told.push(`asks ${asks.map(a => a.cause).join(' ')}`.trim()),
    onTrouble: problem => told.push(`trouble ${problem}`),
    ...extra,
  })
  t.teardown(() => watch.stop())
  return { root, clock, told, set, heat, watch }
}

t.test(
  'it looks before it counts as started, tells a step before what asks, and goes back by time',
  async t => {
    const { told, heat, watch, clock } = watched(t)
    heat(84)
    await watch.start()
    t.strictSame(told.splice(0), ['full -> reduced: 84 °C, the board slows down at 80', 'asks heat'])
    t.equal(watch.level, 'reduced')
    t.equal(watch.depth, 2)
    heat(50)
    await watch.look()
    t.strictSame(told.splice(0), ['asks heat'], 'well, but not for long enough')
    await clock.turn(60_000)
    await watch.look()
    t.match(told.splice(0), [/^reduced -> eased: it has been better for 60 s/, 'asks heat'])
    await clock.turn(60_000)
    await watch.look()
    t.match(told.splice(0), [/^eased -> full/, 'asks'], 'nothing asks at full')
  },
)

t.test('sensors that vanish are left out; what is left is still obeyed', async t => {
  const { root, told, set, watch } = watched(t)
  await watch.start()
  t.equal(watch.readings.hottestC, 50)
  rmSync(join(root, 'sys/class/thermal'), { recursive: true })
  await watch.look()
  t.equal(watch.readings.hottestC, undefined)
  set('proc/meminfo', 'MemAvailable:   10240 kB\n')
  await watch.look()
  rmSync(join(root, 'proc'), { recursive: true })
  await watch.look()
  t.strictSame(told, [
    'asks',
    'asks',
    'full -> reduced: 10 MiB of memory can be had, 24 are wanted',
    'asks memory',
    'asks memory',
  ])
})

t.test('a listener that fails is told as trouble and ends nothing', async t => {
  let fails = true
  const steps: string[] = []
  const { told, heat, watch } = watched(t, {
    onStep: step => {
      if (fails) throw new Error('no engine')
      steps.push(step.to)
    },
  })
  heat(81)
  await watch.start()
  t.match(told.splice(0), [/^trouble .*no engine/])
  fails = false
  heat(84)
  await watch.look()
  t.strictSame(steps, ['reduced'])
})

t.test('it looks by itself, sooner while it holds back, and no more once stopped', async t => {
  let looks = 0
  const { heat, watch } = watched(t, { everyMs: 400, onAsks: () => looks++ })
  await watch.start()
  await sleep(200)
  t.equal(looks, 1, 'not yet due')
  heat(90)
  await watch.look()
  const before = looks
  await sleep(900)
  t.ok(looks > before, 'the one that was due')
  const held = looks
  await sleep(900)
  t.ok(looks - held >= 4, `${looks - held} looks in 900 ms, every 80 while it holds back, 400 if not`)
  await watch.stop()
  await watch.stop()
  const last = looks
  await sleep(300)
  t.equal(looks, last)
  t.equal(watch.level, 'full', 'a start after a stop begins afresh')
})

t.test('two looks at once are one', async t => {
  const { told, watch } = watched(t)
  await watch.start()
  await Promise.all([watch.look(), watch.look(), watch.look()])
  t.strictSame(told, ['asks', 'asks'])
})
