/** A board that is busy and a model that is slow: the one stays, the other goes back. Times are simulated, by seed. */
import fc from 'fast-check'
import t from 'tap'
import { DEFAULT_HEALTH, Health, judgeHealth, type TriedTimes } from '../../../ota/client/health.js'

type Random = () => number

/** @source Tommy Ettinger's mulberry32, public domain */
function seeded(seed: number): Random {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let x = Math.imul(a ^ (a >>> 15), 1 | a)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
}

/** What else a board does: answers take `factor` times as long for `share` of all requests, `length` in a row on average. */
interface Load {
  factor: number
  share: number
  length: number
}
const QUIET: Load = { factor: 1, share: 0, length: 1 }
const BURSTS: Load = { factor: 3, share: 0.3, length: 15 }
const SPELLS: Load = { factor: 3, share: 0.3, length: 80 }
const HEAVY: Load = { factor: 5, share: 0.5, length: 60 }
const ALWAYS: Load = { factor: 3, share: 1, length: 1 }
const ANY = { QUIET, BURSTS, SPELLS, HEAVY, ALWAYS }

const BEFORE = 200
const AFTER = 120
const GOLDEN = 64

/** Times of answers: requests differ (log-normal, a spread of 0.4), the model's factor holds for all of them. */
function times(n: number, baseMs: number, { factor, share, length }: Load, random: Random): number[] {
  let isBusy = random() < share
  return Array.from({ length: n }, () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    const ms = baseMs * Math.exp(0.4 * normal) * (isBusy ? factor * (0.8 + 0.4 * random()) : 1)
    if (share > 0 && share < 1)
      isBusy = isBusy ? random() >= 1 / length : random() < share / (1 - share) / length
    return ms
  })
}

const p95 = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1]!

function usual(ms: readonly number[]): Health {
  const health = new Health()
  for (const one of ms) health.note({ what: 'answered', ms: one })
  return health
}

/** Judged all the time, as a watch does: here after each fifth answer. */
function goesBack(before: readonly number[], now: readonly number[], tried: TriedTimes | undefined): boolean {
  const was = usual(before).figures()
  const health = new Health()
  return now.some((ms, i) => {
    health.note({ what: 'answered', ms })
    return i % 5 === 4 && judgeHealth(was, health.figures(), DEFAULT_HEALTH, tried) !== undefined
  })
}

/** What held before: p95 over 20 answers or more, twice as much. */
const wentBack = (before: readonly number[], now: readonly number[]) =>
  now.some((_, i) => i >= 19 && i % 5 === 4 && p95(now.slice(0, i + 1)) > 2 * p95(before))

/** Of 100 stories, how many models go back: as it is judged, and as it was. */
function rates(slow: number, was: Load, is: Load, withTrial = true) {
  const random = seeded(slow * 1_000 + is.factor * 10 + is.length)
  let [now, once] = [0, 0]
  const RUNS = 200
  for (let run = 0; run < RUNS; run++) {
    const base = [60, 400][run % 2]!
    const before = times(BEFORE, base, was, random)
    const after = times(AFTER, base * slow, is, random)
    const load = random() < 0.5 ? was : is
    const p95Ms = p95(times(GOLDEN, base * slow, load, random))
    const tried = { p95Ms, running: { p95Ms: p95(times(GOLDEN, base, load, random)) } }
    if (goesBack(before, after, withTrial ? tried : undefined)) now++
    if (wentBack(before, after)) once++
  }
  return { now: (now / RUNS) * 100, once: (once / RUNS) * 100 }
}

t.test('a board that gets busy sends no good model back', async t => {
  for (const [name, load] of Object.entries(ANY)) {
    const { now, once } = rates(1, QUIET, load)
    t.comment(`quiet, then ${name}: ${now.toFixed(0)} of 100 go back, ${once.toFixed(0)} as it was`)
    t.ok(now <= 6, name)
    t.ok(load === QUIET || once > 30, 'what it is measured against would have')
    const { now: known } = rates(1, load, load)
    t.comment(`${name} all the time: ${known.toFixed(0)} of 100`)
    t.ok(known <= 3, `${name} all the time`)
  }
})

t.test('a model that is four times as slow is found, on a busy board as well', async t => {
  const least = { QUIET: 99, BURSTS: 93, SPELLS: 86, HEAVY: 88, ALWAYS: 99 }
  for (const [name, load] of Object.entries(ANY)) {
    const { now } = rates(4, QUIET, load)
    t.comment(`quiet, then ${name}: ${now.toFixed(0)} of 100 are found`)
    t.ok(now >= least[name as keyof typeof ANY], name)
    const { now: known } = rates(4, load, load)
    t.comment(`${name} all the time: ${known.toFixed(0)} of 100 are found`)
    t.ok(known >= 40, `${name} all the time`)
  }
  t.ok(rates(4, QUIET, BURSTS, false).now >= 95, 'where the trial could not compare as well')
})

const ms = fc.double({ min: 20, max: 2_000, noNaN: true })
const many = fc.array(ms, { minLength: 60, maxLength: 200 })

t.test(
  'whatever the load: one quiet stretch in the watch is enough for a model that is no slower',
  async t => {
    fc.assert(
      fc.property(
        many,
        fc.array(fc.double({ min: 1, max: 50, noNaN: true }), { minLength: 180, maxLength: 180 }),
        fc.nat(8),
        (before, load, quiet) => {
          const typical = [...before].sort((a, b) => a - b)[Math.ceil(before.length / 2) - 1]!
          const now = load.map((factor, i) => (Math.floor(i / 20) === quiet ? typical : typical * factor))
          // judged from the third stretch on: the quiet one has to be among those that were seen
          const seen = usual(now.slice(0, Math.max(3, quiet + 1) * 20))
          return judgeHealth(usual(before).figures(), seen.figures(), DEFAULT_HEALTH) === undefined
        },
      ),
      { numRuns: 500 },
    )
    t.pass('500 watches')
  },
)

t.test('the same requests, each three times as long and noticed: it goes back after 60 of them', async t => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 60, max: 90, noNaN: true }), { minLength: 60, maxLength: 120 }),
      fc.double({ min: 3.1, max: 20, noNaN: true }),
      (before, slow) =>
        goesBack(
          before,
          before.slice(0, 60).map(one => one * slow),
          { p95Ms: slow, running: { p95Ms: 1 } },
        ),
    ),
    { numRuns: 500 },
  )
  t.pass('500 watches')
})

t.test('what nobody notices and what nobody timed sends nothing back', async t => {
  fc.assert(
    fc.property(
      many,
      fc.double({ min: 0, max: 100, noNaN: true }),
      (before, more) =>
        !goesBack(
          before,
          before.map(one => one + more),
          undefined,
        ),
    ),
  )
  const untimed = new Health()
  for (let i = 0; i < 500; i++) untimed.note({ what: 'answered' })
  t.match(untimed.figures(), { requests: 500, timed: 0, p95Ms: undefined })
  t.equal(judgeHealth(usual([1, 2, 3]).figures(), untimed.figures(), DEFAULT_HEALTH), undefined)
})
