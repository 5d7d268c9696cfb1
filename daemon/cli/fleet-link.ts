/** A fleet over the broker of the configuration: a connection of its own, and what is kept on this machine. */
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { Fleet, type FleetBus } from '../../ota/rollout/fleet.js'
import { DeviceKeys } from '../../ota/rollout/keys.js'
import { fleetTopics } from '../../ota/rollout/topics.js'
import { describe } from '../base/errors.js'
import { uniqueId } from '../base/random.js'
import { Connection } from '../bus/mqtt/connect.js'
import type { Flags } from '../config/environment.js'
import { loadConfig } from '../config/load.js'
import { errors } from './errors.js'
import { accessOf, shownUrl } from './reach.js'

export interface FleetFlags extends Flags {
  /** File with the keys of devices. */
  keys?: string
}

export interface FleetLink {
  fleet: Fleet
  /** Where rollouts are kept. */
  folder: string
  /** Says that this program carries out the rollout it was opened for. */
  announce(): Promise<void>
  /** Called when the connection went, and when it is back. */
  onConnection(on: { lost(): void; back(): void }): void
}

/**
 * Messages that the broker may have under way to this program. All that is retained comes at once: with the usual 32,
 * mosquitto 2.0.11 dropped 3,968 of 5,000 (its queue holds 1,000); with this none.
 */
const RECEIVE_MAXIMUM = 65_535

/**
 * Connects, hands the fleet over, and closes everything.
 * @param carriesOut name of the rollout that it announces itself for, with a last will
 * @throws no_broker, keys_broken
 */
export async function withFleet<T>(
  flags: FleetFlags,
  signal: AbortSignal,
  onOdd: (what: string, problem: string) => void,
  use: (link: FleetLink) => Promise<T>,
  carriesOut?: string,
): Promise<T> {
  const { keys: keysFile, ...rest } = flags
  const { config } = loadConfig({ flags: rest })
  const access = accessOf(config)
  const folder = join(config.dataDir, 'fleet')
  const keys = new DeviceKeys(keysFile ?? join(folder, 'keys.json'))
  await keys.load()
  let listener: { lost(): void; back(): void } | undefined
  const instance = uniqueId()
  const connection = new Connection({
    access,
    clientId: `fieldmouse-fleet-${instance}`,
    connectTimeoutMs: 5_000,
    receiveMaximum: RECEIVE_MAXIMUM,
    onEvent: event => {
      if (event.name === 'BrokerLost') listener?.lost()
      if (event.name === 'BrokerConnected') listener?.back()
      if (event.name === 'SubscriptionRefused') onOdd(shownUrl(access.url), event.error.message)
      if (event.name === 'SubscriberFailed') onOdd(event.topic, describe(event.error))
    },
    ...(carriesOut === undefined
      ? {}
      : {
          presence: {
            topic: fleetTopics(config.rootTopic).operator(carriesOut),
            online: () => ({ state: 'online', instance }),
            offline: () => ({ state: 'offline', instance }),
          },
        }),
  })
  const fleet = new Fleet({
    bus: busOf(connection),
    root: config.rootTopic,
    keys,
    onOdd,
    instance,
    decides: carriesOut !== undefined,
  })
  try {
    await connection.start(signal)
    const { connected, error } = connection.state
    if (!connected)
      throw errors.no_broker({
        url: shownUrl(access.url),
        problem: error ? describe(error.cause ?? error) : 'it hung up',
      })
    return await use({
      fleet,
      folder,
      announce: () => connection.announce(),
      onConnection: on => {
        listener = on
      },
    })
  } finally {
    await connection.stop()
  }
}

/** Who asks, for the record. */
export function whoAsks(): string {
  try {
    return (
      userInfo()
        .username.replace(/[\u0000-\u001f\u007f]/g, '')
        .slice(0, 64) || 'somebody'
    )
  } catch {
    return 'somebody'
  }
}

const busOf = (connection: Connection): FleetBus => ({
  publish: ({ topic, payload, retain }) =>
    connection.publish({
      topic,
      payload,
      qos: 1,
      retain,
      properties: { contentType: 'application/json', isText: true },
    }),
  subscribe: (filter, on) =>
    connection.subscribe(filter, message => on(message.topic, message.payload, message.retained)),
})
