/** One request, whatever way it came in. */
export interface Request {
  /** Unique while it lives; the caller's own id where one was given. */
  id: string
  kind: RequestKind
  /** Command text, lines, a question: what `kind` says. Bytes only for voice. */
  body: RequestBody
  /** Where it came from: the topic its answer goes to, else the topic it came in on. (MQTT tells no sender's name.) */
  origin: string
  /** Key for at-most-once: correlation data or the caller's id; undefined when the caller gave neither. */
  dedupeKey?: string
  /** Wall time, ms since the epoch, after which nobody waits for the answer. */
  expiresAt?: number
  receivedAt: number
  priority: Priority
}
export const REQUEST_KINDS = ['command', 'voice', 'triage', 'incident', 'update', 'ask'] as const
export type RequestKind = (typeof REQUEST_KINDS)[number]

/** People wait for commands and voice; lines can wait a moment. Lower is sooner. */
export type Priority = 0 | 1 | 2
export const PRIORITY_OF: Record<RequestKind, Priority> = {
  command: 0,
  voice: 0,
  incident: 0,
  update: 1,
  ask: 1,
  triage: 2,
}

export interface RequestBody {
  text?: string
  bytes?: Uint8Array
  lines?: string[]
  source?: string
  session?: string
  /** Area of the microphone or the button. */
  area?: string
  /** Where the words were heard and not written: how sure it is that these were the words, 0 to 1. */
  heard?: number
  /** Understand and check, but move nothing. */
  dryRun?: boolean
  /** A risky command is meant: it is not asked about. */
  confirmed?: boolean
}
