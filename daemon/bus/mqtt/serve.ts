import { createHash } from 'node:crypto'
import { type Clock, systemClock } from '../../base/clock.js'
import type { Part } from '../../base/part.js'
import { uniqueId } from '../../base/random.js'
import type { Requests } from '../../requests/accept.js'
import { type Reply, refusalReply, replyOf } from '../../requests/reply.js'
import type { Connection } from './connect.js'
import {
  DEFAULT_LIMITS,
  decodeCancel,
  decodeRequest,
  encodeReply,
  type PayloadLimits,
  type ReplyTo,
} from './envelope.js'
import type { Incoming } from './message.js'
import type { Topics } from './topics.js'

export interface ServeOptions {
  topics: Topics
  connection: Connection
  requests: Requests
  /** Groups this device answers for. */
  groups: readonly string[]
  /** With a name, each group request goes to one of the devices that share it (MQTT 5); without, to all. */
  share?: string
  limits: PayloadLimits
  responsePrefixes?: readonly string[]
  clock: Clock
  newId: () => string
  /** A message that was refused before it became a request. */
  onRefused: (topic: string, reply: Reply) => void
  onReplyLost: (topic: string, error: unknown) => void
}

const REMEMBERED_DELIVERIES = 200

/** Requests come in by MQTT, are taken or refused, acknowledged, and answered. */
export class Serve implements Part {
  readonly name = 'requests over MQTT'
  /** Messages without id or correlation data that the broker delivered again, and that were not acted on again. */
  redeliveries = 0
  #options: ServeOptions
  #ends: (() => Promise<void>)[] = []
  #deliveries = new Map<string, true>()

  constructor(options: Partial<ServeOptions> & Pick<ServeOptions, 'topics' | 'connection' | 'requests'>) {
    this.#options = {
      groups: [],
      limits: DEFAULT_LIMITS,
      clock: systemClock,
      newId: uniqueId,
      onRefused: () => {},
      onReplyLost: () => {},
      ...options,
    }
  }

  async start(): Promise<void> {
    const { topics, connection, groups, share } = this.#options
    const filters = [topics.requests, ...groups.map(group => topics.groupRequests(group, share))]
    for (const filter of filters) {
      const end = await connection.subscribe(filter, message => this.#take(message), { skipRetained: true })
      this.#ends.push(end)
    }
    await connection.announce().catch(() => {}) // a connection lost meanwhile announces when it is back
  }

  async stop(): Promise<void> {
    await Promise.all(this.#ends.splice(0).map(end => end()))
  }

  /** Decided before it returns: the client acknowledges the message right after. */
  #take(message: Incoming): void {
    const asked = this.#options.topics.parseRequest(message.topic)
    if (!asked) return
    if (asked.kind === 'cancel') this.#cancel(message)
    else this.#request(message, asked.kind)
  }

  #request(message: Incoming, kind: string): void {
    const { topics, requests, clock, limits, responsePrefixes, newId } = this.#options
    const decoded = decodeRequest(message, kind, {
      topics,
      limits,
      receivedAt: clock.now(),
      newId: newId(),
      ...(responsePrefixes ? { responsePrefixes } : {}),
    })
    if ('refusal' in decoded) {
      this.#options.onRefused(message.topic, decoded.refusal)
      this.#answer(decoded.refusal, decoded.replyTo)
      return
    }
    const seenBefore = decoded.request.dedupeKey === undefined && this.#isKnownDelivery(message)
    if (seenBefore) this.redeliveries++
    else requests.submit(decoded.request, reply => this.#answer(reply, decoded.replyTo))
  }

  /** A cancellation has no reply topic of its own: it is answered when it brings one, beside the request's own reply. */
  #cancel(message: Incoming): void {
    const { topics, requests, newId } = this.#options
    const { responseTopic, correlationData } = message.properties
    const wanted = decodeCancel(message)
    let reply: Reply
    if ('code' in wanted) {
      reply = refusalReply(newId(), wanted.code, { message: wanted.problem })
      this.#options.onRefused(message.topic, reply)
    } else {
      const cancelled = requests.cancel(wanted)
      const outcome = {
        stage: 'none',
        confidence: 1,
        model: null,
        inferMs: 0,
        promptTokens: 0,
        outputTokens: 0,
      }
      reply = replyOf(wanted.id ?? newId(), { ok: true, result: { cancelled }, ...outcome }, 0, 0)
    }
    if (responseTopic === undefined || topics.refuseResponseTopic(responseTopic) !== undefined) return
    // named by its correlation data, the request answers there itself
    if (!('code' in wanted) && wanted.dedupeKey !== undefined) return
    this.#answer(reply, { topic: responseTopic, ...(correlationData ? { correlationData } : {}) })
  }

  #answer(reply: Reply, replyTo: ReplyTo): void {
    const { connection, clock } = this.#options
    connection
      .publish(encodeReply(reply, replyTo, clock.now()), 'keep')
      .catch((error: unknown) => this.#options.onReplyLost(replyTo.topic, error))
  }

  /**
   * Whether the broker delivers again what was taken before the connection broke. Correlation data and ids are the
   * queue's own business; this is for the plain form without either: same packet number, same content, marked as sent
   * before. The mark matters: numbers are used again, and people say the same thing twice.
   */
  #isKnownDelivery(message: Incoming): boolean {
    if (message.qos === 0 || message.packetId === undefined) return false
    const digest = createHash('sha1').update(message.topic).update(message.payload).digest('base64')
    const key = `${message.packetId} ${digest}`
    if (message.redelivered && this.#deliveries.has(key)) return true
    this.#deliveries.delete(key)
    this.#deliveries.set(key, true)
    if (this.#deliveries.size > REMEMBERED_DELIVERIES)
      this.#deliveries.delete(this.#deliveries.keys().next().value!)
    return false
  }
}
