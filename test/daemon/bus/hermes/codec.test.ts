import fc from 'fast-check'
import t from 'tap'
import { decode, encode, filterOf, parseTopic } from '../../../../daemon/bus/hermes/codec.js'
import { type Hermes, type HermesKind, MESSAGES } from '../../../../daemon/bus/hermes/messages.js'
import { matches } from '../../../../daemon/bus/mqtt/topics.js'

const name = fc.stringMatching(/^[A-Za-z0-9 _.:äß-]{1,40}$/)
const text = fc.string({ unit: 'grapheme', maxLength: 60 })
const part = fc.double({ min: 0, max: 1, noNaN: true }).map(value => (Object.is(value, -0) ? 0 : value))
const sometimes = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const wav = fc.uint8Array({ maxLength: 64 })
const failure = { siteId: name, sessionId: sometimes(name), error: text, context: sometimes(text) }
const toggle = {
  siteId: name,
  reason: fc.constantFrom('' as const, 'dialogueSession' as const, 'playAudio' as const, 'ttsSay' as const),
  origin: sometimes(name),
}
const ofSession = { siteId: name, sessionId: name, customData: sometimes(text) }
const slot = fc.record({
  entity: text,
  slotName: text,
  rawValue: text,
  confidence: part,
  value: fc.record({ kind: text, value: fc.oneof(text, fc.integer(), fc.boolean()) }),
  range: sometimes(fc.record({ start: fc.nat(99), end: fc.nat(99) })),
})
const intent = {
  siteId: name,
  sessionId: sometimes(name),
  input: text,
  slots: fc.array(slot, { maxLength: 3 }),
  id: sometimes(text),
}
const session = { siteId: name, sessionId: sometimes(name) }

/** Any message of a kind, as it can be read. */
const ANY: { [K in HermesKind]: Record<string, fc.Arbitrary<unknown>> } = {
  audioFrame: { siteId: name, wav },
  audioSessionFrame: { siteId: name, sessionId: name, wav },
  playBytes: { siteId: name, requestId: name, wav },
  playFinished: { siteId: name, id: sometimes(text), sessionId: sometimes(name) },
  audioCaptured: { siteId: name, sessionId: name, wav },
  hotwordDetected: {
    ...session,
    wakewordId: name,
    modelId: text,
    modelVersion: text,
    modelType: text,
    currentSensitivity: part,
    sendAudioCaptured: sometimes(fc.boolean()),
  },
  hotwordToggleOn: toggle,
  hotwordToggleOff: toggle,
  asrToggleOn: toggle,
  asrToggleOff: toggle,
  startListening: { ...session, stopOnSilence: fc.boolean(), sendAudioCaptured: fc.boolean() },
  stopListening: session,
  textCaptured: { ...session, text, likelihood: part, seconds: part, wakewordId: sometimes(text) },
  query: {
    ...session,
    input: text,
    id: sometimes(text),
    intentFilter: sometimes(fc.array(text, { maxLength: 3 })),
  },
  intentParsed: { ...intent, intent: fc.record({ intentName: text, confidenceScore: part }) },
  intent: { ...intent, intentName: name, intent: fc.record({ intentName: text, confidenceScore: part }) },
  notRecognized: { ...session, input: text, id: sometimes(text) },
  startSession: {
    siteId: name,
    customData: sometimes(text),
    init: fc.oneof(
      fc.record({ type: fc.constant('notification'), text }),
      fc.record({
        type: fc.constant('action'),
        canBeEnqueued: fc.boolean(),
        sendIntentNotRecognized: fc.boolean(),
      }),
    ),
  },
  continueSession: { sessionId: name, text: sometimes(text), sendIntentNotRecognized: fc.boolean() },
  endSession: { sessionId: name, text: sometimes(text), customData: sometimes(text) },
  sessionQueued: ofSession,
  sessionStarted: ofSession,
  sessionEnded: {
    ...ofSession,
    termination: fc.record({
      reason: fc.constantFrom('nominal', 'abortedByUser', 'intentNotRecognized', 'timeout', 'error'),
    }),
  },
  sessionNotRecognized: { ...ofSession, input: sometimes(text) },
  say: { ...session, text, id: sometimes(text), volume: sometimes(part) },
  sayFinished: { ...session, id: sometimes(text) },
  errorAsr: failure,
  errorNlu: failure,
  errorTts: failure,
  errorHotword: failure,
  errorDialogue: failure,
}

const withoutUndefined = (value: unknown): unknown =>
  value instanceof Uint8Array ? [...value] : JSON.parse(JSON.stringify(value))
const read = (topic: string, payload: string | Uint8Array) =>
  decode(topic, typeof payload === 'string' ? Buffer.from(payload) : payload)
const flat = (message: object) =>
  Object.fromEntries(Object.entries(message).map(([key, value]) => [key, value && withoutUndefined(value)]))

for (const kind of Object.keys(MESSAGES) as HermesKind[])
  t.test(`${kind} comes back as it was sent, on a topic its filter matches`, async t => {
    fc.assert(
      fc.property(fc.record(ANY[kind]), fields => {
        const message = { kind, ...fields } as unknown as Hermes
        const { topic, payload } = encode(message)
        t.strictSame(withoutUndefined(flat(read(topic, payload)!)), withoutUndefined(flat(message)))
        t.ok(matches(filterOf(kind), topic))
      }),
      { numRuns: 40 },
    )
  })

t.test('names that mean something to a broker are refused in both directions', async t => {
  for (const bad of ['', '+', '#', 'a/b', 'a\u0000', 'x\n', '\ud800', 'y'.repeat(193)]) {
    t.throws(() => encode({ kind: 'playBytes', siteId: bad, requestId: '1', wav: new Uint8Array() }), {
      code: 'hermes_bad_name',
    })
    if (bad !== '') t.throws(() => read('hermes/tts/say', JSON.stringify({ siteId: bad, text: 'x' })))
    t.throws(() => filterOf('audioFrame', { siteId: bad }))
  }
  t.throws(() => read('hermes/audioServer/a\u0007b/audioFrame', ''), { code: 'hermes_bad_name' })
  t.throws(() => read('hermes/dialogueManager/endSession', '{"sessionId":"a/#"}'), { code: 'invalid_value' })
})

t.test('what the Python classes write is understood: null for nothing, fields nobody knows', async t => {
  t.match(
    read(
      'hermes/hotword/porcupine/detected',
      '{"modelId":"m.ppn","modelVersion":"","modelType":"personal","currentSensitivity":0.5,"siteId":"sat1","sessionId":null,"sendAudioCaptured":null,"lang":null,"customEntities":null}',
    ),
    { kind: 'hotwordDetected', wakewordId: 'porcupine', siteId: 'sat1', sessionId: undefined },
  )
  t.match(
    read(
      'hermes/dialogueManager/startSession',
      '{"init":{"type":"action","canBeEnqueued":true,"text":null},"siteId":"default","customData":null,"lang":null,"x":[]}',
    ),
    {
      kind: 'startSession',
      siteId: 'default',
      init: { type: 'action', canBeEnqueued: true },
    },
  )
  t.match(read('hermes/asr/toggleOff', '{"siteId":"a","reason":"something new"}'), { reason: '' })
  t.match(read('hermes/audioServer/sat1/playFinished', '{"id":"f","sessionId":""}'), {
    siteId: 'sat1',
    id: 'f',
  })
  t.match(read('hermes/hotword/toggleOn', ''), { siteId: 'default', reason: '' })
  t.match(read('hermes/nlu/query', '{"input":"hi","siteId":null}'), { siteId: 'default' })
})

t.test('any bytes on any topic are read, refused with a code, or none of ours', async t => {
  const topics = Object.values(MESSAGES).map(({ topic }) => topic.replace(/\{\w+\}/g, 'x'))
  const anyPayload = fc.oneof(
    fc.uint8Array(),
    fc.json().map(json => Buffer.from(json)),
  )
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom(...topics), fc.string()), anyPayload, (topic, payload) => {
      try {
        decode(topic, payload)
      } catch (error) {
        const { code } = error as { code?: string }
        if (!['hermes_bad_name', 'hermes_unreadable', 'invalid_value'].includes(String(code))) throw error
      }
    }),
    { numRuns: 1_000 },
  )
  t.throws(() => decode('hermes/tts/say', Buffer.alloc(70_000, ' ')), { code: 'hermes_unreadable' })
  t.equal(parseTopic('hermes/audioServer/a/b/c/audioFrame'), undefined)
  t.equal(parseTopic('hermes/intent/a/b'), undefined)
})
