import type { SourceTrouble } from './line.js'

/**
 * Judges how one source behaves, and decides which of its lines are handed on: one clear trouble instead of a thousand
 * lines. Has no clock of its own; times are milliseconds of any clock that only goes forward.
 */
export interface FlowLimits {
  linesPerSecond: number
  bytesPerSecond: number
  /** Without a line for so long the source is silent; 0 is never. */
  silentAfterMs: number
  /** Without a line end for four times as many bytes the framing is wrong. */
  maxLineBytes: number
}

/** A trouble, without its source. */
export type Said = Omit<SourceTrouble, 'source'>

/** A burst of so many seconds' worth is no flood: a board that boots says much at once. */
const BURST_S = 5
/** Share of the limit that is still handed on during a flood, so that its cause can be read. */
const SAMPLE = 0.1
/** From this share of bytes that are no text on, the baud rate or the encoding is wrong; below the other it is right again. */
const DAMAGED_SHARE = 0.3
const SOUND_SHARE = 0.05
/** Judged over so many bytes, or fewer when they took ten seconds. */
const JUDGED_BYTES = 1_024
const FEWEST_JUDGED_BYTES = 64
const JUDGED_MS = 10_000

/** What begins at once and ends only after a calm time, which grows when it comes again soon. */
class Lasting {
  active = false
  #calmSinceMs: number | undefined
  #holdMs: number
  #endedMs = Number.NEGATIVE_INFINITY
  readonly #firstHoldMs: number
  constructor(firstHoldMs: number) {
    this.#firstHoldMs = firstHoldMs
    this.#holdMs = firstHoldMs
  }

  judge(bad: boolean, atMs: number): 'begins' | 'ends' | undefined {
    if (bad) {
      this.#calmSinceMs = undefined
      if (this.active) return undefined
      this.active = true
      const soon = atMs - this.#endedMs < 600_000
      this.#holdMs = soon ? Math.min(this.#holdMs * 4, 600_000) : this.#firstHoldMs
      return 'begins'
    }
    if (!this.active) return undefined
    this.#calmSinceMs ??= atMs
    if (atMs - this.#calmSinceMs < this.#holdMs) return undefined
    this.active = false
    this.#calmSinceMs = undefined
    this.#endedMs = atMs
    return 'ends'
  }
}

export class Flow {
  readonly #limits: FlowLimits
  readonly #say: (said: Said) => void
  readonly #flood = new Lasting(5_000)
  readonly #noise = new Lasting(5_000)
  readonly #endless = new Lasting(5_000)
  /** What came above the limit and has not yet leaked away. */
  #lineLevel = 0
  #byteLevel = 0
  #second = { startMs: 0, lines: 0, bytes: 0, passedLines: 0, passedBytes: 0 }
  #judged = { startMs: 0, bytes: 0, odd: 0 }
  #dropped = 0
  #damagedDropped = 0
  #lastLineMs: number
  #silent = false
  #resting = false

  constructor(limits: FlowLimits, startMs: number, say: (said: Said) => void) {
    this.#limits = limits
    this.#say = say
    this.#lastLineMs = startMs
    this.#second.startMs = startMs
    this.#judged.startMs = startMs
  }

  /**
   * Bytes came.
   * @param odd how many of them are no text
   * @param sinceEnd bytes since the last line end, these included
   */
  arrived(bytes: number, odd: number, sinceEnd: number, atMs: number): void {
    this.#roll(atMs)
    this.#second.bytes += bytes
    this.#byteLevel += bytes
    this.#judgeFlood(atMs)
    this.#judged.bytes += bytes
    this.#judged.odd += odd
    this.#judgeNoise(atMs)
    this.#judgeEndless(sinceEnd, atMs)
  }

  /** A line came out of them. @returns whether to hand it on */
  line(bytes: number, odd: number, atMs: number): boolean {
    this.#roll(atMs)
    this.#second.lines++
    this.#lineLevel++
    this.#lastLineMs = atMs
    if (this.#silent) {
      this.#silent = false
      this.#say({ kind: 'settled', ends: 'silent', detail: 'it speaks again', remedy: 'None.' })
    }
    this.#judgeFlood(atMs)
    if (this.#noise.active && odd >= bytes * DAMAGED_SHARE) {
      this.#damagedDropped++
      return false
    }
    if (!this.#flood.active) return true
    const { linesPerSecond, bytesPerSecond } = this.#limits
    const second = this.#second
    const first = second.passedLines === 0
    if (
      first ||
      (second.passedLines < linesPerSecond * SAMPLE && second.passedBytes + bytes < bytesPerSecond * SAMPLE)
    ) {
      second.passedLines++
      second.passedBytes += bytes
      return true
    }
    this.#dropped++
    return false
  }

  /** Once a second, whether anything came or not. */
  tick(atMs: number): void {
    this.#roll(atMs)
    const { silentAfterMs } = this.#limits
    if (silentAfterMs > 0 && !this.#silent && !this.#resting && atMs - this.#lastLineMs >= silentAfterMs) {
      this.#silent = true
      this.#say({
        kind: 'silent',
        detail: `no line for ${Math.round(silentAfterMs / 1000)} s`,
        remedy:
          'Look whether the device has power and its cable sits; raise silent_after_s if such pauses are usual.',
      })
    }
  }

  /** Nobody watches this source any longer: what was said of it is over. */
  close(): void {
    const detail = 'it is no longer watched'
    const says = (ends: 'silent' | 'flooding' | 'damaged') =>
      this.#say({ kind: 'settled', ends, detail, remedy: 'None.' })
    if (this.#flood.active) says('flooding')
    if (this.#noise.active || this.#endless.active) says('damaged')
    if (this.#silent) says('silent')
  }

  /** The source is away, and known to be: nothing is expected of it. */
  rest(): void {
    this.#resting = true
  }

  /** It is back: silence counts from now. */
  resume(atMs: number): void {
    this.#resting = false
    this.#lastLineMs = atMs
  }

  /** Closes the seconds that are over. */
  #roll(atMs: number): void {
    const { linesPerSecond, bytesPerSecond } = this.#limits
    const seconds = Math.floor((atMs - this.#second.startMs) / 1000)
    if (seconds < 1) return
    const rate = this.#second
    this.#lineLevel = Math.max(0, this.#lineLevel - seconds * linesPerSecond)
    this.#byteLevel = Math.max(0, this.#byteLevel - seconds * bytesPerSecond)
    this.#second = {
      startMs: rate.startMs + seconds * 1000,
      lines: 0,
      bytes: 0,
      passedLines: 0,
      passedBytes: 0,
    }
    if (!this.#flood.active) return
    const busy = rate.lines > linesPerSecond / 2 || rate.bytes > bytesPerSecond / 2
    // seconds without anything lie between the last one that had something and now
    const ends = this.#flood.judge(busy, rate.startMs + 1000) ?? this.#flood.judge(busy && seconds < 2, atMs)
    if (ends !== 'ends') return
    this.#lineLevel = 0
    this.#byteLevel = 0
    this.#say({
      kind: 'settled',
      ends: 'flooding',
      detail: `the flood is over; ${this.#dropped} lines were left out`,
      remedy: 'None.',
    })
    this.#dropped = 0
  }

  #judgeFlood(atMs: number): void {
    const { linesPerSecond, bytesPerSecond } = this.#limits
    const lines = this.#lineLevel > linesPerSecond * BURST_S
    if (!lines && this.#byteLevel <= bytesPerSecond * BURST_S) return
    // what leaks in one second is all that counts from here on; the level need not grow without end
    this.#lineLevel = Math.min(this.#lineLevel, linesPerSecond * (BURST_S + 1))
    this.#byteLevel = Math.min(this.#byteLevel, bytesPerSecond * (BURST_S + 1))
    if (this.#flood.judge(true, atMs) !== 'begins') return
    const limit = lines ? `${linesPerSecond} lines` : `${bytesPerSecond} bytes`
    this.#say({
      kind: 'flooding',
      detail: `more than ${limit} a second; one tenth of that is handed on, the rest is counted`,
      remedy:
        'Look at what it repeats and stop that at the source; raise max_lines_per_second or max_bytes_per_second if this is usual.',
    })
  }

  #judgeNoise(atMs: number): void {
    const { startMs, bytes, odd } = this.#judged
    const enough = bytes >= JUDGED_BYTES || (bytes >= FEWEST_JUDGED_BYTES && atMs - startMs >= JUDGED_MS)
    if (!enough) return
    const share = odd / bytes
    this.#judged = { startMs: atMs, bytes: 0, odd: 0 }
    const turn = this.#noise.judge(share >= (this.#noise.active ? SOUND_SHARE : DAMAGED_SHARE), atMs)
    if (turn === 'begins' && !this.#endless.active)
      this.#say({
        kind: 'damaged',
        detail: `${Math.round(share * 100)} % of its bytes are no text`,
        remedy:
          'Most often the baud rate is wrong; else the encoding, or the ground of the cable. For binary records set encoding: hex.',
      })
    if (turn === 'ends') this.#sayWell()
  }

  #judgeEndless(sinceEnd: number, atMs: number): void {
    const { maxLineBytes } = this.#limits
    const turn = this.#endless.judge(sinceEnd > 4 * maxLineBytes, atMs)
    if (turn === 'begins' && !this.#noise.active)
      this.#say({
        kind: 'damaged',
        detail: `no line end in ${sinceEnd} bytes; each line is cut at ${maxLineBytes}`,
        remedy: 'Look how this source ends its lines, and set framing and delimiter to that.',
      })
    if (turn === 'ends') this.#sayWell()
  }

  /** Noise and lines without an end are one trouble: most often both come from the same wrong setting. */
  #sayWell(): void {
    if (this.#noise.active || this.#endless.active) return
    const left = this.#damagedDropped ? `; ${this.#damagedDropped} lines that were none were left out` : ''
    this.#damagedDropped = 0
    this.#say({
      kind: 'settled',
      ends: 'damaged',
      detail: `it sends lines of text again${left}`,
      remedy: 'None.',
    })
  }
}
