/** What was measured on this board, kept between starts for as long as it is the same board and the same files. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeDurably } from '../base/disk.js'
import { describe } from '../base/errors.js'
import { parse, z } from '../base/schema.js'
import { errors } from './errors.js'
import type { BoardFacts } from './facts.js'
import type { Measured, MeasuredModel } from './measured.js'
import type { Sample } from './rates.js'

const Rate = z.number().positive()
const Work = z.object({
  layers: z.number(),
  bodyWeights: z.number(),
  promptWeights: z.number(),
  headWeights: z.number(),
  bytesPerWeight: z.number(),
  cacheBytes: z.number(),
})
const Kept = z.object({
  version: z.literal(1),
  fingerprint: z.string(),
  models: z.array(
    z.object({
      /** Path, bytes and time of the file: another file under its name is measured anew. */
      key: z.string(),
      name: z.string(),
      quantization: z.string(),
      threads: z.number().int().positive(),
      measured_at: z.string(),
      trials: z
        .array(
          z.object({ threads: z.number().int().positive(), prefillTps: Rate, decodeTps: Rate, ms: Rate }),
        )
        .min(1),
    }),
  ),
  probes: z.array(
    z.object({
      quantization: z.string(),
      threads: z.number().int().positive(),
      prefillTps: Rate,
      decodeTps: Rate,
      work: Work,
    }),
  ),
})
type Kept = z.output<typeof Kept>

/** The figures of one board. */
export class Calibration {
  readonly #file: string
  readonly #fingerprint: string
  #kept: Kept
  /** Why what was kept is not used; undefined when it is, or when there was nothing. */
  readonly discarded: string | undefined

  private constructor(file: string, fingerprint: string, kept: Kept, discarded?: string) {
    this.#file = file
    this.#fingerprint = fingerprint
    this.#kept = kept
    this.discarded = discarded
  }

  /** Reads what was kept in `<dataDir>/board/measured.json`. Whatever cannot be used is measured again. */
  static async open(dataDir: string, facts: BoardFacts, engine: string): Promise<Calibration> {
    const file = join(dataDir, 'board', 'measured.json')
    const fingerprint = fingerprintOf(facts, engine)
    const empty: Kept = { version: 1, fingerprint, models: [], probes: [] }
    let text: string
    try {
      text = await readFile(file, 'utf8')
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
      return new Calibration(file, fingerprint, empty, missing ? undefined : describe(error))
    }
    try {
      const kept = parse(Kept, JSON.parse(text), file)
      if (kept.fingerprint !== fingerprint)
        return new Calibration(
          file,
          fingerprint,
          empty,
          'the hardware, its power mode or the engine has changed',
        )
      return new Calibration(file, fingerprint, kept)
    } catch (error) {
      return new Calibration(file, fingerprint, empty, `it cannot be read: ${describe(error)}`)
    }
  }

  get measured(): Measured {
    return { models: this.#kept.models, probes: this.#kept.probes }
  }

  /** When the model was measured, ISO 8601; undefined when it was not. */
  measuredAt(key: string): string | undefined {
    return this.#kept.models.find(m => m.key === key)?.measured_at
  }

  /** The thread count that was chosen for a file; undefined when it was not measured here. */
  threadsOf(key: string): number | undefined {
    return this.#kept.models.find(m => m.key === key)?.threads
  }

  /** @throws measurements_not_kept; the figures are used all the same */
  async keepModel(key: string, model: MeasuredModel, at: string): Promise<void> {
    const others = this.#kept.models.filter(m => m.key !== key && m.name !== model.name)
    const trials = model.trials.map(t => ({ ...t }))
    await this.#write({ ...this.#kept, models: [...others, { ...model, trials, key, measured_at: at }] })
  }

  /** @throws measurements_not_kept; the figures are used all the same */
  async keepProbes(probes: readonly Sample[]): Promise<void> {
    await this.#write({ ...this.#kept, probes: [...probes] })
  }

  async #write(kept: Kept): Promise<void> {
    this.#kept = { ...kept, fingerprint: this.#fingerprint }
    try {
      await writeDurably(this.#file, `${JSON.stringify(this.#kept, null, 1)}\n`)
    } catch (error) {
      throw errors.measurements_not_kept({ path: this.#file, problem: describe(error) }, error)
    }
  }
}

/**
 * What speed depends on: board, cores and their clocks, limits, power mode, engine. Not the temperature, not what is free.
 * @param engine version of the engine; a newer one may be faster
 */
export function fingerprintOf(facts: BoardFacts, engine: string): string {
  const { cpu, memory } = facts
  const what = [
    facts.architecture,
    // what a PC calls itself is not always asked for
    facts.compatible,
    cpu.name,
    cpu.cores,
    cpu.quotaCores,
    cpu.classes,
    cpu.features,
    // the kernel keeps a little more or less from start to start
    Math.round(memory.totalMib / 64),
    memory.limitMib,
    facts.powerMode?.name,
    engine,
  ]
  return createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 16)
}
