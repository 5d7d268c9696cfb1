import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import t from 'tap'
import { Drain } from '../../../daemon/cli/bench/drain.js'
import { LogLines, SOURCES } from '../../../daemon/cli/bench/log-lines.js'
import type { TriageBench } from '../../../daemon/cli/bench/triage.js'

const bin = resolve('dist/daemon/cli/fieldmouse.js')
const bench = (...more: string[]) =>
  spawnSync(process.execPath, [bin, 'bench', 'triage', ...more], {
    encoding: 'utf8',
    // whatever this machine is set up for, the bench reads no configuration of it
    env: { ...process.env, FIELDMOUSE_CONFIG: '', FIELDMOUSE_DATA: t.testdir() },
  })

t.test('a small run has every figure, and names its units', async t => {
  const { status, stdout, stderr } = bench('--lines', '2000', '--json')
  t.equal(status, 0, stderr)
  t.match(stderr, /a flood of new templates/, 'progress goes to stderr')
  const figures = JSON.parse(stdout) as TriageBench
  const { known, mixed, novel, memory, numbers, flood } = figures
  // how fast is asserted nowhere: it is what is measured
  for (const [name, figure] of Object.entries({
    own: known.lines_per_cpu_second,
    wall: known.lines_per_second,
    templates: known.templates_only_lines_per_cpu_second,
    drain: known.drain_lines_per_cpu_second,
    mixed: mixed.lines_per_second,
    novel: novel.plain_code.lines_per_cpu_second,
    novelMs: novel.plain_code.ms_each,
    bytes: memory.bytes_per_template,
    value: numbers.us_per_value,
    core: numbers.percent_of_one_core,
    flood: flood.us_per_line,
  }))
    t.ok(figure > 0, `${name}: ${figure}`)
  t.match(known, { lines: 2000, sources: SOURCES.length, windows: [{ from_line: 0 }, { to_line: 2000 }] })
  t.strictSame(
    known.by_source.map(s => s.source),
    [...SOURCES],
  )
  for (const { memory, plain_code, model } of [known.shares, mixed.shares])
    t.ok(Math.abs(memory + plain_code + model - 1) < 1e-4)
  t.ok(figures.agreement.lines > 0)
  t.type(novel.line_model.available, 'boolean')
  t.match(numbers, { channels: 1000, raspberry_pi_4: { predicted: true, says: String } })
  t.equal(flood.judged_lines + flood.left_out_lines, flood.distinct_lines)
})

t.test('a number of lines that makes no sense is refused', async t => {
  t.match(bench('--lines', '12'), { status: 2, stderr: /1000 to 10000000/ })
})

t.test('the same seed gives the same lines', async t => {
  const some = (seed: number) => [...new LogLines(seed).known(50), ...new LogLines(seed).novel(50)]
  t.strictSame(some(1), some(1))
  t.not(some(1)[0]!.line, some(2)[0]!.line)
})

t.test(
  'the Drain to compare with: words that vary become values, other lengths another template',
  async t => {
    const drain = new Drain()
    const first = drain.learn('session of ada closed after 12 ms')
    t.equal(drain.learn('session of ben closed after 7 ms'), first)
    t.strictSame(first.tokens, ['session', 'of', '<*>', 'closed', 'after', '<NUM>', 'ms'])
    t.not(drain.learn('session of ben closed'), first)
    t.not(drain.learn('valve 3 is stuck since 12 minutes'), first)
    t.equal(drain.size, 3)
  },
)
