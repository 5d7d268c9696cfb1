import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { systemDisk } from '../../daemon/base/disk.js'
import { parse, type z } from '../../daemon/base/schema.js'
import {
  type BundleFile,
  CUSTOM_FIELD,
  type FileRole,
  mainFile,
  problemsOf,
  TargetPromise,
} from '../format/target.js'
import { type DeltaOptions, deltaTargets, makeDeltas } from './deltas.js'
import { errors } from './errors.js'
import { consistentName } from './publish.js'
import type { Repository, Signed } from './repository.js'

export interface AddOptions {
  repository: Repository
  /** Who vouches: `targets`, or a role made by `delegate`. */
  role?: string
  /** Files of the bundle by what they are for; `model` or `adapter` is among them. */
  files: Partial<Record<FileRole, string>>
  /** All that the custom metadata says, without `files` and `kind`. */
  promise: Omit<z.input<typeof TargetPromise>, 'files' | 'kind' | 'deltas'>
  /** Against what deltas are made; false for none. Default: the newest release that is there. */
  deltas?: DeltaOptions | false
}

export interface TargetsSigned extends Signed {
  targets: Record<string, { length: number; hashes: { sha256: string }; custom?: Record<string, unknown> }>
}

/**
 * Puts a bundle into the draft of a targets role; its files are copied to where devices will look, which nobody does
 * before it is published.
 * @returns the path of the target
 * @throws bad_bundle, release_not_newer, invalid_value, delta_source_unknown, the signal's reason
 */
export async function add(options: AddOptions): Promise<string> {
  const { repository, role = 'targets' } = options
  const kind = options.files.adapter ? 'adapter' : 'model'
  const { family, version } = options.promise
  const files: BundleFile[] = []
  for (const [fileRole, source] of Object.entries(options.files) as [FileRole, string][]) {
    const { length, sha256 } = await measured(source)
    const ending = /\.[A-Za-z0-9]{1,8}$/.exec(basename(source))?.[0] ?? ''
    const path = `${family}/${family}-${version}${fileRole === kind ? '' : `.${fileRole}`}${ending}`
    files.push({ role: fileRole, path, length, sha256 })
  }
  const plain = checked({ ...options.promise, kind, files })
  const current = ((await repository.draft(role)) ?? (await repository.published(role))).signed.targets
  for (const target of Object.values(current)) {
    const other = TargetPromise.safeParse(target.custom[CUSTOM_FIELD])
    if (other.success && other.data.family === family && other.data.release >= plain.release)
      throw errors.release_not_newer({ family, release: plain.release, newest: other.data.release })
  }
  const main = mainFile(plain)
  const deltas =
    options.deltas === false
      ? undefined
      : await makeDeltas(repository, plain, main, options.files[kind]!, options.deltas)
  const promise = deltas ? checked({ ...plain, deltas }) : plain
  for (const file of files)
    await copyDurably(
      options.files[file.role]!,
      join(repository.targetsFolder, consistentName(file.path, file.sha256)),
    )
  await repository.change(role, signed => {
    const { targets } = signed as TargetsSigned
    for (const { role: fileRole, path, length, sha256 } of files) {
      targets[path] = {
        length,
        hashes: { sha256 },
        ...(fileRole === kind ? { custom: { [CUSTOM_FIELD]: promise } } : {}),
      }
    }
    for (const { path, length, sha256 } of deltas ? deltaTargets(deltas) : [])
      targets[path] = { length, hashes: { sha256 } }
  })
  return main.path
}

/** @throws invalid_value, bad_bundle */
function checked(value: unknown): TargetPromise {
  const promise = parse(TargetPromise, value, 'the bundle')
  const [problem] = problemsOf(promise)
  if (problem) throw errors.bad_bundle({ problem })
  return promise
}

async function measured(path: string): Promise<{ length: number; sha256: string }> {
  const hash = createHash('sha256')
  let length = 0
  try {
    for await (const piece of createReadStream(path)) {
      hash.update(piece as Buffer)
      length += (piece as Buffer).length
    }
  } catch (error) {
    throw errors.bad_bundle({ problem: `${path}: ${(error as NodeJS.ErrnoException).code}` })
  }
  return { length, sha256: hash.digest('hex') }
}

async function copyDurably(from: string, to: string): Promise<void> {
  const { size } = await stat(from)
  if (
    await stat(to).then(
      s => s.size === size,
      () => false,
    )
  )
    return
  await mkdir(dirname(to), { recursive: true })
  const half = `${to}.part`
  await rm(half, { force: true })
  await copyFile(from, half)
  const file = await open(half, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(half, to)
  await systemDisk.syncFolder(dirname(to))
}
