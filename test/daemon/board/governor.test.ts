import fc from 'fast-check'
import t from 'tap'
import {
  AT_FULL,
  asksOf,
  type GovernorSettings,
  type GovernorState,
  LEVELS,
  type Level,
  limitsAt,
  next,
  type Step,
} from '../../../daemon/board/governor.js'
import type { Readings } from '../../../daemon/board/readings.js'

const settings: GovernorSettings = {
  hotC: 80,
  marginC: 5,
  memorySomePercent: 10,
  leastAvailableMib: 24,
  batteryLowPercent: 20,
  holdMs: 60_000,
}
const well: Readings = {
  temperatures: [],
  hottestC: 50,
  availableMib: 900,
  memoryPressure: { some: 0, full: 0 },
}
const depth = (level: Level) => LEVELS.indexOf(level)

/** Looks every ten seconds at one reading after the other. */
function run(
  readings: readonly Readings[],
  everyMs = 10_000,
): { state: GovernorState; steps: (Step & { at: number })[] } {
  let state = AT_FULL
  const steps: (Step & { at: number })[] = []
  readings.forEach((reading, i) => {
    const { state: after, step } = next(state, reading, settings, i * everyMs)
    if (step) steps.push({ ...step, at: i * everyMs })
    state = after
  })
  return { state, steps }
}
const hot = (c: number): Readings => ({ ...well, hottestC: c })
const times = (n: number, reading: Readings) => Array.from({ length: n }, () => reading)

t.test('heat: down at once, deeper when it goes on heating, up one step a minute once cool', async t => {
  const { steps } = run([hot(70), hot(80), hot(83), hot(86), ...times(30, hot(60))])
  t.match(steps, [
    { from: 'full', to: 'eased', cause: 'heat', because: '80 °C, the board slows down at 80', at: 10_000 },
    { from: 'eased', to: 'reduced', at: 20_000 },
    { from: 'reduced', to: 'least', at: 30_000 },
    { from: 'least', to: 'reduced', at: 100_000 },
    { from: 'reduced', to: 'eased', at: 160_000 },
    { from: 'eased', to: 'full', at: 220_000 },
  ])
  t.equal(steps.length, 6)
})

t.test('just below the threshold is not well: no flapping around it', async t => {
  const around = Array.from({ length: 200 }, (_, i) => hot(i % 2 ? 80.5 : 79))
  t.equal(run(around).steps.length, 1)
})

t.test('every cause is told with its figures', async t => {
  const flags = { underVoltage: false, capped: false, throttled: false, softLimit: false }
  const throttle = { ...flags, occurred: flags }
  const cases: [Readings, string, Level, RegExp][] = [
    [{ ...well, throttle: { ...throttle, underVoltage: true } }, 'under_voltage', 'reduced', /voltage/],
    [{ ...well, throttle: { ...throttle, throttled: true } }, 'heat', 'reduced', /throttles/],
    [{ ...well, throttle: { ...throttle, softLimit: true } }, 'heat', 'eased', /soft/],
    [{ ...well, memoryPressure: { some: 12, full: 2 } }, 'memory', 'reduced', /12 %/],
    [{ ...well, memoryPressure: { some: 60, full: 30 } }, 'memory', 'least', /60 %/],
    [{ ...well, availableMib: 10 }, 'memory', 'reduced', /10 MiB/],
    [{ ...well, battery: { percent: 18, charging: false } }, 'battery', 'reduced', /18 %/],
    [{ ...well, battery: { percent: 7, charging: false } }, 'battery', 'least', /7 %/],
  ]
  for (const [readings, cause, to, because] of cases) t.match(run([readings]).steps, [{ cause, to, because }])
  for (const fine of [
    well,
    { temperatures: [] },
    { ...well, battery: { percent: 7, charging: true } },
    { ...well, fan: { rpm: 0, duty: 0 } },
    { ...well, fan: { rpm: 900, duty: 120 } },
    { ...well, throttle: { ...throttle, occurred: { ...flags, underVoltage: true } } },
  ])
    t.equal(run([fine]).steps.length, 0, 'what was is no reason now')
})

t.test('a fan: one that only starts to turn, or that nothing warm needs, is no reason', async t => {
  const still = (hottestC: number): Readings => ({ ...well, hottestC, fan: { rpm: 0, duty: 75 } })
  const turns: Readings = { ...well, hottestC: 60, fan: { rpm: 2890, duty: 75 } }
  t.equal(run([still(60), turns, still(60), turns]).steps.length, 0, 'it took a moment to turn')
  t.equal(run(times(10, still(30))).steps.length, 0, 'a cold board needs no fan')
  t.match(run([turns, still(60), still(60)]).steps, [
    { to: 'eased', cause: 'fan', because: /stands still/, at: 20_000 },
  ])
  const { hottestC: _, ...unknown } = still(60)
  t.match(run(times(2, unknown)).steps, [{ cause: 'fan' }], 'without a temperature the duty says it all')
  const back = run([...times(9, still(60)), ...times(10, turns)])
  t.equal(back.state.level, 'full')
})

t.test('counters that only grow count by their difference', async t => {
  const at = (overCurrentEvents: number): Readings => ({ ...well, overCurrentEvents })
  t.equal(run([at(27_390), at(27_390), at(27_390)]).steps.length, 0, 'events of before are not ours')
  t.match(run([at(5), at(9)]).steps, [{ cause: 'under_voltage', because: /^4 over-current/ }])
})

const reading = fc.record(
  {
    temperatures: fc.constant([]),
    hottestC: fc.double({ min: -20, max: 120, noNaN: true }),
    availableMib: fc.nat(2000),
    memoryPressure: fc.record({
      some: fc.double({ min: 0, max: 100, noNaN: true }),
      full: fc.double({ min: 0, max: 100, noNaN: true }),
    }),
    battery: fc.record({ percent: fc.nat(100), charging: fc.boolean() }),
    fan: fc.record({ rpm: fc.nat(5000), duty: fc.nat(255) }),
    overCurrentEvents: fc.nat(3),
  },
  { requiredKeys: ['temperatures'] },
)

t.test(
  'whatever the sensors say: one step up a minute, and never up while something asks for less',
  async () => {
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 60 }), readings => {
        const { steps } = run(readings as Readings[])
        let level: Level = 'full'
        let lastUp = Number.NEGATIVE_INFINITY
        for (const step of steps) {
          if (step.from !== level || step.because.length < 5) return false
          const up = depth(step.to) < depth(step.from)
          if (up && (depth(step.from) - depth(step.to) !== 1 || step.at - lastUp < settings.holdMs))
            return false
          // the look before tells more, never less: without it this is the least that is asked for
          const now = readings[step.at / 10_000] as Readings
          const asked = asksOf(now, settings, { overCurrentGrew: 0, fanStill: false })
          if (up && asked.some(ask => depth(ask.level) >= depth(step.from))) return false
          if (up) lastUp = step.at
          level = step.to
        }
        const ups = steps.filter(step => depth(step.to) < depth(step.from)).length
        return steps.length - ups <= LEVELS.length - 1 + ups
      }),
    )
  },
)

t.test('a steady reading is obeyed, and a good one leads back to full', async () => {
  fc.assert(
    fc.property(reading, fc.integer({ min: 2, max: 40 }), (bad, n) => {
      const steady = { ...bad, overCurrentEvents: 0 } as Readings
      const wanted = asksOf(steady, settings, { overCurrentGrew: 0, fanStill: true }).reduce<Level>(
        (w, a) => (depth(a.level) > depth(w) ? a.level : w),
        'full',
      )
      const held = run(times(n, steady))
      const back = run([...times(n, steady), ...times(40, well)])
      return held.state.level === wanted && back.state.level === 'full' && back.state.asks.length === 0
    }),
  )
})

t.test('limits never grow with depth and are never zero', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 16 }), (threads, sequences) => {
      const limits = LEVELS.map(level => limitsAt(level, { threads, sequences }))
      return limits.every(
        (l, i) =>
          l.threads >= 1 &&
          l.sequences >= 1 &&
          (i === 0 ||
            (l.threads <= limits[i - 1]!.threads &&
              l.sequences <= limits[i - 1]!.sequences &&
              !l.background)),
      )
    }),
  )
})
