import { errors } from '../errors.js'
import { FrameStream, type PcmShape } from './decode.js'
import { SAMPLE_RATE, type Samples } from './pcm.js'

/** Sound that arrives in frames, up to a length; kept as samples, so what it holds depends on its length alone. */
export class Utterance {
  readonly #what: string
  readonly #longestSeconds: number
  readonly #frames: FrameStream
  #parts: Samples[] = []
  #length = 0

  /** @param what what is heard, for messages */
  constructor(what: string, longestSeconds: number) {
    this.#what = what
    this.#longestSeconds = longestSeconds
    this.#frames = new FrameStream(what)
  }

  /** @throws audio_unreadable, audio_too_long */
  async add(bytes: Uint8Array, format: PcmShape): Promise<void> {
    // before it is resampled: low rates grow
    this.#check(bytes.length / (format.width * format.channels) / format.rate)
    const samples = await this.#frames.fromPcm(bytes, format)
    this.#parts.push(samples)
    this.#length += samples.length
    this.#check(0)
  }

  /** @throws audio_empty */
  samples(): Samples {
    if (this.#length === 0) throw errors.audio_empty({ what: this.#what })
    const all = new Int16Array(this.#length)
    let at = 0
    for (const part of this.#parts) {
      all.set(part, at)
      at += part.length
    }
    return all
  }

  /** Gives back what it holds. Safe twice. */
  close(): void {
    this.#frames.close()
    this.#parts = []
    this.#length = 0
  }

  #check(moreSeconds: number): void {
    const seconds = this.#length / SAMPLE_RATE + moreSeconds
    const most = this.#longestSeconds
    if (seconds > most) throw errors.audio_too_long({ what: this.#what, seconds, most })
  }
}
