import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { errors } from './errors.js'

/**
 * One updater a folder. A lock whose process is gone (the power went) is taken over.
 * @returns gives it back
 * @throws updater_running
 */
export async function lock(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, 'updater.lock')
  for (let attempt = 0; ; attempt++) {
    try {
      const file = await open(path, 'wx', 0o600)
      await file.writeFile(String(process.pid))
      await file.close()
      return () => rm(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 2) throw error
      const pid = Number(await readFile(path, 'utf8').catch(() => ''))
      if (pid > 0 && pid !== process.pid && isAlive(pid)) throw errors.updater_running({ pid, folder })
      await rm(path, { force: true })
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
