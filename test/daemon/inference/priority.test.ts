import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import t, { type Test } from 'tap'
import { sleep } from '../../../daemon/base/clock.js'
import { comeForward, giveWay, onlyWhenIdle } from '../../../daemon/inference/priority.js'

/** A process with threads of its own. */
async function busyBody(t: Test): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1000)'])
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
  'a process runs when nothing else wants to, and comes back with all of its threads',
  { skip },
  async t => {
    const pid = await busyBody(t)
    t.ok(readdirSync(`/proc/${pid}/task`).length > 1)
    giveWay(pid)
    const back = onlyWhenIdle(pid)
    const isThere = () => isDeepStrictEqual(classesOf(pid), new Set([5]))
    for (let ms = 0; ms < 10_000 && !isThere(); ms += 5) await sleep(5)
    t.ok(isThere())
    await back()
    t.strictSame(classesOf(pid), new Set([0]))
    await back()
    t.ok(comeForward(pid))
  },
)

t.test('who comes back before it has gone is back', { skip }, async t => {
  const pid = await busyBody(t)
  await onlyWhenIdle(pid)()
  t.strictSame(classesOf(pid), new Set([0]))
})

t.test('what was left behind there does not count as forward', { skip }, async t => {
  const pid = await busyBody(t)
  spawnSync('chrt', ['--idle', '--all-tasks', '--pid', '0', String(pid)])
  t.strictSame(classesOf(pid), new Set([5]))
  t.notOk(comeForward(pid))
})

t.test('without chrt nothing happens; nor to a process that has ended', async t => {
  const pid = await busyBody(t)
  const { PATH } = process.env
  t.teardown(() => {
    process.env.PATH = PATH
  })
  process.env.PATH = '/nowhere'
  const back = onlyWhenIdle(pid)
  await back()
  process.env.PATH = PATH
  t.strictSame(classesOf(pid), new Set([0]))
  process.kill(pid, 'SIGKILL')
  while (readdirSync('/proc').includes(String(pid))) await sleep(5)
  await onlyWhenIdle(pid)()
  giveWay(pid)
})
