/**
 * Durable writes. Everything that changes a file goes through `DiskCalls`, a short list of system calls, so that a test
 * can count them, fail them, cut them short or pull the plug at the nth.
 */
import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** The system calls that change what is on a disk. The system's own errors pass through (ENOSPC, EROFS, EIO, EACCES). */
export interface DiskCalls {
  /** `create`: must not exist; `update`: exists or not, content kept. Private to the owner (0600). */
  open(path: string, how: 'create' | 'update'): Promise<FileHandle>
  /** All bytes, at this offset. */
  write(file: FileHandle, bytes: Uint8Array, offset: number, path: string): Promise<void>
  truncate(file: FileHandle, length: number, path: string): Promise<void>
  /** Content and length reach the disk. */
  sync(file: FileHandle, path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** A file or a whole folder; nothing there is fine. */
  remove(path: string): Promise<void>
  /** With the folders above it. */
  makeFolder(path: string): Promise<void>
  /** Names made, renamed and removed in a folder reach the disk. */
  syncFolder(path: string): Promise<void>
}

/** The machine's own disk. */
export const systemDisk: DiskCalls = {
  open: (path, how) => (how === 'create' ? open(path, 'wx', 0o600) : openOrCreate(path)),
  async write(file, bytes, offset) {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, done, bytes.length - done, offset + done)
      done += bytesWritten
    }
  },
  truncate: (file, length) => file.truncate(length),
  sync: file => file.sync(),
  rename: (from, to) => rename(from, to),
  remove: path => rm(path, { recursive: true, force: true }),
  makeFolder: async path => void (await mkdir(path, { recursive: true })),
  async syncFolder(path) {
    const folder = await open(path, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  },
}

async function openOrCreate(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return await open(path, 'wx+', 0o600)
  }
}

const TEMPORARY = /^\..*\.[0-9a-f]{8}\.tmp$/

/**
 * Writes a file so that a power cut leaves the old content or the new one, never a mixture: temporary file beside it,
 * fsync, rename, fsync of the folder.
 * @throws the system's own error (ENOSPC, EROFS, EACCES); the temporary file is removed.
 */
export async function writeDurably(
  path: string,
  content: string | Uint8Array,
  disk: DiskCalls = systemDisk,
): Promise<void> {
  const folder = dirname(path)
  await disk.makeFolder(folder)
  const temporary = join(folder, `.${basename(path)}.${randomBytes(4).toString('hex')}.tmp`)
  try {
    const file = await disk.open(temporary, 'create')
    try {
      await disk.write(file, typeof content === 'string' ? Buffer.from(content) : content, 0, temporary)
      await disk.sync(file, temporary)
    } finally {
      await file.close()
    }
    await disk.rename(temporary, path)
  } catch (error) {
    // what went wrong first is what counts
    await disk.remove(temporary).catch(() => {})
    throw error
  }
  await disk.syncFolder(folder)
}

/** A file or folder goes, and stays gone after a power cut. Nothing there is fine. */
export async function removeDurably(path: string, disk: DiskCalls = systemDisk): Promise<void> {
  await disk.remove(path)
  await disk.syncFolder(dirname(path))
}

/** Removes what `writeDurably` left in a folder when the power went. @returns how many files */
export async function sweepTemporary(folder: string, disk: DiskCalls = systemDisk): Promise<number> {
  const names = await readdir(folder).catch(() => [])
  const left = names.filter(name => TEMPORARY.test(name))
  for (const name of left) await disk.remove(join(folder, name))
  return left.length
}
