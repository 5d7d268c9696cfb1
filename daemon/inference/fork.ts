import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const CHILD = new URL('./child.js', import.meta.url)

/** Starts a process for native code. What it prints comes through its pipes. */
export function forkChild(): ChildProcess {
  return fork(fileURLToPath(CHILD), [], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // a small heap: the weights live outside of it, and a board has little memory
    execArgv: ['--max-old-space-size=96', '--max-semi-space-size=2'],
    // passed on, not read: one heap arena of glibc instead of one a thread, 12 MB less
    env: { ...process.env, MALLOC_ARENA_MAX: '1' },
  })
}
