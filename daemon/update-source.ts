/** Where updates come from and whom they are believed, as the configuration says. */
import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BlobChannel } from '../ota/format/blob.js'
import type { Transport } from '../ota/transport/transport.js'
import type { Clock } from './base/clock.js'
import { errors as busErrors } from './bus/errors.js'
import type { Connection } from './bus/mqtt/connect.js'
import type { Config } from './config/schema.js'

/** The broker as block transfer wants it: data at QoS 0 is dropped while the connection is away, never kept. */
export function blobChannelOf(connection: Connection): BlobChannel {
  return {
    publish: (topic, payload, qos) => connection.publish({ topic, payload, qos }),
    subscribe: (filter, qos, on) =>
      connection.subscribe(filter, ({ topic, payload }) => on(topic, payload), { qos, skipRetained: true }),
    maximumPacketBytes: () => connection.state.maximumPacketBytes,
  }
}

export interface SourceOptions {
  config: Config
  connection: Connection
  clock: Clock
  /** `fieldmouse/<id>`. */
  base: string
}

/** Where trust begins when the owner names no root: with the models that ship. */
export const factoryRoot = ['ota', 'factory', 'metadata', '1.root.json'] as const

/**
 * The configured ways to the repository, the nearest first; none where the owner wants no updates.
 * @throws broker_file_unreadable
 */
export async function transportsOf({ config, connection, clock, base }: SourceOptions): Promise<Transport[]> {
  const transports = await nearTransports(config, clock)
  if (config.ota.overBroker === 'on') {
    const { mqttTransport } = await import('../ota/transport/mqtt-chunks.js')
    const { blockBytes } = config.ota
    transports.push(mqttTransport({ channel: blobChannelOf(connection), base, blockBytes }))
  }
  return transports
}

/** Those that need no broker. @throws broker_file_unreadable */
export async function nearTransports({ ota }: Config, clock: Clock): Promise<Transport[]> {
  const { url, mirrors, folder, tokenFile } = ota
  const transports: Transport[] = []
  if (folder !== undefined) {
    const { folderTransport } = await import('../ota/transport/folder.js')
    transports.push(folderTransport(folder))
  }
  const addresses = url === undefined ? [] : [url, ...mirrors]
  if (addresses.length > 0) {
    const { httpTransport } = await import('../ota/transport/http-range.js')
    const token = tokenFile === undefined ? undefined : await firstLine(tokenFile)
    const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` }
    const more = headers ? { headers, clock } : { clock }
    transports.push(...addresses.map(address => httpTransport({ url: address, ...more })))
  }
  return transports
}

/** @throws broker_file_unreadable */
async function firstLine(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).split('\n')[0]!.trim()
  } catch (error) {
    throw busErrors.broker_file_unreadable(
      { what: 'token file', path, problem: (error as NodeJS.ErrnoException).code ?? '' },
      error,
    )
  }
}

/**
 * Whether this board's clock was set by NTP; undefined where nobody says.
 * @param root of the board's own files
 * @source systemd-timesyncd.service(8): /run/systemd/timesync/synchronized
 */
export function clockIsSynchronised(root: string): boolean | undefined {
  const folder = join(root, 'run/systemd/timesync')
  return existsSync(folder) ? existsSync(join(folder, 'synchronized')) : undefined
}

/**
 * The kernel's id of this life of the board, another one after each start of it; undefined where there is none.
 * @param root of the board's own files
 * @source random(4): /proc/sys/kernel/random/boot_id
 */
export function bootIdOf(root: string): string | undefined {
  try {
    return readFileSync(join(root, 'proc/sys/kernel/random/boot_id'), 'utf8').trim() || undefined
  } catch {
    return undefined
  }
}
