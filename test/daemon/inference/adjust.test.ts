import t from 'tap'
import { sleep, systemClock } from '../../../daemon/base/clock.js'
import { compactGrammar, decode, promptFor } from '../../../daemon/commands/compact.js'
import type { CompletionRequest } from '../../../daemon/inference/engine.js'
import { MeteredEngine } from '../../../daemon/inference/metered.js'
import { type EngineEvent, SupervisedEngine } from '../../../daemon/inference/supervisor.js'
import { factoryModelPath } from '../../support/model.js'

const ask = (words: string): CompletionRequest => ({
  ...promptFor(words),
  grammar: compactGrammar(words),
  maxTokens: 160,
})
const ROOMS = ['hall', 'attic', 'porch', 'pantry', 'landing', 'shed', 'cellar', 'loft']
const sentences = Array.from({ length: 32 }, (_, i) => `turn on the ${ROOMS[i % ROOMS.length]} lamp`)

async function started(t: { teardown(fn: () => unknown): void }) {
  const events: EngineEvent[] = []
  const engine = new SupervisedEngine({
    model: { path: factoryModelPath() },
    clock: systemClock,
    threads: 1,
    backoff: { firstMs: 20, maxMs: 200, factor: 2 },
    onEvent: event => events.push(event),
  })
  t.teardown(() => engine.stop())
  await engine.start(new AbortController().signal)
  return { engine, events }
}

const until = async (holds: () => boolean) => {
  for (let i = 0; i < 500 && !holds(); i++) await sleep(20)
}

/** One that nobody harms. */
const well = started(t)

t.test('smaller and larger while requests run: all are answered, once each, as before', async t => {
  const { engine } = await well
  const alone = new Map<string, string>()
  for (const room of ROOMS) {
    const words = `turn on the ${room} lamp`
    alone.set(words, (await engine.complete(ask(words))).text)
  }
  const all = Promise.all(sentences.map(words => engine.complete(ask(words))))
  engine.adjust({ threads: 1, sequences: 1 })
  await sleep(15)
  engine.adjust({ threads: 2, sequences: 3 })
  engine.adjust({ threads: 1, sequences: 2 })
  const answers = await all
  t.equal(answers.length, sentences.length)
  for (const [i, answer] of answers.entries()) t.equal(answer.text, alone.get(sentences[i]!))
  await until(() => engine.info?.sequences === 2)
  t.match(engine.info, { threads: 1, sequences: 2 }, 'the last wish holds')
  t.equal(engine.losses, 0)
})

t.test(
  'a child that is killed while it adjusts: requests are tried again, the next child has the wished size',
  async t => {
    const { engine, events } = await started(t)
    const all = Promise.allSettled(sentences.map(words => engine.complete(ask(words))))
    await sleep(10)
    engine.adjust({ threads: 1, sequences: 2 })
    process.kill(engine.pid!, 'SIGKILL')
    const answers = await all
    t.strictSame(
      answers.map(a => a.status),
      sentences.map(() => 'fulfilled'),
    )
    t.equal(engine.losses, 1)
    t.ok(events.some(e => e.type === 'died'))
    t.match(engine.info, { threads: 1, sequences: 2 })
  },
)

t.test('a child that is killed with the order to adjust in its hands: nothing is lost either', async t => {
  const { engine, events } = await started(t)
  // nothing runs, so the order goes out at once; what is asked now has to wait for it
  engine.adjust({ threads: 1, sequences: 2 })
  const all = Promise.allSettled(sentences.map(words => engine.complete(ask(words))))
  process.kill(engine.pid!, 'SIGKILL')
  const answers = await all
  t.strictSame(
    answers.map(a => a.status),
    sentences.map(() => 'fulfilled'),
  )
  t.equal(engine.losses, 1)
  const loads = events.flatMap(e => (e.type === 'loaded' ? [e.info.sequences] : []))
  t.strictSame(loads, [4, 2], 'the next child never was larger: memory may be what is short')
  t.match(engine.info, { threads: 1, sequences: 2 })
})

t.test('a wish before the child is there, and nonsense', async t => {
  const { engine } = await started(t)
  process.kill(engine.pid!, 'SIGKILL')
  await until(() => engine.losses === 1)
  engine.adjust({ threads: 1, sequences: 3 })
  t.match(decode((await engine.complete(ask('turn on the hall lamp'))).text), [{ action: 'turn_on' }])
  t.equal(engine.info?.sequences, 3)
  for (const bad of [
    { threads: 0, sequences: 1 },
    { threads: 1, sequences: 1.5 },
    { threads: 1, sequences: 1, rest: -1 },
  ])
    t.throws(() => engine.adjust(bad), RangeError)
})

t.test('a GPU that nobody built for is refused in words', async t => {
  const engine = new SupervisedEngine({
    model: { path: factoryModelPath() },
    clock: systemClock,
    threads: 1,
    gpu: 'vulkan',
  })
  t.teardown(() => engine.stop())
  await t.rejects(engine.start(new AbortController().signal), {
    code: 'model_load_failed',
    message: /vulkan/i,
  })
})

t.test('a rest after each completion; none when it is taken back', async t => {
  const { engine } = await started(t)
  engine.adjust({ threads: 1, sequences: 1, rest: 30 })
  await until(() => engine.info?.sequences === 1)
  const first = await engine.complete(ask('turn on the hall lamp'))
  const second = await engine.complete(ask('turn on the attic lamp'))
  t.ok(
    second.figures.queueMs >= 25 * first.figures.inferMs,
    `it waited ${second.figures.queueMs} ms after ${first.figures.inferMs}`,
  )
  engine.adjust({ threads: 1, sequences: 1, rest: 0 })
  t.ok((await engine.complete(ask('turn on the porch lamp'))).figures.queueMs < 20 * first.figures.inferMs)
})

t.test('a metered engine says what an answer took, and lets go when there is none', async t => {
  const { engine } = await well
  let open = 0
  const metered = new MeteredEngine(engine, () => {
    open++
    return {
      end: async () => {
        open--
        return 12.5
      },
    }
  })
  t.equal((await metered.complete(ask('turn on the hall lamp'))).figures.energyMj, 12.5)
  await t.rejects(metered.complete(ask('turn on the hall lamp'), AbortSignal.abort()))
  t.equal(open, 0)
  t.equal(metered.info, engine.info)
})
