/**
 * The data of the events that are read, as others may send them: what they add is let through unread, `null` is the same
 * as nothing. What is written is built where it is written.
 * @source wyoming 1.10.2 asr.py, audio.py, tts.py, intent.py, handle.py, wake.py, error.py, info.py
 */
import { z } from '../../base/schema.js'

/** Longest text that is read aloud, acted on or sent back as recognised. Home Assistant's longest answers have some 2,000. */
const LONGEST_TEXT = 8_192

const Text = z.string().max(LONGEST_TEXT)

/** Ranges of the room's own reader of sound are checked there; these only keep nonsense from being multiplied. */
export const AudioFormat = z.object({
  /** Hertz. */
  rate: z.int().min(1).max(1_000_000),
  /** Bytes of a sample. */
  width: z.int().min(1).max(8),
  channels: z.int().min(1).max(64),
})
export type AudioFormat = z.output<typeof AudioFormat>

/** Whom a request is about; Home Assistant's conversation sends these. */
export const Context = z
  .object({
    conversation_id: z.string().max(128).nullish(),
    satellite_id: z.string().max(128).nullish(),
    device_id: z.string().max(128).nullish(),
  })
  .nullish()
export type Context = z.output<typeof Context>

/** `transcribe` answered, or a sentence for `handle`. */
export const TranscriptData = z.object({
  text: Text,
  language: z.string().max(64).nullish(),
  context: Context,
})
export const Recognize = z.object({ text: Text, context: Context })
export const Synthesize = z.object({ text: Text })
export const Ping = z.object({ text: Text.nullish() })
export const ErrorData = z.object({ text: z.string(), code: z.string().nullish() })
export const Detection = z.object({ name: z.string().nullish(), timestamp: z.number().nullish() })

const Service = z.object({ name: z.string(), installed: z.boolean().nullish() })
const Services = z.array(Service).nullish()
/** What a service offers, as far as anybody here asks. */
export const Info = z.object({
  asr: Services,
  tts: Services,
  wake: Services,
  intent: Services,
  handle: Services,
})
export type Info = z.output<typeof Info>
