import { type FSWatcher, watch } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { type Clock, sleep, systemClock } from '../../base/clock.js'
import { describe, FieldmouseError } from '../../base/errors.js'
import type { Part } from '../../base/part.js'
import type { LineSink } from '../lines/line.js'
import { type LineOptions, LineReader } from '../lines/reader.js'
import { errors } from './errors.js'

/** One entry of `sources.tail`. */
export interface TailEntry extends LineOptions {
  path: string
  /** Without it: `tail:` and the last part of the path. */
  name?: string
  /** Where to begin in a file that is there already. One that appears later is read from its beginning. */
  from: 'end' | 'start'
}

export interface TailOptions {
  clock?: Clock
  /** How often the file is looked at, whether or not the system says that it changed. Default 1,000. */
  pollMs?: number
  /** Gone for so long is a trouble; rotation takes less. Default 30,000. */
  goneMs?: number
  /** A file that grows so far ahead of its reader is not followed line by line. Default 16 MiB. */
  mostBehindBytes?: number
}

const CHUNK_BYTES = 16_384
/** Left to read after skipping. */
const AFTER_SKIP_BYTES = 1_048_576
/** The system may tell of a thousand changes a second. */
const TOLD_MS = 50
/** Reading is spread over the second in so many rounds. */
const ROUNDS_PER_SECOND = 10

interface Followed {
  handle: FileHandle
  device: number
  inode: number
  position: number
  /** Of what was there when it was opened, so much is still to be read: that is no falling behind. */
  firstBytes: number
}

/**
 * Follows a file through rotation (renamed and created anew, or truncated), from its end or its beginning. Reads no faster
 * than the limits allow: a file waits, so nothing is dropped as long as the reader keeps up.
 */
export class Tail implements Part {
  readonly name: string
  readonly source: string
  readonly #entry: TailEntry
  readonly #reader: LineReader
  readonly #clock: Clock
  readonly #options: Required<Omit<TailOptions, 'clock'>>
  #file: Followed | undefined
  #watcher: FSWatcher | undefined
  #stopping = new AbortController()
  #running: Promise<void> | undefined
  #wake: (() => void) | undefined
  /** The system said so since the last look. */
  #changed = false
  #first = true
  #missingSinceMs: number | undefined
  #lost = false
  #behind = false
  readonly #chunk = Buffer.allocUnsafe(CHUNK_BYTES)

  constructor(entry: TailEntry, sink: LineSink, options: TailOptions = {}) {
    this.#entry = entry
    this.name = `file ${entry.path}`
    this.source = entry.name ?? `tail:${basename(entry.path)}`
    this.#clock = options.clock ?? systemClock
    this.#options = { pollMs: 1_000, goneMs: 30_000, mostBehindBytes: 16_777_216, ...options }
    this.#reader = new LineReader(this.source, entry, sink, this.#clock, true)
  }

  /** Resolves when the file was looked at once, whether it is there or not. */
  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.#stopping = new AbortController()
    this.#first = true
    this.#reader.start()
    await this.#look()
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#wake?.()
    await this.#running
    this.#running = undefined
    this.#watcher?.close()
    this.#watcher = undefined
    await this.#file?.handle.close()
    this.#file = undefined
    this.#reader.stop()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const more = await this.#look()
      if (signal.aborted) return
      if (!this.#watcher) this.#watch()
      if (more) await sleep(1_000 / ROUNDS_PER_SECOND, signal).catch(() => undefined)
      else await this.#untilChanged()
    }
  }

  /** Until it is time to look again, or the system says that the file changed. */
  async #untilChanged(): Promise<void> {
    if (!this.#changed)
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, this.#options.pollMs)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    this.#changed = false
  }

  /** The folder, not the file: a file that is renamed takes its watch along. Without a watch there is still the polling. */
  #watch(): void {
    const { path } = this.#entry
    let told = false
    try {
      const watcher = watch(dirname(path), (_, file) => {
        if (file !== basename(path)) return
        if (told) return
        told = true
        setTimeout(() => {
          told = false
          this.#changed = true
          this.#wake?.()
        }, TOLD_MS).unref()
      })
      watcher.on('error', () => {
        watcher.close()
        if (this.#watcher === watcher) this.#watcher = undefined
      })
      this.#watcher = watcher
    } catch {
      this.#watcher = undefined
    }
  }

  /** One look: reads what is new, notices rotation. @returns whether there is more to read */
  async #look(): Promise<boolean> {
    const { path } = this.#entry
    try {
      if (this.#file && (await this.#read(this.#file))) return true
      const found = await stat(path)
      const file = this.#file
      if (file && found.dev === file.device && found.ino === file.inode) {
        this.#here()
        return false
      }
      if (file) {
        // what was written between the last read and the renaming
        if (await this.#read(file)) return true
        this.#file = undefined
        await file.handle.close()
        this.#reader.end()
      }
      await this.#open()
      this.#here()
      return this.#file !== undefined && (await this.#read(this.#file))
    } catch (error) {
      await this.#trouble(error)
      return false
    } finally {
      this.#first = false
    }
  }

  async #open(): Promise<void> {
    const { path, from } = this.#entry
    const before = await stat(path)
    // opening a pipe would wait for somebody to write
    if (!before.isFile()) throw errors.tail_no_file({ path })
    const handle = await open(path, 'r')
    const { dev, ino, size } = await handle.stat()
    const position = this.#first && from === 'end' ? size : 0
    this.#file = { handle, device: dev, inode: ino, position, firstBytes: size - position }
  }

  /** Reads as much as is due in one round. @returns whether there is more */
  async #read(file: Followed): Promise<boolean> {
    const { maxBytesPerSecond, maxLinesPerSecond } = this.#entry
    const { counts } = this.#reader
    const mostBytes = counts.bytes + Math.max(CHUNK_BYTES, maxBytesPerSecond / ROUNDS_PER_SECOND)
    const mostLines = counts.lines + Math.max(1, maxLinesPerSecond / ROUNDS_PER_SECOND)
    await this.#keepUp(file)
    while (counts.bytes < mostBytes && counts.lines < mostLines) {
      if (this.#stopping.signal.aborted) return false
      const { bytesRead } = await file.handle.read(this.#chunk, 0, CHUNK_BYTES, file.position)
      if (bytesRead === 0) return false
      file.position += bytesRead
      this.#reader.push(this.#chunk.subarray(0, bytesRead))
    }
    return true
  }

  /** Notices that the file was truncated, or grows faster than it is read. */
  async #keepUp(file: Followed): Promise<void> {
    const { size } = await file.handle.stat()
    if (size < file.position) {
      this.#reader.end()
      file.position = 0
      file.firstBytes = size
    }
    const behind = size - file.position
    file.firstBytes = Math.min(file.firstBytes, behind)
    const most = this.#options.mostBehindBytes + file.firstBytes
    if (behind > most) {
      const skipped = behind - Math.min(AFTER_SKIP_BYTES, this.#options.mostBehindBytes)
      this.#reader.end()
      file.position += skipped
      file.firstBytes = 0
      if (!this.#behind)
        this.#reader.say({
          kind: 'flooding',
          detail: `it grows faster than it is read; ${Math.round(skipped / 1_048_576)} MiB were passed over`,
          remedy:
            'Look at what it repeats and stop that at the source; raise max_lines_per_second or max_bytes_per_second if this is usual.',
        })
      this.#behind = true
    } else if (this.#behind && behind <= CHUNK_BYTES) {
      this.#behind = false
      this.#reader.say({
        kind: 'settled',
        ends: 'flooding',
        detail: 'it is read to its end again',
        remedy: 'None.',
      })
    }
  }

  #here(): void {
    this.#missingSinceMs = undefined
    if (!this.#lost) return
    this.#lost = false
    this.#reader.back()
    this.#reader.say({ kind: 'back', detail: `${this.#entry.path} can be read again`, remedy: 'None.' })
  }

  async #trouble(error: unknown): Promise<void> {
    const { path } = this.#entry
    const atMs = this.#clock.monotonic()
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      // a file that never was may come with the program that writes it; silent_after_s is for that
      if (this.#file === undefined && this.#missingSinceMs === undefined) return
      this.#missingSinceMs ??= atMs
      const missingMs = atMs - this.#missingSinceMs
      if (missingMs >= this.#options.goneMs) await this.#giveUp(Math.round(missingMs / 1000))
      return
    }
    this.#say(
      error instanceof FieldmouseError
        ? error
        : errors.tail_unreadable({ path, problem: describe(error) }, error),
    )
  }

  /** A file that was deleted takes up its place on the disk for as long as it is open. */
  async #giveUp(seconds: number): Promise<void> {
    await this.#file?.handle.close()
    this.#file = undefined
    this.#say(errors.tail_gone({ path: this.#entry.path, seconds }))
  }

  #say({ message, remedy }: FieldmouseError): void {
    if (this.#lost) return
    this.#lost = true
    this.#reader.lost()
    this.#reader.say({ kind: 'lost', detail: message, remedy })
  }
}
