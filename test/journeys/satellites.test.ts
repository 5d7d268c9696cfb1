import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { sleep } from '../../daemon/base/clock.js'
import { event } from '../../daemon/bus/wyoming/event.js'
import { needsMosquitto } from '../support/broker.js'
import { TestSatellite } from '../support/hermes.js'
import { type Mouse, startMouse } from '../support/mouse.js'
import { needsSpeech, speak, spoken } from '../support/speech.js'
import { connectTo, untilType } from '../support/wyoming.js'

const needed = { ...needsMosquitto, ...needsSpeech }
const FRAME = 480

/** A daemon that serves satellites and Wyoming clients. */
async function open(t: Test, voice: object): Promise<Mouse> {
  const folder = mkdtempSync(join(tmpdir(), 'fieldmouse-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
  const file = join(folder, 'mouse.yaml')
  writeFileSync(file, JSON.stringify({ voice }))
  return startMouse(t, { program: 'mosquitto', env: { FIELDMOUSE_CONFIG: file } })
}

/** A sentence in frames, and the quiet after it. */
async function stream(satellite: TestSatellite, text: string): Promise<void> {
  const samples = speak(text)
  for (let at = 0; at < samples.length; at += FRAME) await satellite.sound(samples.subarray(at, at + FRAME))
  for (let n = 0; n < 40; n++) await satellite.sound(new Int16Array(FRAME))
}

t.test(
  'a Rhasspy satellite: wake word, sentence, lamp, answer in sound; a question needs no wake word',
  needed,
  async t => {
    const mouse = await open(t, {
      hermes: { enabled: 'on' },
      sites: [{ site: 'sat', area: 'kitchen' }],
      ask_below: 0,
    })
    const satellite = await TestSatellite.start(t, mouse.daemon.brokerUrl, 'sat')
    await satellite.wake()
    t.match(await satellite.next('sessionStarted'), { siteId: 'sat' })
    await satellite.next('startListening')
    await stream(satellite, 'turn on the kitchen light')
    t.match(await satellite.next('textCaptured'), { text: /kitchen light$/, siteId: 'sat' })
    t.match(await satellite.next('intent'), { intent: { intentName: 'turn_on' } })
    t.ok((await satellite.next('playBytes')).wav.length > 10_000, 'the answer is spoken')
    t.match(await satellite.next('sessionEnded'), { termination: { reason: 'nominal' } })
    t.match(mouse.daemon.virtualHome?.fields('light.kitchen_light'), { state: 'on' })

    await satellite.wake()
    await satellite.next('startListening')
    await stream(satellite, 'open the garage door')
    await satellite.next('playBytes')
    t.match(await satellite.next('startListening'), { siteId: 'sat' }, 'it listens for the answer')
    await sleep(400) // nobody answers within the echo of the question
    await stream(satellite, 'yes')
    await satellite.next('sessionEnded')
    t.same(satellite.heard.flatMap(m => (m.kind === 'textCaptured' ? [m.text] : [])).slice(1), [
      'open the garage door',
      'yes',
    ])
  },
)

t.test('Home Assistant over Wyoming: sound to text, text to deed, text to sound', needed, async t => {
  const mouse = await open(t, { wyoming: { enabled: 'on', port: 0 } })
  const port = mouse.daemon.hearing!.wyomingPort!
  const asr = await connectTo(t, port)
  await asr.send(event('describe'))
  t.match((await untilType(asr, 'info')).at(-1), {
    data: { asr: [{ installed: true }], tts: [{ installed: true }] },
  })
  const shape = { rate: 16_000, width: 2, channels: 1 }
  await asr.send(event('transcribe', { language: 'en' }))
  await asr.send(event('audio-start', shape))
  const samples = speak('turn on the kitchen light')
  for (let at = 0; at < samples.length; at += 1024) {
    const part = samples.subarray(at, at + 1024)
    await asr.send(event('audio-chunk', shape, new Uint8Array(part.buffer, part.byteOffset, part.byteLength)))
  }
  await asr.send(event('audio-stop'))
  t.match((await untilType(asr, 'transcript', 'error')).at(-1), {
    type: 'transcript',
    data: { text: /kitchen light$/ },
  })
  const handle = await connectTo(t, port)
  await handle.send(event('transcript', { text: 'turn on the kitchen light' }))
  t.match((await untilType(handle, 'handled', 'not-handled', 'error')).at(-1), {
    type: 'handled',
    data: { text: 'Turned on Kitchen light.' },
  })
  t.match(mouse.daemon.virtualHome?.fields('light.kitchen_light'), { state: 'on' })
  const tts = await connectTo(t, port)
  await tts.send(event('synthesize', { text: 'Good evening.' }))
  const sound = await untilType(tts, 'audio-stop', 'error')
  t.equal(sound.at(-1)?.type, 'audio-stop')
  t.ok(sound.length > 5)
})

t.test(
  'an appliance is ordered from in its own words, with slots, on its topic; lamps stay lamps',
  needed,
  async t => {
    const folder = mkdtempSync(join(tmpdir(), 'fieldmouse-test-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
    const file = join(folder, 'washer.json')
    writeFileSync(
      file,
      JSON.stringify({
        device: 'washing machine',
        slots: {
          program: ['cotton', { value: 'wool', says: ['wool', 'woollens'] }],
          hours: ['two', 'three'],
        },
        intents: { start: ['(start|run) [the] {program} program', 'wash {program} in {hours} hours'] },
      }),
    )
    const mouse = await open(t, { appliances: [{ file, topic: 'demo/washer/order' }], ask_below: 0 })
    const ordered = mouse.next('demo/washer/order')
    const reply = await mouse.command(spoken('run the cotton program'), { kind: 'voice', waitMs: 60_000 })
    t.match(reply, {
      ok: true,
      result: { intent: 'start', slots: { program: 'cotton' }, device: 'washing machine' },
    })
    t.same(JSON.parse(await ordered), { intent: 'start', slots: { program: 'cotton' } })
    t.match(await mouse.command(spoken('turn on the kitchen light'), { kind: 'voice', waitMs: 60_000 }), {
      ok: true,
      result: { text: 'Turned on Kitchen light.' },
    })
  },
)

t.test('a door that cannot open leaves the others open, and the status says so', needed, async t => {
  const mouse = await open(t, { wyoming: { enabled: 'on', address: '192.0.2.1' }, hermes: { enabled: 'on' } })
  const satellite = await TestSatellite.start(t, mouse.daemon.brokerUrl, 'kitchen')
  await satellite.wake()
  t.match(await satellite.next('sessionStarted'), { siteId: 'kitchen' })
  const status = mouse.heard.filter(m => m.topic === 'fieldmouse/demo/status').at(-1)
  t.match(JSON.parse(status!.payload), { state: 'degraded', conditions: [{ code: 'speech_door_closed' }] })
})
