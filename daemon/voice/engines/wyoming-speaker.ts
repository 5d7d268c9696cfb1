import { parse } from '../../base/schema.js'
import { event } from '../../bus/wyoming/event.js'
import { AudioFormat } from '../../bus/wyoming/vocabulary.js'
import type { Samples } from '../audio/pcm.js'
import { Utterance } from '../audio/utterance.js'
import { callWyoming, hearEvent, type WyomingService } from './wyoming-call.js'

/** `voice.speaker.wyoming`. */
export interface WyomingSpeakerOptions extends WyomingService {
  /** Of the service's voices. Default its own choice. */
  voice?: string
  /** More sound than this is refused. Default 60 s. */
  longestSeconds?: number
}

/** Text to speech by a Wyoming service: piper and others. Nothing is held between calls. */
export class WyomingSpeaker {
  readonly #options: WyomingSpeakerOptions

  constructor(options: WyomingSpeakerOptions) {
    this.#options = options
  }

  /**
   * @returns samples at `SAMPLE_RATE`, whatever rate the voice has
   * @throws wyoming_unreachable, wyoming_lost, speech_service_left, speech_service_failed, speech_engine_hung,
   * audio_empty, audio_unreadable, audio_too_long
   */
  speak(text: string, signal: AbortSignal): Promise<Samples> {
    const { voice, longestSeconds = 60 } = this.#options
    return callWyoming(this.#options, signal, async (stream, within) => {
      const sound = new Utterance(`the voice of ${stream.peer}`, longestSeconds)
      try {
        await stream.send(event('synthesize', { text, ...(voice ? { voice: { name: voice } } : {}) }))
        for (;;) {
          const next = await hearEvent(stream, within)
          if (next.type === 'audio-stop') return sound.samples()
          if (next.type === 'audio-chunk')
            await sound.add(next.payload, parse(AudioFormat, next.data, `sound of ${stream.peer}`))
        }
      } finally {
        sound.close()
      }
    })
  }
}
