/**
 * MQTT message to request, reply to MQTT message. Pure: nothing here sends, waits or looks at a clock.
 *
 * The two forms. MQTT 5: Response Topic, Correlation Data, Message Expiry and Content Type as properties; user
 * properties `id`, `session` and `area` where the payload has no room for them. Plain (3.1.1, or a 5 client that does
 * without): an `id` inside JSON, and the answer on `<root>/<device>/response/<id>`.
 */
import { codeOf, describe } from '../../base/errors.js'
import { parse, z } from '../../base/schema.js'
import type { WireCode } from '../../requests/codes.js'
import { type Reply, refusalReply } from '../../requests/reply.js'
import {
  PRIORITY_OF,
  REQUEST_KINDS,
  type Request,
  type RequestBody,
  type RequestKind,
} from '../../requests/request.js'
import type { Incoming, MessageProperties, Outgoing } from './message.js'
import { isRequestId, type Topics } from './topics.js'

/** Largest payload taken, in bytes, by kind. */
export type PayloadLimits = Record<RequestKind, number>
export const DEFAULT_LIMITS: PayloadLimits = {
  command: 8 * 1024,
  ask: 32 * 1024,
  triage: 256 * 1024,
  incident: 16 * 1024,
  update: 16 * 1024,
  voice: 10 * 1024 * 1024,
}

/** Where an answer goes. */
export interface ReplyTo {
  topic: string
  correlationData?: Uint8Array
  /** Wall time, ms since the epoch, after which nobody waits. */
  expiresAt?: number
}

/** What decoding needs to know beside the message. */
export interface DecodeContext {
  topics: Topics
  limits: PayloadLimits
  /** Wall time, ms since the epoch. */
  receivedAt: number
  /** Id for a request whose sender gave none. */
  newId: string
  /** When given, answers go only to topics that start with one of these, or below `<root>/<id>/response/`. */
  responsePrefixes?: readonly string[]
}

/** A request and where its answer goes, or the refusal to send there. */
export type Decoded = { replyTo: ReplyTo } & ({ request: Request } | { refusal: Reply })

const name = z.string().max(128)
const id = z.union([z.string(), z.int()]).transform(String)
const CommandJson = z.strictObject({
  text: z.string(),
  id: id.optional(),
  session: name.optional(),
  area: name.optional(),
  dry_run: z.boolean().optional(),
  confirmed: z.boolean().optional(),
})
const AskJson = CommandJson.omit({ dry_run: true, confirmed: true })
const TriageJson = z.strictObject({
  lines: z.union([z.array(z.string()), z.string()]),
  source: name.optional(),
  id: id.optional(),
})
const VoiceJson = z.strictObject({
  audio: z.base64(),
  ...CommandJson.omit({ text: true }).shape,
})
const CancelJson = z.strictObject({ id })
const UpdateJson = z.looseObject({ id: id.optional() })

const BRACE = 0x7b

class Refused extends Error {
  readonly code: WireCode
  readonly id: string | undefined
  constructor(code: WireCode, message: string, id?: string) {
    super(message)
    this.code = code
    this.id = id
  }
}

/**
 * Reads a message on a request topic. Never throws: whatever is wrong is the refusal, with its place named.
 * @param kind the last level of the topic, as `topics.parseRequest` found it
 */
export function decodeRequest(message: Incoming, kind: string, context: DecodeContext): Decoded {
  const { properties } = message
  let answerId = idFrom(properties) ?? context.newId
  let replyTo: ReplyTo = { topic: context.topics.response(answerId) }
  try {
    const idGiven = userProperty(properties, 'id')
    if (idGiven !== undefined && !isRequestId(idGiven)) throw badId('user property id', idGiven)
    replyTo = readReplyTo(message, context, answerId)
    if (!(REQUEST_KINDS as readonly string[]).includes(kind))
      throw new Refused('unknown_kind', `${message.topic}: there is no request ${JSON.stringify(kind)}`)
    if (message.retained)
      throw new Refused(
        'bad_request',
        `${message.topic}: a request must not be retained; it would be acted on again`,
      )
    const known = kind as RequestKind
    const limit = context.limits[known]
    if (message.payload.length > limit)
      throw new Refused(
        'too_large',
        `${message.topic}: the payload is ${message.payload.length} bytes, ${known} takes ${limit}`,
      )
    const { body, id: idInside } = readBody(message, known)
    if (idInside !== undefined) {
      if (!isRequestId(idInside)) throw badId(`${message.topic}: id`, idInside)
      answerId = idInside
      if (properties.responseTopic === undefined)
        replyTo = { ...replyTo, topic: context.topics.response(answerId) }
    }
    const dedupeKey = dedupeKeyOf(properties, idInside ?? idGiven)
    return {
      replyTo,
      request: {
        id: answerId,
        kind: known,
        body: addProperties(body, properties),
        origin: properties.responseTopic ?? message.topic,
        ...(dedupeKey === undefined ? {} : { dedupeKey }),
        ...(replyTo.expiresAt === undefined ? {} : { expiresAt: replyTo.expiresAt }),
        receivedAt: context.receivedAt,
        priority: PRIORITY_OF[known],
      },
    }
  } catch (error) {
    const refused = error instanceof Refused ? error : undefined
    if (refused?.id !== undefined && isRequestId(refused.id)) {
      answerId = refused.id
      if (properties.responseTopic === undefined)
        replyTo = { ...replyTo, topic: context.topics.response(answerId) }
    }
    return {
      replyTo,
      refusal: refusalReply(answerId, refused?.code ?? 'internal', { message: describe(error) }),
    }
  }
}

/** What a message on `request/cancel` wants given up, or the refusal. */
export function decodeCancel(
  message: Incoming,
): { id?: string; dedupeKey?: string; origin?: string } | { problem: string; code: WireCode } {
  try {
    const text = message.payload.length > 1024 ? '' : textOf(message).trim()
    if (message.payload.length > 1024)
      throw new Refused('too_large', `${message.topic}: the payload is longer than 1024 bytes`)
    if (text.startsWith('{')) return { id: readJson(CancelJson, text, message.topic).id }
    if (text !== '') return { id: text }
    const { correlationData, responseTopic } = message.properties
    if (correlationData === undefined || responseTopic === undefined)
      throw new Refused(
        'empty',
        `${message.topic}: neither an id in the payload nor the request's own correlation data and response topic`,
      )
    return { dedupeKey: dedupeKeyOf(message.properties, undefined)!, origin: responseTopic }
  } catch (error) {
    return { problem: describe(error), code: error instanceof Refused ? error.code : 'internal' }
  }
}

/**
 * A reply as an MQTT message. It expires with the request, or after `keepMs` where that said nothing.
 * @param now wall time, ms since the epoch
 */
export function encodeReply(reply: Reply, replyTo: ReplyTo, now: number, keepMs = 60_000): Outgoing {
  const leftMs = replyTo.expiresAt === undefined ? keepMs : replyTo.expiresAt - now
  return {
    topic: replyTo.topic,
    payload: JSON.stringify(reply),
    qos: 1,
    properties: {
      ...(replyTo.correlationData === undefined ? {} : { correlationData: replyTo.correlationData }),
      contentType: 'application/json',
      isText: true,
      expirySeconds: Math.min(0xffffffff, Math.max(1, Math.ceil(leftMs / 1000))),
    },
  }
}

function readReplyTo(message: Incoming, context: DecodeContext, answerId: string): ReplyTo {
  const { responseTopic, correlationData, expirySeconds } = message.properties
  if (responseTopic !== undefined) {
    const inOurTree = responseTopic.startsWith(`${context.topics.root}/`)
    const allowed =
      !context.responsePrefixes ||
      inOurTree ||
      context.responsePrefixes.some(prefix => responseTopic.startsWith(prefix))
    const problem =
      context.topics.refuseResponseTopic(responseTopic) ??
      (allowed ? undefined : 'the configuration does not list it under response_prefixes')
    if (problem !== undefined)
      throw new Refused(
        'bad_request',
        `response topic ${JSON.stringify(responseTopic.slice(0, 200))}: ${problem}`,
      )
  }
  return {
    topic: responseTopic ?? context.topics.response(answerId),
    ...(correlationData === undefined ? {} : { correlationData }),
    ...(expirySeconds === undefined ? {} : { expiresAt: context.receivedAt + expirySeconds * 1000 }),
  }
}

function readBody(message: Incoming, kind: RequestKind): { body: RequestBody; id?: string | undefined } {
  if (message.payload.length === 0) throw new Refused('empty', `${message.topic}: the payload is empty`)
  if (kind === 'voice') return readVoice(message)
  const text = textOf(message)
  if (text.trim() === '') throw new Refused('empty', `${message.topic}: the payload is blank`)
  const form = formOf(message)
  if (kind === 'triage') return readLines(text, form, message.topic)
  if (kind === 'incident') return { body: { text: text.trim() } }
  if (kind === 'update') return readUpdate(text, message.topic)
  if (form === 'text' || (form === undefined && !text.trimStart().startsWith('{')))
    return { body: { text: text.trim() } }
  const json = readJson(kind === 'command' ? CommandJson : AskJson, text, message.topic)
  if (json.text.trim() === '') throw new Refused('empty', `${message.topic}: text is empty`, json.id)
  return {
    id: json.id,
    body: {
      text: json.text.trim(),
      ...(json.session === undefined ? {} : { session: json.session }),
      ...(json.area === undefined ? {} : { area: json.area }),
      ...('dry_run' in json && json.dry_run !== undefined ? { dryRun: json.dry_run as boolean } : {}),
      ...('confirmed' in json && json.confirmed !== undefined
        ? { confirmed: json.confirmed as boolean }
        : {}),
    },
  }
}

/** A word, or an object of which only the id is ours to read. */
function readUpdate(text: string, topic: string): { body: RequestBody; id?: string | undefined } {
  if (!text.trimStart().startsWith('{')) return { body: { text: text.trim() } }
  const { id, ...rest } = readJson(UpdateJson, text, topic)
  return { id, body: { text: JSON.stringify(rest) } }
}

/**
 * Sound as it is, with the rest in user properties; or, for clients that have none, JSON with the sound in base64.
 * No sound file begins with a brace.
 */
function readVoice(message: Incoming): { body: RequestBody; id?: string | undefined } {
  const { payload, properties, topic } = message
  if (payload[0] !== BRACE)
    return {
      body: {
        bytes: payload,
        ...(userProperty(properties, 'dry_run') === 'true' ? { dryRun: true } : {}),
        ...(userProperty(properties, 'confirmed') === 'true' ? { confirmed: true } : {}),
      },
    }
  const json = readJson(VoiceJson, textOf(message), topic)
  const bytes = new Uint8Array(Buffer.from(json.audio, 'base64'))
  if (bytes.length === 0) throw new Refused('empty', `${topic}: audio is empty`, json.id)
  return {
    id: json.id,
    body: {
      bytes,
      ...(json.session === undefined ? {} : { session: json.session }),
      ...(json.area === undefined ? {} : { area: json.area }),
      ...(json.dry_run === undefined ? {} : { dryRun: json.dry_run }),
      ...(json.confirmed === undefined ? {} : { confirmed: json.confirmed }),
    },
  }
}

/**
 * Lines may be JSON themselves, as many programs log it. So an object is only the request's own form when it has
 * `lines`, or starts like it and is broken, or was announced as JSON.
 */
function readLines(text: string, form: 'text' | 'json' | undefined, topic: string) {
  if (form === 'json' || (form === undefined && isTriageJson(text))) {
    const json = readJson(TriageJson, text, topic)
    const lines = (typeof json.lines === 'string' ? [json.lines] : json.lines).flatMap(splitLines)
    if (lines.length === 0) throw new Refused('empty', `${topic}: lines is empty`, json.id)
    return { id: json.id, body: { lines, ...(json.source === undefined ? {} : { source: json.source }) } }
  }
  return { body: { lines: splitLines(text) } }
}

function isTriageJson(text: string): boolean {
  if (!text.trimStart().startsWith('{')) return false
  try {
    return Object.hasOwn(JSON.parse(text), 'lines')
  } catch {
    return /^\s*\{\s*"lines"/.test(text)
  }
}

const splitLines = (text: string) => text.split(/\r\n|\n|\r/).filter(line => line.trim() !== '')

function readJson<S extends z.ZodType>(schema: S, text: string, topic: string): z.output<S> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Refused('bad_request', `${topic}: the payload starts like JSON and is not: ${describe(error)}`)
  }
  try {
    return parse(schema, value, topic)
  } catch (error) {
    const said = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined
    const known = typeof said === 'string' || typeof said === 'number' ? String(said) : undefined
    if (codeOf(error) === 'invalid_value') throw new Refused('bad_request', (error as Error).message, known)
    throw error
  }
}

function textOf(message: Incoming): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(message.payload)
  } catch {
    throw new Refused('bad_encoding', `${message.topic}: the payload is not valid UTF-8`)
  }
}

/** What the content type announces. Without one the first character decides. */
function formOf(message: Incoming): 'text' | 'json' | undefined {
  const { contentType } = message.properties
  if (contentType === undefined || contentType === '') return undefined
  const [type, ...parameters] = contentType
    .toLowerCase()
    .split(';')
    .map(part => part.trim())
  const charset = parameters
    .find(p => p.startsWith('charset='))
    ?.slice('charset='.length)
    .replaceAll('"', '')
  if (charset !== undefined && !['utf-8', 'utf8', 'us-ascii'].includes(charset))
    throw new Refused('bad_encoding', `${message.topic}: charset ${charset} is not taken, only utf-8`)
  if (type === 'application/json') return 'json'
  if (type === 'text/plain') return 'text'
  throw new Refused(
    'bad_request',
    `${message.topic}: content type ${JSON.stringify(contentType.slice(0, 100))} is not taken here, only text/plain and application/json`,
  )
}

function addProperties(body: RequestBody, properties: MessageProperties): RequestBody {
  const session = body.session ?? userProperty(properties, 'session')
  const area = body.area ?? userProperty(properties, 'area')
  const source = body.source ?? userProperty(properties, 'source')
  return {
    ...body,
    ...(session === undefined ? {} : { session }),
    ...(area === undefined ? {} : { area }),
    ...(source === undefined ? {} : { source }),
  }
}

/** The first value of a user property; MQTT allows the same name many times. */
function userProperty(
  properties: MessageProperties,
  key: 'id' | 'session' | 'area' | 'source' | 'dry_run' | 'confirmed',
): string | undefined {
  const user = properties.user
  if (!user || !Object.hasOwn(user, key)) return undefined
  const value = user[key]
  return (Array.isArray(value) ? value[0] : value)?.slice(0, 128)
}

/** The sender's own name for the request: user property, else correlation data that reads as an id. */
function idFrom(properties: MessageProperties): string | undefined {
  const given = userProperty(properties, 'id')
  if (given !== undefined && isRequestId(given)) return given
  const { correlationData } = properties
  if (correlationData === undefined || correlationData.length > 64) return undefined
  const text = Buffer.from(correlationData).toString('latin1')
  return isRequestId(text) ? text : undefined
}

function dedupeKeyOf(properties: MessageProperties, id: string | undefined): string | undefined {
  const { correlationData } = properties
  if (correlationData !== undefined && correlationData.length > 0)
    return `correlation ${Buffer.from(correlationData).toString('base64')}`
  return id === undefined ? undefined : `id ${id}`
}

const badId = (where: string, given: string) =>
  new Refused(
    'bad_request',
    `${where} ${JSON.stringify(given.slice(0, 80))}: use at most 64 letters, digits and . _ : ~ -`,
  )
