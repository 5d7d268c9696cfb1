/**
 * Hermes messages from and to MQTT, pure.
 */
import { describe } from '../../base/errors.js'
import { parse, type z } from '../../base/schema.js'
import { errors } from './errors.js'
import { type Hermes, type HermesKind, MESSAGES } from './messages.js'
import { checkName } from './names.js'

/** A JSON message is a few hundred bytes; the longest say is a page of text. */
const MOST_JSON_BYTES = 64 * 1024

interface Pattern {
  kind: HermesKind
  levels: readonly string[]
}

const PATTERNS: readonly Pattern[] = (Object.keys(MESSAGES) as HermesKind[]).map(kind => ({
  kind,
  levels: MESSAGES[kind].topic.split('/'),
}))
const isName = (level: string) => level.startsWith('{')
const FIXED = new Map(PATTERNS.filter(p => !p.levels.some(isName)).map(p => [p.levels.join('/'), p]))
const NAMED = PATTERNS.filter(p => p.levels.some(isName))

/** Which message a topic carries and the names in it, or undefined when it is none of ours. Nothing is checked yet. */
export function parseTopic(topic: string): { kind: HermesKind; names: Record<string, string> } | undefined {
  const fixed = FIXED.get(topic)
  if (fixed) return { kind: fixed.kind, names: {} }
  const levels = topic.split('/')
  for (const pattern of NAMED) {
    if (pattern.levels.length !== levels.length) continue
    if (!pattern.levels.every((level, at) => isName(level) || level === levels[at])) continue
    const names: Record<string, string> = {}
    for (const [at, level] of pattern.levels.entries())
      if (isName(level)) names[level.slice(1, -1)] = levels[at]!
    return { kind: pattern.kind, names }
  }
  return undefined
}

/**
 * A filter that matches every message of a kind.
 * @param names levels to fix, such as one site
 * @throws hermes_bad_name
 */
export function filterOf(kind: HermesKind, names: Record<string, string> = {}): string {
  return build(MESSAGES[kind].topic, name => (names[name] === undefined ? '+' : checkName(name, names[name])))
}

/**
 * @returns undefined for a topic that is none of ours
 * @throws hermes_bad_name, hermes_unreadable
 */
export function decode(topic: string, payload: Uint8Array): Hermes | undefined {
  const found = parseTopic(topic)
  if (!found) return undefined
  const { kind, names } = found
  for (const [name, value] of Object.entries(names)) checkName(name, value)
  const { body } = MESSAGES[kind]
  if (body === 'wav') return { kind, ...names, wav: payload } as unknown as Hermes
  const fields = parse(body as z.ZodType<object>, readJson(topic, payload), topic)
  return { kind, ...fields, ...names } as unknown as Hermes
}

/** @throws hermes_bad_name, invalid_value */
export function encode(message: Hermes): { topic: string; payload: string | Uint8Array } {
  const { topic, body } = MESSAGES[message.kind]
  const names = message as unknown as Record<string, unknown>
  const built = build(topic, name => checkName(name, String(names[name] ?? '')))
  if (body === 'wav') return { topic: built, payload: (message as { wav: Uint8Array }).wav }
  return { topic: built, payload: JSON.stringify(parse(body as z.ZodType<object>, message, built)) }
}

function build(topic: string, levelOf: (name: string) => string): string {
  return topic.replace(/\{(\w+)\}/g, (_, name: string) => levelOf(name))
}

function readJson(topic: string, payload: Uint8Array): unknown {
  if (payload.length > MOST_JSON_BYTES)
    throw errors.hermes_unreadable({
      topic,
      problem: `${payload.length} bytes, ${MOST_JSON_BYTES} are taken`,
    })
  if (payload.length === 0) return {} // as some clients toggle
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  } catch (error) {
    throw errors.hermes_unreadable({ topic, problem: describe(error) }, error)
  }
}
