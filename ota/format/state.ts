/** `update/state`: where the update of each family stands, with reasons. Retained. */
import { z } from '../../daemon/base/schema.js'

export const STATES = [
  'idle',
  'checking',
  'downloading',
  'verifying',
  'staged',
  'trial',
  'active',
  'rolled-back',
  'failed',
] as const

const Reason = z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() })
const Named = z.object({ version: z.string(), release: z.number(), sha256: z.string() })

export const UpdateState = z.object({
  family: z.string(),
  state: z.enum(STATES),
  running: Named.extend({ slot: z.enum(['factory', 'a', 'b']), probation: z.boolean() }),
  candidate: Named.extend({ path: z.string() }).optional(),
  /** Of the bundle; absent when nothing is loaded. */
  bytes: z.object({ done: z.number(), total: z.number(), per_second: z.number() }).optional(),
  reason: Reason.optional(),
  /** Milliseconds until it is tried again by itself. */
  retry_in_ms: z.number().optional(),
  /** Why it waits though it could go on. */
  waiting_for: z.string().optional(),
  /** A new model answers and is watched; then it is good. */
  watch: z
    .object({
      /** Milliseconds, when this was told. */
      left_ms: z.number(),
      /** Somebody asked for a look at the repository: it comes when the watch is over. */
      then_looks: z.boolean(),
    })
    .optional(),
  figures: z
    .object({
      answered: z.number(),
      accuracy: z.number(),
      p95_ms: z.number(),
      memory_mib: z.number().optional(),
    })
    .optional(),
  /** SHA-256 of models that did badly on this device. */
  bad: z.array(z.string()),
  pinned: z.boolean(),
  /** The `id` of the desired state that this answers. */
  desired_id: z.string().optional(),
})
export type UpdateState = z.output<typeof UpdateState>

/** All of a device: what is retained on `update/state`. */
export const DeviceUpdates = z.object({
  /** Of the model that is furthest from rest: what a fleet looks at first. */
  state: z.enum(STATES),
  reason: Reason.optional(),
  /** Addresses of the repository; empty where none is configured. */
  sources: z.array(z.string()),
  desired_id: z.string().optional(),
  /** Why what came on `update/desired` could not be read; the one before it holds. */
  desired_problem: z.string().optional(),
  models: z.array(UpdateState),
})
export type DeviceUpdates = z.output<typeof DeviceUpdates>

/** The later in the list, the more there is to know. */
const RANK: readonly UpdateState['state'][] = [
  'idle',
  'failed',
  'checking',
  'staged',
  'verifying',
  'downloading',
  'rolled-back',
  'trial',
  'active',
]

/** The states of all models as one document. Pure. */
export function deviceUpdates(
  models: readonly UpdateState[],
  more: { sources: readonly string[]; desiredProblem?: string | undefined },
): DeviceUpdates {
  const [first] = [...models].sort((a, b) => RANK.indexOf(b.state) - RANK.indexOf(a.state))
  const desiredId = models.find(m => m.desired_id !== undefined)?.desired_id
  return {
    state: first?.state ?? 'idle',
    ...(first?.reason ? { reason: first.reason } : {}),
    sources: [...more.sources],
    ...(desiredId === undefined ? {} : { desired_id: desiredId }),
    ...(more.desiredProblem === undefined ? {} : { desired_problem: more.desiredProblem }),
    models: [...models],
  }
}

/**
 * The state of a Home Assistant `update` entity: only the keys it knows, for one key more and it drops the message.
 * @source homeassistant/components/mqtt/update.py, MQTT_JSON_UPDATE_SCHEMA
 */
export function homeAssistantUpdate(state: UpdateState): Record<string, unknown> {
  // one that waits to be asked for is no work in progress: Home Assistant takes the button away meanwhile
  const isBusy =
    ['downloading', 'verifying', 'trial', 'rolled-back'].includes(state.state) ||
    (state.state === 'staged' && state.waiting_for === undefined) ||
    (state.state === 'active' && state.candidate?.sha256 !== state.running.sha256)
  const share = state.bytes && state.bytes.total > 0 ? state.bytes.done / state.bytes.total : undefined
  return {
    installed_version: state.running.version,
    latest_version: state.candidate?.version ?? state.running.version,
    title: `Model: ${state.family}`,
    in_progress: isBusy,
    update_percentage:
      state.state === 'downloading' && share !== undefined ? Math.floor(Math.min(1, share) * 100) : null,
    ...(state.reason ? { release_summary: state.reason.message.slice(0, 255) } : {}),
  }
}

/**
 * The `update` component of a Home Assistant device (discovery), one a family. Its button sends what `ota apply` sends.
 * @param base `fieldmouse/<id>`
 */
export function homeAssistantComponent(base: string, id: string, family: string): Record<string, unknown> {
  return {
    platform: 'update',
    unique_id: `${id}_model_${family}`,
    name: `Model ${family}`,
    device_class: 'firmware',
    entity_category: 'config',
    state_topic: `${base}/ha/update/${family}`,
    command_topic: `${base}/request/update`,
    payload_install: JSON.stringify({ do: 'apply', family }),
  }
}
