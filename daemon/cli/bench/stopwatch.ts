/** Time and memory of pieces of work in this process. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { systemClock } from '../../base/clock.js'

/** Adds up the pieces that it is given. Processor time is that of the whole process: garbage collection is in it. */
export class Stopwatch {
  #cpuMicros = 0
  #wallMs = 0

  time<T>(job: () => T): T {
    const cpu = process.cpuUsage()
    const began = systemClock.monotonic()
    const result = job()
    this.#wallMs += systemClock.monotonic() - began
    const { user, system } = process.cpuUsage(cpu)
    this.#cpuMicros += user + system
    return result
  }

  /** Takes what another has measured. */
  add(other: Stopwatch): void {
    this.#cpuMicros += other.#cpuMicros
    this.#wallMs += other.#wallMs
  }

  get wallMs(): number {
    return this.#wallMs
  }

  /** At least the clock's step, so that a rate is finite. */
  get cpuMs(): number {
    return Math.max(0.001, this.#cpuMicros / 1000)
  }

  /** A second of processor time. */
  perCpuSecond(count: number): number {
    return Math.round((count / this.cpuMs) * 1000)
  }

  perSecond(count: number): number {
    return Math.round((count / Math.max(0.001, this.#wallMs)) * 1000)
  }
}

/** How heap in use was found: right after a collection, or without one, where the runtime has none to offer. */
export type HeapMethod = 'after_gc' | 'without_gc'

const MOST_COLLECTIONS = 8
/** Less than this comes and goes. */
const SETTLED_BYTES = 64 * 1024

/** Bytes in use on the heap and in buffers. */
export class HeapGauge {
  readonly #collect: (() => void) | undefined

  constructor() {
    this.#collect = collector()
  }

  get method(): HeapMethod {
    return this.#collect ? 'after_gc' : 'without_gc'
  }

  bytes(): number {
    // what array buffers held is counted off beside the program, some collections later
    let last = Number.POSITIVE_INFINITY
    for (let i = 0; i < MOST_COLLECTIONS; i++) {
      this.#collect?.()
      const { heapUsed, arrayBuffers } = process.memoryUsage()
      const bytes = heapUsed + arrayBuffers
      if (last - bytes < SETTLED_BYTES) return bytes
      last = bytes
    }
    return last
  }
}

/** That of `--expose-gc`, or the same asked for now. */
function collector(): (() => void) | undefined {
  if (globalThis.gc) return globalThis.gc as () => void
  try {
    setFlagsFromString('--expose-gc')
    return runInNewContext('gc') as () => void
  } catch {
    return undefined
  }
}

export const digits = (n: number, places = 2): number => Number(n.toFixed(places))
