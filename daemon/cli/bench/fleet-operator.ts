/**
 * The operator's side of `bench fleet`, in a process of its own: carries out one rollout, or tells every device at once, and sends
 * what that took. Argument: `Job` as JSON.
 */

import type { RolloutPlan } from '../../../ota/format/rollout.js'
import { systemClock } from '../../base/clock.js'
import { Connection } from '../../bus/mqtt/connect.js'
import { startRollout } from '../fleet.js'

export interface Job {
  url: string
  /** Where the record is kept. */
  folder: string
  /** Devices that are there. */
  count: number
  sha256: string
  /** Without it every device is told at once. */
  plan?: RolloutPlan
}

/** Of the operator's process alone, from the moment when its program is loaded. */
export interface JobFigures {
  cpu_ms: number
  wall_ms: number
  /** Messages. */
  published: number
  phase: string
  rss_mib: number
}

const job = JSON.parse(process.argv[2]!) as Job
const { signal } = new AbortController()
const cpu = process.cpuUsage()
const began = systemClock.monotonic()
let published = 0
let phase = 'done'

if (job.plan) {
  const { record } = await startRollout(job.plan, {
    flags: { broker: job.url, data: job.folder },
    signal,
    takeOver: false,
    onOdd: (what, problem) => process.stderr.write(`${what}: ${problem}\n`),
    onEvent: ({ event }) => {
      if (event === 'told' || event === 'counts') published++
    },
  })
  phase = record.phase
} else published = await allAtOnce()

const { user, system } = process.cpuUsage(cpu)
const figures: JobFigures = {
  cpu_ms: Math.round((user + system) / 1000),
  wall_ms: Math.round(systemClock.monotonic() - began),
  published,
  phase,
  rss_mib: Math.round(process.memoryUsage().rss / 2 ** 20),
}
process.send!(figures, () => process.exit(0))

/** What a shell script would do: one retained message a device, and wait until each says that it runs it. */
async function allAtOnce(): Promise<number> {
  const connection = new Connection({
    access: { url: job.url },
    clientId: 'all-at-once',
    receiveMaximum: 65_535,
  })
  await connection.start(signal)
  const known = new Set<string>()
  const done = new Set<string>()
  let isAll = () => {}
  const all = new Promise<void>(resolve => {
    isAll = resolve
  })
  let areKnown = () => {}
  const allKnown = new Promise<void>(resolve => {
    areKnown = resolve
  })
  await connection.subscribe('fieldmouse/+/update/state', ({ topic, payload }) => {
    const id = topic.split('/')[1]!
    const { models } = JSON.parse(Buffer.from(payload).toString()) as {
      models: { running: { sha256: string; probation: boolean } }[]
    }
    const { running } = models[0]!
    known.add(id)
    if (known.size === job.count) areKnown()
    if (running.sha256 !== job.sha256 || running.probation) return
    done.add(id)
    if (done.size === job.count) isAll()
  })
  await allKnown
  const payload = JSON.stringify({
    version: 1,
    id: 'all',
    models: [{ family: 'command', sha256: job.sha256 }],
  })
  const publish = (id: string) =>
    connection.publish({ topic: `fieldmouse/${id}/update/desired`, payload, qos: 1, retain: true })
  await Promise.all([...known].map(publish))
  await all
  await connection.stop()
  return known.size
}
