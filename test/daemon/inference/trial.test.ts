import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { sleep, systemClock } from '../../../daemon/base/clock.js'
import { loadGolden } from '../../../daemon/commands/golden.js'
import { factoryModelOf } from '../../../daemon/factory.js'
import { ActiveEngine, type ModelFiles } from '../../../daemon/inference/active.js'
import { errors } from '../../../daemon/inference/errors.js'
import { writeRandomGguf } from '../../../daemon/inference/random-gguf.js'
import { SupervisedEngine, type SupervisorOptions } from '../../../daemon/inference/supervisor.js'
import {
  type Golden,
  percentile,
  type TrialOptions,
  trialOf,
  tryModel,
} from '../../../daemon/inference/trial.js'
import { loadGolden as loadLines } from '../../../daemon/triage/golden.js'
import { factoryModelPath } from '../../support/model.js'
import { SMALL_SHAPES } from '../../support/shapes.js'

const never = () => new AbortController().signal
const factory: ModelFiles = { path: factoryModelPath() }
const commands = await loadGolden('ota/factory/golden/command.jsonl')

/** Makers of engines that keep what they made. */
function maker(options: Partial<SupervisorOptions> = {}) {
  const made: SupervisedEngine[] = []
  const make = (model: ModelFiles, settings: Partial<SupervisorOptions> = {}) => {
    const engine = new SupervisedEngine({
      model,
      clock: systemClock,
      threads: 1,
      backoff: { firstMs: 10, maxMs: 50, factor: 2 },
      ...settings,
      ...options,
    })
    made.push(engine)
    return engine
  }
  return { made, make }
}

/** The first so many. */
const few = (golden: Golden, size: number): Golden => ({
  size,
  ask: (engine, index, signal) => golden.ask(engine, index, signal),
})

/** The model that answers now: the same one through all of these stories, as on a device. */
const active = new ActiveEngine({ make: maker().make, first: factory, clock: systemClock })
t.teardown(() => active.stop())
await active.start(never())

t.test('the 95th percentile is a value that was measured, and 95 of 100 keep it', async t => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, min: 0, max: 1e6 }), { minLength: 1 }), values => {
      const p = percentile(values, 0.95)
      const within = (most: number) => values.filter(v => v <= most).length / values.length
      return values.includes(p) && within(p) >= 0.95 && !values.some(v => v < p && within(v) >= 0.95)
    }),
  )
  t.equal(percentile([3, 1, 2], 0.95), 3)
})

t.test('the same model beside itself: the same share right, figures of both', async t => {
  const { made, make } = maker()
  const figures = await trialOf({ candidate: factory, make, running: active, golden: commands }, never())
  t.equal(figures.answered, commands.size)
  t.ok(figures.accuracy > 0.9, `${figures.accuracy} right`)
  t.equal(figures.running?.accuracy, figures.accuracy)
  t.ok(figures.p95Ms > 0 && figures.running!.p95Ms > 0)
  t.ok(figures.memoryMib! > 20 && figures.memoryMib! < 400, `${figures.memoryMib} MiB`)
  t.equal(made.length, 1)
  t.match(made[0]!.info, { threads: 1, sequences: 1 })
  t.equal(made[0]!.pid, undefined, 'it is stopped')
})

t.test('the candidate gives way with all of its threads', async t => {
  const { made, make } = maker()
  const looking: Golden = {
    size: 1,
    ask: async (engine, index, signal) => {
      const right = await commands.ask(engine, index, signal)
      const pid = made[0]!.pid!
      const nice = readdirSync(`/proc/${pid}/task`).map(
        // fields after the name in parentheses, the 19th of all
        task => Number(readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8').split(') ')[1]!.split(' ')[16]),
      )
      t.ok(nice.length > 1)
      t.strictSame([...new Set(nice)], [19])
      return right
    },
  }
  await trialOf({ candidate: factory, make, golden: looking }, never())
  t.equal(active.losses, 0)
})

t.test('a model for something else gets none right, or answers none', async t => {
  const lines = maker().make({ path: factoryModelOf('line').files.model })
  t.teardown(() => lines.stop())
  await lines.start(never())
  const { accuracy, answered } = await tryModel(lines, few(commands, 12), never())
  t.ok(accuracy <= 0.1 && answered <= 12, `${answered} answered, ${accuracy} right`)

  const path = join(t.testdir(), 'random.gguf')
  await writeRandomGguf({ path, shape: SMALL_SHAPES[0]!, quantization: 'q8_0', contextTokens: 256 })
  const { made, make } = maker()
  await t.rejects(trialOf({ candidate: { path }, make, golden: few(commands, 12) }, never()), {
    code: 'trial_unanswered',
    message: /none of 12/,
  })
  t.equal(made[0]!.pid, undefined)
})

t.test('golden lines are asked in the same way', async t => {
  const golden = await loadLines('ota/factory/golden/line.jsonl')
  const { make } = maker()
  const figures = await trialOf(
    { candidate: { path: factoryModelOf('line').files.model }, make, golden },
    never(),
  )
  t.ok(figures.accuracy > 0.6, `${figures.accuracy} right`)
  t.notOk('running' in figures, 'nothing to compare with')
})

/** Does something to the candidate before each request. */
const harming = (made: readonly SupervisedEngine[], harm: (pid: number) => void): Golden => ({
  size: commands.size,
  ask: (engine, index, signal) => {
    const pid = made.at(-1)?.pid
    if (pid !== undefined) harm(pid)
    return commands.ask(engine, index, signal)
  },
})

t.test('a candidate that cannot be tried ends with a code, and its process with it', async t => {
  const torso = join(t.testdir(), 'torso.gguf')
  writeFileSync(torso, readFileSync(factory.path).subarray(0, 100_000))
  const { made, make } = maker({ probeMs: 60_000 })
  const rejects = async (options: Partial<TrialOptions>, code: string) => {
    await t.rejects(
      trialOf({ candidate: factory, make, running: active, golden: commands, ...options }, never()),
      { code },
    )
    t.equal(made.at(-1)!.pid, undefined, `${code}: stopped`)
  }
  await rejects({ candidate: { path: torso } }, 'gguf_truncated')
  await rejects({ candidate: { ...factory, sha256: '0'.repeat(64) } }, 'hash_mismatch')
  await rejects({ golden: harming(made, pid => process.kill(pid, 'SIGKILL')) }, 'trial_died')
  let isFirst = true
  const stopOnce = (pid: number) => {
    if (isFirst) process.kill(pid, 'SIGSTOP')
    isFirst = false
  }
  await rejects({ golden: harming(made, stopOnce), mostMs: 700 }, 'trial_too_long')
  t.equal(active.losses, 0, 'the running model has not noticed')
})

t.test('one process that dies is no verdict', async t => {
  const { made, make } = maker()
  let kills = 1
  const golden = harming(made, pid => {
    if (kills-- > 0) process.kill(pid, 'SIGKILL')
  })
  const figures = await trialOf({ candidate: factory, make, golden }, never())
  t.equal(figures.answered, commands.size)
})

t.test('a trial that is given up ends at once, with its process', async t => {
  const { made, make } = maker()
  for (const ms of [0, 300]) {
    const abort = new AbortController()
    setTimeout(() => abort.abort(), ms)
    const endless: Golden = { size: 1e6, ask: (e, i, s) => commands.ask(e, i % commands.size, s) }
    await t.rejects(trialOf({ candidate: factory, make, running: active, golden: endless }, abort.signal), {
      name: 'AbortError',
    })
    t.equal(made.at(-1)!.pid, undefined)
  }
})

t.test('where memory is short the running model is not loaded meanwhile', async t => {
  const { make } = maker()
  const seen: unknown[] = []
  const golden: Golden = {
    size: 3,
    ask: (engine, index, signal) => {
      seen.push(active.info?.name)
      return commands.ask(engine, index, signal)
    },
  }
  const aside: TrialOptions['aside'] = (work, signal) => active.aside(work, signal)
  const figures = await trialOf({ candidate: factory, make, running: active, golden, aside }, never())
  t.strictSame(seen, [undefined, undefined, undefined, ...Array(3).fill('fieldmouse-command')])
  t.equal(figures.running?.accuracy, figures.accuracy)
  const broken = trialOf({ candidate: { path: 'none.gguf' }, make, running: active, golden, aside }, never())
  await t.rejects(broken, { code: 'model_not_found' })
  t.ok(active.info, 'it answers again')
})

t.test('in the place of the running model: who asks is answered before the trial is over', async t => {
  const { made, make } = maker()
  let answered: string | undefined
  const answeredAt: (string | undefined)[] = []
  const golden: Golden = {
    size: 30,
    ask: async (engine, index, signal) => {
      // of the candidate's requests; the running model is asked the same ones at the end
      if (answeredAt.length < 30) {
        if (index === 2)
          void few(commands, 1)
            .ask(active, 0, never())
            .then(right => {
              answered = `${right}, ${active.info?.name}`
            })
        answeredAt.push(answered)
        await sleep(100)
      }
      return commands.ask(engine, index, signal)
    },
  }
  const figures = await trialOf(
    {
      candidate: factory,
      make,
      running: active,
      golden,
      aside: (work, signal) => active.aside(work, signal),
      waitingMs: () => active.longestWaitMs,
    },
    never(),
  )
  t.equal(figures.answered, 30)
  t.equal(figures.running?.accuracy, figures.accuracy)
  t.equal(answeredAt[3], undefined)
  t.equal(answeredAt.at(-1), 'true, fieldmouse-command')
  t.equal(made.length, 2, 'two bouts')
  t.ok(
    made.every(engine => engine.pid === undefined),
    'and nothing of either is left',
  )
})

t.test('where people leave no time the trial is put off, and says nothing against the model', async t => {
  const { made, make } = maker()
  const slow: Golden = {
    size: 50,
    ask: async (engine, index, signal) => {
      await sleep(600)
      return commands.ask(engine, index, signal)
    },
  }
  const options = { candidate: factory, make, running: active, golden: slow, waitingMs: () => 2_000 }
  const aside: TrialOptions['aside'] = (work, signal) => active.aside(work, signal)
  await t.rejects(trialOf({ ...options, aside }, never()), {
    code: 'trial_disturbed',
    retryable: true,
    message: /5 of 50 golden requests in 5 bouts/,
  })
  t.equal(made.length, 5)
  t.ok(active.info, 'it answers again')
})

t.test('golden requests are asked only while nobody else is', async t => {
  const { make } = maker()
  let busy = 3
  const asked: number[] = []
  const golden: Golden = {
    size: 2,
    ask: (engine, index, signal) => {
      asked.push(busy)
      return commands.ask(engine, index, signal)
    },
  }
  const isBusy = () => busy-- > 0
  await trialOf({ candidate: factory, make, running: active, golden, isBusy }, never())
  t.strictSame(asked, [-1, -2, -3, -4], 'people go first, whichever model is asked')
})

t.test(
  'a running model that cannot be asked is no fault of the candidate; a fault of ours is one',
  async t => {
    const { make } = maker()
    const failing = (error: unknown) => ({ info: undefined, complete: () => Promise.reject(error) })
    const options = { candidate: factory, make, golden: few(commands, 2) }
    const gone = failing(errors.engine_unavailable({ waitedMs: 1 }))
    await t.rejects(trialOf({ ...options, running: gone }, never()), {
      code: 'trial_disturbed',
      retryable: true,
    })
    const mute = failing(errors.no_way_on({ after: '' }))
    t.notOk('running' in (await trialOf({ ...options, running: mute }, never())))
    const golden: Golden = { size: 1, ask: () => Promise.reject(new TypeError('our own mistake')) }
    await t.rejects(trialOf({ ...options, golden }, never()), TypeError)
  },
)
