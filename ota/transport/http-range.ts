import { type Clock, systemClock } from '../../daemon/base/clock.js'
import { describe, FieldmouseError } from '../../daemon/base/errors.js'
import { errors } from './errors.js'
import { checkedPath, type ReadOptions, type Transport } from './transport.js'

export interface HttpOptions {
  /** Where `metadata/` and `targets/` lie: `https://models.example/fieldmouse`. */
  url: string
  /** Sent with every request, e.g. `authorization`. */
  headers?: Record<string, string>
  clock?: Clock
}

/** No longer than this is waited because a server says so. */
const LONGEST_RETRY_AFTER_MS = 24 * 3600_000

/** A repository on a web server or in a bucket. A server that knows no ranges costs the bytes before `offset` again. */
export function httpTransport({ url, headers = {}, clock = systemClock }: HttpOptions): Transport {
  const base = new URL(url.endsWith('/') ? url : `${url}/`)
  if (base.protocol !== 'http:' && base.protocol !== 'https:') throw errors.path_not_allowed({ path: url })
  const source = `${base.protocol}//${base.host}${base.pathname}`
  return {
    name: source,
    async *read(path, options: ReadOptions) {
      const { offset = 0, length = Number.POSITIVE_INFINITY, mostSkipped = offset, signal } = options
      if (length <= 0) return
      const isPart = offset > 0 || Number.isFinite(length)
      const last = Number.isFinite(length) ? offset + length - 1 : ''
      const abort = new AbortController()
      const forward = () => abort.abort(signal.reason)
      signal.throwIfAborted()
      signal.addEventListener('abort', forward, { once: true })
      try {
        const answer = await fetch(new URL(checkedPath(path), base), {
          headers: {
            ...headers,
            // a compressed answer has other offsets
            'accept-encoding': 'identity',
            ...(isPart ? { range: `bytes=${offset}-${last}` } : {}),
          },
          signal: abort.signal,
        })
        if (answer.status === 416) return
        if (!answer.ok) throw refusal(answer, path, source, clock)
        let skip = startOf(answer) === offset ? 0 : offset
        if (skip > mostSkipped) throw errors.source_without_ranges({ path, source })
        let left = length
        for await (const piece of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
          const from = Math.min(skip, piece.length)
          skip -= from
          const bytes = piece.subarray(from, Math.min(piece.length, from + left))
          left -= bytes.length
          if (bytes.length > 0) yield bytes
          if (left <= 0) return
        }
      } catch (error) {
        if (signal.aborted) throw signal.reason
        if (error instanceof FieldmouseError) throw error
        throw errors.source_unreachable({ path, source, problem: describe(error) }, error)
      } finally {
        signal.removeEventListener('abort', forward)
        // what was not read is not waited for
        abort.abort()
      }
    },
  }
}

/** Where the body begins: what a 206 says, 0 for a 200. */
function startOf(answer: Response): number {
  if (answer.status !== 206) return 0
  return Number(/^bytes (\d+)-/.exec(answer.headers.get('content-range') ?? '')?.[1] ?? Number.NaN)
}

function refusal(answer: Response, path: string, source: string, clock: Clock): FieldmouseError {
  const { status } = answer
  // object stores say 403 for what is not there when listing is not allowed
  if (status === 404 || status === 403 || status === 410) return errors.source_not_found({ path, source })
  if (status === 429 || status === 408 || status >= 500) {
    const retryAfterMs = retryAfter(answer.headers.get('retry-after'), clock)
    return errors.source_busy({
      path,
      source,
      status,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
  }
  return errors.source_refused({ path, source, status })
}

/** Seconds or a date. @source RFC 9110, 10.2.3 */
function retryAfter(text: string | null, clock: Clock): number | undefined {
  if (!text) return undefined
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - clock.now()
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), LONGEST_RETRY_AFTER_MS) : undefined
}
