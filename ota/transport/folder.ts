import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { errors } from './errors.js'
import { checkedPath, type ReadOptions, type Transport } from './transport.js'

const PIECE = 64 * 1024

/** A repository in a folder: a USB stick, a network share, a test. */
export function folderTransport(folder: string): Transport {
  return {
    name: `folder ${folder}`,
    async *read(path, { offset = 0, length = Number.POSITIVE_INFINITY, signal }: ReadOptions) {
      const source = `folder ${folder}`
      signal.throwIfAborted()
      const file = await open(join(folder, checkedPath(path)), 'r').catch(error => {
        const { code } = error as NodeJS.ErrnoException
        // a stick that is not in has no newer root either: that must not be taken for an answer
        if (!existsSync(folder))
          throw errors.source_unreachable({ path, source, problem: 'there is no such folder' }, error)
        if (code === 'ENOENT' || code === 'ENOTDIR') throw errors.source_not_found({ path, source }, error)
        throw errors.source_unreachable({ path, source, problem: String(code) }, error)
      })
      try {
        let at = offset
        const end = offset + length
        while (at < end) {
          signal.throwIfAborted()
          const buffer = Buffer.allocUnsafe(Math.min(PIECE, end - at))
          const { bytesRead } = await file.read(buffer, 0, buffer.length, at).catch(error => {
            throw errors.source_unreachable({ path, source, problem: String(error.code ?? error) }, error)
          })
          if (bytesRead === 0) return
          at += bytesRead
          yield buffer.subarray(0, bytesRead)
        }
      } finally {
        await file.close().catch(() => {})
      }
    },
  }
}
