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
  const { url = '', username, passwordFile, caFile, certFile, keyFile } = broker
  return {
    url,
    ...(username ? { username } : {}),
    ...(passwordFile ? { passwordFile } : {}),
    ...(caFile ? { caFile } : {}),
    ...(certFile ? { certFile } : {}),
    ...(keyFile ? { keyFile } : {}),
  }
}

/** An address that may be shown: without user and password. */
export function shownUrl(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//')
}
