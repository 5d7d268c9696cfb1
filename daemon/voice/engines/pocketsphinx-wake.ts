/**
 * A wake word of our own: PocketSphinx' keyword search in a supervised child, for the board's microphone and for satellites
 * that send their sound all the time. How often it is wrong: docs/benchmarks.md.
 */
import { type Clock, systemClock } from '../../base/clock.js'
import { describe } from '../../base/errors.js'
import type { Part } from '../../base/part.js'
import { durationMs, SAMPLE_RATE, type Samples } from '../audio/pcm.js'
import { errors } from '../errors.js'
import { type ChildEvent, SupervisedChild } from './child-supervisor.js'
import { MODEL_FOLDER, missingPocketsphinx } from './pocketsphinx-packages.js'
import { WakeAnswer, type WakeLoad, type WakeQuestion } from './pocketsphinx-wake-protocol.js'
import type { Wake } from './wyoming-wake.js'

export interface PocketsphinxWakeOptions {
  /** Lower-case words with single spaces between them, all in the dictionary. */
  phrase: string
  /** Powers of ten: larger hears more, of the phrase and of what is like it. */
  threshold: number
  modelFolder?: string
  /** Streams at once; others are not listened to until one of these has been quiet for a while. Default 4. */
  streams?: number
  clock?: Clock
  onEvent?: (event: PocketsphinxWakeEvent) => void
}

/** For logs and conditions. */
export type PocketsphinxWakeEvent =
  | ChildEvent
  /** Listening failed, or sound came faster than it could be listened to; it goes on with what comes. */
  | { type: 'deaf'; stream: string; problem: string }

const ENGINE = 'pocketsphinx wake word'
/** Sound is listened to in pieces of this length, samples: every question costs a message there and back. */
const PIECE = SAMPLE_RATE / 10
/** More than this that waits is dropped. */
const MOST_WAITING = 2 * SAMPLE_RATE
/** What comes after such a gap (somebody was listened to, or answered) does not follow on what came before. */
const GAP_MS = 1_000
/** A stream that brings nothing for so long makes room for another. */
const QUIET_MS = 10_000
/** Work that a piece may take: so long, and so many times its length. */
const HANG_MS = 4_000
const HANG_TIMES = 4

/** Sound of one stream that waits. */
interface Waiting {
  parts: Samples[]
  length: number
  asking: boolean
  /** What comes next does not follow on what the child had. */
  anew: boolean
  /** When sound came last. Monotonic, milliseconds. */
  lastAt: number
}

export class PocketsphinxWake implements Part {
  readonly name = `voice engine ${ENGINE}`
  /** The phrase with `_` between its words, as a name on the bus. */
  readonly id: string
  readonly #o: PocketsphinxWakeOptions
  readonly #child: SupervisedChild<WakeAnswer>
  readonly #waiting = new Map<string, Waiting>()
  #stop = new AbortController()
  /** It was told that there are too many streams. */
  #told = false

  constructor(options: PocketsphinxWakeOptions) {
    this.#o = options
    this.id = options.phrase.replaceAll(' ', '_')
    this.#child = new SupervisedChild<WakeAnswer>({
      engine: ENGINE,
      module: new URL('./pocketsphinx-wake-child.js', import.meta.url),
      load: {
        modelFolder: options.modelFolder ?? MODEL_FOLDER,
        phrase: options.phrase,
        threshold: options.threshold,
        streams: options.streams ?? 4,
      } satisfies WakeLoad,
      answer: WakeAnswer,
      onEvent: event => options.onEvent?.(event),
    })
  }

  /** The child's process id. */
  get pid(): number | undefined {
    return this.#child.pid
  }

  /** @throws speech_engine_missing, naming the package or the words that cannot be heard */
  async start(signal: AbortSignal): Promise<void> {
    const missing = await missingPocketsphinx(this.#o.modelFolder)
    if (missing) throw errors.speech_engine_missing({ engine: ENGINE, missing })
    this.#stop = new AbortController()
    await this.#child.start(signal)
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the wake word is not listened for any more'))
    this.#waiting.clear()
    await this.#child.stop()
  }

  /**
   * One piece of a stream.
   * @param anew it does not follow on what came before
   * @returns whether the phrase has just been said
   * @throws speech_engine_died, speech_engine_hung, speech_engine_busy, and the signal's reason
   */
  async hear(stream: string, samples: Samples, anew: boolean, signal: AbortSignal): Promise<boolean> {
    const mostMs = HANG_MS + HANG_TIMES * durationMs(samples)
    const question: WakeQuestion = { stream, samples, anew }
    return (await this.#child.ask(() => question, mostMs, signal)).heard
  }

  /**
   * Listens until the phrase is heard; takes no more from `sound` after that.
   * @returns undefined when the sound ended without it
   * @throws as `hear`, and what `sound` throws
   */
  async detect(
    stream: string,
    sound: AsyncIterable<Samples>,
    signal: AbortSignal,
  ): Promise<Wake | undefined> {
    let length = 0
    for await (const samples of sound) {
      signal.throwIfAborted()
      if (await this.hear(stream, samples, length === 0, signal))
        return { word: this.id, atMs: Math.round((length / SAMPLE_RATE) * 1000) }
      length += samples.length
    }
    return undefined
  }

  /** Sound of a stream as it comes; returns at once. @param heard called when the phrase was in it */
  feed(stream: string, samples: Samples, heard: () => void): void {
    const waiting = this.#waitingOf(stream)
    if (!waiting) return
    waiting.parts.push(samples)
    waiting.length += samples.length
    if (waiting.length > MOST_WAITING) {
      drop(waiting)
      this.#o.onEvent?.({ type: 'deaf', stream, problem: 'sound comes faster than it can be listened to' })
    } else if (!waiting.asking && waiting.length >= PIECE) void this.#ask(stream, waiting, heard)
  }

  /** @returns undefined when as many are listened to as may be */
  #waitingOf(stream: string): Waiting | undefined {
    const at = (this.#o.clock ?? systemClock).monotonic()
    let waiting = this.#waiting.get(stream)
    if (waiting && at - waiting.lastAt > GAP_MS) drop(waiting)
    if (!waiting) {
      const most = this.#o.streams ?? 4
      for (const [other, { lastAt }] of this.#waiting)
        if (this.#waiting.size >= most && at - lastAt > QUIET_MS) this.#waiting.delete(other)
      if (this.#waiting.size >= most) {
        if (!this.#told)
          this.#o.onEvent?.({ type: 'deaf', stream, problem: `${most} others are listened to already` })
        this.#told = true
        return undefined
      }
      waiting = { parts: [], length: 0, asking: false, anew: true, lastAt: at }
      this.#waiting.set(stream, waiting)
    }
    waiting.lastAt = at
    return waiting
  }

  async #ask(stream: string, waiting: Waiting, heard: () => void): Promise<void> {
    waiting.asking = true
    try {
      while (waiting.length >= PIECE && !this.#stop.signal.aborted) {
        const { anew } = waiting
        waiting.anew = false
        if (await this.hear(stream, taken(waiting), anew, this.#stop.signal)) {
          drop(waiting)
          heard()
        }
      }
    } catch (error) {
      drop(waiting)
      if (!this.#stop.signal.aborted) this.#o.onEvent?.({ type: 'deaf', stream, problem: describe(error) })
    } finally {
      waiting.asking = false
    }
  }
}

function drop(waiting: Waiting): void {
  waiting.parts = []
  waiting.length = 0
  waiting.anew = true
}

/** All that waits, as one. */
function taken(waiting: Waiting): Samples {
  const all = new Int16Array(waiting.length)
  let at = 0
  for (const part of waiting.parts) {
    all.set(part, at)
    at += part.length
  }
  waiting.parts = []
  waiting.length = 0
  return all
}
