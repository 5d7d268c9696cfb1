/**
 * The connection to the broker, for as long as the daemon lives: one client (client.ts) after the other.
 *
 * - MQTT 5 first at every try; 3.1.1 when the broker refuses 5. A broker that learns 5 is noticed at the next try.
 * - One client a connection: mqtt.js' own reconnect knows neither back-off nor another protocol version.
 * - The first connection starts clean: what came while the daemon was off would be acted on by one that remembers
 *   nothing of it, and nobody expects a lamp to go on an hour late. After a cut, MQTT 5 resumes the session
 *   (`sessionSeconds`), and what comes twice then is recognised by requests/seen.ts. A 3.1.1 session has no end at the
 *   broker, so there every connection is clean.
 * - A message is acknowledged to the broker when its handlers have returned.
 */
import { type Backoff, waitMs } from '../../base/backoff.js'
import { type Clock, sleep, systemClock } from '../../base/clock.js'
import type { FieldmouseError } from '../../base/errors.js'
import type { Part } from '../../base/part.js'
import { errors } from '../errors.js'
import { type BrokerAccess, type Credentials, readAccess } from './access.js'
import { type Live, OtherForm, openClient, send, subscribeAll } from './client.js'
import type { Outgoing } from './message.js'
import { Outbox } from './outbox.js'
import { fromPacket } from './packet.js'
import { type Handler, type SubscribeOptions, Subscriptions } from './subscriptions.js'

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

export type { BrokerAccess } from './access.js'

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
    const { presence, ...options } = this.#options
    let isOver = false
    const { live, closed } = await openClient({
      client: {
        ...options,
        clean: protocol === 4 || !this.#hadSession,
        ...(presence ? { will: { topic: presence.topic, payload: JSON.stringify(presence.offline()) } } : {}),
      },
      credentials,
      protocol,
      signal: this.#stop.signal,
      onPacket: packet => this.#subscriptions.deliver(fromPacket(packet)),
      onOver: client => {
        isOver = true
        if (this.#live?.client === client) this.#live = undefined
        this.#outbox.interrupted()
      },
    })
    if (!isOver) await this.#stand(live)
    return { closed }
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
    for (const filter of await subscribeAll(live, wanted)) {
      const error = errors.subscription_refused({ filter })
      this.#options.onEvent({ name: 'SubscriptionRefused', error })
    }
  }

  /** How the outbox hands one message to this connection. */
  #sender(live: Live) {
    return (message: Outgoing): Promise<void> => send(live, message)
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

const retained = (topic: string, value: object): Outgoing => ({
  topic,
  payload: JSON.stringify(value),
  qos: 1,
  retain: true,
  properties: { contentType: 'application/json', isText: true },
})
