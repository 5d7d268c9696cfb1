import { sleep } from '../../base/clock.js'
import { uniqueId } from '../../base/random.js'
import type { Reply } from '../../requests/reply.js'
import type { RequestKind } from '../../requests/request.js'
import { errors } from '../errors.js'
import type { Connection } from './connect.js'
import type { Topics } from './topics.js'

/** What to ask of a running daemon. */
export interface Call {
  kind: RequestKind
  /** The JSON of the request without its id: `{text, area?, session?, dry_run?}`, `{lines, source?}`, `{audio, area?}`. */
  json: Record<string, unknown>
  timeoutMs: number
}

/**
 * Asks a running daemon and waits for its answer: the other end of serve.ts, for the shell and for tests. Works in
 * both forms, since the id is inside the JSON and the answer on the device's own response topic.
 * @throws no_reply, not_connected, or the signal's reason
 */
export async function call(
  connection: Connection,
  topics: Topics,
  { kind, json, timeoutMs }: Call,
  signal?: AbortSignal,
): Promise<Reply> {
  const id = uniqueId()
  let resolveReply: (reply: Reply) => void
  const answered = new Promise<Reply>(resolve => {
    resolveReply = resolve
  })
  const end = await connection.subscribe(topics.response(id), ({ payload }) =>
    resolveReply(JSON.parse(Buffer.from(payload).toString('utf8')) as Reply),
  )
  const over = new AbortController()
  const stop = signal ? AbortSignal.any([signal, over.signal]) : over.signal
  try {
    await connection.publish({
      topic: topics.request(kind),
      payload: JSON.stringify({ ...json, id }),
      qos: 1,
      properties: {
        contentType: 'application/json',
        isText: true,
        expirySeconds: Math.max(1, Math.ceil(timeoutMs / 1000)),
      },
    })
    const late = sleep(timeoutMs, stop).then(() => {
      throw errors.no_reply({ id: topics.id, timeoutMs })
    })
    return await Promise.race([answered, late])
  } finally {
    over.abort()
    await end()
  }
}
