import fc from 'fast-check'
import t from 'tap'
import { Flow, type FlowLimits, type Said } from '../../../../daemon/bus/lines/flow.js'

const limits: FlowLimits = {
  linesPerSecond: 100,
  bytesPerSecond: 10_000,
  silentAfterMs: 0,
  maxLineBytes: 1_000,
}

class Source {
  readonly said: Said[] = []
  readonly flow: Flow
  atMs = 0
  passed = 0
  constructor(given: Partial<FlowLimits> = {}) {
    this.flow = new Flow({ ...limits, ...given }, 0, said => this.said.push(said))
  }
  /** So many seconds of lines, evenly spread; `odd` is the share of bytes that are no text. */
  run(seconds: number, linesPerSecond: number, bytes = 20, odd = 0, endless = false): this {
    for (let second = 0; second < seconds; second++) {
      for (let n = 0; n < linesPerSecond; n++) {
        const at = this.atMs + (n * 1000) / linesPerSecond
        this.flow.arrived(bytes, bytes * odd, endless ? 1e6 : 0, at)
        if (this.flow.line(bytes, bytes * odd, at)) this.passed++
      }
      this.atMs += 1000
      this.flow.tick(this.atMs)
    }
    return this
  }
  get kinds() {
    return this.said.map(({ kind, ends }) => (ends ? `${kind} ${ends}` : kind))
  }
}

t.test('a source within its limits loses nothing and is not spoken of, bursts included', async t => {
  const source = new Source().run(60, 90).run(1, 400).run(60, 90)
  t.same(source.said, [])
  t.equal(source.passed, 60 * 90 * 2 + 400)
})

t.test('a flood is said once, thinned out, and its end is said once with what was left out', async t => {
  const source = new Source().run(10, 50).run(600, 5_000)
  t.same(source.kinds, ['flooding'])
  t.ok(source.passed < 10 * 50 + 600 + 600 * 11, `${source.passed} of 3,000,500 passed`)
  t.ok(source.passed > 600 * 9)
  source.run(10, 10)
  t.same(source.kinds, ['flooding', 'settled flooding'])
  const left = Number(/(\d+) lines/.exec(source.said[1]!.detail)?.[1])
  t.equal(left + source.passed, 10 * 50 + 600 * 5_000 + 10 * 10, 'every line is handed on or counted')
  const before = source.passed
  source.run(10, 50)
  t.equal(source.passed - before, 500, 'whole again')
})

t.test('few but enormous lines are a flood too', async t => {
  const source = new Source({ maxLineBytes: 100_000 }).run(20, 10, 50_000)
  t.same(source.kinds, ['flooding'])
  t.match(source.said[0]!.detail, /10000 bytes a second/)
})

t.test('floods that come and go are told ever more rarely', async t => {
  const source = new Source()
  for (let round = 0; round < 120; round++) source.run(10, 1_000).run(20, 1)
  t.ok(source.said.length < 14, `${source.said.length} in an hour of half a minute each`)
})

t.test('silence is said once, and its end; not while the source is known to be away', async t => {
  const source = new Source({ silentAfterMs: 60_000 }).run(60, 1).run(58, 0)
  t.same(source.kinds, [])
  source.run(600, 0)
  t.same(source.kinds, ['silent'])
  t.match(source.said[0]!.detail, /no line for 60 s/)
  source.run(1, 1)
  t.same(source.kinds, ['silent', 'settled silent'])
  source.flow.rest()
  source.run(600, 0)
  t.equal(source.said.length, 2)
  source.flow.resume(source.atMs)
  source.run(59, 0)
  t.equal(source.said.length, 2, 'counted from its return')
  source.run(2, 0)
  t.equal(source.said.length, 3)
})

t.test('noise is said once, kept back, and its end is said', async t => {
  const source = new Source().run(5, 10).run(300, 50, 100, 0.55)
  t.same(source.kinds, ['damaged'])
  t.match(source.said[0], { detail: /55 % of its bytes are no text/, remedy: /baud rate/ })
  t.ok(source.passed < 5 * 10 + 15, `${source.passed - 50} lines of noise passed`)
  source.run(30, 50)
  t.same(source.kinds, ['damaged', 'settled damaged'])
  const slow = new Source()
  for (let minute = 0; minute < 10; minute++) slow.run(1, 1, 80, 0.6).run(59, 0)
  t.same(slow.kinds, ['damaged'], 'also when little comes')
})

t.test('no line end ever is said once', async t => {
  const source = new Source()
  for (let second = 0; second < 100; second++) {
    source.flow.arrived(1_000, 0, (second + 1) * 1_000, second * 1000)
    source.flow.tick(second * 1000)
  }
  t.same(source.kinds, ['damaged'])
  t.match(source.said[0]!.remedy, /delimiter/)
  for (let second = 100; second < 110; second++) source.flow.arrived(1_000, 0, 20, second * 1000)
  t.same(source.kinds, ['damaged', 'settled damaged'])
})

t.test('whatever comes, beginnings and ends alternate, and nobody is told much', async t => {
  const phase = fc.record({
    seconds: fc.integer({ min: 1, max: 40 }),
    rate: fc.constantFrom(0, 1, 50, 150, 1_000),
    bytes: fc.constantFrom(1, 80, 5_000),
    odd: fc.constantFrom(0, 0.1, 0.9),
    endless: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(phase, { maxLength: 12 }), phases => {
      const source = new Source({ silentAfterMs: 5_000 })
      for (const { seconds, rate, bytes, odd, endless } of phases)
        source.run(seconds, rate, bytes, odd, endless)
      const open = new Set<string>()
      for (const { kind, ends } of source.said) {
        if (kind === 'settled') {
          if (!open.delete(ends!)) return false
        } else if (open.has(kind)) return false
        else open.add(kind)
      }
      return source.said.length <= 3 * 2 * phases.length + 2
    }),
    { numRuns: 60 },
  )
  t.pass('always a way out')
})
