import { createServer, type Server, type Socket } from 'node:net'
import { describe } from '../../base/errors.js'
import type { Part } from '../../base/part.js'
import { errors } from './errors.js'
import { errorEvent } from './event.js'
import { WyomingStream } from './stream.js'

/** Where it listens, and to how many. */
export interface WyomingServerOptions {
  address: string
  /** 0 takes a free one. */
  port: number
  maxConnections: number
  /** How long a client may leave what it is sent unread. Default 10 s. */
  stallMs?: number
}

/** What the server tells about itself, for logs. */
export type WyomingServerEvent =
  | { name: 'WyomingListening'; address: string; port: number }
  | { name: 'WyomingClientRefused'; peer: string; connections: number }
  | { name: 'WyomingClientFailed'; peer: string; error: unknown }
  | { name: 'WyomingServerFailed'; error: unknown }

/** Clients beyond the limit that are told so at a time; more are hung up on without a word. */
const TOLD_BUSY = 16

/** Listens for Wyoming clients; what is said to them is the business of `serve`. */
export class WyomingServer implements Part {
  readonly name = 'wyoming'
  readonly #options: WyomingServerOptions
  readonly #serve: (stream: WyomingStream) => Promise<void>
  readonly #onEvent: (event: WyomingServerEvent) => void
  /** Connections that are served, with the promise that they end. */
  readonly #served = new Map<WyomingStream, Promise<void>>()
  readonly #refused = new Set<WyomingStream>()
  #server: Server | undefined

  /** @param serve talks with one client; when it is done the connection is closed. What it throws is told the client. */
  constructor(
    options: WyomingServerOptions,
    serve: (stream: WyomingStream) => Promise<void>,
    onEvent: (event: WyomingServerEvent) => void = () => {},
  ) {
    this.#options = options
    this.#serve = serve
    this.#onEvent = onEvent
  }

  /** Where it listens; undefined while it does not. */
  get port(): number | undefined {
    const address = this.#server?.address()
    return address && typeof address === 'object' ? address.port : undefined
  }

  /** Clients that are served. */
  get connections(): number {
    return this.#served.size
  }

  /** @throws wyoming_address_unusable */
  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { address, port, maxConnections } = this.#options
    // both halves: a client that has said everything may close its own and still wait for the answer
    const server = createServer({ allowHalfOpen: true }, socket => this.#connected(socket))
    server.maxConnections = maxConnections + TOLD_BUSY
    await new Promise<void>((resolve, reject) => {
      server.once('error', error =>
        reject(errors.wyoming_address_unusable({ address, port, problem: describe(error) }, error)),
      )
      server.listen(port, address, () => resolve())
    })
    server.removeAllListeners('error')
    server.on('error', error => this.#onEvent({ name: 'WyomingServerFailed', error }))
    this.#server = server
    this.#onEvent({ name: 'WyomingListening', address, port: this.port! })
  }

  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (!server) return
    const closed = new Promise<void>(resolve => server.close(() => resolve()))
    for (const stream of [...this.#served.keys(), ...this.#refused]) stream.destroy()
    await Promise.all(this.#served.values())
    await closed
  }

  #connected(socket: Socket): void {
    const { stallMs, maxConnections } = this.#options
    const stream = new WyomingStream(socket, stallMs === undefined ? {} : { stallMs })
    if (this.#served.size >= maxConnections) {
      this.#onEvent({ name: 'WyomingClientRefused', peer: stream.peer, connections: maxConnections })
      this.#refused.add(stream)
      void this.#refuse(stream).finally(() => this.#refused.delete(stream))
      return
    }
    const served = this.#talk(stream).finally(() => this.#served.delete(stream))
    this.#served.set(stream, served)
  }

  async #talk(stream: WyomingStream): Promise<void> {
    try {
      await this.#serve(stream)
    } catch (error) {
      // a client that hangs up is no news
      if (!stream.signal.aborted) {
        this.#onEvent({ name: 'WyomingClientFailed', peer: stream.peer, error })
        await this.#tell(stream, error)
      }
    }
    await stream.close()
  }

  async #refuse(stream: WyomingStream): Promise<void> {
    const most = this.#options.maxConnections
    await this.#tell(stream, errors.busy({ what: 'Wyoming', most, unit: 'connections' }))
    await stream.close()
  }

  async #tell(stream: WyomingStream, error: unknown): Promise<void> {
    try {
      await stream.send(errorEvent(error))
    } catch {
      // it hung up in the meantime: there is nobody to tell
    }
  }
}
