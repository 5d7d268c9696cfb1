/** A line to a server of this machine that counts every byte, may be slow, and breaks when it is told to. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface CountingLine {
  url: string
  /** To the client, since the last `reset`: what TCP carries, headers included. */
  down: number
  /** From the client. */
  up: number
  reset(): void
  /** Breaks every connection once so many bytes have gone down, once. */
  breakAt(bytes: number): void
  close(): Promise<void>
}

/** @param bytesPerSecond 0: as fast as it goes */
export async function countingLine(serverUrl: string, bytesPerSecond = 0): Promise<CountingLine> {
  const target = new URL(serverUrl)
  const sockets = new Set<Socket>()
  let breakAt = Number.POSITIVE_INFINITY
  const server = createServer(client => {
    const upstream = connect(Number(target.port), target.hostname)
    const both = [client, upstream]
    for (const socket of both) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        for (const other of both) other.destroy()
      })
    }
    client.on('data', piece => {
      line.up += piece.length
      upstream.write(piece)
    })
    upstream.on('data', piece => {
      line.down += piece.length
      client.write(piece)
      if (line.down >= breakAt) {
        breakAt = Number.POSITIVE_INFINITY
        for (const socket of sockets) socket.destroy()
        return
      }
      if (bytesPerSecond === 0 && client.writableLength < 65_536) return
      // what the client does not take waits at the server, as on a real line
      upstream.pause()
      const go = () => upstream.resume()
      if (bytesPerSecond > 0) setTimeout(go, (piece.length / bytesPerSecond) * 1000)
      else client.once('drain', go)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const line: CountingLine = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    down: 0,
    up: 0,
    reset() {
      line.down = 0
      line.up = 0
    },
    breakAt(bytes) {
      breakAt = bytes
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
  return line
}
