/**
 * The connection to the broker, for as long as the daemon lives. The only importer of `mqtt` (packet.ts knows its types).
 *
 * - MQTT 5 first at every try; 3.1.1 when the broker refuses 5. A broker that learns 5 is noticed at the next try.
 * - One client a connection: mqtt.js' own reconnect knows neither back-off nor another protocol version.
 * - The first connection starts clean: what came while the daemon was off would be acted on by one that remembers
 *   nothing of it, and nobody expects a lamp to go on an hour late. After a cut, MQTT 5 resumes the session
 *   (`sessionSeconds`), and what comes twice then is recognised by requests/seen.ts. A 3.1.1 session has no end at the
 *   broker, so there every connection is clean.
 * - A message is acknowledged to the broker when its handlers have returned.
 */
import { createRequire } from 'node:module'
import { connect as connectClient, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt'
import { type Backoff, waitMs } from '../../base/backoff.js'
import { type Clock, sleep, systemClock } from '../../base/clock.js'
import { describe, type FieldmouseError } from '../../base/errors.js'
import type { Part } from '../../base/part.js'
import { errors } from '../errors.js'
import { type BrokerAccess, type Credentials, readAccess } from './access.js'
import { explainFailure, HungUp, isHangUp, isWrongProtocol } from './failure.js'
import type { Incoming, Outgoing } from './message.js'
import { Outbox } from './outbox.js'
import { fromPacket, toPublishOptions } from './packet.js'
import { type Handler, type SubscribeOptions, Subscriptions } from './subscriptions.js'

// 65,536 buffers made ahead, one for each number that a packet may hold, so that high rates go faster: 8 MiB for a daemon
// that sends some hundred packets a second. Off before the first packet, as the package's README says.
const packets = createRequire(createRequire(import.meta.url).resolve('mqtt'))('mqtt-packet')
packets.writeToStream.cacheNumbers = false

/** What happens to the connection. */
export type ConnectionEvent =
  | { name: 'BrokerConnected'; url: string; protocol: 4 | 5 }
  | { name: 'BrokerLost'; error: FieldmouseError; retryInMs: number }
  | { name: 'SubscriptionRefused'; error: FieldmouseError }
  | { name: 'SubscriberFailed'; topic: string; error: unknown }

/** What is said about this device on a retained topic. */
export interface Presence {
  topic: string
  /** Published on `announce()`, and from then on at every connection. */
  online: () => object
  /** The last will, and the last word at a clean stop. */
  offline: () => object
}

export interface ConnectionOptions {
  access: BrokerAccess
  clientId: string
  presence?: Presence
  keepaliveSeconds: number
  /** How long an MQTT 5 broker keeps the session through a cut. */
  sessionSeconds: number
  /** Messages the broker may have under way to us unacknowledged. */
  receiveMaximum: number
  /** Larger ones an MQTT 5 broker does not pass on. Must leave room for a whole utterance. */
  maxPacketBytes: number
  connectTimeoutMs: number
  backoff: Backoff
  /** Messages kept for the broker's return, newest win. */
  outboxLength: number
  clock: Clock
  wait: (ms: number, signal?: AbortSignal) => Promise<void>
  onEvent: (event: ConnectionEvent) => void
}

const DEFAULTS: Omit<ConnectionOptions, 'access' | 'clientId'> = {
  keepaliveSeconds: 30,
  sessionSeconds: 60,
  receiveMaximum: 32,
  maxPacketBytes: 12 * 1024 * 1024,
  connectTimeoutMs: 10_000,
  backoff: { firstMs: 500, maxMs: 60_000, factor: 2 },
  outboxLength: 200,
  clock: systemClock,
  wait: sleep,
  onEvent: () => {},
}

/** A connection that lasted this long starts its back-off anew; shorter ones are two clients fighting over an id. */
const STEADY_MS = 10_000
const FLUSH_MS = 2_000
const CLOSE_MS = 1_000

export type { BrokerAccess } from './access.js'

interface Live {
  client: MqttClient
  protocol: 4 | 5
  url: string
}

/** A connection that stands, and when it ends, why. */
interface Standing {
  closed: Promise<FieldmouseError>
}

export class Connection implements Part {
  readonly name = 'broker connection'
  #options: ConnectionOptions
  #subscriptions: Subscriptions
  #outbox: Outbox
  #stop = new AbortController()
  #loop: Promise<void> | undefined
  #live: Live | undefined
  #hadSession = false
  #announced = false
  #lastError: FieldmouseError | undefined
  #waiting: (() => void)[] = []

  constructor(options: Partial<ConnectionOptions> & Pick<ConnectionOptions, 'access' | 'clientId'>) {
    this.#options = { ...DEFAULTS, ...options }
    this.#outbox = new Outbox(this.#options.outboxLength, this.#options.clock)
    this.#subscriptions = new Subscriptions((topic, error) =>
      this.#options.onEvent({ name: 'SubscriberFailed', topic, error }),
    )
  }

  /**
   * Tries once, and resolves whatever came of it: a daemon without its broker still reads its serial ports, and goes on
   * trying. `state` and `BrokerLost` say why there is no connection.
   * @throws bad_broker_url, broker_file_unreadable, bad_client_certificate: trying again would not help
   */
  async start(signal: AbortSignal): Promise<void> {
    this.#stop = new AbortController()
    await readAccess(this.#options.access)
    this.#stop.signal.throwIfAborted()
    const tried = new Promise<void>(resolve => {
      this.#loop = this.#run(resolve)
    })
    await orAborted(tried, signal)
  }

  /** What is under way is given a moment, the status topic says offline, then the connection is closed. */
  async stop(): Promise<void> {
    const live = this.#live
    if (live) {
      await Promise.race([this.#outbox.settled(), this.#options.wait(FLUSH_MS, this.#stop.signal)]).catch(
        () => {},
      )
      const { presence } = this.#options
      if (presence) {
        const farewell = this.publish(retained(presence.topic, presence.offline())).catch(() => {})
        await Promise.race([farewell, this.#options.wait(FLUSH_MS, this.#stop.signal)]).catch(() => {})
      }
      const ended = new Promise<void>(resolve => live.client.end(false, {}, () => resolve()))
      await Promise.race([ended, this.#options.wait(FLUSH_MS, this.#stop.signal)]).catch(() => {})
    }
    this.#stop.abort(new Error('stopped'))
    await this.#loop
    this.#loop = undefined
    this.#outbox.clear()
  }

  /** Whether there is a connection, in which form, and if not, why. */
  get state(): {
    connected: boolean
    protocol?: 4 | 5
    url?: string
    error?: FieldmouseError
    /** What the broker said it takes (MQTT 5), bytes. */
    maximumPacketBytes?: number
  } {
    const { url, protocol, client } = this.#live ?? {}
    const maximumPacketBytes = client?.serverProperties?.maximumPacketSize
    return this.#live
      ? {
          connected: true,
          protocol: protocol!,
          url: url!,
          ...(maximumPacketBytes === undefined ? {} : { maximumPacketBytes }),
        }
      : { connected: false, ...(this.#lastError ? { error: this.#lastError } : {}) }
  }

  /** Resolves as soon as there is a connection. @throws the signal's reason */
  async whenConnected(signal?: AbortSignal): Promise<void> {
    if (this.#live) return
    const connected = new Promise<void>(resolve => this.#waiting.push(resolve))
    await orAborted(connected, signal)
  }

  /**
   * Resolves when the broker has the message (QoS 0: when it is on its way).
   * @param whenAway `refuse` rejects at once without a connection; `keep` sends after the next one, unless the
   *   message's expiry passes or too many newer ones wait
   * @throws not_connected, publish_refused, message_too_large, outbox_full
   */
  publish(message: Outgoing, whenAway: 'refuse' | 'keep' = 'refuse'): Promise<void> {
    return this.#outbox.add(message, whenAway, this.#live && this.#sender(this.#live))
  }

  /**
   * Calls `handler` for every message that matches. The subscription outlives reconnects; without a connection it is
   * made at the next one. Filters of one connection should not overlap: some brokers then deliver twice.
   * The handler is synchronous: the message is acknowledged when it returns.
   * @returns how to end it
   */
  async subscribe(
    filter: string,
    handler: Handler,
    options: SubscribeOptions = {},
  ): Promise<() => Promise<void>> {
    this.#subscriptions.add(filter, handler, options)
    if (this.#live) await this.#subscribeAll(this.#live, { [filter]: options })
    return async () => {
      const last = this.#subscriptions.remove(filter, handler)
      if (last && this.#live) await this.#live.client.unsubscribeAsync(filter).catch(() => {})
    }
  }

  /**
   * Says how this device is: when it is ready for requests, and after a change. From the first time on, every new
   * connection says it by itself.
   */
  async announce(): Promise<void> {
    const { presence } = this.#options
    this.#announced = true
    if (presence && this.#live) await this.publish(retained(presence.topic, presence.online()))
  }

  async #run(firstTryDone: () => void): Promise<void> {
    let attempt = 0
    while (!this.#stop.signal.aborted) {
      const began = this.#options.clock.monotonic()
      let error: FieldmouseError
      try {
        const { closed } = await this.#connect()
        firstTryDone()
        error = await closed
        if (this.#options.clock.monotonic() - began > STEADY_MS) attempt = 0
      } catch (thrown) {
        error = thrown as FieldmouseError
      }
      if (this.#stop.signal.aborted) break
      this.#lastError = error
      const retryInMs = waitMs(this.#options.backoff, attempt++)
      this.#options.onEvent({ name: 'BrokerLost', error, retryInMs })
      firstTryDone()
      await this.#options.wait(retryInMs, this.#stop.signal).catch(() => {})
    }
    firstTryDone()
  }

  async #connect(): Promise<Standing> {
    const credentials = await readAccess(this.#options.access)
    const plainly = (error: unknown) => {
      throw error instanceof OtherForm ? error.explained : error
    }
    try {
      return await this.#open(credentials, 5)
    } catch (error) {
      if (!(error instanceof OtherForm)) throw error
      return await this.#open(credentials, 4).catch(plainly)
    }
  }

  /** One connection: resolves once it stands, with a promise of its end. */
  async #open(credentials: Credentials, protocol: 4 | 5): Promise<Standing> {
    const { url, username } = credentials
    const context = { url, clientId: this.#options.clientId, ...(username === undefined ? {} : { username }) }
    const explain = (error: Error) => explainFailure(error, context)
    this.#stop.signal.throwIfAborted() // stopped while files were read or another form was tried
    const client = this.#newClient(credentials, protocol)
    // before anything else: what the broker delivers again comes in the same breath as its CONNACK
    client.on('message', (_topic, _payload, packet) => this.#receive(packet))
    let first: Error | undefined
    let connected = false
    let abort: () => void = () => {}
    const closed = new Promise<FieldmouseError>(resolve => {
      let isOver = false
      const over = () => {
        if (isOver) return
        isOver = true
        if (this.#live?.client === client) this.#live = undefined
        this.#outbox.interrupted()
        first ??= new HungUp()
        resolve(connected ? errors.broker_lost({ url, problem: first.message }, first) : explain(first))
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
    this.#stop.signal.addEventListener('abort', abort)
    void closed.then(() => this.#stop.signal.removeEventListener('abort', abort))
    const stands = new Promise<boolean>(resolve => client.once('connect', () => resolve(true)))
    connected = await Promise.race([stands, closed.then(() => false)])
    if (!connected) {
      const error = await closed
      throw first && (isWrongProtocol(first) || isHangUp(first)) ? new OtherForm(error) : error
    }
    const live = { client, protocol, url }
    quickly(client)
    await this.#stand(live)
    return { closed }
  }

  #newClient(credentials: Credentials, protocol: 4 | 5): MqttClient {
    const { presence, sessionSeconds, receiveMaximum, maxPacketBytes } = this.#options
    const { url, username, password, ca, cert, key, rejectUnauthorized } = credentials
    const options: IClientOptions = {
      clientId: this.#options.clientId,
      protocolVersion: protocol,
      clean: protocol === 4 || !this.#hadSession,
      keepalive: this.#options.keepaliveSeconds,
      connectTimeout: this.#options.connectTimeoutMs,
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
              sessionExpiryInterval: sessionSeconds,
              receiveMaximum,
              maximumPacketSize: maxPacketBytes,
            },
          }
        : {}),
    }
    if (presence)
      options.will = {
        topic: presence.topic,
        payload: Buffer.from(JSON.stringify(presence.offline())),
        qos: 1,
        retain: true,
        ...(protocol === 5
          ? { properties: { contentType: 'application/json', payloadFormatIndicator: true } }
          : {}),
      }
    return connectClient(url, options)
  }

  /** Listens first, then says so: who reads `online` may send at once. */
  async #stand(live: Live): Promise<void> {
    this.#live = live
    this.#hadSession = true
    this.#lastError = undefined
    await this.#subscribeAll(live, this.#subscriptions.all())
    if (this.#live !== live) return
    this.#outbox.flush(this.#sender(live))
    if (this.#announced) await this.announce().catch(() => {})
    this.#options.onEvent({ name: 'BrokerConnected', url: live.url, protocol: live.protocol })
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  async #subscribeAll(live: Live, wanted: Record<string, SubscribeOptions>): Promise<void> {
    const filters = Object.keys(wanted)
    if (filters.length === 0) return
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
    for (const [index, filter] of filters.entries()) {
      if (Number(codes[index] ?? 0) < 0x80) continue
      const error = errors.subscription_refused({ filter })
      this.#options.onEvent({ name: 'SubscriptionRefused', error })
    }
  }

  #receive(packet: IPublishPacket): void {
    const message: Incoming = fromPacket(packet)
    this.#subscriptions.deliver(message)
  }

  /** How the outbox hands one message to this connection. */
  #sender(live: Live) {
    return (message: Outgoing): Promise<void> =>
      new Promise((resolve, reject) => {
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
}

/** Waits for `what`, or throws the signal's reason. Leaves no listener behind. */
async function orAborted<T>(what: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return await what
  signal.throwIfAborted()
  let onAbort: () => void = () => {}
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([what, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Small packets at once: with Nagle's algorithm QoS 1 runs at a tenth of the rate (39 against 300 MB/s measured). */
function quickly(client: MqttClient): void {
  const stream = client.stream as { setNoDelay?: (on: boolean) => void }
  stream.setNoDelay?.(true)
}

const retained = (topic: string, value: object): Outgoing => ({
  topic,
  payload: JSON.stringify(value),
  qos: 1,
  retain: true,
  properties: { contentType: 'application/json', isText: true },
})

/** The broker does not speak this version of MQTT, or may not: some hang up without a word. */
class OtherForm extends Error {
  readonly explained: FieldmouseError
  constructor(explained: FieldmouseError) {
    super(describe(explained))
    this.explained = explained
  }
}
