import { decode, type Encoding, wholeCharacters } from './text.js'

/** Where a line ends. */
export type Framing =
  | { by: 'delimiter'; delimiter: string }
  /** Every so many bytes. */
  | { by: 'length'; bytes: number }
  /** A pause of so long ends a line. */
  | { by: 'silence'; ms: number }
  /** What the pattern matches divides lines; it sees bytes as characters U+0000 to U+00FF. */
  | { by: 'regex'; pattern: string }

export interface FramerOptions {
  framing: Framing
  encoding: Encoding
  /** Longest line, bytes. What comes behind is dropped up to the next line end. */
  maxLineBytes: number
}

export interface FramedLine {
  line: string
  truncated?: true
  /** Bytes that the line was made of, without what was dropped. */
  bytes: number
  /** Of these, how many are no text. */
  oddBytes: number
}

/** What a pattern matches is at most so long, look-ahead included. Only then the same bytes give the same lines however they arrive. */
export const LONGEST_MATCH_BYTES = 64
const REGEX_IDLE_MS = 50
/** A record of fixed length that stops half way is given up after so long, and the next byte begins a record. */
const LENGTH_IDLE_MS = 1_000
const SLACK_BYTES = 4_096
/** Beyond the limit so much must be known to cut between characters. */
const LONGEST_CHARACTER_BYTES = 4

/**
 * Bytes in, lines out. Empty lines are left out. Holds at most `maxLineBytes` and a little; has no clock: its owner calls
 * `idle` when nothing came for `idleMs`.
 */
export class Framer {
  /** Nothing to do after a pause when undefined. */
  readonly idleMs: number | undefined
  readonly #o: FramerOptions
  readonly #delimiter: Buffer
  readonly #pattern: RegExp | undefined
  readonly #capacity: number
  #buffer = Buffer.allocUnsafe(256)
  #length = 0
  /** Before this no line end begins. */
  #scanned = 0
  /** The line was cut; everything up to its end is dropped. */
  #skipping = false
  #sinceEnd = 0

  constructor(options: FramerOptions) {
    this.#o = options
    const { framing, encoding, maxLineBytes } = options
    const bytewise = encoding === 'hex' ? 'latin1' : encoding
    this.#delimiter = framing.by === 'delimiter' ? Buffer.from(framing.delimiter, bytewise) : Buffer.alloc(0)
    this.#pattern = framing.by === 'regex' ? new RegExp(framing.pattern, 'g') : undefined
    this.idleMs = { delimiter: undefined, length: LENGTH_IDLE_MS, regex: REGEX_IDLE_MS, silence: 0 }[
      framing.by
    ]
    if (framing.by === 'silence') this.idleMs = framing.ms
    const longest = framing.by === 'length' ? Math.max(maxLineBytes, framing.bytes) : maxLineBytes
    this.#capacity = longest + this.#delimiter.length + LONGEST_MATCH_BYTES + SLACK_BYTES
  }

  /** Bytes since the last line end. */
  get sinceEnd(): number {
    return this.#sinceEnd
  }

  push(chunk: Buffer): FramedLine[] {
    const lines: FramedLine[] = []
    for (let at = 0; at < chunk.length; ) {
      const size = Math.min(chunk.length - at, this.#capacity - this.#length)
      this.#reserve(this.#length + size)
      chunk.copy(this.#buffer, this.#length, at, at + size)
      this.#length += size
      at += size
      this.#sinceEnd += size
      this.#scan(lines, false)
    }
    return lines
  }

  /** Nothing came for `idleMs`. */
  idle(): FramedLine[] {
    const lines: FramedLine[] = []
    if (this.#o.framing.by === 'regex') this.#scan(lines, true)
    else if (this.#o.framing.by !== 'delimiter') this.#rest(lines)
    return lines
  }

  /** No more will come: what there is, is a line. Ready for something new afterwards. */
  end(): FramedLine[] {
    const lines: FramedLine[] = []
    if (this.#o.framing.by === 'regex') this.#scan(lines, true)
    this.#rest(lines)
    return lines
  }

  /** Forgets what there is. */
  reset(): void {
    this.#length = 0
    this.#scanned = 0
    this.#skipping = false
    this.#sinceEnd = 0
  }

  #rest(lines: FramedLine[]): void {
    const cut = this.#o.framing.by === 'length'
    if (!this.#skipping && this.#length > 0) this.#emit(lines, 0, this.#length, cut)
    this.reset()
  }

  /** @param complete nothing more comes for now, so that what ends with the last byte has ended */
  #scan(lines: FramedLine[], complete: boolean): void {
    let start = 0
    for (;;) {
      const end = this.#lineEnd(start, complete)
      if (!end) break
      if (!this.#skipping) this.#emit(lines, start, end.at, false)
      this.#skipping = false
      this.#sinceEnd = this.#length - end.next
      start = end.next
      this.#scanned = start
    }
    const held = this.#held()
    const least = this.#o.maxLineBytes + held + LONGEST_CHARACTER_BYTES
    if (!this.#skipping && this.#length - start > least && this.#o.framing.by !== 'length') {
      this.#emit(lines, start, start + this.#o.maxLineBytes, true)
      this.#skipping = true
    }
    // a line end may have begun in the last bytes
    if (this.#skipping) start = Math.max(start, this.#length - held)
    this.#buffer.copyWithin(0, start, this.#length)
    this.#length -= start
    this.#scanned = Math.max(0, this.#scanned - start)
  }

  /** So many of the last bytes may belong to a line end that is not complete. */
  #held(): number {
    return this.#pattern ? LONGEST_MATCH_BYTES : Math.max(0, this.#delimiter.length - 1)
  }

  #lineEnd(start: number, complete: boolean): { at: number; next: number } | undefined {
    const { framing } = this.#o
    switch (framing.by) {
      case 'silence':
        return undefined
      case 'length':
        return this.#length - start >= framing.bytes
          ? { at: start + framing.bytes, next: start + framing.bytes }
          : undefined
      case 'delimiter': {
        const from = Math.max(start, this.#scanned - this.#held())
        const at = this.#buffer.subarray(0, this.#length).indexOf(this.#delimiter, from)
        this.#scanned = this.#length
        return at < 0 ? undefined : { at, next: at + this.#delimiter.length }
      }
      case 'regex':
        return this.#match(start, complete)
    }
  }

  #match(start: number, complete: boolean): { at: number; next: number } | undefined {
    const pattern = this.#pattern!
    const decided = complete ? this.#length : this.#length - LONGEST_MATCH_BYTES
    const from = Math.max(start, this.#scanned)
    if (from > decided) return undefined
    const text = this.#buffer.toString('latin1', from, this.#length)
    pattern.lastIndex = 0
    let found = pattern.exec(text)
    // an empty match divides before something, so at the start of a line it says nothing new
    if (found && found[0].length === 0 && !this.#skipping && from + found.index === start) {
      pattern.lastIndex = found.index + 1
      found = pattern.exec(text)
    }
    const at = found ? from + found.index : Number.POSITIVE_INFINITY
    if (at > decided || (complete && found?.[0].length === 0 && at === this.#length)) {
      this.#scanned = Math.max(from, Math.min(decided, this.#length))
      return undefined
    }
    return { at, next: at + Math.min(found![0].length, LONGEST_MATCH_BYTES) }
  }

  #emit(lines: FramedLine[], start: number, end: number, cut: boolean): void {
    const { encoding, maxLineBytes } = this.#o
    const known = cut ? Math.min(this.#length, end + LONGEST_CHARACTER_BYTES) : end
    const size = wholeCharacters(this.#buffer.subarray(start, known), maxLineBytes, encoding)
    const { text, oddBytes } = decode(this.#buffer.subarray(start, start + size), encoding)
    if (text === '') return
    const truncated = cut || size < end - start ? { truncated: true as const } : {}
    lines.push({ line: text, bytes: size, oddBytes, ...truncated })
  }

  #reserve(size: number): void {
    if (size <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.min(this.#capacity, Math.max(size, this.#buffer.length * 2)))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}
