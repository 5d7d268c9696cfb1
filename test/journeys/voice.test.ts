import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { sleep } from '../../daemon/base/clock.js'
import { seeded } from '../../daemon/base/random.js'
import type { Samples } from '../../daemon/voice/audio/pcm.js'
import { encodeWav } from '../../daemon/voice/audio/wav.js'
import { needsMosquitto } from '../support/broker.js'
import { type Mouse, startMouse } from '../support/mouse.js'
import { bits16, noise, sine } from '../support/sound.js'
import { needsSpeech, speak, spoken } from '../support/speech.js'

const needed = { ...needsMosquitto, ...needsSpeech }
let started: Promise<Mouse> | undefined
/** The one daemon of all stories that need no other: its language takes a while to compile. */
const hearing = () => {
  started ??= startMouse(t, { program: 'mosquitto' })
  return started
}
const say = (mouse: Mouse, sound: Uint8Array, user: Record<string, string> = {}) =>
  mouse.command(Buffer.from(sound), { kind: 'voice', user, waitMs: 60_000 })
const moved = (mouse: Mouse) => mouse.heard.filter(m => m.topic.startsWith('demo/') && !m.retained).length

t.test('a spoken command moves a lamp, and the reply says what was heard', needed, async t => {
  const mouse = await hearing()
  const reply = await say(mouse, spoken('turn on the kitchen light'))
  t.match(reply, {
    ok: true,
    result: {
      text: 'Turned on Kitchen light.',
      heard: { text: /kitchen light$/, engine: 'pocketsphinx', audio_ms: Number, asr_ms: Number },
    },
  })
  t.match(mouse.daemon.virtualHome?.fields('light.kitchen_light'), { state: 'on' })

  const here = await say(mouse, spoken('turn on the light'), { area: 'bedroom' })
  t.match(
    here,
    { ok: true, result: { devices: [{ deviceId: 'light.bedside_lamp' }] } },
    'the room of the microphone counts',
  )

  const before = moved(mouse)
  t.match(await say(mouse, spoken('turn off the kitchen light'), { dry_run: 'true' }), { ok: true })
  t.equal(moved(mouse), before, 'a dry run moves nothing')
})

t.test('a risky command asks back, and a spoken yes answers it', needed, async t => {
  const mouse = await hearing()
  const asked = await say(mouse, spoken('open the garage door'), { session: 'phone' })
  t.match(asked, { ok: false, error: { code: 'needs_confirmation' } })
  t.match(await say(mouse, spoken('yes'), { session: 'phone' }), {
    ok: true,
    result: { heard: { text: 'yes' } },
  })
})

t.test('without user properties the sound comes as JSON, over MQTT 3.1.1', needsSpeech, async t => {
  const mouse = await startMouse(t, { program: 'aedes' })
  const audio = spoken('turn on the kitchen light').toString('base64')
  t.match(await mouse.command({ audio, area: 'kitchen' }, { kind: 'voice', waitMs: 60_000 }), {
    ok: true,
    result: { text: 'Turned on Kitchen light.' },
  })
})

t.test('what is no speech, no sound or not for this home moves nothing and says so', needed, async t => {
  const mouse = await hearing()
  const before = moved(mouse)
  const good = spoken('turn on the kitchen light')
  const music = bits16(
    sine(440, 3, 0.3).map(
      (v, i) => v * 0.5 + 0.2 * Math.sin(i / 7) + 0.2 * Math.sin(i / (11 + Math.floor(i / 8000))),
    ),
  )
  const cases: [string, Uint8Array, RegExp][] = [
    ['silence', encodeWav(new Int16Array(32_000)), /no_speech/],
    ['noise', encodeWav(noise(3, 0.1)), /no_speech|not_sure|not_understood|out_of_scope/],
    ['music', encodeWav(music), /no_speech|not_sure|not_understood|out_of_scope/],
    ['nothing', encodeWav(new Int16Array(0)), /audio_empty/],
    ['a header without a file', good.subarray(0, 20), /audio_unreadable|audio_empty/],
    ['text', Buffer.from('turn on the kitchen light'), /audio_unreadable/],
    ['ten minutes', encodeWav(new Int16Array(16_000 * 60 * 5)), /audio_too_long/],
    [
      'talk',
      spoken('the committee will publish its findings next spring'),
      /no_speech|not_sure|not_understood|out_of_scope/,
    ],
    ['the news', spoken('turn on the news'), /no_speech|not_sure|not_understood|out_of_scope|unknown_device/],
  ]
  for (const [what, sound, code] of cases) {
    const reply = await say(mouse, sound)
    t.equal(reply.ok, false, what)
    t.match(reply.error?.code, code, what)
    t.ok(reply.error?.remedy, `${what}: there is something to do about it`)
  }
  t.equal(moved(mouse), before, 'nothing moved')
  t.match(await say(mouse, good), { ok: true }, 'and it goes on')
  const cut = good.subarray(0, good.length - 3001)
  t.match(await say(mouse, cut), { ok: true }, 'what lacks its end is heard as far as it goes')
})

t.test('every rate and width gives the same words', needed, async t => {
  // the recogniser goes by what it heard before: cut and broken sound of other stories would count
  const mouse = await startMouse(t, { program: 'mosquitto' })
  const wav = spoken('turn on the kitchen light')
  for (const how of [
    ['-r', '8000'],
    ['-r', '44100', '-c', '2'],
    ['-r', '96000', '-b', '24'],
    ['-r', '16000', '-b', '8', '-e', 'unsigned-integer'],
    ['-r', '16000', '-e', 'mu-law'],
    ['-r', '48000', '-b', '32', '-e', 'floating-point'],
  ]) {
    const other = execFileSync('sox', ['-t', 'wav', '-', ...how, '-t', 'wav', '-'], {
      input: wav,
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    const { ok, error, result } = await say(mouse, other)
    t.match(result, { heard: { text: /^turn on th(e|at) kitchen light$/ } }, how.join(' '))
    // half of the band is gone at 8 kHz, and a synthetic voice is not as sure as a person's
    t.ok(ok || error?.code === 'needs_confirmation', `${how.join(' ')}: done, or asked about`)
  }
})

t.test('a satellite that only streams is woken by our own wake word, and a lamp moves', needed, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'fieldmouse-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
  const file = join(folder, 'mouse.yaml')
  const wake = { engine: 'pocketsphinx', threshold: 60 }
  // espeak-ng's voices are doubted more than people's
  const voice = { hermes: { enabled: 'on' }, wake, ask_below: 0, min_confidence: 0 }
  writeFileSync(file, JSON.stringify({ voice }))
  const mouse = await startMouse(t, { program: 'mosquitto', env: { FIELDMOUSE_CONFIG: file } })
  await mouse.client.subscribeAsync('hermes/#')
  const told = (topic: string) => mouse.heard.find(m => m.topic === topic)?.payload
  // in a room that is not quite quiet: without any noise espeak-ng is often missed
  const random = seeded(1)
  const stream = async (samples: Samples) => {
    for (let at = 0; at < samples.length; at += 1_600) {
      const part = samples.slice(at, at + 1_600).map(x => x + Math.round(1_200 * (random() - 0.5)))
      await mouse.client.publishAsync('hermes/audioServer/hall/audioFrame', Buffer.from(encodeWav(part)))
      await sleep(100)
    }
  }
  const quietUntil = async (topic: string) => {
    for (let n = 0; n < 300 && told(topic) === undefined; n++) await stream(new Int16Array(1_600))
    return JSON.parse(told(topic) ?? '{}')
  }
  await stream(new Int16Array(16_000))
  await stream(speak('hey field mouse'))
  const woken = await quietUntil('hermes/hotword/hey_field_mouse/detected')
  t.match(woken, { siteId: 'hall', modelId: 'hey_field_mouse' })
  await quietUntil('hermes/asr/startListening')
  await stream(speak('turn on the kitchen light'))
  t.match(await quietUntil('hermes/asr/textCaptured'), { text: /kitchen light$/, siteId: 'hall' })
  t.match(await quietUntil('hermes/dialogueManager/sessionEnded'), { termination: { reason: 'nominal' } })
  t.match(mouse.daemon.virtualHome?.fields('light.kitchen_light'), { state: 'on' })
})
