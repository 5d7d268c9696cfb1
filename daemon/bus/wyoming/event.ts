/**
 * A Wyoming event and its form on the wire: a line of JSON, then JSON data, then bytes.
 * @source wyoming 1.10.2 event.py: `async_write_event`, `async_read_event`
 */
import { codeOf, describe, FieldmouseError } from '../../base/errors.js'

export interface WyomingEvent {
  /** `audio-chunk`, `transcript` ... */
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
  /** Sound, mostly; empty where there is none. */
  readonly payload: Uint8Array
}

/** What sent events carry as `version`: the protocol as of this release of the reference library. */
export const WYOMING_VERSION = '1.10.2'

const NONE = new Uint8Array(0)

/** An event. */
export const event = (
  type: string,
  data: Readonly<Record<string, unknown>> = {},
  payload: Uint8Array = NONE,
): WyomingEvent => ({ type, data, payload })

/** Data goes behind the header and never in it: the line stays short whatever is said. */
export function encode({ type, data, payload }: WyomingEvent): Buffer {
  const body = Object.keys(data).length > 0 ? Buffer.from(JSON.stringify(data)) : undefined
  const header = {
    type,
    version: WYOMING_VERSION,
    ...(body ? { data_length: body.length } : {}),
    ...(payload.length > 0 ? { payload_length: payload.length } : {}),
  }
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), body ?? NONE, payload])
}

/** An error as the other side is told it. What no catalogue knows is not told in detail: it may name files. */
export function errorEvent(error: unknown): WyomingEvent {
  const text =
    error instanceof FieldmouseError ? `${describe(error)}. ${error.remedy}` : 'something broke inside'
  return event('error', { text, code: codeOf(error) ?? 'internal' })
}
