/** The file of a rollout before it is begun: read, its model looked up, and what it would do. */
import { RolloutFile, type RolloutPlan } from '../../ota/format/rollout.js'
import { errors } from '../../ota/rollout/errors.js'
import { type DeviceFacts, isHere } from '../../ota/rollout/facts.js'
import { type KnownModel, newRecord, planOf, sizeOf } from '../../ota/rollout/plan.js'
import { meant, namedDevices } from '../../ota/rollout/who.js'
import { parse } from '../base/schema.js'
import { readConfigFile } from '../config/file.js'
import { type FleetAsk, lookAt } from './fleet.js'
import { withFleet } from './fleet-link.js'

/** @param path YAML @throws config_unreadable, config_not_yaml, invalid_value, model_unknown, model_ambiguous, group_unknown */
export async function readPlan(path: string, repository: string | undefined): Promise<RolloutPlan> {
  const file = parse(RolloutFile, readConfigFile(path).values, path)
  return planOf(file, repository === undefined ? [] : await knownModels(repository))
}

/** What a published repository offers. Devices trust its signatures, not this. @param folder of `fieldmouse ota init` */
async function knownModels(folder: string): Promise<KnownModel[]> {
  const [{ Repository }, { CUSTOM_FIELD, mainFile, TargetPromise }] = await Promise.all([
    import('../../ota/publisher/repository.js'),
    import('../../ota/format/target.js'),
  ])
  const repository = new Repository(folder)
  const models: KnownModel[] = []
  for (const role of ['targets', ...(await repository.delegatedRoles())]) {
    if (!(await repository.hasPublished(role))) continue
    for (const [path, target] of Object.entries((await repository.published(role)).signed.targets)) {
      const promise = TargetPromise.safeParse(target.custom[CUSTOM_FIELD])
      if (!promise.success) continue
      const { family, version, release } = promise.data
      models.push({ family, version, release, path, sha256: mainFile(promise.data).sha256 })
    }
  }
  return models
}

/** What a rollout would do: nothing is published. */
export interface DryRun {
  plan: RolloutPlan
  heard: number
  meant: number
  /** Run it already. */
  done: number
  offline: number
  /** Of devices that are meant, by board and by version. */
  boards: Record<string, number>
  versions: Record<string, number>
  waves: { size: number | null; of: number }[]
  /** Who is told first. */
  first: string[]
  /** Told to keep what runs until it is their turn. */
  held: number
}

/** @throws nobody_meant */
export function dryRun(plan: RolloutPlan, { flags, signal, onOdd }: FleetAsk): Promise<DryRun> {
  return withFleet(flags, signal, onOdd, async ({ fleet }) => {
    await fleet.listen(signal)
    for (const id of namedDevices(plan)) fleet.heard.expect(id)
    const begun = newRecord({ ...plan, windows: [], messages_per_second: 10_000 }, fleet.clock.now())
    const { tell, counts } = lookAt(fleet, begun)
    const isMeant = meant(plan)
    const devices = [...fleet.heard.devices.values()].filter(isMeant)
    if (devices.length === 0) throw errors.nobody_meant({ heard: fleet.heard.devices.size })
    const by = (of: (d: DeviceFacts) => string | undefined) => {
      const sums: Record<string, number> = {}
      for (const device of devices) sums[of(device) ?? '?'] = (sums[of(device) ?? '?'] ?? 0) + 1
      return sums
    }
    return {
      plan,
      heard: fleet.heard.devices.size,
      meant: devices.length,
      done: counts.done,
      offline: devices.filter(d => !isHere(d)).length,
      boards: by(d => d.board),
      versions: by(d => d.models[plan.model.family]?.running.version),
      waves: plan.waves.map(w => ({ size: sizeOf(w.size, counts.waiting), of: counts.waiting })),
      first: tell.filter(t => t.what === 'take').map(t => t.id),
      held: tell.filter(t => t.what === 'hold').length,
    }
  })
}
