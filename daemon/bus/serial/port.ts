import type { BindingInterface } from '@serialport/bindings-cpp'
import type { SerialPortStream } from '@serialport/stream'
import { type Backoff, waitMs } from '../../base/backoff.js'
import { sleep } from '../../base/clock.js'
import { describe, type FieldmouseError } from '../../base/errors.js'
import type { Part } from '../../base/part.js'
import { errors } from './errors.js'
import { type Readable, readPort } from './read.js'

/** How a port is opened. */
export interface PortSettings {
  /** `/dev/ttyUSB0`, `/dev/serial/by-id/...`, or a pseudo-terminal. */
  path: string
  /** Bits per second. */
  baud: number
  dataBits: 5 | 6 | 7 | 8
  parity: 'none' | 'even' | 'odd'
  stopBits: 1 | 2
  flowControl: 'none' | 'rts_cts' | 'xon_xoff'
}

export interface PortEvents {
  /** It is open; bytes follow. */
  opened(): void
  bytes(chunk: Buffer): void
  /** It is not to be had. Called once, however often opening it fails. */
  lost(why: FieldmouseError): void
  /** It is open, and stayed so for a moment. */
  back(): void
}

export interface PortOptions {
  /** Another binding, for errors that only a pretended port can make. Without it: the native one. */
  binding?: BindingInterface
  backoff?: Backoff
  /** Open for so long counts as back; a plug that wiggles is one loss. */
  stableMs?: number
}

const BACKOFF: Backoff = { firstMs: 500, maxMs: 30_000, factor: 2 }
const STABLE_MS = 2_000

/**
 * One serial port that is opened again whenever it goes away. The only user of `@serialport/stream` and of the native
 * binding; both are loaded by the first port that starts.
 */
export class SerialPort implements Part {
  readonly name: string
  readonly #settings: PortSettings
  readonly #events: PortEvents
  readonly #options: PortOptions
  #stopping = new AbortController()
  #running: Promise<void> | undefined
  #stream: SerialPortStream | undefined
  #lost = false

  constructor(settings: PortSettings, events: PortEvents, options: PortOptions = {}) {
    this.name = `serial port ${settings.path}`
    this.#settings = settings
    this.#events = events
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#stream?.isOpen ?? false
  }

  /**
   * Resolves after the first try to open it, whether that worked or not: a device may be plugged in later.
   * @throws serial_binding_missing
   */
  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const binding = this.#options.binding ?? (await nativeBinding())
    this.#stopping = new AbortController()
    await new Promise<void>(resolve => {
      this.#running = this.#run(binding, resolve)
    })
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    this.#running = undefined
  }

  async #run(binding: BindingInterface, tried: () => void): Promise<void> {
    const { backoff = BACKOFF, stableMs = STABLE_MS } = this.#options
    const { signal } = this.#stopping
    let attempt = 0
    while (!signal.aborted) {
      let why: FieldmouseError | undefined
      try {
        const stream = await this.#open(binding)
        this.#events.opened()
        const gone = this.#gone(stream, signal)
        tried()
        const well = setTimeout(() => {
          attempt = 0
          if (this.#lost) this.#events.back()
          this.#lost = false
        }, stableMs)
        why = await gone
        clearTimeout(well)
      } catch (error) {
        why = openingError(this.#settings.path, error)
      }
      if (signal.aborted) break
      if (why && !this.#lost) {
        this.#lost = true
        this.#events.lost(why)
      }
      tried()
      await sleep(waitMs(backoff, attempt++), signal).catch(() => undefined)
    }
    tried()
  }

  async #open(binding: BindingInterface): Promise<SerialPortStream> {
    const { path, baud, dataBits, parity, stopBits, flowControl } = this.#settings
    const { SerialPortStream: Stream } = await import('@serialport/stream')
    const stream = new Stream({
      binding: withSafeReads(binding),
      path,
      baudRate: baud,
      dataBits,
      parity,
      stopBits,
      rtscts: flowControl === 'rts_cts',
      xon: flowControl === 'xon_xoff',
      xoff: flowControl === 'xon_xoff',
      lock: true,
      autoOpen: false,
    })
    await new Promise<void>((resolve, reject) => stream.open(error => (error ? reject(error) : resolve())))
    this.#stream = stream
    return stream
  }

  /** Hands bytes on until the port is gone or we stop; it is closed then. */
  #gone(stream: SerialPortStream, signal: AbortSignal): Promise<FieldmouseError | undefined> {
    const { path } = this.#settings
    return new Promise(resolve => {
      const done = (error?: unknown) => {
        signal.removeEventListener('abort', onAbort)
        stream.removeAllListeners('data')
        const why = signal.aborted
          ? undefined
          : errors.serial_port_lost({ path, problem: describe(error ?? 'it was closed') }, error)
        if (stream.isOpen) stream.close(() => resolve(why))
        else resolve(why)
      }
      const onAbort = () => done()
      signal.addEventListener('abort', onAbort, { once: true })
      stream.on('data', chunk => this.#events.bytes(chunk as Buffer))
      stream.on('error', done)
      stream.once('end', () => done())
      stream.once('close', done)
      if (signal.aborted) onAbort()
    })
  }
}

async function nativeBinding(): Promise<BindingInterface> {
  try {
    const { autoDetect } = await import('@serialport/bindings-cpp')
    return autoDetect() as BindingInterface
  } catch (error) {
    throw errors.serial_binding_missing({ problem: describe(error).split('\n')[0]! }, error)
  }
}

/** The binding, with a read that notices a hang-up (see read.ts). A pretended port reads in its own way. */
function withSafeReads(binding: BindingInterface): BindingInterface {
  return {
    list: () => binding.list(),
    open: async options => {
      const port = await binding.open(options)
      if ('poller' in port && 'fd' in port)
        port.read = (buffer, offset, length) => readPort(port as unknown as Readable, buffer, offset, length)
      return port
    },
  }
}

/** The native binding has sentences, not codes. */
function openingError(path: string, error: unknown): FieldmouseError {
  const problem = describe(error).replace(/^Error:? /, '')
  const make = /no such file|does not exist|no such device/i.test(problem)
    ? errors.serial_port_missing
    : /permission denied|not permitted/i.test(problem)
      ? errors.serial_port_forbidden
      : /lock|busy/i.test(problem)
        ? errors.serial_port_busy
        : errors.serial_port_refused
  return make({ path, problem }, error)
}
