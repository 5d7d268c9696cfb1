import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { type EspeakOptions, EspeakSpeaker, speakable } from '../../../daemon/voice/speak.js'

const forever = new AbortController().signal

/** A program in place of espeak-ng. */
function program(t: Test, script: string): { program: string; folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'fieldmouse-speak-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
  const path = join(folder, 'speaker')
  writeFileSync(path, `#!/bin/sh\ncd ${folder}\n${script}\n`)
  chmodSync(path, 0o700)
  return { program: path, folder }
}

const loudness = (samples: Int16Array) =>
  Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length)

t.test('a sentence is spoken, in the speed, voice and volume that are wished for', async t => {
  const say = (options: EspeakOptions) => new EspeakSpeaker(options).speak('the kitchen light is on', forever)
  const plain = await say({})
  t.ok(plain.length > 16_000 && plain.length < 5 * 16_000)
  t.ok(loudness(plain) > 500)
  t.ok((await say({ wordsPerMinute: 300 })).length < plain.length * 0.8)
  t.ok(Math.abs(loudness(await say({ volume: 0.5 })) / loudness(plain) - 0.5) < 0.05)
  t.equal(loudness(await say({ volume: 0 })), 0)
  t.not((await say({ voice: 'de' })).length, plain.length)
})

t.test('a text is data: never an option, never a command', async t => {
  const { program: path, folder } = program(
    t,
    'printf "%s " "$@" > args; cat > text; exec espeak-ng "$@" < text',
  )
  const speaker = new EspeakSpeaker({ program: path })
  const samples = await speaker.speak('--help -w /etc/passwd $(touch oops) `touch oops`; touch oops', forever)
  t.ok(samples.length > 16_000)
  t.equal(existsSync(join(folder, 'oops')), false)
  t.equal(readFileSync(join(folder, 'args'), 'utf8'), '--stdin --stdout -b 1 -v en-us -s 165 ')
  t.throws(() => new EspeakSpeaker({ voice: '-x' }), RangeError)
  t.throws(() => new EspeakSpeaker({ voice: '../../secret' }), RangeError)
  t.throws(() => new EspeakSpeaker({ wordsPerMinute: Number.NaN }), RangeError)
  t.throws(() => new EspeakSpeaker({ volume: 2 }), RangeError)
})

t.test('what is no speech is taken out of a text', t => {
  t.equal(speakable('<speak>It is <break time="9s"/>on</speak>', 100), 'It is on')
  t.equal(speakable('a\u0000b\u001b[31mc\r\nd\u200b', 100), 'a b 31mc d')
  t.equal(speakable('[[h@l@U]] {x}', 100), 'h@l@U x')
  t.equal(speakable('one two three', 9), 'one two')
  t.equal(speakable('22 °C, naïve café', 100), '22 °C, naïve café')
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.integer({ min: 1, max: 200 }),
      (text, longest) => {
        const said = speakable(text, longest)
        return said.length <= longest && !/[<>[\]\p{Cc}\n]/u.test(said)
      },
    ),
  )
  t.end()
})

t.test('nothing to say is no sound, and no child', async t => {
  const speaker = new EspeakSpeaker({ program: '/does/not/exist' })
  for (const text of ['', '   ', '...', '<speak/>', '\u0000'])
    t.equal((await speaker.speak(text, forever)).length, 0)
})

t.test('what was said before is not made again, and what is asked for is its caller’s', async t => {
  const { program: path, folder } = program(t, 'echo x >> calls; exec espeak-ng "$@"')
  const speaker = new EspeakSpeaker({ program: path, cacheBytes: 200_000 })
  const calls = () => readFileSync(join(folder, 'calls'), 'utf8').length / 2
  const first = await speaker.speak('done', forever)
  first.fill(0)
  t.ok(loudness(await speaker.speak('done', forever)) > 0, 'nobody can spoil it')
  t.equal(calls(), 1)
  for (const word of ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'])
    await speaker.speak(word, forever)
  t.equal(calls(), 9)
  await speaker.speak('eight', forever)
  t.equal(calls(), 9)
  await speaker.speak('done', forever)
  t.equal(calls(), 10, 'what was not used for longest made room')
})

t.test(
  'a program that is missing, dies, hangs, or writes nonsense: an error, and the next sentence is said',
  async t => {
    await t.rejects(new EspeakSpeaker({ program: 'no-such-speaker' }).speak('hello', forever), {
      code: 'speech_synthesis_missing',
      remedy: /apt install espeak-ng/,
    })
    const dies = program(t, 'echo "no such voice" >&2; exit 3').program
    await t.rejects(new EspeakSpeaker({ program: dies }).speak('hello', forever), {
      code: 'speech_synthesis_failed',
      message: /exit code 3: no such voice/,
    })
    await t.rejects(
      new EspeakSpeaker({ program: program(t, 'kill -9 $$').program }).speak('hello', forever),
      {
        message: /SIGKILL/,
      },
    )
    await t.rejects(
      new EspeakSpeaker({ program: program(t, 'echo nonsense').program }).speak('hello', forever),
      {
        code: 'audio_unreadable',
      },
    )
    await t.rejects(
      new EspeakSpeaker({ program: program(t, 'exec cat /dev/zero').program }).speak('hello', forever),
      {
        code: 'speech_synthesis_failed',
      },
    )
    const { program: hangs, folder } = program(
      t,
      'if [ -e once ]; then exec espeak-ng "$@"; fi; echo $$ > once; exec sleep 100',
    )
    const speaker = new EspeakSpeaker({ program: hangs, timeoutMs: 1_000 })
    await t.rejects(speaker.speak('hello', forever), {
      code: 'speech_synthesis_failed',
      message: /within 1000 ms/,
    })
    const pid = Number(readFileSync(join(folder, 'once'), 'utf8'))
    t.throws(() => process.kill(pid, 0), 'it is gone')
    t.ok((await speaker.speak('hello', forever)).length > 0)
  },
)

t.test(
  'one is spoken, one waits, the third is refused; who no longer wants it is not kept waiting',
  async t => {
    const { program: slow } = program(t, 'sleep 0.5; exec espeak-ng "$@"')
    const speaker = new EspeakSpeaker({ program: slow })
    const one = speaker.speak('one', forever)
    const two = speaker.speak('two', forever)
    await t.rejects(speaker.speak('three', forever), { code: 'speech_synthesis_busy', retryable: true })
    t.ok((await one).length > 0)
    t.ok((await two).length > 0)
    const hangs = new EspeakSpeaker({ program: program(t, 'exec sleep 100').program })
    const stopped = new AbortController()
    const said = hangs.speak('four', stopped.signal)
    setTimeout(() => stopped.abort(new Error('stop')), 50)
    await t.rejects(said, { message: 'stop' })
  },
)
