import type { BrokerAccess } from './bus/mqtt/connect.js'
import type { Config } from './config/schema.js'

/** How to reach the broker that `url` of the configuration names. */
export function externalAccess({
  url = '',
  username,
  passwordFile,
  caFile,
  certFile,
  keyFile,
}: Config['broker']): BrokerAccess {
  return {
    url,
    ...(username ? { username } : {}),
    ...(passwordFile ? { passwordFile } : {}),
    ...(caFile ? { caFile } : {}),
    ...(certFile ? { certFile } : {}),
    ...(keyFile ? { keyFile } : {}),
  }
}
