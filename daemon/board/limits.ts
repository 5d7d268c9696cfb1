import { join } from 'node:path'
import type { Tree } from './read.js'

const MIB = 1024 * 1024
/** cgroup v1 says "no limit" with a number near 2^63. */
const NO_LIMIT = 2 ** 60

/** What control groups leave to this process: memory in MiB, CPU time in cores. Absent: no limit. */
export async function readLimits(tree: Tree): Promise<{ memoryMib?: number; cpuCores?: number }> {
  const groups = parseGroups((await tree.text('proc/self/cgroup')) ?? '')
  const v2 = ancestors(groups.get('') ?? '/').map(path => join('sys/fs/cgroup', path))
  const v1Memory = ancestors(groups.get('memory') ?? '/').map(path => join('sys/fs/cgroup/memory', path))
  const v1Cpu = ancestors(groups.get('cpu') ?? '/').map(path => join('sys/fs/cgroup/cpu', path))
  const [max, high, old, quota, oldQuota] = await Promise.all([
    Promise.all(v2.map(path => tree.number(join(path, 'memory.max')))),
    Promise.all(v2.map(path => tree.number(join(path, 'memory.high')))),
    Promise.all(v1Memory.map(path => tree.number(join(path, 'memory.limit_in_bytes')))),
    Promise.all(v2.map(async path => parseQuota(await tree.text(join(path, 'cpu.max'))))),
    Promise.all(
      v1Cpu.map(async path => {
        const [us, period] = await Promise.all([
          tree.number(join(path, 'cpu.cfs_quota_us')),
          tree.number(join(path, 'cpu.cfs_period_us')),
        ])
        return parseQuota(us === undefined || period === undefined ? undefined : `${us} ${period}`)
      }),
    ),
  ])
  const bytes = least([...max, ...high, ...old].filter(n => n === undefined || n < NO_LIMIT))
  const cores = least([...quota, ...oldQuota])
  return {
    ...(bytes === undefined ? {} : { memoryMib: Math.floor(bytes / MIB) }),
    ...(cores === undefined ? {} : { cpuCores: cores }),
  }
}

/** Pure: /proc/self/cgroup as controller -> path; the v2 group has the empty name. */
export function parseGroups(text: string): Map<string, string> {
  const groups = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, controllers, ...path] = line.split(':')
    if (controllers === undefined || path.length === 0) continue
    for (const controller of controllers.split(',')) groups.set(controller, path.join(':'))
  }
  return groups
}

/** `200000 100000` is two cores; `max 100000` and -1 are no limit. */
export function parseQuota(text: string | undefined): number | undefined {
  const [quota, period] = (text ?? '').split(/\s+/).map(Number)
  if (quota === undefined || period === undefined || !(quota > 0) || !(period > 0)) return undefined
  return Math.round((quota / period) * 100) / 100
}

/** A group and those it is in, up to the root: every limit on the way counts. */
function ancestors(path: string): string[] {
  const steps = path.split('/').filter(step => step !== '' && step !== '..')
  return [...steps.keys(), steps.length].map(n => `/${steps.slice(0, n).join('/')}`)
}

function least(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter(value => value !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}
