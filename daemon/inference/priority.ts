/** How a process ranks among others for the processor. */
import { readdirSync } from 'node:fs'
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
    return true
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
