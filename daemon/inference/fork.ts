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

/**
 * A process started ahead of the engine that will want it: what it imports takes as long as what the daemon imports, and
 * a board has more cores than one. Taken once, or discarded; it ends by itself when this process does.
 */
export class SpareChild {
  #child: ChildProcess | undefined

  constructor() {
    this.#child = forkChild()
    // whoever finds none starts one, and hears why that fails
    for (const end of ['error', 'exit', 'disconnect'] as const) this.#child.on(end, this.#lost)
  }

  /** Whether it is there to be taken. */
  get alive(): boolean {
    return this.#child !== undefined
  }

  /** @returns undefined where it was taken, or has ended */
  take(): ChildProcess | undefined {
    const child = this.#child
    for (const end of ['error', 'exit', 'disconnect'] as const) child?.off(end, this.#lost)
    this.#child = undefined
    return child
  }

  /** Nobody wants it. Safe at any time. */
  discard(): void {
    this.#child?.kill('SIGKILL')
  }

  readonly #lost = () => {
    this.#child = undefined
  }
}
