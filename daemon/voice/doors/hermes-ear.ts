/** One utterance as it comes in: frames in, the endpointer's events out. */
import type { Samples } from '../audio/pcm.js'
import { SAMPLE_RATE } from '../audio/pcm.js'

/** What an endpointer finds in sound. */
export type EndpointEvent =
  | { type: 'start' }
  /** Should nothing more be said, these very samples are the utterance; else `resumed` follows. */
  | { type: 'pause'; samples: Samples }
  | { type: 'resumed' }
  | { type: 'end'; samples: Samples; reason: string }
  | { type: 'nothing'; reason: string }

/** Finds where an utterance begins and ends. One serves one utterance. */
export interface Endpointing {
  push(samples: Samples): EndpointEvent[]
  /** No more comes: what was heard so far is the utterance. */
  flush(): EndpointEvent[]
}

/** Takes all sound as the utterance until somebody says that it ends, or it gets too long. */
export class TakeAll implements Endpointing {
  readonly #most: number
  #parts: Samples[] = []
  #length = 0

  constructor(longestMs: number) {
    this.#most = (longestMs / 1000) * SAMPLE_RATE
  }

  push(samples: Samples): EndpointEvent[] {
    const first = this.#length === 0
    this.#parts.push(samples)
    this.#length += samples.length
    if (this.#length >= this.#most) return this.flush('longest')
    return first ? [{ type: 'start' }] : []
  }

  flush(reason = 'stopped'): EndpointEvent[] {
    if (this.#length === 0) return [{ type: 'nothing', reason }]
    const samples = new Int16Array(this.#length)
    let at = 0
    for (const part of this.#parts) {
      samples.set(part, at)
      at += part.length
    }
    this.#parts = []
    this.#length = 0
    return [{ type: 'end', samples, reason }]
  }
}

/** Somebody is listened to. */
export class Ear {
  readonly sessionId: string | undefined
  /** When sound came last, or listening began. Monotonic, milliseconds. */
  heardAt: number
  readonly openedAt: number
  readonly #deafUntil: number
  readonly #endpointing: Endpointing
  readonly #onEvent: (event: EndpointEvent) => void
  #closed = false
  #ofSession = false

  constructor(options: {
    sessionId?: string
    endpointing: Endpointing
    at: number
    /** Sound of the first so many milliseconds is the echo of what was just said. */
    deafMs: number
    onEvent: (event: EndpointEvent) => void
  }) {
    this.sessionId = options.sessionId
    this.openedAt = options.at
    this.heardAt = options.at
    this.#deafUntil = options.at + options.deafMs
    this.#endpointing = options.endpointing
    this.#onEvent = options.onEvent
  }

  /**
   * @param ofSession the frame is for this session alone. A satellite that sends both kinds sends everything twice:
   *   once frames of the session came, others are passed over.
   */
  hear(samples: Samples, at: number, ofSession: boolean): void {
    if (this.#closed || (this.#ofSession && !ofSession)) return
    this.#ofSession = ofSession
    this.heardAt = at
    if (at >= this.#deafUntil) this.#tell(this.#endpointing.push(samples))
  }

  /** Somebody says that the utterance is over. */
  stop(): void {
    if (!this.#closed) this.#tell(this.#endpointing.flush())
  }

  /** Nothing is told any more. */
  close(): void {
    this.#closed = true
  }

  #tell(events: EndpointEvent[]): void {
    for (const event of events) {
      if (this.#closed) return
      if (event.type === 'end' || event.type === 'nothing') this.close()
      this.#onEvent(event)
    }
  }
}
