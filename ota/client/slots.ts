/**
 * Where models live: `factory` (came with the device, read-only) and two slots that take turns. A slot's record says
 * untried before its first byte is written; the pointer moves once and last; good is written only after the watch window.
 */
import { readdir, readFile, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import {
  type DiskCalls,
  removeDurably,
  sweepTemporary,
  systemDisk,
  writeDurably,
} from '../../daemon/base/disk.js'
import { z } from '../../daemon/base/schema.js'
import { type BundleFile, type FileRole, mainFile, TargetPromise } from '../format/target.js'

export type SlotName = 'a' | 'b'

const Record_ = z.object({
  version: z.literal(1),
  state: z.enum(['untried', 'good']),
  path: z.string(),
  promise: TargetPromise,
})
export type SlotRecord = z.output<typeof Record_>

const Pointer = z.object({
  version: z.literal(1),
  active: z.enum(['factory', 'a', 'b']),
  previous: z.enum(['factory', 'a', 'b']),
})
export type Pointer = z.output<typeof Pointer>

/** The model that came with the device. */
export interface FactoryModel {
  version: string
  /** Default 0: below everything a repository offers. */
  release?: number
  sha256: string
  files: Partial<Record<FileRole, string>>
}

/** A model that can answer: complete, verified. */
export interface Installed {
  slot: 'factory' | SlotName
  kind: 'model' | 'adapter'
  version: string
  release: number
  /** Of the main file. */
  sha256: string
  /** Absolute paths by what the files are for. */
  files: Partial<Record<FileRole, string>>
  /** Adapters: what they stand on. */
  base?: { family: string; release?: number | undefined; sha256: string }
}

export const POINTER_AT_FIRST: Pointer = { version: 1, active: 'factory', previous: 'factory' }

export class Slots {
  readonly folder: string
  readonly factory: FactoryModel
  readonly disk: DiskCalls
  constructor(folder: string, factory: FactoryModel, disk: DiskCalls = systemDisk) {
    this.folder = folder
    this.factory = factory
    this.disk = disk
  }

  slotFolder(slot: SlotName): string {
    return join(this.folder, 'slots', slot)
  }

  /** What is needed only while a model is made from another: manifests by the SHA-256 of the model, indexes by their own. */
  get scratchFolder(): string {
    return join(this.folder, 'deltas')
  }

  /** Removes it. @param kept names that stay */
  async dropScratch(kept: readonly string[] = []): Promise<void> {
    for (const name of await readdir(this.scratchFolder).catch((): string[] => []))
      if (!kept.includes(name)) await this.disk.remove(join(this.scratchFolder, name))
  }

  /** Where a file of a bundle lies once it is whole. */
  fileIn(slot: SlotName, file: BundleFile): string {
    return join(this.slotFolder(slot), `${file.role}${extname(file.path)}`)
  }

  async pointer(): Promise<Pointer> {
    return (await readAs(Pointer, join(this.folder, 'pointer.json'))) ?? POINTER_AT_FIRST
  }

  async movePointer(pointer: Pointer): Promise<void> {
    await writeDurably(join(this.folder, 'pointer.json'), `${JSON.stringify(pointer)}\n`, this.disk)
  }

  async record(slot: SlotName): Promise<SlotRecord | undefined> {
    return readAs(Record_, join(this.slotFolder(slot), 'record.json'))
  }

  async writeRecord(slot: SlotName, record: SlotRecord): Promise<void> {
    await writeDurably(join(this.slotFolder(slot), 'record.json'), `${JSON.stringify(record)}\n`, this.disk)
  }

  /** The slot that does not answer and is not the way back, if one can be spared. */
  async spare(): Promise<SlotName> {
    const { active, previous } = await this.pointer()
    if (active === 'a') return 'b'
    if (active === 'b') return 'a'
    // the factory answers: what did worse before is of no use
    return previous === 'a' ? 'b' : 'a'
  }

  /** What a slot holds, by its record; nobody says yet that it is whole. */
  installed(slot: SlotName, record: SlotRecord): Installed {
    const { promise } = record
    const files = Object.fromEntries(promise.files.map(f => [f.role, this.fileIn(slot, f)]))
    return {
      slot,
      kind: promise.kind,
      version: promise.version,
      release: promise.release,
      sha256: mainFile(promise).sha256,
      files,
      ...(promise.needs.base ? { base: promise.needs.base } : {}),
    }
  }

  get factoryInstalled(): Installed {
    const { version, release = 0, sha256, files } = this.factory
    return { slot: 'factory', kind: 'model', version, release, sha256, files }
  }

  /** Empties a slot: the record goes last, so that a cut half way is seen. */
  async empty(slot: SlotName): Promise<void> {
    const folder = this.slotFolder(slot)
    const names = await readdir(folder).catch((): string[] => [])
    for (const name of names) if (name !== 'record.json') await this.disk.remove(join(folder, name))
    if (names.includes('record.json')) await removeDurably(join(folder, 'record.json'), this.disk)
  }

  /** Removes what cuts left behind. */
  async sweep(): Promise<void> {
    for (const folder of [this.folder, this.slotFolder('a'), this.slotFolder('b')])
      await sweepTemporary(folder, this.disk)
  }

  /** Bytes in both slots, and of what is needed for a while. */
  async bytes(): Promise<number> {
    const [a, b, scratch] = await Promise.all(
      [this.slotFolder('a'), this.slotFolder('b'), this.scratchFolder].map(folderBytes),
    )
    return a! + b! + scratch!
  }
}

/** Bytes of the files in a folder; none where it is not there. */
export async function folderBytes(folder: string): Promise<number> {
  let sum = 0
  for (const name of await readdir(folder).catch((): string[] => []))
    sum += await stat(join(folder, name)).then(
      s => s.size,
      () => 0,
    )
  return sum
}

/** A small file of ours, or undefined when it is not there or not whole. */
async function readAs<S extends z.ZodType>(schema: S, path: string): Promise<z.output<S> | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return undefined
  }
}
