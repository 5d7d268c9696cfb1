/** What the PocketSphinx engine asks its child, and what it is answered. Checked on both sides. */
import { z } from '../../base/schema.js'

export const LoadOptions = z.object({
  /** Holds the acoustic model `en-us/` and the dictionary `cmudict-en-us.dict`. */
  modelFolder: z.string().min(1),
  /** Takes noise away before recognition. */
  denoise: z.boolean(),
  /** Languages that stay compiled; the one longest unused makes room. */
  languages: z.number().int().min(1),
  /** Readings of an open language, best first. */
  readings: z.number().int().min(1),
})
export type LoadOptions = z.output<typeof LoadOptions>

/** A `SpeechLanguage` as it goes over the channel. */
export const Definition = z.object({
  grammar: z.string().optional(),
  ngram: z.string().optional(),
  pronunciations: z.array(z.tuple([z.string(), z.array(z.string())])),
})
export type Definition = z.output<typeof Definition>

export const Question = z.object({
  samples: z.custom<Int16Array>(value => value instanceof Int16Array, 'samples of 16 bits'),
  /** Its id; the definition comes with it when the child has said that it needs it. */
  language: z.string(),
  definition: Definition.optional(),
})
export type Question = z.output<typeof Question>

const Heard = z.object({
  type: z.literal('heard'),
  hypotheses: z.array(
    z.object({ text: z.string(), confidence: z.number().min(0).max(1), score: z.number() }),
  ),
  ms: z.number().min(0),
  /** Words that have no pronunciation and cannot be heard; told once, when the language is compiled. */
  dropped: z.array(z.string()),
})
export type HeardAnswer = z.output<typeof Heard>

export const Answer = z.discriminatedUnion('type', [
  Heard,
  /** The language is not, or no longer, compiled here: ask again with its definition. */
  z.object({ type: z.literal('needs_language') }),
])
export type Answer = z.output<typeof Answer>
