/**
 * Serial ports at full speed, over pseudo-terminals: are all lines there, and is framing right after garbage?
 *
 *   node dist/scripts/bench/serial.js [--ports 4] [--seconds 10] [--baud 921600]
 *
 * Needs socat. Ends with 1 when a line was lost.
 */
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import type { ArrivedLine, LineSink, SourceTrouble } from '../../daemon/bus/lines/line.js'
import { SerialSource } from '../../daemon/bus/serial/serial-source.js'
import { ptyPair } from '../../test/support/serial.js'
import { serialEntry } from '../../test/support/sources.js'

const { values } = parseArgs({
  options: {
    ports: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '10' },
    baud: { type: 'string', default: '921600' },
  },
})
const [ports, seconds, baud] = [Number(values.ports), Number(values.seconds), Number(values.baud)]
/** A byte takes a start bit, eight bits and a stop bit. */
const bytesPerSecond = baud / 10
const SLICE_MS = 10
const GARBAGE_BYTES = 9_216

class Sink implements LineSink {
  readonly heard = new Map<string, string[]>()
  readonly troubles: SourceTrouble[] = []
  line({ source, line }: ArrivedLine): void {
    const lines = this.heard.get(source)
    if (lines) lines.push(line)
    else this.heard.set(source, [line])
  }
  trouble(trouble: SourceTrouble): void {
    this.troubles.push(trouble)
  }
}

const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
const reading = (port: number, n: number) =>
  `${n} port ${port} tank ${n % 23} level ${((n * 37) % 1000) / 10} cm pump ${n % 2 ? 'on' : 'off'}`

const sink = new Sink()
const pairs = await Promise.all(Array.from({ length: ports }, () => ptyPair()))
const sources = pairs.map(
  (pair, port) => new SerialSource(serialEntry(pair.port, { name: `port ${port}`, baud }), sink),
)
for (const source of sources) await source.start(new AbortController().signal)

/** Writes lines at the rate of the wire. @returns the lines, and their bytes */
async function talk(port: number): Promise<{ lines: string[]; bytes: number }> {
  const lines: string[] = []
  const startMs = performance.now()
  let bytes = 0
  for (;;) {
    const elapsedMs = performance.now() - startMs
    if (elapsedMs >= seconds * 1000) return { lines, bytes }
    const due = (elapsedMs / 1000) * bytesPerSecond
    const slice: string[] = []
    while (bytes < due) {
      const line = reading(port, lines.length)
      lines.push(line)
      slice.push(`${line}\r\n`)
      bytes += line.length + 2
    }
    await pairs[port]!.write(slice.join(''))
    await sleep(SLICE_MS)
  }
}

const cpuBefore = process.cpuUsage()
const startMs = performance.now()
const sent = await Promise.all(pairs.map((_, port) => talk(port)))
await sleep(500)
const elapsedMs = performance.now() - startMs
const cpu = process.cpuUsage(cpuBefore)

console.log(`${ports} ports, ${baud} baud (${bytesPerSecond} B/s each), ${seconds} s`)
console.log('port  bytes sent  received  lines sent  received  lost or wrong')
let wrong = 0
sent.forEach(({ lines, bytes }, port) => {
  const got = sink.heard.get(`port ${port}`) ?? []
  const lost = lines.filter((line, n) => got[n] !== line).length + Math.max(0, got.length - lines.length)
  wrong += lost
  const columns = [String(port).padEnd(4), bytes, sources[port]!.counts.bytes, lines.length, got.length, lost]
  console.log(columns.map((c, i) => String(c).padStart([4, 10, 8, 10, 8, 13][i]!)).join('  '))
})
const total = sent.reduce((sum, { bytes }) => sum + bytes, 0)
console.log(`together ${Math.round(total / (elapsedMs / 1000 - 0.5))} B/s`)
console.log(
  `processor time, writing included: ${(((cpu.user + cpu.system) / 1000 / elapsedMs) * 100).toFixed(0)} % of one core; memory ${(process.memoryUsage().rss / 1048576).toFixed(0)} MiB`,
)

// noise at full speed, then a line end, then lines again: all of them must be right
await Promise.all(
  pairs.map(async (pair, port) => {
    for (let at = 0; at < 2 * bytesPerSecond; at += GARBAGE_BYTES) {
      await pair.write(randomBytes(GARBAGE_BYTES))
      await sleep((GARBAGE_BYTES / bytesPerSecond) * 1000)
    }
    await pair.write(`\r\n${Array.from({ length: 100 }, (_, n) => `${reading(port, n)}\r\n`).join('')}`)
  }),
)
await sleep(500)
const rightAfter = pairs.map((_, port) => {
  const last = (sink.heard.get(`port ${port}`) ?? []).slice(-100)
  return last.filter((line, n) => line === reading(port, n)).length
})
console.log(`after 2 s of noise, lines right of 100: ${rightAfter.join(', ')}`)
const told = new Map<string, number>()
for (const { kind } of sink.troubles) told.set(kind, (told.get(kind) ?? 0) + 1)
console.log(`troubles told: ${[...told].map(([kind, n]) => `${kind} ${n}`).join(', ') || 'none'}`)

for (const source of sources) await source.stop()
for (const pair of pairs) await pair.close()
if (wrong > 0 || rightAfter.some(n => n < 100)) process.exitCode = 1
