/** The device's side of version reports: its key, its counter, its signature. One object for all families of a device. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DiskCalls, sweepTemporary, systemDisk, writeDurably } from '../../daemon/base/disk.js'
import { defineErrors } from '../../daemon/base/errors.js'
import { parse, z } from '../../daemon/base/schema.js'
import {
  type Attack,
  type PublicKey,
  publicKeyOf,
  reportBytes,
  type SignedReport,
  type VersionReport,
} from '../format/report.js'

export const errors = defineErrors({
  device_key_broken: {
    says: (a: { path: string; problem: string }) =>
      `the key of this device cannot be used: ${a.path}: ${a.problem}`,
    remedy:
      'Remove the file: a new key is made, which the fleet must be told (`publicKey`). Models are not affected.',
  },
})

export interface ReporterOptions {
  /** `<data>/device`: the key (0600) and the counter. Nobody else writes there. */
  folder: string
  /** As its topics name it. */
  device: string
  /** The time that may be believed, milliseconds: `TimeFloor` of the trust folder. */
  knownMs: () => Promise<number>
  disk?: DiskCalls
}

/** What a report is about. */
export interface ReportFacts {
  family: string
  running: VersionReport['running']
  attackDetected?: Attack
}

/** Numbers are reserved by so many, for flash wears: a restart passes over those that were not used. */
const RESERVED = 64
const Counter = z.strictObject({ version: z.literal(1), reserved: z.number().int().nonnegative() })

export class Reporter {
  readonly #o: ReporterOptions
  readonly #disk: DiskCalls
  #key: KeyObject | undefined
  #next: number | undefined
  #reserved = 0
  #busy: Promise<unknown> = Promise.resolve()

  constructor(options: ReporterOptions) {
    this.#o = options
    this.#disk = options.disk ?? systemDisk
  }

  /** What a fleet must know to believe this device. Makes the key where there is none. @throws device_key_broken */
  publicKey(): Promise<PublicKey> {
    return this.#inTurn(async () =>
      publicKeyOf(createPublicKey(await this.#privateKey()).export({ type: 'spki', format: 'der' })),
    )
  }

  /**
   * Signs what runs, with a number that no report of this device had before, whatever happened in between.
   * @throws device_key_broken, and what the disk throws: then there is no report
   */
  report(facts: ReportFacts): Promise<SignedReport> {
    return this.#inTurn(async () => {
      const key = await this.#privateKey()
      const knownMs = await this.#o.knownMs()
      const signed: VersionReport = {
        _type: 'version_report',
        device: this.#o.device,
        family: facts.family,
        running: facts.running,
        latest_known_time: `${new Date(knownMs).toISOString().slice(0, 19)}Z`,
        counter: await this.#count(knownMs),
        ...(facts.attackDetected ? { attack_detected: facts.attackDetected } : {}),
      }
      const { keyid } = publicKeyOf(createPublicKey(key).export({ type: 'spki', format: 'der' }))
      const sig = sign(undefined, reportBytes(signed), key).toString('hex')
      return { signatures: [{ keyid, sig }], signed }
    })
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#busy.then(work, work)
    this.#busy = turn.catch(() => {})
    return turn
  }

  async #privateKey(): Promise<KeyObject> {
    if (this.#key) return this.#key
    const path = join(this.#o.folder, 'key.pem')
    const pem = await readFile(path, 'utf8').catch(error => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw errors.device_key_broken({ path, problem: (error as Error).message }, error)
    })
    if (pem === undefined) {
      const { privateKey } = generateKeyPairSync('ed25519')
      // files of writeDurably are the owner's alone (0600)
      await writeDurably(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), this.#disk)
      this.#key = privateKey
    } else this.#key = keyIn(pem, path)
    return this.#key
  }

  /** The next number; on the disk before anybody sees it. */
  async #count(knownMs: number): Promise<number> {
    this.#next ??= await this.#begin(knownMs)
    if (this.#next > this.#reserved) {
      const reserved = this.#next + RESERVED - 1
      const path = join(this.#o.folder, 'counter.json')
      await writeDurably(path, `${JSON.stringify({ version: 1, reserved })}\n`, this.#disk)
      this.#reserved = reserved
    }
    return this.#next++
  }

  /** Where it is not known how far one had counted, the time in milliseconds is beyond it: nobody restarts 15 times a second. */
  async #begin(knownMs: number): Promise<number> {
    await sweepTemporary(this.#o.folder, this.#disk)
    const path = join(this.#o.folder, 'counter.json')
    const text = await readFile(path, 'utf8').catch(() => '')
    try {
      this.#reserved = parse(Counter, JSON.parse(text), path).reserved
    } catch {
      this.#reserved = Math.max(0, Math.floor(knownMs))
    }
    return this.#reserved + 1
  }
}

function keyIn(pem: string, path: string): KeyObject {
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType !== 'ed25519') throw new Error(`it is of type ${key.asymmetricKeyType}`)
    return key
  } catch (error) {
    throw errors.device_key_broken({ path, problem: (error as Error).message }, error)
  }
}

/**
 * Which attack an error of the updater looks like, if any. A careless publisher, a bad disk or a poor link can look the same:
 * a fleet sees by how many devices say it which of them it is.
 */
export function attackOf(code: string): Attack | undefined {
  return ATTACK_BY_CODE[code]
}

const ATTACK_BY_CODE: Readonly<Record<string, Attack>> = {
  signatures_not_enough: 'arbitrary_software',
  wrong_hash: 'arbitrary_software',
  metadata_rolled_back: 'rollback',
  metadata_expired: 'freeze',
  metadata_mismatch: 'mix_and_match',
  too_long: 'endless_data',
  too_slow: 'slow_retrieval',
}
