import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'

const run = promisify(execFile)
const golden = (...words: string[]) => run(process.execPath, ['dist/scripts/evaluate/golden.js', ...words])

t.test('how the factory models do on the sets that ship', async t => {
  // measured 2026-11-21: 63 of 64 with model 1.1.0, 42 of 60 with line model 1.0.0, 48 of 60 by plain code and classifier
  for (const [family, least] of [
    ['command', 0.9],
    ['line', 0.6],
    ['classifier', 0.6],
  ] as const) {
    const { accuracy, answered, requests } = JSON.parse(
      (await golden('--family', family, '--json')).stdout,
    ) as { accuracy: number; answered: number; requests: number }
    t.equal(answered, requests)
    t.ok(accuracy >= least, `${family}: ${accuracy} right`)
  }
})

t.test('what was not right is shown, and a file that is wrong is named with its line', async t => {
  const path = join(t.testdir(), 'own.jsonl')
  writeFileSync(path, '{"text":"lock the gate","answer":"<unlock><k_gate><dev> gate"}\n')
  const { stdout } = await golden('--golden', path, '--show')
  t.match(stdout, /^fieldmouse-command .*\n0 of 1 right, 1 answered\n/)
  t.match(stdout, /lock the gate\n {2}right: <unlock><k_gate><dev> gate\n {2}said: {2}<lock>/)
  writeFileSync(path, '\n{"text":1}\n')
  await t.rejects(golden('--golden', path), { code: 1, stderr: /own\.jsonl, line 2/ })
})
