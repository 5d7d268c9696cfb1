import { SAMPLE_RATE, type Samples } from './audio/pcm.js'
import { FRAME, type FrameView, VoiceDetector } from './audio/voice-detector.js'

/** Where utterances begin and end, in milliseconds. */
export interface EndpointOptions {
  /** Sound kept from before the first speech: the breath of an "s". Default 300. */
  preRollMs?: number
  /** Silence after which an utterance is over. Default 700: the longest pause within 118 of 120 orders was under 450. */
  trailingMs?: number
  /** Less speech than this is a cough. Default 150: "stop" has twice as much. */
  minSpeechMs?: number
  /** An utterance is ended here at the latest. Default 15,000. */
  longestMs?: number
  /** How long speech is waited for before `nothing` is told, again and again. Default: for ever, and nothing is told. */
  waitMs?: number
}

/** What the endpointer says. Each `start` is followed by exactly one `end`; `nothing` comes only between them, `pause` within. */
export type EndpointEvent =
  | { type: 'start'; atMs: number }
  /**
   * Silence so far: should nothing more be said, `samples` are those of the `end` that comes, the very same object. What is
   * made of them meanwhile is ready when it comes. Else `resumed` follows.
   */
  | { type: 'pause'; samples: Samples }
  | { type: 'resumed' }
  /** `samples` begin with the pre-roll and end a little after the last speech. */
  | { type: 'end'; samples: Samples; reason: 'silence' | 'longest' | 'stopped' }
  | { type: 'nothing'; reason: 'no_speech' | 'stopped' }

/** A voiced frame stands this far out of its noise (see FrameView), and this far above the level of the room, dB. */
const START_ABOVE_DB = 5
const START_LEVEL_DB = 6
/** So many of the last so many frames must be voiced. */
const START_VOICED = 10
const START_FRAMES = 20
/**
 * In an utterance a frame counts as speech down to this far below its loudest. With kitchen noise 6 dB below the speech 13 lets
 * the end be found (1.2 to 1.9 s late at p90); at 20 the noise goes on as speech (p90 6.7 s); nothing is cut at either.
 */
const GOES_ON_DB = 13
const GOES_ON_ABOVE_DB = 1
const GOES_ON_ROOM_DB = 2
/** The loudest is forgotten at this pace, dB for each frame. */
const FORGET_DB = 0.01
/** Speech goes on while so many of the last so many frames are voiced: a plate is shorter. */
const GOES_ON_VOICED = 4
const GOES_ON_FRAMES = 10
/** The level of the room rises faster than it falls, so that it follows the louder part of its noise. Of the difference. */
const ROOM_RISES = 0.03
const ROOM_FALLS = 0.01
const ROOM_STEP_DB = 10
/** A stream may begin with speech: the room is not taken for louder than this at first (full scale is 105). */
const ROOM_AT_FIRST_DB = 35
/**
 * What lies before the first speech is kept whole this long: of people who speak as soon as the stream is open, speech is told
 * up to 0.5 s late (a tenth of them more than 0.2 s), since the room is not known yet.
 */
const HEAD_MS = 800
/** Kept after the last speech. */
const TAIL_MS = 300

const FRAME_MS = (FRAME / SAMPLE_RATE) * 1000

/**
 * Cuts a stream of samples into utterances. Pure: no clock but the samples themselves, and the same whatever the size of the
 * pieces they come in. Adapts to the noise of the room. Holds at most pre-roll and longest utterance, 0.5 MB by default.
 */
export class Endpointer {
  readonly #o: Required<EndpointOptions>
  readonly #detector = new VoiceDetector()
  /** Samples that make no frame yet. */
  #rest: Samples = new Int16Array(0)
  /** Before speech: as much as the pre-roll and the start need. In it: all of it. */
  #kept: Samples[] = []
  /** Frames taken since the beginning of the stream. */
  #frame = 0
  /** Voiced or not, of the last frames. */
  #voiced: boolean[] = []
  #room: number | undefined
  #waitedFrom = 0
  #speech: Speech | undefined

  constructor(options: EndpointOptions = {}) {
    this.#o = {
      preRollMs: 300,
      trailingMs: 700,
      minSpeechMs: 150,
      longestMs: 15_000,
      waitMs: Number.POSITIVE_INFINITY,
      ...options,
    }
  }

  /** Whether an utterance has begun and not ended. */
  get speaking(): boolean {
    return this.#speech?.told ?? false
  }

  /** @param samples any number of them */
  push(samples: Samples): EndpointEvent[] {
    const events: EndpointEvent[] = []
    const all = this.#rest.length > 0 ? joined([this.#rest, samples]) : samples
    let at = 0
    for (; at + FRAME <= all.length; at += FRAME) this.#take(all.slice(at, at + FRAME), events)
    this.#rest = all.slice(at)
    return events
  }

  /** The stream is over, or nobody listens any more. What was said so far is an utterance. */
  flush(): EndpointEvent[] {
    const events: EndpointEvent[] = []
    if (this.#speech?.told) {
      this.#kept.push(this.#rest)
      this.#end('stopped', events)
    } else {
      this.#speech = undefined
      this.#kept = []
      events.push({ type: 'nothing', reason: 'stopped' })
    }
    this.#rest = new Int16Array(0)
    this.#voiced = []
    this.#waitedFrom = this.#frame
    return events
  }

  #take(frame: Samples, events: EndpointEvent[]): void {
    const view = this.#detector.push(frame)
    this.#frame++
    this.#kept.push(frame)
    this.#room ??= Math.min(view.level, ROOM_AT_FIRST_DB)
    if (this.#speech) this.#goOn(this.#speech, view, events)
    else this.#listen(view, events)
  }

  #listen(view: FrameView, events: EndpointEvent[]): void {
    const room = this.#room!
    const voiced = view.above >= START_ABOVE_DB && view.level >= room + START_LEVEL_DB
    this.#room =
      room +
      (Math.min(view.level, room + ROOM_STEP_DB) - room) * (view.level > room ? ROOM_RISES : ROOM_FALLS)
    const count = this.#note(voiced, START_FRAMES)
    const head = this.#frame * FRAME_MS <= HEAD_MS
    const most = head ? this.#frame : framesIn(this.#o.preRollMs) + START_FRAMES
    if (this.#kept.length > most) this.#kept.splice(0, this.#kept.length - most)
    if (count >= START_VOICED) {
      const first = this.#frame - this.#voiced.length + this.#voiced.indexOf(true)
      const before = head ? this.#frame : framesIn(this.#o.preRollMs) + this.#frame - first
      if (this.#kept.length > before) this.#kept.splice(0, this.#kept.length - before)
      this.#voiced = []
      this.#speech = {
        first,
        last: this.#frame,
        voiced: count,
        loudest: view.level,
        mean: view.level,
        told: false,
      }
    } else if ((this.#frame - this.#waitedFrom) * FRAME_MS >= this.#o.waitMs) {
      this.#waitedFrom = this.#frame
      events.push({ type: 'nothing', reason: 'no_speech' })
    }
  }

  #goOn(speech: Speech, view: FrameView, events: EndpointEvent[]): void {
    speech.loudest = Math.max(view.level, speech.loudest - FORGET_DB)
    speech.mean += (view.level - speech.mean) * ROOM_FALLS
    const least = Math.max(this.#room! + GOES_ON_ROOM_DB, speech.loudest - GOES_ON_DB)
    const voiced = view.level >= least && view.above >= GOES_ON_ABOVE_DB
    if (voiced) speech.voiced++
    if (this.#note(voiced, GOES_ON_FRAMES) >= GOES_ON_VOICED) speech.last = this.#frame
    if (speech.paused && speech.last === this.#frame) {
      speech.paused = undefined
      events.push({ type: 'resumed' })
    }
    if (!speech.told && speech.voiced * FRAME_MS >= this.#o.minSpeechMs) {
      speech.told = true
      events.push({ type: 'start', atMs: speech.first * FRAME_MS })
    }
    if ((this.#frame - speech.last) * FRAME_MS >= this.#o.trailingMs) {
      if (speech.told) this.#end('silence', events)
      else this.#forget()
    } else if (speech.told && this.#frame - speech.last === framesIn(TAIL_MS)) {
      speech.paused = joined(this.#kept)
      events.push({ type: 'pause', samples: speech.paused })
    } else if ((this.#frame - speech.first) * FRAME_MS >= this.#o.longestMs) {
      // music, a television: from now on only what is louder counts
      this.#room = Math.max(this.#room!, speech.mean)
      if (speech.told) this.#end('longest', events)
      else this.#forget()
    }
  }

  #end(reason: 'silence' | 'longest' | 'stopped', events: EndpointEvent[]): void {
    const silent = this.#frame - this.#speech!.last - framesIn(TAIL_MS)
    const kept = reason === 'silence' && silent > 0 ? this.#kept.slice(0, -silent) : this.#kept
    const paused = reason === 'silence' ? this.#speech!.paused : undefined
    if (this.#speech!.paused && !paused) events.push({ type: 'resumed' })
    events.push({ type: 'end', samples: paused ?? joined(kept), reason })
    // the silence that was cut off is what comes before the next one
    this.#kept = this.#kept.slice(kept.length)
    this.#speech = undefined
    this.#voiced = []
    this.#waitedFrom = this.#frame
  }

  /** It was a cough. The time that speech is waited for goes on. */
  #forget(): void {
    this.#speech = undefined
    this.#voiced = []
  }

  /** @returns how many of the last `frames` were voiced */
  #note(voiced: boolean, frames: number): number {
    this.#voiced.push(voiced)
    if (this.#voiced.length > frames) this.#voiced.shift()
    return this.#voiced.reduce((sum, value) => sum + (value ? 1 : 0), 0)
  }
}

interface Speech {
  /** Frames, counted from the beginning of the stream. */
  first: number
  last: number
  /** How many were voiced. */
  voiced: number
  /** dB. */
  loudest: number
  /** Smoothed over a second, dB. */
  mean: number
  /** `start` was told. */
  told: boolean
  /** What `pause` told, as long as nobody spoke since. */
  paused?: Samples | undefined
}

const framesIn = (ms: number) => Math.ceil(ms / FRAME_MS)

function joined(parts: readonly Samples[]): Samples {
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/**
 * Keeps a site from hearing itself: while it plays, and until the room has gone quiet after it, its endpointer gets nothing,
 * and what it had begun is dropped by its caller (`flush`). With barge-in the wake word and "stop" are still listened for,
 * which are cheap to tell from an echo; free speech is not, without the played signal at hand.
 */
export class EchoGate {
  readonly #tailMs: number
  readonly #bargeIn: boolean
  #untilMs = Number.NEGATIVE_INFINITY

  /** @param tailMs the echo of a room, and what a player keeps back. Default 400 */
  constructor({ tailMs = 400, bargeIn = false }: { tailMs?: number; bargeIn?: boolean } = {}) {
    this.#tailMs = tailMs
    this.#bargeIn = bargeIn
  }

  /** The site plays something. Monotonic milliseconds; a known end may be corrected by `finished`. */
  playing(fromMs: number, durationMs: number): void {
    this.#untilMs = Math.max(this.#untilMs, fromMs + durationMs + this.#tailMs)
  }

  /** It said that it is done, or was stopped. */
  finished(atMs: number): void {
    this.#untilMs = Math.min(this.#untilMs, atMs + this.#tailMs)
  }

  /** What may be made of sound that came in now. */
  hears(atMs: number): 'everything' | 'wake_word' | 'nothing' {
    if (atMs >= this.#untilMs) return 'everything'
    return this.#bargeIn ? 'wake_word' : 'nothing'
  }
}
