/** Whether new models could come: is there a repository, is it believed, is the disk large enough. */
import { readFile } from 'node:fs/promises'
import type { Transport } from '../../../ota/transport/transport.js'
import { systemClock } from '../../base/clock.js'
import { describe } from '../../base/errors.js'
import { packageFile } from '../../base/package-root.js'
import type { Config } from '../../config/schema.js'
import { FACTORY_FAMILIES, factoryModelOf } from '../../factory.js'
import { factoryRoot, nearTransports } from '../../update-source.js'
import { type Check, failed, ok, warn } from './check.js'

/** How long a repository may take to hand out its smallest file. */
const REACH_MS = 5_000

export async function checkUpdates(config: Config, signal: AbortSignal): Promise<Check[]> {
  const checks: Check[] = []
  for (const family of FACTORY_FAMILIES) checks.push(checkFactory(family))
  try {
    const transports = await nearTransports(config, systemClock)
    const overBroker = config.ota.overBroker === 'on'
    if (transports.length === 0 && !overBroker)
      return [...checks, ok('updates', 'off: no repository is configured')]
    checks.push(await checkRoot(config))
    for (const transport of transports) checks.push(await checkSource(transport, signal))
    if (overBroker) checks.push(ok('repository', 'asked for over the broker, in blocks'))
    return checks
  } catch (error) {
    return [...checks, failed('updates', error)]
  }
}

function checkFactory(family: (typeof FACTORY_FAMILIES)[number]): Check {
  const name = `factory ${family}`
  try {
    const { version, sha256 } = factoryModelOf(family)
    return ok(name, `${version}, SHA-256 ${sha256.slice(0, 16)}…`)
  } catch (error) {
    return failed(name, error)
  }
}

async function checkRoot({ ota }: Config): Promise<Check> {
  const path = ota.root ?? packageFile(...factoryRoot)
  const remedy = 'Set `ota.root` to the first root (1.root.json) of your repository.'
  try {
    const { signed } = JSON.parse(await readFile(path, 'utf8')) as {
      signed?: { _type?: string; expires?: string }
    }
    if (signed?._type !== 'root') return warn('trust', `${path} is no root of The Update Framework`, remedy)
    return ota.root === undefined
      ? warn(
          'trust',
          "the root of the project's own models: those of your repository are not believed",
          remedy,
        )
      : ok('trust', `${path}, until ${signed.expires ?? '?'} at the longest`)
  } catch (error) {
    return warn('trust', `${path} cannot be read: ${describe(error)}`, remedy)
  }
}

async function checkSource(transport: Transport, signal: AbortSignal): Promise<Check> {
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(REACH_MS)])
    for await (const _ of transport.read('metadata/timestamp.json', { length: 65_536, signal: within })) break
    return ok('repository', `${transport.name} answers`)
  } catch (error) {
    return warn(
      'repository',
      describe(error),
      'What runs stays; it is tried again by itself. Check the address.',
    )
  }
}
