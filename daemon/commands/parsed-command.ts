import { z } from '../base/schema.js'
import { ACTION_NAMES, type ActionName } from './vocabulary.js'

/** Which devices: an id, or a selector. No `area` and no `floor` means the speaker's area, else the whole home. */
export const Target = z.union([
  z.string(),
  z.strictObject({
    area: z.string().optional().describe('Area id, "here" (the speaker\'s area) or "all" (the whole home).'),
    floor: z.string().optional(),
    kind: z.string().optional().describe('Home Assistant domain.'),
    class: z.string().optional().describe('Home Assistant device class.'),
  }),
])
export type Target = z.infer<typeof Target>

/** A value as the action takes it. Percentages 0 to 100; steps are "up", "down" or a signed number. */
export const ParamValue = z.union([z.string(), z.number()])
export type Params = Record<string, string | number>

/** One thing to do or to answer. */
export const Action = z.strictObject({
  action: z.enum(ACTION_NAMES as [ActionName, ...ActionName[]]),
  targets: z.array(Target),
  params: z.record(z.string(), ParamValue),
})
export interface Action {
  action: ActionName
  targets: Target[]
  params: Params
}

/** Why nothing is done. `reason` is from a closed list; `message` is the sentence for the speaker. */
export interface Refusal {
  reason: RefusalReason
  message: string
  /** What the speaker or owner can do about it. */
  remedy: string
  /** `ambiguous`: ids of the devices that fit, and the place of the action that fits them. */
  candidates?: readonly string[]
  at?: number
}
/** Closed list of reasons why a command is not carried out. */
export const REFUSAL_REASONS = [
  'out_of_scope',
  'unknown_device',
  'unsupported',
  'ambiguous',
  'not_sure',
  'not_understood',
] as const
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

/** What an utterance means in this home: actions to take, or a refusal. */
export type ParsedCommand = { actions: Action[] } | { refusal: Refusal }
