import fc from 'fast-check'
import t from 'tap'
import {
  type Candidate,
  type Event,
  MOST_REBOOTS,
  MOST_STARTS,
  next,
  State,
  stepOf,
} from '../../../ota/client/machine.js'
import { TargetPromise } from '../../../ota/format/target.js'

const promise = TargetPromise.parse({
  kind: 'model',
  family: 'command',
  version: '1.2.0',
  release: 2,
  needs: {},
  files: [{ role: 'model', path: 'command/x.gguf', length: 10, sha256: 'a'.repeat(64) }],
})
const candidate: Candidate = { slot: 'a', path: 'command/x.gguf', promise }
const reason = { code: 'x', says: 'because' }

const event: fc.Arbitrary<Event> = fc.oneof(
  ...(
    ['check', 'downloaded', 'verified', 'may_go', 'moved', 'confirmed', 'gone_back', 'started'] as const
  ).map(what => fc.constant({ what } as Event)),
  fc.boolean().map(isOrderly => ({ what: 'started', isOrderly }) as Event),
  fc.constantFrom('a', 'b', 'c').map(bootId => ({ what: 'started', bootId }) as Event),
  fc.constantFrom('a', 'b', 'c').map(bootId => ({ what: 'steady', bootId, watchedMs: 1 }) as Event),
  fc.constant<Event>({ what: 'passed' }),
  fc.constant<Event>({ what: 'found', candidate }),
  fc.constant<Event>({ what: 'nothing', why: reason }),
  fc.constant<Event>({ what: 'refused', reason }),
  fc.constant<Event>({ what: 'cancel', reason }),
  fc.boolean().map(retryable => ({ what: 'error', reason, retryable }) as Event),
  fc.boolean().map(isBad => ({ what: 'go_back', candidate, reason, isBad }) as Event),
)

const count = fc.integer({ min: 0, max: 2 })
const state: fc.Arbitrary<State> = fc.oneof(
  fc.constant<State>({ is: 'idle' }),
  count.map(attempt => ({ is: 'checking', attempt }) as State),
  count.map(attempt => ({ is: 'downloading', candidate, attempt }) as State),
  count.map(attempt => ({ is: 'verifying', candidate, attempt }) as State),
  fc.constant<State>({ is: 'staged', candidate }),
  count.map(tries => ({ is: 'trial', candidate, tries }) as State),
  fc
    .tuple(count, fc.boolean())
    .map(([starts, moved]) => ({ is: 'active', candidate, moved, starts }) as State),
  fc
    .tuple(fc.boolean(), fc.boolean())
    .map(([isBad, again]) => ({ is: 'rolled-back', candidate, reason, isBad, again }) as State),
  fc
    .tuple(count, fc.boolean())
    .map(([attempt, again]) => ({ is: 'failed', reason, attempt, again }) as State),
)
const events = fc.array(event, { maxLength: 40 })
const play = (events: readonly Event[], from: State = { is: 'idle' }) => events.reduce(next, from)

t.test('whatever happens, the state is one that can be kept and read again', async t => {
  fc.assert(
    fc.property(state, events, (from, events) => {
      const end = play(events, from)
      t.same(State.parse(JSON.parse(JSON.stringify(end))), end)
      stepOf(end)
    }),
  )
})

t.test('whatever happened, there is a way back to idle', async t => {
  const wayOut: Event[] = [
    { what: 'refused', reason },
    { what: 'error', reason, retryable: false },
    { what: 'gone_back' },
    { what: 'check' },
    { what: 'nothing', why: reason },
  ]
  fc.assert(
    fc.property(state, events, (from, events) => {
      let end = play(events, from)
      for (let i = 0; i < 4 && end.is !== 'idle'; i++) end = play(wayOut, end)
      return end.is === 'idle'
    }),
  )
  t.pass()
})

t.test('nothing is active that was not verified, and then tried', async t => {
  const forward = (['downloaded', 'verified', 'may_go', 'passed'] as const).map(what => ({ what }))
  const likely = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom<Event>(...forward) },
    { weight: 1, arbitrary: event },
  )
  let reached = 0
  fc.assert(
    fc.property(fc.array(likely, { minLength: 30, maxLength: 60, size: 'max' }), events => {
      let at: State = { is: 'downloading', candidate, attempt: 0 }
      let verified = false
      let passed = false
      for (const e of events) {
        const after = next(at, e)
        if (after.is === 'downloading' && at.is !== 'downloading') [verified, passed] = [false, false]
        if (at.is === 'verifying' && e.what === 'verified') verified = true
        if (at.is === 'trial' && e.what === 'passed') passed = true
        if (after.is === 'active') reached++
        if (after.is === 'active' && !(verified && passed)) return false
        at = after
      }
      return true
    }),
    { numRuns: 2_000 },
  )
  t.ok(reached > 10, `and some do become active: ${reached}`)
})

t.test('restarts alone never keep an update going round for ever', async t => {
  for (const from of [
    { is: 'trial', candidate, tries: 0 },
    { is: 'active', candidate, moved: false, starts: 0 },
    { is: 'active', candidate, moved: true, starts: 0 },
  ] as State[]) {
    let at = from
    for (let i = 0; i < MOST_STARTS; i++) at = next(at, { what: 'started' })
    t.equal(at.is, 'rolled-back')
  }
})

t.test('whoever is told to stop, as often as it likes, says nothing against a model', async t => {
  for (const from of [
    { is: 'trial', candidate, tries: 1 },
    { is: 'active', candidate, moved: true, starts: 1 },
  ] as State[]) {
    let at = from
    for (let i = 0; i < 2 * MOST_STARTS; i++) at = next(at, { what: 'started', isOrderly: true })
    t.strictSame(at, from)
  }
})

type Active = Extract<State, { is: 'active' }>
const watched: Active = { is: 'active', candidate, moved: true, starts: 0 }
/** One life of the daemon: in which life of the board, how it began, and whether the model answered well in it. */
const life = fc.record({
  bootId: fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { nil: undefined }),
  isOrderly: fc.boolean(),
  isSteady: fc.boolean(),
})

t.test('a power that goes after good answers is not held against a model, anything else is', async t => {
  fc.assert(
    fc.property(fc.array(life, { maxLength: 40 }), lives => {
      let at: State = watched
      let before: { bootId: string } | undefined
      let [counted, excused] = [0, 0]
      for (const { bootId, isOrderly, isSteady } of lives) {
        if (!isOrderly) {
          const isPower = before !== undefined && bootId !== undefined && before.bootId !== bootId
          if (isPower && excused < MOST_REBOOTS) excused++
          else counted++
        }
        at = next(at, { what: 'started', isOrderly, ...(bootId === undefined ? {} : { bootId }) })
        if (counted >= MOST_STARTS) return at.is === 'rolled-back' && at.isBad
        if (at.is !== 'active' || at.starts !== counted || (at.reboots ?? 0) !== excused) return false
        if (at.steady !== undefined) return false
        before = isSteady && bootId !== undefined ? { bootId } : undefined
        if (before) at = next(at, { what: 'steady', ...before, watchedMs: 1 })
      }
      return true
    }),
    { numRuns: 2_000 },
  )
  t.pass()
})

t.test('a model that lets the board run for a while, again and again, is found out as well', async t => {
  let at: State = watched
  let lives = 0
  for (; at.is === 'active'; lives++) {
    at = next(at, { what: 'steady', bootId: `${lives}`, watchedMs: 120_000 })
    at = next(at, { what: 'started', bootId: `${lives + 1}` })
  }
  t.equal(lives, MOST_REBOOTS + MOST_STARTS)
  t.match(at, {
    is: 'rolled-back',
    isBad: true,
    reason: { code: 'worse_in_use', says: /4 times.* 8 times more/ },
  })
})

t.test('what a version before this one kept is read, and its starts count on', async t => {
  const kept = State.parse(JSON.parse(JSON.stringify({ ...watched, starts: 3, watchedMs: 60_000 })))
  t.match(next(kept, { what: 'started', bootId: 'a' }), { is: 'rolled-back' })
  const steady = next(kept, { what: 'steady', bootId: 'a', watchedMs: 180_000 })
  t.match(
    next(steady, { what: 'started', bootId: 'a' }),
    { is: 'rolled-back' },
    'the daemon died, not the board',
  )
  const after = next(steady, { what: 'started', bootId: 'b' })
  t.strictSame(
    after,
    { ...watched, starts: 3, watchedMs: 60_000, reboots: 1 },
    'the watch goes on from a stop',
  )
  t.equal(next({ ...watched, moved: false }, { what: 'steady', bootId: 'a', watchedMs: 1 }).is, 'active')
  t.notOk('steady' in next({ ...watched, moved: false }, { what: 'steady', bootId: 'a', watchedMs: 1 }))
})

t.test('what was disturbed goes back, is not bad for it, and is tried again', async t => {
  for (const from of [
    { is: 'trial', candidate, tries: 0 },
    { is: 'active', candidate, moved: false, starts: 0 },
  ] as State[]) {
    const back = next(from, { what: 'error', reason, retryable: true })
    t.match(back, { is: 'rolled-back', isBad: false })
    t.match(next(back, { what: 'gone_back' }), { is: 'failed', again: true, reason })
    const bad = next(from, { what: 'error', reason, retryable: false })
    t.match(bad, { is: 'rolled-back', isBad: true })
    t.match(next(bad, { what: 'gone_back' }), { is: 'idle' })
  }
})

t.test(
  'what a wait does not mend is looked at once more, in case it was seen while it was published',
  async t => {
    const error: Event = { what: 'error', reason, retryable: false }
    const first = next({ is: 'checking', attempt: 0 }, error)
    t.match(first, { is: 'failed', again: true })
    const second = next(next(first, { what: 'check' }), error)
    t.match(second, { is: 'failed', again: false })
    t.match(
      next(next(second, { what: 'check' }), error),
      { is: 'failed', again: true },
      'at the next look as well',
    )
  },
)

t.test('an event that means nothing in a state changes nothing', async t => {
  const idle: State = { is: 'idle' }
  for (const what of [
    'downloaded',
    'verified',
    'may_go',
    'moved',
    'confirmed',
    'gone_back',
    'started',
  ] as const)
    t.equal(next(idle, { what }), idle)
  const trial: State = { is: 'trial', candidate, tries: 0 }
  t.equal(next(trial, { what: 'check' }), trial)
  t.equal(next(trial, { what: 'cancel', reason }), trial, 'a trial is not cut off')
})
