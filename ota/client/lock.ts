import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isSameLife, lifeOf } from '../../daemon/base/process-life.js'
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
      if (await isSameLife(Number(pid), life)) throw errors.updater_running({ pid: Number(pid), folder })
      await rm(path, { force: true })
    }
  }
}
