import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import type { Test } from 'tap'
import t from 'tap'
import type { PortOptions } from '../../../../daemon/bus/serial/port.js'
import { type Readable, readPort } from '../../../../daemon/bus/serial/read.js'
import { type SerialEntry, SerialSource } from '../../../../daemon/bus/serial/serial-source.js'
import { HeardLines } from '../../../support/lines.js'
import { needsSocat, openPtyPair } from '../../../support/serial.js'
import { serialEntry } from '../../../support/sources.js'

type Binding = NonNullable<PortOptions['binding']>
interface MockPort {
  emitData(data: string): void
  read(): Promise<never>
}
interface Mock extends Binding {
  reset(): void
  createPort(path: string, options: { echo: boolean; record: boolean }): void
}
// its types are not to be found from a module
const { MockBinding } = createRequire(import.meta.url)('@serialport/binding-mock') as { MockBinding: Mock }

const soon: PortOptions = { backoff: { firstMs: 20, maxMs: 40, factor: 1 }, stableMs: 50 }

async function startSource(t: Test, path: string, entry: Partial<SerialEntry> = {}, options = soon) {
  const heard = new HeardLines()
  const source = new SerialSource(serialEntry(path, entry), heard, options)
  t.teardown(() => source.stop())
  await source.start(new AbortController().signal)
  return { heard, source }
}

t.test('lines come from a serial port, whole and in order', needsSocat, async t => {
  const pair = await openPtyPair(t)
  const { heard, source } = await startSource(t, pair.port, { baud: 921_600 })
  t.ok(source.isOpen)
  await pair.write('boot ok\r\nT=2')
  await heard.until('the first line', h => h.lines.length === 1)
  await pair.write('1.5 °C\n\nlast\n')
  await heard.until('all', h => h.lines.length === 3)
  t.same(heard.texts(), ['boot ok', 'T=21.5 °C', 'last'])
  t.match(heard.lines[0], { source: 'serial:ttyMouse', at: Number })
  t.same(heard.troubles, [])
})

t.test('a port that is unplugged is said once, and opened again when it is back', needsSocat, async t => {
  const pair = await openPtyPair(t)
  const { heard, source } = await startSource(t, pair.port, { name: 'pump' })
  await pair.write('before\nhalf a li')
  await heard.until('a line', h => h.lines.length === 1)
  await pair.unplug()
  await heard.until('the loss', h => h.kinds().includes('lost'))
  t.match(heard.troubles[0], { source: 'pump', kind: 'lost', detail: /went away/, remedy: /cable/ })
  await new Promise(resolve => setTimeout(resolve, 300))
  t.same(heard.kinds(), ['lost'], 'however often it is tried')
  await pair.plug()
  await heard.until('the return', h => h.kinds().includes('back'))
  t.ok(source.isOpen)
  await pair.write('after\n')
  await heard.until('the next line', h => h.texts().includes('after'))
  t.same(heard.texts(), ['before', 'half a li', 'after'], 'the line that was cut is not glued to the next')
  await source.stop()
  await source.stop()
  t.notOk(source.isOpen)
})

t.test('a port that is not there yet is waited for', needsSocat, async t => {
  const pair = await openPtyPair(t)
  await pair.unplug()
  const { heard } = await startSource(t, pair.port)
  t.match(heard.troubles, [{ kind: 'lost', detail: /there is no serial port/, remedy: /Plug/ }])
  await pair.plug()
  await heard.until('the port', h => h.kinds().includes('back'))
  await pair.write('here\n')
  await heard.until('a line', h => h.texts().includes('here'))
})

t.test('a port that another one has is told to be busy', needsSocat, async t => {
  const pair = await openPtyPair(t)
  const first = await startSource(t, pair.port)
  const second = await startSource(t, pair.port, { name: 'second' })
  t.match(second.heard.troubles, [{ kind: 'lost', detail: /used by another program/ }])
  await first.source.stop()
  await second.heard.until('its turn', h => h.kinds().includes('back'))
})

t.test('noise, endless lines and escapes harm neither the port nor its neighbour', needsSocat, async t => {
  const [bad, good] = [await openPtyPair(t), await openPtyPair(t)]
  const heard = new HeardLines()
  const make = (path: string, name: string) =>
    new SerialSource(serialEntry(path, { name, baud: 921_600, maxLineBytes: 4_096 }), heard, soon)
  const sources = [make(bad.port, 'bad'), make(good.port, 'good')]
  for (const source of sources) {
    t.teardown(() => source.stop())
    await source.start(new AbortController().signal)
  }
  const before = process.memoryUsage().rss
  const expected: string[] = []
  const talk = async () => {
    for (let n = 0; n < 200; n++) {
      expected.push(`reading ${n} level ${n % 17} cm`)
      await good.write(`${expected.at(-1)}\n`)
      await new Promise(resolve => setTimeout(resolve, 2))
    }
  }
  const rage = async () => {
    for (let n = 0; n < 20; n++) await bad.write(randomBytes(9_216))
    await bad.write(Buffer.alloc(2_000_000, 'x'))
    await bad.write('\n\u001b[2Jcleared\u0000\nwell\n')
  }
  await Promise.all([talk(), rage()])
  await heard.until('the end of both', h => h.texts('bad').includes('well') && h.texts('good').length === 200)
  t.same(heard.texts('good'), expected)
  t.same(heard.texts('bad').slice(-2), ['\\x1b[2Jcleared\\x00', 'well'])
  t.same(heard.kinds('good'), [])
  const kinds = heard.kinds('bad')
  t.ok(kinds.filter(k => k === 'damaged').length >= 1)
  t.ok(kinds.length <= 3, kinds.join(', '))
  t.ok(heard.texts('bad').length < 60, `${heard.texts('bad').length} lines of noise were handed on`)
  t.ok(heard.lines.every(({ line }) => line.length <= 4 * 4_096 && !/[\u0000-\u0008\u001b]/.test(line)))
  t.ok(process.memoryUsage().rss - before < 64 * 1024 * 1024)
})

t.test('a port that floods is an incident, not a thousand lines', needsSocat, async t => {
  const pair = await openPtyPair(t)
  const { heard } = await startSource(t, pair.port, { maxLinesPerSecond: 50 })
  for (let n = 0; n < 100; n++) await pair.write('motor fault 17\n'.repeat(50))
  await heard.until('the flood', h => h.kinds().includes('flooding'))
  await new Promise(resolve => setTimeout(resolve, 200))
  t.same(heard.kinds(), ['flooding'])
  t.ok(heard.lines.length < 300, `${heard.lines.length} of 5000`)
})

t.test('a port that goes silent is an incident', needsSocat, async t => {
  const pair = await openPtyPair(t)
  const { heard } = await startSource(t, pair.port, { silentAfterS: 1 })
  await heard.until('the silence', h => h.kinds().includes('silent'))
  await pair.write('I am here\n')
  await heard.until('its end', h => h.kinds().includes('settled silent'))
})

t.test('errors that only a pretended port can make', async t => {
  MockBinding.reset()
  MockBinding.createPort('/dev/mouse', { echo: false, record: false })
  t.teardown(() => MockBinding.reset())
  const open: MockPort[] = []
  let refuse: string | undefined
  const binding: Binding = {
    list: () => MockBinding.list(),
    open: async options => {
      if (refuse) throw new Error(refuse)
      const port = await MockBinding.open(options)
      open.push(port as unknown as MockPort)
      return port
    },
  }
  const refusals: [string, RegExp, RegExp][] = [
    ['Error: Permission denied, cannot open /dev/mouse', /may not be opened/, /dialout/],
    ['Error Resource temporarily unavailable Cannot lock port', /another program/, /fuser/],
    ['Error: Inappropriate ioctl for device, cannot open /dev/mouse', /these settings/, /baud/],
  ]
  for (const [message, detail, remedy] of refusals) {
    refuse = message
    const { heard, source } = await startSource(t, '/dev/mouse', {}, { ...soon, binding })
    t.match(heard.troubles, [{ kind: 'lost', detail, remedy }])
    await source.stop()
  }
  refuse = undefined
  const { heard } = await startSource(t, '/dev/mouse', {}, { ...soon, binding })
  const port = open.at(-1)!
  port.emitData('one\n')
  await heard.until('a line', h => h.lines.length === 1)
  port.read = async () => {
    throw new Error('EIO: i/o error, read')
  }
  port.emitData('x')
  await heard.until('the loss', h => h.kinds().includes('lost'))
  await heard.until('the return', h => h.kinds().includes('back'))
  open.at(-1)!.emitData('two\n')
  await heard.until('a line', h => h.texts().includes('two'))
})

t.test('a read of nothing is a hang-up, not a reason to read again', async t => {
  const waits: ((error: Error | null) => void)[] = []
  const port: Readable = { fd: 9, poller: { once: (_, called) => waits.push(called) } }
  const answers: (number | string)[] = ['EINTR', 'EAGAIN', 5]
  const fileRead = async () => {
    const answer = answers.shift() ?? 0
    if (typeof answer === 'string') throw Object.assign(new Error(answer), { code: answer })
    return { bytesRead: answer }
  }
  const buffer = Buffer.alloc(16)
  const reading = readPort(port, buffer, 0, 16, fileRead)
  await new Promise(resolve => setTimeout(resolve, 5))
  waits[0]!(null)
  t.equal((await reading).bytesRead, 5)
  await t.rejects(readPort(port, buffer, 0, 16, fileRead), { message: 'the device hung up' })
  answers.push('EIO')
  await t.rejects(readPort(port, buffer, 0, 16, fileRead), { code: 'EIO' })
  answers.push('EAGAIN')
  const waiting = readPort(port, buffer, 0, 16, fileRead)
  await new Promise(resolve => setTimeout(resolve, 5))
  waits[1]!(new Error('bad file descriptor'))
  await t.rejects(waiting, { message: 'bad file descriptor' })
  await t.rejects(readPort({ ...port, fd: null }, buffer, 0, 16, fileRead), { message: 'the port is closed' })
})
