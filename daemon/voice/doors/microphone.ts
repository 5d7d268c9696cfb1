/**
 * The board's own microphone and loudspeaker: utterances are cut out of its stream, understood and answered. Where a wake
 * word is asked for, nothing is understood before it; without one, only what is surely a command is acted on, and what is
 * not is passed over in silence, since most of what a room hears is not for it.
 */
import { type Clock, sleep } from '../../base/clock.js'
import { describe } from '../../base/errors.js'
import type { Part } from '../../base/part.js'
import { durationMs, type Samples } from '../audio/pcm.js'
import { Capture, type CaptureEvent, type CaptureOptions } from '../capture.js'
import type { Answer, Place, VoiceServices } from '../conversation.js'
import { EchoGate, Endpointer } from '../endpoint.js'
import type { Player } from '../play.js'
import { tone } from '../tones.js'
import { Ring } from './sample-ring.js'

/** What happens at the microphone, for logs and conditions. */
export type MicrophoneEvent =
  | CaptureEvent
  | { type: 'failed'; where: 'hearing' | 'answering' | 'speaking' | 'wake word'; problem: string }
  /** Somebody spoke while the sentence before was still being answered; it was not listened to. */
  | { type: 'overrun' }

export interface MicrophoneOptions {
  capture: Pick<CaptureOptions, 'device' | 'program' | 'args'>
  services: VoiceServices
  clock: Clock
  place: Place
  /** Where answers are played; nowhere without one. */
  player?: Pick<Player, 'play'>
  /** Waits for a wake word in the stream. Without it everything is listened to. */
  wake?: (sound: AsyncIterable<Samples>, signal: AbortSignal) => Promise<unknown>
  /** Below this nothing is understood, 0 to 1. */
  minConfidence: number
  confirm: 'words' | 'tone'
  /** How long speech is waited for after the wake word or a question, milliseconds. */
  waitMs: number
  silenceMs: number
  longestMs: number
  onEvent(event: MicrophoneEvent): void
}

/** The wake word's service is asked again after this. */
const WAKE_RETRY_MS = 5_000

export class MicrophoneDoor implements Part {
  readonly name = 'microphone door'
  readonly #o: MicrophoneOptions
  readonly #capture: Capture
  readonly #gate = new EchoGate()
  #endpointer: Endpointer
  #stop = new AbortController()
  #busy = false
  /** Listened to until then, without a wake word; for ever where none is asked for. Monotonic, milliseconds. */
  #openUntil: number
  #ring: Ring | undefined
  /** Takes back what was begun with sound that will not be the utterance. */
  #unexpect = () => {}
  #waking: Promise<void> = Promise.resolve()

  constructor(options: MicrophoneOptions) {
    this.#o = options
    this.#openUntil = options.wake ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
    this.#endpointer = this.#newEndpointer()
    this.#capture = new Capture({
      ...options.capture,
      clock: options.clock,
      onSamples: samples => this.#hear(samples),
      onEvent: event => options.onEvent(event),
    })
  }

  /** @throws microphone_program_missing */
  async start(signal: AbortSignal): Promise<void> {
    this.#stop = new AbortController()
    await this.#capture.start(signal)
    if (this.#o.wake) this.#waking = this.#listenForWake(this.#o.wake)
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the microphone is closed'))
    this.#ring?.end()
    await this.#capture.stop()
    await this.#waking
  }

  #newEndpointer(): Endpointer {
    return new Endpointer({ trailingMs: this.#o.silenceMs, longestMs: this.#o.longestMs })
  }

  #hear(samples: Samples): void {
    const now = this.#o.clock.monotonic()
    if (this.#gate.hears(now) === 'nothing') {
      // its own voice: what was begun is no utterance
      this.#endpointer.flush()
      this.#unexpect()
      return
    }
    if (now > this.#openUntil && !this.#endpointer.speaking) {
      this.#ring?.push(samples)
      return
    }
    for (const event of this.#endpointer.push(samples)) {
      if (event.type === 'end') void this.#utterance(event.samples)
      if (event.type === 'resumed') this.#unexpect()
      // while the silence behind it is waited for
      if (event.type === 'pause' && !this.#busy)
        this.#unexpect = this.#o.services.expect?.(event.samples, this.#o.place) ?? (() => {})
    }
  }

  async #listenForWake(wake: NonNullable<MicrophoneOptions['wake']>): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      this.#ring = new Ring()
      try {
        if ((await wake(this.#ring, signal)) && !signal.aborted) await this.#woken()
      } catch (error) {
        if (signal.aborted) return
        this.#o.onEvent({ type: 'failed', where: 'wake word', problem: describe(error) })
        await sleep(WAKE_RETRY_MS, signal).catch(() => {})
      }
    }
  }

  /** After the wake word: open until somebody has spoken, or nobody did. */
  async #woken(): Promise<void> {
    await this.#play(tone('listening'))
    this.#endpointer = this.#newEndpointer()
    this.#openUntil = this.#o.clock.monotonic() + this.#o.waitMs
    while (!this.#stop.signal.aborted) {
      const left = this.#openUntil - this.#o.clock.monotonic()
      if (left <= 0 && !this.#endpointer.speaking && !this.#busy) return
      await sleep(Math.max(100, Math.min(left, 500)), this.#stop.signal).catch(() => {})
    }
  }

  async #utterance(samples: Samples): Promise<void> {
    if (this.#busy) {
      this.#unexpect()
      this.#o.onEvent({ type: 'overrun' })
      return
    }
    this.#busy = true
    try {
      await this.#answer(samples)
    } finally {
      this.#busy = false
    }
  }

  async #answer(samples: Samples): Promise<void> {
    const { services, place, minConfidence } = this.#o
    const { signal } = this.#stop
    const asked = this.#openUntil !== Number.POSITIVE_INFINITY
    let where: 'hearing' | 'answering' | 'speaking' = 'hearing'
    try {
      const heard = await services.transcribe(samples, place, signal)
      if (heard.text === '' || heard.confidence < minConfidence) {
        if (asked) await this.#play(tone('not_understood'))
        return
      }
      where = 'answering'
      const answer = await services.answer(heard.text, place, { signal, confidence: heard.confidence })
      if (answer.notUnderstood && !asked) return
      where = 'speaking'
      await this.#say(answer)
      // a question is answered without the wake word
      if (asked)
        this.#openUntil = answer.asks ? this.#o.clock.monotonic() + this.#o.waitMs : Number.NEGATIVE_INFINITY
    } catch (error) {
      if (signal.aborted) return
      this.#o.onEvent({ type: 'failed', where, problem: describe(error) })
      await this.#play(tone('not_understood'))
    }
  }

  async #say(answer: Answer): Promise<void> {
    if (!this.#o.player) return
    const brief = answer.plain && this.#o.confirm === 'tone'
    await this.#play(brief ? tone('done') : await this.#o.services.speak(answer.text, this.#stop.signal))
  }

  /** A loudspeaker that fails is told of; what was done is done. */
  async #play(samples: Samples): Promise<void> {
    const { player, clock, onEvent } = this.#o
    if (!player) return
    this.#gate.playing(clock.monotonic(), durationMs(samples))
    await player.play(samples, this.#stop.signal).catch(error => {
      if (!this.#stop.signal.aborted) onEvent({ type: 'failed', where: 'speaking', problem: describe(error) })
    })
    this.#gate.finished(clock.monotonic())
  }
}
