import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { triageFile } from '../../../daemon/cli/triage.js'
import { CATEGORIES, COMPONENTS, SEVERITIES } from '../../../daemon/triage/verdict.js'

const bin = resolve('dist/daemon/cli/fieldmouse.js')
const run = (input: string, ...flags: string[]) =>
  spawnSync(process.execPath, [bin, 'triage', ...flags], { input, encoding: 'utf8', maxBuffer: 1 << 26 })
const rowsOf = (text: string) =>
  text
    .trim()
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as Record<string, unknown>)

const LINES = [
  { id: 'a', source: 'mqtt:hall/p7', line: 'P-7 mechanical seal leaking, drip tray full' },
  { id: 'b', source: 'mqtt:hall/p7', line: 'P-7 seal leak repaired, tray emptied, back to normal' },
  { id: 'c', source: 'modbus:gw', line: 'unit 4 exception code 0x0B gateway target failed to respond' },
  { id: 'd', source: 'syslog:edge', line: 'zorb plim 12 quaffle 7' },
]

t.test('rows in, verdicts out in the same order, in the closed sets, quoting their line', async t => {
  const { status, stdout, stderr } = run(LINES.map(r => JSON.stringify(r)).join('\n'))
  t.equal(status, 0)
  t.match(stderr, /4 rows, 2 alarms/)
  const out = rowsOf(stdout)
  t.strictSame(
    out.map(o => o.id),
    LINES.map(r => r.id),
  )
  for (const [i, v] of out.entries()) {
    t.ok(SEVERITIES.includes(v.severity as never) && CATEGORIES.includes(v.category as never))
    t.ok(COMPONENTS.includes(v.component as never) && typeof v.template_id === 'string')
    t.equal(v.severity === 'normal', v.category === 'normal')
    t.ok(LINES[i]!.line.includes((v.evidence as string | undefined) ?? ''), 'evidence stands in the line')
    if (v.needs_human) t.ok(v.cause && v.action)
  }
  t.match(out[0], {
    severity: /^(warning|critical)$/,
    category: 'leak',
    component: 'pump',
    needs_human: true,
  })
  t.match(out[1], { severity: 'normal', needs_human: false })
  t.match(out[2], { severity: 'warning', category: 'communication', stage: 'rule' })
  t.not(out[3]!.severity, 'critical', 'words without meaning are no trip')
})

t.test('without the model plain code answers alone', async t => {
  const { status, stdout, stderr } = run(JSON.stringify(LINES[3]), '--no-model')
  t.equal(status, 0)
  t.notMatch(stderr, /slm/)
  t.equal(rowsOf(stdout)[0]!.stage, 'rule')
})

t.test(
  'incidents: chattering and what is over at once are nobody’s concern, what lasts is told once',
  async t => {
    const out = join(t.testdir({}), 'notified.jsonl')
    const at = (s: number) => new Date(Date.UTC(2026, 0, 5, 8, 0, s)).toISOString()
    const level = (id: string, s: number, on: boolean) => ({
      id,
      t: at(s),
      source: 'plant',
      line: on ? 'LIT-204 level high alarm' : 'LIT-204 level high alarm cleared',
    })
    const rows = [
      level('1', 0, true),
      level('2', 20, false),
      { id: '3', t: at(30), source: 'plant', line: 'P-12 bearing temperature high' },
      { id: '4', t: at(200), source: 'plant', line: 'P-12 bearing temperature high' },
    ]
    const { status } = run(rows.map(r => JSON.stringify(r)).join('\n'), '--no-model', '--incidents', out)
    t.equal(status, 0)
    const told = rowsOf(readFileSync(out, 'utf8'))
    t.strictSame(
      told.map(r => r.id),
      ['3'],
    )
    t.match(told[0], { severity: 'warning', n: 1, summary: /P-12|p-12/ })
  },
)

t.test('bad rows are refused with their line', async t => {
  t.match(run('{"id":1,"line":"a"}\nnot json\n', '--no-model'), { status: 1, stderr: /line 2/ })
  t.match(run('{"id":1}\n', '--no-model'), { status: 1, stderr: /line 1.*line/ })
  t.match(run('', '--no-model'), { status: 0, stdout: '' })
})

t.test('a log as it is, and rows behind a byte order mark, are read', async t => {
  const folder = t.testdir({
    'plant.log': '\uFEFFpump 7 bearing temperature 97 C above limit 90 C\r\n\r\npump 7 running\n',
    'rows.jsonl': '\uFEFF{"id":"a","line":"motor on fire"}\n',
    'broken.jsonl': '{"id":1,"line":"x"}\nnot a row\n',
  })
  const out = join(folder, 'out.jsonl')
  const run = async (name: string) => {
    let isPlain = false
    const onPlain = () => {
      isPlain = true
    }
    await triageFile({ in: join(folder, name), out, threads: 1, onPlain }, new AbortController().signal)
    const rows = readFileSync(out, 'utf8').trim().split('\n')
    return { isPlain, rows: rows.map(row => JSON.parse(row) as { id: unknown; severity: string }) }
  }
  t.match(await run('plant.log'), {
    isPlain: true,
    rows: [
      { id: 1, severity: 'warning' },
      { id: 3, severity: 'normal' },
    ],
  })
  t.match(await run('rows.jsonl'), { isPlain: false, rows: [{ id: 'a', severity: 'emergency' }] })
  await t.rejects(run('broken.jsonl'), { code: 'bad_json_line', message: /line 2/ })
})
