import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { Calibration, fingerprintOf } from '../../../daemon/board/calibration.js'
import { boardFacts } from '../../support/facts.js'

const facts = boardFacts({})
const model = {
  name: 'fieldmouse-command',
  quantization: 'q8_0',
  threads: 2,
  trials: [{ threads: 2, prefillTps: 800, decodeTps: 400, ms: 20 }],
}
const AT = '2026-11-21T00:00:00.000Z'

t.test(
  'what was measured is there after a restart, for this board, this engine and this file only',
  async t => {
    const folder = t.testdir()
    const first = await Calibration.open(folder, facts, 'engine 1')
    t.equal(first.threadsOf('a'), undefined)
    await first.keepModel('a', model, AT)
    const again = await Calibration.open(folder, facts, 'engine 1')
    t.equal(again.threadsOf('a'), 2)
    t.equal(again.threadsOf('b'), undefined, 'another file under the same name')
    t.equal(again.measuredAt('a'), AT)
    t.match(again.measured.models, [model])
    const newer = await Calibration.open(folder, facts, 'engine 2')
    t.equal(newer.threadsOf('a'), undefined)
    t.match(newer.discarded, /has changed/)
    const faster = boardFacts({ powerMode: { name: '25W', modes: ['15W', '25W'] } })
    t.equal((await Calibration.open(folder, faster, 'engine 1')).threadsOf('a'), undefined)
  },
)

t.test('the same board in other moments is the same board', async t => {
  const warm = boardFacts({
    memory: { totalMib: 4010, availableMib: 12 },
    readings: { temperatures: [], hottestC: 80 },
  })
  t.equal(fingerprintOf(warm, 'e'), fingerprintOf(facts, 'e'))
  const fewer = boardFacts({ cpu: { cores: 2, classes: [], features: [] } })
  t.not(fingerprintOf(fewer, 'e'), fingerprintOf(facts, 'e'))
})

t.test('a file that is no such file is passed over, with its reason', async t => {
  const folder = t.testdir()
  mkdirSync(join(folder, 'board'))
  const path = join(folder, 'board', 'measured.json')
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async text => {
      writeFileSync(path, text)
      const opened = await Calibration.open(folder, facts, 'e')
      return opened.discarded !== undefined && opened.measured.models.length === 0
    }),
    { numRuns: 50 },
  )
})

t.test('where nothing can be written, figures are used and the caller is told', async t => {
  const folder = t.testdir()
  const calibration = await Calibration.open(folder, facts, 'e')
  writeFileSync(join(folder, 'board'), 'a file where a folder should be')
  await t.rejects(calibration.keepModel('a', model, AT), { code: 'measurements_not_kept' })
  t.equal(calibration.threadsOf('a'), 2)
  t.equal(readFileSync(join(folder, 'board'), 'utf8'), 'a file where a folder should be')
})
