/** Channels for files in blocks: a real broker, and one in memory that loses, doubles and shuffles. */
import { connectAsync } from 'mqtt'
import { seeded } from '../../daemon/base/random.js'
import type { BlobChannel } from '../../ota/format/blob.js'

export async function mqttChannel(
  t: { teardown(end: () => unknown): void },
  url: string,
): Promise<BlobChannel> {
  const client = await connectAsync(url, { protocolVersion: 5, queueQoSZero: false, reconnectPeriod: 50 })
  t.teardown(() => client.endAsync(true))
  const listeners = new Map<string, (topic: string, payload: Uint8Array) => void>()
  client.on('message', (topic, payload) => {
    for (const [filter, on] of listeners) {
      const pattern = new RegExp(`^${filter.replaceAll('+', '[^/]+')}$`)
      if (pattern.test(topic)) on(topic, payload)
    }
  })
  return {
    publish: async (topic, payload, qos) =>
      void (await client.publishAsync(topic, Buffer.from(payload), { qos })),
    subscribe: async (filter, qos, on) => {
      listeners.set(filter, on)
      await client.subscribeAsync(filter, { qos })
      return async () => {
        listeners.delete(filter)
        await client.unsubscribeAsync(filter)
      }
    },
  }
}

/** Two ends in memory. Of what goes at QoS 0, `loss` of all is lost, some comes twice or late; QoS 1 may come twice. */
export function lossyChannel(seed: number, loss: number): BlobChannel & { lost: number } {
  const random = seeded(seed)
  const listeners: { filter: RegExp; on: (topic: string, payload: Uint8Array) => void }[] = []
  const deliver = (topic: string, payload: Uint8Array) => {
    for (const { filter, on } of [...listeners]) if (filter.test(topic)) on(topic, payload)
  }
  const channel = {
    lost: 0,
    async publish(topic: string, payload: Uint8Array, qos: 0 | 1) {
      if (qos === 0 && random() < loss) {
        channel.lost++
        return
      }
      setTimeout(() => deliver(topic, payload), random() < 0.2 ? random() * 15 : 0)
      if (random() < 0.1) setTimeout(() => deliver(topic, payload), random() * 15)
    },
    async subscribe(filter: string, _qos: 0 | 1, on: (topic: string, payload: Uint8Array) => void) {
      const entry = { filter: new RegExp(`^${filter.replaceAll('+', '[^/]+')}$`), on }
      listeners.push(entry)
      return async () => void listeners.splice(listeners.indexOf(entry), 1)
    },
  }
  return channel
}
