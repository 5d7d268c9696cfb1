/**
 * Lines wait here for their turn: the sources take turns, and after some milliseconds everything else has its turn too. A
 * source that brings ten thousand lines in one breath costs the others, and requests, no more than that. Bounded: what is
 * beyond is counted, and belongs to the source that waits with most.
 */
import type { LiveLine } from './live.js'

export interface TurnsOptions {
  judge(line: LiveLine): void
  /** Lines of a source are left out, or it has caught up again. */
  tell(source: string, kind: 'begins' | 'over', leftOut: number): void
  /** Most characters that wait. Default 16 Mi. */
  mostChars?: number
  /** Most lines that wait. Default 20,000. */
  mostLines?: number
  /** Judged at a stretch, milliseconds. Default 8. */
  sliceMs?: number
  /** A monotonic clock. */
  now(): number
}

export class Turns {
  readonly #o: Required<TurnsOptions>
  /** By source; the first has the next turn. */
  readonly #waiting = new Map<string, LiveLine[]>()
  readonly #leftOut = new Map<string, number>()
  #lines = 0
  #chars = 0
  #planned: NodeJS.Immediate | undefined

  constructor(options: TurnsOptions) {
    this.#o = { mostChars: 16_777_216, mostLines: 20_000, sliceMs: 8, ...options }
  }

  /** Lines that wait. */
  get waiting(): number {
    return this.#lines
  }

  add(line: LiveLine): void {
    const own = this.#waiting.get(line.source)
    if (own) own.push(line)
    else this.#waiting.set(line.source, [line])
    this.#lines++
    this.#chars += line.line.length
    while (this.#lines > 1 && (this.#lines > this.#o.mostLines || this.#chars > this.#o.mostChars))
      this.#leaveOut(line.source)
    this.#planned ??= setImmediate(() => this.#turn())
  }

  /** Judges all that waits, at once: before the end. */
  finish(): void {
    if (this.#planned) clearImmediate(this.#planned)
    this.#planned = undefined
    while (this.#lines > 0) this.#next()
  }

  #turn(): void {
    this.#planned = undefined
    const until = this.#o.now() + this.#o.sliceMs
    while (this.#lines > 0 && this.#o.now() < until) this.#next()
    if (this.#lines > 0) this.#planned = setImmediate(() => this.#turn())
  }

  /** One line of the source whose turn it is, which then goes to the end. */
  #next(): void {
    const [source, lines] = this.#waiting.entries().next().value!
    // few at a time: to shift each line of a long queue would be slow
    const few = lines.splice(0, FEW)
    this.#waiting.delete(source)
    if (lines.length > 0) this.#waiting.set(source, lines)
    for (const line of few) {
      this.#lines--
      this.#chars -= line.line.length
      this.#o.judge(line)
    }
    const leftOut = this.#leftOut.get(source)
    if (lines.length > 0 || leftOut === undefined) return
    this.#leftOut.delete(source)
    this.#o.tell(source, 'over', leftOut)
  }

  /** The youngest line of the source that waits with most. */
  #leaveOut(likely: string): void {
    let source = likely
    let most = this.#waiting.get(likely)?.length ?? 0
    if (most < this.#lines / this.#waiting.size)
      for (const [name, { length }] of this.#waiting)
        if (length > most) {
          source = name
          most = length
        }
    const lines = this.#waiting.get(source)!
    const gone = lines.pop()!
    if (lines.length === 0) this.#waiting.delete(source)
    this.#lines--
    this.#chars -= gone.line.length
    const before = this.#leftOut.get(source) ?? 0
    this.#leftOut.set(source, before + 1)
    if (before === 0) this.#o.tell(source, 'begins', 0)
  }
}

const FEW = 8
