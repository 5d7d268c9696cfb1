import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import t from 'tap'
import type { FleetBench } from '../../../daemon/cli/bench/fleet.js'
import { needsMosquitto } from '../../support/broker.js'

const bench = (...more: string[]) =>
  spawnSync(process.execPath, [resolve('dist/daemon/cli/fieldmouse.js'), 'bench', 'fleet', ...more], {
    encoding: 'utf8',
    env: { ...process.env, FIELDMOUSE_CONFIG: '', FIELDMOUSE_DATA: t.testdir() },
  })

t.test('a small run has every figure, beside its baseline', needsMosquitto, async t => {
  const { status, stdout, stderr } = bench('--devices', '60', '--json')
  t.equal(status, 0, stderr)
  const { rollout, all_at_once, ratio_cpu, ratio_wall, bad_canary, broker } = JSON.parse(stdout) as FleetBench
  t.match(broker, /mosquitto/)
  // how fast is asserted nowhere: it is what is measured
  for (const figure of [ratio_cpu, ratio_wall, rollout.messages_per_second, all_at_once.cpu_ms])
    t.ok(figure > 0, `${figure}`)
  t.match(rollout, { phase: 'done' })
  t.equal(all_at_once.published, 60)
  t.match(bad_canary, { told: 20, would_have_been_told: 60 })
  t.ok(bad_canary.stopped_after_ms > 0)
})

t.test('a number of devices that makes no sense is refused', async t => {
  t.match(bench('--devices', '3'), { status: 2, stderr: /50 to 100000/ })
})
