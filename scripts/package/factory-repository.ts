/**
 * Makes `ota/factory/metadata` and `ota/factory/targets`, the TUF repository that travels inside the package, by the
 * publisher's own functions, from what lies beside them:
 *
 *   promises/<family>.yaml   what a model promises; one target a file
 *   cards/<family>.md        its card
 *   golden/<family>.jsonl    its golden requests, where there are any
 *
 *   npm run factory -- --keys FOLDER [--model command=model.gguf ...] [--new-root]
 *
 * A family whose model is not named keeps the one that is there. The first run makes the keys. Nothing changed: nothing is
 * signed. Private keys stay where they are; the folder must not lie in the project.
 *
 * --new-root, where the keys are lost: the same targets under a new root with new keys, in a folder that holds none yet.
 * Nobody vouches for what is taken over but who runs this; hence every file is held to its hash first.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { chmod, cp, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { parse as parseYaml } from 'yaml'
import { type Clock, systemClock } from '../../daemon/base/clock.js'
import { systemDisk } from '../../daemon/base/disk.js'
import { readGgufHeader } from '../../daemon/base/gguf.js'
import { packageRoot } from '../../daemon/base/package-root.js'
import { parse } from '../../daemon/base/schema.js'
import { CUSTOM_FIELD, type FileRole, mainFile, pathsOf, TargetPromise } from '../../ota/format/target.js'
import { add, type TargetsSigned } from '../../ota/publisher/add.js'
import { init } from '../../ota/publisher/init.js'
import { listKeys } from '../../ota/publisher/keys.js'
import { consistentName, publish } from '../../ota/publisher/publish.js'
import { Repository } from '../../ota/publisher/repository.js'
import { sign } from '../../ota/publisher/sign.js'

export interface FactoryRepositoryOptions {
  /** `ota/factory`. */
  folder: string
  /** Where the private keys are; made when there are none and nothing was published yet. */
  keys: string
  /** Model files by family. Default: the one that is published. */
  models?: Partial<Record<string, string>>
  /** The keys are lost: begins anew, with new ones; what is published stays published. */
  isNewRoot?: boolean
  clock?: Clock
}

/** What travels inside a package is as old as the package; ten years. Decision 0021. */
const EXPIRY_DAYS = 3653
const expiryDays = {
  root: EXPIRY_DAYS,
  targets: EXPIRY_DAYS,
  snapshot: EXPIRY_DAYS,
  timestamp: EXPIRY_DAYS,
}
/** Everything but the promise's own files. */
const Described = TargetPromise.omit({ files: true, kind: true })

/** @returns versions that are published now, by role; undefined when nothing has changed */
export async function makeFactoryRepository(
  options: FactoryRepositoryOptions,
): Promise<Record<string, number> | undefined> {
  const { folder, keys, isNewRoot = false, clock = systemClock } = options
  if (isBelow(keys, packageRoot())) throw new Error(`${keys} lies in the project: keys are never part of it`)
  const building = join(folder, 'building')
  await rm(building, { recursive: true, force: true })
  try {
    const repository = isNewRoot
      ? await begunAnew(folder, building, keys, clock)
      : await begun(folder, building, keys, clock)
    for (const file of readdirSync(join(folder, 'promises')).sort())
      await put(repository, file.replace(/\.yaml$/, ''), options)
    const draft = (await repository.draft('targets'))!.signed.toJSON() as unknown as TargetsSigned
    const before = (await repository.published('targets')).signed.toJSON() as unknown as TargetsSigned
    if (!isNewRoot && isDeepStrictEqual(draft.targets, before.targets)) return undefined
    await sign({ draftFolder: repository.draftFolder, keys: [keys] })
    const versions = await publish({ repository, keys: [keys] })
    await replace(folder, repository)
    return versions
  } finally {
    await rm(building, { recursive: true, force: true })
  }
}

/** What is published now, in a folder to build in. */
async function begun(folder: string, building: string, keys: string, clock: Clock): Promise<Repository> {
  if (!existsSync(join(folder, 'metadata'))) {
    if ((await listKeys([keys])).length > 0)
      throw new Error(`${keys} holds keys, ${folder} no metadata: new keys would be another repository`)
    return (await init({ folder: building, keys, expiryDays, clock })).repository
  }
  await mkdir(building, { recursive: true })
  for (const part of ['metadata', 'targets', 'publisher.json'])
    await cp(join(folder, part), join(building, part), { recursive: true })
  return new Repository(building, clock)
}

/** What is published now, by new keys: versions go on, so that no name ever means two things but that of the first root. */
async function begunAnew(folder: string, building: string, keys: string, clock: Clock): Promise<Repository> {
  const old = new Repository(folder, clock)
  if (!existsSync(join(folder, 'metadata')))
    throw new Error(`${folder} holds no metadata: there is nothing to begin anew, leave --new-root out`)
  if ((await listKeys([keys])).length > 0)
    throw new Error(`${keys} holds keys: new ones go to a folder of their own`)
  const targets = (await old.published('targets')).signed.toJSON() as unknown as TargetsSigned
  await checkHashes(old, targets)
  const [snapshot, timestamp] = [await old.published('snapshot'), await old.published('timestamp')]
  const firstVersion = Math.max(targets.version, snapshot.signed.version, timestamp.signed.version) + 1
  const { repository } = await init({ folder: building, keys, expiryDays, clock, firstVersion })
  await cp(old.targetsFolder, repository.targetsFolder, { recursive: true })
  await repository.change('targets', signed => {
    const { version, expires } = signed
    Object.assign(signed, targets, { version, expires })
  })
  await sign({ draftFolder: repository.draftFolder, keys: [keys] })
  await publish({ repository, keys: [keys] })
  return repository
}

async function checkHashes(repository: Repository, { targets }: TargetsSigned): Promise<void> {
  for (const [path, target] of Object.entries(targets)) {
    const { sha256 } = target.hashes
    const file = join(repository.targetsFolder, consistentName(path, sha256))
    const found = createHash('sha256')
      .update(await readFile(file))
      .digest('hex')
    if (found !== sha256) throw new Error(`${file} is not what its name says`)
  }
}

/** Puts one family into the draft, in the place of what was there of it. */
async function put(repository: Repository, family: string, options: FactoryRepositoryOptions): Promise<void> {
  const from = (part: string, name: string) => join(options.folder, part, name)
  const promisePath = from('promises', `${family}.yaml`)
  const promise = parse(Described, parseYaml(await readFile(promisePath, 'utf8')), promisePath)
  if (promise.family !== family) throw new Error(`${promisePath} is of family ${promise.family}`)
  const targets = (await repository.published('targets')).signed.toJSON() as unknown as TargetsSigned
  const before = Object.values(targets.targets)
    .map(t => TargetPromise.safeParse(t.custom?.[CUSTOM_FIELD]).data)
    .find(p => p?.family === family)
  const published =
    before && join(repository.targetsFolder, consistentName(mainFile(before).path, mainFile(before).sha256))
  const model = options.models?.[family] ?? published
  if (!model) throw new Error(`no model of ${family} is published yet: name its file, --model ${family}=FILE`)
  const says = await versionOf(model)
  if (says !== promise.version)
    throw new Error(`${model} is version ${says}, ${promisePath} says ${promise.version}`)

  const files: Partial<Record<FileRole, string>> = { model }
  for (const [role, path] of [
    ['card', from('cards', `${family}.md`)],
    ['golden', from('golden', `${family}.jsonl`)],
  ] as const)
    if (existsSync(path)) files[role] = path
  await repository.change('targets', signed => {
    for (const path of before ? pathsOf(before) : []) delete (signed as TargetsSigned).targets[path]
  })
  await add({ repository, files, promise })
  if (!before) return
  const now = ((await repository.draft('targets'))!.signed.toJSON() as unknown as TargetsSigned).targets
  const isSameModel = now[mainFile(before).path]?.hashes.sha256 === mainFile(before).sha256
  if (before.version === promise.version && !isSameModel)
    throw new Error(
      `${family} ${promise.version} is published with other bytes: give the model another version`,
    )
  if (isSameModel ? promise.release !== before.release : promise.release <= before.release)
    throw new Error(
      `${promisePath}: release ${promise.release} after ${before.release}: a new model counts on, the same model keeps its number`,
    )
}

/** What the file says of itself. */
async function versionOf(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    return String((await readGgufHeader(file, path)).metadata.get('general.version') ?? 'unknown')
  } finally {
    await file.close()
  }
}

/**
 * What was built takes the place of what was there, in the order in which repositories are published: target files, root,
 * targets, snapshot, timestamp; what is old goes last. Whatever moment it ends at, what is there belongs together.
 */
async function replace(folder: string, built: Repository): Promise<void> {
  const { targets } = (await built.published('targets')).signed.toJSON() as unknown as TargetsSigned
  const files = Object.entries(targets).map(([path, t]) => consistentName(path, t.hashes.sha256))
  const metadata = await inOrder(built)
  const moves = [
    ...files.map(name => join('targets', name)),
    ...metadata.map(name => join('metadata', name)),
    'publisher.json',
  ]
  for (const path of moves) {
    const to = join(folder, path)
    await mkdir(dirname(to), { recursive: true })
    // private to the owner while it was built; whoever the daemon runs as reads what ships
    await chmod(join(built.folder, path), 0o644)
    await rename(join(built.folder, path), to)
    await systemDisk.syncFolder(dirname(to))
  }
  for (const part of ['targets', 'metadata'])
    for (const entry of await readdir(join(folder, part), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name)
      if (entry.isFile() && !moves.includes(relative(folder, path))) await rm(path)
    }
}

/** Metadata that ships, in the order of publishing: every root, for those who begin at an old one; else the newest. */
async function inOrder(repository: Repository): Promise<string[]> {
  const names = await readdir(repository.metadataFolder)
  const newest = async (role: string) => `${(await repository.published(role)).signed.version}.${role}.json`
  return [
    ...names.filter(name => name.endsWith('.root.json')).sort(),
    await newest('targets'),
    await newest('snapshot'),
    'timestamp.json',
  ]
}

function isBelow(path: string, folder: string): boolean {
  return !relative(folder, resolve(path)).startsWith('..')
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: {
      keys: { type: 'string' },
      model: { type: 'string', multiple: true, default: [] },
      'new-root': { type: 'boolean', default: false },
    },
  })
  if (!values.keys) throw new Error('--keys FOLDER: where the private keys are, outside of the project')
  const models = Object.fromEntries(values.model.map(text => text.split('=') as [string, string]))
  const versions = await makeFactoryRepository({
    folder: join(packageRoot(), 'ota', 'factory'),
    keys: values.keys,
    models,
    isNewRoot: values['new-root'],
  })
  console.log(versions ? JSON.stringify(versions) : 'Nothing has changed: what is published stays.')
}
