import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { errors } from './errors.js'

/**
 * One updater a folder. A lock whose process is gone (the power went) is taken over, also when another program has its number
 * by now: the lock says when its process began.
 * @returns gives it back
 * @throws updater_running
 */
export async function lock(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, 'updater.lock')
  for (let attempt = 0; ; attempt++) {
    try {
      const file = await open(path, 'wx', 0o600)
      await file.writeFile(`${process.pid} ${await lifeOf(process.pid)}`)
      await file.close()
      return () => rm(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 2) throw error
      const [pid = '', life] = (await readFile(path, 'utf8').catch(() => '')).split(' ')
      if (Number(pid) > 0 && isAlive(Number(pid)) && (await lifeOf(Number(pid))) === life)
        throw errors.updater_running({ pid: Number(pid), folder })
      await rm(path, { force: true })
    }
  }
}

/** Which life of a process number this is: boot, and start within it. Empty where the system does not say. */
async function lifeOf(pid: number): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // the name in brackets may hold blanks. @source proc(5), field 22: starttime
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  return `${boot.trim()}:${start}`
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
