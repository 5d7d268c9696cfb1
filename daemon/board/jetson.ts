/** What NVIDIA Jetson Linux says of itself: release and power mode. */
import type { BoardFacts } from './facts.js'
import type { Tree } from './read.js'

/** Jetson Linux -> JetPack. @source rbonghi/jetson_stats: jtop/core/jetson_variables.py, 2026-11 */
const JETPACK: Record<string, string> = {
  '39.2.0': '7.2',
  '38.4.0': '7.1',
  '38.2.2': '7.0',
  '38.2.1': '7.0',
  '38.2.0': '7.0',
  '36.5.0': '6.2.2',
  '36.4.3': '6.2',
  '36.4.0': '6.1',
  '35.6.4': '5.1.6',
  '32.7.6': '4.6.6',
}

/** Pure: the first line of /etc/nv_tegra_release. */
export function parseL4t(text: string): BoardFacts['l4t'] {
  const found = /^# R(\d+) \(release\), REVISION: ([\d.]+)/.exec(text)
  if (!found) return undefined
  const [, release = '', revision = ''] = found
  const jetpack = JETPACK[`${release}.${revision}`]
  return { release: Number(release), revision, ...(jetpack ? { jetpack } : {}) }
}

/**
 * The mode that nvpmodel has set. Ids differ by board and release, so names are what counts.
 * @source /etc/nvpmodel.conf (`< POWER_MODEL ID=2 NAME=MAXN_SUPER >`), /var/lib/nvpmodel/status (`pmode:0002`)
 */
export async function readPowerMode(tree: Tree): Promise<BoardFacts['powerMode']> {
  const [conf, status] = await Promise.all([
    tree.text('etc/nvpmodel.conf'),
    tree.text('var/lib/nvpmodel/status'),
  ])
  return parsePowerMode(conf ?? '', status ?? '')
}

/** Pure. Undefined when the mode that is set is not among those of the file. */
export function parsePowerMode(conf: string, status: string): BoardFacts['powerMode'] {
  const modes = new Map<number, string>()
  for (const [, id, name] of conf.matchAll(/^\s*<\s*POWER_MODEL\s+ID=(\d+)\s+NAME=(\S+)\s*>/gm))
    modes.set(Number(id), name!)
  const set = /pmode:(\d+)/.exec(status)?.[1]
  const name = set === undefined ? undefined : modes.get(Number(set))
  return name === undefined ? undefined : { name, modes: [...modes.values()] }
}
