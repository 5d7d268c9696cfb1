import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { sleep, systemClock } from '../../../../daemon/base/clock.js'
import type { Samples } from '../../../../daemon/voice/audio/pcm.js'
import type { Answer, VoiceServices } from '../../../../daemon/voice/conversation.js'
import {
  MicrophoneDoor,
  type MicrophoneEvent,
  type MicrophoneOptions,
} from '../../../../daemon/voice/doors/microphone.js'
import { needsSpeech, speak } from '../../../support/speech.js'

const PLAIN: Answer = { ok: true, text: 'Done.', asks: false, notUnderstood: false, plain: true }

/** A program in place of arecord: gives a sound, then quiet for as long as it is let. */
function program(t: Test, sound: Samples): { program: string; args: string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'fieldmouse-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
  const path = join(folder, 'sound')
  const quiet = new Int16Array(sound.length + 32_000)
  quiet.set(sound, 16_000)
  writeFileSync(path, Buffer.from(quiet.buffer))
  // the quiet of a room goes on in pieces, so that the microphone is never silent for long
  const script = `cat "$0"; while sleep 0.2; do head -c 6400 /dev/zero; done`
  return { program: 'sh', args: ['-c', script, path] }
}

async function open(t: Test, sound: Samples, more: Partial<MicrophoneOptions> & { answers?: Answer[] }) {
  const heard: Samples[] = []
  const answered: string[] = []
  const played: number[] = []
  const events: MicrophoneEvent[] = []
  const { answers = [PLAIN], ...options } = more
  const services: VoiceServices = {
    transcribe: async samples => {
      heard.push(samples)
      return { text: 'turn on the lamp', confidence: 0.9, engine: 'test', audioMs: 0, ms: 0 }
    },
    answer: async text => {
      answered.push(text)
      return answers.shift() ?? PLAIN
    },
    speak: async text => new Int16Array(text.length * 10),
  }
  const door = new MicrophoneDoor({
    capture: program(t, sound),
    services,
    clock: systemClock,
    place: { site: 'board', area: 'kitchen' },
    player: { play: async samples => void played.push(samples.length) },
    minConfidence: 0.5,
    confirm: 'words',
    waitMs: 2_000,
    silenceMs: 500,
    longestMs: 10_000,
    onEvent: event => events.push(event),
    ...options,
  })
  t.teardown(() => door.stop())
  await door.start(new AbortController().signal)
  const until = async (passes: () => boolean) => {
    for (let i = 0; i < 200 && !passes(); i++) await sleep(50)
    return passes()
  }
  return { door, heard, answered, played, events, until }
}

t.test('what is said into the microphone is understood, done and answered aloud', needsSpeech, async t => {
  const { heard, answered, played, events, until } = await open(t, speak('turn on the lamp'), {})
  t.ok(await until(() => played.length > 0))
  t.same(answered, ['turn on the lamp'])
  t.equal(heard.length, 1, 'one utterance')
  t.ok(heard[0]!.length > 8_000 && heard[0]!.length < 48_000, 'cut out of its stream')
  t.same(played, ['Done.'.length * 10])
  t.match(events[0], { type: 'hearing' })
})

t.test('a tone is enough where the owner wants that', needsSpeech, async t => {
  const { played, until } = await open(t, speak('turn on the lamp'), { confirm: 'tone' })
  t.ok(await until(() => played.length > 0))
  t.not(played[0], 'Done.'.length * 10)
})

t.test('what is not for it is passed over in silence', needsSpeech, async t => {
  const nothing: Answer = { ok: false, text: 'What?', asks: false, notUnderstood: true, plain: false }
  const { answered, played, until } = await open(t, speak('what a day it was'), { answers: [nothing] })
  t.ok(await until(() => answered.length > 0))
  await sleep(200)
  t.same(played, [])
})

t.test('with a wake word nothing is understood before it', needsSpeech, async t => {
  let woken: (() => void) | undefined
  let taken = 0
  const { answered, heard, until } = await open(t, speak('turn on the lamp'), {
    wake: async sound => {
      for await (const samples of sound) {
        taken += samples.length
        if (woken) return { word: 'mouse' }
      }
      return undefined
    },
  })
  t.ok(await until(() => taken > 30_000), 'the detector hears all of it')
  t.same(answered, [])
  t.equal(heard.length, 0, 'nobody else does')
  woken = () => {}
})

t.test('a detector or a loudspeaker that fails is told of, and the door stays open', needsSpeech, async t => {
  const { events, until, door } = await open(t, speak('turn on the lamp'), {
    player: { play: () => Promise.reject(new Error('no such device')) },
  })
  t.ok(await until(() => events.some(e => e.type === 'failed' && e.where === 'speaking')))
  await door.stop()
  const other = await open(t, speak('turn on the lamp'), { wake: () => Promise.reject(new Error('gone')) })
  t.ok(await other.until(() => other.events.some(e => e.type === 'failed' && e.where === 'wake word')))
})
