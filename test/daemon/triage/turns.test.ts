import t from 'tap'
import { LineTemplates } from '../../../daemon/triage/lines.js'
import type { LiveLine } from '../../../daemon/triage/live.js'
import { Turns } from '../../../daemon/triage/turns.js'

const line = (source: string, n: number): LiveLine => ({ source, line: `${source} ${n}`, at: n })
const ticks = async (passes: () => boolean) => {
  for (let i = 0; i < 10_000 && !passes(); i++) await new Promise(resolve => setImmediate(resolve))
}

t.test('sources take turns, each keeps its order, and everything else has its turn between', async t => {
  const judged: string[] = []
  let ms = 0
  const turns = new Turns({
    judge: l => {
      judged.push(l.line)
      ms += 1
    },
    tell: () => t.fail('nothing was left out'),
    now: () => ms,
  })
  for (let n = 0; n < 1_000; n++) turns.add(line('loud', n))
  turns.add(line('quiet', 0))
  let others = 0
  const count = () => {
    others++
    if (turns.waiting > 0) setImmediate(count)
  }
  setImmediate(count)
  await ticks(() => turns.waiting === 0)
  t.ok(judged.indexOf('quiet 0') <= 8, `the quiet one waited for ${judged.indexOf('quiet 0')} lines`)
  t.strictSame(
    judged.filter(l => l.startsWith('loud')),
    Array.from({ length: 1_000 }, (_, n) => `loud ${n}`),
  )
  t.ok(others > 50, `others had ${others} turns`)
})

t.test('what is beyond is left out of the loudest, told once, and counted at the end', async t => {
  const judged: string[] = []
  const told: unknown[] = []
  const turns = new Turns({
    judge: l => judged.push(l.source),
    tell: (...what) => told.push(what),
    mostLines: 100,
    mostChars: 1_000,
    now: () => 0,
  })
  for (let n = 0; n < 90; n++) turns.add(line('a', n))
  for (let n = 0; n < 90; n++) turns.add(line('b', n))
  t.ok(turns.waiting <= 100)
  turns.add({ source: 'c', line: 'x'.repeat(900), at: 0 })
  t.ok(turns.waiting > 1)
  turns.finish()
  t.equal(turns.waiting, 0)
  t.equal(judged.filter(s => s === 'c').length, 1, 'who says little is heard')
  const begun = told.filter(w => (w as string[])[1] === 'begins').map(w => (w as string[])[0])
  t.strictSame(begun.sort(), ['a', 'b'])
  const missing = told.reduce<number>((sum, w) => sum + (w as [string, string, number])[2], 0)
  t.equal(missing + judged.length, 181, 'nothing is lost unsaid')
})

t.test('templates of all sources together are bounded: who has most forgets', async t => {
  const lines = new LineTemplates({ mostInAll: 2_000 })
  const word = (n: number) => n.toString().replace(/\d/g, d => 'abcdefghij'[Number(d)]!)
  lines.learn('small', 'the pump runs well')
  for (let source = 0; source < 10; source++)
    for (let n = 0; n < 1_000; n++)
      lines.learn(`loud ${source}`, `${word(n)} ${word(n + source)} ${word(7 * n)} x`)
  t.ok(lines.size < 2_000 + 1_024, `${lines.size} templates`)
  t.ok(lines.knows('small', 'the pump runs well'), 'who has few keeps them')
})
