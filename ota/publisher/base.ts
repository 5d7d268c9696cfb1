import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { CUSTOM_FIELD, mainFile, TargetPromise } from '../format/target.js'
import { errors } from './errors.js'
import type { Repository } from './repository.js'

export type Base = NonNullable<TargetPromise['needs']['base']>

export interface BaseOptions {
  repository: Repository
  adapter: string
  /** The model that the adapter stands on. */
  base: string
  /** What the description says of it already. */
  said?: Partial<Base>
  /** Looks into both files; the daemon's `checkModel`. @throws when the adapter does not fit */
  judge(adapter: string, base: string): Promise<void>
  /** Models that devices leave the factory with. */
  shipped: readonly Base[]
}

/**
 * What an adapter's description says of its base, from the file: a release of this repository, a model that ships, or
 * another one, whose family the description must say.
 * @throws bad_bundle, and what `judge` throws
 */
export async function baseOf(o: BaseOptions): Promise<Base> {
  const { repository, adapter, base, said, judge, shipped } = o
  for (const path of [adapter, base])
    if (!existsSync(path)) throw errors.bad_bundle({ problem: `there is no file ${path}` })
  await judge(adapter, base)
  const sha256 = await sha256Of(base)
  if (said?.sha256 !== undefined && said.sha256 !== sha256)
    throw errors.bad_bundle({
      problem: `needs.base names ${said.sha256.slice(0, 16)}…, ${base} is ${sha256.slice(0, 16)}…`,
    })
  const known = (await publishedAs(repository, sha256)) ?? shipped.find(s => s.sha256 === sha256)
  const family = said?.family ?? known?.family
  if (family === undefined)
    throw errors.bad_bundle({
      problem: `${base} is no model of this repository and none that ships: say its family in needs.base`,
    })
  const release = said?.release ?? known?.release
  return { family, sha256, ...(release === undefined ? {} : { release }) }
}

/** The release that has this main file, drafted or public. */
async function publishedAs(repository: Repository, sha256: string): Promise<Base | undefined> {
  for (const role of ['targets', ...(await repository.delegatedRoles())]) {
    const metadata =
      (await repository.draft(role)) ??
      ((await repository.hasPublished(role)) ? await repository.published(role) : undefined)
    for (const target of Object.values(metadata?.signed.targets ?? {})) {
      const { success, data } = TargetPromise.safeParse(target.custom[CUSTOM_FIELD])
      if (success && data.kind === 'model' && mainFile(data).sha256 === sha256)
        return { family: data.family, release: data.release, sha256 }
    }
  }
  return undefined
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer)
  return hash.digest('hex')
}
