/**
 * Lines of eight invented programs and controllers, each with its own header, for measuring only. Seeded: the same seed
 * gives the same lines. Within a source some kinds of lines are far more frequent than others, as in real logs.
 */
import { seeded } from '../../base/random.js'

export interface LogLine {
  source: string
  line: string
}

type Random = () => number

const whole = (r: Random, most: number) => Math.floor(r() * most)
const pick = <T>(r: Random, all: readonly T[]): T => all[Math.floor(r() * all.length)]!
const pad = (n: number, digits = 2) => String(n).padStart(digits, '0')

const USERS = ['ada', 'ben', 'cleo', 'dora', 'emil', 'service', 'backup']
const UNITS = ['press', 'mixer', 'filler', 'dryer', 'sorter', 'crane']

/** What stands in braces in a message. */
const SLOTS: Record<string, (r: Random) => string> = {
  n: r => String(whole(r, 10_000)),
  d: r => String(whole(r, 10)),
  f: r => (r() * 100).toFixed(1),
  t: r => (17 + r() * 8).toFixed(1),
  v: r => (3 + r()).toFixed(2),
  ip: r => `10.${whole(r, 4)}.${whole(r, 256)}.${whole(r, 256)}`,
  x: r => `0x${whole(r, 1 << 30).toString(16)}`,
  id: r => `${whole(r, 1 << 30).toString(16)}-${whole(r, 65_536).toString(16)}`,
  user: r => pick(r, USERS),
  unit: r => pick(r, UNITS),
  path: r => `/srv/data/${pick(r, UNITS)}/${whole(r, 1_000)}.bin`,
}

interface Dialect {
  source: string
  header(r: Random, seconds: number): string
  messages: readonly string[]
}

const clock = (s: number) =>
  `${pad(Math.floor(s / 3600) % 24)}:${pad(Math.floor(s / 60) % 60)}:${pad(s % 60)}`

/** The most frequent message first. */
const DIALECTS: readonly Dialect[] = [
  {
    source: 'gateway',
    header: (r, s) => `Nov 21 ${clock(s)} gw${whole(r, 4)} authd[${1000 + whole(r, 9000)}]: `,
    messages: [
      'session opened for user {user} by (uid={d})',
      'session closed for user {user}',
      'accepted key for {user} from {ip} port {n} protocol 2',
      'connection from {ip} closed by the other side',
      'failed password for user {user} from {ip} port {n}',
      'lease of {ip} renewed for {n} seconds',
      'disk {path} is {d} % full',
      'time is {f} ms off, adjusting',
      'too many failed logins from {ip}: blocked for {n} seconds',
      'certificate of {user} will end in {d} days',
    ],
  },
  {
    source: 'batch',
    header: (r, s) =>
      `2026-11-21 ${clock(s)},${pad(whole(r, 1000), 3)} ${pick(r, ['INFO ', 'INFO ', 'INFO ', 'WARN ', 'DEBUG'])} [worker-${whole(r, 16)}] plant.batch.${pick(r, ['Scheduler', 'Store', 'Router'])} - `,
    messages: [
      'job {id} started on {unit}-{d}',
      'job {id} finished in {n} ms, {n} rows written',
      'reading block {x} of {path}',
      'checkpoint {n} written to {path}',
      'queue holds {n} entries, oldest {n} ms',
      'connection to {ip}:{n} established',
      'no answer from {ip}:{n}, retry {d} of 5',
      'job {id} failed: checksum of block {x} does not match',
      'cache of {n} entries cleared',
      'recipe {unit} loaded with {d} steps',
      'out of memory while sorting {n} rows of {path}',
    ],
  },
  {
    source: 'web',
    header: (r, s) => `${SLOTS.ip!(r)} - - [21/Nov/2026:${clock(s)} +0100] `,
    messages: [
      '"GET /api/v1/{unit}/{n} HTTP/1.1" 200 {n}',
      '"GET /static/{unit}.js HTTP/1.1" 304 0',
      '"POST /api/v1/{unit}/{n}/start HTTP/1.1" 202 {n}',
      '"GET /api/v1/{unit}/{n} HTTP/1.1" 404 {n}',
      '"PUT /api/v1/recipe/{n} HTTP/1.1" 500 {n}',
    ],
  },
  {
    source: 'line controller',
    header: (r, s) => `2026-11-21T${clock(s)}.${pad(whole(r, 1000), 3)}Z PLC${whole(r, 4)} `,
    messages: [
      'EVT {n} {unit} {d} cycle {n} complete',
      'EVT {n} valve V-{n} opened after {n} ms',
      'EVT {n} valve V-{n} closed after {n} ms',
      'EVT {n} conveyor {d} running at {f} %',
      'EVT {n} operator {user} logged on',
      'ALM {n} motor M-{n} overload tripped',
      'ALM {n} motor M-{n} overload cleared',
      'ALM {n} light curtain {d} interrupted',
      'EVT {n} tool {d} changed',
      'ALM {n} no part at station {d}',
    ],
  },
  {
    source: 'air handling',
    header: (_, s) => `${clock(s)} AHU2 `,
    messages: [
      'supply temperature {t} °C setpoint 20.0 °C',
      'return temperature {t} °C',
      'fan speed {f} %, current {v} A',
      'damper {d} at {f} %',
      'filter pressure drop {n} Pa',
      'filter {d} dirty, change it soon',
      'heating valve moves to {f} %',
      'night mode on',
      'night mode off',
      'frost protection active at {t} °C',
    ],
  },
  {
    source: 'field bus',
    header: (r, s) => `[${pad(s, 6)}.${pad(whole(r, 1_000_000), 6)}] `,
    messages: [
      'bus 0: frame {x} from node {d}, {d} bytes',
      'bus 0: node {d} is alive',
      'eth0: link is up, 100 Mbit/s',
      'usb 1-{d}: new device number {n}',
      'bus 0: node {d} does not answer',
      'bus 0: {n} errors, {n} frames lost',
      'watchdog: timer of {unit} expired',
      'eth0: link is down',
    ],
  },
  {
    source: 'room sensors',
    header: (r, s) => `ts=${1_790_000_000 + s} node=${whole(r, 40)} `,
    messages: [
      'temp={t} hum={f} batt={v}',
      'temp={t} hum={f} batt={v} rssi=-{d}0',
      'door=open count={n}',
      'door=closed count={n}',
      'boot reason={d} fw=1.{d}.{d}',
    ],
  },
  {
    source: 'press hall',
    header: () => '',
    messages: [
      '{"dev":"press-{d}","t":{n},"temp_c":{f},"bar":{v},"state":"running"}',
      '{"dev":"press-{d}","t":{n},"temp_c":{f},"bar":{v},"state":"idle"}',
      '{"dev":"press-{d}","t":{n},"event":"stroke","count":{n}}',
      '{"dev":"press-{d}","t":{n},"event":"oil change due","in_h":{n}}',
    ],
  },
]

export const SOURCES: readonly string[] = DIALECTS.map(d => d.source)

/** Text and the slots between. */
type Part = string | ((r: Random) => string)
const compiled = DIALECTS.map(d => d.messages.map(partsOf))

function partsOf(message: string): Part[] {
  return message.split(/(\{[a-z]+\})/).map(part => (part[0] === '{' && SLOTS[part.slice(1, -1)]) || part)
}

/** As it comes from a socket: a string of its own, not a chain of pieces that the first reader pays for. */
const flat = (text: string): string => Buffer.from(text).toString()

const WORDS =
  `bearing shaft rotor sensor loop housing nozzle clamp roller spindle hopper feeder gripper turntable cabinet relay
  drifts sticks waits moves turns hums slips settles reports holds follows passes
  inner outer upper lower rear front second spare main side
  slowly twice again late early at before behind after beside
  hot worn loose wet dirty quiet steady fresh blocked empty leaking failed`
    .split(/\s+/)
    .filter(word => word !== '')

export class LogLines {
  readonly #r: Random
  #seconds = 0

  constructor(seed: number) {
    this.#r = seeded(seed)
  }

  /** Lines of kinds that recur. @param only one source; otherwise all, mixed */
  known(count: number, only?: string): LogLine[] {
    const lines: LogLine[] = []
    for (let i = 0; i < count; i++) lines.push(this.#known(only))
    return lines
  }

  /** Lines of a kind that was never there and never comes again, with some number. */
  novel(count: number, only?: string): LogLine[] {
    const lines: LogLine[] = []
    const r = this.#r
    for (let i = 0; i < count; i++) {
      const { source, header } = this.#dialect(only)
      const words = Array.from({ length: 6 + whole(r, 4) }, () => pick(r, WORDS))
      words.splice(2 + whole(r, 4), 0, String(whole(r, 1000)))
      lines.push({ source, line: flat(`${header(r, this.#second())}${words.join(' ')}`) })
    }
    return lines
  }

  #known(only: string | undefined): LogLine {
    const r = this.#r
    const dialect = this.#dialect(only)
    const messages = compiled[DIALECTS.indexOf(dialect)]!
    let line = dialect.header(r, this.#second())
    for (const part of messages[Math.floor(messages.length * r() ** 2)]!)
      line += typeof part === 'string' ? part : part(r)
    return { source: dialect.source, line: flat(line) }
  }

  #dialect(only: string | undefined): Dialect {
    return only === undefined ? pick(this.#r, DIALECTS) : DIALECTS.find(d => d.source === only)!
  }

  /** Some twenty lines a second. */
  #second(): number {
    if (this.#r() < 0.05) this.#seconds++
    return this.#seconds
  }
}
