/**
 * `fieldmouse bench ota`: what an update costs the device that takes it. A daemon of its own takes new models from a
 * repository made on the spot, while a client goes on giving commands; the same client before it is the baseline.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DeviceUpdates } from '../../../ota/format/state.js'
import { add } from '../../../ota/publisher/add.js'
import { init } from '../../../ota/publisher/init.js'
import { publish } from '../../../ota/publisher/publish.js'
import { sign } from '../../../ota/publisher/sign.js'
import { sleep, systemClock } from '../../base/clock.js'
import { factoryModelOf } from '../../factory.js'
import {
  type AboutRun,
  type Asker,
  aboutRun,
  DEVICES,
  memoryOf,
  type Percentiles,
  percentiles,
  round,
  rssMib,
  startBenchDaemon,
  ticks,
} from './bench-daemon.js'
import { merged } from './merged-model.js'

/** All figures of one run. Ratios compare figures of this run only. */
export interface OtaBench extends AboutRun {
  /** Of the model that shipped, with a change of 1 % merged into its weights. */
  model_bytes: number
  updates: number
  /** Commands over MQTT, ten a second, while nothing else happens. */
  idle: Percentiles & { requests: number }
  /** The same while models are checked, loaded, verified, tried and swapped. */
  updating: Percentiles & { requests: number; lost: number }
  ratio_p95: number
  ratio_p50: number
  /** From the request to the moment when the new model answers, milliseconds. */
  update_ms: number
  /** Bytes that the repository handed out for one update: metadata, difference and all. */
  wire_bytes: number
  /** Against the model's own bytes. */
  wire_share: number
  /** Resident, daemon and inference together: before, and the most while updating (the model on trial included). */
  memory: { idle_mib: number; peak_mib: number }
  /** CPU time of the daemon's own process for one update, beyond what commands take, milliseconds. */
  daemon_cpu_ms: number
}

const EVERY_MS = 100
const IDLE_REQUESTS = 300

/** Runs all measurements. @param progress told what is being measured */
export async function benchOta(
  { updates }: { updates: number },
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<OtaBench> {
  progress('making a repository')
  const factory = factoryModelOf('command')
  const bytes = await readFile(factory.files.model)
  let server: Awaited<ReturnType<typeof serveApart>> | undefined
  let site: { release(n: number): Promise<void> } | undefined
  const daemon = await startBenchDaemon(signal, async folder => {
    site = await makeRepository(folder, bytes, factory.files.golden)
    await site.release(1)
    server = await serveApart(join(folder, 'repository'))
    const path = join(folder, 'fieldmouse.yaml')
    await writeFile(
      path,
      `ota:\n  url: ${server.url}\n  root: ${join(folder, 'repository', 'metadata', '1.root.json')}\n  approval: asked\n  check_every_minutes: 10000\n  watch_minutes: 0.01\n`,
    )
    return path
  })
  try {
    const asker = await daemon.client('one')
    const commands = new Commands(asker, signal)
    for (let i = 0; i < 20; i++) await commands.one()
    progress(`${IDLE_REQUESTS} commands, ten a second, nothing else`)
    const cpuBefore = await ticks([daemon.pid])
    const idle = await commands.many(IDLE_REQUESTS)
    const cpuIdle = ((await ticks([daemon.pid])) - cpuBefore) / IDLE_REQUESTS
    const before = await memoryOf(daemon.pid, daemon.inferencePid)
    const during: number[] = []
    let peak = 0
    let tookMs = 0
    let cpu = 0
    for (let n = 1; n <= updates; n++) {
      if (n > 1) await site!.release(n)
      progress(`update ${n} of ${updates}, commands going on`)
      const isDone = until(asker, signal, u =>
        u.models.some(m => m.family === 'command' && m.running.release === n && m.state === 'idle'),
      )
      const began = systemClock.monotonic()
      const ticksBefore = await ticks([daemon.pid])
      const asked = during.length
      let over = false
      const done = isDone.then(() => {
        over = true
        tookMs += systemClock.monotonic() - began
      })
      await asker.ask({ do: 'apply', family: 'command' }, 'update')
      done.catch(() => {})
      const watching = (async () => {
        while (!over && !signal.aborted) {
          peak = Math.max(peak, await allRssMib(daemon.pid))
          await sleep(50)
        }
      })()
      while (!over) {
        signal.throwIfAborted()
        during.push(...(await commands.many(1)))
      }
      await done
      await watching
      cpu += ((await ticks([daemon.pid])) - ticksBefore - cpuIdle * (during.length - asked)) * 10
    }
    const i = percentiles(idle)
    const u = percentiles(during)
    const wire = (await server!.handedOut()) / updates
    return {
      ...aboutRun(),
      model_bytes: bytes.length,
      updates,
      idle: { ...i, requests: idle.length },
      updating: { ...u, requests: during.length, lost: commands.lost },
      ratio_p95: round(u.p95_ms / i.p95_ms),
      ratio_p50: round(u.p50_ms / i.p50_ms),
      update_ms: Math.round(tookMs / updates),
      wire_bytes: Math.round(wire),
      wire_share: round(wire / bytes.length),
      memory: { idle_mib: before.together_mib, peak_mib: round(peak) },
      daemon_cpu_ms: Math.round(cpu / updates),
    }
  } finally {
    await daemon.stop()
    server?.close()
  }
}

/** Commands at a steady rate, each another sentence, so that the memo answers none. */
class Commands {
  readonly #asker: Asker
  readonly #signal: AbortSignal
  #n = 0
  lost = 0
  constructor(asker: Asker, signal: AbortSignal) {
    this.#asker = asker
    this.#signal = signal
  }

  /** @returns milliseconds */
  async one(): Promise<number | undefined> {
    const n = this.#n++
    const text = `set the ${DEVICES[n % DEVICES.length]} to ${(n * 7) % 100} percent in ${n + 2} minutes`
    const began = systemClock.monotonic()
    try {
      await this.#asker.ask({ text, dry_run: true })
      return systemClock.monotonic() - began
    } catch {
      this.lost++
      return undefined
    }
  }

  async many(count: number): Promise<number[]> {
    const times: number[] = []
    for (let i = 0; i < count; i++) {
      this.#signal.throwIfAborted()
      const began = systemClock.monotonic()
      const ms = await this.one()
      if (ms !== undefined) times.push(ms)
      await sleep(Math.max(0, EVERY_MS - (systemClock.monotonic() - began)))
    }
    return times
  }
}

async function makeRepository(folder: string, bytes: Buffer, golden: string | undefined) {
  const keys = join(folder, 'keys')
  const { repository } = await init({ folder: join(folder, 'repository'), keys })
  const made = join(folder, 'made')
  await mkdir(made, { recursive: true })
  return {
    release: async (n: number) => {
      const model = join(made, `${n}.gguf`)
      await writeFile(model, await merged(factoryModelOf('command').files.model, bytes, 0.01, n))
      await add({
        repository,
        files: { model, ...(golden ? { golden } : {}) },
        // what devices run: the model that shipped, then the release before
        deltas:
          n === 1 ? { from: [], fromFiles: [factoryModelOf('command').files.model] } : { from: ['last'] },
        promise: {
          family: 'command',
          version: `2.${n}.0`,
          release: n,
          needs: {},
          // its answers are not what is measured
          gates: { min_answered: 0, max_accuracy_loss_per_mille: 1000 },
        },
      })
      await sign({ draftFolder: repository.draftFolder, keys: [keys] })
      await publish({ repository, keys: [keys] })
    },
  }
}

/** The repository is another machine in life: a process of its own, that counts what it hands out. */
async function serveApart(folder: string) {
  const child = fork(fileURLToPath(new URL('./ota-server.js', import.meta.url)), [folder])
  const [url] = (await once(child, 'message')) as [string]
  return {
    url,
    async handedOut(): Promise<number> {
      const answer = once(child, 'message')
      child.send('bytes')
      const [count] = (await answer) as [number]
      return count
    },
    close: () => void child.kill(),
  }
}

/** Resolves when the state of updates passes. */
async function until(
  asker: Asker,
  signal: AbortSignal,
  passes: (updates: DeviceUpdates) => boolean,
): Promise<void> {
  let done: () => void = () => {}
  const found = new Promise<void>(resolve => {
    done = resolve
  })
  const end = await asker.connection.subscribe('fieldmouse/demo/update/state', ({ payload }) => {
    const parsed = DeviceUpdates.safeParse(JSON.parse(Buffer.from(payload).toString()))
    if (parsed.success && passes(parsed.data)) done()
  })
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  try {
    await Promise.race([found, aborted])
  } finally {
    await end()
  }
}

/** Of a process and its children, MiB. */
async function allRssMib(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  const children = text.trim().split(' ').filter(Boolean)
  const sizes = await Promise.all([pid, ...children.map(Number)].map(p => rssMib(p).catch(() => 0)))
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** The figures as a table for people. */
export function sayOtaFigures(b: OtaBench): string {
  const rows: [string, string][] = [
    [
      'machine',
      `${b.machine.cpu}, ${b.machine.cores} cores, ${b.machine.memory_gib} GiB, Node ${b.machine.node}`,
    ],
    ['model', `${(b.model_bytes / 2 ** 20).toFixed(1)} MiB, 1 % changed, ${b.updates} updates`],
    ['commands, idle', `p50 ${b.idle.p50_ms} ms, p95 ${b.idle.p95_ms} ms (${b.idle.requests})`],
    [
      'commands, updating',
      `p50 ${b.updating.p50_ms} ms, p95 ${b.updating.p95_ms} ms (${b.updating.requests}, ${b.updating.lost} lost)`,
    ],
    ['ratio', `p50 ${b.ratio_p50}, p95 ${b.ratio_p95}`],
    ['one update', `${b.update_ms} ms until it is confirmed`],
    ['on the wire', `${b.wire_bytes} bytes, ${Math.round(b.wire_share * 100)} % of the model`],
    ['resident memory', `${b.memory.idle_mib} MiB idle, ${b.memory.peak_mib} MiB at most`],
    ['daemon CPU', `${b.daemon_cpu_ms} ms an update`],
  ]
  return rows.map(([name, value]) => `${name.padEnd(24)}${value}`).join('\n')
}
