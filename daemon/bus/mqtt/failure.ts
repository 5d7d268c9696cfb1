import type { FieldmouseError } from '../../base/errors.js'
import { errors } from '../errors.js'

/** What is known about the connection that failed. */
export interface FailureContext {
  url: string
  clientId: string
  username?: string
}

/** Reason codes of a CONNACK: MQTT 3.1.1 §3.2.2.3 (1 to 5) and MQTT 5.0 §3.2.2.2 (from 128). */
const WRONG_PROTOCOL = new Set([1, 132])
const WRONG_CLIENT_ID = new Set([2, 133])
const WRONG_CREDENTIALS = new Set([4, 5, 134, 135, 138])

const NOT_TRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_UNTRUSTED',
  'INVALID_CA',
])
const OUT_OF_TIME = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])

/** Whether the broker does not speak this version of MQTT. */
export function isWrongProtocol(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return typeof code === 'number' && WRONG_PROTOCOL.has(code)
}

/** Whether the other side closed the connection instead of an answer. Node says so in several ways. */
export function isHangUp(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return error instanceof HungUp || code === 'ECONNRESET' || code === 'EPIPE'
}

/** The connection was closed and nothing said why. */
export class HungUp extends Error {
  constructor() {
    super('the connection was closed')
  }
}

/** Says plainly why a connection did not come about, and what to do. */
export function explainFailure(error: Error & { code?: unknown }, context: FailureContext): FieldmouseError {
  const { url, clientId } = context
  const problem = error.message || String(error.code ?? 'no reason given')
  const { code } = error
  if (typeof code === 'number') {
    if (WRONG_CLIENT_ID.has(code)) return errors.broker_refused_client_id({ url, clientId, problem }, error)
    if (WRONG_CREDENTIALS.has(code)) {
      const username = context.username === undefined ? '(none given)' : JSON.stringify(context.username)
      return errors.broker_refused_credentials({ url, username, problem }, error)
    }
    return errors.broker_refused({ url, problem }, error)
  }
  if (isHangUp(error)) {
    if (/^(mqtts|ssl|wss):/.test(url))
      return errors.tls_failed({ url, problem: `it hung up during the handshake: ${problem}` }, error)
    const hint = `it hung up without an answer: ${problem} (is the port for TLS?)`
    return errors.broker_unreachable({ url, problem: hint }, error)
  }
  if (typeof code === 'string') {
    if (NOT_TRUSTED.has(code)) return errors.broker_not_trusted({ url, problem }, error)
    if (OUT_OF_TIME.has(code)) return errors.broker_certificate_expired({ url, problem }, error)
    if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return errors.broker_wrong_name({ url, problem }, error)
    if (/^ERR_SSL_.*ALERT.*(CERT|UNKNOWN_CA|HANDSHAKE_FAILURE|ACCESS_DENIED)/.test(code))
      return errors.broker_refused_certificate({ url, problem }, error)
    if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code === 'EPROTO')
      return errors.tls_failed({ url, problem }, error)
  }
  // several addresses were tried: Node gathers one error each and leaves the message empty
  const first = error instanceof AggregateError ? (error.errors[0] as Error | undefined) : undefined
  return errors.broker_unreachable({ url, problem: first?.message ?? problem }, error)
}
