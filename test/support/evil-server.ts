/** A web server in front of a repository that answers some paths with something else. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Signer } from '../../ota/publisher/keys.js'
import type { AnyMetadata } from '../../ota/publisher/repository.js'
import { metadataOf, type Repository, type Signed, text } from '../../ota/publisher/repository.js'

export type Answer = Buffer | ((request: IncomingMessage, response: ServerResponse) => void)

export interface EvilServer {
  url: string
  /** Paths asked for, in order. */
  asked: string[]
  /** Instead of what is in the repository; a path, or a pattern of paths. */
  put(path: string | RegExp, answer: Answer): void
  /** Honest again. */
  clear(): void
}

export async function evilServer(
  t: { teardown(end: () => unknown): void },
  folder: string,
): Promise<EvilServer> {
  const puts: { path: string | RegExp; answer: Answer }[] = []
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    const path = (request.url ?? '/').slice(1)
    asked.push(path)
    const put = puts.findLast(p => (typeof p.path === 'string' ? p.path === path : p.path.test(path)))
    if (put) return Buffer.isBuffer(put.answer) ? response.end(put.answer) : put.answer(request, response)
    const file = join(folder, path)
    const size = await stat(file).then(
      s => s.size,
      () => undefined,
    )
    if (size === undefined) return response.writeHead(404).end()
    const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
    if (from >= size && size > 0) return response.writeHead(416).end()
    const isPart = request.headers.range !== undefined
    response.writeHead(
      isPart ? 206 : 200,
      isPart ? { 'content-range': `bytes ${from}-${size - 1}/${size}` } : {},
    )
    if (size === 0) return response.end()
    return createReadStream(file, { start: from }).pipe(response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    put: (path, answer) => void puts.push({ path, answer }),
    clear: () => void puts.splice(0),
  }
}

/** Published metadata with a change, signed by whom the attacker likes. */
export async function forged(
  repository: Repository,
  role: string,
  change: (signed: Signed) => void,
  signers: readonly Signer[],
): Promise<Buffer> {
  const metadata: AnyMetadata = await repository.published(role)
  const signed = structuredClone(metadata.signed.toJSON()) as unknown as Signed
  change(signed)
  const forgery = metadataOf(metadata.signed.type, { signed, signatures: [] })
  for (const signer of signers) forgery.sign(data => signer.sign(data))
  return Buffer.from(text(forgery.toJSON()))
}

/** Never ends, as fast as it is read. */
export const endless: Answer = (_, response) => {
  const more = Buffer.alloc(64 * 1024, 32)
  const push = () => {
    while (!response.destroyed && response.write(more));
  }
  response.on('drain', push).on('error', () => {})
  push()
}

/** Some bytes now and then. */
export function dripping(bytes: Buffer, every: number, pieceBytes: number): Answer {
  return (_, response) => {
    let at = 0
    const timer = setInterval(() => {
      if (at >= bytes.length || response.destroyed) {
        clearInterval(timer)
        response.end()
        return
      }
      response.write(bytes.subarray(at, at + pieceBytes))
      at += pieceBytes
    }, every)
    response.on('close', () => clearInterval(timer))
  }
}
