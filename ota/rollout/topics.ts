/** Topics of a fleet, built and parsed. */

export type DeviceTopic = 'status' | 'desired' | 'state' | 'key' | { report: string }

export interface FleetTopics {
  /** Match what all devices say, and what is desired of them. */
  readonly all: readonly string[]
  readonly rollouts: string
  /** Of which device, and what; undefined for what is no device's. */
  parse(topic: string): { device: string; what: DeviceTopic } | undefined
  desired(device: string): string
  update(device: string): string
  rollout(name: string): string
  order(name: string): string
  operator(name: string): string
  /** Only its own program listens: what was retained before has come when this comes back. */
  marker(instance: string): string
}

/** @param root first levels of all topics, `fieldmouse` */
export function fleetTopics(root: string): FleetTopics {
  const rollout = (name: string) => `${root}/fleet/rollout/${name}`
  return {
    all: [
      `${root}/+/update/desired`,
      `${root}/+/status`,
      `${root}/+/update/key`,
      `${root}/+/update/report/+`,
      `${root}/+/update/state`,
    ],
    rollouts: `${root}/fleet/rollout/+`,
    parse: topic => {
      if (!topic.startsWith(`${root}/`)) return undefined
      const [device = '', a, b, family, ...more] = topic.slice(root.length + 1).split('/')
      if (more.length > 0 || device === '' || device === 'fleet' || device === 'group') return undefined
      if (a === 'status' && b === undefined) return { device, what: 'status' }
      if (a !== 'update') return undefined
      if (family !== undefined) return b === 'report' ? { device, what: { report: family } } : undefined
      return b === 'desired' || b === 'state' || b === 'key' ? { device, what: b } : undefined
    },
    desired: device => `${root}/${device}/update/desired`,
    update: device => `${root}/${device}/request/update`,
    rollout,
    order: name => `${rollout(name)}/order`,
    operator: name => `${rollout(name)}/operator`,
    marker: instance => `${root}/fleet/marker/${instance}`,
  }
}
