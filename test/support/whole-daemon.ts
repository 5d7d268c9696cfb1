/**
 * A whole daemon as people run it: `fieldmouse run` in a process group of its own, with the broker and the inference
 * processes that it starts. It can be cut off at any moment, and what is left of it can be looked at.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { connectAsync, type MqttClient } from 'mqtt'
import { sleep, systemClock } from '../../daemon/base/clock.js'
import { factoryModelOf } from '../../daemon/factory.js'
import type { Reply } from '../../daemon/requests/reply.js'
import { loadMemory, type Memory } from '../../ota/client/memory.js'
import { Slots } from '../../ota/client/slots.js'
import { mainFile } from '../../ota/format/target.js'

const BIN = fileURLToPath(new URL('../../daemon/cli/fieldmouse.js', import.meta.url))
/** A machine under load takes its time. */
const START_MS = 60_000

export interface Home {
  /** FIELDMOUSE_DATA: tells its processes from all others. */
  data: string
  /** Of the embedded broker. */
  port: number
  /** Configuration file. */
  config: string
}

export interface WholeDaemon {
  pid: number
  client: MqttClient
  /** What it logged, one JSON a line. */
  log: string[]
  ask(body: object, kind?: 'command' | 'update', waitMs?: number): Promise<Reply>
  /** Resolves when it has ended. */
  ended: Promise<{ code: number | null; signal: string | null }>
  /** Everything that belongs to it, at once, as when the power goes. */
  cut(): Promise<void>
  /** @returns milliseconds until it had ended */
  term(): Promise<number>
}

/** Starts it and waits until it listens. @throws with its last words when it ends before */
export async function startWhole({ data, port, config }: Home): Promise<WholeDaemon> {
  const child = spawn(process.execPath, [BIN, 'run'], {
    // a group of its own: a signal to it reaches broker and inference as well
    detached: true,
    env: {
      ...process.env,
      FIELDMOUSE_DATA: data,
      FIELDMOUSE_BROKER: `embedded:${port}`,
      FIELDMOUSE_ID: 'demo',
      FIELDMOUSE_LOG_FORMAT: 'json',
      FIELDMOUSE_LOG_LEVEL: 'info',
      FIELDMOUSE_CONFIG: config,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log: string[] = []
  const ended = new Promise<{ code: number | null; signal: string | null }>(resolve =>
    child.on('exit', (code, signal) => resolve({ code, signal })),
  )
  try {
    await ready(child, log, ended)
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5, reconnectPeriod: 0 })
    client.on('error', () => {})
    await client.subscribeAsync('answers/mine')
    const kill = (signal: NodeJS.Signals) => {
      try {
        process.kill(-child.pid!, signal)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
    }
    return {
      pid: child.pid!,
      client,
      log,
      ended,
      ask: (body, kind = 'command', waitMs = 30_000) => ask(client, body, kind, waitMs),
      cut: async () => {
        kill('SIGKILL')
        await ended
        client.end(true)
      },
      term: async () => {
        const began = systemClock.monotonic()
        child.kill('SIGTERM')
        await ended
        client.end(true)
        return systemClock.monotonic() - began
      },
    }
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

async function ready(child: ChildProcess, log: string[], ended: Promise<unknown>): Promise<void> {
  let isReady = () => {}
  const listens = new Promise<void>(resolve => {
    isReady = resolve
  })
  for (const stream of [child.stdout!, child.stderr!])
    createInterface({ input: stream }).on('line', line => {
      log.push(line)
      if (log.length > 500) log.shift()
      if (line.includes('"DaemonStarted"')) isReady()
    })
  const over = new AbortController()
  const failed = Promise.race([
    ended.then(() => 'it ended'),
    sleep(START_MS, over.signal).then(() => `it did not listen within ${START_MS} ms`),
  ]).then(how => Promise.reject(new Error(`${how}: ${log.slice(-5).join('\n')}`)))
  failed.catch(() => {})
  try {
    await Promise.race([listens, failed])
  } finally {
    over.abort()
  }
}

async function ask(client: MqttClient, body: object, kind: string, waitMs: number): Promise<Reply> {
  const id = randomUUID()
  let hear: Parameters<MqttClient['on']>[1] = () => {}
  const over = new AbortController()
  try {
    const reply = new Promise<Reply>(resolve => {
      hear = ((topic: string, payload: Buffer, packet: { properties?: { correlationData?: Buffer } }) => {
        if (topic === 'answers/mine' && packet.properties?.correlationData?.toString() === id)
          resolve(JSON.parse(payload.toString()))
      }) as never
      client.on('message', hear as never)
    })
    await client.publishAsync(`fieldmouse/demo/request/${kind}`, JSON.stringify(body), {
      qos: 1,
      properties: { responseTopic: 'answers/mine', correlationData: Buffer.from(id) },
    })
    const late = sleep(waitMs, over.signal).then(() => Promise.reject(new Error(`no answer: ${kind}`)))
    late.catch(() => {})
    return await Promise.race([reply, late])
  } finally {
    over.abort()
    client.off('message', hear as never)
  }
}

/** What its updater of commands has written: where the update stands. */
export const memoryOf = ({ data }: Home): Promise<Memory> =>
  loadMemory(join(data, 'updates', 'command', 'state.json'))

/** `downloading`, `active` (the engine has moved), `activating` (it has not), `checking`, ... as it is on the disk. */
export async function stageOf(home: Home): Promise<string> {
  const { state } = await memoryOf(home)
  if (state.is === 'active') return state.moved ? 'active' : 'activating'
  // a look at the repository is not written down, but its working copy is there
  const looks = await readdir(join(home.data, 'updates', 'trust', 'staging')).catch(() => undefined)
  return looks && (state.is === 'idle' || state.is === 'failed') ? 'checking' : state.is
}

/** The model that the pointer names: SHA-256 of the file as it lies there, and the one that it was signed with. */
export async function pointedModel({ data }: Home): Promise<{ slot: string; found: string; signed: string }> {
  const factory = factoryModelOf('command')
  const slots = new Slots(join(data, 'updates', 'command'), factory)
  const { active } = await slots.pointer()
  const record = active === 'factory' ? undefined : await slots.record(active)
  const path =
    active === 'factory' || !record ? factory.files.model : slots.fileIn(active, mainFile(record.promise))
  const found = createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
  return { slot: active, found, signed: record ? mainFile(record.promise).sha256 : factory.sha256 }
}

/** Processes that were started with this data folder, by id, with their command lines. Linux. */
export async function processesOf({ data }: Home): Promise<Map<number, string>> {
  const found = new Map<number, string>()
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const environment = await readFile(`/proc/${name}/environ`, 'latin1').catch(() => '')
    if (!environment.split('\0').includes(`FIELDMOUSE_DATA=${data}`)) continue
    const line = await readFile(`/proc/${name}/cmdline`, 'latin1').catch(() => '')
    // one that has ended and was not waited for has none
    if (line !== '') found.set(Number(name), line.replaceAll('\0', ' ').trim())
  }
  return found
}

/** Its inference processes, the latest last. */
export const inferenceOf = async (home: Home): Promise<number[]> =>
  [...(await processesOf(home))]
    .filter(([, line]) => line.includes('inference/child.js'))
    .map(([pid]) => pid)
    .sort((a, b) => a - b)

/** Looks again and again until it is so. @throws after `withinMs` */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  withinMs = 60_000,
): Promise<T> {
  const until = systemClock.monotonic() + withinMs
  for (;;) {
    const found = await look()
    if (found) return found
    if (systemClock.monotonic() > until) throw new Error(`never came: ${what}`)
    await sleep(4)
  }
}

/** A board that has no more memory than that, as /proc would say; processors as they are here. */
export async function tightBoard(folder: string, memoryMib: number): Promise<string> {
  const root = join(folder, 'board')
  const kib = memoryMib * 1024
  await mkdir(join(root, 'proc'), { recursive: true })
  await mkdir(join(root, 'sys/devices/system/cpu'), { recursive: true })
  // not copyFile: it never ends on files that say they have no length
  for (const path of ['proc/cpuinfo', 'sys/devices/system/cpu/online'])
    await writeFile(join(root, path), await readFile(join('/', path)))
  await writeFile(
    join(root, 'proc/meminfo'),
    `MemTotal: ${kib} kB\nMemFree: ${kib >> 1} kB\nMemAvailable: ${kib >> 1} kB\nSwapTotal: 0 kB\n`,
  )
  return root
}
