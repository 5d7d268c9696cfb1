import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import { connectWyoming } from '../../../../daemon/bus/wyoming/client.js'
import { LIMITS, WyomingDecoder } from '../../../../daemon/bus/wyoming/decoder.js'
import { encode, event, type WyomingEvent } from '../../../../daemon/bus/wyoming/event.js'
import { WyomingServer, type WyomingServerEvent } from '../../../../daemon/bus/wyoming/server.js'
import type { WyomingStream } from '../../../../daemon/bus/wyoming/stream.js'
import { connectTo, serve, untilType } from '../../../support/wyoming.js'

/** Events and their bytes as wyoming 1.10.2 (PyPI) writes them. */
const reference = JSON.parse(readFileSync('test/fixtures/wyoming/reference-1.10.2.json', 'utf8')) as {
  type: string
  data: Record<string, unknown>
  payload: string
  wire: string
}[]

const plain = ({ type, data, payload }: WyomingEvent) => ({
  type,
  data: { ...data },
  payload: Buffer.from(payload).toString('hex'),
})
/** Cuts bytes at random places. */
const chunked = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const places = [...new Set(cuts.map(cut => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  return [...places, bytes.length].map((end, i) => bytes.subarray(places[i - 1] ?? 0, end))
}
const anyEvent = fc
  .record({
    type: fc.string({ minLength: 1, maxLength: 40 }),
    // a key that would reach into objects is left out on purpose
    data: fc.dictionary(
      fc.string().filter(key => key !== '__proto__'),
      fc.jsonValue(),
    ),
    payload: fc.uint8Array({ maxLength: 300 }),
  })
  .map(({ type, data, payload }) => event(type, JSON.parse(JSON.stringify(data)), payload))

t.test('what the reference library writes is read as it was meant, however it arrives', async t => {
  const wire = Buffer.concat(reference.map(({ wire }) => Buffer.from(wire, 'hex')))
  const meant = reference.map(({ type, data, payload }) => ({ type, data, payload }))
  t.equal(meant.length, 17)
  fc.assert(
    fc.property(fc.array(fc.nat(10_000), { maxLength: 60 }), cuts => {
      const decoder = new WyomingDecoder()
      const heard = chunked(wire, cuts).flatMap(chunk => decoder.push(chunk).events.map(plain))
      t.strictSame(heard, meant)
    }),
    { numRuns: 60 },
  )
  const decoder = new WyomingDecoder()
  const heard = [...wire].flatMap(byte => decoder.push(Uint8Array.of(byte)).events.map(plain))
  t.strictSame(heard, meant, 'byte by byte too')
  t.equal(decoder.heldBytes, 0)
})

t.test('any event survives the way there', async () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 5 }), fc.array(fc.nat(10_000)), (events, cuts) => {
      const decoder = new WyomingDecoder()
      const heard: WyomingEvent[] = []
      for (const chunk of chunked(Buffer.concat(events.map(encode)), cuts)) {
        const { events, problem } = decoder.push(chunk)
        if (problem !== undefined) throw new Error(problem)
        heard.push(...events)
      }
      const same = JSON.stringify(heard.map(plain)) === JSON.stringify(events.map(plain))
      return same && decoder.heldBytes === 0
    }),
  )
})

t.test('garbage neither throws nor grows', async () => {
  const nearly = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc
      .record({
        type: fc.oneof(fc.string(), fc.integer(), fc.constant(null)),
        data: fc.oneof(fc.jsonValue(), fc.constant({})),
        data_length: fc.oneof(fc.integer({ min: -5, max: 40 }), fc.double(), fc.constant(1e12)),
        payload_length: fc.oneof(fc.integer({ min: -5, max: 40 }), fc.constant(2 ** 53), fc.string()),
      })
      .map(header => Buffer.from(`${JSON.stringify(header)}\n{"a":1}`)),
  )
  fc.assert(
    fc.property(fc.array(nearly, { maxLength: 20 }), chunks => {
      const decoder = new WyomingDecoder()
      let broken = false
      for (const chunk of chunks) {
        const { events, problem } = decoder.push(chunk)
        if (broken && (events.length > 0 || problem === undefined)) return false
        broken ||= problem !== undefined
        if (decoder.heldBytes > LIMITS.payloadBytes || (broken && decoder.heldBytes > 0)) return false
      }
      return true
    }),
    { numRuns: 500 },
  )
})

t.test('each part of an event has a greatest length, refused before it is held', async t => {
  const refused = (text: string, problem: RegExp) => {
    const decoder = new WyomingDecoder()
    t.match(decoder.push(Buffer.from(text)).problem, problem)
    t.equal(decoder.heldBytes, 0)
  }
  refused('x'.repeat(LIMITS.headerBytes + 1), /more than 65536 bytes/)
  refused('{"type":"a","data_length":1048577}\n', /data_length/)
  refused('{"type":"a","payload_length":1048577}\n', /payload_length/)
  refused('{"type":"a","payload_length":-1}\n', /payload_length/)
  refused('{"type":""}\n', /type/)
  refused('GET / HTTP/1.1\r\n', /no JSON/)
  refused('{"type":"a","data_length":2}\n[]', /data/)
  const decoder = new WyomingDecoder()
  const most = Buffer.alloc(LIMITS.payloadBytes, 7)
  t.equal(decoder.push(encode(event('audio-chunk', {}, most))).events[0]?.payload.length, most.length)
  t.match(
    decoder.push(
      Buffer.from(
        '{"type":"a","data":null,"data_length":null,"payload_length":0,"new":1}\n{"type":"b","data":{"x":1,"y":1},"data_length":7}\n{"x":2}',
      ),
    ),
    {
      events: [
        { type: 'a', data: {} },
        { type: 'b', data: { x: 2, y: 1 } },
      ],
      problem: undefined,
    },
    'null is nothing; data behind the header wins over data in it',
  )
})

t.test('a server answers a client, and a client that closed its half', async t => {
  const port = await serve(t, async stream => {
    for (let next = await stream.next(); next; next = await stream.next()) await stream.send(next)
  })
  const stream = await connectTo(t, port)
  const payload = Uint8Array.from({ length: 100_000 }, (_, i) => i)
  await stream.send(event('audio-chunk', { rate: 16000 }, payload))
  await stream.send(event('audio-stop'))
  const [first, second] = await untilType(stream, 'audio-stop')
  t.strictSame(plain(first!), plain(event('audio-chunk', { rate: 16000 }, payload)))
  t.equal(second?.type, 'audio-stop')

  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  socket.end('{"type":"ping"}\n')
  const answer = await new Promise<string>(resolve => {
    let text = ''
    socket.on('data', chunk => {
      text += chunk
    })
    socket.on('end', () => resolve(text))
  })
  t.match(JSON.parse(answer), { type: 'ping' })
})

t.test('what is no Wyoming is told so and hung up on', async t => {
  const told: WyomingServerEvent[] = []
  const server = new WyomingServer(
    { address: '127.0.0.1', port: 0, maxConnections: 2 },
    async stream => {
      while (await stream.next());
    },
    event => told.push(event),
  )
  await server.start(new AbortController().signal)
  t.teardown(() => server.stop())
  const socket = connect(server.port!, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n')
  let text = ''
  for await (const chunk of socket) text += chunk
  t.match(text, /"type":"error"/)
  t.match(text, /wyoming_malformed/)
  t.match(told, [
    { name: 'WyomingListening' },
    { name: 'WyomingClientFailed', error: { code: 'wyoming_malformed' } },
  ])
})

t.test('one client too many is told busy; when one leaves there is room again', async t => {
  const server = new WyomingServer({ address: '127.0.0.1', port: 0, maxConnections: 2 }, async stream => {
    for (let next = await stream.next(); next; next = await stream.next()) await stream.send(next)
  })
  await server.start(new AbortController().signal)
  t.teardown(() => server.stop())
  const ask = async (stream: WyomingStream) => {
    await stream.send(event('ping'))
    return (await stream.next({ withinMs: 20_000 }))?.type
  }
  const first = await connectTo(t, server.port!)
  const second = await connectTo(t, server.port!)
  t.equal(await ask(first), 'ping')
  t.equal(await ask(second), 'ping')
  const third = await connectTo(t, server.port!)
  const refusal = await third.next({ withinMs: 20_000 })
  t.match(refusal, { type: 'error', data: { code: 'busy' } })
  t.equal(await third.next({ withinMs: 20_000 }), undefined, 'and the connection is closed')
  await first.close()
  while (server.connections > 1) await new Promise(resolve => setTimeout(resolve, 5))
  t.equal(await ask(await connectTo(t, server.port!)), 'ping')
})

t.test('a client that says nothing, or half an event, is not waited for without end', async t => {
  const port = await serve(t, async stream => {
    while (await stream.next({ withinMs: 100 }));
  })
  const silent = await connectTo(t, port)
  t.match(await silent.next({ withinMs: 20_000 }), { type: 'error', data: { code: 'wyoming_idle' } })
  const socket = connect(port, '127.0.0.1')
  socket.write('{"type":"audio-chunk","payload_length":1000}\n123')
  let text = ''
  for await (const chunk of socket) text += chunk
  t.match(text, /wyoming_idle/)
})

t.test('a client that does not read stops the writer, and is dropped', async t => {
  let failed: unknown
  let done = () => {}
  const over = new Promise<void>(resolve => {
    done = resolve
  })
  const server = new WyomingServer(
    { address: '127.0.0.1', port: 0, maxConnections: 2, stallMs: 200 },
    async stream => {
      const chunk = event('audio-chunk', {}, new Uint8Array(1024 * 1024))
      try {
        for (let sent = 0; sent < 1000; sent++) await stream.send(chunk)
      } catch (error) {
        failed = error
      }
      done()
    },
  )
  await server.start(new AbortController().signal)
  t.teardown(() => server.stop())
  const socket = connect(server.port!, '127.0.0.1')
  socket.on('error', () => {})
  socket.pause()
  await over
  t.match(failed, { code: 'wyoming_lost', message: /read nothing/ })
  socket.destroy()
})

t.test('a server that does not read stops the sender', async t => {
  let go = () => {}
  const gate = new Promise<void>(resolve => {
    go = resolve
  })
  let heard = 0
  const port = await serve(t, async stream => {
    await gate
    while (await stream.next()) heard++
    await stream.send(event('ping'))
  })
  const stream = await connectTo(t, port)
  const chunk = event('audio-chunk', {}, new Uint8Array(512 * 1024))
  let sent = 0
  const sending = (async () => {
    for (; sent < 40; sent++) await stream.send(chunk)
  })()
  await new Promise(resolve => setTimeout(resolve, 300))
  t.ok(sent < 40, `20 MiB do not fit into the sockets and the queue: ${sent} chunks were taken`)
  go()
  await sending
  const [pong] = await Promise.all([stream.next({ withinMs: 20_000 }), stream.close()])
  t.equal(pong, undefined, 'closing gives up what was still to come')
  while (heard < 40) await new Promise(resolve => setTimeout(resolve, 5))
  t.equal(heard, 40, 'but all that was sent arrives')
})

t.test('stopping hangs up on everybody', async t => {
  const server = new WyomingServer({ address: '127.0.0.1', port: 0, maxConnections: 4 }, async stream => {
    while (await stream.next());
  })
  await server.start(new AbortController().signal)
  const stream = await connectTo(t, server.port!)
  await server.stop()
  await server.stop()
  t.equal(server.connections, 0)
  await t.rejects(
    (async () => {
      if ((await stream.next({ withinMs: 20_000 })) === undefined) throw new Error('ended')
    })(),
    /ended|broke/,
  )
  await server.start(new AbortController().signal)
  t.ok(server.port, 'and it may start again')
  await server.stop()
})

t.test('an address that cannot be had, and a service that is not there, are told by name', async t => {
  const nothing = async () => {}
  const first = new WyomingServer({ address: '127.0.0.1', port: 0, maxConnections: 1 }, nothing)
  await first.start(new AbortController().signal)
  const { port } = first
  const second = new WyomingServer({ address: '127.0.0.1', port: port!, maxConnections: 1 }, nothing)
  await t.rejects(second.start(new AbortController().signal), {
    code: 'wyoming_address_unusable',
    message: /EADDRINUSE/,
  })
  await second.stop()
  await first.stop()
  await t.rejects(connectWyoming({ host: '127.0.0.1', port: port! }, new AbortController().signal), {
    code: 'wyoming_unreachable',
    message: /ECONNREFUSED/,
  })
  await t.rejects(
    connectWyoming({ host: '127.0.0.1', port: port! }, AbortSignal.abort(new Error('enough'))),
    {
      message: 'enough',
    },
  )
})
