/**
 * Makes a model from another in a thread of its own, at the lowest priority: hashing and decoding take 10 ms of a processor
 * for each chunk and must not hold up what answers. The thread only reads; bytes from the line and every change of a file
 * are its owner's, so that it can be ended at any moment, and ends with the process.
 */
import { Worker } from 'node:worker_threads'
import type { Applied } from '../format/apply-delta.js'

/** What the thread is told. */
export interface ToThread {
  readonly old: {
    readonly path: string
    readonly sha256: string
    /** Read from the file where it is not known. */
    readonly manifest?: string
  }
  /** The manifest of the new model, as it was signed. */
  readonly target: string
  readonly expected: { readonly length: number; readonly sha256: string }
  readonly index?: { readonly bytes: Uint8Array; readonly sha256: string }
  /** The new file; looked at, never written. */
  readonly partPath: string
  /** A plan that fetches this part of the file, or more, is of no use. */
  readonly mostShare: number
}

/** What it says. What has an `id` is answered. */
export type FromThread =
  /** Work that takes long goes on. */
  | { readonly say: 'alive' }
  | { readonly say: 'old manifest'; readonly text: string }
  | { readonly say: 'plan'; readonly leftBytes: number; readonly totalBytes: number }
  | { readonly say: 'read'; readonly id: number; readonly read: Wanted }
  | {
      readonly say: 'append'
      readonly id: number
      readonly bytes: Uint8Array
      readonly fetchedBytes: number
    }
  | { readonly say: 'truncate'; readonly id: number; readonly length: number }
  | { readonly say: 'done'; readonly applied: Applied }
  | { readonly say: 'failed'; readonly problem: string }

export interface Wanted {
  readonly of: 'delta' | 'full'
  readonly offset: number
  readonly length: number
  readonly through?: number
}

export interface ThreadAnswer {
  readonly id: number
  readonly bytes?: Uint8Array
}

/** What its owner does for it, one after another. What they throw ends the thread. */
export interface Hands {
  read(wanted: Wanted): Promise<Uint8Array>
  append(bytes: Uint8Array, fetchedBytes: number): Promise<void>
  truncate(length: number): Promise<void>
  onPlan(leftBytes: number, totalBytes: number): void
  onOldManifest(text: string): Promise<void>
}

/** Two manifests, a plan and a few chunks; 64 GiB of model need half of it. */
const MOST_MEMORY_MB = 256
/** What is new dies young: a small nursery is cleared before it grows. */
const NURSERY_MB = 4

/** Says nothing for so long though nobody keeps it waiting: it hangs. At the lowest priority a chunk may wait for its turn. */
const SILENT_MS = 10 * 60_000

export interface ThreadOptions {
  /** Of the thread; another in tests. */
  program?: URL
  /** Default 10 min. */
  silentMs?: number
}

/**
 * @returns once nothing runs any more
 * @throws ThreadFailed, what a hand throws, the signal's reason
 */
export async function buildInThread(
  job: ToThread,
  hands: Hands,
  signal: AbortSignal,
  { program = new URL('./delta-worker.js', import.meta.url), silentMs = SILENT_MS }: ThreadOptions = {},
): Promise<Applied> {
  signal.throwIfAborted()
  const worker = new Worker(program, {
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MB, maxYoungGenerationSizeMb: NURSERY_MB },
  })
  let busy: Promise<unknown> = Promise.resolve()
  let isOver = false
  let silence: NodeJS.Timeout | undefined
  const abort = new AbortController()
  const forward = () => abort.abort(signal.reason)
  signal.addEventListener('abort', forward, { once: true })
  try {
    return await new Promise<Applied>((resolve, reject) => {
      const serve = async (message: FromThread): Promise<void> => {
        if (isOver) return
        const answer = (id: number, bytes?: Uint8Array) =>
          worker.postMessage({ id, ...(bytes ? { bytes } : {}) } satisfies ThreadAnswer)
        switch (message.say) {
          case 'alive':
            return
          case 'old manifest':
            return hands.onOldManifest(message.text)
          case 'plan':
            return hands.onPlan(message.leftBytes, message.totalBytes)
          case 'read':
            return answer(message.id, await hands.read(message.read))
          case 'append':
            await hands.append(message.bytes, message.fetchedBytes)
            return answer(message.id)
          case 'truncate':
            await hands.truncate(message.length)
            return answer(message.id)
          case 'done':
            return resolve(message.applied)
          case 'failed':
            return reject(new ThreadFailed(message.problem))
        }
      }
      const listen = () => {
        clearTimeout(silence)
        const hung = () => reject(new ThreadFailed(`its thread said nothing for ${silentMs} ms`))
        if (!isOver) silence = setTimeout(hung, silentMs)
      }
      listen()
      worker.on('message', (message: FromThread) => {
        busy = busy
          .then(() => {
            // while it is kept waiting it has nothing to say
            clearTimeout(silence)
            return serve(message)
          })
          .then(listen)
          .catch(reject)
      })
      worker.on('error', error => reject(new ThreadFailed(error.message)))
      // what it said before it ended is heard first
      worker.on('exit', code => {
        busy = busy.then(() => reject(new ThreadFailed(`its thread ended with ${code}`)))
      })
      abort.signal.addEventListener('abort', () => reject(abort.signal.reason), { once: true })
    })
  } finally {
    isOver = true
    clearTimeout(silence)
    signal.removeEventListener('abort', forward)
    await worker.terminate()
    // a write that was begun ends before its file is closed
    await busy.catch(() => {})
  }
}

/** The thread could not make the model: from here on it is loaded whole. */
export class ThreadFailed extends Error {}
