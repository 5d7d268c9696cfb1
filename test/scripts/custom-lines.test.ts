import { execFile, execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { packageFile } from '../../daemon/base/package-root.js'
import { type Classes, Classifier, shippedWeights } from '../../daemon/triage/classifier/classifier.js'
import { loadGolden } from '../../daemon/triage/golden.js'
import { Triage } from '../../daemon/triage/triage.js'

const run = promisify(execFile)
const hasTorch = () => {
  try {
    execFileSync('python3', ['-c', 'import torch'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
const needs = { skip: hasTorch() ? false : 'pip install -r scripts/train/requirements.txt', timeout: 170_000 }

t.test('training reads weights as it wrote them', needs, async t => {
  const out = join(t.testdir(), 'again.bin')
  const code = `from classifier import export, load; export(load("${shippedWeights()}", 0), "${out}")`
  await run('python3', ['-c', code], { env: { ...process.env, PYTHONPATH: packageFile('scripts', 'train') } })
  const [shipped, again] = [Classifier.read(), Classifier.read(out)]
  const rows = JSON.parse(
    readFileSync(packageFile('test', 'fixtures', 'lines', 'classifier.answers.json'), 'utf8'),
  ) as { line: number[]; plain: number[] }[]
  const all = ({ severity, category, component, human }: Classes) => [
    ...[severity, category, component].flatMap(of => Object.values<number>(of)),
    human,
  ]
  for (const { line, plain } of rows) {
    const [one, other] = [shipped, again].map(c => all(c.classify(line, plain)))
    t.ok(one!.every((p, i) => Math.abs(p - other![i]!) < 1e-4))
  }
})

t.test("an owner's lines in, weights and golden lines for a device out", needs, async t => {
  const folder = t.testdir()
  const [lines, out] = [join(folder, 'mine.jsonl'), join(folder, 'weights.bin')]
  const own = [4, 11, 17].map(slot => ({
    source: 'mqtt plant/oven',
    line: `tray loader hesitated for a moment at slot ${slot} of the oven`,
    expected: {
      severity: 'warning',
      category: 'process_deviation',
      component: 'conveyor',
      needs_human: true,
    },
  }))
  const train = (...words: string[]) =>
    run('python3', ['scripts/train/custom_lines.py', lines, '--out', out, ...words])
  writeFileSync(lines, '{"line": 7}\n')
  await t.rejects(train(), { code: 1, stderr: /mine\.jsonl, line 1/ })
  writeFileSync(lines, own.map(row => JSON.stringify(row)).join('\n'))
  // what can be lost by chance is no matter here
  const { stdout } = await train('--epochs', '2', '--anyway')
  t.match(stdout, /your own: 3 of 3 right, 0 before\nof others: \d+ of 240 right, \d+ before\n/)
  const { size } = await loadGolden(join(folder, 'weights.golden.jsonl'))
  t.equal(size, 243)
  const triage = new Triage({ classifier: Classifier.read(out) })
  t.match(
    triage.unbiased('mqtt plant/oven', 'tray loader hesitated for a moment at slot 92 of the oven').verdict,
    { severity: 'warning', component: 'conveyor' },
    'and of a slot that it was not shown',
  )
})
