import { systemClock } from '../../base/clock.js'
import type { ArrivedLine } from '../lines/line.js'
import { decode, visible, wholeCharacters } from '../lines/text.js'
import { matches } from './topics.js'

/** One entry of `sources.mqtt`. */
export interface TopicEntry {
  /** An MQTT topic filter. */
  topic: string
  encoding: 'text' | 'json'
  /** `{topic}` is the topic, `{1}` its first level. */
  source: string
  /** Dotted path inside the JSON. */
  line?: string
}

const MAX_LINE_BYTES = 65_536
const MOST_LINES = 1_000
const LONGEST_SOURCE = 256

/**
 * The lines of one message; none when the topic does not match. A text payload is divided at line ends, a JSON payload is
 * one line. JSON that cannot be read, or has nothing at `line`, is handed on whole: nothing is lost.
 * @param at arrival, milliseconds since the epoch
 */
export function linesOf(
  entry: TopicEntry,
  topic: string,
  payload: Buffer,
  at: number = systemClock.now(),
): ArrivedLine[] {
  if (!matches(entry.topic, topic)) return []
  const source = sourceOf(entry.source, topic)
  return (entry.encoding === 'json' ? [jsonLine(payload, entry.line)] : textLines(payload))
    .map(bytes => arrived(source, bytes, at))
    .filter(({ line }) => line !== '')
}

/** The name that a template gives to a topic; at most 256 characters, none of them a control character. */
export function sourceOf(template: string, topic: string): string {
  const levels = topic.split('/')
  const name = template.replace(/\{(topic|\d{1,3})\}/g, (_, what: string) =>
    what === 'topic' ? topic : (levels[Number(what) - 1] ?? ''),
  )
  return visible(name).slice(0, LONGEST_SOURCE)
}

function arrived(source: string, bytes: Buffer, at: number): ArrivedLine {
  const size = wholeCharacters(bytes, MAX_LINE_BYTES, 'utf8')
  const line = { source, line: decode(bytes.subarray(0, size), 'utf8').text, at }
  return size < bytes.length ? { ...line, truncated: true } : line
}

function textLines(payload: Buffer): Buffer[] {
  const lines: Buffer[] = []
  for (let start = 0; start < payload.length && lines.length < MOST_LINES; ) {
    const found = payload.indexOf(0x0a, start)
    const end = found < 0 ? payload.length : found
    lines.push(payload.subarray(start, end))
    start = end + 1
  }
  return lines
}

function jsonLine(payload: Buffer, path: string | undefined): Buffer {
  let value: unknown
  try {
    value = JSON.parse(payload.toString('utf8'))
  } catch {
    return payload
  }
  const wanted = path === undefined ? undefined : valueAt(value, path.split('.'))
  if (typeof wanted === 'string') return Buffer.from(wanted)
  if (wanted !== undefined) return Buffer.from(JSON.stringify(wanted))
  // as it came where it is one line already: numbers keep all their digits
  return payload.includes(0x0a) ? Buffer.from(JSON.stringify(value)) : payload
}

function valueAt(value: unknown, steps: readonly string[]): unknown {
  let here = value
  for (const step of steps) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined
    here = (here as Record<string, unknown>)[step]
  }
  return here
}
