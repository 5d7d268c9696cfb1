import type { FileHandle } from 'node:fs/promises'

/**
 * @param into where to; default: memory of its own
 * @throws Error when the file ends before, the system's own error
 */
export async function readExactly(
  file: FileHandle,
  offset: number,
  length: number,
  into: Uint8Array = new Uint8Array(length),
): Promise<Uint8Array> {
  const bytes = into.subarray(0, length)
  let at = 0
  while (at < length) {
    const { bytesRead } = await file.read(bytes, at, length - at, offset + at)
    if (bytesRead === 0) throw new Error(`the file ends at ${offset + at}, before ${offset + length}`)
    at += bytesRead
  }
  return bytes
}
