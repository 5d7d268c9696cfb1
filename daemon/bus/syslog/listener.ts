import { createSocket, type Socket as DatagramSocket } from 'node:dgram'
import { createServer, isIPv6, type Server, type Socket } from 'node:net'
import { type Clock, systemClock } from '../../base/clock.js'
import { Closer } from '../../base/closer.js'
import { describe, type FieldmouseError } from '../../base/errors.js'
import type { Part } from '../../base/part.js'
import { Flow } from '../lines/flow.js'
import type { LineSink } from '../lines/line.js'
import { decode, oddBytes } from '../lines/text.js'
import { errors } from './errors.js'
import { SyslogFrames } from './frames.js'
import { parseSyslog } from './parse.js'

/** `sources.syslog`. */
export interface SyslogOptions {
  /** Without it nothing listens on UDP; 0 takes a free port. */
  udpPort?: number
  tcpPort?: number
  address: string
  maxConnections: number
  maxMessageBytes: number
  /** Of one host; all hosts together may send ten times as much. */
  maxLinesPerSecond: number
  maxBytesPerSecond: number
  /** No message from any host for so long; 0 is never. */
  silentAfterS: number
}

/** A sender chooses the host's name, so the number of those that are watched one by one has an end. */
const MOST_HOSTS = 256
const HOSTS_TOGETHER = 10
/** A cut message must not leave an endless line; it has no line ends of its own. */
const NEVER_ENDLESS = 0

/** Syslog over UDP and TCP. Hands on each message as it came, from `syslog:<host>`. */
export class SyslogListener implements Part {
  readonly name = 'syslog'
  readonly #options: SyslogOptions
  readonly #sink: LineSink
  readonly #clock: Clock
  readonly #flows = new Map<string, Flow>()
  readonly #sockets = new Set<Socket>()
  #closer = new Closer()
  #all: Flow
  #udp: DatagramSocket | undefined
  #tcp: Server | undefined
  #refused = 0

  constructor(options: SyslogOptions, sink: LineSink, clock: Clock = systemClock) {
    this.#options = options
    this.#sink = sink
    this.#clock = clock
    this.#all = this.#newFlow('syslog', HOSTS_TOGETHER, options.silentAfterS)
  }

  /** Where it listens. */
  get ports(): { udp?: number; tcp?: number } {
    const tcp = this.#tcp?.address()
    return {
      ...(this.#udp ? { udp: this.#udp.address().port } : {}),
      ...(tcp && typeof tcp === 'object' ? { tcp: tcp.port } : {}),
    }
  }

  /** @throws syslog_port_taken, syslog_port_forbidden, syslog_address_unusable */
  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { udpPort, tcpPort } = this.#options
    this.#closer = new Closer()
    this.#all = this.#newFlow('syslog', HOSTS_TOGETHER, this.#options.silentAfterS)
    try {
      if (udpPort !== undefined) await this.#listenUdp(udpPort)
      if (tcpPort !== undefined) await this.#listenTcp(tcpPort)
    } catch (error) {
      await this.stop()
      throw error
    }
    const ticking = setInterval(() => this.#tick(), 1_000).unref()
    this.#closer.defer(() => clearInterval(ticking))
  }

  async stop(): Promise<void> {
    await this.#closer.close()
    this.#udp = undefined
    this.#tcp = undefined
    this.#flows.clear()
  }

  async #listenUdp(port: number): Promise<void> {
    const { address } = this.#options
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
    this.#closer.defer(() => new Promise<void>(resolve => socket.close(() => resolve())))
    socket.on('message', (bytes, { address: peer }) => this.#take(bytes, peer, false))
    await new Promise<void>((resolve, reject) => {
      socket.once('error', error => reject(this.#refusal('UDP', port, error)))
      socket.bind(port, address, () => resolve())
    })
    socket.removeAllListeners('error')
    socket.on('error', error => this.#lost('UDP', error))
    this.#udp = socket
  }

  async #listenTcp(port: number): Promise<void> {
    const { address, maxConnections } = this.#options
    const server = createServer(socket => this.#connected(socket))
    server.maxConnections = maxConnections
    server.on('drop', () => this.#full())
    await new Promise<void>((resolve, reject) => {
      server.once('error', error => reject(this.#refusal('TCP', port, error)))
      server.listen(port, address, () => resolve())
    })
    this.#closer.defer(async () => {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      for (const socket of this.#sockets) socket.destroy()
      await closed
    })
    server.removeAllListeners('error')
    server.on('error', error => this.#lost('TCP', error))
    this.#tcp = server
  }

  #connected(socket: Socket): void {
    const peer = socket.remoteAddress ?? 'unknown'
    const frames = new SyslogFrames(this.#options.maxMessageBytes)
    this.#sockets.add(socket)
    // a sender that lost its power leaves a connection that counts
    socket.setKeepAlive(true, 60_000)
    socket.on('data', chunk => {
      for (const { bytes, truncated } of frames.push(chunk)) this.#take(bytes, peer, truncated)
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.#sockets.delete(socket)
      for (const { bytes, truncated } of frames.end()) this.#take(bytes, peer, truncated)
      this.#roomAgain()
    })
  }

  #take(bytes: Buffer, peer: string, cut: boolean): void {
    const { maxMessageBytes } = this.#options
    const kept = bytes.length > maxMessageBytes ? bytes.subarray(0, maxMessageBytes) : bytes
    const end = kept.at(-1) === 0 ? kept.length - 1 : kept.length
    const { text } = decode(kept.subarray(0, end), 'utf8')
    if (text === '') return
    const host = hostOf(text, peer)
    const source = `syslog:${host}`
    const odd = oddBytes(kept, 'utf8')
    const atMs = this.#clock.monotonic()
    const flow = this.#flowOf(source)
    flow.arrived(kept.length, odd, NEVER_ENDLESS, atMs)
    // noise is the trouble of its host alone
    this.#all.arrived(kept.length, 0, NEVER_ENDLESS, atMs)
    const passes = flow.line(kept.length, odd, atMs)
    if (!this.#all.line(kept.length, 0, atMs) || !passes) return
    const truncated = cut || kept.length < bytes.length
    const line = { source, line: text, at: this.#clock.now() }
    this.#sink.line(truncated ? { ...line, truncated } : line)
  }

  /** The flow of a host; the one not heard of for longest makes room. */
  #flowOf(source: string): Flow {
    let flow = this.#flows.get(source)
    if (flow) this.#flows.delete(source)
    else {
      flow = this.#newFlow(source, 1, 0)
      const oldest = this.#flows.keys().next().value
      if (this.#flows.size >= MOST_HOSTS && oldest !== undefined) {
        this.#flows.get(oldest)?.close()
        this.#flows.delete(oldest)
      }
    }
    this.#flows.set(source, flow)
    return flow
  }

  #newFlow(source: string, times: number, silentAfterS: number): Flow {
    const { maxLinesPerSecond, maxBytesPerSecond, maxMessageBytes } = this.#options
    const limits = {
      linesPerSecond: maxLinesPerSecond * times,
      bytesPerSecond: maxBytesPerSecond * times,
      silentAfterMs: silentAfterS * 1000,
      maxLineBytes: maxMessageBytes,
    }
    return new Flow(limits, this.#clock.monotonic(), said => this.#sink.trouble({ source, ...said }))
  }

  #tick(): void {
    const atMs = this.#clock.monotonic()
    this.#all.tick(atMs)
    for (const flow of this.#flows.values()) flow.tick(atMs)
  }

  #full(): void {
    this.#refused++
    if (this.#refused > 1) return
    const { maxConnections } = this.#options
    this.#sink.trouble({
      source: 'syslog:connections',
      kind: 'flooding',
      detail: `${maxConnections} TCP connections are open, more are refused`,
      remedy:
        'Look who holds them (`ss -tn`); raise sources.syslog.max_connections if these are your devices.',
    })
  }

  /** Told only when half of them are free, so that one that comes and goes is not told each time. */
  #roomAgain(): void {
    if (this.#refused === 0 || this.#sockets.size > this.#options.maxConnections / 2) return
    this.#sink.trouble({
      source: 'syslog:connections',
      kind: 'settled',
      ends: 'flooding',
      detail: `there is room for connections again; ${this.#refused} were refused`,
      remedy: 'None.',
    })
    this.#refused = 0
  }

  #lost(protocol: string, error: Error): void {
    const detail = `${protocol}: ${describe(error)}`
    this.#sink.trouble({ source: 'syslog', kind: 'lost', detail, remedy: 'Start the daemon again.' })
  }

  #refusal(protocol: string, port: number, error: NodeJS.ErrnoException): FieldmouseError {
    const { address } = this.#options
    if (error.code === 'EADDRINUSE') return errors.syslog_port_taken({ protocol, address, port }, error)
    if (error.code === 'EACCES') return errors.syslog_port_forbidden({ protocol, address, port }, error)
    return errors.syslog_address_unusable({ address, problem: describe(error) }, error)
  }
}

/** The host that the message names, else the address it came from. */
function hostOf(text: string, peer: string): string {
  const { host } = parseSyslog(text)
  if (host && /^[A-Za-z0-9._:-]{1,64}$/.test(host)) return host
  return peer.replace(/^::ffff:(?=\d+\.)/, '')
}
