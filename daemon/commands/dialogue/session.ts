import type { Clock } from '../../base/clock.js'
import type { CompactAction } from '../compact.js'
import type { Action } from '../parsed-command.js'
import type { UndoStep } from './undo.js'

/*
 * What is kept of a conversation: in memory only, for a while only. Nothing of it is ever written down.
 */

/** A question that the speaker has been asked. */
export type Question =
  | {
      readonly type: 'which'
      /** The command as read; `at` is the place of the action that fits several devices. */
      readonly command: CompactAction[]
      readonly at: number
      /** Devices that were chosen for other actions of it already, by place. */
      readonly chosen: ReadonlyMap<number, readonly string[]>
      readonly candidates: readonly string[]
      readonly said: string
      readonly area: string | undefined
    }
  | {
      readonly type: 'confirm'
      readonly actions: readonly Action[]
      readonly command: CompactAction[]
      readonly area: string | undefined
      /** Whether the last command is undone first ("no, the other one"). */
      readonly instead: boolean
      /** Set when it is the undoing that is asked about. */
      readonly undo?: readonly UndoStep[]
    }

/** What the next sentence may be about. */
export interface Session {
  /** The last command as read, follow-ups filled in. */
  readonly before?: readonly CompactAction[]
  /** Ids of the devices that it was about. */
  readonly referents?: readonly string[]
  /** How to put back what it changed. */
  readonly undo?: readonly UndoStep[]
  readonly question?: Question
}

export interface SessionsOptions {
  clock: Clock
  /** How long a session is remembered after the last sentence, seconds; 0 remembers nothing. */
  seconds: number
  /** Most sessions at a time; the one that was silent longest goes first. Default 100. */
  most?: number
}

const NOTHING: Session = {}

/** Sessions by key. */
export class Sessions {
  readonly #kept = new Map<string, { session: Session; until: number }>()
  readonly #clock: Clock
  readonly #ms: number
  readonly #most: number

  constructor({ clock, seconds, most = 100 }: SessionsOptions) {
    this.#clock = clock
    this.#ms = seconds * 1000
    this.#most = most
  }

  /** What is remembered; an empty session when nothing is, or it is too long ago. */
  get(key: string): Session {
    const kept = this.#kept.get(key)
    if (kept && kept.until > this.#clock.monotonic()) return kept.session
    this.#kept.delete(key)
    return NOTHING
  }

  /** Remembers, and counts as the last sentence. */
  set(key: string, session: Session): void {
    this.#kept.delete(key)
    if (this.#ms <= 0) return
    this.#kept.set(key, { session, until: this.#clock.monotonic() + this.#ms })
    while (this.#kept.size > this.#most) this.#kept.delete(this.#kept.keys().next().value as string)
  }

  /** How many are kept, stale ones included. */
  get size(): number {
    return this.#kept.size
  }

  /** Forgets everything. */
  clear(): void {
    this.#kept.clear()
  }
}

/**
 * Which session a request belongs to: the one it names, else that of its room, else the one of everybody. A room is
 * apart from a session that somebody called like it.
 */
export function sessionKey(session: string | undefined, area: string | undefined): string {
  if (session) return `session ${session}`
  return area ? `area ${area}` : 'everybody'
}
