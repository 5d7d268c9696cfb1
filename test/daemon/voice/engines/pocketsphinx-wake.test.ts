import t from 'tap'
import { sleep } from '../../../../daemon/base/clock.js'
import { seeded } from '../../../../daemon/base/random.js'
import type { Samples } from '../../../../daemon/voice/audio/pcm.js'
import {
  PocketsphinxWake,
  type PocketsphinxWakeEvent,
} from '../../../../daemon/voice/engines/pocketsphinx-wake.js'
import { needsSpeech, speak } from '../../../support/speech.js'

const never = new AbortController().signal
const PHRASE = 'hey field mouse'

/** In the noise of a busy room: espeak-ng's voices fit the model better so. */
function inRoom(samples: Samples, seed = 1): Samples {
  const random = seeded(seed)
  const around = 8_000
  return Int16Array.from({ length: samples.length + 2 * around }, (_, i) =>
    Math.round((samples[i - around] ?? 0) + 400 * (2 * (random() + random() + random()) - 3)),
  )
}

async function* pieces(samples: Samples): AsyncGenerator<Samples> {
  for (let at = 0; at < samples.length; at += 1_000) yield samples.subarray(at, at + 1_000)
}

t.test('a phrase is heard in what is said, and other talk is not it', needsSpeech, async t => {
  const wake = new PocketsphinxWake({ phrase: PHRASE, threshold: 60 })
  await wake.start(never)
  t.teardown(() => wake.stop())
  t.equal(wake.id, 'hey_field_mouse')
  const said = inRoom(speak('hey field mouse, turn on the light'))
  const heard = await wake.detect('one', pieces(said), never)
  t.equal(heard?.word, 'hey_field_mouse')
  t.ok(heard!.atMs! > 500 && heard!.atMs! < 2_500, `at ${heard?.atMs} ms`)
  const talk = inRoom(speak('did you see the game last night, i think we should leave around nine'))
  t.equal(await wake.detect('one', pieces(talk), never), undefined)
  t.match(await wake.detect('one', pieces(said), never), { word: 'hey_field_mouse' }, 'and once more')
})

t.test('several streams are listened to, each by itself, and not more than may be', needsSpeech, async t => {
  const events: PocketsphinxWakeEvent[] = []
  let now = 0
  const wake = new PocketsphinxWake({
    phrase: PHRASE,
    threshold: 60,
    streams: 2,
    clock: { monotonic: () => now, now: () => now },
    onEvent: event => events.push(event),
  })
  await wake.start(never)
  t.teardown(() => wake.stop())
  const heard: string[] = []
  const said = inRoom(speak(PHRASE))
  const talk = inRoom(speak('we could go to the beach on sunday'))
  const feed = async (streams: Record<string, Samples>) => {
    const length = Math.max(...Object.values(streams).map(samples => samples.length))
    for (let at = 0; at < length; at += 480) {
      for (const [stream, samples] of Object.entries(streams))
        wake.feed(stream, samples.slice(at, at + 480), () => heard.push(stream))
      now += 30
      // no faster than the child can take it
      await sleep(10)
    }
    await sleep(500)
  }
  await feed({ a: talk, b: said, c: said })
  t.strictSame(heard, ['b'])
  t.match(
    events.filter(({ type }) => type === 'deaf'),
    [{ stream: 'c' }],
    'told once',
  )
  now += 20_000
  await feed({ c: said })
  t.strictSame(heard, ['b', 'c'], 'who is quiet makes room')
})

t.test('a child that is shot is started again and goes on listening', needsSpeech, async t => {
  const wake = new PocketsphinxWake({ phrase: PHRASE, threshold: 60 })
  await wake.start(never)
  t.teardown(() => wake.stop())
  const { pid } = wake
  process.kill(pid!, 'SIGKILL')
  const said = inRoom(speak(PHRASE))
  t.match(await wake.detect('one', pieces(said), never), { word: 'hey_field_mouse' })
  t.not(wake.pid, pid)
})

t.test('a phrase that cannot be heard is refused at the start, by name', needsSpeech, async t => {
  const wake = new PocketsphinxWake({ phrase: 'hey zzyzxy', threshold: 60 })
  await t.rejects(wake.start(never), { code: 'speech_engine_missing', message: /zzyzxy/ })
  await t.rejects(wake.hear('one', new Int16Array(10), true, never), { code: 'speech_engine_died' })
  const nowhere = new PocketsphinxWake({ phrase: PHRASE, threshold: 60, modelFolder: '/nowhere' })
  await t.rejects(nowhere.start(never), { code: 'speech_engine_missing' })
})
