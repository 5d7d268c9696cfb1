/**
 * How a process ranks among others for the processor.
 *
 * Nice 19 is not enough for work that goes on and on, such as the start of a process: whoever wakes up on the same core may
 * wait for the end of a slice, a millisecond or three, and an answer has dozens of such moments. SCHED_IDLE is different:
 * to the kernel a core with nothing but that is an idle one, and whatever wakes up there runs at once. It is so weak
 * that on a busy board nothing gets done, and leaving it needs the same right as a better nice value: so it is for a while,
 * and only where it can be left.
 *
 * @source sched(7); kernel/sched/fair.c, select_idle_cpu and wakeup_preempt (Linux 5.4 and newer)
 */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { constants, getPriority, setPriority } from 'node:os'

/** Whatever else wants the processor goes first. Best right after the fork: threads are born with it. */
export function giveWay(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW)
  } catch {
    // it works all the same
  }
}

/**
 * Runs on what nobody else wants (SCHED_IDLE), until the function that comes back is called: then as it ranked before. Does
 * nothing where `chrt` (util-linux) is missing, where the system refuses, or would not let it come back.
 */
export function onlyWhenIdle(pid: number): () => Promise<void> {
  // a daemon that runs so itself has children that do
  if (process.platform !== 'linux' || isIdleClass(process.pid, process.pid)) return async () => {}
  const isIn = (async () =>
    // into it and out of it again: rights are those of this process, whatever gives or takes them
    (await chrt('--idle', '0', 'chrt', '--other', '0', 'true')) && (await chrtAll(pid, 'idle')))()
  return async () => {
    if (await isIn) await chrtAll(pid, 'other')
  }
}

/**
 * Back among equals: as this process.
 * @returns whether that was allowed. Lowering is everybody's right, raising needs CAP_SYS_NICE or a limit (LimitNICE)
 * @source setpriority(2): on Linux a priority is a thread's, and a process is asked for thread by thread
 */
export function comeForward(pid: number): boolean {
  const own = getPriority()
  const raised = new Set<number>()
  try {
    // a thread that is not raised yet may give birth meanwhile
    for (let todo = [pid]; todo.length > 0; todo = threadsOf(pid).filter(id => !raised.has(id)))
      for (const id of todo) {
        raised.add(id)
        // a thread may have ended since it was listed
        if (id === pid || threadsOf(pid).includes(id)) setPriority(id, own)
      }
    return isIdleClass(process.pid, process.pid) || !threadsOf(pid).some(id => isIdleClass(pid, id))
  } catch {
    return false
  }
}

/** A few threads may be born between two looks; more often than that something else is wrong. */
const MOST_ROUNDS = 3

/** All threads of a process. @returns whether they are now */
async function chrtAll(pid: number, policy: 'idle' | 'other'): Promise<boolean> {
  const differ = () => threadsOf(pid).some(id => isIdleClass(pid, id) !== (policy === 'idle'))
  for (let round = 0; round < MOST_ROUNDS && differ(); round++)
    await chrt(`--${policy}`, '--all-tasks', '--pid', '0', String(pid))
  return !differ()
}

/** It takes 2 ms; on a board that swaps, longer. */
const CHRT_MS = 10_000

function chrt(...args: string[]): Promise<boolean> {
  return new Promise(resolve => {
    execFile('chrt', args, { timeout: CHRT_MS }, error => resolve(error === null))
  })
}

/** @source proc_pid_stat(5), field 41; sched.h */
const SCHED_IDLE = '5'

/** A thread that has ended is in no class. */
function isIdleClass(pid: number, id: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/task/${id}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[38] === SCHED_IDLE
  } catch {
    return false
  }
}

/** Empty where the system does not tell. */
function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number)
  } catch {
    return []
  }
}
