/** The sound of one site as it streams in: counted, brought into our form where it is not, and handed to who listens. */
import { FieldmouseError } from '../../base/errors.js'
import { plainSamples, shapeOf } from '../audio/frame.js'
import type { Samples } from '../audio/pcm.js'
import { StreamMeter } from '../dialogue/stream-meter.js'
import { errors } from '../errors.js'
import type { FrameReader, HermesCounts, HermesOptions } from './hermes-options.js'

/** Frames of another form that wait to be converted; at thirty a second, some two seconds. */
const MOST_WAITING = 64
/** So many in a row, and nothing of this stream can be read. */
const HOPELESS = 8

/** Who hears what comes. */
export interface Listener {
  /** Whether anybody does: else frames are only counted. */
  wanted(): boolean
  /** @param sessionId given when the frame is for one session alone */
  hear(samples: Samples, at: number, sessionId: string | undefined): void
  doubled(): void
  settled(): void
  /** Frames cannot be read, one after the other. */
  unreadable(error: FieldmouseError): void
}

export class HermesStream {
  /** When a frame came last. Monotonic, milliseconds. */
  lastAt = Number.NEGATIVE_INFINITY
  readonly #site: string
  readonly #options: HermesOptions
  readonly #counts: HermesCounts
  readonly #listener: Listener
  readonly #meter = new StreamMeter()
  #reader: FrameReader | undefined
  #waiting = 0
  #unreadable = 0

  constructor(site: string, options: HermesOptions, counts: HermesCounts, listener: Listener) {
    this.#site = site
    this.#options = options
    this.#counts = counts
    this.#listener = listener
  }

  /** Whether more than one microphone sends. */
  get isDoubled(): boolean {
    return this.#meter.doubled
  }

  /** A frame. What nobody hears costs no more than a look at its header. */
  take(bytes: Uint8Array, sessionId?: string): void {
    const at = this.#options.clock.monotonic()
    this.lastAt = at
    this.#counts.frames++
    const shape = shapeOf(bytes)
    const found = shape && this.#meter.push(shape.ms, at)
    if (found) this.#listener[found]()
    if (!this.#listener.wanted()) {
      this.#counts.framesUnheard++
      this.#close()
      return
    }
    const plain = this.#reader || !shape ? undefined : plainSamples(bytes, shape)
    if (plain) this.#hear(plain, at, sessionId)
    else this.#convert(bytes, at, sessionId)
  }

  close(): void {
    this.#close()
  }

  #hear(samples: Samples, at: number, sessionId: string | undefined): void {
    try {
      this.#listener.hear(samples, at, sessionId)
      this.#unreadable = 0
    } catch (error) {
      this.#refuse(error)
    }
  }

  #convert(bytes: Uint8Array, at: number, sessionId: string | undefined): void {
    if (this.#waiting >= MOST_WAITING) {
      this.#counts.framesDropped++
      return
    }
    this.#reader ??= this.#options.frames(`a frame of site ${this.#site}`)
    const reader = this.#reader
    this.#waiting++
    reader
      .fromWav(bytes)
      .then(
        samples => {
          if (this.#reader === reader) this.#hear(samples, at, sessionId)
        },
        (error: unknown) => this.#refuse(error),
      )
      .finally(() => {
        this.#waiting--
      })
  }

  #refuse(thrown: unknown): void {
    const what = `a frame of site ${this.#site}`
    const error =
      thrown instanceof FieldmouseError
        ? thrown
        : errors.audio_unreadable({ what, problem: String(thrown) }, thrown)
    this.#counts.framesUnreadable++
    this.#unreadable++
    // told once for all that follow
    if (this.#unreadable === 1)
      this.#options.onEvent({ name: 'HermesFrameUnreadable', site: this.#site, error })
    if (this.#unreadable % HOPELESS === 0) this.#listener.unreadable(error)
  }

  #close(): void {
    this.#reader?.close()
    this.#reader = undefined
  }
}
