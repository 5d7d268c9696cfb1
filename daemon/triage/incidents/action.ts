/** What operators can do, from MQTT or from Home Assistant. The one place where it enters. */
import { z } from '../../base/schema.js'
import type { Identity } from './identity.js'

const by = z.string().min(1).max(100).describe('Who did it.')
const note = z.string().max(500).optional()
const n = z.int().min(1).describe('Number of the incident.')

/** Which alarms are meant: all that are given must fit. Letters may be large or small. */
const Match = z
  .strictObject({
    source: z.string().max(200).optional().describe('Where the lines come from, exactly.'),
    asset: z.string().max(100).optional().describe('The machine as the lines name it: `P-301`.'),
    words: z.array(z.string().min(1).max(50)).max(8).optional().describe('Words that the alarm must have.'),
  })
  .refine(m => m.source !== undefined || m.asset !== undefined || (m.words?.length ?? 0) > 0, {
    message: 'one of source, asset, words is needed',
  })
export type Match = z.output<typeof Match>

export const OperatorAction = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('acknowledge'), n: z.union([n, z.literal('all')]), by, note }),
  z.strictObject({
    action: z.literal('shelve'),
    n,
    minutes: z.number().positive().max(10_080).describe('Not longer than the desk allows (12 h).'),
    one_shot: z.boolean().optional().describe('Ends with the next return to normal.'),
    by,
    note,
  }),
  z.strictObject({ action: z.literal('unshelve'), n, by, note }),
  z.strictObject({ action: z.literal('out_of_service'), asset: z.string().min(1).max(100), by, note }),
  z.strictObject({ action: z.literal('in_service'), asset: z.string().min(1).max(100), by, note }),
  z.strictObject({
    action: z.literal('suppress'),
    rule: z.string().min(1).max(60).describe('A name for the rule.'),
    while: Match.describe('While an alarm like this is active ...'),
    expect: Match.describe('... alarms like this are expected and notify nobody.'),
    by,
    note,
  }),
  z.strictObject({ action: z.literal('unsuppress'), rule: z.string().min(1).max(60), by, note }),
])
export type OperatorAction = z.output<typeof OperatorAction>

export interface SuppressionRule {
  rule: string
  while: Match
  expect: Match
  by: string
  at: number
}

export function fits(match: Match, alarm: Identity, label: string): boolean {
  const text = label.toLowerCase()
  return (
    (match.source === undefined || match.source === alarm.source) &&
    (match.asset === undefined || alarm.assets.some(a => isNamed(a, match.asset!))) &&
    (match.words ?? []).every(w => alarm.words.includes(w.toLowerCase()) || text.includes(w.toLowerCase()))
  )
}

/** `p-301` and `dev=p-301` are both P-301. */
export const isNamed = (asset: string, name: string): boolean =>
  asset === name.toLowerCase() || asset.slice(asset.indexOf('=') + 1) === name.toLowerCase()
