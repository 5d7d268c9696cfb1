/**
 * `fieldmouse bench fleet`: what a rollout costs its operator. Simulated devices at a broker, brought to a new model in waves; the
 * baseline in the same run tells the same number of devices at once, without looking. And how soon a bad canary stops it.
 */
import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RolloutFile, RolloutNews, type RolloutPlan } from '../../../ota/format/rollout.js'
import { planOf } from '../../../ota/rollout/plan.js'
import { systemClock } from '../../base/clock.js'
import { EmbeddedBroker } from '../../bus/broker/embedded.js'
import { Connection } from '../../bus/mqtt/connect.js'
import { type AboutRun, aboutRun, round } from './bench-daemon.js'
import { type Manner, SimulatedFleet } from './fleet-devices.js'
import type { Job, JobFigures } from './fleet-operator.js'

export interface FleetBench extends AboutRun {
  broker: string
  devices: number
  /** In four waves: 20 devices, 10 %, 50 %, the rest; no soak. */
  rollout: OperatorFigures
  /** One retained message a device, at once. */
  all_at_once: OperatorFigures
  ratio_cpu: number
  ratio_wall: number
  bad_canary: {
    /** From the last canary's word that it went back to the retained word that the rollout is stopped. */
    stopped_after_ms: number
    /** Of all devices, told to take the model. */
    told: number
    /** Who would have taken it if all had been told at once. */
    would_have_been_told: number
  }
}

interface OperatorFigures extends JobFigures {
  cpu_ms_per_1000_devices: number
  wall_ms_per_1000_devices: number
  /** Of devices and operator together. */
  messages_per_second: number
}

const CANARY = 20

/** @param progress told what is being measured */
export async function benchFleet(
  { devices, broker: given }: { devices: number; broker?: string },
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<FleetBench> {
  const folder = await mkdtemp(join(tmpdir(), 'fieldmouse-bench-'))
  try {
    const rollout = await run({ devices, given, folder, signal }, 'rollout', 'good', progress)
    const all = await run({ devices, given, folder, signal }, 'all-at-once', 'good', progress)
    const bad = await run({ devices, given, folder, signal }, 'bad-canary', 'bad', progress)
    return {
      ...aboutRun(),
      broker: rollout.broker,
      devices,
      rollout: rollout.figures,
      all_at_once: all.figures,
      ratio_cpu: round(rollout.figures.cpu_ms / all.figures.cpu_ms),
      ratio_wall: round(rollout.figures.wall_ms / all.figures.wall_ms),
      bad_canary: {
        stopped_after_ms: round(bad.stoppedAfterMs),
        told: bad.told,
        would_have_been_told: devices,
      },
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Setting {
  devices: number
  given: string | undefined
  folder: string
  signal: AbortSignal
}

/** One run with a broker and devices of its own: what is retained of the run before would count. */
async function run(
  { devices, given, folder, signal }: Setting,
  what: 'rollout' | 'all-at-once' | 'bad-canary',
  manner: Manner,
  progress: (line: string) => void,
) {
  const embedded = given === undefined ? new EmbeddedBroker({ folder, port: 0, choice: 'auto' }) : undefined
  await embedded?.start(signal)
  const url = given ?? embedded!.address.url
  const connection = new Connection({
    access: { url },
    clientId: `bench-devices-${what}`,
    receiveMaximum: 65_535,
  })
  // on a broker that is given, each run has devices of its own
  const prefix = `${what}-`
  const sha256 = createHash('sha256').update(what).digest('hex')
  let lastBadMs = 0
  let stoppedMs = 0
  let protocol = ''
  const simulated = new SimulatedFleet({
    connection,
    count: devices,
    prefix,
    manner: () => manner,
    onEnd: () => {
      lastBadMs = systemClock.monotonic()
    },
  })
  try {
    await connection.start(signal)
    await connection.whenConnected(signal)
    protocol = connection.state.protocol === 4 ? '3.1.1' : '5'
    progress(`${what}: ${devices} devices say what they are`)
    await simulated.start()
    await connection.subscribe(`fieldmouse/fleet/rollout/${what}`, ({ payload }) => {
      if (payload.length === 0) return
      const { record } = RolloutNews.parse(JSON.parse(Buffer.from(payload).toString()))
      if (record.phase === 'stopped' && stoppedMs === 0) stoppedMs = systemClock.monotonic()
    })
    const before = simulated.sent
    progress(`${what}: a new model`)
    const plan = what === 'all-at-once' ? {} : { plan: planFor(what, sha256, prefix) }
    const figures = await operate(
      { url, folder: join(folder, what), count: devices, sha256, ...plan },
      signal,
    )
    const sent = simulated.sent - before + figures.published
    return {
      broker: `${embedded ? embedded.address.kind : 'given'} (MQTT ${protocol})`,
      figures: {
        ...figures,
        cpu_ms_per_1000_devices: Math.round((figures.cpu_ms / devices) * 1000),
        wall_ms_per_1000_devices: Math.round((figures.wall_ms / devices) * 1000),
        messages_per_second: Math.round((sent / figures.wall_ms) * 1000),
      },
      stoppedAfterMs: stoppedMs - lastBadMs,
      told: [...simulated.devices.values()].filter(d => d.told.some(id => /#\d+\./.test(id))).length,
    }
  } finally {
    await simulated.stop()
    await connection.stop()
    await embedded?.stop()
  }
}

const planFor = (name: string, sha256: string, prefix: string): RolloutPlan =>
  planOf(
    RolloutFile.parse({
      name,
      model: { family: 'command', sha256 },
      who: { devices: [`${prefix}*`] },
      canary: CANARY,
      waves: ['10%', '50%'],
      max_in_progress: 1_000,
      messages_per_second: 10_000,
      // nobody stops before all of the canary have spoken: then there is one moment to measure from
      stop_when: [{ of: 'any', percent: 20, at_least: CANARY }],
    }),
  )

async function operate(job: Job, signal: AbortSignal): Promise<JobFigures> {
  const path = fileURLToPath(new URL('./fleet-operator.js', import.meta.url))
  const child = fork(path, [JSON.stringify(job)], { signal, env: { ...process.env, FIELDMOUSE_CONFIG: '' } })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the operator's process ended with ${code}`)
  })
  ended.catch(() => {})
  const [figures] = (await Promise.race([once(child, 'message'), ended])) as [JobFigures]
  return figures
}

/** The figures as a table for people. */
export function sayFleetFigures(b: FleetBench): string {
  const cost = (f: OperatorFigures) =>
    `${f.wall_ms} ms, operator's CPU ${f.cpu_ms} ms (${f.cpu_ms_per_1000_devices} ms a 1,000 devices), ${f.messages_per_second} messages/s, ${f.rss_mib} MiB`
  const rows: [string, string][] = [
    [
      'machine',
      `${b.machine.cpu}, ${b.machine.cores} cores, ${b.machine.memory_gib} GiB, Node ${b.machine.node}`,
    ],
    ['broker', b.broker],
    ['devices', `${b.devices}, simulated`],
    ['rollout in waves', cost(b.rollout)],
    ['all told at once', cost(b.all_at_once)],
    ['ratio', `CPU ${b.ratio_cpu}, time ${b.ratio_wall}`],
    [
      'a bad model',
      `stopped ${b.bad_canary.stopped_after_ms} ms after its canary had spoken; ${b.bad_canary.told} of ${b.bad_canary.would_have_been_told} devices had been told`,
    ],
  ]
  return rows.map(([name, value]) => `${name.padEnd(24)}${value}`).join('\n')
}
