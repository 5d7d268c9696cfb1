import { type FileHandle, open } from 'node:fs/promises'
import { readExactly } from './read-exactly.js'

/** The new model while it grows: read back once to see what an earlier attempt left, then written in order. */
export interface Growing {
  /** Bytes that are there. */
  size(): Promise<number>
  /** @throws Error when it ends before, the system's own error */
  read(offset: number, length: number, into: Uint8Array): Promise<Uint8Array>
  truncate(length: number): Promise<void>
  /** Behind all that is there. @param fetchedBytes what it cost on the way here */
  append(bytes: Uint8Array, offset: number, fetchedBytes: number): Promise<void>
  /** What is written reaches the disk. */
  sync(): Promise<void>
}

/** A file, made when it is not there and never emptied by opening. The caller closes it. */
export async function growingFile(path: string): Promise<Growing & { close(): Promise<void> }> {
  const file = await open(path, 'a').then(async made => {
    await made.close()
    return open(path, 'r+')
  })
  return {
    ...readable(file),
    truncate: length => file.truncate(length),
    async append(bytes, offset) {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, at, bytes.length - at, offset + at)
        at += bytesWritten
      }
    },
    sync: () => file.sync(),
    close: () => file.close(),
  }
}

/** The half of it that only looks. */
export function readable(file: FileHandle): Pick<Growing, 'size' | 'read'> {
  return {
    size: async () => (await file.stat()).size,
    read: (offset, length, into) => readExactly(file, offset, length, into),
  }
}
