/**
 * The record of a rollout in two places: a durable file of the operator's machine, and retained at the broker, where any other
 * machine finds it. Of the two the one with the higher revision is right.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DiskCalls, systemDisk, writeDurably } from '../../daemon/base/disk.js'
import { describe } from '../../daemon/base/errors.js'
import { parse } from '../../daemon/base/schema.js'
import { RolloutNews, RolloutRecord } from '../format/rollout.js'
import { errors } from './errors.js'

export class RecordFile {
  readonly path: string
  readonly #disk: DiskCalls

  /** @param folder `<data>/fleet` */
  constructor(folder: string, name: string, disk: DiskCalls = systemDisk) {
    this.path = join(folder, `${name}.json`)
    this.#disk = disk
  }

  /** @throws record_broken */
  async read(): Promise<RolloutRecord | undefined> {
    const text = await readFile(this.path, 'utf8').catch(error => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw errors.record_broken({ where: this.path, problem: describe(error) }, error)
    })
    if (text === undefined) return undefined
    try {
      return parse(RolloutRecord, JSON.parse(text), this.path)
    } catch (error) {
      throw errors.record_broken({ where: this.path, problem: describe(error) }, error)
    }
  }

  /** @throws record_not_kept */
  async write(record: RolloutRecord): Promise<void> {
    try {
      await writeDurably(this.path, `${JSON.stringify(record)}\n`, this.#disk)
    } catch (error) {
      throw errors.record_not_kept({ path: this.path, problem: describe(error) }, error)
    }
  }
}

/** What is retained on `fleet/rollout/<name>`. @returns undefined where it was taken back @throws record_broken */
export function readNews(topic: string, payload: Uint8Array): RolloutNews | undefined {
  const text = Buffer.from(payload).toString('utf8')
  if (text.trim() === '') return undefined
  try {
    return parse(RolloutNews, JSON.parse(text), topic)
  } catch (error) {
    throw errors.record_broken({ where: topic, problem: describe(error) }, error)
  }
}

/**
 * The later of two.
 * @param file what `read` gives or throws
 * @throws what the file threw, where the broker has none that could be used in its place
 */
export async function laterRecord(
  file: RecordFile,
  retained: RolloutRecord | undefined,
): Promise<RolloutRecord | undefined> {
  let own: RolloutRecord | undefined
  try {
    own = await file.read()
  } catch (error) {
    if (retained === undefined) throw error
  }
  return own && (!retained || own.revision >= retained.revision) ? own : retained
}
