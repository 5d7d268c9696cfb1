/**
 * What a device keeps while it makes one model from another: manifests and the index, so that an interrupted update asks for
 * none of it again, and the word that a model is better loaded whole. All of it is checked when it is read.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeDurably } from '../../daemon/base/disk.js'
import { PREAMBLE_BYTES } from '../format/delta-index.js'
import type { Slots } from './slots.js'

export class Scratch {
  readonly #slots: Slots
  constructor(slots: Slots) {
    this.#slots = slots
  }

  static manifestName = (modelSha256: string) => `${modelSha256}.manifest`
  static indexName = (indexSha256: string) => `${indexSha256}.index`
  static refusedName = (modelSha256: string) => `${modelSha256}.refused`

  /** The manifest of a model. @param sha256 what it must have where that was signed */
  async manifest(modelSha256: string, sha256?: string): Promise<string | undefined> {
    const bytes = await this.#read(Scratch.manifestName(modelSha256))
    const cut = bytes?.indexOf('\n') ?? -1
    if (!bytes || cut < 0) return undefined
    const [noted, text] = [bytes.toString('utf8', 0, cut), bytes.subarray(cut + 1)]
    return sha256Of(text) === noted && (sha256 ?? noted) === noted ? text.toString() : undefined
  }

  /** The first line says what the rest must be: a card forgets, and nobody signed the manifest of an old model. */
  async keepManifest(modelSha256: string, text: string): Promise<void> {
    await this.#write(Scratch.manifestName(modelSha256), `${sha256Of(Buffer.from(text))}\n${text}`)
  }

  /** Preamble and index of a delta. */
  async index(indexSha256: string): Promise<Uint8Array | undefined> {
    const bytes = await this.#read(Scratch.indexName(indexSha256))
    return bytes && sha256Of(bytes.subarray(PREAMBLE_BYTES)) === indexSha256 ? bytes : undefined
  }

  async keepIndex(indexSha256: string, bytes: Uint8Array): Promise<void> {
    await this.#write(Scratch.indexName(indexSha256), bytes)
  }

  /** Whether the delta to this model was of no use: asking again would cost the same again. */
  async isRefused(modelSha256: string): Promise<boolean> {
    return (await this.#read(Scratch.refusedName(modelSha256))) !== undefined
  }

  /** @param why for whoever looks at the disk */
  async refuse(modelSha256: string, why: string): Promise<void> {
    await this.#write(Scratch.refusedName(modelSha256), `${why}\n`)
    await this.only([Scratch.refusedName(modelSha256)])
  }

  /** Everything else goes. */
  async only(names: readonly string[]): Promise<void> {
    await this.#slots.dropScratch(names)
  }

  #read(name: string): Promise<Buffer | undefined> {
    return readFile(join(this.#slots.scratchFolder, name)).catch(() => undefined)
  }

  async #write(name: string, content: string | Uint8Array): Promise<void> {
    await writeDurably(join(this.#slots.scratchFolder, name), content, this.#slots.disk)
  }
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
