import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { serve } from '../../../ota/publisher/serve.js'
import { bounded } from '../../../ota/transport/bounds.js'
import { folderTransport } from '../../../ota/transport/folder.js'
import { httpTransport } from '../../../ota/transport/http-range.js'
import { paced } from '../../../ota/transport/paced.js'
import type { Transport } from '../../../ota/transport/transport.js'
import { codeFrom, collect, fill, SIZE, sample, transportContract } from '../../contracts/transport.js'
import { FakeClock } from '../../support/clock.js'

async function folderOf(t: Test): Promise<string> {
  const folder = t.testdir()
  await fill(folder)
  return folder
}
const { signal } = new AbortController()

t.test('a folder', async t => {
  transportContract(t, async t => {
    const folder = await folderOf(t)
    return { folder, transport: folderTransport(folder) }
  })
})

t.test('a web server with ranges', async t => {
  transportContract(t, async t => {
    const folder = await folderOf(t)
    const server = await serve({ folder })
    t.teardown(() => server.close())
    return { folder, transport: httpTransport({ url: server.url }) }
  })
})

t.test('a web server that knows no ranges', async t => {
  transportContract(t, async t => {
    const folder = await folderOf(t)
    const server = await listening(t, (request, response) => {
      const path =
        request.url === '/targets/command/x.gguf'
          ? sample()
          : request.url === '/targets/empty'
            ? ''
            : undefined
      if (request.url === '/metadata/timestamp.json') return response.end('{"signed":{}}')
      if (path === undefined) return response.writeHead(404).end()
      return response.end(path)
    })
    const transport = httpTransport({ url: server })
    const read = (mostSkipped: number) =>
      codeFrom(transport.read('targets/command/x.gguf', { offset: 1_000, mostSkipped, signal }))
    t.equal(await read(999), 'source_without_ranges', 'no more comes for nothing than is allowed')
    t.equal(await read(1_000), undefined)
    return { folder, transport }
  })
})

t.test('a folder behind a token bucket', async t => {
  transportContract(t, async t => {
    const folder = await folderOf(t)
    return { folder, transport: paced(folderTransport(folder), { bytesPerSecond: 20_000_000 }) }
  })
})

type Answer = Parameters<typeof createServer>[1]
async function listening(t: Test, answer: Answer): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('what a web server says', async t => {
  for (const [status, code] of [
    [404, 'source_not_found'],
    [403, 'source_not_found'],
    [401, 'source_refused'],
    [429, 'source_busy'],
    [500, 'source_busy'],
    [503, 'source_busy'],
  ] as const) {
    const url = await listening(t, (_, response) => response.writeHead(status, { 'retry-after': '7' }).end())
    const read = httpTransport({ url }).read('metadata/x.json', { signal })
    await t.rejects(collect(read), {
      code,
      ...(code === 'source_busy' ? { retryable: true, details: { retryAfterMs: 7000 } } : {}),
    })
  }
  const clock = new FakeClock(Date.UTC(2026, 0, 1, 12))
  const url = await listening(t, (_, response) =>
    response.writeHead(503, { 'retry-after': 'Thu, 01 Jan 2026 12:01:00 GMT' }).end(),
  )
  const late = await collect(httpTransport({ url, clock }).read('x', { signal })).catch(error => error)
  t.match(late, { details: { retryAfterMs: 60_000 } })
  t.equal(
    await codeFrom(httpTransport({ url: 'http://127.0.0.1:1' }).read('x', { signal })),
    'source_unreachable',
  )
  t.throws(() => httpTransport({ url: 'ftp://x' }), { code: 'path_not_allowed' })
})

t.test('a connection that breaks is an error, not an end', async t => {
  const url = await listening(t, (_, response) => {
    response.writeHead(200, { 'content-length': SIZE })
    response.write(sample().subarray(0, 1000), () => response.destroy())
  })
  t.equal(await codeFrom(httpTransport({ url }).read('x', { signal })), 'source_unreachable')
})

t.test('secrets of an address stay out of its name', async t => {
  t.equal(
    httpTransport({ url: 'https://user:secret@models.example/repo' }).name,
    'https://models.example/repo/',
  )
})

t.test('the bucket holds a reader to its rate', async t => {
  const folder = await folderOf(t)
  const clock = new FakeClock()
  const transport = paced(folderTransport(folder), {
    bytesPerSecond: 50_000,
    clock,
    wait: async ms => void (await clock.turn(ms)),
  })
  const began = clock.monotonic()
  await collect(transport.read('targets/command/x.gguf', { signal }))
  const seconds = (clock.monotonic() - began) / 1000
  // half a second's worth is there at the start
  t.ok(seconds >= SIZE / 50_000 - 1 && seconds <= SIZE / 50_000 + 0.1, `${seconds} s`)
  t.equal(Math.round(transport.heldUpMs()), Math.round(seconds * 1000))
})

t.test('what is held up by the reader is not slow', async t => {
  const folder = await folderOf(t)
  let isHeld = true
  const transport = paced(folderTransport(folder), { bytesPerSecond: 0, isHeld: () => isHeld })
  const timer = setTimeout(() => {
    isHeld = false
  }, 600)
  t.teardown(() => clearTimeout(timer))
  const bounds = { mostBytes: SIZE, minBytesPerSecond: 1_000_000, windowMs: 150, deadlineMs: 400 }
  const read = bounded(transport, 'targets/command/x.gguf', { signal }, bounds, undefined, () =>
    transport.heldUpMs(),
  )
  t.equal((await collect(read)).length, SIZE)
})

t.test('a source that hangs does not hang its reader', async t => {
  const silent: Transport = {
    name: 'silent',
    async *read() {
      await new Promise(() => {})
    },
  }
  const bounds = { mostBytes: 10, minBytesPerSecond: 0, windowMs: 10_000, deadlineMs: 50 }
  t.equal(await codeFrom(bounded(silent, 'x', { signal }, bounds)), 'past_deadline')
  t.ok(join)
})
