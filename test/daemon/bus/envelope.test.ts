import fc from 'fast-check'
import t from 'tap'
import {
  DEFAULT_LIMITS,
  type DecodeContext,
  decodeCancel,
  decodeRequest,
  encodeReply,
} from '../../../daemon/bus/mqtt/envelope.js'
import type { Incoming, MessageProperties } from '../../../daemon/bus/mqtt/message.js'
import { matches, topicsOf } from '../../../daemon/bus/mqtt/topics.js'
import { isWireCode } from '../../../daemon/requests/codes.js'
import { refusalReply } from '../../../daemon/requests/reply.js'

const topics = topicsOf('fieldmouse', 'barn')
const context: DecodeContext = { topics, limits: DEFAULT_LIMITS, receivedAt: 1_000_000, newId: 'new-id' }

function message(kind: string, payload: string | Uint8Array, properties: MessageProperties = {}): Incoming {
  return {
    topic: topics.request(kind),
    payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
    qos: 1,
    retained: false,
    redelivered: false,
    packetId: 1,
    properties,
  }
}
const decode = (kind: string, payload: string | Uint8Array, properties?: MessageProperties) =>
  decodeRequest(message(kind, payload, properties), kind, context)

/** Code and sentence of a refusal; fails when there was none. */
function refused(decoded: ReturnType<typeof decode>): { code: string; message: string; id: string } {
  if (!('refusal' in decoded)) throw new Error(`taken: ${JSON.stringify(decoded)}`)
  return { ...decoded.refusal.error!, id: decoded.refusal.id }
}

t.test('topics are built and read in one place', async t => {
  t.equal(topics.status, 'fieldmouse/barn/status')
  t.equal(topics.response('a'), 'fieldmouse/barn/response/a')
  t.equal(topics.groupRequests('pumps'), 'fieldmouse/group/pumps/request/+')
  t.equal(topics.groupRequests('pumps', 'w'), '$share/w/fieldmouse/group/pumps/request/+')
  t.strictSame(topics.parseRequest(topics.request('ask')), { kind: 'ask' })
  t.strictSame(topics.parseRequest(topics.groupRequest('pumps', 'ask')), { kind: 'ask', group: 'pumps' })
  for (const other of [
    'fieldmouse/house/request/ask',
    'x/barn/request/ask',
    topics.status,
    'fieldmouse/barn/request',
  ])
    t.equal(topics.parseRequest(other), undefined, other)
  for (const id of ['', 'a/b', 'a+', '#', 'a\u0000', 'group', '$SYS', 'x'.repeat(65), '\ud800'])
    t.throws(() => topicsOf('fieldmouse', id), { code: 'bad_topic_part' }, JSON.stringify(id))
  for (const root of ['', 'a//b', '$share', 'a/+'])
    t.throws(() => topicsOf(root, 'barn'), { code: 'bad_topic_part' }, root)
  t.equal(topicsOf('site/hall 3', 'Käsekeller').status, 'site/hall 3/Käsekeller/status')
})

t.test('filters match as MQTT says', async t => {
  for (const [filter, topic, expected] of [
    ['a/+/c', 'a/b/c', true],
    ['a/+', 'a', false],
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['#', '$SYS/x', false],
    ['+/x', '$SYS/x', false],
    ['$share/g/a/+', 'a/b', true],
    ['a/b', 'a/b/c', false],
    ['+', '', true],
  ] as const)
    t.equal(matches(filter, topic), expected, `${filter} ${topic}`)
  const level = fc.string({ unit: fc.constantFrom('a', 'b', 'ä', ' '), maxLength: 3 })
  fc.assert(
    fc.property(fc.array(level, { minLength: 1, maxLength: 5 }), fc.nat(), (levels, n) => {
      const topic = levels.join('/')
      const wild = levels.map((l, i) => (i === n % levels.length ? '+' : l)).join('/')
      return matches(topic, topic) && matches(wild, topic) && matches('#', topic)
    }),
  )
})

t.test('a command comes as text or as JSON', async t => {
  t.match(decode('command', '  turn on the lamp\n'), {
    request: {
      id: 'new-id',
      kind: 'command',
      body: { text: 'turn on the lamp' },
      origin: 'fieldmouse/barn/request/command',
      priority: 0,
    },
    replyTo: { topic: 'fieldmouse/barn/response/new-id' },
  })
  t.match(decode('command', '{"text":"on","id":"k-7","session":"s","area":"kitchen","dry_run":true}'), {
    request: {
      id: 'k-7',
      dedupeKey: 'id k-7',
      body: { text: 'on', session: 's', area: 'kitchen', dryRun: true },
    },
    replyTo: { topic: 'fieldmouse/barn/response/k-7' },
  })
  t.match(decode('command', '{"text":"on","id":7}'), { request: { id: '7' } })
  t.match(decode('command', '\ufeffon'), { request: { body: { text: 'on' } } })
})

t.test('MQTT 5 properties carry where the answer goes, by when, and who speaks where', async t => {
  const decoded = decode('command', 'on', {
    responseTopic: 'app/answers',
    correlationData: Buffer.from([1, 2, 255]),
    expirySeconds: 5,
    contentType: 'text/plain; charset=UTF-8',
    user: { session: 's1', area: ['kitchen', 'hall'] },
  })
  t.match(decoded, {
    request: {
      id: 'new-id',
      dedupeKey: 'correlation AQL/',
      origin: 'app/answers',
      expiresAt: 1_005_000,
      body: { session: 's1', area: 'kitchen' },
    },
    replyTo: { topic: 'app/answers', correlationData: Buffer.from([1, 2, 255]), expiresAt: 1_005_000 },
  })
  t.match(decode('ask', 'why?', { correlationData: Buffer.from('job-12') }), { request: { id: 'job-12' } })
  t.match(decode('voice', new Uint8Array([82, 73]), { user: { id: 'v1', area: 'hall' } }), {
    request: { id: 'v1', dedupeKey: 'id v1', body: { area: 'hall', bytes: new Uint8Array([82, 73]) } },
  })
})

t.test('lines come as text or as JSON, and may be JSON themselves', async t => {
  const lines = (payload: string, properties?: MessageProperties) => {
    const decoded = decode('triage', payload, properties)
    return 'request' in decoded ? decoded.request.body : decoded.refusal.error
  }
  t.strictSame(lines('one\r\n\ntwo\n'), { lines: ['one', 'two'] })
  t.strictSame(lines('{"lines":["a","b\\nc"],"source":"pump"}'), { lines: ['a', 'b', 'c'], source: 'pump' })
  t.strictSame(lines('{"lines":"a"}'), { lines: ['a'] })
  t.strictSame(lines('{"level":"error","msg":"x"}'), { lines: ['{"level":"error","msg":"x"}'] })
  t.strictSame(lines('{"id":1}\n{"id":2}'), { lines: ['{"id":1}', '{"id":2}'] })
  t.strictSame(lines('{"lines": cut', { contentType: 'text/plain' }), { lines: ['{"lines": cut'] })
  t.strictSame(lines('x', { user: { source: 'pump' } }), { lines: ['x'], source: 'pump' })
  t.match(lines('{"lines":["a"'), { code: 'bad_request' })
  t.match(lines('{"lines":[]}'), { code: 'empty' })
  t.match(lines('{"level":"error"}', { contentType: 'application/json' }), { code: 'bad_request' })
})

t.test('what cannot be read is refused with its place and a remedy', async t => {
  const cases: [string, string | Uint8Array, MessageProperties, string, RegExp][] = [
    ['command', '', {}, 'empty', /request\/command: the payload is empty/],
    ['command', ' \n\t ', {}, 'empty', /blank/],
    ['command', '{"text":""}', {}, 'empty', /text is empty/],
    ['voice', '', {}, 'empty', /payload/],
    ['command', 'x'.repeat(1_000_000), {}, 'too_large', /1000000 bytes, command takes 8192/],
    ['triage', 'x'.repeat(1_000_000), {}, 'too_large', /triage takes 262144/],
    ['command', Buffer.from([0x74, 0xff, 0xfe]), {}, 'bad_encoding', /UTF-8/],
    ['command', Buffer.from('über', 'latin1'), {}, 'bad_encoding', /UTF-8/],
    ['command', 'on', { contentType: 'text/plain; charset=latin1' }, 'bad_encoding', /latin1/],
    ['command', '{"text":"on"', {}, 'bad_request', /starts like JSON and is not/],
    ['command', '{"txt":"on"}', {}, 'bad_request', /txt/],
    ['command', '{"text":"on","area":5}', {}, 'bad_request', /area/],
    ['command', '{"text":["on"]}', {}, 'bad_request', /text/],
    ['command', '[1]', { contentType: 'application/json' }, 'bad_request', /expected object/],
    ['command', '{"text":"on","id":"a/b"}', {}, 'bad_request', /id "a\/b"/],
    ['command', 'on', { user: { id: '#' } }, 'bad_request', /user property id/],
    ['command', 'on', { contentType: 'image/png' }, 'bad_request', /image\/png/],
    ['ask', '{"text":"x","dry_run":true}', {}, 'bad_request', /dry_run/],
    ['sing', 'la', {}, 'unknown_kind', /"sing"/],
  ]
  for (const [kind, payload, properties, code, text] of cases) {
    const error = refused(decode(kind, payload, properties))
    t.equal(error.code, code, `${kind} ${String(payload).slice(0, 30)}`)
    t.match(error.message, text)
  }
  t.equal(
    refused(decode('command', '{"id":"k7","txt":"on"}')).id,
    'k7',
    'the id is echoed where it can be read',
  )
  const retained = decodeRequest({ ...message('command', 'on'), retained: true }, 'command', context)
  t.match(refused(retained), { code: 'bad_request', message: /retained/ })
})

t.test('an answer goes nowhere it could do harm', async t => {
  for (const topic of [
    'a/+',
    '#',
    '',
    '$SYS/x',
    'a\u0000b',
    'fieldmouse/barn/request/command',
    'fieldmouse/house/request/ask',
    'fieldmouse/group/g/request/command',
    'fieldmouse/barn/update/desired',
    'fieldmouse/barn/status',
    'fieldmouse/barn/response',
    'fieldmouse',
  ]) {
    const decoded = decode('command', 'on', { responseTopic: topic })
    t.equal(refused(decoded).code, 'bad_request', topic)
    t.equal(decoded.replyTo.topic, 'fieldmouse/barn/response/new-id')
  }
  for (const topic of ['app/1', 'fieldmouse/other/response/x', 'fieldmouse2/barn/request/x'])
    t.ok('request' in decode('command', 'on', { responseTopic: topic }), topic)
  const strict = { ...context, responsePrefixes: ['apps/'] }
  const ask = (topic: string) =>
    decodeRequest(message('command', 'on', { responseTopic: topic }), 'command', strict)
  t.ok('request' in ask('apps/phone'))
  t.ok('request' in ask('fieldmouse/barn/response/7'))
  t.match(refused(ask('zigbee2mqtt/lock/set')).message, /response_prefixes/)
})

t.test('a cancellation names a request by id or by its correlation data', async t => {
  const cancel = (payload: string, properties?: MessageProperties) =>
    decodeCancel(message('cancel', payload, properties))
  t.strictSame(cancel('k7\n'), { id: 'k7' })
  t.strictSame(cancel('{"id":"k7"}'), { id: 'k7' })
  t.strictSame(cancel('', { correlationData: Buffer.from([1]), responseTopic: 'a' }), {
    dedupeKey: 'correlation AQ==',
    origin: 'a',
  })
  t.match(cancel(''), { code: 'empty' })
  t.match(cancel('{"id":'), { code: 'bad_request' })
  t.match(cancel('{"what":1}'), { code: 'bad_request' })
  t.match(cancel('x'.repeat(2000)), { code: 'too_large' })
  t.match(decodeCancel({ ...message('cancel', ''), payload: Buffer.from([0xff]) }), { code: 'bad_encoding' })
})

t.test('a reply carries what it answers and expires with it', async t => {
  const reply = refusalReply('a', 'busy', { retryAfterMs: 300 })
  const sent = encodeReply(reply, { topic: 'x', correlationData: Buffer.from('c'), expiresAt: 5_500 }, 1_000)
  t.match(sent, {
    topic: 'x',
    qos: 1,
    properties: {
      correlationData: Buffer.from('c'),
      contentType: 'application/json',
      isText: true,
      expirySeconds: 5,
    },
  })
  t.match(JSON.parse(sent.payload as string), {
    id: 'a',
    ok: false,
    error: { code: 'busy', retry_after_ms: 300 },
  })
  t.equal(encodeReply(reply, { topic: 'x' }, 0).properties?.expirySeconds, 60)
})

t.test('no message, however strange, gets past the decoder unread or brings it down', async () => {
  const json = fc.json().map(text => Buffer.from(text))
  const nearly = fc
    .record(
      {
        text: fc.oneof(fc.string(), fc.jsonValue()),
        lines: fc.oneof(fc.array(fc.string()), fc.jsonValue()),
        id: fc.oneof(fc.string(), fc.integer()),
        area: fc.jsonValue(),
        __proto__: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    .map(value => Buffer.from(JSON.stringify(value)))
  const cut = fc.tuple(nearly, fc.nat()).map(([bytes, n]) => bytes.subarray(0, n % (bytes.length + 1)))
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.string({ unit: 'binary' }).map(text => Buffer.from(text)),
    json,
    nearly,
    cut,
    fc.constantFrom(Buffer.from('['.repeat(8000)), Buffer.from(`{"text":${'['.repeat(8000)}`)),
  )
  const text = fc.string({ unit: 'binary', maxLength: 100 })
  const properties = fc.record(
    {
      responseTopic: fc.oneof(text, fc.constantFrom('fieldmouse/barn/request/command', '#', 'ok/topic')),
      correlationData: fc.uint8Array({ maxLength: 100 }),
      contentType: fc.oneof(
        text,
        fc.constantFrom('application/json', 'text/plain', 'text/plain;charset="utf-8"'),
      ),
      expirySeconds: fc.integer({ min: 0, max: 0xffffffff }),
      user: fc.dictionary(
        fc.constantFrom('id', 'session', 'area', '__proto__', 'x'),
        fc.oneof(text, fc.array(text)),
      ),
    },
    { requiredKeys: [] },
  )
  const kind = fc.oneof(fc.constantFrom('command', 'voice', 'triage', 'ask', 'cancel'), text)
  fc.assert(
    fc.property(kind, payload, properties, (kind, payload, properties) => {
      decodeCancel(message('cancel', payload, properties))
      const decoded = decode(kind, payload, properties)
      const { topic } = decoded.replyTo
      if (topics.refuseResponseTopic(topic) !== undefined) throw new Error(`would answer on ${topic}`)
      const reply = 'refusal' in decoded ? decoded.refusal : refusalReply(decoded.request.id, 'internal')
      JSON.parse(encodeReply(reply, decoded.replyTo, 0).payload as string)
      if ('request' in decoded) {
        const { text, lines, bytes } = decoded.request.body
        if (!text && !lines?.length && !bytes?.length) throw new Error('an empty request was taken')
        return true
      }
      const { code, message: sentence, remedy } = decoded.refusal.error!
      return isWireCode(code) && code !== 'internal' && sentence.length > 0 && remedy.length > 0
    }),
    { numRuns: 2_000 },
  )
})
