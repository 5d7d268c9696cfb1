/** A web server for trying a repository out: static files with ranges, nothing else. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

export interface ServeOptions {
  /** The repository; only `metadata/` and `targets/` are served. */
  folder: string
  /** Default 0: any free one. */
  port?: number
  host?: string
}

export interface WebServer {
  url: string
  /** Bytes of files handed out so far, without headers. */
  bytes(): number
  close(): Promise<void>
}

/** @returns where it answers, what it handed out, and how to end it */
export async function serve(options: ServeOptions): Promise<WebServer> {
  let handedOut = 0
  const server: Server = createServer((request, response) => {
    answer(options.folder, request, response, count => {
      handedOut += count
    }).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${options.host ?? '127.0.0.1'}:${port}`,
    bytes: () => handedOut,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  folder: string,
  request: IncomingMessage,
  response: ServerResponse,
  onBytes: (count: number) => void,
): Promise<void> {
  const parts = partsOf(request.url ?? '/')
  const path = parts && join(folder, ...parts)
  const info = path ? await stat(path).catch(() => undefined) : undefined
  if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405)
  if (!path || !info?.isFile()) return end(response, 404)
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  const from = range ? Number(range[1]) : 0
  const to = Math.min(range?.[2] ? Number(range[2]) : info.size - 1, info.size - 1)
  if (range && (from >= info.size || to < from))
    return end(response, 416, { 'content-range': `bytes */${info.size}` })
  response.writeHead(range ? 206 : 200, {
    'accept-ranges': 'bytes',
    'content-type': path.endsWith('.json') ? 'application/json' : 'application/octet-stream',
    'content-length': to - from + 1,
    ...(range ? { 'content-range': `bytes ${from}-${to}/${info.size}` } : {}),
  })
  if (request.method === 'HEAD' || info.size === 0) return void response.end()
  createReadStream(path, { start: from, end: to })
    .on('error', () => response.destroy())
    .on('data', piece => onBytes(piece.length))
    .pipe(response)
}

/** Parts of a path below `metadata/` or `targets/`, quoted as they are on disk; undefined for anything else. */
function partsOf(url: string): string[] | undefined {
  const parts = url.split('?')[0]!.split('/').filter(Boolean)
  if (parts[0] !== 'metadata' && parts[0] !== 'targets') return undefined
  return parts.some(p => p === '..' || p === '.' || /[\0\\]/.test(p)) ? undefined : parts
}

function end(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, headers).end()
}
