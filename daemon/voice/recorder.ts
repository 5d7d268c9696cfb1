import { chmod, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../base/clock.js'
import { writeDurably } from '../base/disk.js'
import { uniqueId } from '../base/random.js'
import type { Samples } from './audio/pcm.js'
import { encodeWav } from './audio/wav.js'

/** How much is kept, and for how long. Whatever is reached first. */
export interface Retention {
  /** Files. */
  count: number
  days: number
  bytes: number
}

export interface RecorderOptions {
  /** Made when it is not there; for its owner alone. */
  folder: string
  retention: Retention
  clock: Clock
}

const DAY_MS = 86_400_000
/** Only what this recorder wrote is ever removed. */
const OURS = /^utterance-(\d{13})-[0-9a-f]{12}\.wav$/
/** Left by a power cut in the middle of writing. */
const UNFINISHED = /^\.utterance-.*\.wav\.[0-9a-f]{8}\.tmp$/

/**
 * Keeps the last utterances as WAV, for an owner who looks for the reason of a misunderstanding. Nothing else in this program
 * writes sound to disk, and this does only where the owner turned it on. Files can be read by their owner only.
 */
export class Recorder {
  readonly #o: RecorderOptions
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: RecorderOptions) {
    this.#o = options
  }

  /**
   * Keeps one, and removes what is over the limits. One at a time.
   * @returns its path; undefined when it alone is over the limit
   * @throws the system's error (ENOSPC, EROFS, EACCES)
   */
  keep(samples: Samples): Promise<string | undefined> {
    const result = this.#last.then(() => this.#keep(samples))
    this.#last = result.catch(() => {}) // told to its caller
    return result
  }

  /** Removes what is too old, too much or too large; all of it with `count: 0`. @returns how many files are left */
  prune(): Promise<number> {
    const result = this.#last.then(() => this.#prune(0, 0))
    this.#last = result.catch(() => {})
    return result
  }

  async #keep(samples: Samples): Promise<string | undefined> {
    const { folder, retention, clock } = this.#o
    const bytes = encodeWav(samples)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await chmod(folder, 0o700)
    const fits = retention.count > 0 && retention.days > 0 && bytes.length <= retention.bytes
    // room first: the limit holds at every moment
    await this.#prune(fits ? 1 : 0, fits ? bytes.length : 0)
    if (!fits) return undefined
    const at = String(Math.max(0, Math.floor(clock.now()))).padStart(13, '0')
    const path = join(folder, `utterance-${at}-${uniqueId()}.wav`)
    await writeDurably(path, bytes)
    return path
  }

  /** @param more, moreBytes what is about to come */
  async #prune(more: number, moreBytes: number): Promise<number> {
    const { folder, retention, clock } = this.#o
    const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    })
    for (const name of names) if (UNFINISHED.test(name)) await rm(join(folder, name), { force: true })
    // the time is in the name: newest first
    const ours = names
      .filter(name => OURS.test(name))
      .sort()
      .reverse()
    const oldest = clock.now() - retention.days * DAY_MS
    let count = more
    let bytes = moreBytes
    for (const name of ours) {
      const path = join(folder, name)
      const { size } = await stat(path)
      const tooOld = Number(OURS.exec(name)![1]) < oldest
      if (tooOld || count + 1 > retention.count || bytes + size > retention.bytes)
        await rm(path, { force: true })
      else {
        count++
        bytes += size
      }
    }
    return count - more
  }
}
