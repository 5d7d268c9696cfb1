/** The publisher's side of a delta: tries what makes each changed chunk small, and keeps that. */
import { createHash } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { CopyEncoder } from './copies.js'
import { type Codec, type IndexParts, MAGIC } from './delta-index.js'
import { encodeDifference } from './difference.js'
import { MOST_HEADER_BYTES } from './make-manifest.js'
import {
  type Chunk,
  chunksOf,
  type Manifest,
  type Part,
  partsOf,
  type TensorPart,
  typeOf,
} from './manifest.js'
import { type Effort, pack } from './pack.js'
import { readExactly } from './read-exactly.js'

export interface DeltaSide {
  path: string
  manifest: Manifest
}

export interface MadeDelta {
  /** Bytes of the file. */
  length: number
  sha256: string
  /** Of the index as it stands in the file: sign it, so that a device knows a damaged one at once. */
  indexSha256: string
  /** Bytes of it; it begins behind the preamble. */
  indexLength: number
  /** Chunks by codec. */
  codecs: Record<Codec, number>
}

/** A difference this small is taken without looking further, parts of the chunk. */
const SMALL_ENOUGH = 0.8
/** Pieces are put behind their index in steps of this. */
const COPY_BYTES = 2 ** 20

/**
 * Writes the delta from one model to another. Memory: a few chunks, and the old header.
 * @param out must not be there yet; removed when it fails, and so is `<out>.pieces`
 * @param effort default `small`
 * @throws the system's own error, the signal's reason
 */
export async function makeDelta({
  old,
  target,
  out,
  effort = 'small',
  signal,
  onProgress,
}: {
  old: DeltaSide
  target: DeltaSide
  out: string
  effort?: Effort
  signal?: AbortSignal
  /** How far it is in the new model. */
  onProgress?: (doneBytes: number, totalBytes: number) => void
}): Promise<MadeDelta> {
  const piecesPath = `${out}.pieces`
  const files: FileHandle[] = []
  const opened = async (path: string, flags: string) => {
    const file = await open(path, flags)
    files.push(file)
    return file
  }
  let isOurs = false
  try {
    const oldFile = await opened(old.path, 'r')
    const targetFile = await opened(target.path, 'r')
    const delta = await opened(out, 'wx')
    isOurs = true
    const pieces = await opened(piecesPath, 'w+')
    const codecs: Record<Codec, number> = { stored: 0, packed: 0, difference: 0, copies: 0 }
    const parts: IndexParts = []
    const known = new Set(partsOf(old.manifest).flatMap(hashesOf))
    const told = new Set<string>()
    const bases = new Bases(old.manifest, oldFile)
    for (const part of partsOf(target.manifest)) {
      const chunks = chunksOf(part, target.manifest.chunk_bytes)
      if (told.has(part.sha256) || chunks.every(chunk => known.has(chunk.sha256))) continue
      told.add(part.sha256)
      const base = bases.of(part, target.manifest)
      const listed: IndexParts[number]['pieces'] = []
      for (const chunk of chunks) {
        signal?.throwIfAborted()
        if (known.has(chunk.sha256)) {
          listed.push(null)
          continue
        }
        const bytes = await readExactly(targetFile, chunk.offset, chunk.length)
        const { codec, piece } = await smallest(bytes, await bases.encode(base, part, chunk, bytes), effort)
        codecs[codec]++
        listed.push([codec, piece.length, createHash('sha256').update(piece).digest('hex')])
        await pieces.writeFile(piece)
        onProgress?.(chunk.offset + chunk.length, target.manifest.length)
      }
      parts.push({ part: part.sha256, base: base?.sha256 ?? null, pieces: listed })
    }
    const json = JSON.stringify({ version: 1, target: target.manifest.sha256, parts })
    const index = await pack(Buffer.from(json), 'small')
    const preamble = Buffer.alloc(MAGIC.length + 4)
    preamble.write(MAGIC, 'latin1')
    preamble.writeUInt32LE(index.length, MAGIC.length)
    const whole = createHash('sha256')
    const append = async (bytes: Uint8Array) => {
      whole.update(bytes)
      await delta.writeFile(bytes)
    }
    await append(preamble)
    await append(index)
    const { size: piecesBytes } = await pieces.stat()
    for (let at = 0; at < piecesBytes; at += COPY_BYTES)
      await append(await readExactly(pieces, at, Math.min(COPY_BYTES, piecesBytes - at)))
    await delta.sync()
    const { size } = await delta.stat()
    const indexSha256 = createHash('sha256').update(index).digest('hex')
    return { length: size, sha256: whole.digest('hex'), indexSha256, indexLength: index.length, codecs }
  } catch (error) {
    if (isOurs) await rm(out, { force: true })
    throw error
  } finally {
    for (const file of files) await file.close()
    if (isOurs) await rm(piecesPath, { force: true })
  }
}

const hashesOf = (part: Part | TensorPart) => part.chunks ?? [part.sha256]

interface Tried {
  codec: Codec
  piece: Uint8Array
}

/** @param told the chunk against its base, not compressed yet */
async function smallest(
  bytes: Uint8Array,
  told: { codec: Codec; body: Uint8Array } | undefined,
  effort: Effort,
): Promise<Tried> {
  const tried: Tried[] = []
  if (told) {
    const piece = await pack(told.body, effort)
    if (piece.length < bytes.length * SMALL_ENOUGH) return { codec: told.codec, piece }
    tried.push({ codec: told.codec, piece })
  }
  // weights do not compress: no effort
  tried.push({ codec: 'packed', piece: await pack(bytes, 'fast') })
  tried.push({ codec: 'stored', piece: bytes })
  return tried.reduce((best, one) => (one.piece.length < best.piece.length ? one : best))
}

/** What in the old model a part can be told against. */
class Bases {
  readonly #manifest: Manifest
  readonly #file: FileHandle
  readonly #tensors: ReadonlyMap<string, TensorPart>
  #header: CopyEncoder | undefined
  constructor(manifest: Manifest, file: FileHandle) {
    this.#manifest = manifest
    this.#file = file
    this.#tensors = new Map(manifest.tensors.map(tensor => [tensor.name, tensor]))
  }

  /** The tensor of the same name with rows of the same kind; there may be more of them, or fewer. */
  of(part: Part | TensorPart, target: Manifest): Part | undefined {
    if ('type' in part) {
      const base = this.#tensors.get(part.name)
      return base?.type === part.type && base.shape[0] === part.shape[0] ? base : undefined
    }
    const { header } = this.#manifest
    return part === target.header && header.length <= MOST_HEADER_BYTES ? header : undefined
  }

  async encode(
    base: Part | undefined,
    part: Part | TensorPart,
    chunk: Chunk,
    bytes: Uint8Array,
  ): Promise<{ codec: Codec; body: Uint8Array } | undefined> {
    if (!base) return undefined
    const type = typeOf(part)
    if (type === undefined) {
      this.#header ??= new CopyEncoder(await readExactly(this.#file, base.offset, base.length))
      return { codec: 'copies', body: this.#header.encode(bytes) }
    }
    const at = chunk.offset - part.offset
    const length = Math.max(0, Math.min(chunk.length, base.length - at))
    const old = await readExactly(this.#file, base.offset + at, length)
    return { codec: 'difference', body: encodeDifference(type, old, bytes) }
  }
}
