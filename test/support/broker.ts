import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect as connectSocket, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAsync, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt'
import type { Test } from 'tap'
import { EmbeddedBroker } from '../../daemon/bus/broker/embedded.js'
import { findMosquitto } from '../../daemon/bus/broker/mosquitto.js'

export interface TestBroker {
  url: string
  port: number
  protocol: 4 | 5
  /** Ends it without a word to anybody. */
  kill(): Promise<void>
  /** Starts it again on the same port, with nothing remembered. */
  restart(): Promise<void>
}

const found = await findMosquitto()

/**
 * Options for a test that needs mosquitto. Where the program is missing the test is skipped and says which package to
 * install; in continuous integration (CI is set) it runs and fails, so that nobody takes a skipped check for a passed one.
 */
export const needsMosquitto: { skip?: string } =
  'path' in found || process.env.CI ? {} : { skip: 'mosquitto is missing: apt-get install mosquitto' }

/** The same for the openssl program, which makes throw-away certificates. */
export const needsOpenssl: { skip?: string } =
  spawnSync('openssl', ['version']).status === 0 || process.env.CI
    ? {}
    : { skip: 'openssl is missing: apt-get install openssl' }

/** A mosquitto on a free port of this machine, with more lines of configuration if wanted. */
export async function startMosquitto(t: Test, config = 'allow_anonymous true'): Promise<TestBroker> {
  if (!('path' in found)) throw new Error('mosquitto is missing: apt-get install mosquitto')
  const port = await freePort()
  // not t.testdir(): that belongs to the test, and a second call would empty it
  const folder = await mkdtemp(join(tmpdir(), 'fieldmouse-broker-'))
  t.teardown(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }))
  const file = join(folder, 'mosquitto.conf')
  const user = process.getuid?.() === 0 ? 'user root\n' : ''
  await writeFile(
    file,
    `listener ${port} 127.0.0.1\n${user}persistence false\nset_tcp_nodelay true\n${config}\n`,
  )
  let child: ChildProcess | undefined
  const kill = async () => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise(resolve => child?.once('close', resolve))
    child.kill('SIGKILL')
    await gone
  }
  const start = async () => {
    let said = ''
    const started = spawn(found.path, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] })
    child = started
    started.stderr.on('data', chunk => {
      said += chunk
    })
    while (!(await accepts(port))) {
      if (started.exitCode !== null || started.signalCode !== null)
        throw new Error(`mosquitto ended: ${said}`)
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  }
  await start()
  t.teardown(kill)
  return { url: `mqtt://127.0.0.1:${port}`, port, protocol: 5, kill, restart: start }
}

/** The broker inside this process: MQTT 3.1.1 only. */
export async function startAedes(t: Test): Promise<TestBroker> {
  const start = async (port: number) => {
    const broker = new EmbeddedBroker({ folder: tmpdir(), port, choice: 'aedes' })
    await broker.start(new AbortController().signal)
    return broker
  }
  let broker = await start(0)
  const { url, port, protocol } = broker.address
  t.teardown(() => broker.stop())
  return {
    url,
    port,
    protocol,
    kill: () => broker.stop(),
    restart: async () => {
      broker = await start(port)
    },
  }
}

/** Somebody else on the bus, with everything heard. */
export interface TestClient {
  client: MqttClient
  heard: IPublishPacket[]
  /** The next message on a topic that was not handed out before. */
  next(topic: string): Promise<IPublishPacket>
}

export async function startClient(
  t: Test,
  url: string,
  filters: string[],
  options: IClientOptions = {},
): Promise<TestClient> {
  const client = await connectAsync(url, { protocolVersion: 5, reconnectPeriod: 100, ...options })
  t.teardown(() => client.endAsync(true))
  const heard: IPublishPacket[] = []
  let wake: (() => void)[] = []
  const handedOut = new Set<IPublishPacket>()
  client.on('message', (_topic, _payload, packet) => {
    heard.push(packet)
    for (const w of wake.splice(0)) w()
  })
  if (filters.length > 0) await client.subscribeAsync(filters, { qos: 1 })
  const next = async (topic: string): Promise<IPublishPacket> => {
    for (;;) {
      const packet = heard.find(p => p.topic === topic && !handedOut.has(p))
      if (packet) {
        handedOut.add(packet)
        return packet
      }
      await new Promise<void>((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`nothing came on ${topic} within 15 s`)), 15_000)
        wake = [
          ...wake,
          () => {
            clearTimeout(late)
            resolve()
          },
        ]
      })
    }
  }
  return { client, heard, next }
}

/** A port nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}

function accepts(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connectSocket(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** A wire to a broker that can go wrong. */
export interface BadWire {
  url: string
  /** From now on nothing that the client says arrives. */
  mute(): void
  /** Breaks every connection; new ones work. */
  cut(): void
}

/** @param hangsUp whether to close a new connection for the first thing that came */
export async function startBadWire(
  t: Test,
  brokerPort: number,
  hangsUp: (first: Buffer) => boolean = () => false,
): Promise<BadWire> {
  const links = new Set<{ muted: boolean; end(): void }>()
  const server = createServer(client => {
    const broker = connectSocket(brokerPort, '127.0.0.1')
    const link = {
      muted: false,
      end: () => {
        links.delete(link)
        client.destroy()
        broker.destroy()
      },
    }
    links.add(link)
    for (const socket of [client, broker]) socket.on('error', link.end).on('close', link.end)
    let first = true
    client.on('data', chunk => {
      if (first && hangsUp(chunk)) link.end()
      first = false
      if (!link.muted) broker.write(chunk)
    })
    broker.pipe(client)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const link of links) link.end()
  }
  t.teardown(() => {
    cut()
    server.close()
  })
  return {
    url: `mqtt://127.0.0.1:${(server.address() as { port: number }).port}`,
    mute: () => {
      for (const link of links) link.muted = true
    },
    cut,
  }
}
