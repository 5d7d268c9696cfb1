import fc from 'fast-check'
import t from 'tap'
import { shippedProfiles } from '../../../daemon/board/board.js'
import { threadCounts } from '../../../daemon/board/budget.js'
import type { Measured } from '../../../daemon/board/measured.js'
import { DEFAULT_GOALS, plan } from '../../../daemon/board/plan.js'
import type { CoreSpeeds, ModelProfile } from '../../../device-profiles/schema.js'
import { boardFacts } from '../../support/facts.js'

const { boards, models } = shippedProfiles()
const source = 'made up for a test'
const figure = (value: number) => ({ value, source })
/** Speeds of its own, so that a better figure of a real core changes no test. */
const speeds: CoreSpeeds = {
  cores: [
    {
      class: 'Cortex-A76',
      decode_weights_per_cycle: figure(4),
      prefill_weights_per_cycle: figure(6),
    },
  ],
  other: { decode_weights_per_cycle: figure(1), prefill_weights_per_cycle: figure(1) },
  bandwidth_share: figure(0.6),
}
const profile = (name: string) => boards.find(b => b.name === name)!
const pi5 = profile('raspberry-pi-5')
const factory = models.find(m => m.name === 'fieldmouse-command')!
const a76 = { cores: 4, classes: [{ name: 'Cortex-A76', count: 4, maxMhz: 2400 }], features: ['asimddp'] }
const onPi5 = (totalMib: number) =>
  boardFacts({
    cpu: a76,
    memory: { totalMib, availableMib: totalMib },
    compatible: ['raspberrypi,5-model-b'],
  })

/** A chat model that nobody made: `billions` of parameters. */
function chat(name: string, billions: number, quality: number): ModelProfile {
  const weights = billions * 1e9
  return {
    ...factory,
    name,
    family: 'Test',
    parameters_m: billions * 1000,
    tasks: ['ask'],
    form: 'chatml',
    context_tokens: { most: 8192, wanted: 2048 },
    kv_bytes_per_token: { value: 65536, source },
    quality: { value: quality, source },
    shape: { ...factory.shape, layers: 24, embedding: 2048, vocabulary: 32000 },
    files: [
      { quantization: 'q8_0', file: `${name}-q8_0.gguf`, bytes: Math.round(weights * 1.0625), source },
      {
        quantization: 'q4_0',
        file: `${name}-q4_0.gguf`,
        bytes: Math.round(weights * 0.5625),
        quality_share: 0.97,
        source,
      },
    ],
  }
}

const small = chat('small', 0.4, 40)
const middle = chat('middle', 1, 60)
const large = chat('large', 8, 90)
const input = (totalMib: number) => ({
  facts: onPi5(totalMib),
  profile: pi5,
  catalog: [factory, small, middle, large],
  speeds,
})

t.test('of what fits and is fast enough, the best answers are chosen; each loser is told why', async t => {
  const big = plan(input(16_000))
  t.match(big.model, { name: 'fieldmouse-command', installed: true })
  t.match(big.larger, { name: 'middle', installed: false })
  const why = (name: string, q: string) => big.considered.find(c => c.name === name && c.quantization === q)!
  t.match(why('large', 'q4_0'), { verdict: 'ruled_out', why: /writes [\d.]+ tokens\/s, 5 are wanted/ })
  t.match(why('small', 'q8_0'), { verdict: 'fits', why: /middle .* is better/ })
  t.match(big.because.join('\n'), /For free answers: middle q[48]_0, once installed/)
})

t.test('less memory: a smaller quantization, a shorter context, a smaller model, none', async t => {
  const seen = [8000, 2600, 2000, 1400, 1000, 700].map(mib => {
    const { larger, memory } = plan(input(mib))
    return { mib, larger, memory }
  })
  for (const { larger, memory, mib } of seen)
    if (larger) t.ok(larger.memoryMib + memory.neededMib <= memory.freeForUsMib, `${mib} MiB`)
  const quality = seen.map(({ larger }) => (larger ? larger.sizeMib : 0))
  t.strictSame(
    quality,
    [...quality].sort((a, b) => b - a),
    'never a larger one with less memory',
  )
  t.equal(seen.at(-1)!.larger, undefined)
  t.match(
    plan(input(700)).because.join('\n'),
    /For free answers nothing fits in the \d+ MiB that are left: the smallest/,
  )
})

t.test('goals move the choice', async t => {
  const hasty = plan({ ...input(16_000), goals: { ...DEFAULT_GOALS, leastTokensPerSecond: 25 } })
  t.equal(hasty.larger?.name, 'small')
  const dreamy = plan({
    ...input(16_000),
    goals: { ...DEFAULT_GOALS, leastTokensPerSecond: 0, firstTokenMs: 600_000 },
  })
  t.equal(dreamy.larger?.name, 'large')
  t.equal(
    plan({ ...input(16_000), goals: { ...DEFAULT_GOALS, leastTokensPerSecond: 900 } }).larger,
    undefined,
  )
})

t.test('a measurement beats a prediction', async t => {
  const trial = { threads: 3, prefillTps: 900, decodeTps: 300, ms: 9 }
  const measured: Measured = {
    models: [{ name: 'fieldmouse-command', quantization: 'q8_0', threads: 3, trials: [trial] }],
    probes: [],
  }
  const p = plan({ ...input(4000), measured })
  t.match(p.model, { rates: { by: 'measured', threads: 3, decodeTps: 300 } })
  t.match(p.because.join('\n'), /writes 300 tokens\/s with 3 threads \(measured\)/)
  t.match(plan(input(4000)).model, { rates: { by: 'computed' } })
})

t.test(
  'a board that is too small says what is missing, and loses sequences before it loses the model',
  async t => {
    const zero = profile('raspberry-pi-zero-2-w')
    const limited = (limitMib: number) =>
      plan({
        facts: boardFacts({ memory: { totalMib: 4000, availableMib: 4000, limitMib } }),
        profile: zero,
        catalog: [factory],
        speeds,
      })
    const roomy = limited(1000)
    t.match(roomy, { model: { sequences: 2 } })
    t.match(limited(roomy.memory.neededMib - 1), { model: { sequences: 1 } })
    const none = limited(150)
    t.equal(none.model, undefined)
    t.match(
      none.because.join('\n'),
      /No model fits: the smallest, fieldmouse-command q8_0, needs 20\d MiB with the daemon, \d+ more than there are/,
    )
  },
)

t.test('a disk that is full rules out what would have to be fetched, not what is there', async t => {
  const facts = {
    ...onPi5(8000),
    storage: { folder: '/var', kind: 'sd' as const, freeMib: 100, readOnly: false },
  }
  const p = plan({ ...input(8000), facts })
  t.match(p.model, { name: 'fieldmouse-command' })
  t.equal(p.larger, undefined)
  t.match(
    p.considered.find(c => c.name === 'small'),
    { why: /the file takes \d+ MiB, the disk has 100/ },
  )
})

t.test('whatever the board, a plan keeps to its memory, and every file has a verdict', async () => {
  const cores = fc.integer({ min: 1, max: 16 })
  fc.assert(
    fc.property(
      fc.constantFrom(...boards),
      fc.integer({ min: 0, max: 140_000 }),
      fc.option(fc.integer({ min: 1, max: 9000 }), { nil: undefined }),
      cores,
      fc.integer({ min: 100, max: 4000 }),
      (board, totalMib, limitMib, n, maxMhz) => {
        const facts = boardFacts({
          cpu: {
            cores: n,
            classes: [{ name: board.cores[0]?.class ?? 'Cortex-A53', count: n, maxMhz }],
            features: [],
          },
          memory: { totalMib, availableMib: totalMib, ...(limitMib ? { limitMib } : {}) },
        })
        const p = plan({ facts, profile: board, catalog: [...models, small, middle, large], speeds })
        const needed = p.memory.neededMib + (p.larger?.memoryMib ?? 0)
        const files = [...models, small, middle, large].reduce((sum, m) => sum + m.files.length, 0)
        return (
          (p.model === undefined || needed <= p.memory.freeForUsMib) &&
          p.considered.length >= files - 0 &&
          p.considered.every(c => c.why.length > 0) &&
          p.considered.filter(c => c.verdict === 'chosen').length ===
            (p.model ? 1 : 0) + (p.larger ? 1 : 0) &&
          (p.model !== undefined || p.larger === undefined)
        )
      },
    ),
  )
})

t.test('thread counts to try: doubling, and the most', async t => {
  t.strictSame([1, 2, 3, 4, 6, 8].map(threadCounts), [
    [1],
    [1, 2],
    [1, 2, 3],
    [1, 2, 4],
    [1, 2, 4, 6],
    [1, 2, 4, 8],
  ])
})
