/** How fast a model file runs here: loads it into a process of its own, times it, and lets it go. */
import { parse } from '../base/schema.js'
import { errors } from './errors.js'
import { forkChild } from './fork.js'
import { checkGguf } from './gguf.js'
import { giveWay } from './priority.js'
import {
  type ThreadTrial,
  type ToChild,
  type ToParent,
  ToParentSchema,
  type TrialOptions,
} from './protocol.js'

export interface MeasureOptions {
  path: string
  contextTokens: number
  trial: TrialOptions
  /** Whether it gives way to everything else on the board. Figures are of a quiet board then, or too low. Default false. */
  background?: boolean
  /** Loading and timing together. Default 10 minutes. */
  timeoutMs?: number
}

export interface ModelFigures {
  trials: readonly ThreadTrial[]
  /** The count that the engine would take. */
  threads: number
  loadMs: number
  /** Resident memory of the process with one sequence, bytes. */
  rssBytes: number
}

/**
 * @throws model_not_found, not_gguf, gguf_truncated, gguf_broken, model_load_failed
 */
export async function measureModel(options: MeasureOptions, signal?: AbortSignal): Promise<ModelFigures> {
  const { path, contextTokens, trial, background = false, timeoutMs = 600_000 } = options
  await checkGguf(path, { withWords: false })
  // while the file was looked at, too: a listener is not told what has been
  if (signal?.aborted) throw cancelled(path)
  return new Promise((resolve, reject) => {
    const child = forkChild()
    let said = ''
    let figures: Omit<ModelFigures, 'rssBytes'> | undefined
    const end = (how: () => void) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      child.removeAllListeners()
      child.kill('SIGKILL')
      how()
    }
    const fail = (problem: string) => end(() => reject(errors.model_load_failed({ path, problem })))
    const onAbort = () => end(() => reject(cancelled(path)))
    const timer = setTimeout(() => fail(`measuring took longer than ${timeoutMs} ms`), timeoutMs)
    signal?.addEventListener('abort', onAbort, { once: true })
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (data: Buffer) => {
        said = data.toString().trim()
      })
    child.on('error', error => fail(error.message))
    child.on('exit', (code, killed) => fail(`${killed ?? `exit code ${code}`}${said ? `: ${said}` : ''}`))
    child.on('message', raw => {
      let message: ToParent
      try {
        message = parse(ToParentSchema, raw, 'message of the inference process')
      } catch (error) {
        return fail(String(error))
      }
      if (message.type === 'loaded') {
        const { trials, loadMs, info } = message
        figures = { trials, threads: info.threads, loadMs }
        child.send({ type: 'ping', id: 0 } satisfies ToChild)
      } else if (message.type === 'load_failed') fail(message.problem)
      else if (message.type === 'pong' && figures) {
        const { rssBytes } = message
        const done = { ...figures, rssBytes }
        end(() => resolve(done))
      }
    })
    if (background && child.pid !== undefined) giveWay(child.pid)
    child.send({
      type: 'load',
      options: { path, sequences: 1, contextTokens, threads: 0, trial, gpu: 'off' },
    } satisfies ToChild)
  })
}

const cancelled = (path: string) => errors.model_load_failed({ path, problem: 'measuring was cancelled' })
