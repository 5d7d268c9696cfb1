/**
 * The public keys of devices: given, or believed the first time a device names one and from then on. One durable file,
 * `{version: 1, devices: {<id>: {key, counters, by}}}`.
 */
import { readFile } from 'node:fs/promises'
import { systemClock } from '../../daemon/base/clock.js'
import { type DiskCalls, systemDisk, writeDurably } from '../../daemon/base/disk.js'
import { describe } from '../../daemon/base/errors.js'
import { parse, z } from '../../daemon/base/schema.js'
import {
  PublicKey,
  errors as reportErrors,
  SignedReport,
  type VersionReport,
  verifyReport,
} from '../format/report.js'
import { errors } from './errors.js'
import type { Belief } from './facts.js'

const KeysFile = z.strictObject({
  version: z.literal(1),
  devices: z.record(
    z.string(),
    z.strictObject({
      key: PublicKey,
      counters: z
        .record(z.string(), z.number().int().nonnegative())
        .default({})
        .describe('The highest that was seen, by family: a broker keeps one report of each.'),
      by: z.enum(['given', 'first_use']).default('given'),
    }),
  ),
})
type KnownDevice = z.output<typeof KeysFile>['devices'][string]

export interface Checked {
  belief: Belief
  /** What it says; also where its key is not known. */
  report?: VersionReport
  problem?: string
}

/** The file is written no more often. */
const SAVE_EVERY_MS = 5_000

export class DeviceKeys {
  readonly #path: string
  readonly #disk: DiskCalls
  #devices = new Map<string, KnownDevice>()
  #isDirty = false
  #savedMs = Number.NEGATIVE_INFINITY

  constructor(path: string, disk: DiskCalls = systemDisk) {
    this.#path = path
    this.#disk = disk
  }

  /** @throws keys_broken; no file is no keys */
  async load(): Promise<void> {
    const text = await readFile(this.#path, 'utf8').catch(error => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw errors.keys_broken({ path: this.#path, problem: describe(error) }, error)
    })
    if (text === undefined) return
    try {
      this.#devices = new Map(Object.entries(parse(KeysFile, JSON.parse(text), this.#path).devices))
    } catch (error) {
      throw errors.keys_broken({ path: this.#path, problem: describe(error) }, error)
    }
  }

  /**
   * A device named its key.
   * @returns why it is not taken: another key is known
   */
  learn(device: string, value: unknown): string | undefined {
    const key = PublicKey.safeParse(value)
    if (!key.success) return 'what came as its key is none'
    const known = this.#devices.get(device)
    if (known)
      return known.key.keyid === key.data.keyid
        ? undefined
        : 'it names another key than the one that is known'
    this.#devices.set(device, { key: key.data, counters: {}, by: 'first_use' })
    this.#isDirty = true
    return undefined
  }

  /** What a report of a device is worth. The one that was seen last comes again whenever the broker is asked. */
  check(device: string, value: unknown): Checked {
    const known = this.#devices.get(device)
    if (!known) {
      const report = SignedReport.safeParse(value)
      return report.success
        ? { belief: 'no_key', report: report.data.signed }
        : { belief: 'bad', problem: 'what came is no version report' }
    }
    try {
      const report = verifyReport(value, { device, key: known.key, seenCounter: 0 })
      const { family, counter } = report
      const seen = known.counters[family] ?? 0
      if (counter < seen) throw reportErrors.report_replayed({ device, counter, seen })
      if (counter > seen) {
        known.counters[family] = counter
        this.#isDirty = true
      }
      return { belief: 'good', report }
    } catch (error) {
      return { belief: 'bad', problem: describe(error) }
    }
  }

  /** Writes what is new, now and then; `now`: whatever there is. */
  async save(now = false): Promise<void> {
    const ms = systemClock.monotonic()
    if (!this.#isDirty || (!now && ms - this.#savedMs < SAVE_EVERY_MS)) return
    this.#isDirty = false
    this.#savedMs = ms
    const devices = Object.fromEntries([...this.#devices].sort(([a], [b]) => (a < b ? -1 : 1)))
    try {
      await writeDurably(this.#path, `${JSON.stringify({ version: 1, devices }, null, 1)}\n`, this.#disk)
    } catch (error) {
      this.#isDirty = true
      throw error
    }
  }
}
