import { join } from 'node:path'
import { EmbeddedBroker } from './bus/broker/embedded.js'
import type { Config } from './config/schema.js'
import type { Conditions } from './observability/conditions.js'
import type { Log } from './observability/log.js'

/** One for this device alone. It keeps its files in the data folder, or, where that cannot be written, nowhere. */
export function embeddedBroker(
  config: Config,
  { log, conditions }: { log: Log; conditions: Conditions },
): EmbeddedBroker {
  return new EmbeddedBroker({
    port: config.broker.port,
    folder: join(config.dataDir, 'broker'),
    choice: config.broker.program,
    onEvent: event => {
      if (event.name === 'FolderUnwritable') conditions.raise('data_unwritable', event.problem)
      else if (event.name === 'BrokerDied')
        log.warn(`the embedded broker ended (${event.why}); again in ${event.retryInMs} ms`)
    },
  })
}
