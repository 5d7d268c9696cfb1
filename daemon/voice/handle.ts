/** A `voice` request: one utterance, from its bytes to the reply of the command that was heard in it. */
import { FieldmouseError } from '../base/errors.js'
import { isWireCode } from '../requests/codes.js'
import { type Outcome, refusal } from '../requests/reply.js'
import type { Request } from '../requests/request.js'
import { decodeAudio } from './audio/decode.js'
import { measureLevels } from './audio/levels.js'
import { durationMs, type Samples } from './audio/pcm.js'
import type { Place, Transcript } from './conversation.js'

export interface VoiceRequestsOptions {
  longestSeconds: number
  /** Below this confidence (0 to 1) nothing is done. */
  minConfidence: number
  transcribe(samples: Samples, place: Place, signal: AbortSignal): Promise<Transcript>
  /** Understands a sentence and carries it out. */
  carryOut(
    text: string,
    place: Place,
    options: { signal: AbortSignal; dryRun: boolean; confirmed: boolean; heard: number },
  ): Promise<Outcome>
}

/** What was heard, in the `result` of a reply. */
export interface HeardOnWire {
  text: string
  confidence: number
  engine: string
  audio_ms: number
  asr_ms: number
  /** Loudest sample and mean power, dB of full scale; share of samples at full scale. */
  levels: { peak_dbfs: number; rms_dbfs: number; clipped: number; snr_db: number; advice?: string }
}

const round = (x: number, digits = 1) => Math.round(x * 10 ** digits) / 10 ** digits

/** Handles `voice` requests. */
export class VoiceRequests {
  readonly #o: VoiceRequestsOptions

  constructor(options: VoiceRequestsOptions) {
    this.#o = options
  }

  /** The handler that requests/ calls. Bad audio and a missing engine throw errors of the closed list. */
  async handle({ body, id }: Request, signal: AbortSignal): Promise<Outcome> {
    const { samples } = await decodeAudio(body.bytes ?? new Uint8Array(), 'the utterance', {
      longestSeconds: this.#o.longestSeconds,
    })
    const levels = measureLevels(samples)
    const place: Place = {
      // without a name each utterance is a conversation of its own place
      site: body.session ?? body.area ?? id,
      ...(body.session === undefined ? {} : { session: body.session }),
      ...(body.area === undefined ? {} : { area: body.area }),
    }
    let transcript: Transcript
    try {
      transcript = await this.#o.transcribe(samples, place, signal)
    } catch (error) {
      // what is wrong with a recogniser has many codes inside, and one for whoever spoke
      if (!(error instanceof FieldmouseError) || isWireCode(error.code)) throw error
      const { message, remedy } = error
      return refusal(error.code === 'speech_engine_busy' ? 'busy' : 'speech_unavailable', { message, remedy })
    }
    const heard: HeardOnWire = {
      text: transcript.text,
      confidence: round(transcript.confidence, 3),
      engine: transcript.engine,
      audio_ms: Math.round(durationMs(samples)),
      asr_ms: round(transcript.ms),
      levels: {
        peak_dbfs: round(levels.peakDbfs),
        rms_dbfs: round(levels.rmsDbfs),
        clipped: round(levels.clipped, 4),
        snr_db: round(levels.snrDb),
        ...(levels.advice ? { advice: levels.advice } : {}),
      },
    }
    if (transcript.text === '')
      return { ...refusal('no_speech', { message: nothing(heard) }), result: { heard } }
    if (transcript.confidence < this.#o.minConfidence)
      return {
        ...refusal('not_sure', {
          message: `I heard "${transcript.text}" and am not sure that it was for me.`,
          remedy: heard.levels.advice ?? 'Say it again, closer to the microphone.',
        }),
        confidence: heard.confidence,
        result: { heard },
      }
    const outcome = await this.#o.carryOut(transcript.text, place, {
      signal,
      dryRun: body.dryRun === true,
      confirmed: body.confirmed === true,
      heard: transcript.confidence,
    })
    const result = typeof outcome.result === 'object' && outcome.result !== null ? outcome.result : {}
    return {
      ...outcome,
      confidence: round(Math.min(outcome.confidence, transcript.confidence), 3),
      result: { ...result, heard },
    }
  }
}

/** Why there are no words, as far as the levels tell. */
function nothing({ audio_ms, levels }: HeardOnWire): string {
  const seconds = (audio_ms / 1000).toFixed(1)
  return `I heard no words in ${seconds} s of sound${levels.advice ? `: ${levels.advice}` : '.'}`
}
