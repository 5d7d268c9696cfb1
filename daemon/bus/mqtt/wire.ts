import type { Connection } from './connect.js'

/**
 * The connection as rooms that act on devices want it: a few plain functions. Nothing is kept for later: a lamp that
 * goes on when the broker comes back, an hour on, helps nobody.
 */
export function wireOf(connection: Connection) {
  return {
    publish: (
      topic: string,
      payload: string,
      options: { retain?: boolean; qos?: 0 | 1 | 2 } = {},
    ): Promise<void> => connection.publish({ topic, payload, ...options }),
    subscribe: (
      filter: string,
      handler: (topic: string, payload: Uint8Array, retained: boolean) => void,
    ): Promise<() => Promise<void>> =>
      connection.subscribe(filter, message => handler(message.topic, message.payload, message.retained)),
  }
}
