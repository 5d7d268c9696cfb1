import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { sleep, systemClock } from '../../../daemon/base/clock.js'
import { compactGrammar, decode, promptFor } from '../../../daemon/commands/compact.js'
import { FactoryStage } from '../../../daemon/commands/stages/factory.js'
import { ActiveEngine, type ModelFiles } from '../../../daemon/inference/active.js'
import { CALIBRATION_FEATURES_KEY, CALIBRATION_KEY } from '../../../daemon/inference/confidence.js'
import type { CompletionRequest, Engine } from '../../../daemon/inference/engine.js'
import { alt, lit } from '../../../daemon/inference/grammar.js'
import { writeRandomGguf } from '../../../daemon/inference/random-gguf.js'
import { SupervisedEngine } from '../../../daemon/inference/supervisor.js'
import { withMetadata } from '../../support/gguf.js'
import { factoryModelPath } from '../../support/model.js'
import { SMALL_SHAPES } from '../../support/shapes.js'

interface Test {
  testdir(): string
  teardown(fn: () => unknown): void
}
const never = () => new AbortController().signal
const factory = { path: factoryModelPath() }

async function randomModel(t: Test): Promise<ModelFiles> {
  const path = join(t.testdir(), 'random.gguf')
  await writeRandomGguf({ path, shape: SMALL_SHAPES[0]!, quantization: 'q8_0', contextTokens: 256 })
  return { path }
}

/** An engine that swaps, and the pids of all children it ever had. */
function active(t: Test, first: ModelFiles, options: { patienceMs?: number } = {}) {
  const pids = new Set<number>()
  const engines: SupervisedEngine[] = []
  const engine = new ActiveEngine({
    make: model => {
      const made = new SupervisedEngine({
        model,
        clock: systemClock,
        threads: 1,
        backoff: { firstMs: 20, maxMs: 200, factor: 2 },
        onEvent: event => {
          if (event.type === 'loaded') pids.add(made.pid!)
        },
      })
      engines.push(made)
      return made
    },
    first,
    clock: systemClock,
    ...options,
  })
  t.teardown(() => engine.stop())
  return { engine, pids, engines }
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    // a zombie is gone but for its parent's asking
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Both models can answer it, and each has its own answer. */
const WORDS = ['t3', 't4', 't5', 't7', 't9']
const choose: CompletionRequest = {
  prefix: '',
  prompt: '<s>',
  grammar: { root: 'a', rules: { a: alt(...WORDS.map(lit)) } },
  maxTokens: 8,
}

/** Asks without end, `width` at a time. */
function stream(engine: Engine, width: number) {
  const abort = new AbortController()
  const answers: { text: string; name: string }[] = []
  const failures: unknown[] = []
  let asked = 0
  const one = async () => {
    while (!abort.signal.aborted) {
      asked++
      await engine.complete(choose).then(
        c => answers.push({ text: c.text, name: c.model.name }),
        error => failures.push(error),
      )
      // a machine with other work must get its models loaded as well
      await sleep(20)
    }
  }
  const all = Promise.all(Array.from({ length: width }, one))
  return {
    answers,
    failures,
    end: async () => {
      abort.abort()
      await all
      return asked
    },
  }
}

t.test(
  '8 swaps while requests stream in: each is answered once, by one model',
  { timeout: 170_000 },
  async t => {
    const random = await randomModel(t)
    const { engine, pids } = active(t, factory)
    await engine.start(never())
    const alone = new Map<string, string>()
    alone.set(engine.info!.name, (await engine.complete(choose)).text)
    await engine.swap(random, never(), { beside: true })
    alone.set(engine.info!.name, (await engine.complete(choose)).text)
    t.equal(alone.size, 2, 'two models')

    const { answers, failures, end } = stream(engine, 6)
    for (let i = 0; i < 8; i++) {
      const to = i % 2 === 0 ? factory : random
      await engine.swap(to, never(), { beside: i % 3 !== 0 })
      t.equal(
        (await engine.complete(choose)).model.name,
        i % 2 === 0 ? 'fieldmouse-command' : 'random weights',
      )
    }
    const asked = await end()
    t.strictSame(failures, [])
    t.equal(answers.length, asked)
    const by = (name: string) => answers.filter(a => a.name === name)
    for (const [name, text] of alone) {
      t.ok(by(name).length > 0, `${by(name).length} answered by ${name}`)
      // sums in a batch are added in another order: a near tie may tip
      const same = by(name).filter(a => a.text === text).length
      t.ok(same >= by(name).length * 0.9, `${same} of ${by(name).length} as ${name} answers alone`)
    }
    t.not(alone.get('fieldmouse-command'), alone.get('random weights'), 'their answers tell them apart')
    t.equal(pids.size, 10)
    await engine.stop()
    t.strictSame([...pids].filter(isAlive), [], 'no process is left')
  },
)

t.test(
  'a new model whose processes are killed while it loads: the old one answers, nothing is lost',
  async t => {
    const { engine, engines, pids } = active(t, factory)
    await engine.start(never())
    const { answers, failures, end } = stream(engine, 3)
    for (const beside of [true, false]) {
      const swapped = t.rejects(engine.swap(factory, never(), { beside }), { code: 'model_load_failed' })
      const before = engines.length
      // the children of the one that is being made, as soon as there is one: it is started once more
      const killed = new Set<number>()
      while (killed.size < 2) {
        await sleep(1)
        const child = beside || engines.length > before ? engines.at(-1)!.pid : undefined
        if (child === undefined || pids.has(child) || killed.has(child)) continue
        killed.add(child)
        process.kill(child, 'SIGKILL')
      }
      await swapped
      t.equal((await engine.complete(choose)).model.name, 'fieldmouse-command')
    }
    const asked = await end()
    t.strictSame(failures, [])
    t.equal(answers.length, asked)
  },
)

t.test(
  'files that are no model, hashes that do not fit, a caller that gives up: the old one answers',
  async t => {
    const { engine, pids } = active(t, factory)
    await engine.start(never())
    const torso = join(t.testdir(), 'torso.gguf')
    writeFileSync(torso, readFileSync(factory.path).subarray(0, 100_000))
    for (const beside of [true, false]) {
      await t.rejects(engine.swap({ path: torso }, never(), { beside }), { code: 'gguf_truncated' })
      const wrong = { ...factory, sha256: '0'.repeat(64) }
      await t.rejects(engine.swap(wrong, never(), { beside }), { code: 'hash_mismatch' })
      await t.rejects(engine.swap(factory, AbortSignal.abort(), { beside }), { code: 'swap_cancelled' })
      for (const ms of [0, 40, 120]) {
        const abort = new AbortController()
        const swapped = engine.swap(factory, abort.signal, { beside })
        setTimeout(() => abort.abort(), ms)
        await swapped.catch(error => t.equal(error.code, 'swap_cancelled'))
      }
      t.match(decode((await engine.complete(ask('turn on the hall lamp'))).text), [{ action: 'turn_on' }])
    }
    await engine.stop()
    t.strictSame([...pids].filter(isAlive), [])
  },
)

const ask = (words: string): CompletionRequest => ({
  ...promptFor(words),
  grammar: compactGrammar(words),
  maxTokens: 160,
})

t.test('limits of the board hold for the model that comes', async t => {
  const { engine } = active(t, factory)
  await engine.start(never())
  engine.adjust({ threads: 1, sequences: 2 })
  await engine.swap(factory, never(), { beside: true })
  t.match(engine.info, { threads: 1, sequences: 2 })
  const swapped = engine.swap(factory, never(), { beside: false })
  engine.adjust({ threads: 1, sequences: 3 })
  await swapped
  t.equal((await engine.complete(choose)).model.name, 'fieldmouse-command')
  for (let i = 0; i < 500 && engine.info?.sequences !== 3; i++) await sleep(20)
  t.equal(engine.info?.sequences, 3)
  t.throws(() => engine.adjust({ threads: 0, sequences: 3 }), RangeError)
})

t.test('a stop in the middle of a swap: callers are told, no process is left', async t => {
  for (const beside of [true, false])
    for (const ms of [0, 30, 150]) {
      const { engine, pids, engines } = active(t, factory)
      await engine.start(never())
      const { failures, end } = stream(engine, 2)
      const swapped = engine.swap(factory, never(), { beside }).catch(error => error.code)
      await sleep(ms)
      const children = () => engines.flatMap(e => (e.pid === undefined ? [] : [e.pid]))
      for (const pid of children()) pids.add(pid)
      const ended = engine.stop()
      const asked = end()
      await ended
      await asked
      t.ok([undefined, 'engine_stopped'].includes(await swapped))
      t.strictSame(
        [...new Set(failures.map(f => (f as { code?: string }).code))].filter(c => c !== 'engine_stopped'),
        [],
      )
      t.strictSame([...pids, ...children()].filter(isAlive), [], `stopped after ${ms} ms`)
    }
})

t.test('aside: no model is loaded meanwhile, then the same one again', async t => {
  const { engine, pids } = active(t, factory)
  await engine.start(never())
  let answer: Promise<string> | undefined
  const given = await engine.aside(async () => {
    answer = engine.complete(choose).then(c => c.model.name)
    t.strictSame([...pids].filter(isAlive), [])
    t.equal(engine.info, undefined)
    return 7
  }, never())
  t.equal(given, 7)
  t.equal(await answer, 'fieldmouse-command')
  await t.rejects(
    engine.aside(() => Promise.reject(new Error('it went wrong')), never()),
    /it went wrong/,
  )
  t.equal((await engine.complete(choose)).model.name, 'fieldmouse-command')
})

t.test('who waits too long while another model has the memory is told so, and when to come back', async t => {
  const { engine } = active(t, factory, { patienceMs: 20 })
  await engine.start(never())
  t.equal(engine.longestWaitMs, 0)
  await engine.aside(async () => {
    const refused = t.rejects(engine.complete(choose), {
      code: 'model_on_trial',
      retryable: true,
      message: /a new model is being tried/,
      details: { retryAfterMs: Number },
    })
    while (engine.longestWaitMs < 10) await sleep(1)
    await refused
    t.equal(engine.longestWaitMs, 0, 'it waits no more')
  }, never())
  t.equal((await engine.complete(choose)).model.name, 'fieldmouse-command')
})

t.test('an answer is judged by the calibration of the model that gave it, whoever answers next', async t => {
  const surer = { path: join(t.testdir(), 'surer.gguf') }
  writeFileSync(
    surer.path,
    withMetadata(uncalibrated(readFileSync(factory.path)), {
      [CALIBRATION_KEY]: [0],
      [CALIBRATION_FEATURES_KEY]: 'one',
    }),
  )
  const { engine } = active(t, surer)
  await engine.start(never())
  let swap: Promise<void> | undefined
  // the answer is there, and before anybody has looked at it another model has taken over
  const late: Engine = {
    get info() {
      return engine.info
    },
    complete: async (request, signal) => {
      const completion = await engine.complete(request, signal)
      swap ??= engine.swap(factory, never(), { beside: true })
      await swap
      return completion
    },
  }
  const stage = new FactoryStage(late)
  const utterance = { normalised: 'turn on the hall lamp', dialogue: false }
  t.equal((await stage.run(utterance)).confidence, 0.5, 'half, as the weights of the first one say')
  t.ok((await stage.run(utterance)).confidence > 0.9, 'and the second has its own')
})

/** The same file with its calibration under another name of the same length. */
function uncalibrated(gguf: Buffer): Buffer {
  for (const key of [CALIBRATION_FEATURES_KEY, CALIBRATION_KEY])
    for (let at = gguf.indexOf(key); at >= 0; at = gguf.indexOf(key)) gguf.write('x', at)
  return gguf
}
