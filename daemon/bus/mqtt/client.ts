/**
 * One client of mqtt.js: one connection in one form, from its CONNECT to its end. With packet.ts (which knows its types)
 * the only importer of `mqtt`.
 */
import { createRequire } from 'node:module'
import { connect as connectClient, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt'
import { sleep } from '../../base/clock.js'
import { describe, type FieldmouseError } from '../../base/errors.js'
import { errors } from '../errors.js'
import type { Credentials } from './access.js'
import { explainFailure, HungUp, isHangUp, isWrongProtocol } from './failure.js'
import type { Outgoing } from './message.js'
import { toPublishOptions } from './packet.js'
import type { SubscribeOptions } from './subscriptions.js'

// 65,536 buffers made ahead, one for each number that a packet may hold, so that high rates go faster: 8 MiB for a daemon
// that sends some hundred packets a second. Off before the first packet, as the package's README says.
const packets = createRequire(createRequire(import.meta.url).resolve('mqtt'))('mqtt-packet')
packets.writeToStream.cacheNumbers = false

const CLOSE_MS = 1_000

/** A connection that stands. */
export interface Live {
  client: MqttClient
  protocol: 4 | 5
  url: string
}

export interface ClientOptions {
  clientId: string
  /** Whether the broker is to forget an earlier session. */
  clean: boolean
  /** Published by the broker, retained, when this client is gone without a word. */
  will?: { topic: string; payload: string }
  keepaliveSeconds: number
  /** How long an MQTT 5 broker keeps the session through a cut. */
  sessionSeconds: number
  /** Messages the broker may have under way to us unacknowledged. */
  receiveMaximum: number
  /** Larger ones an MQTT 5 broker does not pass on. */
  maxPacketBytes: number
  connectTimeoutMs: number
}

export interface OpenOptions {
  client: ClientOptions
  credentials: Credentials
  protocol: 4 | 5
  /** Ends the connection, in whatever state it is. */
  signal: AbortSignal
  onPacket(packet: IPublishPacket): void
  /** It is over, or never came to stand; before anybody who waits for `closed` hears of it. */
  onOver(client: MqttClient): void
}

/**
 * @returns the connection, once it stands, and why it ended, once it has
 * @throws OtherForm where the broker may speak another version of MQTT; else what failure.ts makes of it
 */
export async function openClient({
  client: options,
  credentials,
  protocol,
  signal,
  onPacket,
  onOver,
}: OpenOptions): Promise<{ live: Live; closed: Promise<FieldmouseError> }> {
  const { url, username } = credentials
  const context = { url, clientId: options.clientId, ...(username === undefined ? {} : { username }) }
  signal.throwIfAborted() // stopped while files were read or another form was tried
  const client = connectClient(url, clientOptions(options, credentials, protocol))
  // before anything else: what the broker delivers again comes in the same breath as its CONNACK
  client.on('message', (_topic, _payload, packet) => onPacket(packet))
  let first: Error | undefined
  let connected = false
  let abort: () => void = () => {}
  const closed = new Promise<FieldmouseError>(resolve => {
    let isOver = false
    const over = () => {
      if (isOver) return
      isOver = true
      onOver(client)
      first ??= new HungUp()
      resolve(
        connected
          ? errors.broker_lost({ url, problem: first.message }, first)
          : explainFailure(first, context),
      )
    }
    // whatever state client and socket are in: nobody waits for ever for a close event
    abort = () => {
      client.end(true)
      client.stream.destroy()
      void sleep(CLOSE_MS).then(over)
    }
    // one listener for every subscription under way, and a home subscribes to a hundred topics at once
    client.setMaxListeners(0)
    client.on('close', () => {
      client.end(true)
      over()
    })
    client.on('error', error => {
      first ??= error
      // a certificate that is not trusted leaves the socket half open, a malformed packet leaves the parser stuck
      abort()
    })
    client.on('disconnect', packet => {
      first ??= new Error(`the broker ended it with reason ${packet.reasonCode}`)
    })
  })
  signal.addEventListener('abort', abort)
  void closed.then(() => signal.removeEventListener('abort', abort))
  const stands = new Promise<boolean>(resolve => client.once('connect', () => resolve(true)))
  connected = await Promise.race([stands, closed.then(() => false)])
  if (!connected) {
    const error = await closed
    throw first && (isWrongProtocol(first) || isHangUp(first)) ? new OtherForm(error) : error
  }
  quickly(client)
  return { live: { client, protocol, url }, closed }
}

function clientOptions(options: ClientOptions, credentials: Credentials, protocol: 4 | 5): IClientOptions {
  const { username, password, ca, cert, key, rejectUnauthorized } = credentials
  const { will } = options
  return {
    clientId: options.clientId,
    protocolVersion: protocol,
    clean: options.clean,
    keepalive: options.keepaliveSeconds,
    connectTimeout: options.connectTimeoutMs,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    rejectUnauthorized,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(credentials.secure ? { ca, cert, key } : {}),
    ...(protocol === 5
      ? {
          properties: {
            sessionExpiryInterval: options.sessionSeconds,
            receiveMaximum: options.receiveMaximum,
            maximumPacketSize: options.maxPacketBytes,
          },
        }
      : {}),
    ...(will
      ? {
          will: {
            topic: will.topic,
            payload: Buffer.from(will.payload),
            qos: 1,
            retain: true,
            ...(protocol === 5
              ? { properties: { contentType: 'application/json', payloadFormatIndicator: true } }
              : {}),
          },
        }
      : {}),
  }
}

/** @returns the filters that the broker refused; none where the connection broke meanwhile */
export async function subscribeAll(live: Live, wanted: Record<string, SubscribeOptions>): Promise<string[]> {
  const filters = Object.keys(wanted)
  if (filters.length === 0) return []
  const map = Object.fromEntries(
    filters.map(filter => {
      const { qos = 1, noLocal = false, skipRetained = false } = wanted[filter]!
      return [filter, { qos, ...(live.protocol === 5 ? { nl: noLocal, rh: skipRetained ? 2 : 0 } : {}) }]
    }),
  )
  const codes = await new Promise<readonly (number | object)[]>(resolve => {
    const lost = () => resolve([])
    live.client.once('close', lost)
    live.client.subscribe(map, (error, _granted, packet) => {
      live.client.removeListener('close', lost)
      const suback = packet ?? (error as { packet?: { granted?: number[] } } | null)?.packet
      resolve(suback?.granted ?? (error ? filters.map(() => 0x80) : []))
    })
  })
  return filters.filter((_, index) => Number(codes[index] ?? 0) >= 0x80)
}

/**
 * One message to the broker. Resolves when it has it (QoS 0: when it is on its way).
 * @throws message_too_large, publish_refused, not_connected
 */
export function send(live: Live, message: Outgoing): Promise<void> {
  return new Promise((resolve, reject) => {
    const { topic, payload } = message
    const maxBytes = live.client.serverProperties?.maximumPacketSize
    const sizeBytes = Buffer.byteLength(payload) + Buffer.byteLength(topic) + 256 // room for the properties
    if (maxBytes !== undefined && sizeBytes > maxBytes)
      return reject(errors.message_too_large({ topic, sizeBytes, maxBytes }))
    const body = typeof payload === 'string' ? payload : Buffer.from(payload)
    live.client.publish(topic, body, toPublishOptions(message, live.protocol), error => {
      if (!error) resolve()
      else if (typeof (error as { code?: unknown }).code === 'number')
        reject(errors.publish_refused({ topic, problem: error.message }, error))
      else reject(errors.not_connected({ topic }, error))
    })
  })
}

/** Small packets at once: with Nagle's algorithm QoS 1 runs at a tenth of the rate (39 against 300 MB/s measured). */
function quickly(client: MqttClient): void {
  const stream = client.stream as { setNoDelay?: (on: boolean) => void }
  stream.setNoDelay?.(true)
}

/** The broker does not speak this version of MQTT, or may not: some hang up without a word. */
export class OtherForm extends Error {
  readonly explained: FieldmouseError
  constructor(explained: FieldmouseError) {
    super(describe(explained))
    this.explained = explained
  }
}
