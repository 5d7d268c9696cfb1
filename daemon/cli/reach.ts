import { externalAccess } from '../broker-access.js'
import type { BrokerAccess } from '../bus/mqtt/connect.js'
import type { Config } from '../config/schema.js'
import { errors } from './errors.js'

/**
 * How a command on the shell gets to the broker of a running daemon.
 * @throws unknown_port
 */
export function accessOf({ broker }: Config): BrokerAccess {
  if (broker.kind === 'embedded') {
    if (broker.port === 0) throw errors.unknown_port({})
    return { url: `mqtt://127.0.0.1:${broker.port}` }
  }
  return externalAccess(broker)
}

/** An address that may be shown: without user and password. */
export function shownUrl(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//')
}
