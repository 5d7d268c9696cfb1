import type { UpdateState } from '../format/state.js'
import { mainFile } from '../format/target.js'
import type { Reason } from './machine.js'
import type { Memory } from './memory.js'
import type { Installed } from './slots.js'
import type { Progress } from './tally.js'

export interface Telling {
  family: string
  memory: Memory
  running: Installed
  progress?: Progress & { beganMs: number; nowMs: number }
  waitingFor?: string
  /** Of what answers and is watched. */
  watch?: { leftMs: number; thenLooks: boolean }
}

/** What the updater knows, as `update/state` says it. Pure. */
export function told({ family, memory, running, progress, waitingFor, watch }: Telling): UpdateState {
  const { state, bad, pinnedSha256, desiredId } = memory
  const candidate = 'candidate' in state ? state.candidate : undefined
  const reason = 'reason' in state ? state.reason : state.is === 'idle' ? state.why : undefined
  const figures = state.is === 'active' ? state.figures : undefined
  return {
    family,
    state: state.is,
    running: {
      version: running.version,
      release: running.release,
      sha256: running.sha256,
      slot: running.slot,
      probation: state.is === 'active' && running.slot === state.candidate.slot,
    },
    ...(candidate
      ? {
          candidate: {
            version: candidate.promise.version,
            release: candidate.promise.release,
            sha256: mainFile(candidate.promise).sha256,
            path: candidate.path,
          },
        }
      : {}),
    ...(candidate && progress && state.is === 'downloading'
      ? {
          bytes: {
            done: progress.done,
            total: progress.total,
            per_second: Math.round((progress.came * 1000) / Math.max(1, progress.nowMs - progress.beganMs)),
          },
        }
      : {}),
    ...(reason ? { reason: wire(reason) } : {}),
    ...(waitingFor ? { waiting_for: waitingFor } : {}),
    ...(watch ? { watch: { left_ms: Math.round(watch.leftMs), then_looks: watch.thenLooks } } : {}),
    ...(figures
      ? {
          figures: {
            answered: figures.answered,
            accuracy: figures.accuracy,
            p95_ms: figures.p95Ms,
            ...(figures.memoryMib === undefined ? {} : { memory_mib: figures.memoryMib }),
          },
        }
      : {}),
    bad: bad.map(b => b.sha256),
    pinned: pinnedSha256 !== undefined,
    ...(desiredId ? { desired_id: desiredId } : {}),
  }
}

function wire({ code, says, remedy }: Reason): { code: string; message: string; remedy?: string } {
  return { code, message: says, ...(remedy ? { remedy } : {}) }
}
