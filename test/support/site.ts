import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectAsync, type MqttClient } from 'mqtt'
import type { Test } from 'tap'
import { loadConfig } from '../../daemon/config/load.js'
import type { ConfigFile } from '../../daemon/config/schema.js'
import { Daemon } from '../../daemon/main.js'
import { silentLog } from '../../daemon/observability/log.js'
import type { Reply } from '../../daemon/requests/reply.js'
import type { IncidentDocument } from '../../daemon/triage/incidents/incident.js'
import type { AlertEvent } from '../../daemon/triage/incidents/outbox.js'
import { startMosquitto, type TestBroker } from './broker.js'

/** A daemon as a process of its own, which can be shot. */
export interface DaemonProcess {
  /** Resolves when it says that it is online. */
  start(): Promise<void>
  /** SIGKILL, or another signal. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Memory of the process itself: now, and the most since its start. */
  rssMiB(): { now: number; most: number }
}

/** A daemon with sources of lines, a broker, and somebody there who writes down what it says. */
export interface Site {
  broker: TestBroker
  client: MqttClient
  folder: string
  daemon: Daemon | undefined
  process: DaemonProcess
  /** What stands in the retained topics of incidents, by number. */
  incidents: Map<number, IncidentDocument>
  /** Every alert event by id, with how often it came. */
  alerts: Map<string, AlertEvent & { times: number }>
  /** Newest payload of every topic of the daemon and of Home Assistant. */
  latest: Map<string, string>
  ask(kind: 'triage' | 'incident' | 'command', body: string | object): Promise<Reply>
  publish(topic: string, payload: string | Buffer): Promise<unknown>
  /** The open incident of a source, as soon as it is there. */
  incidentOf(source: string, passes?: (incident: IncidentDocument) => boolean): Promise<IncidentDocument>
  /** Resolves when no incident of that number is retained. */
  over(n: number): Promise<unknown>
  /** Resolves with what `find` finds; looks again with every message. */
  until<T>(what: string, find: () => T | undefined | false, withinMs?: number): Promise<T>
}

/** Delays as short as they can be, so that a test need not wait for them. */
export const QUICK = {
  on_delay_s: 0,
  critical_on_delay_s: 0,
  off_delay_s: 0,
} satisfies ConfigFile['triage']

const CLI = fileURLToPath(new URL('../../daemon/cli/fieldmouse.js', import.meta.url))

/** @param options `process`: the daemon is a process of its own; else it runs in this one. Ends with the test. */
export async function startSite(
  t: Test,
  config: ConfigFile,
  options: { process?: boolean } = {},
): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'fieldmouse-site-'))
  t.teardown(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  const broker = await startMosquitto(t)
  const file = join(folder, 'mouse.yaml')
  const written: ConfigFile = {
    ...config,
    triage: { ...QUICK, ...config.triage },
    model: { threads: 1, ...config.model },
    governor: { enabled: 'off' },
  }
  await writeFile(file, JSON.stringify(written))
  const env = {
    FIELDMOUSE_CONFIG: file,
    FIELDMOUSE_DATA: join(folder, 'data'),
    FIELDMOUSE_BROKER: broker.url,
    FIELDMOUSE_LOG_LEVEL: 'warn',
  }

  const incidents: Site['incidents'] = new Map()
  const alerts: Site['alerts'] = new Map()
  const latest: Site['latest'] = new Map()
  const answers = new Map<string, (reply: Reply) => void>()
  const waiting = new Set<() => void>()
  const client = await connectAsync(broker.url, {
    protocolVersion: 5,
    reconnectPeriod: 50,
    clientId: 'somebody',
  })
  client.setMaxListeners(0)
  t.teardown(() => client.endAsync(true))
  client.on('message', (topic, payload, packet) => {
    const text = payload.toString()
    const correlation = packet.properties?.correlationData?.toString()
    if (topic === 'answers/mine') answers.get(correlation ?? '')?.(JSON.parse(text))
    else latest.set(topic, text)
    const n = /\/incident\/(\d+)$/.exec(topic)?.[1]
    if (n !== undefined && !topic.includes('/request/')) {
      if (text === '') incidents.delete(Number(n))
      else incidents.set(Number(n), JSON.parse(text))
    }
    if (topic.endsWith('/event/alert')) {
      const event = JSON.parse(text) as AlertEvent
      alerts.set(event.id, { ...event, times: (alerts.get(event.id)?.times ?? 0) + 1 })
    }
    for (const look of [...waiting]) look()
  })
  client.on('error', () => {}) // a broker that is away
  await client.subscribeAsync(['fieldmouse/#', 'homeassistant/#', 'answers/mine'], { qos: 1 })

  const until: Site['until'] = (what, find, withinMs = 15_000) =>
    new Promise((resolve, reject) => {
      const end = () => {
        waiting.delete(look)
        clearTimeout(late)
        clearInterval(ticking)
      }
      const look = () => {
        const found = find()
        if (found === undefined || found === false) return
        end()
        resolve(found)
      }
      const late = setTimeout(() => {
        end()
        const open = [...incidents.values()].map(i => `${i.n} ${i.source} ${i.state}: ${i.summary}`)
        reject(new Error(`not within ${withinMs} ms: ${what}\n${open.slice(0, 20).join('\n')}`))
      }, withinMs)
      const ticking = setInterval(look, 50)
      waiting.add(look)
      look()
    })

  const online = () =>
    until('the daemon is online', () => latest.get(STATUS)?.includes('"offline"') === false)
  const process_ = daemonProcess(t, env, () => latest.delete(STATUS), online)
  let daemon: Daemon | undefined
  if (options.process) await process_.start()
  else {
    const started = new Daemon({ config: loadConfig({ env }).config, log: silentLog })
    daemon = started
    t.teardown(() => started.stop())
    await started.start(new AbortController().signal)
  }

  return {
    broker,
    client,
    folder,
    daemon,
    process: process_,
    incidents,
    alerts,
    latest,
    until,
    publish: (topic, payload) => client.publishAsync(topic, payload, { qos: 1 }),
    incidentOf: (source, passes = () => true) =>
      until(`an incident of ${source}`, () =>
        [...incidents.values()].find(i => i.source === source && passes(i)),
      ),
    over: n => until(`incident ${n} is over`, () => !incidents.has(n)),
    async ask(kind, body) {
      const correlation = randomUUID()
      let reply: Reply | undefined
      answers.set(correlation, came => {
        reply = came
      })
      await client.publishAsync(
        `fieldmouse/demo/request/${kind}`,
        typeof body === 'string' ? body : JSON.stringify(body),
        {
          qos: 1,
          properties: { responseTopic: 'answers/mine', correlationData: Buffer.from(correlation) },
        },
      )
      const came = await until(`an answer to ${JSON.stringify(body).slice(0, 80)}`, () => reply)
      answers.delete(correlation)
      return came
    },
  }
}

const STATUS = 'fieldmouse/demo/status'

function daemonProcess(
  t: Test,
  env: Record<string, string>,
  forget: () => void,
  online: () => Promise<unknown>,
): DaemonProcess {
  let child: ChildProcess | undefined
  let said = ''
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    const dying = child
    child = undefined
    if (!dying || dying.exitCode !== null || dying.signalCode !== null) return
    const gone = new Promise(resolve => dying.once('close', resolve))
    dying.kill(signal)
    await gone
  }
  t.teardown(() => kill())
  return {
    kill,
    async start() {
      forget()
      said = ''
      const started = spawn(process.execPath, [CLI, 'run'], {
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      child = started
      for (const stream of [started.stdout, started.stderr])
        stream.on('data', chunk => {
          said = (said + chunk).slice(-10_000)
        })
      const ended = new Promise<never>((_, reject) =>
        started.once('exit', code => {
          if (child === started) reject(new Error(`the daemon ended with ${code}: ${said}`))
        }),
      )
      ended.catch(() => {})
      await Promise.race([online(), ended])
    },
    rssMiB() {
      const status = readFileSync(`/proc/${child?.pid}/status`, 'utf8')
      const mib = (name: string) =>
        Math.round(Number(new RegExp(`${name}:\\s*(\\d+)`).exec(status)?.[1]) / 1024)
      return { now: mib('VmRSS'), most: mib('VmHWM') }
    },
  }
}
