import type { Test } from 'tap'
import { connectWyoming } from '../../daemon/bus/wyoming/client.js'
import type { WyomingEvent } from '../../daemon/bus/wyoming/event.js'
import { WyomingServer } from '../../daemon/bus/wyoming/server.js'
import type { WyomingStream } from '../../daemon/bus/wyoming/stream.js'

/** A connection to a port of this machine, closed with the test. */
export async function connectTo(t: Test, port: number): Promise<WyomingStream> {
  const stream = await connectWyoming({ host: '127.0.0.1', port }, AbortSignal.timeout(10_000))
  t.teardown(() => stream.destroy())
  return stream
}

/** A service that answers as the test says, on a free port. @returns its port */
export async function serve(t: Test, talk: (stream: WyomingStream) => Promise<void>): Promise<number> {
  const server = new WyomingServer({ address: '127.0.0.1', port: 0, maxConnections: 16 }, talk)
  await server.start(new AbortController().signal)
  t.teardown(() => server.stop())
  return server.port!
}

/** All that comes until one of these types, or the end. */
export async function untilType(stream: WyomingStream, ...types: string[]): Promise<WyomingEvent[]> {
  const heard: WyomingEvent[] = []
  for (;;) {
    const next = await stream.next({ withinMs: 20_000 })
    if (!next) return heard
    heard.push(next)
    if (types.includes(next.type)) return heard
  }
}
