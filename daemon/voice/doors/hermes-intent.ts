/** An intent of ours in the words of Hermes. It tells what was done; it asks nobody to do it (unless `act` is off). */
import type { Hermes, HermesSlot } from '../../bus/hermes/messages.js'
import type { Intent } from '../conversation.js'

/** What is the same in all messages about one sentence. */
export interface About {
  siteId: string
  sessionId?: string
  input: string
  id?: string
  customData?: unknown
  wakewordId?: string
  lang?: string
  asrConfidence?: number
}

type Given<K extends Hermes['kind']> = Extract<Hermes, { kind: K }>

/** @param intentName a level of a topic: what cannot stand in one becomes `_` */
export function intentMessage(about: About, intent: Intent): Given<'intent'> {
  const { intentName, confidenceScore } = named(intent)
  return {
    kind: 'intent',
    intentName,
    ...about,
    intent: { intentName, confidenceScore },
    slots: slotsOf(about.input, intent),
    rawInput: about.input,
  }
}

/** The same as a skill that is its own dialogue manager expects it. */
export function parsedMessage(
  { siteId, sessionId, input, id }: About,
  intent: Intent,
): Given<'intentParsed'> {
  return {
    kind: 'intentParsed',
    siteId,
    sessionId,
    input,
    id,
    intent: named(intent),
    slots: slotsOf(input, intent),
  }
}

function named({ name, confidence }: Intent) {
  return {
    intentName: name.replace(/[+#/\s\u0000-\u001f]/g, '_').slice(0, 128) || '_',
    confidenceScore: unit(confidence),
  }
}

/** Where the words of a slot stand in the sentence is told where they do; a room that nobody named stands nowhere. */
function slotsOf(input: string, intent: Intent): HermesSlot[] {
  const confidence = unit(intent.confidence)
  let from = 0
  return intent.slots.map(({ name, value, raw }) => {
    const found = raw === '' ? -1 : input.indexOf(raw, from)
    const start = found >= 0 || raw === '' ? found : input.indexOf(raw)
    if (found >= 0) from = found + raw.length
    return {
      entity: name,
      slotName: name,
      rawValue: raw,
      confidence,
      value: { kind: 'Custom', value },
      ...(start < 0 ? {} : { range: { start, end: start + raw.length } }),
    }
  })
}

const unit = (value: number) => Math.max(0, Math.min(1, value))
