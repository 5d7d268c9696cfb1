/** The swap of models in every order of events that fast-check can think of. */
import fc from 'fast-check'
import t from 'tap'
import { systemClock } from '../../../daemon/base/clock.js'
import { codeOf } from '../../../daemon/base/errors.js'
import { ActiveEngine } from '../../../daemon/inference/active.js'
import { inBouts } from '../../../daemon/inference/bouts.js'
import type { CompletionRequest, ModelInfo } from '../../../daemon/inference/engine.js'
import { FakeEngines } from '../../support/fake-engines.js'

const REQUEST: CompletionRequest = {
  prefix: '',
  prompt: '',
  grammar: { root: 'a', rules: { a: { lit: 'a' } } } as never,
  maxTokens: 1,
}

type Deed =
  | { what: 'ask' }
  | { what: 'cancel_ask' }
  | { what: 'swap'; good: boolean; beside: boolean }
  | { what: 'swap_loaded'; mayComeForward: boolean }
  | { what: 'cancel_swap' }
  | { what: 'aside' }
  | { what: 'adjust'; threads: number }
  | { what: 'go'; pick: number }

const go = fc.nat(20).map(pick => ({ what: 'go', pick }) as const)
const deed = (beside: fc.Arbitrary<boolean>): fc.Arbitrary<Deed> =>
  fc.oneof(
    { arbitrary: go, weight: 8 },
    { arbitrary: fc.constant({ what: 'ask' } as const), weight: 5 },
    { arbitrary: fc.constant({ what: 'cancel_ask' } as const), weight: 1 },
    {
      arbitrary: fc.record({ what: fc.constant('swap' as const), good: fc.boolean(), beside }),
      weight: 3,
    },
    { arbitrary: fc.constant({ what: 'cancel_swap' } as const), weight: 1 },
    { arbitrary: fc.constant({ what: 'aside' } as const), weight: 1 },
    {
      arbitrary: fc.record({ what: fc.constant('adjust' as const), threads: fc.integer({ min: 1, max: 8 }) }),
      weight: 1,
    },
  )

type End = { ok: true; name: string } | { ok: false; code: string | undefined }

/** Acts a story out. `stopAt`: stop() comes before that deed. */
async function actOut(story: readonly Deed[], stopAt: number | undefined) {
  const world = new FakeEngines()
  const told: string[] = []
  const active = new ActiveEngine({
    make: world.make,
    first: { path: 'good-0' },
    clock: systemClock,
    onSwapped: info => told.push(info.name),
    patienceMs: 60_000,
  })
  const started = active.start(new AbortController().signal)
  await world.step(0)
  await started
  const asks: { abort: AbortController; end: Promise<End>; ends: number; seen: readonly string[] }[] = []
  const swaps: { to: string; abort: AbortController; end: Promise<End> }[] = []
  let limits: { threads: number; sequences: number } | undefined
  let stopped: Promise<void> | undefined

  for (const [i, d] of story.entries()) {
    if (i === stopAt) stopped = active.stop()
    if (d.what === 'go') await world.step(d.pick)
    else if (d.what === 'ask') {
      const abort = new AbortController()
      const ask = { abort, ends: 0, seen: [], end: Promise.resolve<End>({ ok: false, code: '' }) }
      ask.end = active.complete(REQUEST, abort.signal).then(
        c => {
          ask.ends++
          return c.model.name === c.text ? { ok: true, name: c.text } : { ok: false, code: 'two models' }
        },
        error => {
          ask.ends++
          return { ok: false, code: codeOf(error) ?? String(error) }
        },
      )
      asks.push(ask)
    } else if (d.what === 'cancel_ask') asks.at(-1)?.abort.abort()
    else if (d.what === 'swap') {
      const abort = new AbortController()
      const to = `${d.good ? 'good' : 'bad'}-${swaps.length + 1}`
      const end = active.swap({ path: to }, abort.signal, { beside: d.beside }).then(
        (): End => ({ ok: true, name: to }),
        (error): End => ({ ok: false, code: codeOf(error) ?? 'not loaded' }),
      )
      swaps.push({ to, abort, end })
    } else if (d.what === 'swap_loaded') {
      const abort = new AbortController()
      const to = `good-${swaps.length + 1}`
      const loaded = world.make({ path: to }).loadedAlready(d.mayComeForward)
      const end = active.swap({ path: to }, abort.signal, { beside: true, loaded }).then(
        (): End => ({ ok: true, name: to }),
        (error): End => ({ ok: false, code: codeOf(error) ?? 'not loaded' }),
      )
      swaps.push({ to, abort, end })
    } else if (d.what === 'cancel_swap') swaps.at(-1)?.abort.abort()
    else if (d.what === 'aside')
      await Promise.race([
        world.step(i),
        inBouts(
          { asked: 0, askedBefore: 0 },
          1 + (i % 3),
          from =>
            active.aside(async () => {
              if (world.made.some(e => e.state === 'loaded' || e.state === 'loading'))
                world.broken.push('a model was loaded beside what needs its memory')
              if (asks.slice(0, from.askedBefore).some(ask => ask.ends === 0))
                world.broken.push('somebody waits through two bouts')
              return { asked: from.asked + 1, askedBefore: asks.length }
            }, new AbortController().signal),
          { signal: new AbortController().signal, wait: () => new Promise(go => setImmediate(go)) },
        ).catch(error => codeOf(error) === 'engine_stopped' || world.broken.push(String(error))),
      ])
    else {
      limits = { threads: d.threads, sequences: 1 }
      active.adjust(limits)
    }
  }
  const over = Promise.all([...asks, ...swaps].map(x => x.end))
  let isOver = false
  void over.then(() => {
    isOver = true
  })
  // always a way out: without a further deed all comes to an end
  for (let n = 0; n < 500 && !(isOver && !(await world.step(0))); n++) await world.step(n)
  return { world, active, asks, swaps, told, limits, isOver, stopped }
}

const ended = async (asks: { end: Promise<End> }[]) => Promise.all(asks.map(a => a.end))

/** What no order of events may break. */
async function problemsOf(story: readonly Deed[], most: number): Promise<string[]> {
  const { world, active, asks, swaps, told, limits, isOver } = await actOut(story, undefined)
  const end = { asks: await ended(asks), swaps: isOver ? await ended(swaps) : [] }
  const wrong = [...world.broken]
  if (!isOver) wrong.push('something never ends')
  if (world.most > most) wrong.push(`${world.most} models at once`)
  for (const [i, e] of end.asks.entries()) {
    if (asks[i]!.ends !== 1) wrong.push(`request ${i} ended ${asks[i]!.ends} times`)
    if (!e.ok && !(e.code === 'completion_cancelled' && asks[i]!.abort.signal.aborted))
      wrong.push(`request ${i}: ${e.code}`)
  }
  for (const [i, e] of end.swaps.entries()) {
    const { abort, to } = swaps[i]!
    if (e.ok && to.startsWith('bad')) wrong.push(`${to} was taken`)
    if (!e.ok && to.startsWith('good') && !(abort.signal.aborted && e.code === 'swap_cancelled'))
      wrong.push(`${to}: ${e.code}`)
  }
  const taken = end.swaps.flatMap(e => (e.ok ? [e.name] : []))
  if (taken.join() !== told.join()) wrong.push(`taken ${taken}, told ${told}`)
  const last = taken.at(-1) ?? 'good-0'
  if (active.info?.name !== last) wrong.push(`${active.info?.name} answers, not ${last}`)
  const alive = world.made.filter(e => e.state !== 'ended')
  if (alive.length !== 1 || alive[0]!.info !== active.info) wrong.push(`${alive.length} models at the end`)
  if (limits && JSON.stringify(alive[0]?.limits) !== JSON.stringify(limits)) wrong.push('limits were lost')
  const stopped = active.stop()
  while (await world.step(0));
  await stopped
  if (world.made.some(e => e.state !== 'ended')) wrong.push('a model outlives the stop')
  return wrong
}

t.test(
  'whatever comes when: each request is answered once, by one model that was loaded all the time',
  async t => {
    await fc.assert(
      fc.asyncProperty(fc.array(deed(fc.boolean()), { maxLength: 40 }), async story => {
        const wrong = await problemsOf(story, 2)
        if (wrong.length > 0) throw new Error(wrong.join('; '))
      }),
      { numRuns: 600 },
    )
    t.pass('600 stories')
  },
)

t.test('the same with models that were loaded before, some of which may not come forward', async t => {
  const loaded: fc.Arbitrary<Deed> = fc
    .boolean()
    .map(mayComeForward => ({ what: 'swap_loaded', mayComeForward }))
  const any = fc.oneof(
    { arbitrary: deed(fc.constant(true)).filter(d => d.what !== 'aside'), weight: 6 },
    { arbitrary: loaded, weight: 1 },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(any, { maxLength: 40 }), async story => {
      // whoever tries models sees to it that one waits at most; here they may come at any time
      const wrong = await problemsOf(story, Infinity)
      if (wrong.length > 0) throw new Error(wrong.join('; '))
    }),
    { numRuns: 400 },
  )
  t.pass('400 stories')
})

t.test('where memory is short there are never two', async t => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed(fc.constant(false)), { maxLength: 40 }), async story => {
      const { world, active } = await actOut(story, undefined)
      const stopped = active.stop()
      while (await world.step(0));
      await stopped
      if (world.most > 1) throw new Error(`${world.most} models at once`)
      if (world.broken.length > 0) throw new Error(world.broken.join('; '))
    }),
    { numRuns: 300 },
  )
  t.pass('300 stories')
})

t.test('a stop at any moment: nothing is left alive, nobody is left waiting', async t => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(deed(fc.boolean()), { minLength: 1, maxLength: 30 }),
      fc.nat(29),
      async (story, at) => {
        const { world, active, asks, swaps, isOver, stopped } = await actOut(story, at % story.length)
        await stopped
        const wrong = [...world.broken]
        if (!isOver) wrong.push('something never ends')
        for (const e of await ended(asks))
          if (!e.ok && !['engine_stopped', 'completion_cancelled'].includes(e.code ?? ''))
            wrong.push(`${e.code}`)
        await ended(swaps)
        if (world.made.some(e => e.state !== 'ended')) wrong.push('a model outlives the stop')
        if (active.info) wrong.push('something still answers')
        if (wrong.length > 0) throw new Error(wrong.join('; '))
        // a second life begins with the model that answered last
        const started = active.start(new AbortController().signal)
        while (await world.step(0));
        await started
        if (active.info?.name !== active.files.path) throw new Error('another model after the start')
        const end = active.stop()
        while (await world.step(0));
        await end
      },
    ),
    { numRuns: 600 },
  )
  t.pass('600 stories')
})

t.test('the old model that cannot be loaded again is tried until it can', async t => {
  const world = new FakeEngines()
  const troubles: unknown[] = []
  let isBroken = false
  const active = new ActiveEngine({
    make: files => world.make(isBroken ? { path: `bad-${files.path}` } : files),
    first: { path: 'good' },
    clock: systemClock,
    onTrouble: error => troubles.push(error),
    patienceMs: 20,
    backoff: { firstMs: 5, maxMs: 5, factor: 1 },
  })
  t.teardown(() => active.stop())
  const started = active.start(new AbortController().signal)
  await world.step(0)
  await started
  isBroken = true
  const swapped = active.swap({ path: 'other' }, new AbortController().signal, { beside: false })
  let isOver = false
  const rejected = t.rejects(swapped, /its process ended/).then(() => {
    isOver = true
  })
  while (!isOver) await world.step(0)
  await rejected
  t.equal(active.info, undefined)
  await t.rejects(active.complete(REQUEST), { code: 'engine_unavailable', retryable: true })
  while (troubles.length < 3) await world.step(0)
  isBroken = false
  const answer = active.complete(REQUEST).catch(() => active.complete(REQUEST))
  for (let name: string | undefined; name === undefined; name = (active.info as ModelInfo | undefined)?.name)
    await world.step(0)
  while (await world.step(0));
  t.equal((await answer).model.name, 'good')
  const stopped = active.stop()
  while (await world.step(0));
  await stopped
})
