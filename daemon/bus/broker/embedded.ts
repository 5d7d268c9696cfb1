/**
 * The broker for one device, so that nothing need be set up: a `mosquitto` program as a child where there is one, else
 * aedes in this process, which speaks MQTT 3.1.1 only. On the loopback interface, for everybody on this machine.
 */
import type { ChildProcess } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import type { Aedes } from 'aedes'
import { type Backoff, waitMs } from '../../base/backoff.js'
import { sleep } from '../../base/clock.js'
import { describe } from '../../base/errors.js'
import type { Part } from '../../base/part.js'
import { errors } from '../errors.js'
import { endChild, endLeftover, findMosquitto, type Program, runMosquitto } from './mosquitto.js'

/** What the system says when a folder cannot be written. */
const UNWRITABLE = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'ENOTDIR', 'EIO']

export type BrokerChoice = 'auto' | 'mosquitto' | 'aedes'

export type BrokerEvent =
  | { name: 'BrokerStarted'; kind: 'mosquitto' | 'aedes'; url: string; version: string }
  | { name: 'BrokerDied'; why: string; retryInMs: number }
  /** The folder cannot be written, so the broker inside this process, which needs none, is used. */
  | { name: 'FolderUnwritable'; folder: string; problem: string }

export interface EmbeddedBrokerOptions {
  /** 0 picks a free one. */
  port: number
  /** Its configuration is written here, and nothing anywhere else. */
  folder: string
  choice: BrokerChoice
  /** Where to look for the program first. */
  program?: string
  maxPacketBytes: number
  backoff: Backoff
  onEvent: (event: BrokerEvent) => void
}

export class EmbeddedBroker implements Part {
  readonly name = 'embedded broker'
  #options: EmbeddedBrokerOptions
  #running: { url: string; kind: 'mosquitto' | 'aedes'; protocol: 4 | 5; port: number } | undefined
  #stop = new AbortController()
  #child: ChildProcess | undefined
  #watch: Promise<void> | undefined
  #aedes: { broker: Aedes; server: Server; sockets: Set<Socket> } | undefined

  constructor(options: Partial<EmbeddedBrokerOptions> & Pick<EmbeddedBrokerOptions, 'folder'>) {
    this.#options = {
      port: 1883,
      choice: 'auto',
      maxPacketBytes: 16 * 1024 * 1024,
      backoff: { firstMs: 200, maxMs: 30_000, factor: 2 },
      onEvent: () => {},
      ...options,
    }
  }

  /** Address, program, and the newest form it speaks. @throws broker_did_not_start before start */
  get address(): { url: string; kind: 'mosquitto' | 'aedes'; protocol: 4 | 5; port: number } {
    if (!this.#running) throw errors.broker_did_not_start({ problem: 'it was not started' })
    return this.#running
  }

  /** @throws broker_port_taken, broker_program_missing, broker_did_not_start */
  async start(signal: AbortSignal): Promise<void> {
    this.#stop = new AbortController()
    const { choice, folder, port, program } = this.#options
    const found = choice === 'aedes' ? undefined : await findMosquitto(program ? [program] : undefined)
    if (found && !('path' in found) && choice === 'mosquitto')
      throw errors.broker_program_missing({ tried: found.tried })
    try {
      await mkdir(folder, { recursive: true })
      await endLeftover(folder)
      if (found && 'path' in found) return await this.#startMosquitto(found, await freePort(port), signal)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // a full disk or a read-only one must not take the daemon with it: it would only be started again, and again
      if (code === undefined || !UNWRITABLE.includes(code)) throw error
      const problem = describe(error)
      if (choice === 'mosquitto') throw errors.broker_folder_unwritable({ folder, problem }, error)
      this.#options.onEvent({ name: 'FolderUnwritable', folder, problem })
    }
    await this.#startAedes(port)
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('stopped'))
    if (this.#child) await endChild(this.#child)
    await this.#watch
    this.#child = undefined
    this.#watch = undefined
    if (this.#aedes) {
      const { broker, server, sockets } = this.#aedes
      this.#aedes = undefined
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      await new Promise<void>(resolve => broker.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    }
    this.#running = undefined
  }

  async #startMosquitto(program: Program, port: number, signal: AbortSignal): Promise<void> {
    const { folder, maxPacketBytes, onEvent } = this.#options
    const first = await runMosquitto(program, folder, port, maxPacketBytes, signal)
    this.#child = first.child
    this.#running = { url: `mqtt://127.0.0.1:${port}`, kind: 'mosquitto', protocol: 5, port }
    onEvent({ name: 'BrokerStarted', kind: 'mosquitto', url: this.#running.url, version: program.version })
    this.#watch = this.#supervise(program, port, first.ended)
  }

  /** Starts the child again whenever it ends, on the same port, for as long as the part is not stopped. */
  async #supervise(program: Program, port: number, firstEnd: Promise<string>): Promise<void> {
    const { folder, maxPacketBytes, backoff, onEvent } = this.#options
    const { signal } = this.#stop
    let ended = firstEnd
    let attempt = 0
    let why = await ended
    while (!signal.aborted) {
      const retryInMs = waitMs(backoff, attempt++)
      onEvent({ name: 'BrokerDied', why, retryInMs })
      try {
        await sleep(retryInMs, signal)
        const next = await runMosquitto(program, folder, port, maxPacketBytes, signal)
        this.#child = next.child
        if (signal.aborted) await endChild(next.child)
        ended = next.ended
        const url = `mqtt://127.0.0.1:${port}`
        onEvent({ name: 'BrokerStarted', kind: 'mosquitto', url, version: program.version })
        const steady = setTimeout(() => {
          attempt = 0
        }, 60_000)
        why = await ended
        clearTimeout(steady)
      } catch (error) {
        why = (error as Error).message
      }
    }
  }

  async #startAedes(port: number): Promise<void> {
    // loaded only where there is no mosquitto: 5 MB that most daemons never need
    const { Aedes } = await import('aedes')
    const broker = await Aedes.createBroker({ concurrency: 100 })
    const sockets = new Set<Socket>()
    const server = createServer({ noDelay: true }, socket => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => {})
      broker.handle(socket)
    })
    try {
      await listen(server, port)
    } catch (error) {
      await new Promise<void>(resolve => broker.close(() => resolve()))
      throw error
    }
    this.#aedes = { broker, server, sockets }
    const taken = (server.address() as { port: number }).port
    this.#running = { url: `mqtt://127.0.0.1:${taken}`, kind: 'aedes', protocol: 4, port: taken }
    this.#options.onEvent({
      name: 'BrokerStarted',
      kind: 'aedes',
      url: this.#running.url,
      version: 'in-process',
    })
  }
}

/** The port itself if it is free, or any free one for 0. @throws broker_port_taken */
async function freePort(port: number): Promise<number> {
  const server = createServer()
  await listen(server, port)
  const { port: free } = server.address() as { port: number }
  await new Promise<void>(resolve => server.close(() => resolve()))
  return free
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? errors.broker_port_taken({ port }, error)
          : errors.broker_did_not_start({ problem: error.message }, error),
      ),
    )
    server.listen(port, '127.0.0.1', resolve)
  })
}
