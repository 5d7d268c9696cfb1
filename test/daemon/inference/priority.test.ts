import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { comeBack, comeForward, giveWay, WHEN_IDLE } from '../../../daemon/inference/priority.js'

/** A process with threads of its own. @param path where the shell finds programs */
async function started(t: Test, path = process.env.PATH): Promise<number> {
  const program = 'console.log(1); setInterval(() => {}, 1000)'
  const child = spawn('/bin/sh', ['-c', WHEN_IDLE, process.execPath, '-e', program], { env: { PATH: path } })
  t.teardown(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child.pid!
}

/** Of all threads: the class that they are scheduled in. @source proc_pid_stat(5), field 41; 0 SCHED_OTHER, 5 SCHED_IDLE */
const classesOf = (pid: number) =>
  new Set(
    readdirSync(`/proc/${pid}/task`).map(task =>
      Number(readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8').split(') ')[1]!.split(' ')[38]),
    ),
  )

const skip =
  spawnSync('chrt', ['--idle', '0', 'chrt', '--other', '0', 'true']).status !== 0 &&
  'needs chrt (util-linux) and the right to leave SCHED_IDLE: root, or LimitNICE'

t.test(
  'a process starts when nothing else wants to, and comes back with all of its threads',
  { skip },
  async t => {
    const pid = await started(t)
    giveWay(pid)
    t.ok(readdirSync(`/proc/${pid}/task`).length > 1)
    t.strictSame(classesOf(pid), new Set([5]))
    t.notOk(comeForward(pid), 'what is left behind there is not forward')
    await comeBack(pid)
    t.strictSame(classesOf(pid), new Set([0]))
    await comeBack(pid)
    t.ok(comeForward(pid))
  },
)

t.test('without chrt, or where there is no way back, a process starts as any other', async t => {
  t.strictSame(classesOf(await started(t, '/nowhere')), new Set([0]))
  const real = spawnSync('sh', ['-c', 'command -v chrt || echo false'], { encoding: 'utf8' }).stdout.trim()
  const noWayBack = `#!/bin/sh\n[ "$1 $3" = "--idle chrt" ] && exit 1\nexec ${real} "$@"\n`
  const folder = t.testdir({ chrt: noWayBack })
  chmodSync(join(folder, 'chrt'), 0o755)
  t.strictSame(classesOf(await started(t, `${folder}:${process.env.PATH}`)), new Set([0]))
})

t.test('who has ended need not come back', async t => {
  const pid = await started(t)
  process.kill(pid, 'SIGKILL')
  await comeBack(pid)
})
