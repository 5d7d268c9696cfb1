import { describe } from '../../base/errors.js'
import { parse, z } from '../../base/schema.js'
import type { WyomingEvent } from './event.js'

/** Most bytes of each part of an event. A chunk of sound has 2 KiB, an `info` of many voices some 100 KiB. */
export const LIMITS = { headerBytes: 64 * 1024, dataBytes: 1024 * 1024, payloadBytes: 1024 * 1024 } as const

const NEWLINE = 0x0a
const Data = z.record(z.string(), z.unknown())
const Header = z.object({
  type: z.string().min(1).max(128),
  data: Data.nullish(),
  data_length: z.int().min(0).max(LIMITS.dataBytes).nullish(),
  payload_length: z.int().min(0).max(LIMITS.payloadBytes).nullish(),
})

/** What a chunk completed. After a problem the stream has no beginning of an event any more: it is to be closed. */
export interface Decoded {
  readonly events: readonly WyomingEvent[]
  readonly problem?: string
}

type Part = 'header' | 'data' | 'payload'

/** Cuts a stream into events, however it is chunked. Holds at most one event. Never throws. */
export class WyomingDecoder {
  #part: Part = 'header'
  #header: z.output<typeof Header> = { type: '' }
  #data: Readonly<Record<string, unknown>> = {}
  /** The part that is being read, as it came. */
  #chunks: Buffer[] = []
  #heldBytes = 0
  #problem: string | undefined

  /** Bytes of the part that is being read. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  push(chunk: Uint8Array): Decoded {
    const events: WyomingEvent[] = []
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    try {
      while (this.#problem === undefined && rest.length > 0) rest = this.#take(rest, events)
    } catch (error) {
      this.#problem = describe(error)
    }
    if (this.#problem === undefined) return { events }
    this.#part = 'header'
    this.#chunks = []
    this.#heldBytes = 0
    return { events, problem: this.#problem }
  }

  /** @returns what is left of the bytes */
  #take(bytes: Buffer, events: WyomingEvent[]): Buffer {
    if (this.#part === 'header') {
      const end = bytes.indexOf(NEWLINE)
      const taken = end < 0 ? bytes : bytes.subarray(0, end)
      if (this.#heldBytes + taken.length > LIMITS.headerBytes)
        throw new Error(`a header line has more than ${LIMITS.headerBytes} bytes`)
      this.#hold(taken)
      if (end < 0) return bytes.subarray(bytes.length)
      this.#header = parse(Header, json(this.#release(), 'header line'), 'header line')
      this.#data = this.#header.data ?? {}
      this.#part = 'data'
      this.#finish(events)
      return bytes.subarray(end + 1)
    }
    const taken = bytes.subarray(0, this.#neededBytes() - this.#heldBytes)
    this.#hold(taken)
    this.#finish(events)
    return bytes.subarray(taken.length)
  }

  /** Goes on to the next part for as long as parts are complete, those of no length at once. */
  #finish(events: WyomingEvent[]): void {
    if (this.#part === 'data' && this.#heldBytes === this.#neededBytes()) {
      const bytes = this.#release()
      if (bytes.length > 0) this.#data = { ...this.#data, ...parse(Data, json(bytes, 'data'), 'data') }
      this.#part = 'payload'
    }
    if (this.#part === 'payload' && this.#heldBytes === this.#neededBytes()) {
      events.push({ type: this.#header.type, data: this.#data, payload: this.#release() })
      this.#part = 'header'
    }
  }

  #neededBytes(): number {
    return (this.#part === 'data' ? this.#header.data_length : this.#header.payload_length) ?? 0
  }

  #hold(bytes: Buffer): void {
    if (bytes.length === 0) return
    // a copy: what the socket reads into is its own
    this.#chunks.push(Buffer.from(bytes))
    this.#heldBytes += bytes.length
  }

  #release(): Buffer {
    const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
    this.#chunks = []
    this.#heldBytes = 0
    return bytes
  }
}

function json(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    throw new Error(`the ${what} is no JSON`)
  }
}
