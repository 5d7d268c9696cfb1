/** What is known of one device: only what it said, and what is retained for it. */
import type { Desired, DesiredModel } from '../format/desired.js'
import { readTellId, type TellId } from '../format/rollout.js'
import type { STATES } from '../format/state.js'

export type Presence = 'online' | 'degraded' | 'offline' | 'unknown'

/** How far a report of a device may be believed. */
export type Belief = 'good' | 'no_key' | 'bad'

export interface ModelFacts {
  state: (typeof STATES)[number]
  running: { version: string; release: number; sha256: string; probation: boolean }
  /** SHA-256 of what it is about to take. */
  candidate?: string
  reason?: { code: string; message: string }
  waitingFor?: string
  bad: readonly string[]
  /** Since when it says so, milliseconds of the operator's clock. */
  sinceMs: number
}

export interface DeviceFacts {
  id: string
  presence: Presence
  board?: string
  /** When it came online or went, by its own clock. */
  since?: string | undefined
  models: Readonly<Record<string, ModelFacts>>
  /** The `id` that it answers. */
  answers?: string | undefined
  /** It could not read what is desired. */
  desiredProblem?: string | undefined
  /** Retained for it. */
  desired?: Desired | undefined
  reports: Readonly<Record<string, { sha256: string; belief: Belief; attack?: string; problem?: string }>>
  /** When it was last asked to go back, milliseconds. */
  askedMs?: number
}

export const unknownDevice = (id: string): DeviceFacts => ({
  id,
  presence: 'unknown',
  models: {},
  reports: {},
})

/** What a rollout told a device; where the broker lost it, what the device remembers. */
export function toldOf(facts: DeviceFacts, name: string): TellId | undefined {
  return readTellId(name, facts.desired === undefined ? facts.answers : facts.desired.id)
}

export const desiredModel = (facts: DeviceFacts, family: string): DesiredModel | undefined =>
  facts.desired?.models.find(m => m.family === family)

export const isHere = ({ presence }: DeviceFacts): boolean => presence === 'online' || presence === 'degraded'
