/**
 * `fieldmouse bench command`: what a client sees over MQTT, beside bare inference of the same sentences in the same run.
 * Starts a daemon of its own, as a process, with the demo home and a broker on a free port.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { sleep, systemClock } from '../../base/clock.js'
import { promptFor } from '../../commands/compact.js'
import { normalise } from '../../commands/normalise.js'
import { factoryModel } from '../../main.js'
import {
  type AboutRun,
  type Asker,
  aboutRun,
  DEVICES,
  memoryOf,
  type Percentiles,
  percentiles,
  round,
  startBenchDaemon,
  ticks,
} from './bench-daemon.js'

/** All figures of one run. Ratios compare figures of this run only. */
export interface CommandBench extends AboutRun {
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
/** Different sentences, so that the memo answers none of them. */
const SENTENCES = VERBS.flatMap(verb => DEVICES.map(verb))

/** Runs all measurements. @param progress told what is being measured */
export async function benchCommand(
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<CommandBench> {
  progress('start to first answer')
  const began = systemClock.monotonic()
  const daemon = await startBenchDaemon(signal)
  const { client } = daemon
  try {
    const one = await client('one')
    await one.ask({ text: 'turn on the kitchen light' })
    const firstAnswerMs = systemClock.monotonic() - began

    for (const text of SENTENCES.slice(0, 20)) await one.ask({ text: `hey mouse ${text}`, dry_run: true })
    progress(`${SENTENCES.length} sentences over MQTT, one client`)
    const understood = await timed(SENTENCES.map(text => () => one.ask({ text, dry_run: true })))
    const own = understood.map(x => x.ms - x.value.timing.infer_ms)

    progress(`${SENTENCES.length} sentences by node-llama-cpp alone`)
    const bare = await runBare(daemon.threads, signal)
    progress('commands carried out by virtual devices')
    const acts = DEVICES.slice(0, 5).flatMap(d => [
      `now turn on the ${d}`,
      `now turn off the ${d}`,
      `now please turn the ${d} on`,
      `now please turn the ${d} off`,
    ])
    const acted = await timed(acts.map(text => () => one.ask({ text })))

    const memory = await memoryOf(daemon.pid, daemon.inferencePid)
    progress('16 clients at once')
    const parallel = await runParallel(client)
    progress('idle for 20 s, after 30 s of rest')
    const burst = await memoryOf(daemon.pid, daemon.inferencePid)
    const idle = await idleOf([daemon.pid, daemon.inferencePid], 20)
    const u = percentiles(understood.map(x => x.ms))
    const b = percentiles(bare.map(x => x.ms))
    return {
      ...aboutRun(),
      start: { first_answer_ms: Math.round(firstAnswerMs) },
      understand: { ...u, sentences: SENTENCES.length, own_ms_p50: percentiles(own).p50_ms },
      act: { ...percentiles(acted.map(x => x.ms)), sentences: acts.length },
      bare: {
        ...b,
        threads: daemon.threads,
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
    await daemon.stop()
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

async function idleOf(pids: readonly number[], seconds: number): Promise<CommandBench['idle']> {
  await sleep(30_000) // the garbage of the burst is collected in the meantime
  const before = await ticks(pids)
  await sleep(seconds * 1000)
  return { seconds, cpu_percent_of_one_core: round((((await ticks(pids)) - before) * 10) / (seconds * 10)) }
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
