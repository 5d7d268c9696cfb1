/** Whether a process that left its number behind still lives: the number may be another program's by now. */
import { readFile } from 'node:fs/promises'

/** Which life of a process number this is: boot, and start within it. Empty where the system does not say. */
export async function lifeOf(pid: number): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // the name in brackets may hold blanks. @source proc(5), field 22: starttime
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  return `${boot.trim()}:${start}`
}

/** @param life what `lifeOf` said when the number was left */
export async function isSameLife(pid: number, life: string | undefined): Promise<boolean> {
  return pid > 0 && isAlive(pid) && (await lifeOf(pid)) === life
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
