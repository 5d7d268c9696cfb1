import { createSocket } from 'node:dgram'
import { connect, type Socket } from 'node:net'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { SyslogFrames } from '../../../../daemon/bus/syslog/frames.js'
import { SyslogListener, type SyslogOptions } from '../../../../daemon/bus/syslog/listener.js'
import { parseSyslog } from '../../../../daemon/bus/syslog/parse.js'
import { HeardLines } from '../../../support/lines.js'
import { syslogOptions } from '../../../support/sources.js'

t.test('messages of RFC 5424, with the examples of its section 6.5', async t => {
  t.same(
    parseSyslog(
      "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed for lonvick",
    ),
    {
      pri: 34,
      facility: 4,
      severity: 2,
      time: '2003-10-11T22:14:15.003Z',
      host: 'mymachine.example.com',
      app: 'su',
      id: 'ID47',
      message: "'su root' failed for lonvick",
    },
  )
  t.match(
    parseSyslog(
      '<165>1 2003-10-11T22:14:15.003Z h evntslog 8710 ID47 [exampleSDID@32473 iut="3" eventSource="a \\"b\\" \\]\\\\"][x@1] An event',
    ),
    {
      pid: '8710',
      structured: { 'exampleSDID@32473': { iut: '3', eventSource: 'a "b" ]\\' }, 'x@1': {} },
      message: 'An event',
    },
  )
  t.match(parseSyslog('<0>1 - - - - - -'), { pri: 0, facility: 0, severity: 0, message: '' })
  t.same(Object.keys(parseSyslog('<0>1 - - - - - -')), ['pri', 'facility', 'severity', 'message'])
  t.match(parseSyslog('<14>1 2003-10-11T22:14:15Z h a 1 - [broken="x text'), {
    app: 'a',
    message: '[broken="x text',
  })
})

t.test('messages of RFC 3164 and what devices make of it', async t => {
  const cases: [string, object][] = [
    [
      "<34>Oct 11 22:14:15 mymachine su: 'su root' failed",
      {
        facility: 4,
        severity: 2,
        time: 'Oct 11 22:14:15',
        host: 'mymachine',
        app: 'su',
        message: "'su root' failed",
      },
    ],
    [
      '<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!',
      { time: 'Feb  5 17:32:18', host: '10.0.0.99', message: 'Use the BFG!' },
    ],
    ['<30>Oct 11 22:14:15 sshd[4711]: gone', { host: undefined, app: 'sshd', pid: '4711', message: 'gone' }],
    [
      '<30>2023-10-11T22:14:15.003+02:00 barn dnsmasq-dhcp[7]: lease',
      { host: 'barn', app: 'dnsmasq-dhcp', pid: '7' },
    ],
    ['<30>Oct 11 2023 22:14:15 fw app: x', { time: 'Oct 11 2023 22:14:15', host: 'fw', app: 'app' }],
    [
      '<189>103: *Mar  1 00:00:51.123: %SYS-5-CONFIG_I: Configured from console',
      {
        severity: 5,
        time: '*Mar  1 00:00:51.123',
        app: '%SYS-5-CONFIG_I',
        message: 'Configured from console',
      },
    ],
    ['<30>Oct 11 22:14:15 fe80::1 app: x', { host: 'fe80::1', app: 'app' }],
    ['<13>kernel: oops', { pri: 13, app: 'kernel', message: 'oops' }],
    ['<999>x', { pri: undefined, message: '<999>x' }],
    ['just words', { pri: undefined, host: undefined, message: 'just words' }],
    ['', { message: '' }],
  ]
  for (const [text, wanted] of cases) t.match(parseSyslog(text), wanted, text)
})

t.test('any text is read without a slip, and what was written comes out again', async t => {
  const word = fc.stringMatching(/^[A-Za-z0-9_.-]{1,20}$/)
  const name = fc.stringMatching(/^[a-zA-Z0-9@.]{1,16}$/)
  const value = fc.string({ unit: 'grapheme', maxLength: 20 })
  const quoted = (text: string) => text.replace(/["\\\]]/g, '\\$&')
  const elements = fc.dictionary(name, fc.dictionary(name, value, { maxKeys: 3 }), { minKeys: 1, maxKeys: 3 })
  fc.assert(
    fc.property(
      fc.nat({ max: 191 }),
      word.filter(w => w !== '-'),
      word.filter(w => w !== '-'),
      elements,
      fc.string({ unit: 'grapheme' }).filter(text => !text.startsWith('\ufeff')),
      (pri, host, app, structured, message) => {
        const data = Object.entries(structured)
          .map(
            ([id, pairs]) =>
              `[${id}${Object.entries(pairs)
                .map(([k, v]) => ` ${k}="${quoted(v)}"`)
                .join('')}]`,
          )
          .join('')
        const read = parseSyslog(`<${pri}>1 2024-02-29T01:02:03Z ${host} ${app} - - ${data} ${message}`)
        t.matchOnly(JSON.parse(JSON.stringify(read.structured)), JSON.parse(JSON.stringify(structured)))
        return read.pri === pri && read.host === host && read.app === app && read.message === message
      },
    ),
    { numRuns: 200 },
  )
  const piece = fc.constantFrom(
    '<13>',
    '1 ',
    '- ',
    '[',
    ']',
    '"',
    '\\',
    '=',
    'a',
    ':',
    ' ',
    'Oct 11 22:14:15',
    '\\a'.repeat(200),
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 30 }), pieces => {
      const text = pieces.join('')
      return text.replaceAll('\ufeff', '').endsWith(parseSyslog(text).message.replaceAll('\ufeff', ''))
    }),
  )
  const before = process.cpuUsage()
  parseSyslog(`<13>1 - - - - - [a b="${'\\a'.repeat(30_000)}`)
  parseSyslog(`<13>1 - - - - - ${'[a b="c"]'.repeat(5_000)}x`)
  // of this process alone: others may keep it waiting
  t.ok(process.cpuUsage(before).user < 200_000, 'no text takes long')
})

t.test('TCP: counted messages and lines, mixed, in any pieces', async t => {
  const part = fc.oneof(
    fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
      .map(text => ({ counted: true, text: `<13>${text}` })),
    fc.stringMatching(/^[a-z<> 0-9]{0,30}$/).map(text => ({ counted: false, text: `<13>${text}` })),
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 10 }), fc.array(fc.nat({ max: 400 })), (parts, cuts) => {
      const stream = Buffer.concat(
        parts.map(({ counted, text }) =>
          Buffer.from(counted ? `${Buffer.byteLength(text)} ${text}` : `${text}\n`),
        ),
      )
      const frames = new SyslogFrames(1_000)
      const got: string[] = []
      let from = 0
      for (const cut of [...cuts.map(c => c % (stream.length + 1)).sort((a, b) => a - b), stream.length]) {
        if (cut < from) continue
        got.push(...frames.push(stream.subarray(from, cut)).map(f => f.bytes.toString()))
        from = cut
      }
      got.push(...frames.end().map(f => f.bytes.toString()))
      return JSON.stringify(got) === JSON.stringify(parts.map(p => p.text))
    }),
  )
  const frames = new SyslogFrames(8)
  const read = (text: string) =>
    frames.push(Buffer.from(text)).map(f => `${f.bytes}${f.truncated ? '…' : ''}`)
  t.same(read('20 <13>56789012345678905 <9>ab'), ['<13>5678…', '<9>ab'], 'too long, counted')
  t.same(read('<13>too long a line\n<9>ok\n'), ['<13>too …', '<9>ok'])
  t.same(read(`${'x'.repeat(100)}`), ['xxxxxxxx…'])
  t.same(read(`${'x'.repeat(100_000)}`), [])
  t.same(read('\n17 pumps\n'), ['17 pumps'])
  t.same(read('99999999999 <13>\n\n\u0000'), ['99999999…'])
  t.same(read('5 <13'), [])
  t.same(frames.end().length, 1)
})

async function listen(t: Test, options: Partial<SyslogOptions> = {}) {
  const heard = new HeardLines()
  const listener = new SyslogListener(syslogOptions({ udpPort: 0, tcpPort: 0, ...options }), heard)
  t.teardown(() => listener.stop())
  await listener.start(new AbortController().signal)
  const udp = createSocket('udp4')
  t.teardown(() => new Promise<void>(resolve => udp.close(() => resolve())))
  const send = (bytes: Buffer | string) =>
    new Promise<void>((resolve, reject) =>
      udp.send(bytes, listener.ports.udp!, '127.0.0.1', error => (error ? reject(error) : resolve())),
    )
  const dial = () =>
    new Promise<Socket>(resolve => {
      const socket = connect(listener.ports.tcp!, '127.0.0.1', () => resolve(socket))
      socket.on('error', () => socket.destroy())
      t.teardown(() => socket.destroy())
    })
  return { heard, listener, send, dial }
}

t.test('messages by UDP and TCP are handed on as they came, by host', async t => {
  const { heard, send, dial, listener } = await listen(t)
  await send('<34>Oct 11 22:14:15 router dhcpd: lease 10.0.0.7\n\u0000')
  await send('no syslog at all')
  const socket = await dial()
  const counted = '<13>1 2024-01-01T00:00:00Z barn app - - - two'
  socket.write(`<13>1 2024-01-01T00:00:00Z barn app - - - one\n${counted.length} ${counted}`)
  socket.end('<13>1 2024-01-01T00:00:00Z barn app - - - three')
  await heard.until('all', h => h.lines.length === 5)
  t.same(heard.texts('syslog:router'), ['<34>Oct 11 22:14:15 router dhcpd: lease 10.0.0.7'])
  t.same(heard.texts('syslog:127.0.0.1'), ['no syslog at all'])
  t.same(
    heard.texts('syslog:barn').map(line => parseSyslog(line).message),
    ['one', 'two', 'three'],
  )
  await listener.stop()
  await listener.stop()
})

t.test('binary, endless and escaping messages do no harm', async t => {
  const { heard, send, dial } = await listen(t, { maxMessageBytes: 256 })
  await send(Buffer.from([0x3c, 0x31, 0x33, 0x3e, 0xff, 0xfe, 0x1b, 0x5b, 0x32, 0x4a, 0x00, 0x0a, 0x41]))
  await heard.until('the binary one', h => h.lines.length === 1)
  t.same(heard.texts(), ['<13>\\xff\\xfe\\x1b[2J\\x00\\x0aA'])
  await send(`<13>Oct 11 22:14:15 barn app: ${'z'.repeat(5_000)}`)
  await heard.until('the long one', h => h.lines.length === 2)
  t.match(heard.lines[1], { source: 'syslog:barn', truncated: true })
  t.equal(heard.lines[1]!.line.length, 256)
  const socket = await dial()
  for (let n = 0; n < 100; n++) socket.write(Buffer.alloc(100_000, 'q'))
  socket.write('\n<13>Oct 11 22:14:15 barn app: fine\n')
  await heard.until('what came after', h => h.texts().some(line => line.endsWith('app: fine')))
  t.equal(heard.lines.length, 4, '10 MB without an end are one line')
})

t.test('a host that floods is one incident; the others are heard', async t => {
  const { heard, dial } = await listen(t, { maxLinesPerSecond: 100 })
  const socket = await dial()
  socket.write('<13>Oct 11 22:14:15 mad app: again\n'.repeat(3_000))
  await heard.until('the flood', h => h.kinds('syslog:mad').includes('flooding'))
  socket.write('<13>Oct 11 22:14:15 calm app: hello\n')
  await heard.until('the other', h => h.texts('syslog:calm').length === 1)
  t.same(heard.kinds(), ['flooding'])
  t.ok(heard.texts('syslog:mad').length < 600)
})

t.test('names of hosts that somebody makes up are not remembered without end', async t => {
  const { heard, dial } = await listen(t, { maxLinesPerSecond: 100 })
  const socket = await dial()
  socket.write('<13>Oct 11 22:14:15 mad app: again\n'.repeat(600))
  for (let n = 0; n < 400; n++) socket.write(`<13>Oct 11 22:14:15 host${n} app: hello\n`)
  await heard.until('the last', h => h.texts('syslog:host399').length === 1)
  t.same(
    heard.kinds('syslog:mad'),
    ['flooding', 'settled flooding'],
    'who is forgotten is no trouble any more',
  )
  t.equal(heard.lines.filter(l => l.source.startsWith('syslog:host')).length, 400)
  for (let n = 0; n < 40; n++) socket.write(Buffer.concat([Buffer.alloc(100, 0xf5), Buffer.from('\n')]))
  await heard.until('the noise', h => h.kinds().includes('damaged'))
  t.same(
    heard.troubles.filter(l => l.kind === 'damaged').map(l => l.source),
    ['syslog:127.0.0.1'],
  )
})

t.test('more connections than allowed are refused, and told once', async t => {
  const { heard, dial } = await listen(t, { maxConnections: 2 })
  const [one, two] = [await dial(), await dial()]
  for (let n = 0; n < 5; n++) (await dial()).on('close', () => undefined)
  await heard.until('the refusal', h => h.kinds().includes('flooding'))
  one!.write('<13>still heard\n')
  await heard.until('the first connection', h => h.lines.length === 1)
  one!.destroy()
  two!.destroy()
  await heard.until('room', h => h.kinds().includes('settled flooding'))
  t.same(heard.kinds(), ['flooding', 'settled flooding'])
})

t.test('a port that is taken or an address that is not here is refused with a remedy', async t => {
  const { listener } = await listen(t)
  for (const options of [{ udpPort: listener.ports.udp! }, { tcpPort: listener.ports.tcp! }]) {
    const other = new SyslogListener(syslogOptions({ ...options }), new HeardLines())
    await t.rejects(other.start(new AbortController().signal), { code: 'syslog_port_taken', remedy: String })
    await other.stop()
  }
  const away = new SyslogListener(syslogOptions({ tcpPort: 0, address: '192.0.2.77' }), new HeardLines())
  await t.rejects(away.start(new AbortController().signal), { code: 'syslog_address_unusable' })
})
