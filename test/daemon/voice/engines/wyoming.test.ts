import fc from 'fast-check'
import t, { type Test } from 'tap'
import { event, type WyomingEvent } from '../../../../daemon/bus/wyoming/event.js'
import type { WyomingStream } from '../../../../daemon/bus/wyoming/stream.js'
import type { Samples } from '../../../../daemon/voice/audio/pcm.js'
import { WyomingDoor } from '../../../../daemon/voice/doors/wyoming.js'
import type { SpeechLanguage } from '../../../../daemon/voice/engine.js'
import { OneAtATime } from '../../../../daemon/voice/engines/one-at-a-time.js'
import { plainWords, someHints } from '../../../../daemon/voice/engines/plain-words.js'
import { WyomingEngine } from '../../../../daemon/voice/engines/wyoming.js'
import { describeService } from '../../../../daemon/voice/engines/wyoming-call.js'
import { WyomingSpeaker } from '../../../../daemon/voice/engines/wyoming-speaker.js'
import { detectWake } from '../../../../daemon/voice/engines/wyoming-wake.js'
import { serve } from '../../../support/wyoming.js'

const never = new AbortController().signal
const host = '127.0.0.1'
const language: SpeechLanguage = { id: 'x', pronunciations: new Map(), hints: ['kitchen light', 'fan'] }
const tone = (length: number) =>
  Int16Array.from({ length }, (_, i) => Math.round(8_000 * Math.sin((2 * Math.PI * 440 * i) / 16_000)))

/** A recogniser that answers what it is told to, and keeps what it heard. */
function scripted(t: Test, answer: (stream: WyomingStream, call: number) => Promise<void>) {
  const calls: WyomingEvent[][] = []
  const port = serve(t, async stream => {
    const heard: WyomingEvent[] = []
    const call = calls.push(heard)
    for (let next = await stream.next(); next; next = await stream.next()) {
      heard.push(next)
      if (next.type === 'audio-stop') await answer(stream, call)
    }
  })
  return { calls, port }
}

t.test('the engine sends an utterance and its hints, and hears plain words', async t => {
  const { calls, port } = scripted(t, stream =>
    stream.send(event('transcript', { text: ' Turn on the Light, please. ', language: 'en' })),
  )
  const engine = new WyomingEngine({ host, port: await port, model: 'base.en' })
  await engine.start(never)
  const samples = tone(5_000)
  const [heard, second] = await Promise.all([
    engine.hear(samples, language, never),
    engine.hear(tone(10), { ...language, hints: [] }, never),
  ])
  t.match(heard, { hypotheses: [{ text: 'turn on the light please', confidence: 0.5 }], ms: Number })
  t.equal(second.hypotheses.length, 1)
  const [first] = calls
  t.match(first?.[0], {
    type: 'transcribe',
    data: { language: 'en', name: 'base.en', transcript_names: ['kitchen light', 'fan'] },
  })
  t.match(first?.[1], { type: 'audio-start', data: { rate: 16_000, width: 2, channels: 1 } })
  const sound = Buffer.concat((first ?? []).map(({ payload }) => payload))
  t.equal(sound.compare(Buffer.from(samples.buffer)), 0)
  t.equal(calls.length, 2, 'each utterance has a connection of its own')
  await engine.stop()
})

t.test('a service that streams its transcript is heard to the end; silence is nothing', async t => {
  const { port } = scripted(t, async (stream, call) => {
    const text = call === 1 ? 'lights off' : ' [BLANK_AUDIO] '
    await stream.send(event('transcript-start', { language: 'en' }))
    await stream.send(event('transcript-chunk', { text: 'lights' }))
    await stream.send(event('transcript', { text }))
    await stream.send(event('transcript-stop'))
  })
  const engine = new WyomingEngine({ host, port: await port })
  t.match(await engine.hear(tone(10), language, never), { hypotheses: [{ text: 'lights off' }] })
  t.strictSame((await engine.hear(tone(10), language, never)).hypotheses, [])
})

t.test('a connection that breaks is tried once more', async t => {
  const once = scripted(t, async (stream, call) => {
    if (call === 1) return stream.destroy()
    await stream.send(event('transcript', { text: 'again' }))
  })
  const engine = new WyomingEngine({ host, port: await once.port })
  t.match(await engine.hear(tone(10), language, never), { hypotheses: [{ text: 'again' }] })
  const always = scripted(t, async stream => stream.destroy())
  const dying = new WyomingEngine({ host, port: await always.port })
  await t.rejects(dying.hear(tone(10), language, never), { code: 'speech_engine_died' })
  t.equal(always.calls.length, 2)
})

t.test('what goes wrong at the service has a name, and the next utterance is heard', async t => {
  let mode = 'hang'
  const { port } = scripted(t, async stream => {
    if (mode === 'hang') return
    if (mode === 'error') return stream.send(event('error', { text: 'no model', code: 'model' }))
    if (mode === 'nonsense') return stream.send(event('transcript', { text: 5 }))
    await stream.send(event('transcript', { text: 'well' }))
  })
  const hasty = new WyomingEngine({ host, port: await port, answerMs: 100 })
  await t.rejects(hasty.hear(tone(10), language, never), { code: 'speech_engine_hung', message: /100 ms/ })
  const engine = new WyomingEngine({ host, port: await port })
  mode = 'error'
  await t.rejects(engine.hear(tone(10), language, never), {
    code: 'speech_service_failed',
    message: /no model \(model\)/,
  })
  mode = 'nonsense'
  await t.rejects(engine.hear(tone(10), language, never), { code: 'invalid_value' })
  mode = 'well'
  t.match(await engine.hear(tone(10), language, never), { hypotheses: [{ text: 'well' }] })
  const gone = new WyomingEngine({ host, port: 1 })
  await t.rejects(gone.hear(tone(10), language, never), { code: 'wyoming_unreachable' })
})

t.test('a caller that gives up gets its own reason, and does not hold up the next', async t => {
  const { port } = scripted(t, async (stream, call) => {
    if (call > 1) await stream.send(event('transcript', { text: 'next' }))
  })
  const engine = new WyomingEngine({ host, port: await port })
  const stop = new AbortController()
  const first = engine.hear(tone(10), language, stop.signal)
  const second = engine.hear(tone(10), language, never)
  setTimeout(() => stop.abort(new Error('enough')), 50)
  await t.rejects(first, { message: 'enough' })
  t.match(await second, { hypotheses: [{ text: 'next' }] })
})

t.test('our own door is a service like any other', async t => {
  const door = new WyomingDoor(
    {
      transcribe: async (samples: Samples) => ({
        text: `heard ${samples.length}`,
        confidence: 1,
        engine: 'x',
        audioMs: 1,
        ms: 1,
      }),
      answer: async () => ({ ok: true, text: '', asks: false, notUnderstood: false, plain: false }),
      speak: async text => tone(text.length * 100),
    },
    {
      port: 0,
      offer: () => ({ version: '1', languages: ['en'], speaker: { name: 'espeak-ng', languages: ['en'] } }),
    },
  )
  await door.start(never)
  t.teardown(() => door.stop())
  const service = { host, port: door.port! }
  t.match(await new WyomingEngine(service).hear(tone(3_000), language, never), {
    hypotheses: [{ text: 'heard 3000' }],
  })
  const samples = await new WyomingSpeaker({ ...service, voice: 'any' }).speak('a sentence', never)
  t.strictSame(samples, tone(1_000))
  const info = await describeService(service, never)
  t.match(info, { asr: [], tts: [{ name: 'fieldmouse', installed: true }] })
  await t.rejects(describeService({ host, port: 1 }, never), { code: 'wyoming_unreachable' })
})

t.test('a voice of another rate is resampled; one without end is cut off', async t => {
  const chunk = event('audio-chunk', { rate: 22_050, width: 2, channels: 1 }, new Uint8Array(22_050 * 2))
  const port = await serve(t, async stream => {
    const asked = await stream.next()
    await stream.send(event('audio-start', { rate: 22_050, width: 2, channels: 1 }))
    if (asked?.data.text === 'second') await stream.send(chunk)
    while (asked?.data.text === 'on and on') await stream.send(chunk)
    await stream.send(event('audio-stop'))
    await stream.next()
  })
  const speaker = new WyomingSpeaker({ host, port, longestSeconds: 3 })
  const samples = await speaker.speak('second', never)
  t.ok(Math.abs(samples.length - 16_000) < 100, `${samples.length} samples`)
  await t.rejects(speaker.speak('nothing', never), { code: 'audio_empty' })
  await t.rejects(speaker.speak('on and on', never), { code: 'audio_too_long' })
})

/** A wake word service: hears its word after so many samples. */
const waker = (t: Test, atSamples: number, seen: WyomingEvent[] = []) =>
  serve(t, async stream => {
    let samples = 0
    for (let next = await stream.next(); next; next = await stream.next()) {
      seen.push(next)
      samples += next.payload.length / 2
      if (next.type === 'audio-stop') await stream.send(event('not-detected'))
      if (next.type === 'audio-chunk' && samples >= atSamples) {
        await stream.send(event('detection', { name: 'other', timestamp: 1 }))
        await stream.send(event('detection', { name: 'ok_mouse', timestamp: next.data.timestamp }))
        return // hangs up while it is still being fed, as the reference server does
      }
    }
  })

t.test('a wake word ends the stream; none is none', async t => {
  const seen: WyomingEvent[] = []
  const port = await waker(t, 10_000, seen)
  let given = 0
  let closed = false
  async function* sound() {
    try {
      for (; given < 10_000; given++) {
        yield tone(1_024)
        await new Promise(resolve => setImmediate(resolve))
      }
    } finally {
      closed = true
    }
  }
  const wake = await detectWake({ host, port, names: ['ok_mouse'] }, sound(), never)
  t.match(wake, { word: 'ok_mouse', atMs: 576 })
  t.match(seen[0], { type: 'detect', data: { names: ['ok_mouse'] } })
  while (!closed) await new Promise(resolve => setTimeout(resolve, 1))
  t.ok(given < 10_000, 'the microphone is let go')

  async function* short() {
    yield tone(2_000)
  }
  t.equal(await detectWake({ host, port }, short(), never), undefined)
  const mute = await serve(t, async stream => {
    while (await stream.next());
  })
  t.equal(await detectWake({ host, port: mute, lastWordMs: 30 }, short(), never), undefined)
})

t.test('a wake word service that leaves, or a listener that gives up, is an error of its own', async t => {
  async function* endless() {
    for (;;) {
      yield tone(160)
      await new Promise(resolve => setTimeout(resolve, 1))
    }
  }
  const leaving = await serve(t, async stream => {
    await stream.next()
  })
  await t.rejects(detectWake({ host, port: leaving }, endless(), never), /hung up|broke/)
  const stop = new AbortController()
  setTimeout(() => stop.abort(new Error('enough')), 50)
  const port = await waker(t, 1e9)
  await t.rejects(detectWake({ host, port }, endless(), stop.signal), { message: 'enough' })
})

t.test('plain words', async t => {
  const cases: [string, string][] = [
    ['Turn on the Light, please!', 'turn on the light please'],
    ["Don't set it to 21.5 °C; 1,000 is O'Brien's.", "don't set it to 21.5 °c 1000 is o'brien's"],
    ['(music) [BLANK_AUDIO] ♪ *sighs*', ''],
    ['It’s 7:30. Wake-up', "it's 7:30 wake up"],
    ['50% …', '50%'],
  ]
  for (const [text, words] of cases) t.equal(plainWords(text), words)
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), text => {
      const words = plainWords(text)
      return plainWords(words) === words && !/^ | $| {2}|[,;!?"]/.test(words)
    }),
  )
  t.strictSame(someHints(['one', 'two', 'three'], 11), ['one', 'two'])
})

t.test('one at a time, in order, without those who left', async t => {
  const row = new OneAtATime()
  const log: string[] = []
  const stop = new AbortController()
  const work = (name: string) => async () => {
    log.push(`${name} in`)
    await new Promise(resolve => setTimeout(resolve, 5))
    log.push(`${name} out`)
    if (name === 'b') throw new Error('b failed')
    return name
  }
  const all = [
    row.run(never, work('a')),
    row.run(never, work('b')),
    row.run(stop.signal, work('c')),
    row.run(never, work('d')),
  ]
  stop.abort(new Error('left'))
  const results = await Promise.allSettled(all)
  t.strictSame(
    results.map(r => (r.status === 'fulfilled' ? r.value : (r.reason as Error).message)),
    ['a', 'b failed', 'left', 'd'],
  )
  t.strictSame(log, ['a in', 'a out', 'b in', 'b out', 'd in', 'd out'])
})
