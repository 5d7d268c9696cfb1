import { sleep } from '../base/clock.js'
import { describe } from '../base/errors.js'
import { uniqueId } from '../base/random.js'
import { type BrokerAccess, Connection } from '../bus/mqtt/connect.js'
import type { Topics } from '../bus/mqtt/topics.js'
import { errors } from './errors.js'
import { shownUrl } from './reach.js'

/** How long a broker may take to send what it keeps. Measured: 2 ms on the same machine. */
const KEPT_MS = 1_000

/** What a device last said about itself; `unknown` when this user may not read it. */
export type Presence = 'online' | 'degraded' | 'offline' | 'absent' | 'unknown'

/**
 * Connects, hands the connection over, and closes it.
 * @throws no_broker when the first try fails
 */
export async function withConnection<T>(
  access: BrokerAccess,
  signal: AbortSignal,
  use: (connection: Connection, refused: () => boolean) => Promise<T>,
): Promise<T> {
  let refused = false
  const connection = new Connection({
    access,
    clientId: `fieldmouse-shell-${uniqueId()}`,
    connectTimeoutMs: 5_000,
    onEvent: event => {
      if (event.name === 'SubscriptionRefused') refused = true
    },
  })
  try {
    await connection.start(signal)
    const { connected, error } = connection.state
    if (!connected) {
      // the connection's own sentence names the address again; its cause is the reason alone
      const problem = error ? describe(error.cause ?? error) : 'it hung up'
      throw errors.no_broker({ url: shownUrl(access.url), problem })
    }
    return await use(connection, () => refused)
  } finally {
    await connection.stop()
  }
}

/** Reads the retained status of a device. */
export async function presenceOf(
  connection: Connection,
  topics: Topics,
  refused: () => boolean,
  signal: AbortSignal,
): Promise<Presence> {
  let tell: (presence: Presence) => void = () => {}
  const told = new Promise<Presence>(resolve => {
    tell = resolve
  })
  const end = await connection.subscribe(topics.status, ({ payload }) => tell(stateIn(payload)))
  const over = new AbortController()
  try {
    if (refused()) return 'unknown'
    const late = sleep(KEPT_MS, AbortSignal.any([signal, over.signal])).then(() => 'absent' as const)
    return await Promise.race([told, late])
  } finally {
    over.abort()
    await end()
  }
}

function stateIn(payload: Uint8Array): Presence {
  try {
    const { state } = JSON.parse(Buffer.from(payload).toString('utf8')) as { state?: unknown }
    return state === 'online' || state === 'degraded' || state === 'offline' ? state : 'unknown'
  } catch {
    return 'unknown'
  }
}
