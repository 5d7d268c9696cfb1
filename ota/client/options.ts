import { type Backoff, waitMs } from '../../daemon/base/backoff.js'
import { type Clock, sleep, systemClock } from '../../daemon/base/clock.js'
import { type DiskCalls, systemDisk } from '../../daemon/base/disk.js'
import type { UpdateState } from '../format/state.js'
import type { Bounds } from '../transport/bounds.js'
import type { Transport } from '../transport/transport.js'
import type { CheckFacts } from './check.js'
import type { FetchStrategy } from './fetch.js'
import { DEFAULT_HEALTH, type HealthLimits } from './health.js'
import type { State } from './machine.js'
import type { FactoryModel, Installed } from './slots.js'
import type { Room } from './stage.js'
import type { Trial } from './trial.js'
import type { Trust } from './trust.js'
import { type Inspect, looksLikeGguf } from './verify.js'

export interface UpdateClientOptions {
  family: string
  /** All that this updater keeps; nobody else writes there. */
  folder: string
  factory: FactoryModel
  /** Shared by the families of one repository. */
  trust: Pick<Trust, 'consult'>
  transport: Transport
  board: CheckFacts['board']
  /** Models of other families that are good here: bases of adapters. */
  installed?: () => CheckFacts['installed']
  trial: Trial
  /**
   * The engine takes another model between two requests: resolves when the next request is answered by it. A rejection
   * means that the old one still answers, or none.
   */
  swap: (to: Installed, signal: AbortSignal) => Promise<void>
  /** Looks into a model file; the daemon's `checkGguf`. */
  inspect?: Inspect
  /** Ways to bring a file other than whole, the best first. */
  strategies?: readonly FetchStrategy[]
  /** Whether somebody is being answered: nothing is loaded or tried meanwhile. */
  isBusy?: () => boolean
  /** Whether each byte costs: nothing is loaded meanwhile. */
  isMetered?: () => boolean
  onState?: (state: UpdateState) => void
  /** Some bytes have come; ask `status()` as often as you like. */
  onProgress?: () => void
  onTrouble?: (error: unknown) => void

  /** Default 6 h, a tenth up or down so that a fleet does not ask at once. */
  checkEveryMs?: number
  /** Before the first look after a start. Default up to 60 s. */
  firstCheckMs?: number
  /** `asked`: a new model is loaded and verified, and then waits for `apply`. Default `automatic`. */
  approval?: 'automatic' | 'asked'
  /** The kernel's id of this life of the board; undefined where nobody says: then every start counts. */
  bootId?: () => string | undefined
  /** After so long, and so many good answers, a watched model is not to blame for a power that goes. Default 2 min, 3. */
  steady?: { ms: number; answers: number }
  /** How long a new model is watched before it is good. Default 30 min. */
  watchMs?: number
  /** Between tries. Default 30 s to 1 h. */
  backoff?: Backoff
  room?: Partial<Room>
  /** 0: as fast as it goes. */
  bytesPerSecond?: number
  /** Hours in which a model may be loaded or activated, `22:00-06:00`; none: always. */
  windows?: { download?: readonly string[]; activate?: readonly string[] }
  bounds?: Partial<Omit<Bounds, 'mostBytes'>>
  health?: Partial<HealthLimits>
  /** A step that takes longer has hung. By state, milliseconds. */
  deadlines?: Partial<Deadlines>
  /** A step that was told to end has so long to do it, then nobody waits any more. Default 5 s. */
  graceMs?: number
  clock?: Clock
  wait?: typeof sleep
  disk?: DiskCalls
}

const MINUTE_MS = 60_000

/** `activating`: until the engine has taken a model. */
type Deadlines = Record<State['is'] | 'activating', number>

const DEADLINES: Deadlines = {
  idle: Number.POSITIVE_INFINITY,
  checking: 15 * MINUTE_MS,
  // a gigabyte at 2 KiB a second is six days; a source that stalls is found out by its speed
  downloading: 14 * 24 * 60 * MINUTE_MS,
  verifying: 30 * MINUTE_MS,
  staged: Number.POSITIVE_INFINITY,
  trial: 60 * MINUTE_MS,
  activating: 10 * MINUTE_MS,
  active: Number.POSITIVE_INFINITY,
  'rolled-back': 10 * MINUTE_MS,
  failed: Number.POSITIVE_INFINITY,
}
export function withDefaults(options: UpdateClientOptions) {
  const backoff = options.backoff ?? { firstMs: 30_000, maxMs: 60 * MINUTE_MS, factor: 2 }
  return {
    installed: () => [],
    inspect: looksLikeGguf,
    strategies: [],
    isBusy: () => false,
    isMetered: () => false,
    onState: () => {},
    onProgress: () => {},
    onTrouble: () => {},
    checkEveryMs: 6 * 60 * MINUTE_MS,
    firstCheckMs: MINUTE_MS,
    approval: 'automatic' as const,
    watchMs: 30 * MINUTE_MS,
    bootId: () => undefined,
    steady: { ms: 2 * MINUTE_MS, answers: 3 },
    bytesPerSecond: 0,
    graceMs: 5_000,
    clock: systemClock,
    wait: sleep,
    disk: systemDisk,
    ...options,
    waitMs: (attempt: number) => waitMs(backoff, attempt),
    room: { keepFreeMib: 64, maxDiskMib: 0, ...options.room },
    windows: { download: [], activate: [], ...options.windows },
    bounds: { minBytesPerSecond: 128, deadlineMs: DEADLINES.downloading, ...options.bounds },
    health: { ...DEFAULT_HEALTH, ...options.health },
    deadlines: { ...DEADLINES, ...options.deadlines },
  }
}
export type UpdateSettings = ReturnType<typeof withDefaults>
