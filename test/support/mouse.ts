import { randomUUID } from 'node:crypto'
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import { loadConfig } from '../../daemon/config/load.js'
import type { Config } from '../../daemon/config/schema.js'
import { Daemon } from '../../daemon/main.js'
import { silentLog } from '../../daemon/observability/log.js'
import type { Reply } from '../../daemon/requests/reply.js'
import { ownFolder } from './folder.js'

/** A whole daemon on the demo home, with a client of its own. */
export interface Mouse {
  daemon: Daemon
  client: MqttClient
  /** Everything published to topics of devices and of the daemon, in order. */
  heard: { topic: string; payload: string; retained: boolean }[]
  /** Asks in the form of MQTT 5, or in the plain form when the broker speaks 3.1.1. */
  command(
    body: string | object,
    options?: { expirySeconds?: number; kind?: string; user?: Record<string, string>; waitMs?: number },
  ): Promise<Reply>
  /** Resolves with the first message on a topic that passes. */
  next(topic: string, passes?: (payload: string) => boolean, waitMs?: number): Promise<string>
}

export interface MouseOptions {
  program?: 'mosquitto' | 'aedes'
  broker?: string
  env?: Record<string, string>
  protocolVersion?: 4 | 5
  /** The section `ota`. */
  ota?: Partial<Config['ota']>
  /** Kept from one mouse to the next; else it goes with the test. */
  data?: string
}

/** Starts a daemon with virtual devices; it and its client end with the test, or with the file when that is what it gets. */
export async function startMouse(
  t: { teardown(end: () => unknown): unknown },
  options: MouseOptions = {},
): Promise<Mouse> {
  const folder = options.data ?? (await ownFolder(t, 'test'))
  const loaded = loadConfig({
    env: {
      FIELDMOUSE_DATA: folder,
      FIELDMOUSE_BROKER: options.broker ?? 'embedded:0',
      ...options.env,
    },
  }).config
  const config = {
    ...loaded,
    broker: { ...loaded.broker, program: options.program ?? ('auto' as const) },
    model: { ...loaded.model, threads: 1 as const },
    ota: { ...loaded.ota, ...options.ota },
  }
  const daemon = new Daemon({ config, log: silentLog })
  t.teardown(() => daemon.stop())
  await daemon.start(new AbortController().signal)
  const protocolVersion = options.protocolVersion ?? daemon.broker?.address.protocol ?? 5
  const client = await connectAsync(daemon.brokerUrl, { protocolVersion } as IClientOptions)
  client.setMaxListeners(0)
  t.teardown(() => client.endAsync(true))
  const heard: Mouse['heard'] = []
  const waiting = new Set<(topic: string, payload: string, correlation?: string) => void>()
  client.on('message', (topic, payload, packet) => {
    const text = payload.toString()
    heard.push({ topic, payload: text, retained: packet.retain })
    for (const wait of waiting) wait(topic, text, packet.properties?.correlationData?.toString())
  })
  await client.subscribeAsync(['fieldmouse/#', 'demo/#', 'answers/#', 'homeassistant/#'])

  const until = (
    passes: (topic: string, payload: string, correlation?: string) => boolean,
    what: string,
    waitMs = 20_000,
  ): Promise<string> =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        waiting.delete(wait)
        const last = heard.findLast(m => m.topic === what)?.payload ?? 'nothing at all'
        reject(new Error(`nothing came: ${what}; last there was ${last}`))
      }, waitMs)
      const wait = (topic: string, payload: string, correlation?: string) => {
        if (!passes(topic, payload, correlation)) return
        clearTimeout(late)
        waiting.delete(wait)
        resolve(payload)
      }
      waiting.add(wait)
    })

  return {
    daemon,
    client,
    heard,
    next: (topic, passes = () => true, waitMs?: number) =>
      until((at, payload) => at === topic && passes(payload), topic, waitMs),
    async command(body, { expirySeconds, kind = 'command', user, waitMs } = {}) {
      const topic = `fieldmouse/${config.id}/request/${kind}`
      if (protocolVersion === 5) {
        const correlation = randomUUID()
        const reply = until(
          (at, _, got) => at === 'answers/mine' && got === correlation,
          `answer to ${JSON.stringify(body).slice(0, 80)}`,
          waitMs,
        )
        const payload = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
        await client.publishAsync(topic, payload, {
          qos: 1,
          properties: {
            responseTopic: 'answers/mine',
            correlationData: Buffer.from(correlation),
            ...(expirySeconds ? { messageExpiryInterval: expirySeconds } : {}),
            ...(user && Object.keys(user).length > 0 ? { userProperties: user } : {}),
          },
        })
        return JSON.parse(await reply) as Reply
      }
      const id = randomUUID()
      const reply = until(at => at === `fieldmouse/${config.id}/response/${id}`, `answer to ${id}`, waitMs)
      await client.publishAsync(
        topic,
        JSON.stringify({ ...(typeof body === 'string' ? { text: body } : body), id }),
        { qos: 1 },
      )
      return JSON.parse(await reply) as Reply
    },
  }
}
