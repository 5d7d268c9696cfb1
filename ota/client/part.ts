/**
 * A file that is being loaded, `<file>.part`, and beside it `<file>.part.bytes`: how much of it is known to be on the disk.
 * Beyond that there may be holes after a power cut, so that whoever goes on later begins there.
 */
import { type FileHandle, readFile, stat } from 'node:fs/promises'
import type { Clock } from '../../daemon/base/clock.js'
import { type DiskCalls, removeDurably, writeDurably } from '../../daemon/base/disk.js'

/** A power cut costs no more than this much of a download, or this long of it; a sync for each is what a card bears. */
const SYNC_BYTES = 4 * 1024 * 1024
const SYNC_MS = 60_000

export class Part {
  readonly path: string
  readonly #file: FileHandle
  readonly #disk: DiskCalls
  readonly #clock: Clock
  #at = 0
  #synced = 0
  #syncedMs: number
  /** Fetched since the last sync. */
  #unsafe = 0

  private constructor(path: string, file: FileHandle, disk: DiskCalls, clock: Clock) {
    this.path = path
    this.#file = file
    this.#disk = disk
    this.#clock = clock
    this.#syncedMs = clock.monotonic()
  }

  /** Makes the file when it is not there; what it holds stays. The caller closes it. */
  static async open(path: string, disk: DiskCalls, clock: Clock): Promise<Part> {
    const part = new Part(path, await disk.open(path, 'update'), disk, clock)
    part.#at = (await part.#file.stat()).size
    return part
  }

  /** Bytes that it holds. */
  get at(): number {
    return this.#at
  }

  /** Behind what is there. @param fetchedBytes what it cost: a chunk that was on the disk before costs nothing */
  async append(bytes: Uint8Array, fetchedBytes = bytes.length): Promise<void> {
    await this.#disk.write(this.#file, bytes, this.#at, this.path)
    this.#at += bytes.length
    this.#unsafe += fetchedBytes
    const isDue = this.#unsafe >= SYNC_BYTES || this.#clock.monotonic() - this.#syncedMs >= SYNC_MS
    if (isDue) await this.keep()
  }

  /** Cuts it off; what was noted of more goes first, or new bytes would pass for those that were synced. */
  async truncate(length: number): Promise<void> {
    if ((await notedBytes(this.path)) > length) await removeDurably(`${this.path}.bytes`, this.#disk)
    await this.#disk.truncate(this.#file, length, this.path)
    this.#at = length
    this.#synced = 0
  }

  /** What is there is on the disk, and noted. */
  async keep(): Promise<void> {
    await this.#disk.sync(this.#file, this.path)
    if (this.#at !== this.#synced || this.#at === 0)
      await writeDurably(`${this.path}.bytes`, String(this.#at), this.#disk)
    this.#synced = this.#at
    this.#syncedMs = this.#clock.monotonic()
    this.#unsafe = 0
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

/** How much of a part is known to be on the disk: at most `length`, at most what is there. */
export async function durableBytes(partPath: string, length: number): Promise<number> {
  const noted = await notedBytes(partPath)
  const has = await stat(partPath).then(
    s => s.size,
    () => 0,
  )
  return noted <= Math.min(has, length) ? noted : 0
}

async function notedBytes(partPath: string): Promise<number> {
  const noted = Number(await readFile(`${partPath}.bytes`, 'utf8').catch(() => '0'))
  return Number.isSafeInteger(noted) && noted >= 0 ? noted : 0
}
