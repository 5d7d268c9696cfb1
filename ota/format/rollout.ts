/**
 * A rollout: one model brought to many devices, a canary first, then waves. The file an operator writes, the record that the
 * operator's program keeps (on its disk, and retained), and the words by which a running rollout is told what to do.
 */
import { z } from '../../daemon/base/schema.js'
import { Window } from './windows.js'

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits')
const percent = z.number().min(0).max(100)
const minutes = z.number().min(0).max(525_600)
const pattern = z.string().min(1).max(128)
const patterns = z.array(pattern).max(20_000)

/** Part of topics and of the `id` of what is desired, which has room for 64 letters. */
export const RolloutName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'expected up to 40 small letters, digits and -')

const Size = z
  .union([
    z.number().int().min(1),
    z.string().regex(/^\d{1,3}(\.\d{1,2})?%$/, 'expected a number of devices, or per cent: 10%'),
    z.literal('rest'),
  ])
  .describe('Devices of this wave: a number, per cent of all devices of the rollout, or `rest`.')

const Wave = z.strictObject({
  size: Size,
  per_minute: z
    .number()
    .positive()
    .max(60_000)
    .optional()
    .describe('At most so many are told in a minute. Without it: as many as `max_in_progress` allows.'),
  confirmed_percent: percent.optional().describe('In place of that of `gate`.'),
  soak_minutes: minutes.optional().describe('In place of that of `gate`.'),
  approval: z.enum(['none', 'by_hand']).optional().describe('In place of that of `gate`.'),
})
export type Wave = z.output<typeof Wave>

/** What can become of a device that is no success. `rejected`: it could not take it (board, memory, pinned ...). */
export const FAILURES = ['failed', 'rolled_back', 'timed_out', 'rejected'] as const
export type Failure = (typeof FAILURES)[number]

const StopRule = z.strictObject({
  of: z.union([z.enum(FAILURES), z.literal('any')]).describe('`any`: the first three together.'),
  percent: percent.describe('Of the devices that have come to an end.'),
  at_least: z.number().int().min(1).default(1).describe('Not before so many have come to an end.'),
})
export type StopRule = z.output<typeof StopRule>

const Model = z.strictObject({
  family: z.string().min(1).max(64),
  sha256: hash.optional().describe('Of the main file. Without it, it is looked up with `--repository`.'),
  version: z.string().min(1).max(100).optional(),
  release: z.number().int().min(0).optional(),
  path: z.string().min(1).max(200).optional().describe('Target in the repository.'),
})

const Who = z.strictObject({
  devices: patterns.optional().describe('Ids; * stands for any letters. Without it: all that are heard of.'),
  except: patterns.default([]),
  groups: z
    .array(pattern)
    .optional()
    .describe('Only devices of one of these: as `groups` of this file lists them.'),
  boards: patterns
    .optional()
    .describe('Only boards of these names, as `fieldmouse fleet devices` shows them.'),
  running: patterns.optional().describe('Only devices that run one of these versions: 1.3.*'),
  offline: z
    .enum(['last', 'skip'])
    .default('last')
    .describe('Devices that are away: told after all others, when the last wave is open, or left out.'),
})

const Gate = z.strictObject({
  confirmed_percent: percent
    .default(95)
    .describe('Of the devices that were told so far, those that reject it left out.'),
  soak_minutes: minutes.default(0).describe('How long it must have been so before the next wave.'),
  approval: z.enum(['none', 'by_hand']).default('none').describe('`by_hand`: `fieldmouse fleet approve`.'),
})

/** What an operator writes. */
export const RolloutFile = z.strictObject({
  name: RolloutName,
  model: Model,
  who: Who.prefault({}),
  groups: z.record(z.string(), patterns).default({}).describe('Lists of ids or patterns, by name.'),
  canary: Size.optional().describe('The first wave. The same as one more entry before `waves`.'),
  waves: z
    .array(z.union([Size, Wave]))
    .max(50)
    .default([])
    .describe('After the canary. What they leave is one more wave.'),
  gate: Gate.prefault({}),
  stop_when: z
    .array(StopRule)
    .default([{ of: 'any', percent: 20, at_least: 5 }])
    .describe('Any of these stops it.'),
  timeout_minutes: z
    .number()
    .positive()
    .max(525_600)
    .default(1_440)
    .describe('From when it was told: a device that has not come to an end is counted as timed out.'),
  failed_minutes: minutes
    .default(30)
    .describe('A device tries again by itself; one that is in trouble for so long is counted as failed.'),
  max_in_progress: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(100)
    .describe('Devices under way at the same time.'),
  messages_per_second: z.number().positive().max(10_000).default(200),
  windows: z
    .array(Window)
    .max(16)
    .default([])
    .describe("Hours in which devices are told; the operator's clock."),
  on_stop: z
    .enum(['hold', 'go_back'])
    .default('hold')
    .describe('Devices that have it: `hold` leaves them, `go_back` sends them back.'),
  in_progress_on_stop: z
    .enum(['withdraw', 'leave'])
    .default('withdraw')
    .describe(
      'Devices under way: `withdraw` tells them to keep what runs. One that runs it on trial decides for itself.',
    ),
  go_back_to: Model.omit({ family: true })
    .optional()
    .describe('The model to go back to. Without it each device is asked to go back to the one it had.'),
  not_before: z.iso
    .datetime()
    .optional()
    .describe('Loaded and verified at once, activated no sooner (UTC). Time for a device runs from then on.'),
  older: z
    .enum(['refused', 'allowed'])
    .default('refused')
    .describe('Whether devices that run a later release take it as well.'),
  hold_others: z
    .enum(['on', 'off'])
    .default('on')
    .describe(
      'Devices that were not told yet are told to keep what runs: a device that is told nothing takes the newest of the repository by itself.',
    ),
  reports: z
    .enum(['required', 'checked', 'ignored'])
    .default('checked')
    .describe(
      'Signed reports: `checked` believes no device whose report is wrong; `required` believes none without a good one.',
    ),
})
export type RolloutFile = z.output<typeof RolloutFile>

const Wanted = z.object({
  sha256: hash,
  path: z.string().optional(),
  version: z.string().optional(),
  release: z.number().optional(),
})

/** The file with every default filled in and the model found: what is carried out. */
export const RolloutPlan = RolloutFile.omit({
  canary: true,
  waves: true,
  model: true,
  go_back_to: true,
}).extend({
  model: Wanted.extend({ family: z.string() }),
  go_back_to: Wanted.optional(),
  waves: z.array(
    z.object({
      size: Size,
      per_minute: z.number().optional(),
      confirmed_percent: z.number(),
      soak_minutes: z.number(),
      approval: z.enum(['none', 'by_hand']),
    }),
  ),
})
export type RolloutPlan = z.output<typeof RolloutPlan>

export const PHASES = ['running', 'paused', 'stopped', 'going_back', 'gone_back', 'done'] as const
export type Phase = (typeof PHASES)[number]

const Said = z.object({ code: z.string(), message: z.string(), at_ms: z.number() })

/** All that is not known by asking the devices: a few hundred bytes beside the plan. */
export const RolloutRecord = z.object({
  version: z.literal(1),
  name: RolloutName,
  /** Grows with every change: of two records the higher one is right. */
  revision: z.number().int().min(0),
  phase: z.enum(PHASES),
  /** Why it is so. */
  reason: Said.optional(),
  plan: RolloutPlan,
  begun_at_ms: z.number(),
  /** Devices that were told before this count for no stop rule: somebody has seen them and went on. */
  counts_from_ms: z.number(),
  /** Waves that are or were open, in order. */
  waves: z.array(
    z.object({
      /** How many may be told, this wave and those before it together; null: all. */
      up_to: z.number().int().nullable(),
      opened_at_ms: z.number(),
      /** When enough had confirmed. */
      reached_at_ms: z.number().optional(),
      approved_at_ms: z.number().optional(),
      /** Somebody went on though its gate was missed. */
      overruled: z.boolean().optional(),
    }),
  ),
  /** What people asked for, the newest last. */
  orders: z.array(z.object({ do: z.string(), at_ms: z.number(), by: z.string() })),
  /** The last order that was answered, and how. */
  answered: z.object({ id: z.string(), problem: z.string().optional() }).optional(),
})
export type RolloutRecord = z.output<typeof RolloutRecord>

export const ORDERS = ['pause', 'resume', 'approve', 'stop', 'go_back'] as const
export type OrderWord = (typeof ORDERS)[number]

/** On `fleet/rollout/<name>/order`; never retained. */
export const RolloutOrder = z.strictObject({
  do: z.enum(ORDERS),
  id: z.string().min(1).max(64),
  by: z.string().regex(/^[^\u0000-\u001f\u007f]{1,64}$/, 'expected up to 64 letters'),
})
export type RolloutOrder = z.output<typeof RolloutOrder>

/** On `fleet/rollout/<name>/operator`, retained, last will: whether a program carries the rollout out, and which. */
export const RolloutOperator = z.object({ state: z.enum(['online', 'offline']), instance: z.string() })
export type RolloutOperator = z.output<typeof RolloutOperator>

/** How many devices stand where. */
export const COUNTS = [
  'waiting',
  'told',
  'busy',
  'watched',
  'done',
  'failed',
  'rolled_back',
  'timed_out',
  'rejected',
  'skipped',
] as const
export type Verdict = (typeof COUNTS)[number]

/** Retained on `fleet/rollout/<name>`: the record, and the counts when it was published. */
export const RolloutNews = z.object({
  record: RolloutRecord,
  counts: z.record(z.enum(COUNTS), z.number()),
})
export type RolloutNews = z.output<typeof RolloutNews>

/**
 * The `id` of what a device is told says whose it is, what for and since when: retained by the broker, kept by the device and
 * given back in its state, so that nothing need be remembered of a device. `name#3.t6a1b2`: wave 3 (counted from 1), the second.
 */
export const takeId = (name: string, wave: number, nowMs: number): string =>
  `${name}#${wave + 1}.${Math.floor(nowMs / 1000).toString(36)}`
export const holdId = (name: string): string => `${name}#hold`
export const backId = (name: string, nowMs: number): string =>
  `${name}#back.${Math.floor(nowMs / 1000).toString(36)}`

export type TellId =
  | { what: 'take'; wave: number; atMs: number }
  | { what: 'hold' }
  | { what: 'back'; atMs: number }

/** What an `id` says, where it is of this rollout. */
export function readTellId(name: string, id: string | undefined): TellId | undefined {
  if (id === undefined || !id.startsWith(`${name}#`)) return undefined
  const [what = '', at = ''] = id.slice(name.length + 1).split('.')
  if (what === 'hold') return { what }
  const atMs = Number.parseInt(at, 36) * 1000
  if (!Number.isFinite(atMs)) return undefined
  if (what === 'back') return { what, atMs }
  return /^\d{1,3}$/.test(what) && Number(what) > 0
    ? { what: 'take', wave: Number(what) - 1, atMs }
    : undefined
}

export const NO_COUNTS = Object.fromEntries(COUNTS.map(c => [c, 0])) as Record<Verdict, number>
