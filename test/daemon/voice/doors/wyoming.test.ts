import fc from 'fast-check'
import t, { type Test } from 'tap'
import { errors as bus } from '../../../../daemon/bus/wyoming/errors.js'
import { event } from '../../../../daemon/bus/wyoming/event.js'
import type { WyomingServerEvent } from '../../../../daemon/bus/wyoming/server.js'
import type { WyomingStream } from '../../../../daemon/bus/wyoming/stream.js'
import type { Samples } from '../../../../daemon/voice/audio/pcm.js'
import type { Answer, Place, VoiceServices } from '../../../../daemon/voice/conversation.js'
import { WyomingDoor, type WyomingDoorOptions } from '../../../../daemon/voice/doors/wyoming.js'
import { takeSentences } from '../../../../daemon/voice/doors/wyoming-sentences.js'
import { errors } from '../../../../daemon/voice/errors.js'
import { connectTo, untilType } from '../../../support/wyoming.js'

const MONO = { rate: 16_000, width: 2, channels: 1 }
const tone = (length: number) =>
  Int16Array.from({ length }, (_, i) => Math.round(8_000 * Math.sin((2 * Math.PI * 440 * i) / 16_000)))
const bytesOf = (samples: Samples) => new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)

/** Services that remember what they were asked. */
class Room implements VoiceServices {
  heard: { samples: Samples; place: Place }[] = []
  asked: { text: string; place: Place; dryRun: boolean }[] = []
  spoken: string[] = []
  /** What `transcribe` waits for. */
  wait: (signal: AbortSignal) => Promise<void> = async () => {}

  async transcribe(samples: Samples, place: Place, signal: AbortSignal) {
    this.heard.push({ samples, place })
    await this.wait(signal)
    return { text: 'turn on the light', confidence: 0.9, engine: 'test', audioMs: 1, ms: 1 }
  }

  async answer(text: string, place: Place, { dryRun = false }: { dryRun?: boolean }): Promise<Answer> {
    this.asked.push({ text, place, dryRun })
    const answer = { ok: true, text: 'The light is on.', asks: false, notUnderstood: false, plain: true }
    const slots = [{ name: 'name', value: 'light', raw: 'the light' }]
    if (/light/.test(text)) return { ...answer, intent: { name: 'TurnOn', confidence: 1, slots } }
    if (/which/.test(text)) return { ...answer, ok: false, text: 'Which one?', asks: true, plain: false }
    return { ...answer, ok: false, text: 'I did not understand.', notUnderstood: true, plain: false }
  }

  async speak(text: string) {
    this.spoken.push(text)
    if (text === 'fail') throw errors.speech_engine_missing({ engine: 'espeak-ng', missing: 'no program' })
    return tone(2_500)
  }
}

async function open(t: Test, options: Partial<WyomingDoorOptions> = {}) {
  const room = new Room()
  const told: WyomingServerEvent[] = []
  const door = new WyomingDoor(room, {
    port: 0,
    offer: () => ({
      version: '1.2.3',
      languages: ['en'],
      recogniser: { name: 'pocketsphinx', version: '5', languages: ['en'] },
      speaker: { name: 'espeak-ng', languages: ['en', 'en-GB'] },
    }),
    onEvent: event => told.push(event),
    ...options,
  })
  await door.start(new AbortController().signal)
  t.teardown(() => door.stop())
  return { room, told, door, connect: () => connectTo(t, door.port!) }
}

async function sayTone(stream: WyomingStream, samples: Samples, format: object = MONO, chunkBytes = 2_048) {
  const bytes = bytesOf(samples)
  await stream.send(event('audio-start', { ...format, timestamp: null }))
  for (let at = 0; at < bytes.length; at += chunkBytes)
    await stream.send(
      event('audio-chunk', { ...format, timestamp: null }, bytes.subarray(at, at + chunkBytes)),
    )
  await stream.send(event('audio-stop', { timestamp: null }))
}

t.test('describe lists what is installed, with all that the reference client needs', async t => {
  const { connect } = await open(t)
  const stream = await connect()
  await stream.send(event('describe'))
  const [info] = await untilType(stream, 'info')
  const common = { installed: true, attribution: { name: String, url: String }, version: '1.2.3' }
  t.match(info?.data, {
    asr: [{ ...common, models: [{ name: 'pocketsphinx', languages: ['en'], version: '5' }] }],
    tts: [{ ...common, voices: [{ name: 'espeak-ng', languages: ['en', 'en-GB'], version: null }] }],
    intent: [{ ...common, models: [{ languages: ['en'] }] }],
    handle: [{ ...common, supports_home_control: true }],
    wake: [],
  })
  const bare = await open(t, { offer: () => ({ version: '1', languages: ['en'] }) })
  const other = await bare.connect()
  await other.send(event('describe'))
  t.match((await untilType(other, 'info'))[0]?.data, { asr: [], tts: [], handle: [{ name: 'fieldmouse' }] })
})

t.test('speech comes back as text, whatever its chunks, and the next utterance starts anew', async t => {
  const { room, connect } = await open(t)
  const stream = await connect()
  const said = tone(16_001)
  await stream.send(event('transcribe', { language: 'en', name: null, transcript_names: ['x'] }))
  await sayTone(stream, said, MONO, 1_001)
  t.match(await untilType(stream, 'transcript'), [{ data: { text: 'turn on the light', language: 'en' } }])
  t.strictSame(room.heard[0]?.samples, said, 'not a sample is lost where a chunk cuts it')
  await sayTone(stream, tone(100))
  await untilType(stream, 'transcript')
  t.equal(room.heard[1]?.samples.length, 100)
})

t.test('any rate, width and number of channels is heard; chunks alone are enough', async t => {
  const { room, connect } = await open(t)
  for (const format of [
    { rate: 8_000, width: 1, channels: 1 },
    { rate: 44_100, width: 3, channels: 2 },
    { rate: 48_000, width: 4, channels: 1 },
  ]) {
    const stream = await connect()
    const second = new Uint8Array(format.rate * format.width * format.channels).fill(128)
    await stream.send(event('audio-chunk', format, second))
    await stream.send(event('audio-stop'))
    await untilType(stream, 'transcript')
    const { samples } = room.heard.at(-1)!
    t.ok(Math.abs(samples.length - 16_000) < 100, `${format.rate} Hz: ${samples.length} samples of a second`)
  }
})

t.test('what cannot be heard ends with an error that says why', async t => {
  const { room, connect } = await open(t, { longestUtteranceSeconds: 1 })
  const cases: [string, string, (stream: WyomingStream) => Promise<void>][] = [
    ['too long', 'audio_too_long', stream => sayTone(stream, tone(17_000))],
    ['nothing', 'audio_empty', stream => sayTone(stream, tone(0))],
    ['a rate of nothing', 'invalid_value', stream => sayTone(stream, tone(500), { ...MONO, rate: 0 })],
    ['a rate of radio', 'audio_unreadable', stream => sayTone(stream, tone(500), { ...MONO, rate: 900_000 })],
    ['no format', 'invalid_value', stream => stream.send(event('audio-chunk', {}, bytesOf(tone(9))))],
    ['no text', 'invalid_value', stream => stream.send(event('transcript', { text: 7 }))],
    ['a novel', 'invalid_value', stream => stream.send(event('synthesize', { text: 'x'.repeat(9_000) }))],
    ['a broken voice', 'speech_engine_missing', stream => stream.send(event('synthesize', { text: 'fail' }))],
  ]
  for (const [what, code, talk] of cases) {
    const stream = await connect()
    await talk(stream).catch(() => {}) // hung up on while it still talks
    const heard = await untilType(stream, 'error')
    t.match(heard.at(-1)?.data, { code, text: String }, what)
    t.equal(await stream.next({ withinMs: 20_000 }), undefined, 'then the connection ends')
  }
  t.strictSame(room.heard, [])
})

t.test('a client that vanishes in the middle of a sentence leaves nothing behind', async t => {
  const { room, door, told, connect } = await open(t)
  const cut = await connect()
  await cut.send(event('audio-start', MONO))
  await cut.send(event('audio-chunk', MONO, bytesOf(tone(4_000))))
  cut.destroy()

  let stopped: unknown
  const waits = new Promise<void>(begun => {
    room.wait = signal =>
      new Promise((_, reject) => {
        begun()
        signal.addEventListener('abort', () => {
          stopped = signal.reason
          reject(signal.reason)
        })
      })
  })
  const gone = await connect()
  await sayTone(gone, tone(4_000))
  await waits
  gone.reset()
  while (door.connections > 0) await new Promise(resolve => setTimeout(resolve, 5))
  t.match(stopped, { code: 'wyoming_lost' }, 'the recogniser is told to stop')
  t.equal(room.heard.length, 1)
  t.strictSame(
    told.filter(({ name }) => name === 'WyomingClientFailed'),
    [],
    'and nobody is woken for it',
  )
})

t.test('an answer that takes too long is given up', async t => {
  const { room, connect } = await open(t, { answerMs: 50 })
  room.wait = () => new Promise(() => {})
  const stream = await connect()
  await sayTone(stream, tone(4_000))
  t.match((await untilType(stream, 'error')).at(-1)?.data, { code: 'speech_engine_hung', text: /50 ms/ })
})

t.test('text to speech: a beginning, sound, an end', async t => {
  const { room, connect } = await open(t)
  const stream = await connect()
  await stream.send(event('synthesize', { text: 'Good morning.', voice: { name: 'espeak-ng' } }))
  const heard = await untilType(stream, 'audio-stop')
  t.match(
    heard.map(({ type }) => type),
    ['audio-start', 'audio-chunk', 'audio-chunk', 'audio-chunk', 'audio-stop'],
  )
  t.match(heard[0]?.data, MONO)
  const sound = Buffer.concat(heard.map(({ payload }) => payload))
  t.equal(sound.compare(Buffer.from(bytesOf(tone(2_500)))), 0)
  t.match(
    heard.map(({ data }) => data.timestamp),
    [0, 0, 64, 128, 156],
  )
  await stream.send(event('synthesize', { text: ' ' }))
  t.match(
    (await untilType(stream, 'audio-stop')).map(({ type }) => type),
    ['audio-start', 'audio-stop'],
  )
  t.strictSame(room.spoken, ['Good morning.'])
})

t.test('text that still comes is spoken sentence by sentence, as one sound', async t => {
  const { room, connect } = await open(t)
  const stream = await connect()
  await stream.send(event('synthesize-start', { voice: { language: 'en' } }))
  for (const text of ['It is 21.', '5 deg', 'rees. The wi', 'ndow'])
    await stream.send(event('synthesize-chunk', { text }))
  const early = await untilType(stream, 'audio-chunk')
  t.equal(early.at(-1)?.type, 'audio-chunk', 'the first sentence sounds before the last is written')
  await stream.send(event('synthesize-chunk', { text: ' is open' }))
  await stream.send(event('synthesize', { text: 'It is 21.5 degrees. The window is open' }))
  await stream.send(event('synthesize-stop'))
  const types = [...early, ...(await untilType(stream, 'synthesize-stopped'))].map(({ type }) => type)
  t.equal(types.filter(type => type === 'audio-start').length, 1)
  t.match(types.slice(-2), ['audio-stop', 'synthesize-stopped'])
  t.strictSame(room.spoken, ['It is 21.5 degrees.', 'The window is open'])
})

t.test('streamed text has an end too', async t => {
  const { connect } = await open(t)
  const stream = await connect()
  await stream.send(event('synthesize-start'))
  for (let i = 0; i < 3; i++) await stream.send(event('synthesize-chunk', { text: 'a'.repeat(4_000) }))
  t.match((await untilType(stream, 'error')).at(-1)?.data, { code: 'text_too_long' })
})

t.test('recognising moves nothing; a sentence is acted on, with the conversation it belongs to', async t => {
  const { room, connect } = await open(t)
  const stream = await connect()
  await stream.send(event('recognize', { text: 'turn on the light' }))
  t.match(await untilType(stream, 'intent', 'not-recognized'), [
    { type: 'intent', data: { name: 'TurnOn', entities: [{ name: 'name', value: 'light' }] } },
  ])
  await stream.send(event('recognize', { text: 'sing' }))
  t.match(await untilType(stream, 'intent', 'not-recognized'), [{ type: 'not-recognized' }])

  const context = { conversation_id: 'c1', satellite_id: 'assist_satellite.kitchen', device_id: 'd1' }
  await stream.send(event('transcript', { text: 'turn on the light', language: 'en', context }))
  t.match(await untilType(stream, 'handled', 'not-handled'), [
    { type: 'handled', data: { text: 'The light is on.', context: { conversation_id: 'c1' } } },
  ])
  await stream.send(event('transcript', { text: 'which' }))
  t.match(await untilType(stream, 'handled', 'not-handled'), [
    { type: 'handled', data: { text: 'Which one?' } },
  ])
  await stream.send(event('transcript', { text: 'sing' }))
  t.match(await untilType(stream, 'handled', 'not-handled'), [{ type: 'not-handled' }])
  t.match(room.asked, [
    { dryRun: true, place: { site: '127.0.0.1' } },
    { dryRun: true },
    { dryRun: false, place: { site: 'assist_satellite.kitchen', session: 'c1' } },
    { dryRun: false, place: { site: '127.0.0.1' } },
    { dryRun: false },
  ])
})

t.test('pings are answered, unknown events dropped', async t => {
  const { connect } = await open(t)
  const stream = await connect()
  await stream.send(event('select-program', { name: 'fieldmouse' }))
  await stream.send(event('run-satellite'))
  await stream.send(event('ping', { text: 'hällo' }))
  t.match(await untilType(stream, 'pong'), [{ type: 'pong', data: { text: 'hällo' } }])
})

t.test('more clients than allowed are told busy', async t => {
  const { connect } = await open(t, { maxConnections: 1 })
  const first = await connect()
  await first.send(event('ping'))
  await untilType(first, 'pong')
  t.match((await untilType(await connect(), 'error')).at(-1)?.data, {
    code: bus.busy({ what: '', most: 1, unit: '' }).code,
  })
})

t.test('any order of events gets an answer or an end, and the door stays open', async t => {
  const { door, connect } = await open(t, { idleMs: 300 })
  const anyEvent = fc.oneof(
    fc.constantFrom(
      event('transcribe', { language: 'en' }),
      event('audio-start', MONO),
      event('audio-chunk', MONO, bytesOf(tone(50))),
      event('audio-chunk', { ...MONO, rate: 48_000 }, bytesOf(tone(51)).subarray(1)),
      event('audio-stop'),
      event('synthesize-start'),
      event('synthesize-chunk', { text: 'One. Two.' }),
      event('synthesize-stop'),
      event('synthesize', { text: 'x' }),
      event('recognize', { text: 'light' }),
    ),
    fc
      .record({
        type: fc.constantFrom('audio-start', 'audio-chunk', 'transcript', 'ping'),
        data: fc.dictionary(fc.constantFrom('rate', 'width', 'channels', 'text', 'context'), fc.jsonValue()),
      })
      .map(({ type, data }) => event(type, data, Uint8Array.of(1, 2, 3))),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(anyEvent, { maxLength: 12 }), async events => {
      const stream = await connect()
      const sending = (async () => {
        for (const next of events) await stream.send(next)
        await stream.send(event('ping', { text: 'the end' }))
      })().catch(() => {}) // hung up on
      await untilType(stream, 'error', 'pong')
      await sending
      await stream.close()
    }),
    { numRuns: 40 },
  )
  const stream = await connect()
  await stream.send(event('ping'))
  await untilType(stream, 'pong')
  await stream.close()
  while (door.connections > 0) await new Promise(resolve => setTimeout(resolve, 5))
  t.equal(door.connections, 0)
})

t.test('sentences: nothing is lost, and long text takes no long time', async t => {
  t.strictSame(takeSentences('It is 21.5 °C. "Fine!" she said?\nYes'), {
    sentences: ['It is 21.5 °C.', '"Fine!"', 'she said?'],
    rest: 'Yes',
  })
  const bare = (text: string) => text.replace(/\s/g, '')
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', '.', '!', ' ', '\n', '"', '5'), { maxLength: 60 }), letters => {
      const text = letters.join('')
      const { sentences, rest } = takeSentences(text)
      return (
        bare(sentences.join('') + rest) === bare(text) && sentences.every(sentence => sentence.trim() !== '')
      )
    }),
  )
})
