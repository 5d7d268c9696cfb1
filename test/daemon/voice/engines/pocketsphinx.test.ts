import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { FieldmouseError } from '../../../../daemon/base/errors.js'
import type { SpeechLanguage } from '../../../../daemon/voice/engine.js'
import {
  PocketsphinxEngine,
  type PocketsphinxEvent,
  type PocketsphinxOptions,
} from '../../../../daemon/voice/engines/pocketsphinx.js'
import { missingPocketsphinx } from '../../../../daemon/voice/engines/pocketsphinx-packages.js'
import { speak } from '../../../support/speech.js'

const missing = await missingPocketsphinx()
const skip = missing ? `${missing}: apt install pocketsphinx pocketsphinx-en-us espeak-ng` : false
const never = new AbortController().signal

const language = (id: string, more: Partial<SpeechLanguage>): SpeechLanguage => ({
  id,
  pronunciations: new Map(),
  hints: [],
  ...more,
})
const jsgf = (body: string) => `#JSGF V1.0;\ngrammar home;\npublic <home> = ${body};\n`
const lights = language('lights', {
  grammar: jsgf('turn (on | off) the (kitchen | bedroom | garden) (light | fan)'),
})
const openLights = language('open-lights', {
  ngram: arpa(['turn on the kitchen light', 'turn off the kitchen light', 'turn off the bedroom fan']),
})

/** A bigram model of these sentences, without smoothing. */
function arpa(sentences: readonly string[]): string {
  const words = new Set(['<s>', '</s>'])
  const pairs = new Map<string, number>()
  const firsts = new Map<string, number>()
  for (const sentence of sentences) {
    const all = ['<s>', ...sentence.split(' '), '</s>']
    for (const [i, word] of all.entries()) {
      words.add(word)
      if (i === 0) continue
      const pair = `${all[i - 1]} ${word}`
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1)
      firsts.set(all[i - 1]!, (firsts.get(all[i - 1]!) ?? 0) + 1)
    }
  }
  const share = (pair: string, n: number) => Math.log10(n / firsts.get(pair.split(' ')[0]!)!).toFixed(4)
  return [
    '\\data\\',
    `ngram 1=${words.size}`,
    `ngram 2=${pairs.size}`,
    '',
    '\\1-grams:',
    ...[...words].map(word => `-1.5 ${word} -0.5`),
    '',
    '\\2-grams:',
    ...[...pairs].map(([pair, n]) => `${share(pair, n)} ${pair}`),
    '',
    '\\end\\',
    '',
  ].join('\n')
}

async function started(t: { teardown(fn: () => unknown): void }, options: PocketsphinxOptions = {}) {
  const events: PocketsphinxEvent[] = []
  const engine = new PocketsphinxEngine({ ...options, onEvent: event => events.push(event) })
  t.teardown(() => engine.stop())
  await engine.start(never)
  return { engine, events }
}
const until = async (what: () => unknown) => {
  while (!what()) await new Promise(resolve => setTimeout(resolve, 5))
}

t.test(
  'a sentence of the grammar is heard in several voices, other talk is believed less',
  { skip },
  async t => {
    const { engine } = await started(t)
    for (const voice of ['en-us', 'en-gb', 'en-us+f3']) {
      const { hypotheses } = await engine.hear(speak('turn off the bedroom light', { voice }), lights, never)
      t.equal(hypotheses[0]?.text, 'turn off the bedroom light', voice)
      t.ok(hypotheses[0]!.confidence > 0.5, `${voice}: ${hypotheses[0]!.confidence}`)
      const talk = speak('my grandmother used to grow tomatoes behind the garage', { voice })
      const other = (await engine.hear(talk, lights, never)).hypotheses[0]
      t.ok(
        (other?.confidence ?? 0) < hypotheses[0]!.confidence - 0.1,
        `${voice}: ${other?.text} ${other?.confidence}`,
      )
    }
  },
)

t.test('an open language gives several readings, best first', { skip }, async t => {
  const { engine } = await started(t)
  const { hypotheses } = await engine.hear(speak('turn off the kitchen light'), openLights, never)
  t.equal(hypotheses[0]?.text, 'turn off the kitchen light')
  t.ok(hypotheses.length > 1, `${hypotheses.length} readings`)
  const scores = hypotheses.map(({ score }) => score)
  t.strictSame(
    scores,
    [...scores].sort((a, b) => b - a),
  )
  t.equal(new Set(hypotheses.map(({ text }) => text)).size, hypotheses.length, 'each reading comes once')
})

t.test('with a grammar and an n-gram model the better one comes first', { skip }, async t => {
  const { engine } = await started(t)
  const both = language('both', { grammar: jsgf('lock the (gate | door)'), ngram: openLights.ngram! })
  t.equal((await engine.hear(speak('lock the gate'), both, never)).hypotheses[0]?.text, 'lock the gate')
  const other = await engine.hear(speak('turn off the bedroom fan'), both, never)
  t.equal(other.hypotheses[0]?.text, 'turn off the bedroom fan')
})

t.test(
  'a word that nobody can pronounce is told and the rest is heard; given its sounds it is heard too',
  { skip },
  async t => {
    const { engine, events } = await started(t)
    const grammar = jsgf('turn on the (kitchen | zorblatt) light')
    const without = await engine.hear(
      speak('turn on the kitchen light'),
      language('without', { grammar }),
      never,
    )
    t.equal(without.hypotheses[0]?.text, 'turn on the kitchen light')
    t.match(
      events.find(event => event.type === 'words_dropped'),
      { language: 'without', words: ['zorblatt'] },
    )
    const pronunciations = new Map([['zorblatt', ['Z AO R B L AE T', 'Z ER B L AA T']]])
    const taught = language('taught', { grammar, pronunciations })
    const heard = await engine.hear(speak('turn on the zorblatt light'), taught, never)
    t.equal(heard.hypotheses[0]?.text, 'turn on the zorblatt light')
  },
)

t.test('what cannot be compiled is refused with the reason, and the engine goes on', { skip }, async t => {
  const { engine } = await started(t)
  const sound = speak('turn on the kitchen light')
  const bad: [string, Partial<SpeechLanguage>, RegExp][] = [
    ['open', { grammar: jsgf('turn (on') }, /expected/],
    ['none', { grammar: jsgf('turn on the zorblatt') }, /without pronunciation: zorblatt/],
    ['rule', { grammar: jsgf('turn on <lamp>') }, /no rule <lamp>/],
    ['ngram', { ngram: 'this is no model' }, /n-gram/],
    ['nothing', {}, /nothing/],
  ]
  for (const [id, language_, problem] of bad)
    await t.rejects(
      engine.hear(sound, language(id, language_), never),
      { code: 'speech_language_bad', message: problem },
      id,
    )
  t.equal((await engine.hear(sound, lights, never)).hypotheses[0]?.text, 'turn on the kitchen light')
})

t.test(
  'languages that made room for others are compiled anew when they are used again',
  { skip },
  async t => {
    const { engine } = await started(t, { languages: 2 })
    const sound = speak('turn on the kitchen fan')
    for (const id of ['a', 'b', 'c', 'a', 'd', 'b'])
      t.equal(
        (await engine.hear(sound, { ...lights, id }, never)).hypotheses[0]?.text,
        'turn on the kitchen fan',
        id,
      )
  },
)

t.test('nothing, silence, noise and clipping are no sentence and no trouble', { skip }, async t => {
  const { engine } = await started(t)
  const sure = async (samples: Int16Array) =>
    (await engine.hear(samples, lights, never)).hypotheses.filter(({ confidence }) => confidence > 0.5)
  t.strictSame(await sure(new Int16Array(0)), [])
  t.strictSame(await sure(new Int16Array(1)), [])
  t.strictSame(await sure(new Int16Array(48_000)), [])
  t.strictSame(await sure(Int16Array.from({ length: 48_000 }, (_, i) => ((i * 7919) % 16_001) - 8_000)), [])
  t.strictSame(
    await sure(Int16Array.from({ length: 48_000 }, (_, i) => (i % 160 < 80 ? 32_767 : -32_768))),
    [],
  )
})

t.test(
  'a child that is killed is replaced and asked once more; the second time is an error',
  { skip },
  async t => {
    const { engine, events } = await started(t)
    const sound = speak('turn on the kitchen light')
    await engine.hear(sound, lights, never)
    const first = engine.pid!
    const heard = engine.hear(sound, lights, never)
    process.kill(first, 'SIGKILL')
    t.equal((await heard).hypotheses[0]?.text, 'turn on the kitchen light')
    t.not(engine.pid, first)
    const loaded = () => events.filter(event => event.type === 'loaded').length
    const before = loaded()
    const lost = t.rejects(engine.hear(sound, lights, never), {
      code: 'speech_engine_died',
      message: /signal SIGKILL/,
    })
    process.kill(engine.pid!, 'SIGKILL')
    await until(() => loaded() > before)
    process.kill(engine.pid!, 'SIGKILL')
    await lost
    t.equal((await engine.hear(sound, lights, never)).hypotheses[0]?.text, 'turn on the kitchen light')
  },
)

t.test('a child that hangs is ended, and the next sentence is heard', { skip }, async t => {
  const { engine, events } = await started(t, { hangMs: 1_000, hangTimes: 0 })
  const sound = speak('turn on the kitchen light')
  // a language that is new to it may take twenty seconds to compile: this one no longer is
  await engine.hear(sound, lights, never)
  process.kill(engine.pid!, 'SIGSTOP')
  await t.rejects(engine.hear(sound, lights, never), {
    code: 'speech_engine_hung',
    message: /within 1000 ms/,
  })
  await until(() => events.filter(event => event.type === 'loaded').length === 2)
  t.equal((await engine.hear(sound, lights, never)).hypotheses[0]?.text, 'turn on the kitchen light')
})

t.test('whoever waits may leave; a full queue says busy; stopping answers all', { skip }, async t => {
  const { engine } = await started(t)
  const sound = speak('turn on the kitchen light')
  process.kill(engine.pid!, 'SIGSTOP')
  const left = new AbortController()
  const waiting = [left.signal, ...Array.from({ length: 16 }, () => never)].map(signal =>
    engine.hear(sound, lights, signal).then(
      () => 'heard',
      error => (error instanceof FieldmouseError ? error.code : error.name),
    ),
  )
  await t.rejects(engine.hear(sound, lights, never), { code: 'speech_engine_busy' })
  left.abort()
  t.equal(await waiting[0], 'AbortError')
  const pid = engine.pid!
  const stopped = engine.stop()
  process.kill(pid, 'SIGCONT')
  await stopped
  t.strictSame([...new Set(await Promise.all(waiting.slice(1)))], ['speech_engine_died'])
})

t.test('what is not installed is named with its package', async t => {
  const root = t.testdir({})
  t.match(await missingPocketsphinx(undefined, root), /libsphinxbase.so.3 .*Debian package pocketsphinx\)/)
  const lib = join(root, 'usr/lib/aarch64-linux-gnu')
  mkdirSync(lib, { recursive: true })
  for (const name of ['libsphinxbase.so.3', 'libpocketsphinx.so.3']) writeFileSync(join(lib, name), '')
  t.match(await missingPocketsphinx(undefined, root), /pocketsphinx-en-us/)
  const engine = new PocketsphinxEngine({ modelFolder: join(root, 'no-model') })
  await t.rejects(engine.start(never), {
    code: 'speech_engine_missing',
    message: missing ? /Debian package/ : /pocketsphinx-en-us/,
    remedy: /apt install pocketsphinx/,
  })
  await engine.stop()
})
