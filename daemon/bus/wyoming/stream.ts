import type { Socket } from 'node:net'
import { describe, type FieldmouseError } from '../../base/errors.js'
import { WyomingDecoder } from './decoder.js'
import { errors } from './errors.js'
import { encode, type WyomingEvent } from './event.js'

export interface StreamOptions {
  /** How long the other side may leave what it is sent unread. Default 10 s. */
  stallMs?: number
}

/** More is left in the socket, where it slows the sender down: a few seconds of sound. */
const QUEUED_BYTES = 256 * 1024
const QUEUED_EVENTS = 64
const STALL_MS = 10_000
/** How long after `close` the other side may take to read the last words and to hang up. */
const LINGER_MS = 1_000
/** What an event costs beside its payload, about. */
const EVENT_BYTES = 256

/**
 * One connection, either side of it: events in their order, both ways with back-pressure. One reader at a time.
 *
 * A client that has sent its last event may close its half (`nc -N`) and still gets its answer, as with the reference
 * server. That one hung up altogether is known by a reset or by the next write: only then is `signal` aborted.
 */
export class WyomingStream {
  /** Address and port of the other side. */
  readonly peer: string
  readonly #socket: Socket
  readonly #stallMs: number
  readonly #decoder = new WyomingDecoder()
  readonly #gone = new AbortController()
  #queue: { event: WyomingEvent; bytes: number }[] = []
  #queuedBytes = 0
  /** What `next` throws once the queue is empty. */
  #failure: FieldmouseError | undefined
  /** Nothing more comes. */
  #ended = false
  #closing = false
  #wake: (() => void) | undefined

  /** @param socket connected, opened with `allowHalfOpen`; the stream closes it */
  constructor(socket: Socket, { stallMs = STALL_MS }: StreamOptions = {}) {
    this.#socket = socket
    this.#stallMs = stallMs
    this.peer = `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`
    socket.setNoDelay(true)
    // a satellite that lost its power leaves a connection that counts
    socket.setKeepAlive(true, 30_000)
    socket.on('data', chunk => this.#take(chunk))
    socket.on('end', () => this.#end())
    socket.on('error', error => this.#fail(this.#lost(describe(error))))
    socket.on('close', () => {
      this.#end()
      this.#gone.abort(this.#failure ?? this.#lost('it hung up'))
    })
    if (socket.destroyed) this.#gone.abort(this.#lost('it hung up'))
  }

  /** Aborted when the connection is gone. */
  get signal(): AbortSignal {
    return this.#gone.signal
  }

  /**
   * @returns the next event; undefined when the other side has nothing more to say
   * @throws wyoming_idle after `withinMs`, wyoming_malformed, wyoming_lost, the reason of `signal`
   */
  async next(options: { withinMs?: number; signal?: AbortSignal } = {}): Promise<WyomingEvent | undefined> {
    options.signal?.throwIfAborted()
    if (this.#queue.length === 0 && !this.#ended) await this.#wait(options)
    const first = this.#queue.shift()
    if (first) {
      this.#queuedBytes -= first.bytes
      if (this.#socket.isPaused() && !this.#full()) this.#socket.resume()
      return first.event
    }
    if (this.#failure) throw this.#failure
    return undefined
  }

  /**
   * Resolves when the connection takes more.
   * @throws wyoming_lost when it is gone, or does not read
   */
  async send(event: WyomingEvent): Promise<void> {
    if (this.#socket.destroyed || !this.#socket.writable) throw this.#failure ?? this.#lost('it hung up')
    if (this.#socket.write(encode(event))) return
    await new Promise<void>((resolve, reject) => {
      const done = (error?: Error) => {
        clearTimeout(timer)
        this.#socket.off('drain', onDrain)
        this.#gone.signal.removeEventListener('abort', onGone)
        if (error) reject(error)
        else resolve()
      }
      const onDrain = () => done()
      const onGone = () => done(this.#gone.signal.reason)
      const timer = setTimeout(() => {
        done(this.#lost(`it read nothing for ${this.#stallMs} ms`))
        this.#socket.destroy()
      }, this.#stallMs)
      this.#socket.on('drain', onDrain)
      this.#gone.signal.addEventListener('abort', onGone, { once: true })
    })
  }

  /**
   * Says goodbye: what was sent is delivered, what still comes is dropped. Hanging up on unread bytes would reset the
   * connection, and the last words, an error mostly, would be lost with it. Never throws; safe twice.
   */
  async close(): Promise<void> {
    this.#closing = true
    this.#queue = []
    this.#queuedBytes = 0
    this.#end()
    if (this.#socket.destroyed) return
    const closed = new Promise<void>(resolve => this.#socket.once('close', () => resolve()))
    const timer = setTimeout(() => this.#socket.destroy(), LINGER_MS)
    this.#socket.resume()
    this.#socket.end()
    await closed
    clearTimeout(timer)
  }

  /** Hangs up at once. */
  destroy(): void {
    this.#socket.destroy()
  }

  /** Hangs up so that the other side notices at once, even while it does not read. */
  reset(): void {
    this.#socket.resetAndDestroy()
  }

  #take(chunk: Buffer): void {
    if (this.#closing || this.#ended) return
    const { events, problem } = this.#decoder.push(chunk)
    for (const event of events) {
      const bytes = event.payload.length + EVENT_BYTES
      this.#queue.push({ event, bytes })
      this.#queuedBytes += bytes
    }
    if (this.#full()) this.#socket.pause()
    if (problem !== undefined) this.#fail(errors.wyoming_malformed({ peer: this.peer, problem }))
    else if (events.length > 0) this.#wake?.()
  }

  #full(): boolean {
    return this.#queuedBytes > QUEUED_BYTES || this.#queue.length > QUEUED_EVENTS
  }

  #wait({ withinMs, signal }: { withinMs?: number; signal?: AbortSignal }): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error?: unknown) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        this.#wake = undefined
        if (error === undefined) resolve()
        else reject(error)
      }
      const onAbort = () => done(signal?.reason)
      const timer =
        withinMs === undefined
          ? undefined
          : setTimeout(() => done(errors.wyoming_idle({ peer: this.peer, ms: withinMs })), withinMs)
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#wake = () => done()
    })
  }

  #fail(error: FieldmouseError): void {
    this.#failure ??= error
    this.#end()
  }

  #end(): void {
    this.#ended = true
    this.#wake?.()
  }

  #lost(problem: string): FieldmouseError {
    return errors.wyoming_lost({ peer: this.peer, problem })
  }
}
