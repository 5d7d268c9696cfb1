import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import type { Figures } from '../../../scripts/evaluate/figures.js'

const run = promisify(execFile)
const evaluate = (...words: string[]) =>
  run(process.execPath, ['dist/scripts/evaluate/evaluate.js', ...words], { maxBuffer: 1 << 24 })

t.test('the factory model on the set that ships', async t => {
  const out = join(t.testdir({}), 'answers.jsonl')
  const { stdout } = await evaluate('--json', '--out', out)
  const f = JSON.parse(stdout) as Figures
  // measured 2026-11-21, model 1.0.0: 87 % exact, 0 % acted wrongly, 100 % refused
  t.ok(f.all.exact >= 0.8, `${f.all.exact} exactly right`)
  t.ok(f.all.refused! >= 0.94, `${f.all.refused} of what must be refused`)
  t.ok(f.all.actedWrongly! <= 0.05, `${f.all.actedWrongly} acted wrongly`)
  t.strictSame(f.doneAtOnce, [], 'what is to be done later is not done at once')
  t.ok(f.reliability.error < 0.2)
  t.equal(
    f.slices.reduce((n, s) => n + s.rows, 0),
    f.all.rows,
  )
  t.ok(f.worst.length <= 20)
  const lines = readFileSync(out, 'utf8').trim().split('\n')
  t.equal(lines.length, f.all.rows)
  t.match(JSON.parse(lines[0]!), { id: 'own-001', result: Array, confidence: Number, stage: 'factory' })
})

t.test('without --json it prints a page for people', async t => {
  const { stdout } = await evaluate('--min-confidence', '1')
  for (const heading of ['ACCURACY', 'CONFIDENCE', 'THRESHOLD', 'TIME AND TOKENS', 'MOST FREQUENT MISTAKES'])
    t.match(stdout, heading)
  t.match(stdout, /refused: not_sure/, 'a threshold of 1 refuses')
})
