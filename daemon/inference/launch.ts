/** Forks a process for native code and loads a model into it. Who watches it afterwards is `supervisor.ts`. */
import type { ChildProcess } from 'node:child_process'
import { parse } from '../base/schema.js'
import { errors } from './errors.js'
import { giveWay } from './priority.js'
import { type LoadOptions, type ToChild, type ToParent, ToParentSchema } from './protocol.js'

export type Loaded = Extract<ToParent, { type: 'loaded' }>

export interface LaunchOptions {
  load: LoadOptions
  /** Where the process comes from. */
  fork: () => ChildProcess
  /** Whether it gives way to everything else on the board. */
  isInBackground: boolean
  timeoutMs: number
  onOutput(text: string): void
  /** What it says once it has loaded. */
  onMessage(message: Exclude<ToParent, { type: 'loaded' | 'load_failed' }>): void
  /** It ended after it had loaded; how, in words. */
  onEnded(how: string): void
}

/**
 * The process at once, and what it says when the model is loaded.
 * @returns `loaded` rejects with model_load_failed, when the process has ended
 */
export function launch(
  { load, fork, isInBackground, timeoutMs, onOutput, onMessage, onEnded }: LaunchOptions,
  signal?: AbortSignal,
): { child: ChildProcess; loaded: Promise<Loaded> } {
  const child = fork()
  if (isInBackground && child.pid !== undefined) giveWay(child.pid)
  const loaded = new Promise<Loaded>((resolve, reject) => {
    let state: 'loading' | 'loaded' | 'failed' = 'loading'
    const settle = (as: 'loaded' | 'failed') => {
      state = as
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    const fail = (problem: string, killedBy?: string) => {
      if (state === 'failed') return
      settle('failed')
      child.kill('SIGKILL')
      const failure = errors.model_load_failed({
        path: load.path,
        problem,
        ...(killedBy ? { killedBy } : {}),
      })
      // its memory may be wanted for another: it is not over before it has ended
      if (child.pid === undefined || hasEnded(child)) reject(failure)
      else child.once('exit', () => reject(failure))
    }
    const timer = setTimeout(() => fail(`it took longer than ${timeoutMs} ms`), timeoutMs)
    const onAbort = () => fail('the start was cancelled')
    signal?.addEventListener('abort', onAbort, { once: true })
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (data: Buffer) => onOutput(data.toString().trim()))
    child.on('error', error => {
      if (state === 'loading') fail(error.message)
    })
    child.on('exit', (code, killed) => {
      const how = killed ? `signal ${killed}` : `exit code ${code}`
      if (state === 'loaded') onEnded(how)
      else fail(how, killed ?? undefined)
    })
    child.on('message', raw => {
      let message: ToParent
      try {
        message = parse(ToParentSchema, raw, 'message of the inference process')
      } catch (error) {
        // its memory is no longer to be trusted; the exit that follows is handled as any other
        onOutput(String(error))
        child.kill('SIGKILL')
        return
      }
      if (message.type === 'load_failed') fail(message.problem)
      else if (message.type !== 'loaded') onMessage(message)
      else if (state === 'loading') {
        settle('loaded')
        resolve(message)
      }
    })
    child.send({ type: 'load', options: load } satisfies ToChild)
  })
  return { child, loaded }
}

export const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null
