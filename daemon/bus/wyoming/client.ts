import { connect } from 'node:net'
import { describe } from '../../base/errors.js'
import { errors } from './errors.js'
import { WyomingStream } from './stream.js'

/** Where a service listens. */
export interface WyomingAddress {
  host: string
  port: number
  /** Default 3 s. */
  connectMs?: number
}

const CONNECT_MS = 3_000

/**
 * A connection to a service. The caller closes it.
 * @throws wyoming_unreachable, the reason of `signal`
 */
export function connectWyoming(address: WyomingAddress, signal: AbortSignal): Promise<WyomingStream> {
  const { host, port, connectMs = CONNECT_MS } = address
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const socket = connect({ host, port, allowHalfOpen: true })
    const done = (error?: unknown) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      socket.removeAllListeners()
      if (error === undefined) return resolve(new WyomingStream(socket))
      socket.on('error', () => {}) // it is given up; the first error was told
      socket.destroy()
      reject(error)
    }
    const unreachable = (problem: string, cause?: unknown) =>
      done(errors.wyoming_unreachable({ host, port, problem }, cause))
    const onAbort = () => done(signal.reason)
    const timer = setTimeout(() => unreachable(`no answer within ${connectMs} ms`), connectMs)
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once('connect', () => done())
    socket.once('error', error => unreachable(reasonOf(error), error))
  })
}

/** Several addresses of one name fail as one error without a text of its own. */
function reasonOf(error: Error): string {
  return error instanceof AggregateError ? error.errors.map(describe).join('; ') : describe(error)
}
