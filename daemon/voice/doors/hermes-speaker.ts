/** Says things at sites: one after the other at each, waiting until the satellite says that it has played them. */
import type { Hermes } from '../../bus/hermes/messages.js'
import { durationMs, type Samples } from '../audio/pcm.js'
import { encodeWav } from '../audio/wav.js'
import { errors } from '../errors.js'

export interface SpeakerOptions {
  publish: (message: Hermes) => Promise<void>
  /** Milliseconds. */
  monotonic: () => number
  newId: () => string
  wait: (ms: number, signal?: AbortSignal) => Promise<void>
  /** Beyond its length, for a sound to be fetched, played, and told of. Milliseconds. */
  graceMs: number
  /** Sounds waiting at one site. */
  queueLength: number
  /** Of a site, 0 to 1. */
  volumeOf: (siteId: string) => number
}

/** A satellite that never tells is not waited for every time. */
const SILENT_AFTER = 2
const SHORT_GRACE_MS = 300
/** What is heard at a site so long after something was played there is its echo, or played late. */
const ECHO_MS = 800
/** A client chooses the name of a site, so the number of those remembered has an end. */
const MOST_PLACES = 256

interface Place {
  last: Promise<void>
  waiting: number
  /** Under way: request id → its end. */
  playing: Map<string, () => void>
  /** Until when a sound of ours is in the room, as far as is known. Monotonic, milliseconds. */
  soundsUntil: number
  /** Sounds in a row that were not told of. */
  untold: number
}

export class HermesSpeaker {
  readonly #options: SpeakerOptions
  readonly #places = new Map<string, Place>()

  constructor(options: SpeakerOptions) {
    this.#options = options
  }

  /**
   * Resolves when the satellite has played it, or should have.
   * @param volume on top of the site's own, 0 to 1
   * @throws voice_busy, the signal's reason, what the broker says
   */
  async play(siteId: string, samples: Samples, signal: AbortSignal, volume = 1): Promise<void> {
    const place = this.#placeOf(siteId)
    if (place.waiting >= this.#options.queueLength)
      throw errors.voice_busy({ what: `${siteId} has ${place.waiting} things to say already` })
    place.waiting++
    const turn = place.last.then(() => this.#play(siteId, place, samples, signal, volume))
    place.last = turn.catch(() => {}) // told to its caller; the next has its turn
    try {
      await turn
    } finally {
      place.waiting--
    }
  }

  /** Whether what a site hears now may be what it plays. */
  isHeard(siteId: string, at: number): boolean {
    const place = this.#places.get(siteId)
    return place !== undefined && (place.playing.size > 0 || at < place.soundsUntil)
  }

  /** A satellite has played something. Some do not say what. */
  finished(siteId: string, id: string | undefined): void {
    const place = this.#places.get(siteId)
    const key = id ?? place?.playing.keys().next().value
    if (key !== undefined) place?.playing.get(key)?.()
  }

  async #play(siteId: string, place: Place, samples: Samples, signal: AbortSignal, volume: number) {
    signal.throwIfAborted()
    const requestId = this.#options.newId()
    const told = new AbortController()
    place.playing.set(requestId, () => told.abort())
    try {
      const loud = softer(samples, volume * this.#options.volumeOf(siteId))
      await this.#options.publish({ kind: 'playBytes', siteId, requestId, wav: encodeWav(loud) })
      const grace = place.untold >= SILENT_AFTER ? SHORT_GRACE_MS : this.#options.graceMs
      const ends = AbortSignal.any([signal, told.signal])
      const late = await this.#options.wait(durationMs(samples) + grace, ends).then(
        () => true,
        () => false,
      )
      signal.throwIfAborted()
      place.untold = late ? place.untold + 1 : 0
    } finally {
      place.playing.delete(requestId)
      place.soundsUntil = this.#options.monotonic() + ECHO_MS
    }
  }

  #placeOf(siteId: string): Place {
    let place = this.#places.get(siteId)
    if (!place) {
      for (const [id, { waiting }] of this.#places)
        if (this.#places.size >= MOST_PLACES && waiting === 0) this.#places.delete(id)
      const soundsUntil = Number.NEGATIVE_INFINITY
      place = { last: Promise.resolve(), waiting: 0, playing: new Map(), soundsUntil, untold: 0 }
      this.#places.set(siteId, place)
    }
    return place
  }
}

function softer(samples: Samples, volume: number): Samples {
  return volume >= 1 ? samples : samples.map(sample => sample * Math.max(0, volume))
}
