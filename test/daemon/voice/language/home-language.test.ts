import t from 'tap'
import { systemClock } from '../../../../daemon/base/clock.js'
import { type Home, parseHome } from '../../../../daemon/commands/home.js'
import { contentOf, type HomeSpeech } from '../../../../daemon/voice/language/build.js'
import { HomeLanguage, type LanguageEvent } from '../../../../daemon/voice/language/home-language.js'
import { type Builder, workerBuilder } from '../../../../daemon/voice/language/in-worker.js'

const home = (...areas: string[]): Home => parseHome({ areas }, 'a test')
const signal = () => new AbortController().signal
const nothing = {
  pronunciations: new Map(),
  hints: [],
  names: [],
  sounds: new Map(),
  spellings: new Map(),
  ngram: '',
}

/** A builder whose languages are named by their content; it can be made to fail. */
function builder(): { build: Builder; built: string[]; fail: boolean } {
  const it = {
    built: [] as string[],
    fail: false,
    build: async (of: Home) => {
      await new Promise(resolve => setImmediate(resolve))
      if (it.fail) throw new Error('no luck')
      it.built.push(of.areas.map(a => a.name).join(' '))
      const speech: HomeSpeech = { ...nothing, id: contentOf(of) }
      return { speech, troubles: [] }
    },
  }
  return it
}
/** Waits until something holds; the test's own time limit ends it. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 5))
}

t.test(
  'the language follows the home; changes that come together are built once; what was known is not built again',
  async t => {
    const b = builder()
    const language = new HomeLanguage({ home: home('A'), build: b.build, monotonic: () => 0, settleMs: 20 })
    t.equal(language.current(), undefined)
    await language.start(signal())
    t.teardown(() => language.stop())
    t.equal((await language.ready(signal())).id, contentOf(home('A')))
    for (const area of ['B', 'C', 'D']) language.update(home(area))
    await until(() => language.current()?.id === contentOf(home('D')))
    t.strictSame(b.built, ['A', 'D'])
    language.update(home('A'))
    await until(() => language.current()?.id === contentOf(home('A')))
    t.strictSame(b.built, ['A', 'D'])
    language.update({ ...home('A'), name: 'Other' })
    language.update(home('E'))
    await until(() => language.current()?.id === contentOf(home('E')))
    t.strictSame(b.built, ['A', 'D', 'E'])
  },
)

t.test('one that cannot be built is told, and the next change tries again', async t => {
  const b = builder()
  const events: LanguageEvent[] = []
  b.fail = true
  const language = new HomeLanguage({
    home: home('A'),
    build: b.build,
    monotonic: () => 0,
    settleMs: 1,
    onEvent: e => events.push(e),
  })
  await language.start(signal())
  await t.rejects(language.ready(signal()), { message: 'no luck' })
  t.match(events, [{ type: 'failed' }])
  b.fail = false
  language.update(home('B'))
  await until(() => language.current() !== undefined)
  b.fail = true
  language.update(home('C'))
  await until(() => events.length === 3)
  t.equal(language.current()?.id, contentOf(home('B')), 'the one before stays')
  await language.stop()
  await language.stop()
})

t.test('who waits for a language that is stopped, or gives up, is let go', async t => {
  const never: Builder = (_, signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  const language = new HomeLanguage({ home: home('A'), build: never, monotonic: () => 0 })
  await language.start(signal())
  const giving = new AbortController()
  const up = language.ready(giving.signal)
  giving.abort(new Error('enough'))
  await t.rejects(up, { message: 'enough' })
  const waiting = language.ready(signal())
  await language.stop()
  await t.rejects(waiting, { code: 'speech_language_failed' })
})

t.test(
  'a thread builds the language of a real home while this one goes on',
  { timeout: 120_000 },
  async t => {
    const build = workerBuilder()
    let longest = 0
    let last = systemClock.monotonic()
    let turns = 0
    const beat = setInterval(() => {
      const now = systemClock.monotonic()
      longest = Math.max(longest, now - last)
      last = now
      turns++
    }, 5)
    const { speech, troubles } = await build(home('Kitchen', 'Zanzibar room'), signal())
    clearInterval(beat)
    t.comment(`longest pause of this thread ${longest.toFixed(0)} ms in ${turns} turns`)
    t.ok(turns > 10, 'this thread had its turns')
    t.strictSame(troubles, [])
    t.match(speech.ngram, /^\\data\\/)
    t.ok(speech.sounds.has('zanzibar'))
    t.match(speech.names, [{ name: 'kitchen', phones: 'K IH CH AH N' }])
  },
)

t.test('a build can be given up, and a dictionary that is missing is told', { timeout: 120_000 }, async t => {
  const giving = new AbortController()
  const given = workerBuilder()(home('Kitchen'), giving.signal)
  giving.abort(new Error('enough'))
  await t.rejects(given, { message: 'enough' })
  const { speech, troubles } = await workerBuilder({ dictionary: '/no/such/file' })(home('Kitchen'), signal())
  t.equal(troubles.length, 1)
  t.match(speech.sounds.get('kitchen'), /^K IH CH/)
})
