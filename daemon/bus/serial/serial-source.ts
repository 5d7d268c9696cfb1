import { basename } from 'node:path'
import { type Clock, systemClock } from '../../base/clock.js'
import type { Part } from '../../base/part.js'
import type { LineSink } from '../lines/line.js'
import { type LineOptions, LineReader } from '../lines/reader.js'
import { type PortOptions, type PortSettings, SerialPort } from './port.js'

/** One entry of `sources.serial`. */
export interface SerialEntry extends PortSettings, LineOptions {
  /** Without it: `serial:` and the last part of the path. */
  name?: string
}

/** A serial port as a source of lines. Several may run; none knows of another. */
export class SerialSource implements Part {
  readonly name: string
  readonly source: string
  readonly #reader: LineReader
  readonly #port: SerialPort

  constructor(entry: SerialEntry, sink: LineSink, options: PortOptions & { clock?: Clock } = {}) {
    this.name = `serial port ${entry.path}`
    this.source = entry.name ?? `serial:${basename(entry.path)}`
    const reader = new LineReader(this.source, entry, sink, options.clock ?? systemClock)
    this.#reader = reader
    const events = {
      opened: () => reader.end(),
      bytes: (chunk: Buffer) => reader.push(chunk),
      lost: ({ message, remedy }: { message: string; remedy: string }) => {
        reader.lost()
        reader.say({ kind: 'lost', detail: message, remedy })
      },
      back: () => {
        reader.back()
        reader.say({ kind: 'back', detail: `${entry.path} is open again`, remedy: 'None.' })
      },
    }
    this.#port = new SerialPort(entry, events, options)
  }

  /** Lines handed on and bytes read, since the start. */
  get counts(): Readonly<{ lines: number; bytes: number }> {
    return this.#reader.counts
  }

  get isOpen(): boolean {
    return this.#port.isOpen
  }

  /** Resolves also when the port is not there yet. @throws serial_binding_missing */
  async start(signal: AbortSignal): Promise<void> {
    this.#reader.start()
    try {
      await this.#port.start(signal)
    } catch (error) {
      this.#reader.stop()
      throw error
    }
  }

  async stop(): Promise<void> {
    await this.#port.stop()
    this.#reader.stop()
  }
}
