import type { AlarmRecord } from './incident.js'

/** Alarms by key, and by source so that one source is searched only for its own. */
export class AlarmRegister {
  readonly #all = new Map<string, AlarmRecord>()
  readonly #bySource = new Map<string, Map<string, AlarmRecord>>()

  get size(): number {
    return this.#all.size
  }

  get(key: string): AlarmRecord | undefined {
    return this.#all.get(key)
  }

  of(source: string): ReadonlyMap<string, AlarmRecord> {
    return this.#bySource.get(source) ?? new Map()
  }

  add(record: AlarmRecord): void {
    const { key, source } = record.identity
    this.#all.set(key, record)
    const own = this.#bySource.get(source) ?? new Map<string, AlarmRecord>()
    own.set(key, record)
    this.#bySource.set(source, own)
  }

  remove(record: AlarmRecord): void {
    const { key, source } = record.identity
    this.#all.delete(key)
    const own = this.#bySource.get(source)
    own?.delete(key)
    if (own?.size === 0) this.#bySource.delete(source)
  }

  values(): IterableIterator<AlarmRecord> {
    return this.#all.values()
  }
}
