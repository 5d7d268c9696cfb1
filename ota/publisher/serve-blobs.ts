/** The repository's side of files over a broker: answers what devices ask for, block by block. */
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { type BlobChannel, BlobGet, fromBitmap } from '../format/blob.js'

export interface BlobServerOptions {
  channel: BlobChannel
  /** The repository; only `metadata/` and `targets/` are served. */
  folder: string
  /** First part of the topics. Default `fieldmouse`. */
  root?: string
  /** Windows served at once; a device that finds all taken is told to wait. Default 8. */
  atOnce?: number
}

const BUSY_MS = 5_000

/** @returns ends it */
export async function serveBlobs(options: BlobServerOptions): Promise<() => Promise<void>> {
  const { channel, folder, root = 'fieldmouse', atOnce = 8 } = options
  let serving = 0
  const answer = (base: string, get: BlobGet, body: object) =>
    channel.publish(`${base}/blob/answer/${get.s}`, Buffer.from(JSON.stringify(body)), 1)
  const serve = async (topic: string, payload: Uint8Array) => {
    const get = BlobGet.safeParse(jsonOf(payload))
    // nobody to answer to
    if (!get.success) return
    const base = topic.slice(0, -'/blob/get'.length)
    if (serving >= atOnce) return answer(base, get.data, { error: 'busy', retry_after_ms: BUSY_MS })
    if (!isAllowed(get.data.p)) return answer(base, get.data, { error: 'not_allowed' })
    serving++
    let file: FileHandle | undefined
    try {
      file = await open(join(folder, get.data.p), 'r').catch(() => undefined)
      const info = await file?.stat()
      if (!file || !info?.isFile()) return await answer(base, get.data, { error: 'not_found' })
      await answer(base, get.data, { size: info.size })
      const { l, o, n, b, s } = get.data
      for (const i of fromBitmap(b, n)) {
        const at = (o + i) * l
        if (at >= info.size) break
        const block = Buffer.alloc(Math.min(l, info.size - at))
        await file.read(block, 0, block.length, at)
        await channel.publish(`${base}/blob/data/${s}/${o + i}`, block, 0)
      }
    } finally {
      serving--
      await file?.close()
    }
  }
  return channel.subscribe(
    `${root}/+/blob/get`,
    1,
    (topic, payload) => void serve(topic, payload).catch(() => {}),
  )
}

function isAllowed(path: string): boolean {
  const parts = path.split('/')
  const isBelow = parts[0] === 'metadata' || parts[0] === 'targets'
  return isBelow && parts.every(p => p !== '' && p !== '.' && p !== '..' && !/[\0\\]/.test(p))
}

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString())
  } catch {
    return undefined
  }
}
