/** What a Wyoming client is told about the services behind the door. Pure. */
import { event, type WyomingEvent } from '../../bus/wyoming/event.js'

/** A program behind the door, as clients list it. */
export interface OfferedProgram {
  /** `pocketsphinx`, `espeak-ng`. */
  readonly name: string
  readonly version?: string
  /** BCP 47: `en`, `en-GB`. */
  readonly languages: readonly string[]
}

/** What is offered. What is not installed is left out, so that nobody chooses it. */
export interface Offer {
  /** Of the daemon. */
  readonly version: string
  /** Of commands. */
  readonly languages: readonly string[]
  readonly recogniser?: OfferedProgram
  readonly speaker?: OfferedProgram
}

const ATTRIBUTION = { name: 'Fieldmouse', url: '' }

/**
 * The answer to `describe`. All fields that the reference client has no default for are there; `installed` models make
 * the languages that Home Assistant offers.
 * @source wyoming 1.10.2 info.py; home-assistant/core components/wyoming stt.py, tts.py, conversation.py
 */
export function wyomingInfo(offer: Offer): WyomingEvent {
  const artifact = (name: string, description: string, version: string | undefined) => ({
    name,
    description,
    version: version ?? null,
    attribution: ATTRIBUTION,
    installed: true,
  })
  const about = (description: string) => artifact('fieldmouse', description, offer.version)
  const { recogniser, speaker } = offer
  const commands = {
    ...artifact('home', 'The devices of this home', offer.version),
    languages: [...offer.languages],
  }
  return event('info', {
    asr: recogniser
      ? [
          {
            ...about('Speech to text for the devices of this home'),
            models: [
              {
                ...artifact(recogniser.name, recogniser.name, recogniser.version),
                languages: [...recogniser.languages],
              },
            ],
            supports_transcript_streaming: false,
            // the end of a command is told by audio-stop
            requires_external_vad: true,
          },
        ]
      : [],
    tts: speaker
      ? [
          {
            ...about('Text to speech'),
            voices: [
              {
                ...artifact(speaker.name, speaker.name, speaker.version),
                languages: [...speaker.languages],
                speakers: null,
              },
            ],
            supports_synthesize_streaming: true,
          },
        ]
      : [],
    intent: [{ ...about('Recognises commands without doing them'), models: [commands] }],
    handle: [
      {
        ...about('Does what it is told'),
        models: [commands],
        supports_handled_streaming: false,
        supports_home_control: true,
      },
    ],
    wake: [],
    mic: [],
    snd: [],
  })
}
