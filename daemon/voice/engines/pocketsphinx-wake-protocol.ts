/** What the wake word's engine asks its child, and what it is answered. Checked on both sides. */
import { z } from '../../base/schema.js'

export const WakeLoad = z.object({
  /** Holds the acoustic model `en-us/` and the dictionary `cmudict-en-us.dict`. */
  modelFolder: z.string().min(1),
  phrase: z.string().min(1),
  /** Powers of ten by which it may be less likely than any other sound. */
  threshold: z.number().positive(),
  /** Streams that are listened to at once. */
  streams: z.number().int().min(1),
})
export type WakeLoad = z.output<typeof WakeLoad>

export const WakeQuestion = z.object({
  stream: z.string(),
  samples: z.custom<Int16Array>(value => value instanceof Int16Array, 'samples of 16 bits'),
  /** They do not follow on what came before. */
  anew: z.boolean(),
})
export type WakeQuestion = z.output<typeof WakeQuestion>

export const WakeAnswer = z.object({ heard: z.boolean() })
export type WakeAnswer = z.output<typeof WakeAnswer>
