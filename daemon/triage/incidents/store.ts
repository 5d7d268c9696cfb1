/**
 * Keeps the desk and its outbox over restarts, power cuts and times without a broker. Desk and outbox are one file and one
 * write, so that they can not disagree; nothing leaves before it is on the disk, unless the disk refuses.
 */
import { readFile, rename } from 'node:fs/promises'
import { type Clock, sleep } from '../../base/clock.js'
import { writeDurably } from '../../base/disk.js'
import { parse, z } from '../../base/schema.js'
import type { DeskState, IncidentDesk } from './desk.js'
import type { IncidentDocument } from './incident.js'
import type { DeskEffect } from './ledger.js'
import { type AlertEvent, EMPTY_OUTBOX, type OutboxState, put, putAll } from './outbox.js'

/** For the broker. A `document` of null empties the retained topic. */
export type Outgoing =
  | { kind: 'event'; event: AlertEvent }
  | { kind: 'incident'; n: number; document: IncidentDocument | null }

export interface StoreOptions {
  path: string
  /** Unlike that of any other run: a random word. */
  instance: string
  clock: Clock
  /** Called when something can be delivered. */
  onReady?: () => void
  /** The disk refused, or the file was not to be read. The store goes on in memory and tries again. */
  onTrouble?: (error: unknown) => void
  /** Default `writeDurably`. */
  write?: (path: string, content: string) => Promise<void>
  /** Events kept while the broker is away. Default 1,000: at most one megabyte. */
  mostEvents?: number
  /** What changes a document is on disk within this time. Default 5 s. */
  batchMs?: number
}

/** Flash wears: even what is urgent is written no oftener than this. */
const SPACING_MS = 500
/** What is on its way (an on-delay, a chattering line) and seen by nobody yet can wait a little longer. */
const UNSEEN_FACTOR = 3

const Stored = z.looseObject({
  version: z.literal(1),
  desk: z.looseObject({
    version: z.literal(1),
    now: z.number(),
    lastNumber: z.number(),
    alarms: z.array(
      z.looseObject({ identity: z.looseObject({ key: z.string() }), state: z.looseObject({}) }),
    ),
    incidents: z.array(z.looseObject({ n: z.number(), alarms: z.array(z.string()) })),
    flood: z.looseObject({
      heldBack: z.array(z.string()),
      flood: z.looseObject({ wanted: z.array(z.number()) }),
    }),
    expectations: z.looseObject({
      rules: z.array(z.looseObject({})),
      outOfService: z.array(z.looseObject({})),
    }),
  }),
  outbox: z.looseObject({
    seq: z.number(),
    events: z.array(z.looseObject({})),
    behind: z.array(z.looseObject({})),
  }),
})

export class IncidentStore {
  readonly #o: Required<StoreOptions>
  #desk: IncidentDesk | undefined
  #outbox: OutboxState = EMPTY_OUTBOX
  /** What is numbered up to here survives. */
  #durable = 0
  #isFailing = false
  #revision = 0
  #dirty = false
  #dueAt = Number.POSITIVE_INFINITY
  #lastWrite = Number.NEGATIVE_INFINITY
  #timer = new AbortController()
  #writing: Promise<void> | undefined
  #delivering = false
  #stopped = false

  constructor(options: StoreOptions) {
    this.#o = {
      onReady: () => {},
      onTrouble: () => {},
      write: writeDurably,
      mostEvents: 1_000,
      batchMs: 5_000,
      ...options,
    }
  }

  /** What was kept, or undefined when there is nothing. A file that can not be read is put aside as `.broken`. */
  async load(): Promise<DeskState | undefined> {
    const { path, onTrouble } = this.#o
    let text: string
    try {
      text = await readFile(path, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') onTrouble(error)
      return undefined
    }
    try {
      const stored = parse(Stored, JSON.parse(text), path)
      this.#outbox = stored.outbox as unknown as OutboxState
      const desk = stored.desk as unknown as DeskState
      this.#outbox = putAll(
        this.#outbox,
        desk.incidents.map(i => i.n),
      )
      this.#durable = this.#outbox.seq
      return desk
    } catch (error) {
      onTrouble(error)
      await rename(path, `${path}.broken`).catch(onTrouble)
      return undefined
    }
  }

  /** Events and topics that the broker has not got yet. */
  get waiting(): number {
    return this.#outbox.events.length + this.#outbox.behind.length
  }

  /** The desk that is kept, restored from what `load` gave. Nothing leaves before. */
  attach(desk: IncidentDesk): void {
    this.#desk = desk
    this.#revision = desk.revision
    if (this.#next()) this.#o.onReady()
  }

  /** Every open incident is told once more. Call it when a broker may have forgotten them. */
  republish(): void {
    const open = this.#desk?.open() ?? []
    if (open.length === 0) return
    this.#outbox = putAll(
      this.#outbox,
      open.map(i => i.n),
    )
    this.#dirty = true
    this.#plan(0)
  }

  /**
   * After every call of the desk, with what it returned.
   * @param isAwaited somebody waits to see it: an operator who acknowledged
   */
  record(effects: readonly DeskEffect[], isAwaited = false): void {
    const desk = this.#desk
    if (!desk) return
    const isNew = desk.revision !== this.#revision
    this.#revision = desk.revision
    if (effects.length === 0 && !isNew) return
    this.#outbox = put(this.#outbox, effects, this.#o.instance, this.#o.mostEvents)
    this.#dirty = true
    const isUrgent = isAwaited || effects.some(e => e.kind !== 'update')
    this.#plan(isUrgent ? 0 : this.#o.batchMs * (effects.length > 0 ? 1 : UNSEEN_FACTOR))
    if (this.#isFailing && effects.length > 0) this.#o.onReady()
  }

  /**
   * Hands out what is waiting, in order, one at a time; each is kept until `publish` resolves (PUBACK). Returns when nothing
   * is left or when `publish` rejects: call again after the next connection and on every `onReady`.
   * @returns whether everything that may leave has left
   */
  async deliver(publish: (item: Outgoing) => Promise<void>): Promise<boolean> {
    if (this.#delivering) return false
    this.#delivering = true
    try {
      for (let item = this.#next(); item && !this.#stopped; item = this.#next()) {
        const { seq, outgoing } = item
        try {
          await publish(outgoing)
        } catch {
          return false
        }
        const { events, behind } = this.#outbox
        this.#outbox = {
          ...this.#outbox,
          events: events.filter(e => e.seq !== seq || outgoing.kind !== 'event'),
          // changed again meanwhile, it has another number and stays
          behind: behind.filter(b => b.seq !== seq),
        }
        this.#dirty = true
        this.#plan(this.#o.batchMs)
      }
      return !this.#stopped
    } finally {
      this.#delivering = false
    }
  }

  /** Writes now. Resolves when it is on disk, or could not be. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing
    if (this.#dirty) await this.#write()
  }

  /** Writes what is left. Safe twice. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer.abort()
    await this.flush()
  }

  #next(): { seq: number; outgoing: Outgoing } | undefined {
    const event = this.#outbox.events[0]
    const behind = this.#outbox.behind[0]
    const seq = Math.min(event?.seq ?? Number.POSITIVE_INFINITY, behind?.seq ?? Number.POSITIVE_INFINITY)
    if (!this.#desk || !Number.isFinite(seq) || (seq > this.#durable && !this.#isFailing)) return undefined
    if (event?.seq === seq) return { seq, outgoing: { kind: 'event', event } }
    const { n } = behind!
    return { seq, outgoing: { kind: 'incident', n, document: this.#desk.incident(n) ?? null } }
  }

  #plan(ms: number): void {
    const now = this.#o.clock.monotonic()
    const at = Math.max(now + ms, this.#lastWrite + SPACING_MS)
    if (this.#stopped || this.#dueAt <= at) return
    this.#dueAt = at
    this.#timer.abort()
    this.#timer = new AbortController()
    sleep(Math.max(0, at - now), this.#timer.signal).then(
      () => this.flush(),
      () => {},
    )
  }

  async #write(): Promise<void> {
    const desk = this.#desk
    if (!desk) return
    this.#dueAt = Number.POSITIVE_INFINITY
    this.#timer.abort()
    this.#dirty = false
    this.#lastWrite = this.#o.clock.monotonic()
    const { seq } = this.#outbox
    const content = JSON.stringify({ version: 1, desk: desk.state(), outbox: this.#outbox })
    this.#writing = this.#o.write(this.#o.path, content).then(
      () => {
        this.#durable = Math.max(this.#durable, seq)
        this.#isFailing = false
      },
      error => {
        if (!this.#isFailing) this.#o.onTrouble(error)
        this.#isFailing = true
        this.#dirty = true
      },
    )
    await this.#writing
    this.#writing = undefined
    if (this.#isFailing) this.#plan(this.#o.batchMs)
    if (this.#next()) this.#o.onReady()
  }
}
