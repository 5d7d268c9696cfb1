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
 * For `sh`: the program behind it, in this very process, on what nobody else wants (SCHED_IDLE), with all threads that it will
 * have. As any other where `chrt` (util-linux) is missing, where the system refuses, or would not let it come back: that is
 * tried first. By a shell, and not from here: to fork a daemon takes 6 ms in which it answers nobody.
 */
export const WHEN_IDLE =
  '{ chrt --idle 0 chrt --other 0 true && chrt --idle --pid 0 $$; } >/dev/null 2>&1; exec "$0" "$@"'

/** From what nobody else wants to where its nice value puts it, with all threads; nothing where it is there already. */
export async function comeBack(pid: number): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS && isIdle(pid); round++)
    await new Promise<void>(resolve => {
      // whether it did is seen in the threads
      const args = ['--other', '--all-tasks', '--pid', '0', String(pid)]
      execFile('chrt', args, { timeout: CHRT_MS }, () => resolve())
    })
}

/** A few threads may be born while others are moved; more often than that something else is wrong. */
const MOST_ROUNDS = 3
/** It takes 2 ms; on a board that swaps, longer. */
const CHRT_MS = 10_000

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
    return !isIdle(pid)
  } catch {
    return false
  }
}

/** @source proc_pid_stat(5), field 41; sched.h */
const SCHED_IDLE = '5'

/** Whether a thread is in that class, though this process is not. A thread that has ended is in no class. */
function isIdle(pid: number): boolean {
  const classOf = (of: number, id: number) => {
    try {
      const stat = readFileSync(`/proc/${of}/task/${id}/stat`, 'utf8')
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[38]
    } catch {
      return undefined
    }
  }
  return (
    classOf(process.pid, process.pid) !== SCHED_IDLE &&
    threadsOf(pid).some(id => classOf(pid, id) === SCHED_IDLE)
  )
}

/** Empty where the system does not tell. */
function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number)
  } catch {
    return []
  }
}
