import fc from 'fast-check'
import t from 'tap'
import { decode, encode } from '../../../../daemon/bus/hermes/codec.js'
import type { Hermes } from '../../../../daemon/bus/hermes/messages.js'
import type { Incoming } from '../../../../daemon/bus/mqtt/message.js'
import type { Handler } from '../../../../daemon/bus/mqtt/subscriptions.js'
import { matches } from '../../../../daemon/bus/mqtt/topics.js'
import { encodeWav } from '../../../../daemon/voice/audio/wav.js'
import { HermesDoor } from '../../../../daemon/voice/doors/hermes.js'
import { FakeClock } from '../../../support/clock.js'
import { FakeVoice, LoudEnough } from '../../../support/hermes.js'

const siteId = fc.constantFrom('a', 'b', 'c')
const sessionId = fc.constantFrom('id-1', 'id-2', 'id-3', 'own')
const wav = (loud: boolean) =>
  encodeWav(Int16Array.from({ length: 4_800 }, (_, n) => (loud && n % 20 < 10 ? 8_000 : 0)))
const model = { modelId: '', modelVersion: '', modelType: '', currentSensitivity: 1 }
const reason = fc.constantFrom('' as const, 'ttsSay' as const)
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })

const anyMessage: fc.Arbitrary<Hermes> = fc.oneof(
  fc
    .record({ kind: fc.constant('hotwordDetected' as const), wakewordId: fc.constant('w'), siteId })
    .map(m => ({ ...m, ...model })),
  fc.record({ kind: fc.constant('audioFrame' as const), siteId, wav: fc.boolean().map(wav) }),
  fc.record({ kind: fc.constant('audioFrame' as const), siteId, wav: fc.boolean().map(wav) }),
  fc.record({
    kind: fc.constant('audioSessionFrame' as const),
    siteId,
    sessionId,
    wav: fc.boolean().map(wav),
  }),
  fc.record({ kind: fc.constant('audioFrame' as const), siteId, wav: fc.uint8Array({ maxLength: 60 }) }),
  fc.record({
    kind: fc.constant('startListening' as const),
    siteId,
    sessionId: maybe(sessionId),
    stopOnSilence: fc.boolean(),
    sendAudioCaptured: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('stopListening' as const), siteId, sessionId: maybe(sessionId) }),
  fc.record({ kind: fc.constantFrom('asrToggleOn' as const, 'asrToggleOff' as const), siteId, reason }),
  fc.record({
    kind: fc.constant('startSession' as const),
    siteId,
    init: fc.oneof(
      fc.record({
        type: fc.constant('action' as const),
        canBeEnqueued: fc.boolean(),
        text: maybe(fc.constantFrom('', 'hello')),
        intentFilter: maybe(fc.constant<string[]>(['turn_on'])),
        sendIntentNotRecognized: fc.boolean(),
      }),
      fc.record({ type: fc.constant('notification' as const), text: fc.constantFrom('', 'tea') }),
    ),
  }),
  fc.record({
    kind: fc.constant('continueSession' as const),
    sessionId,
    sendIntentNotRecognized: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('endSession' as const), sessionId, text: maybe(fc.constant('bye')) }),
  fc.record({ kind: fc.constant('say' as const), siteId, text: fc.constant('x'), id: fc.constant('s') }),
  fc.record({ kind: fc.constant('query' as const), siteId, input: fc.constant('x') }),
  fc.record({
    kind: fc.constant('playFinished' as const),
    siteId,
    id: maybe(fc.constantFrom('id-2', 'id-5')),
  }),
)
type Moment = readonly [Hermes, number]
const single: fc.Arbitrary<Moment[]> = fc
  .tuple(anyMessage, fc.constantFrom(0, 0, 0, 20, 300, 5_000))
  .map(moment => [moment])
/** By chance alone hardly anybody would say a whole sentence. */
const sentence: fc.Arbitrary<Moment[]> = fc.tuple(siteId, fc.boolean()).map(([site, wakes]) => {
  const frame = (loud: boolean): Moment => [{ kind: 'audioFrame', siteId: site, wav: wav(loud) }, 300]
  const wake: Moment = [{ kind: 'hotwordDetected', wakewordId: 'w', siteId: site, ...model }, 10]
  return [...(wakes ? [wake] : []), frame(true), frame(false), frame(false)]
})
const anyMoments = fc
  .array(fc.oneof(single, single, sentence), { maxLength: 40, size: 'max' })
  .map(groups => groups.flat())
/** What the services do, each time: answer, fail, or hang. */
const anyFate = fc.constantFrom('answers' as const, 'answers' as const, 'fails' as const, 'hangs' as const)

t.test(
  'whatever comes and whatever hangs: in the end all sites are idle, and each session ended once',
  async t => {
    const ends = new Set<string>()
    await fc.assert(
      fc.asyncProperty(
        anyMoments,
        fc.array(anyFate, { minLength: 8, maxLength: 8, size: 'max' }),
        fc.boolean(),
        fc.boolean(),
        async (moments, fates, asks, misses) => {
          const { door, clock, heard, receive, settle } = await start(fates, asks, misses)
          for (const [message, afterMs] of moments) {
            receive(message)
            await clock.turn(afterMs)
            door.tick()
          }
          for (let n = 0; n < 80; n++) {
            await settle()
            await clock.turn(30_000)
            door.tick()
          }
          await settle()
          const stuck = door.status.filter(({ session }) => session !== undefined)
          if (stuck.length > 0) throw new Error(`stuck: ${JSON.stringify(stuck)}`)
          const open = new Set<string>()
          const said = new Map<string, number>()
          for (const message of heard) {
            if (message.kind === 'sessionStarted') {
              if (open.has(message.sessionId)) throw new Error(`${message.sessionId} started twice`)
              open.add(message.sessionId)
            }
            if (message.kind === 'sessionEnded') {
              if (!open.delete(message.sessionId))
                throw new Error(`${message.sessionId} ended, and was not open`)
              ends.add(message.termination.reason)
            }
            if (message.kind === 'sayFinished') said.set('s', (said.get('s') ?? 0) + 1)
          }
          if (open.size > 0) throw new Error(`${[...open]} never ended`)
          const asked = moments.filter(([{ kind }]) => kind === 'say').length
          if ((said.get('s') ?? 0) !== asked) throw new Error(`${asked} to say, ${said.get('s')} finished`)
          await door.stop()
        },
      ),
      { numRuns: 150 },
    )
    t.same(
      ends,
      new Set(['nominal', 'abortedByUser', 'timeout', 'error', 'intentNotRecognized']),
      'all ways were taken',
    )
  },
)

t.test('what a satellite must not miss waits for the broker, and nothing else does', async t => {
  const { door, kept, receive, settle } = await start(['answers'], false, false)
  receive({ kind: 'hotwordDetected', wakewordId: 'w', siteId: 'a', ...model })
  for (const loud of [true, false, false]) receive({ kind: 'audioFrame', siteId: 'a', wav: wav(loud) })
  await settle()
  await door.stop()
  t.strictSame(kept, [
    'hermes/asr/stopListening',
    'hermes/hotword/toggleOn',
    'hermes/dialogueManager/sessionEnded',
  ])
})

/** A door without a broker: what it says is written down, what it is to hear is handed to it. */
async function start(fates: readonly ('answers' | 'fails' | 'hangs')[], asks: boolean, misses: boolean) {
  const clock = new FakeClock()
  const heard: Hermes[] = []
  const kept: string[] = []
  const handlers: [string, Handler][] = []
  const voice = new FakeVoice()
  let turns = 0
  const fate = <T>(value: T): T | Promise<T> => {
    const today = fates[turns++ % fates.length]
    if (today === 'fails') return Promise.reject(new Error('it broke'))
    return today === 'hangs' ? new Promise<T>(() => {}) : value
  }
  voice.hears = () => fate('turn on the light')
  voice.answers = () => fate({ asks, notUnderstood: misses })
  let ids = 0
  const door = new HermesDoor({
    wire: {
      publish: async ({ topic, payload }, whenAway = 'refuse') => {
        if (whenAway === 'keep') kept.push(topic)
        heard.push(decode(topic, Buffer.from(payload as string))!)
      },
      subscribe: async (filter, handler) => {
        handlers.push([filter, handler])
        return async () => {}
      },
    },
    services: voice,
    endpointing: () => new LoudEnough(),
    tone: () => new Int16Array(160),
    frames: () => ({ fromWav: async () => Promise.reject(new Error('not in our form')), close: () => {} }),
    clock,
    wait: clock.wait,
    newId: () => `id-${++ids}`,
    onEvent: () => {},
    sessions: 2,
  })
  await door.start(new AbortController().signal)
  const receive = (message: Hermes) => {
    const { topic, payload } = encode(message)
    const incoming: Incoming = {
      topic,
      payload: Buffer.from(payload as string),
      qos: 0,
      retained: false,
      redelivered: false,
      properties: {},
    }
    for (const [filter, handler] of handlers) if (matches(filter, topic)) handler(incoming)
  }
  const settle = () => new Promise<void>(resolve => setImmediate(resolve))
  return { door, clock, heard, kept, receive, settle }
}
