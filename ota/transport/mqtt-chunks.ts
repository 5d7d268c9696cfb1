import { uniqueId } from '../../daemon/base/random.js'
import { parse } from '../../daemon/base/schema.js'
import { BlobAnswer, type BlobChannel, MOST_BLOCK_BYTES, toBitmap } from '../format/blob.js'
import { errors } from './errors.js'
import { checkedPath, type ReadOptions, type Transport } from './transport.js'

export interface MqttChunksOptions {
  channel: BlobChannel
  /** `fieldmouse/<id>`. */
  base: string
  /** Default 64 KiB: below every broker's limit, and a slow link's keep-alive. */
  blockBytes?: number
  /** Blocks asked for at once: what is in memory, and on its way. Default 16. */
  window?: number
  /** No block for so long: what is missing is asked for again. Default 2 s. */
  quietMs?: number
  /** Asked so often in a row without one block, nobody is there. Default 5. */
  mostAsks?: number
}

/** Topic and header of a message. */
const PACKET_ROOM = 512

/** A repository behind a broker. Only one window is on its way: whoever reads slowly is sent slowly. */
export function mqttTransport(options: MqttChunksOptions): Transport {
  const { channel, base, window = 16, quietMs = 2_000, mostAsks = 5 } = options
  const source = `broker, ${base}/blob`
  return {
    name: source,
    async *read(path, { offset = 0, length = Number.POSITIVE_INFINITY, signal }: ReadOptions) {
      checkedPath(path)
      signal.throwIfAborted()
      if (length <= 0) return
      const most = (channel.maximumPacketBytes?.() ?? Number.POSITIVE_INFINITY) - PACKET_ROOM
      // a block is no longer than what is wanted: what it begins before that is sent for nothing
      const l = Math.max(256, Math.min(options.blockBytes ?? 64 * 1024, most, MOST_BLOCK_BYTES, length))
      const s = uniqueId()
      const blocks = new Map<number, Uint8Array>()
      let size: number | undefined
      let failure: unknown
      let wake = () => {}
      const stop = () => wake()
      signal.addEventListener('abort', stop, { once: true })
      const ends = [
        await channel.subscribe(`${base}/blob/data/${s}/+`, 0, (topic, payload) => {
          blocks.set(Number(topic.slice(topic.lastIndexOf('/') + 1)), payload)
          wake()
        }),
        await channel.subscribe(`${base}/blob/answer/${s}`, 1, (_, payload) => {
          try {
            const answer = parse(BlobAnswer, JSON.parse(Buffer.from(payload).toString()), source)
            if ('size' in answer) size = answer.size
            else failure = refusal(answer, path, source)
          } catch (error) {
            failure = errors.source_unreachable({ path, source, problem: 'its answer makes no sense' }, error)
          }
          wake()
        }),
      ]
      try {
        const last = offset + length
        for (let first = Math.floor(offset / l); ; first += window) {
          const wanted = () => {
            const end = Math.min(size ?? Number.POSITIVE_INFINITY, last)
            const count = Math.min(window, Math.max(0, Math.ceil(end / l) - first))
            return Array.from({ length: count }, (_, i) => i).filter(
              i => blocks.get(first + i)?.length !== bytesOf(first + i, l, size),
            )
          }
          for (let asks = 0; size === undefined || wanted().length > 0; asks++) {
            if (asks >= mostAsks)
              throw errors.source_unreachable({
                path,
                source,
                problem: 'nobody answers, or what is sent is lost',
              })
            const get = { s, p: path, l, o: first, n: window, b: toBitmap(wanted(), window) }
            await channel.publish(`${base}/blob/get`, Buffer.from(JSON.stringify(get)), 1)
            for (;;) {
              // an answer may be here before anybody waits for it
              if (failure) throw failure
              if (size !== undefined && wanted().length === 0) break
              const before = blocks.size
              const isQuiet = await new Promise<boolean>(resolve => {
                const timer = setTimeout(() => resolve(true), quietMs)
                wake = () => {
                  clearTimeout(timer)
                  resolve(false)
                }
              })
              signal.throwIfAborted()
              if (blocks.size > before) asks = 0
              if (isQuiet) break
            }
          }
          for (let i = first; i < first + window; i++) {
            const block = blocks.get(i)
            blocks.delete(i)
            const at = i * l
            if (!block || at >= last) continue
            const piece = block.subarray(
              Math.max(0, offset - at),
              Math.max(0, Math.min(block.length, last - at)),
            )
            if (piece.length > 0) yield piece
          }
          if ((first + window) * l >= Math.min(size!, last)) return
          signal.throwIfAborted()
        }
      } finally {
        signal.removeEventListener('abort', stop)
        for (const end of ends) await end().catch(() => {})
      }
    },
  }
}

/** How long a block must be; while the size is not known, whole. */
function bytesOf(block: number, l: number, size: number | undefined): number {
  return size === undefined ? l : Math.min(l, size - block * l)
}

function refusal(answer: Extract<BlobAnswer, { error: string }>, path: string, source: string): Error {
  if (answer.error === 'not_found') return errors.source_not_found({ path, source })
  if (answer.error === 'not_allowed') return errors.path_not_allowed({ path })
  const { retry_after_ms: retryAfterMs } = answer
  return errors.source_busy({
    path,
    source,
    status: 503,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}
