import fc from 'fast-check'
import t from 'tap'
import { shippedProfiles } from '../../../daemon/board/board.js'
import {
  bytesPerToken,
  computeRates,
  fitted,
  probeRates,
  type Sample,
  type Work,
} from '../../../daemon/board/rates.js'
import { boardFacts } from '../../support/facts.js'

const { boards, speeds } = shippedProfiles()
const pi5 = boards.find(b => b.name === 'raspberry-pi-5')!

const work = (some: Partial<Work> = {}): Work => ({
  layers: 16,
  bodyWeights: 900e6,
  promptWeights: some.bodyWeights ?? 900e6,
  headWeights: 100e6,
  bytesPerWeight: 0.5625,
  cacheBytes: 0,
  ...some,
})

/** A machine that needs `layerS` for a layer, and reads and multiplies at these rates. */
const sampled = (w: Work, layerS: number, bytesPerS: number, weightsPerS: number, callS = 0): Sample => ({
  quantization: 'q4_0',
  threads: 1,
  work: w,
  decodeTps: 1 / (callS + w.layers * layerS + bytesPerToken(w) / bytesPerS),
  prefillTps: 64 / (callS + w.layers * layerS + (64 * w.promptWeights + w.headWeights) / weightsPerS),
})

t.test(
  'what three files needed tells what a fourth needs, exactly where the machine follows the rule',
  async () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1e-3, noNaN: true }),
        fc.double({ min: 1e8, max: 1e11, noNaN: true }),
        fc.double({ min: 1e8, max: 1e12, noNaN: true }),
        fc.double({ min: 1e-5, max: 1e-2, noNaN: true }),
        fc.integer({ min: 1, max: 80 }),
        fc.double({ min: 1e6, max: 4e9, noNaN: true }),
        (layerS, bytesPerS, weightsPerS, callS, layers, bodyWeights) => {
          const at = (layers: number, bodyWeights: number) =>
            sampled(work({ layers, bodyWeights, headWeights: 1e6 }), layerS, bytesPerS, weightsPerS, callS)
          const other = work({ layers, bodyWeights })
          const want = sampled(other, layerS, bytesPerS, weightsPerS, callS)
          const got = probeRates(other, 'q4_0', 1, [at(2, 6e6), at(2, 120e6), at(24, 150e6)])!
          const near = (a: number, b: number) => Math.abs(a / b - 1) < 0.05
          return near(got.decodeTps, want.decodeTps) && near(got.prefillTps, want.prefillTps)
        },
      ),
    )
  },
)

t.test('a rate is never negative, whatever was measured', async () => {
  const point = fc.record({
    layers: fc.integer({ min: 1, max: 100 }),
    amount: fc.double({ min: 1, max: 1e10, noNaN: true }),
    seconds: fc.double({ min: 1e-6, max: 100, noNaN: true }),
  })
  fc.assert(
    fc.property(fc.array(point, { minLength: 1, maxLength: 6 }), point, (points, p) => {
      const seconds = fitted(points, p.layers, p.amount)
      return Number.isFinite(seconds) && seconds > 0
    }),
  )
})

t.test('one sample scales by size; other threads tell nothing', async t => {
  const one = sampled(work({ bodyWeights: 100e6, headWeights: 0 }), 0, 1e10, 1e11)
  const twice = probeRates(work({ bodyWeights: 200e6, headWeights: 0 }), 'q4_0', 1, [one])!
  t.ok(Math.abs(twice.decodeTps / (one.decodeTps / 2) - 1) < 0.01)
  t.equal(probeRates(work(), 'q4_0', 4, [one]), undefined)
})

t.test(
  'from a profile: bound by memory or by arithmetic, whichever is slower; more threads are not slower',
  async t => {
    const facts = boardFacts({
      cpu: { cores: 4, classes: [{ name: 'Cortex-A76', count: 4, maxMhz: 2400 }], features: [] },
    })
    const rates = [1, 2, 3, 4].map(threads => computeRates(work(), facts, pi5, speeds, threads)!)
    for (let i = 1; i < 4; i++) {
      t.ok(rates[i]!.decodeTps >= rates[i - 1]!.decodeTps)
      t.ok(rates[i]!.prefillTps > rates[i - 1]!.prefillTps)
    }
    const bound = (pi5.memory.bandwidth_gb_s!.value * 1e9) / bytesPerToken(work())
    t.ok(rates[3]!.decodeTps < bound, 'no faster than the memory bus')
    t.equal(
      computeRates(work(), boardFacts({}), boards.find(b => b.name === 'generic-arm64')!, speeds, 4),
      undefined,
    )
  },
)
