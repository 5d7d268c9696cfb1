/** What every transport must do. Each implementation is passed to it. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../../daemon/base/errors.js'
import { seeded } from '../../daemon/base/random.js'
import { bounded } from '../../ota/transport/bounds.js'
import type { Transport } from '../../ota/transport/transport.js'

export interface TransportUnderTest {
  transport: Transport
  /** The repository that it reads. */
  folder: string
}

export const SIZE = 300_000

/** Bytes of the file that every repository under test holds as `targets/command/x.gguf`. */
export function sample(): Buffer {
  const random = seeded(5)
  return Buffer.from(Array.from({ length: SIZE }, () => Math.floor(random() * 256)))
}

export async function fill(folder: string): Promise<void> {
  await mkdir(join(folder, 'targets', 'command'), { recursive: true })
  await mkdir(join(folder, 'metadata'), { recursive: true })
  await writeFile(join(folder, 'targets', 'command', 'x.gguf'), sample())
  await writeFile(join(folder, 'targets', 'empty'), '')
  await writeFile(join(folder, 'metadata', 'timestamp.json'), '{"signed":{}}')
}

export async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(Buffer.from(piece))
  return Buffer.concat(all)
}

export async function codeFrom(pieces: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  try {
    await collect(pieces)
    return undefined
  } catch (error) {
    return codeOf(error) ?? (error as Error).message
  }
}

/** @param make a transport over a repository that `fill` has filled */
export function transportContract(t: Tap.Test, make: (t: Tap.Test) => Promise<TransportUnderTest>): void {
  const path = 'targets/command/x.gguf'
  const signal = () => new AbortController().signal

  t.test('a whole file', async t => {
    const { transport } = await make(t)
    t.ok((await collect(transport.read(path, { signal: signal() }))).equals(sample()))
    t.equal(
      (await collect(transport.read('metadata/timestamp.json', { signal: signal() }))).toString(),
      '{"signed":{}}',
    )
    t.equal((await collect(transport.read('targets/empty', { signal: signal() }))).length, 0)
  })
  t.test('parts of it: from anywhere, of any length, up to the end', async t => {
    const { transport } = await make(t)
    for (const [offset, length] of [
      [0, 1],
      [1, 65_536],
      [65_535, 65_537],
      [SIZE - 1, 1],
      [100_000, Number.POSITIVE_INFINITY],
      [SIZE - 5, 500],
    ] as const) {
      const got = await collect(
        transport.read(path, { offset, ...(Number.isFinite(length) ? { length } : {}), signal: signal() }),
      )
      t.ok(got.equals(sample().subarray(offset, offset + length)), `${length} from ${offset}`)
    }
  })
  t.test('nothing beyond the end', async t => {
    const { transport } = await make(t)
    t.equal((await collect(transport.read(path, { offset: SIZE, signal: signal() }))).length, 0)
  })
  t.test('a file that is not there', async t => {
    const { transport } = await make(t)
    t.equal(await codeFrom(transport.read('metadata/2.root.json', { signal: signal() })), 'source_not_found')
  })
  t.test('a path that leads out of the repository', async t => {
    const { transport } = await make(t)
    for (const bad of [
      '../secret',
      'metadata/../../secret',
      '/etc/passwd',
      'metadata//x',
      '',
      'a/%2e%2e/b',
      'a?b',
      'a\\b',
    ])
      t.equal(await codeFrom(transport.read(bad, { signal: signal() })), 'path_not_allowed', bad)
  })
  t.test('it ends when it is told to, before and while reading', async t => {
    const { transport } = await make(t)
    t.equal(
      await codeFrom(transport.read(path, { signal: AbortSignal.abort(new Error('told to')) })),
      'told to',
    )
    const abort = new AbortController()
    const pieces = transport.read(path, { signal: abort.signal })[Symbol.asyncIterator]()
    await pieces.next()
    abort.abort(new Error('told to'))
    await t.rejects(
      (async () => {
        for (;;) if ((await pieces.next()).done) return
      })(),
      { message: 'told to' },
    )
  })
  t.test('whoever stops reading leaves nothing open', async t => {
    const { transport } = await make(t)
    for (let i = 0; i < 20; i++) for await (const _ of transport.read(path, { signal: signal() })) break
    t.ok((await collect(transport.read(path, { signal: signal() }))).equals(sample()))
  })
  t.test('within bounds, more than was promised is refused', async t => {
    const { transport } = await make(t)
    const bounds = { mostBytes: SIZE - 1, minBytesPerSecond: 1, deadlineMs: 20_000 }
    t.equal(await codeFrom(bounded(transport, path, { signal: signal() }, bounds)), 'too_long')
    t.ok(
      (await collect(bounded(transport, path, { signal: signal() }, { ...bounds, mostBytes: SIZE }))).equals(
        sample(),
      ),
    )
  })
}

declare namespace Tap {
  type Test = import('tap').Test
}
