import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import t from 'tap'
import { DIALECTS, message } from '../../support/dialects.js'

const bin = resolve('dist/daemon/cli/fieldmouse.js')
const run = (input: string) =>
  spawnSync(process.execPath, [bin, 'templates'], { input, encoding: 'utf8', maxBuffer: 1 << 26 })

t.test('rows in, rows out in the same order, with templates', async t => {
  const rows = Object.entries(DIALECTS).flatMap(([source, line]) =>
    Array.from({ length: 50 }, (_, i) => ({ id: `${source} ${i}`, source, line: line(i, message(i)) })),
  )
  const { status, stdout } = run(rows.map(r => JSON.stringify(r)).join('\n'))
  t.equal(status, 0)
  const out = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { id: string; template_id: string; template: string })
  t.strictSame(
    out.map(o => o.id),
    rows.map(r => r.id),
  )
  for (const source of Object.keys(DIALECTS)) {
    const own = out.filter(o => o.id.startsWith(`${source} `))
    const passed = own.filter((_, i) => message(i) === 'self test passed')
    t.equal(new Set(passed.map(o => o.template_id)).size, 1, source)
    t.ok(
      passed.every(o => o.template === 'self test passed'),
      source,
    )
  }
})

t.test('bad rows are refused with their line', async t => {
  t.match(run('{"id":1,"line":"a"}\nnot json\n'), { status: 1, stderr: /line 2/ })
  t.match(run('{"id":1}\n'), { status: 1, stderr: /line 1.*line/ })
  t.match(run(''), { status: 0, stdout: '' })
})

t.test('detect: CSV in, one alarm an event out; other columns and no names are told', async t => {
  const detect = (input: string, ...more: string[]) =>
    spawnSync(process.execPath, [bin, 'detect', ...more], { input, encoding: 'utf8' })
  const values = Array.from({ length: 900 }, (_, i) => 20 + Math.sin(i) + (i >= 700 && i < 760 ? 30 : 0))
  const rows = values.map((x, i) => `${new Date(i * 60_000).toISOString()},${x}`)
  rows.splice(50, 0, 'broken line', '')
  const { status, stdout, stderr } = detect(['timestamp,value', ...rows].join('\n'), '--series', 'inlet')
  t.equal(status, 0)
  t.match(stderr, /901 rows, 1 alarms, 1 rows with other columns left out/)
  t.match(JSON.parse(stdout), {
    series: 'inlet',
    timestamp: new Date(700 * 60_000).toISOString(),
    reason: /5\d/,
  })
  t.match(detect('1,2\n3,4\n'), { status: 1, stderr: /line 1: the first line must name the columns/ })
  const german = rows
    .filter(row => row.includes(','))
    .map(row => row.replace(',', ';').replace(/\.(\d+)$/, ',$1'))
  t.match(
    JSON.parse(detect(['zeit;wert', ...german].join('\n'), '--series', 'inlet').stdout),
    JSON.parse(stdout),
    'semicolons and decimal commas',
  )
  t.match(detect(''), { status: 0, stdout: '' })
})
