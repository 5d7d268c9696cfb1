/**
 * The manifest of a new model and its deltas from earlier ones. They are targets like others, made beside the repository's
 * public folders and moved in when they are whole.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { systemDisk, writeDurably } from '../../daemon/base/disk.js'
import { codeOf, describe } from '../../daemon/base/errors.js'
import { type DeltaSide, makeDelta } from '../format/make-delta.js'
import { makeManifest } from '../format/make-manifest.js'
import { formatManifest, type Manifest, parseManifest } from '../format/manifest.js'
import type { Effort } from '../format/pack.js'
import {
  type BundleFile,
  CUSTOM_FIELD,
  type DeltaPromise,
  mainFile,
  TargetPromise,
} from '../format/target.js'
import { errors } from './errors.js'
import { consistentName } from './publish.js'
import type { Repository } from './repository.js'

export interface DeltaOptions {
  /** Earlier releases: versions, paths of targets, `last` for the newest. Default `last`, if there is one. */
  from?: readonly string[]
  /** Models that are not in the repository, e.g. one that devices left the factory with. */
  fromFiles?: readonly string[]
  /** Default `small`. */
  effort?: Effort
  signal?: AbortSignal
  /** What is done, and how far: parts of 1. */
  onProgress?: (what: string, done: number) => void
  /** What was left out, and why. */
  onSkip?: (sentence: string) => void
}

/** A delta that is not smaller than this part of the file is not worth a device's work. */
const MOST_SHARE = 0.9

export interface Earlier {
  path: string
  promise: TargetPromise
}

/** What is published or drafted of a family by any role, the newest first. */
export async function earlierReleases(
  repository: Repository,
  { family, kind }: Pick<TargetPromise, 'family' | 'kind'>,
): Promise<Earlier[]> {
  const found: Earlier[] = []
  for (const role of ['targets', ...(await repository.delegatedRoles())]) {
    const metadata =
      (await repository.draft(role)) ??
      ((await repository.hasPublished(role)) ? await repository.published(role) : undefined)
    for (const [path, target] of Object.entries(metadata?.signed.targets ?? {})) {
      const promise = TargetPromise.safeParse(target.custom[CUSTOM_FIELD])
      if (promise.success && promise.data.family === family && promise.data.kind === kind)
        found.push({ path, promise: promise.data })
    }
  }
  return found.sort((a, b) => b.promise.release - a.promise.release)
}

/**
 * Makes what devices need to come from earlier models to this one; every file is in its public place then.
 * @param file the new main file, and where it lies
 * @returns what the promise says of it; undefined when the file is nothing that can be told in parts
 * @throws delta_source_unknown, the system's own error, the signal's reason; nothing half-written is left
 */
export async function makeDeltas(
  repository: Repository,
  promise: Omit<TargetPromise, 'deltas'>,
  file: BundleFile,
  source: string,
  options: DeltaOptions = {},
): Promise<TargetPromise['deltas']> {
  const { signal, onProgress = () => {}, onSkip = () => {} } = options
  const making = join(repository.folder, 'making')
  const published: string[] = []
  // what a run that was killed has left
  await rm(making, { recursive: true, force: true })
  await mkdir(making, { recursive: true })
  try {
    const before = await chosen(repository, promise, options)
    const progress = (what: string) => (done: number, total: number) => onProgress(what, done / total)
    let manifest: Manifest
    try {
      manifest = await makeManifest(source, { signal, onProgress: progress('manifest') })
    } catch (error) {
      // it may still be what an engine of tomorrow takes; only parts of it are not known
      if (codeOf(error) === undefined) throw error
      onSkip(`no manifest and no deltas: ${describe(error)}`)
      return undefined
    }
    const base = file.path.replace(/\.[A-Za-z0-9]{1,8}$/, '')
    const publish = async (path: string, sha256: string, put: (to: string) => Promise<void>) => {
      const to = join(repository.targetsFolder, consistentName(path, sha256))
      await systemDisk.makeFolder(dirname(to))
      // named by its hash: what is there already is the same, and another release's too
      if (await isThere(to)) return
      published.push(to)
      await put(to)
      await systemDisk.syncFolder(dirname(to))
    }
    const text = formatManifest(manifest)
    const told = { path: `${base}.manifest.json`, length: Buffer.byteLength(text), sha256: sha256Of(text) }
    await publish(told.path, told.sha256, to => writeDurably(to, text))
    const from: DeltaPromise[] = []
    for (const old of before) {
      signal?.throwIfAborted()
      const what = `delta from ${old.name}`
      const side = await sideOf(old, signal, progress(`manifest of ${old.name}`), onSkip)
      if (!side || side.manifest.sha256 === file.sha256 || from.some(d => d.from === side.manifest.sha256))
        continue
      const out = join(making, 'delta')
      const made = await makeDelta({
        old: side,
        target: { path: source, manifest },
        out,
        effort: options.effort ?? 'small',
        ...(signal ? { signal } : {}),
        onProgress: progress(what),
      })
      const share = made.length / file.length
      if (share >= MOST_SHARE) {
        await rm(out)
        onSkip(`${what}: left out, it would be ${Math.round(share * 100)} % of the file`)
        continue
      }
      const path = `${base}.from-${side.manifest.sha256.slice(0, 16)}.delta`
      await publish(path, made.sha256, to => rename(out, to))
      from.push({
        from: side.manifest.sha256,
        path,
        length: made.length,
        sha256: made.sha256,
        index_length: made.indexLength,
        index_sha256: made.indexSha256,
      })
    }
    return { manifest: told, from }
  } catch (error) {
    for (const path of published) await rm(path, { force: true })
    throw error
  } finally {
    await rm(making, { recursive: true, force: true })
  }
}

/** An old model: where it lies, and its manifest where that was signed before. */
interface Old {
  name: string
  path: string
  manifestPath?: string
  manifestSha256?: string
}

async function chosen(
  repository: Repository,
  promise: Pick<TargetPromise, 'family' | 'kind' | 'version'>,
  { from, fromFiles = [] }: DeltaOptions,
): Promise<Old[]> {
  const releases = await earlierReleases(repository, promise)
  const at = (path: string, sha256: string) => join(repository.targetsFolder, consistentName(path, sha256))
  const olds: Old[] = []
  for (const name of from ?? (releases.length > 0 ? ['last'] : [])) {
    const one =
      name === 'last' ? releases[0] : releases.find(r => r.promise.version === name || r.path === name)
    if (!one)
      throw errors.delta_source_unknown({
        name,
        family: promise.family,
        known: releases.map(r => r.promise.version).join(', ') || 'none',
      })
    const main = mainFile(one.promise)
    const manifest = one.promise.deltas?.manifest
    olds.push({
      name: `${promise.family} ${one.promise.version}`,
      path: at(main.path, main.sha256),
      ...(manifest
        ? { manifestPath: at(manifest.path, manifest.sha256), manifestSha256: manifest.sha256 }
        : {}),
    })
  }
  for (const path of fromFiles) {
    if (!(await isThere(path))) throw errors.bad_bundle({ problem: `there is no file ${path}` })
    olds.push({ name: path, path })
  }
  return olds
}

async function sideOf(
  { name, path, manifestPath, manifestSha256 }: Old,
  signal: AbortSignal | undefined,
  onProgress: (done: number, total: number) => void,
  onSkip: (sentence: string) => void,
): Promise<DeltaSide | undefined> {
  const text = manifestPath ? await readFile(manifestPath, 'utf8').catch(() => '') : ''
  if (text && sha256Of(text) === manifestSha256) return { path, manifest: parseManifest(JSON.parse(text)) }
  try {
    return { path, manifest: await makeManifest(path, { signal, onProgress }) }
  } catch (error) {
    signal?.throwIfAborted()
    onSkip(`delta from ${name}: left out, ${describe(error)}`)
    return undefined
  }
}

const isThere = (path: string) =>
  stat(path).then(
    s => s.isFile(),
    () => false,
  )

const sha256Of = (text: string) => createHash('sha256').update(text).digest('hex')

/** Targets that the deltas of a bundle are, as a targets role lists them. */
export function deltaTargets(
  deltas: NonNullable<TargetPromise['deltas']>,
): { path: string; length: number; sha256: string }[] {
  return [deltas.manifest, ...deltas.from]
}

/** The deltas of a release, for a list: from what, how long, parts of the whole file. */
export async function toldDeltas(
  repository: Repository,
  promise: TargetPromise,
): Promise<{ deltas?: object[] }> {
  if (!promise.deltas) return {}
  const main = mainFile(promise)
  const releases = await earlierReleases(repository, promise)
  const deltas = promise.deltas.from.map(({ from, length }) => ({
    from: releases.find(r => mainFile(r.promise).sha256 === from)?.promise.version ?? from,
    bytes: length,
    percent: Math.round((length / main.length) * 1000) / 10,
  }))
  return { deltas }
}
