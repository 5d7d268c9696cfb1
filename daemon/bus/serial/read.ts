import { read } from 'node:fs'
import { promisify } from 'node:util'

/** What reading needs of an open port of the binding. */
export interface Readable {
  fd: number | null
  poller: { once(event: 'readable', called: (error: Error | null) => void): unknown }
}

type FileRead = (
  fd: number,
  buffer: Buffer,
  offset: number,
  length: number,
  position: null,
) => Promise<{ bytesRead: number }>

/**
 * Reads what there is, waiting for the first byte. Takes the place of the binding's own read, which reads again at once
 * when the kernel says 0 bytes: a port whose device was unplugged then takes a whole core and all memory.
 * @source https://github.com/serialport/bindings-cpp/issues/162
 * @throws when the port is gone; with `canceled` when it was closed by us
 */
export async function readPort(
  port: Readable,
  buffer: Buffer,
  offset: number,
  length: number,
  fileRead: FileRead = promisify(read),
): Promise<{ buffer: Buffer; bytesRead: number }> {
  for (;;) {
    if (port.fd === null) throw Object.assign(new Error('the port is closed'), { canceled: true })
    try {
      const { bytesRead } = await fileRead(port.fd, buffer, offset, length, null)
      if (bytesRead > 0) return { buffer, bytesRead }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EINTR') continue
      if (code !== 'EAGAIN' && code !== 'EWOULDBLOCK') throw error
      if (port.fd === null) continue
      await new Promise<void>((resolve, reject) =>
        port.poller.once('readable', problem => (problem ? reject(problem) : resolve())),
      )
      continue
    }
    // with VMIN 1 an open port never has 0 bytes to give: the other side hung up
    throw new Error('the device hung up')
  }
}
