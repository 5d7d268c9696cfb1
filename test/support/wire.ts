import { createServer, type Server } from 'node:net'
import { Aedes } from 'aedes'
import mqtt from 'mqtt'
import type { Test } from 'tap'
import type { Wire } from '../../daemon/commands/wire.js'

/** A broker in this process on a free port; closed with the test. @returns its URL */
export async function startAedes(t: Test): Promise<string> {
  const aedes = await Aedes.createBroker()
  const server: Server = createServer(aedes.handle)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(async () => {
    await new Promise<void>(resolve => aedes.close(() => resolve()))
    await new Promise<void>(resolve => server.close(() => resolve()))
  })
  const address = server.address()
  return `mqtt://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
}

/** A client of its own as a Wire; closed with the test. */
export async function connectWire(t: Test, url: string): Promise<Wire> {
  const client = await mqtt.connectAsync(url, { protocolVersion: 4, reconnectPeriod: 0 })
  t.teardown(() => client.endAsync(true))
  const handlers = new Map<string, Set<(topic: string, payload: Uint8Array, retained: boolean) => void>>()
  client.on('message', (topic, payload, packet) => {
    for (const [filter, called] of handlers)
      if (matches(filter, topic)) for (const handler of called) handler(topic, payload, packet.retain)
  })
  return {
    publish: async (topic, payload, options = {}) => {
      await client.publishAsync(topic, payload, { retain: options.retain ?? false, qos: options.qos ?? 0 })
    },
    subscribe: async (filter, handler) => {
      const called = handlers.get(filter) ?? new Set()
      handlers.set(filter, called.add(handler))
      await client.subscribeAsync(filter, { qos: 1 })
      return async () => {
        called.delete(handler)
        if (called.size) return
        handlers.delete(filter)
        if (client.connected) await client.unsubscribeAsync(filter)
      }
    },
  }
}

function matches(filter: string, topic: string): boolean {
  const wanted = filter.split('/')
  const given = topic.split('/')
  return (
    wanted.length === given.length && wanted.every((part, index) => part === '+' || part === given[index])
  )
}

/** Waits until something is so. @throws when it is not, within the time (milliseconds) */
export async function until(what: string, check: () => boolean, withinMs = 10_000): Promise<void> {
  for (const began = performance.now(); performance.now() - began < withinMs; ) {
    if (check()) return
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  throw new Error(`not within ${withinMs} ms: ${what}`)
}
