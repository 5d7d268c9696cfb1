/** A daemon in a process of its own with a broker on a free port, and clients that ask it: what benches over MQTT share. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once, setMaxListeners } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { sleep, systemClock } from '../../base/clock.js'
import { packageVersion } from '../../base/package-root.js'
import { Connection } from '../../bus/mqtt/connect.js'
import { type Topics, topicsOf } from '../../bus/mqtt/topics.js'
import type { Reply } from '../../requests/reply.js'
import type { RequestKind } from '../../requests/request.js'

/** Which program ran where, and when. */
export interface AboutRun {
  version: string
  date: string
  machine: { cpu: string; cores: number; memory_gib: number; node: string; platform: string }
}

export function aboutRun(): AboutRun {
  return {
    version: packageVersion(),
    date: new Date(systemClock.now()).toISOString().slice(0, 10),
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memory_gib: Math.round(totalmem() / 2 ** 30),
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
    },
  }
}

/** Milliseconds at the 50th and 95th percentile. */
export interface Percentiles {
  p50_ms: number
  p95_ms: number
}

/** As people call devices of the demo home. */
export const DEVICES = [
  'kitchen light',
  'living room lamp',
  'lights',
  'bedroom lamp',
  'hall light',
  'upstairs lights',
  'study lamp',
  'reading lamp',
  'garden lights',
  'lights in the kitchen',
  'light in the hallway',
  'lights downstairs',
]

export function percentiles(times: readonly number[]): Percentiles {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (share: number) =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)
  return { p50_ms: at(0.5), p95_ms: at(0.95) }
}
export const round = (n: number) => Math.round(n * 100) / 100

export interface BenchDaemon {
  pid: number
  /** Of the model that reads commands, as it was at the start. */
  inferencePid: number
  threads: number
  url: string
  topics: Topics
  /** Folder that goes with the daemon. */
  folder: string
  /** One more client. */
  client(name: string): Promise<Asker>
  stop(): Promise<void>
}

/**
 * Starts the demo home. @param config file; without one, the defaults
 * @throws when it ends before it is ready
 */
export async function startBenchDaemon(
  signal: AbortSignal,
  config: (folder: string) => Promise<string | undefined> = async () => undefined,
): Promise<BenchDaemon> {
  const folder = await mkdtemp(join(tmpdir(), 'fieldmouse-bench-'))
  const port = await freePort()
  const url = `mqtt://127.0.0.1:${port}`
  const topics = topicsOf('fieldmouse', 'demo')
  const clients: Connection[] = []
  setMaxListeners(0, signal) // every client waits on it
  const daemon = spawn(
    process.execPath,
    ['--max-semi-space-size=2', fileURLToPath(new URL('../fieldmouse.js', import.meta.url)), 'run'],
    {
      env: {
        ...process.env,
        FIELDMOUSE_DATA: join(folder, 'data'),
        FIELDMOUSE_BROKER: `embedded:${port}`,
        FIELDMOUSE_ID: 'demo',
        FIELDMOUSE_LOG_FORMAT: 'json',
        FIELDMOUSE_LOG_LEVEL: 'info',
        FIELDMOUSE_CONFIG: (await config(folder)) ?? '',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const stop = async () => {
    await Promise.all(clients.map(c => c.stop()))
    if (daemon.exitCode === null && daemon.signalCode === null) {
      daemon.kill('SIGTERM')
      await once(daemon, 'exit')
    }
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const ready = await whenReady(daemon)
    const client = async (name: string) => {
      const c = new Connection({ access: { url }, clientId: `bench-${name}` })
      clients.push(c)
      await c.start(signal)
      await c.whenConnected(signal)
      const asker = new Asker(c, topics, name)
      await asker.start()
      return asker
    }
    return { ...ready, pid: daemon.pid!, url, topics, folder, client, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Asks over one connection, as a client that stays connected does: one subscription for all answers. */
export class Asker {
  readonly #connection: Connection
  readonly #topics: Topics
  readonly #answers: string
  readonly #waiting = new Map<string, (reply: Reply) => void>()
  readonly #counts = new Map<string, number>()
  #last = 0

  constructor(connection: Connection, topics: Topics, name: string) {
    this.#connection = connection
    this.#topics = topics
    this.#answers = `bench/${name}`
  }

  /** MQTT 5 gives each client an answer topic of its own; the plain form reads the device's. */
  get connection(): Connection {
    return this.#connection
  }

  async start(): Promise<void> {
    const plain = this.#connection.state.protocol === 4
    await this.#connection.subscribe(plain ? this.#topics.responses : this.#answers, ({ payload }) => {
      const reply = JSON.parse(Buffer.from(payload).toString()) as Reply
      if (!reply.id.startsWith(`${this.#answers}/`.replaceAll('/', '-'))) return
      this.#counts.set(reply.id, (this.#counts.get(reply.id) ?? 0) + 1)
      this.#waiting.get(reply.id)?.(reply)
      this.#waiting.delete(reply.id)
    })
  }

  async ask(json: Record<string, unknown>, kind: RequestKind = 'command'): Promise<Reply> {
    const id = `${this.#answers}/${this.#last++}`.replaceAll('/', '-')
    const over = new AbortController()
    const answer = new Promise<Reply>(resolve => this.#waiting.set(id, resolve))
    const late = sleep(20_000, over.signal).then(() => Promise.reject(new Error('no answer within 20 s')))
    late.catch(() => {})
    const properties = {
      responseTopic: this.#answers,
      correlationData: Buffer.from(id),
      contentType: 'application/json',
    }
    await this.#connection.publish({
      topic: this.#topics.request(kind),
      payload: JSON.stringify({ ...json, id }),
      qos: 1,
      properties,
    })
    try {
      return await Promise.race([answer, late])
    } finally {
      over.abort()
    }
  }

  /** Requests that were answered more than once. */
  get twice(): number {
    return [...this.#counts.values()].filter(n => n > 1).length
  }
}

/** Reads the daemon's log until it is ready. */
async function whenReady(daemon: ChildProcess): Promise<{ threads: number; inferencePid: number }> {
  let threads = 1
  const lines = createInterface({ input: daemon.stdout! })
  for await (const line of lines) {
    if (!line.startsWith('{')) continue
    const entry = JSON.parse(line) as { event?: string; threads?: number }
    if (entry.event === 'ModelLoaded') threads = entry.threads ?? 1
    if (entry.event === 'DaemonStarted') {
      daemon.stdout!.resume()
      return { threads, inferencePid: await childOf(daemon.pid!, 'inference/child.js') }
    }
  }
  throw new Error('the daemon ended before it was ready')
}

/** The child of a process whose command line holds some words. Linux. */
async function childOf(pid: number, words: string): Promise<number> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ')
  for (const child of children)
    if ((await readFile(`/proc/${child}/cmdline`, 'utf8')).includes(words)) return Number(child)
  throw new Error(`process ${pid} has no child with ${words}`)
}

/** Resident memory of a process, MiB. Linux. */
export async function rssMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 102.4) / 10
}
/** Resident memory of both processes, MiB. */
export async function memoryOf(
  daemon: number,
  inference: number,
): Promise<{ daemon_mib: number; inference_mib: number; together_mib: number }> {
  const [d, i] = [await rssMib(daemon), await rssMib(inference)]
  return { daemon_mib: d, inference_mib: i, together_mib: round(d + i) }
}

/** CPU time of processes, in ticks of 10 ms. */
export async function ticks(pids: readonly number[]): Promise<number> {
  let sum = 0
  for (const pid of pids) {
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ')
    sum += Number(fields[11]) + Number(fields[12])
  }
  return sum
}
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
