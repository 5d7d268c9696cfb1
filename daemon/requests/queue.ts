import type { Priority } from './request.js'

/** One thing that waits. */
export interface Waiting<T> {
  item: T
  priority: Priority
  /** Monotonic milliseconds after which it is worth nothing; absent when it can wait for ever. */
  deadline?: number
}

/**
 * A bounded queue: more urgent first, first come first served among equals. Knows no clock: the caller says what time
 * it is. Nothing leaves it unnoticed: what expired or was pushed out is handed back.
 */
export class PriorityQueue<T> {
  readonly capacity: number
  #lanes: [Waiting<T>[], Waiting<T>[], Waiting<T>[]] = [[], [], []]

  constructor(capacity: number) {
    this.capacity = capacity
  }

  get size(): number {
    return this.#lanes[0].length + this.#lanes[1].length + this.#lanes[2].length
  }

  /**
   * Queues an entry. When full, it takes the place of the newest entry of the least urgent lane below its own, so that
   * a flood of sensor lines cannot keep people waiting.
   * @returns whether it was queued, and what had to go for it
   */
  push(entry: Waiting<T>): { queued: boolean; displaced?: T } {
    if (this.size < this.capacity) {
      this.#lanes[entry.priority].push(entry)
      return { queued: true }
    }
    for (let lane = 2; lane > entry.priority; lane--) {
      const displaced = this.#lanes[lane]!.pop()
      if (!displaced) continue
      this.#lanes[entry.priority].push(entry)
      return { queued: true, displaced: displaced.item }
    }
    return { queued: false }
  }

  /** The next entry that is still worth something, and those that were not. */
  shift(now: number): { next?: T; expired: T[] } {
    const expired: T[] = []
    for (const lane of this.#lanes) {
      for (;;) {
        const entry = lane.shift()
        if (!entry) break
        if (isOver(entry, now)) expired.push(entry.item)
        else return { next: entry.item, expired }
      }
    }
    return { expired }
  }

  /** Takes out everything whose deadline has passed. */
  expire(now: number): T[] {
    return this.#takeWhere(entry => isOver(entry, now))
  }

  /** What matches, left where it is. */
  find(matches: (item: T) => boolean): T[] {
    return this.#lanes.flatMap(lane => lane.map(entry => entry.item).filter(matches))
  }

  /** Takes out everything that matches. */
  remove(matches: (item: T) => boolean): T[] {
    return this.#takeWhere(entry => matches(entry.item))
  }

  /** Takes out everything. */
  drain(): T[] {
    return this.#takeWhere(() => true)
  }

  #takeWhere(matches: (entry: Waiting<T>) => boolean): T[] {
    const taken: T[] = []
    for (const [index, lane] of this.#lanes.entries()) {
      const kept: Waiting<T>[] = []
      for (const entry of lane) {
        if (matches(entry)) taken.push(entry.item)
        else kept.push(entry)
      }
      this.#lanes[index] = kept
    }
    return taken
  }
}

const isOver = (entry: Waiting<unknown>, now: number) => entry.deadline !== undefined && now >= entry.deadline
