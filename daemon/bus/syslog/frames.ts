/** One message of a TCP stream, still as bytes. */
export interface SyslogFrame {
  bytes: Buffer
  /** It was longer than the limit; the rest is dropped. */
  truncated: boolean
}

const NEWLINE = 0x0a
const NUL = 0
const SPACE = 0x20
/** A longer count is no count. */
const MOST_DIGITS = 8

/**
 * Cuts a TCP stream into messages: each either with its length in front, or up to a line feed or NUL, judged by its first
 * byte, since a message itself begins with `<`. Holds at most one message of the greatest size.
 * @source RFC 6587 §3.4
 */
export class SyslogFrames {
  readonly #maxBytes: number
  #buffer = Buffer.alloc(0)
  /** Of a counted message that is too long: bytes still to be dropped. */
  #dropBytes = 0
  /** Of a line that is too long: dropped up to its end. */
  #dropLine = false

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  push(chunk: Buffer): SyslogFrame[] {
    const frames: SyslogFrame[] = []
    let rest = this.#buffer.length > 0 ? Buffer.concat([this.#buffer, chunk]) : chunk
    for (;;) {
      const dropped = Math.min(this.#dropBytes, rest.length)
      this.#dropBytes -= dropped
      rest = rest.subarray(dropped)
      const next = rest.length > 0 ? this.#next(rest, frames) : undefined
      if (next === undefined) break
      rest = rest.subarray(next)
    }
    if (this.#dropLine) rest = rest.subarray(0, 0)
    this.#buffer = Buffer.from(rest) // a copy: the chunk is not ours to keep
    return frames
  }

  /** The connection ended: what there is, is a message. */
  end(): SyslogFrame[] {
    const counted = countOf(this.#buffer)
    const bytes = typeof counted === 'object' ? this.#buffer.subarray(counted.start) : this.#buffer
    this.#buffer = Buffer.alloc(0)
    const truncated = typeof counted === 'object'
    return bytes.length > 0 && !this.#dropLine ? [{ bytes, truncated }] : []
  }

  /** @returns how many bytes were used up; undefined when more are needed */
  #next(bytes: Buffer, frames: SyslogFrame[]): number | undefined {
    const counted = this.#dropLine ? 'line' : countOf(bytes)
    if (counted === 'more') return undefined
    if (counted !== 'line') {
      const { start, size } = counted
      const kept = Math.min(size, this.#maxBytes)
      if (bytes.length < start + kept) return undefined
      this.#dropBytes = size - kept
      frames.push({ bytes: Buffer.from(bytes.subarray(start, start + kept)), truncated: kept < size })
      return start + kept
    }
    const ends = [bytes.indexOf(NEWLINE), bytes.indexOf(NUL)].filter(at => at >= 0)
    const ended = ends.length > 0
    const end = ended ? Math.min(...ends) : bytes.length
    if (this.#dropLine) {
      if (ended) this.#dropLine = false
      return ended ? end + 1 : undefined
    }
    if (!ended && end <= this.#maxBytes) return undefined
    if (end > 0) {
      const kept = Buffer.from(bytes.subarray(0, Math.min(end, this.#maxBytes)))
      frames.push({ bytes: kept, truncated: kept.length < end })
    }
    this.#dropLine = !ended
    return ended ? end + 1 : undefined
  }
}

/** `123 <34>...`: where the message starts and how long it is. */
function countOf(bytes: Buffer): { start: number; size: number } | 'line' | 'more' {
  let at = 0
  while (at < bytes.length && at <= MOST_DIGITS && bytes[at]! >= 0x30 && bytes[at]! <= 0x39) at++
  if (at === 0 || at > MOST_DIGITS || bytes[0] === 0x30) return 'line'
  if (at === bytes.length) return 'more'
  if (bytes[at] !== SPACE) return 'line'
  if (at + 1 === bytes.length) return 'more'
  // `17 pumps are on` is a line too: what is counted begins with a priority
  return bytes[at + 1] === 0x3c ? { start: at + 1, size: Number(bytes.toString('latin1', 0, at)) } : 'line'
}
