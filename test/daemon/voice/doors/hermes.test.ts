import t from 'tap'
import { sleep } from '../../../../daemon/base/clock.js'
import type { Hermes } from '../../../../daemon/bus/hermes/messages.js'
import type { Samples } from '../../../../daemon/voice/audio/pcm.js'
import { encodeWav } from '../../../../daemon/voice/audio/wav.js'
import { needsMosquitto, startAedes, startMosquitto } from '../../../support/broker.js'
import { startDoor, TestSatellite } from '../../../support/hermes.js'

t.test('a whole session, as a satellite sees it', needsMosquitto, async t => {
  const { url } = await startMosquitto(t)
  const { door, voice, events } = await startDoor(t, url, {
    areaOf: site => (site === 'kitchen' ? site : undefined),
  })
  const kitchen = await TestSatellite.start(t, url, 'kitchen')
  await kitchen.frame(true)
  await kitchen.wake('my-session')
  await kitchen.next('startListening')
  await kitchen.speak()
  await kitchen.next('sessionEnded')
  t.strictSame(kitchen.kinds, [
    'sessionStarted',
    'hotwordToggleOff',
    'startListening',
    'stopListening',
    'hotwordToggleOn',
    'textCaptured',
    'intent',
    'playBytes',
    'sessionEnded',
  ])
  t.match(kitchen.heard, [
    { sessionId: 'my-session', customData: 'jarvis' },
    { reason: 'dialogueSession' },
    { sessionId: 'my-session', wakewordId: 'jarvis', stopOnSilence: true },
    { sessionId: 'my-session' },
    {},
    { text: 'turn on the light', likelihood: 0.9 },
    {
      intentName: 'turn_on',
      input: 'turn on the light',
      slots: [
        {
          slotName: 'device',
          rawValue: 'light',
          value: { value: 'kitchen.light' },
          range: { start: 12, end: 17 },
        },
      ],
    },
    {},
    { termination: { reason: 'nominal' } },
  ])
  t.match(voice.answered, [
    { place: { site: 'kitchen', area: 'kitchen', session: 'my-session' }, dryRun: false },
  ])
  t.strictSame(voice.spoken, ['the light is on'])
  t.match(
    events.map(({ name }) => name),
    ['HermesSessionStarted', 'HermesSessionEnded'],
  )
  t.match(door.counts, { sessions: 1, busy: 0, framesUnheard: 2, messagesRefused: 0 })
  t.strictSame(door.status, [])
})

t.test('the same over a plain MQTT 3.1.1 broker, where its own words come back', async t => {
  const { url } = await startAedes(t)
  const { voice } = await startDoor(t, url)
  const site = await TestSatellite.start(t, url, 'hall', 4)
  voice.answers = text => (text === 'the left one' ? {} : { asks: true, text: 'which one?' })
  voice.hears = () => (voice.transcribed.length === 1 ? 'turn on the light' : 'the left one')
  await site.wake()
  await site.next('startListening')
  await site.speak()
  await site.next('startListening')
  await site.speak()
  t.match(await site.next('sessionEnded'), { termination: { reason: 'nominal' } })
  t.strictSame(voice.spoken, ['which one?', 'the light is on'])
  t.equal(site.kinds.filter(kind => kind === 'sessionStarted').length, 1, 'one session, one wake word')
})

t.test('ten sites at once, each with its own answer', needsMosquitto, async t => {
  const { url } = await startMosquitto(t)
  const { door, voice } = await startDoor(t, url)
  voice.hears = async place => {
    await new Promise(resolve => setTimeout(resolve, 20))
    return `sentence of ${place.site}`
  }
  voice.answers = text => ({ text: `answer to ${text}` })
  const sites = await Promise.all(
    Array.from({ length: 10 }, (_, n) => TestSatellite.start(t, url, `room-${n}`)),
  )
  await Promise.all(
    sites.map(async site => {
      await site.wake()
      await site.next('startListening')
      await site.speak()
      t.match(await site.next('textCaptured'), { text: `sentence of ${site.siteId}` })
      t.match(await site.next('sessionEnded'), { termination: { reason: 'nominal' } })
    }),
  )
  t.same(new Set(voice.spoken), new Set(sites.map(({ siteId }) => `answer to sentence of ${siteId}`)))
  t.match(door.counts, { sessions: 10, busy: 0, framesDropped: 0 })
})

t.test('one more than there is room for is told that it is busy', needsMosquitto, async t => {
  const { url } = await startMosquitto(t)
  const { door } = await startDoor(t, url, { sessions: 1 })
  const one = await TestSatellite.start(t, url, 'one')
  const two = await TestSatellite.start(t, url, 'two')
  await one.wake()
  await one.next('startListening')
  await two.wake()
  t.match(await two.next('sessionEnded'), { termination: { reason: 'error' } })
  t.match(two.heard, [{ kind: 'errorAsr', context: 'busy', error: /^busy: / }, { kind: 'sessionStarted' }])
  await two.send({
    kind: 'startListening',
    siteId: 'two',
    sessionId: 's',
    stopOnSilence: true,
    sendAudioCaptured: false,
  })
  t.match(await two.next('errorAsr'), {})
  t.match(await two.next('errorAsr'), { sessionId: 's', context: 'busy' })
  t.equal(door.counts.busy, 2)
  await one.speak()
  t.match(await one.next('sessionEnded'), { termination: { reason: 'nominal' } })
})

t.test('a satellite that vanishes in the middle of a sentence', needsMosquitto, async t => {
  const { url } = await startMosquitto(t)
  const { voice, door } = await startDoor(t, url, { vanishedMs: 300 })
  const site = await TestSatellite.start(t, url, 'gone')
  await site.wake()
  await site.next('startListening')
  await site.frame(true)
  t.match(await site.next('sessionEnded'), { termination: { reason: 'timeout' } })
  t.match(await site.next('errorAsr'), { error: /no sound/ })
  t.strictSame(voice.transcribed, [], 'half a sentence is not acted on')
  await site.wake()
  await site.next('startListening')
  await site.speak()
  await site.next('sessionEnded')
  t.equal(voice.answered.length, 1, 'back again, it is heard')
  t.strictSame(door.status, [])
})

t.test('two satellites with one name are told, and not answered', needsMosquitto, async t => {
  const { url } = await startMosquitto(t)
  const { voice, door, events } = await startDoor(t, url)
  const one = await TestSatellite.start(t, url, 'twin')
  const two = await TestSatellite.start(t, url, 'twin')
  let streaming = true
  const stream = async (satellite: TestSatellite) => {
    while (streaming) {
      await satellite.frame(true)
      await new Promise(resolve => setTimeout(resolve, 28))
    }
  }
  await one.wake()
  const streams = [stream(one), stream(two), stream(two)]
  t.match(await one.next('errorAsr'), { context: 'doubled', error: /two microphones send as twin/ })
  t.match(await one.next('sessionEnded'), { termination: { reason: 'error' } })
  await one.wake()
  t.match(await one.next('sessionEnded'), { termination: { reason: 'error' } }, 'nor is the next')
  t.match(door.status, [{ site: 'twin', doubled: true }])
  streaming = false
  await Promise.all(streams)
  t.strictSame(voice.transcribed, [])
  t.ok(events.some(({ name }) => name === 'HermesSiteDoubled'))
})

t.test('the wake word interrupts an answer; what is left of it is not said', needsMosquitto, async t => {
  const { url } = await startMosquitto(t)
  const { voice } = await startDoor(t, url)
  const site = await TestSatellite.start(t, url, 'hall')
  site.tells = false
  voice.speaks = () => new Int16Array(16_000 * 20)
  await site.wake('first')
  await site.next('startListening')
  await site.speak()
  await site.next('playBytes')
  await site.wake('second')
  t.match(await site.next('sessionEnded'), { sessionId: 'first', termination: { reason: 'abortedByUser' } })
  voice.hears = () => 'stop'
  await site.next('startListening')
  await site.speak()
  t.match(await site.next('sessionEnded'), { sessionId: 'second', termination: { reason: 'abortedByUser' } })
  t.equal(voice.answered.length, 1)
})

t.test('skills: say something, ask a question, understand a text, listen once', needsMosquitto, async t => {
  const { url } = await startMosquitto(t)
  const { voice } = await startDoor(t, url)
  const site = await TestSatellite.start(t, url, 'office')
  const session = { siteId: 'office' }
  await site.send({ kind: 'say', ...session, text: 'dinner is ready', id: 'say-1' })
  t.match(await site.next('sayFinished'), { id: 'say-1' })
  t.ok(await site.next('playBytes'))

  await site.send({
    kind: 'query',
    ...session,
    input: 'turn on the light',
    id: 'q-1',
    intentFilter: ['turn_on'],
  })
  t.match(await site.next('intentParsed'), { id: 'q-1', intent: { intentName: 'turn_on' } })
  t.match(await site.next('intent'), { id: 'q-1', slots: [{ slotName: 'device' }] })
  t.match(voice.answered.at(-1), { dryRun: true }, 'the client filters, so the client acts')
  await site.send({
    kind: 'query',
    ...session,
    input: 'turn on the light',
    id: 'q-2',
    intentFilter: ['other'],
  })
  t.match(await site.next('notRecognized'), { id: 'q-2' })

  await site.send({
    kind: 'startListening',
    ...session,
    sessionId: 'own',
    stopOnSilence: false,
    sendAudioCaptured: true,
  })
  for (let n = 0; n < 20; n++) await site.frame(true)
  await site.send({ kind: 'stopListening', ...session, sessionId: 'own' })
  t.match(await site.next('textCaptured'), { sessionId: 'own', text: 'turn on the light' })
  t.equal((await site.next('audioCaptured')).wav.length > 44, true)

  await site.send({
    kind: 'startSession',
    ...session,
    init: { type: 'action', canBeEnqueued: true, text: 'shall I?', sendIntentNotRecognized: true },
    customData: 'mine',
  })
  const { sessionId } = await site.next('sessionStarted')
  await site.next('startListening')
  voice.answers = () => ({ notUnderstood: true, text: 'pardon?' })
  await site.speak()
  t.match(await site.next('sessionNotRecognized'), { sessionId, customData: 'mine' })
  await site.send({ kind: 'endSession', sessionId, text: 'bye' })
  t.match(await site.next('sessionEnded'), {
    sessionId,
    customData: 'mine',
    termination: { reason: 'nominal' },
  })
  t.strictSame(voice.spoken, ['dinner is ready', 'shall I?', 'bye'])
})

t.test('what fails inside is told and ends the session', needsMosquitto, async t => {
  const { url } = await startMosquitto(t)
  const { voice, door } = await startDoor(t, url, { manners: { recogniseMs: 300 } })
  const site = await TestSatellite.start(t, url, 'hall')
  const converse = async () => {
    await site.wake()
    await site.next('startListening')
    await site.speak()
    return (await site.next('sessionEnded')).termination.reason
  }
  voice.hears = () => Promise.reject(new Error('the engine died'))
  t.equal(await converse(), 'error')
  t.match(await site.next('errorAsr'), { error: 'the engine died' })
  voice.hears = () => new Promise(() => {})
  t.equal(await converse(), 'timeout', 'an engine that hangs')
  voice.hears = () => 'turn on the light'
  voice.answers = () => Promise.reject(new Error('no model'))
  t.equal(await converse(), 'error')
  t.match(await site.next('errorNlu'), { error: 'no model' })
  voice.answers = () => ({})
  voice.speaks = () => {
    throw new Error('no voice')
  }
  t.equal(await converse(), 'nominal', 'done, if not told')
  t.match(await site.next('errorTts'), { error: 'no voice' })
  t.strictSame(door.status, [])
})

t.test(
  'frames that cannot be read, messages that are none, sites that are not ours',
  needsMosquitto,
  async t => {
    const { url } = await startMosquitto(t)
    const { door, events } = await startDoor(t, url, { sites: ['a', 'b'] })
    const site = await TestSatellite.start(t, url, 'a')
    const other = await TestSatellite.start(t, url, 'c')
    await site.wake()
    await site.next('startListening')
    for (let n = 0; n < 8; n++)
      await site.send({ kind: 'audioFrame', siteId: 'a', wav: Buffer.from('no sound') })
    t.match(await site.next('sessionEnded'), { termination: { reason: 'error' } })
    t.match(await site.next('errorAsr'), { error: /no sound that can be read/ })
    t.equal(door.counts.framesUnreadable, 8)
    t.equal(events.filter(({ name }) => name === 'HermesFrameUnreadable').length, 1, 'told once')
    await other.wake()
    await site.send({ kind: 'endSession', sessionId: 'nobody' })
    await site.wake()
    await site.next('startListening')
    t.strictSame(other.heard, [])
    t.match(door.counts, { sessions: 2, messagesIgnored: 1 })
    await door.stop()
    t.match(await site.next('sessionEnded'), { termination: { reason: 'error' } })
    t.equal(site.kinds.at(-1), 'sessionEnded', 'who stops says so')
  },
)

t.test(
  'a wake word of our own is told to all, heard where the satellite hears none',
  needsMosquitto,
  async t => {
    const { url } = await startMosquitto(t)
    let fed = 0
    const wakeWord = {
      id: 'hello',
      feed: (_site: string, _samples: Samples, heard: () => void) =>
        void (++fed === 3 && setImmediate(heard)),
    }
    const { voice, door } = await startDoor(t, url, { wakeWord, manners: { followUpMs: 600 } })
    const site = await TestSatellite.start(t, url, 'hall')
    await site.send({ kind: 'hotwordToggleOff', siteId: 'hall', reason: 'playAudio' })
    await site.frame(false)
    await site.send({ kind: 'hotwordToggleOn', siteId: 'hall', reason: 'playAudio' })
    for (let n = 0; n < 3; n++) await site.frame(false)
    t.match(await site.next('hotwordDetected'), { wakewordId: 'hello' })
    await site.next('startListening')
    t.equal(fed, 3, 'none while it was switched off')
    await site.speak()
    await site.next('playBytes')
    t.match(await site.next('startListening'), {}, 'a further sentence needs no wake word')
    await site.speak()
    await site.next('startListening')
    for (let n = 0; n < 22; n++) await site.frame(false)
    t.match(await site.next('sessionEnded'), { termination: { reason: 'nominal' } })
    t.equal(voice.answered.length, 2)
    t.equal(door.counts.sessions, 1)
  },
)

t.test('a wake word of our own is not listened for in our own voice', needsMosquitto, async t => {
  const { url } = await startMosquitto(t)
  let fed = 0
  const late: (() => void)[] = []
  const wakeWord = {
    id: 'hello',
    feed: (_site: string, _samples: Samples, heard: () => void) => {
      fed++
      late.push(heard)
    },
  }
  const { voice, door } = await startDoor(t, url, { wakeWord, playGraceMs: 5_000 })
  const site = await TestSatellite.start(t, url, 'hall')
  site.tells = false
  await site.frame(false)
  for (let n = 0; n < 100 && fed < 1; n++) await sleep(20)
  t.equal(fed, 1)
  voice.speaks = () => new Int16Array(16_000)
  await site.send({ kind: 'say', siteId: 'hall', text: 'hello' } as Hermes)
  await site.next('playBytes')
  for (let n = 0; n < 5; n++) await site.frame(false)
  late[0]!()
  for (let n = 0; n < 100 && door.counts.frames < 6; n++) await sleep(20)
  t.equal(fed, 1, 'nothing while it plays')
  await site.send({ kind: 'playFinished', siteId: 'hall' })
  await site.next('sayFinished')
  await site.frame(false)
  for (let n = 0; n < 100 && door.counts.frames < 7; n++) await sleep(20)
  t.equal(fed, 1, 'nor in its echo')
  for (let n = 0; n < 100 && fed < 2; n++) {
    await sleep(50)
    await site.frame(false)
  }
  t.equal(fed, 2, 'later it is')
  t.notOk(site.kinds.includes('hotwordDetected'), 'what was heard before it spoke came too late')
})

t.test('frames of one session only: others of the site are passed over', needsMosquitto, async t => {
  const { url } = await startMosquitto(t)
  const { voice } = await startDoor(t, url)
  const site = await TestSatellite.start(t, url, 'hall')
  await site.wake('s')
  await site.next('startListening')
  const frame = async (sessionId: string, loud: boolean) => {
    const samples = Int16Array.from({ length: 480 }, (_, n) => (loud && n % 20 < 10 ? 8_000 : 0))
    await site.send({ kind: 'audioSessionFrame', siteId: 'hall', sessionId, wav: encodeWav(samples) })
  }
  for (let n = 0; n < 10; n++) {
    await frame('s', true)
    await site.frame(true)
    await frame('another', true)
  }
  for (let n = 0; n < 8; n++) await frame('s', false)
  await site.next('sessionEnded')
  t.equal(voice.transcribed[0]?.samples.length, 480 * 17, 'each frame once')
})

t.test(
  'frames of another form are converted in their order; too many at once are dropped, and counted',
  needsMosquitto,
  async t => {
    const { url } = await startMosquitto(t)
    let slow: (() => void)[] = []
    const frames = () => ({
      fromWav: async () => {
        await new Promise<void>(resolve => slow.push(resolve))
        return new Int16Array(480)
      },
      close: () => {},
    })
    const { door } = await startDoor(t, url, { frames })
    const site = await TestSatellite.start(t, url, 'hall')
    await site.wake()
    await site.next('startListening')
    const wav = encodeWav(new Int16Array(480), 48_000)
    for (let n = 0; n < 100; n++) await site.send({ kind: 'audioFrame', siteId: 'hall', wav })
    while (door.counts.frames < 100) await new Promise(resolve => setTimeout(resolve, 10))
    t.match(door.counts, { framesDropped: 36, framesUnreadable: 0 })
    for (const resolve of slow.splice(0)) resolve()
    slow = []
    t.match(await site.next('sessionEnded'), { termination: { reason: 'timeout' } }, 'nobody spoke')
  },
)

t.test(
  'short sounds: that it listens, that it is done, that it did not understand',
  needsMosquitto,
  async t => {
    const { url } = await startMosquitto(t)
    const sounds: string[] = []
    const tone = (sound: string) => {
      sounds.push(sound)
      return new Int16Array(160)
    }
    const { voice } = await startDoor(t, url, { cue: 'sound', tone, manners: { confirm: 'sound' } })
    voice.answers = () => ({ plain: true })
    const site = await TestSatellite.start(t, url, 'hall')
    for (const [heard, reason] of [
      ['turn on the light', 'nominal'],
      ['', 'intentNotRecognized'],
    ] as const) {
      voice.hears = () => heard
      await site.wake()
      await site.next('startListening')
      await site.speak()
      t.match(await site.next('sessionEnded'), { termination: { reason } })
    }
    t.strictSame(sounds, ['listening', 'done', 'listening', 'not_understood'])
    t.strictSame(voice.spoken, [])
  },
)

t.test('an endpointer that breaks ends the session, not the daemon', needsMosquitto, async t => {
  const { url } = await startMosquitto(t)
  let breaks = true
  const broken = () => {
    if (breaks) throw new Error('no detector')
    return { push: () => broken2(), flush: () => [] }
  }
  const broken2 = (): never => {
    throw new Error('a detector that breaks')
  }
  const { door } = await startDoor(t, url, { endpointing: broken })
  const site = await TestSatellite.start(t, url, 'hall')
  await site.wake()
  t.match(await site.next('sessionEnded'), { termination: { reason: 'error' } })
  breaks = false
  await site.wake()
  await site.next('startListening')
  await site.speak()
  t.match(await site.next('sessionEnded'), { termination: { reason: 'error' } })
  t.strictSame(door.status, [])
})
