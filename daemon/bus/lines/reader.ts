import { type Clock, systemClock } from '../../base/clock.js'
import { Flow } from './flow.js'
import { type FramedLine, Framer, type Framing } from './framing.js'
import type { LineSink, SourceTrouble } from './line.js'
import { type Encoding, oddBytes } from './text.js'

/** How the bytes of one source become lines: the options of `sources.serial` and `sources.tail`. */
export interface LineOptions {
  framing: 'delimiter' | 'length' | 'silence' | 'regex'
  delimiter: string
  lengthBytes?: number
  silenceMs: number
  regex?: string
  encoding: Encoding
  maxLineBytes: number
  maxLinesPerSecond: number
  maxBytesPerSecond: number
  /** 0: silence is no trouble. */
  silentAfterS: number
}

/** The framing that options describe. What belongs together is checked with the configuration. */
export function framingOf(options: LineOptions): Framing {
  switch (options.framing) {
    case 'delimiter':
      return { by: 'delimiter', delimiter: unescaped(options.delimiter) }
    case 'length':
      return { by: 'length', bytes: options.lengthBytes ?? 1 }
    case 'silence':
      return { by: 'silence', ms: options.silenceMs }
    case 'regex':
      return { by: 'regex', pattern: options.regex ?? '\\r?\\n' }
  }
}

/** A backslash that YAML left as it is, in single quotes or none, means what it means everywhere else. */
function unescaped(text: string): string {
  const named: Record<string, string> = { n: '\n', r: '\r', t: '\t', 0: '\0', '\\': '\\' }
  return text.replace(/\\(?:x([0-9a-fA-F]{2})|([nrt0\\]))/g, (_, hex?: string, letter?: string) =>
    hex ? String.fromCharCode(Number.parseInt(hex, 16)) : named[letter!]!,
  )
}

/** Framing, judgement and timers of one source, between whoever reads its bytes and the sink. */
export class LineReader {
  readonly #source: string
  readonly #options: LineOptions
  readonly #sink: LineSink
  readonly #clock: Clock
  readonly #framer: Framer
  readonly #flow: Flow
  #ticking: NodeJS.Timeout | undefined
  #pause: NodeJS.Timeout | undefined
  /** Lines handed on and bytes taken, since the start. */
  readonly counts = { lines: 0, bytes: 0 }

  /** @param paced the owner reads no faster than the limits allow, so that they are none of the flow's business */
  constructor(source: string, options: LineOptions, sink: LineSink, clock = systemClock, paced = false) {
    this.#source = source
    this.#options = options
    this.#sink = sink
    this.#clock = clock
    this.#framer = new Framer({ ...options, framing: framingOf(options) })
    const limits = {
      linesPerSecond: paced ? Number.POSITIVE_INFINITY : options.maxLinesPerSecond,
      bytesPerSecond: paced ? Number.POSITIVE_INFINITY : options.maxBytesPerSecond,
      silentAfterMs: options.silentAfterS * 1000,
      maxLineBytes: options.maxLineBytes,
    }
    this.#flow = new Flow(limits, clock.monotonic(), said => this.say(said))
  }

  start(): void {
    this.#flow.resume(this.#clock.monotonic())
    this.#ticking ??= setInterval(() => this.#flow.tick(this.#clock.monotonic()), 1_000).unref()
  }

  push(chunk: Buffer): void {
    const atMs = this.#clock.monotonic()
    this.counts.bytes += chunk.length
    const lines = this.#framer.push(chunk)
    this.#flow.arrived(chunk.length, oddBytes(chunk, this.#options.encoding), this.#framer.sinceEnd, atMs)
    this.#hand(lines)
    const { idleMs } = this.#framer
    if (idleMs === undefined) return
    if (this.#pause) this.#pause.refresh()
    else this.#pause = setTimeout(() => this.#hand(this.#framer.idle()), idleMs).unref()
  }

  /** The source is away: what was begun is handed on, and silence is expected. */
  lost(): void {
    this.#hand(this.#framer.end())
    this.#flow.rest()
  }

  /** It is back: silence counts from now. */
  back(): void {
    this.#flow.resume(this.#clock.monotonic())
  }

  /** What was begun is a line, and a new one begins: the port was opened again, the file ended here. */
  end(): void {
    this.#hand(this.#framer.end())
  }

  /** Says a trouble of this source. */
  say(trouble: Omit<SourceTrouble, 'source'>): void {
    this.#sink.trouble({ source: this.#source, ...trouble })
  }

  stop(): void {
    clearInterval(this.#ticking)
    clearTimeout(this.#pause)
    this.#ticking = undefined
    this.#pause = undefined
    this.end()
  }

  #hand(lines: readonly FramedLine[]): void {
    if (lines.length === 0) return
    const at = this.#clock.now()
    const atMs = this.#clock.monotonic()
    for (const { line, bytes, oddBytes, truncated } of lines) {
      if (!this.#flow.line(bytes, oddBytes, atMs)) continue
      this.counts.lines++
      this.#sink.line({ source: this.#source, line, at, ...(truncated ? { truncated } : {}) })
    }
  }
}
