import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { madeWeights } from '../../support/weights.js'

const bin = resolve('dist/daemon/cli/fieldmouse.js')
const run = (...words: string[]) => spawnSync(process.execPath, [bin, ...words], { encoding: 'utf8' })
const LEAK = { severity: 'critical', category: 'leak', component: 'pump' } as const

t.test('weights are put into a repository as models are, and torn ones are not', async t => {
  const folder = t.testdir({
    'what.json': JSON.stringify({ family: 'classifier', version: '1.0.0', release: 1 }),
    'golden.jsonl': JSON.stringify({ line: 'the zorb hums', source: 's', ...LEAK }),
  })
  const at = (name: string) => join(folder, name)
  const weights = madeWeights({ says: LEAK })
  writeFileSync(at('mine.bin'), weights)
  writeFileSync(at('torn.bin'), weights.subarray(0, 1000))
  t.equal(run('ota', 'init', at('repo'), '--keys', at('keys')).status, 0)
  const add = (name: string) =>
    run(
      ...['ota', 'add', at('repo'), '--description', at('what.json')],
      ...['--file', `model=${at(name)}`, '--file', `golden=${at('golden.jsonl')}`],
    )
  t.match(add('torn.bin'), { status: 1, stderr: /torn\.bin is no classifier of lines: it is cut short/ })
  t.match(add('mine.bin'), { status: 0, stdout: /"classifier\/classifier-1\.0\.0\.bin"/ })
  t.equal(run('ota', 'sign', at('repo/draft'), '--keys', at('keys')).status, 0)
  t.equal(run('ota', 'publish', at('repo'), '--keys', at('keys')).status, 0)
  t.match(JSON.parse(run('ota', 'list', at('repo')).stdout), { family: 'classifier', release: 1 })
})

t.test('the shell weighs lines with the weights that the configuration names', async t => {
  const folder = t.testdir({ 'fieldmouse.yaml': 'triage: { classifier_file: mine.bin, model: off }\n' })
  const path = join(folder, 'mine.bin')
  writeFileSync(path, madeWeights({ says: LEAK }))
  const triage = () =>
    spawnSync(process.execPath, [bin, 'triage', '--config', join(folder, 'fieldmouse.yaml')], {
      encoding: 'utf8',
      input: '{"id":1,"source":"s","line":"belt scale calibrated by Ann, zero point stored"}',
    })
  t.match(JSON.parse(triage().stdout), { severity: 'critical', category: 'leak', stage: 'slm' })
  const doctor = () =>
    JSON.parse(run('doctor', '--json', '--config', join(folder, 'fieldmouse.yaml')).stdout).checks.find(
      (check: { name: string }) => check.name === 'classifier',
    )
  t.match(doctor(), { status: 'ok', says: path })
  writeFileSync(path, madeWeights({ says: LEAK, header: { made_for: '0.0.1' } }))
  t.match(doctor(), { status: 'warn', says: /trained for version 0\.0\.1/, remedy: /Train it again/ })
  writeFileSync(path, 'GGUF')
  t.match(triage(), { status: 1, stderr: /does not begin as one[\s\S]*triage\.classifier_file/ })
  t.match(doctor(), { status: 'fail', says: /does not begin as one/, remedy: /triage\.classifier_file/ })
})
