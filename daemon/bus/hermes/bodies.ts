/**
 * The JSON bodies of Hermes messages. Fields and defaults are those of the Python classes that satellites and skills
 * are built with; what we do not know is passed over, and `null`, which they write for "not given", is taken as that.
 * @source rhasspy-hermes 0.6.2 (PyPI), dataclasses with camelCase names; docs/reference.md of rhasspy/rhasspy
 */
import { z } from '../../base/schema.js'
import { problemOfName } from './names.js'

const LONGEST_TEXT = 4_000

const name = z.string().superRefine((value, context) => {
  const problem = problemOfName(value)
  if (problem) context.addIssue({ code: 'custom', message: problem })
})
/** Not given, `null` and, for ids, the empty string are the same. */
const optional = <S extends z.ZodType>(schema: S) =>
  z.preprocess(value => value ?? undefined, schema.optional()).optional()
const optionalName = z
  .preprocess(value => (value === '' || value === null ? undefined : value), name.optional())
  .optional()
const withDefault = <S extends z.ZodType>(schema: S, value: z.output<S>) =>
  z.preprocess(given => given ?? value, schema)

const siteId = z.preprocess(
  value => (value === null || value === '' ? undefined : value),
  name.default('default'),
)
const text = z.string().max(LONGEST_TEXT)
const intentFilter = optional(z.array(z.string().max(256)).max(256))
/** Whatever the client wants back; text by the protocol, other JSON in practice. */
const customData = optional(z.unknown())
const likelihood = z.number().min(0).max(1)

const site = { siteId }
const session = { siteId, sessionId: optionalName }
const ofSession = { siteId, sessionId: name, customData }
const reason = withDefault(z.enum(['', 'dialogueSession', 'playAudio', 'ttsSay']).catch(''), '')
/** Which daemon published it, so that it knows its own words when a broker hands them back. Ours; others pass it over. */
const origin = optional(z.string().max(128))
const failure = { ...session, error: z.string(), context: optional(z.string()) }

export const WakeWordDetected = z.object({
  ...session,
  modelId: withDefault(z.string(), ''),
  modelVersion: withDefault(z.string(), ''),
  modelType: withDefault(z.string(), 'personal'),
  currentSensitivity: withDefault(z.number(), 1),
  sendAudioCaptured: optional(z.boolean()),
  lang: optional(z.string()),
  origin,
})
export const Toggle = z.object({ ...site, reason, origin })
export const StartListening = z.object({
  ...session,
  lang: optional(z.string()),
  stopOnSilence: withDefault(z.boolean(), true),
  sendAudioCaptured: withDefault(z.boolean(), false),
  wakewordId: optional(z.string()),
  intentFilter,
  origin,
})
export const StopListening = z.object({ ...session, origin })
export const TextCaptured = z.object({
  ...session,
  text: z.string(),
  likelihood,
  seconds: z.number().min(0),
  wakewordId: optional(z.string()),
  lang: optional(z.string()),
})
export const Query = z.object({
  ...session,
  input: text,
  id: optional(z.string().max(256)),
  intentFilter,
  wakewordId: optional(z.string()),
  lang: optional(z.string()),
  customData,
  asrConfidence: optional(likelihood),
})

const IntentName = z.object({ intentName: z.string(), confidenceScore: likelihood })
/** `value.value` is what was meant, `rawValue` what was said; `range` counts characters of the input, end exclusive. */
export const Slot = z.object({
  entity: z.string(),
  slotName: z.string(),
  rawValue: z.string(),
  confidence: likelihood,
  value: z.object({ kind: z.string(), value: z.unknown() }),
  range: optional(z.object({ start: z.int().min(0), end: z.int().min(0) })),
})
const slots = withDefault(z.array(Slot), [])
export const IntentParsed = z.object({
  ...session,
  input: z.string(),
  intent: IntentName,
  slots,
  id: optional(z.string()),
})
export const IntentRecognized = z.object({
  ...session,
  input: z.string(),
  intent: IntentName,
  slots,
  id: optional(z.string()),
  customData,
  asrTokens: optional(z.unknown()),
  asrConfidence: optional(likelihood),
  rawInput: optional(z.string()),
  wakewordId: optional(z.string()),
  lang: optional(z.string()),
})
export const NotRecognized = z.object({ ...session, input: z.string(), id: optional(z.string()), customData })

export const Init = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('action'),
    canBeEnqueued: withDefault(z.boolean(), true),
    text: optional(text),
    intentFilter,
    sendIntentNotRecognized: withDefault(z.boolean(), false),
  }),
  z.object({ type: z.literal('notification'), text }),
])
export const StartSession = z.object({ ...site, init: Init, customData, lang: optional(z.string()) })
export const ContinueSession = z.object({
  sessionId: name,
  customData,
  text: optional(text),
  intentFilter,
  sendIntentNotRecognized: withDefault(z.boolean(), false),
  slot: optional(z.string()),
  lang: optional(z.string()),
})
export const EndSession = z.object({ sessionId: name, text: optional(text), customData })
export const SessionQueued = z.object(ofSession)
export const SessionStarted = z.object({ ...ofSession, lang: optional(z.string()) })
/** Why a session ended. */
export const Reason = z.enum(['nominal', 'abortedByUser', 'intentNotRecognized', 'timeout', 'error'])
export const SessionEnded = z.object({ ...ofSession, termination: z.object({ reason: Reason }) })
export const SessionNotRecognized = z.object({ ...ofSession, input: optional(z.string()) })

export const Say = z.object({
  ...session,
  text,
  lang: optional(z.string()),
  id: optional(z.string().max(256)),
  volume: optional(z.number().min(0).max(1)),
})
export const SayFinished = z.object({ ...session, id: optional(z.string()) })
export const PlayFinished = z.object({ id: optional(z.string().max(256)), sessionId: optionalName })
export const Failure = z.object(failure)
