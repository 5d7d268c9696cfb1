/**
 * `fieldmouse bench command`: what a client sees over MQTT, beside bare inference of the same sentences in the same run.
 * Starts a daemon of its own, as a process, with the demo home and a broker on a free port.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process'
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
import { promptFor } from '../../commands/compact.js'
import { normalise } from '../../commands/normalise.js'
import { factoryModel } from '../../main.js'
import type { Reply } from '../../requests/reply.js'

/** Milliseconds at the 50th and 95th percentile. */
export interface Percentiles {
  p50_ms: number
  p95_ms: number
}

/** All figures of one run. Ratios compare figures of this run only. */
export interface CommandBench {
  version: string
  date: string
  machine: { cpu: string; cores: number; memory_gib: number; node: string; platform: string }
  start: { first_answer_ms: number }
  /** One client, each sentence once, understood but not carried out. */
  understand: Percentiles & { sentences: number; own_ms_p50: number }
  /** One client, carried out and confirmed by virtual devices. */
  act: Percentiles & { sentences: number }
  /** The same sentences by node-llama-cpp alone. */
  bare: Percentiles & { ms_per_token: number; threads: number }
  ratio_p50: number
  ratio_p95: number
  parallel: Percentiles & {
    clients: number
    requests: number
    per_second: number
    lost: number
    answered_twice: number
  }
  /** Resident, after the one client; and after the sixteen. */
  memory: { daemon_mib: number; inference_mib: number; together_mib: number; after_burst_mib: number }
  idle: { seconds: number; cpu_percent_of_one_core: number }
}

const VERBS: readonly ((device: string) => string)[] = [
  d => `turn on the ${d}`,
  d => `turn off the ${d}`,
  d => `please switch the ${d} off`,
  d => `could you turn the ${d} on`,
  d => `set the ${d} to forty percent`,
  d => `dim the ${d} to 25%`,
  d => `make the ${d} brighter`,
  d => `is the ${d} on`,
  d => `turn the ${d} off in ten minutes`,
  d => `switch on the ${d} and lock the front door`,
]
const DEVICES = [
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

/** Different sentences, so that the memo answers none of them. */
const SENTENCES = VERBS.flatMap(verb => DEVICES.map(verb))

function percentiles(times: readonly number[]): Percentiles {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (share: number) =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)
  return { p50_ms: at(0.5), p95_ms: at(0.95) }
}
const round = (n: number) => Math.round(n * 100) / 100

/** Runs all measurements. @param progress told what is being measured */
export async function benchCommand(
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<CommandBench> {
  const folder = await mkdtemp(join(tmpdir(), 'fieldmouse-bench-'))
  const port = await freePort()
  const url = `mqtt://127.0.0.1:${port}`
  const topics = topicsOf('fieldmouse', 'demo')
  const clients: Connection[] = []
  const client = async (name: string) => {
    const c = new Connection({ access: { url }, clientId: `bench-${name}` })
    clients.push(c)
    await c.start(signal)
    await c.whenConnected(signal)
    const asker = new Asker(c, topics, name)
    await asker.start()
    return asker
  }
  setMaxListeners(0, signal) // every client waits on it
  progress('start to first answer')
  const began = systemClock.monotonic()
  const daemon = spawn(
    process.execPath,
    [
      '--max-semi-space-size=2',
      '--enable-source-maps',
      fileURLToPath(new URL('../fieldmouse.js', import.meta.url)),
      'run',
    ],
    {
      env: {
        ...process.env,
        FIELDMOUSE_DATA: folder,
        FIELDMOUSE_BROKER: `embedded:${port}`,
        FIELDMOUSE_ID: 'demo',
        FIELDMOUSE_LOG_FORMAT: 'json',
        FIELDMOUSE_LOG_LEVEL: 'info',
        FIELDMOUSE_CONFIG: '',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  try {
    const ready = await whenReady(daemon)
    const one = await client('one')
    await one.ask({ text: 'turn on the kitchen light' })
    const firstAnswerMs = systemClock.monotonic() - began

    for (const text of SENTENCES.slice(0, 20)) await one.ask({ text: `hey mouse ${text}`, dry_run: true })
    progress(`${SENTENCES.length} sentences over MQTT, one client`)
    const understood = await timed(SENTENCES.map(text => () => one.ask({ text, dry_run: true })))
    const own = understood.map(x => x.ms - x.value.timing.infer_ms)

    progress(`${SENTENCES.length} sentences by node-llama-cpp alone`)
    const bare = await runBare(ready.threads, signal)
    progress('commands carried out by virtual devices')
    const acts = DEVICES.slice(0, 5).flatMap(d => [
      `now turn on the ${d}`,
      `now turn off the ${d}`,
      `now please turn the ${d} on`,
      `now please turn the ${d} off`,
    ])
    const acted = await timed(acts.map(text => () => one.ask({ text })))

    const memory = await memoryOf(daemon.pid!, ready.inferencePid)
    progress('16 clients at once')
    const parallel = await runParallel(client)
    progress('idle for 20 s, after 30 s of rest')
    const burst = await memoryOf(daemon.pid!, ready.inferencePid)
    const idle = await idleOf([daemon.pid!, ready.inferencePid], 20)
    const u = percentiles(understood.map(x => x.ms))
    const b = percentiles(bare.map(x => x.ms))
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
      start: { first_answer_ms: Math.round(firstAnswerMs) },
      understand: { ...u, sentences: SENTENCES.length, own_ms_p50: percentiles(own).p50_ms },
      act: { ...percentiles(acted.map(x => x.ms)), sentences: acts.length },
      bare: {
        ...b,
        threads: ready.threads,
        ms_per_token: round(
          bare.reduce((n, x) => n + x.ms, 0) / bare.reduce((n, x) => n + x.outputTokens, 0),
        ),
      },
      ratio_p50: round(u.p50_ms / b.p50_ms),
      ratio_p95: round(u.p95_ms / b.p95_ms),
      parallel,
      memory: { ...memory, after_burst_mib: burst.together_mib },
      idle,
    }
  } finally {
    await Promise.all(clients.map(c => c.stop()))
    if (daemon.exitCode === null) {
      daemon.kill('SIGTERM')
      await once(daemon, 'exit')
    }
    await rm(folder, { recursive: true, force: true })
  }
}

/** Asks over one connection, as a client that stays connected does: one subscription for all answers. */
class Asker {
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

  async ask(json: Record<string, unknown>): Promise<Reply> {
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
      topic: this.#topics.request('command'),
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

async function timed<T>(jobs: readonly (() => Promise<T>)[]): Promise<{ ms: number; value: T }[]> {
  const out: { ms: number; value: T }[] = []
  for (const job of jobs) {
    const began = systemClock.monotonic()
    const value = await job()
    out.push({ ms: systemClock.monotonic() - began, value })
  }
  return out
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

async function runBare(
  threads: number,
  signal: AbortSignal,
): Promise<{ ms: number; outputTokens: number }[]> {
  const child = fork(fileURLToPath(new URL('./bare.js', import.meta.url)), [], { execArgv: [], signal })
  const prompts = SENTENCES.map(s => {
    const { prefix, prompt } = promptFor(normalise(s))
    return prefix + prompt
  })
  child.send({ path: factoryModel(), threads, contextTokens: 256, prompts })
  const [times] = (await once(child, 'message')) as [{ ms: number; outputTokens: number }[]]
  return times
}

async function runParallel(client: (name: string) => Promise<Asker>): Promise<CommandBench['parallel']> {
  const count = 16
  const each = 20
  const askers = await Promise.all(Array.from({ length: count }, (_, i) => client(`p${i}`)))
  const times: number[] = []
  let lost = 0
  const began = systemClock.monotonic()
  await Promise.all(
    askers.map(async (asker, i) => {
      for (let n = 0; n < each; n++) {
        const at = systemClock.monotonic()
        const text = `please ${SENTENCES[(i * each + n * 7) % SENTENCES.length]} for client ${i} round ${n}`
        const reply = await asker.ask({ text, dry_run: true }).catch(() => undefined)
        if (reply === undefined) lost++
        else times.push(systemClock.monotonic() - at)
      }
    }),
  )
  const seconds = (systemClock.monotonic() - began) / 1000
  await sleep(200) // a second answer would come behind the first
  return {
    clients: count,
    requests: count * each,
    per_second: round(times.length / seconds),
    ...percentiles(times),
    lost,
    answered_twice: askers.reduce((sum, asker) => sum + asker.twice, 0),
  }
}

async function rssMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 102.4) / 10
}
async function memoryOf(
  daemon: number,
  inference: number,
): Promise<Omit<CommandBench['memory'], 'after_burst_mib'>> {
  const [d, i] = [await rssMib(daemon), await rssMib(inference)]
  return { daemon_mib: d, inference_mib: i, together_mib: round(d + i) }
}

/** CPU time of processes, in ticks of 10 ms. */
async function ticks(pids: readonly number[]): Promise<number> {
  let sum = 0
  for (const pid of pids) {
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ')
    sum += Number(fields[11]) + Number(fields[12])
  }
  return sum
}
async function idleOf(pids: readonly number[], seconds: number): Promise<CommandBench['idle']> {
  await sleep(30_000) // the garbage of the burst is collected in the meantime
  const before = await ticks(pids)
  await sleep(seconds * 1000)
  return { seconds, cpu_percent_of_one_core: round((((await ticks(pids)) - before) * 10) / (seconds * 10)) }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** The figures as a table for people. */
export function sayBench(b: CommandBench): string {
  const rows: [string, string][] = [
    [
      'machine',
      `${b.machine.cpu}, ${b.machine.cores} cores, ${b.machine.memory_gib} GiB, Node ${b.machine.node}`,
    ],
    ['start to first answer', `${b.start.first_answer_ms} ms`],
    [
      'over MQTT, understood',
      `p50 ${b.understand.p50_ms} ms, p95 ${b.understand.p95_ms} ms (${b.understand.own_ms_p50} ms of it not inference)`,
    ],
    ['over MQTT, carried out', `p50 ${b.act.p50_ms} ms, p95 ${b.act.p95_ms} ms`],
    [
      'node-llama-cpp alone',
      `p50 ${b.bare.p50_ms} ms, p95 ${b.bare.p95_ms} ms (${b.bare.ms_per_token} ms a token, ${b.bare.threads} thread(s))`,
    ],
    ['ratio', `p50 ${b.ratio_p50}, p95 ${b.ratio_p95}`],
    [
      '16 clients',
      `${b.parallel.per_second} requests/s, p95 ${b.parallel.p95_ms} ms, ${b.parallel.lost} lost, ${b.parallel.answered_twice} answered twice`,
    ],
    [
      'resident memory',
      `${b.memory.together_mib} MiB (daemon ${b.memory.daemon_mib}, inference ${b.memory.inference_mib}); ${b.memory.after_burst_mib} MiB after the 16 clients`,
    ],
    ['idle', `${b.idle.cpu_percent_of_one_core} % of one core`],
  ]
  return rows.map(([name, value]) => `${name.padEnd(24)}${value}`).join('\n')
}
