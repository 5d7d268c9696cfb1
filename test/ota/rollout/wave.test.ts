import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { type RolloutPlan, readTellId, takeId } from '../../../ota/format/rollout.js'
import { obey } from '../../../ota/rollout/orders.js'
import { IN_PROGRESS } from '../../../ota/rollout/verdict.js'
import type { Turn } from '../../../ota/rollout/wave.js'
import { type Manner, plan, RolloutWorld } from '../../support/rollout-world.js'

const ENDS = ['done', 'failed', 'rolled_back', 'timed_out', 'rejected', 'skipped']
const REST = ['done', 'stopped', 'gone_back']

const manner = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Manner>('good') },
  { weight: 6, arbitrary: fc.constantFrom<Manner>('bad', 'failing', 'rejecting', 'silent', 'away', 'flaky') },
)
const size = fc.oneof(
  fc.integer({ min: 1, max: 8 }),
  fc.integer({ min: 1, max: 60 }).map(n => `${n}%`),
)
const anyPlan: fc.Arbitrary<RolloutPlan> = fc
  .record({
    canary: size,
    waves: fc.array(
      fc.record({
        size,
        soak_minutes: fc.constantFrom(0, 30),
        approval: fc.constantFrom('none' as const, 'by_hand' as const),
        per_minute: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
      }),
      { maxLength: 3 },
    ),
    gate: fc.record({ confirmed_percent: fc.constantFrom(0, 50, 95, 100) }),
    stop_when: fc.constantFrom(
      [],
      [{ of: 'any' as const, percent: 20, at_least: 3 }],
      [{ of: 'rolled_back' as const, percent: 50, at_least: 1 }],
    ),
    max_in_progress: fc.integer({ min: 1, max: 10 }),
    timeout_minutes: fc.constant(60),
    failed_minutes: fc.constant(0),
    who: fc.record({ offline: fc.constantFrom('last' as const, 'skip' as const) }),
    on_stop: fc.constantFrom('hold' as const, 'go_back' as const),
    in_progress_on_stop: fc.constantFrom('withdraw' as const, 'leave' as const),
    hold_others: fc.constantFrom('on' as const, 'off' as const),
    go_back_to: fc.option(fc.constant({ sha256: 'b'.repeat(64) }), { nil: undefined }),
  })
  .map(more => plan(more))

/** What must hold of every turn, looked at from outside. */
function checkTurn(world: RolloutWorld, turn: Turn): void {
  const { record, tell, standings } = turn
  const takes = tell.filter(one => one.what === 'take')
  const under = [...standings.values()].filter(s => IN_PROGRESS.has(s.is)).length
  const most = record.plan.max_in_progress
  if (takes.length > 0 && takes.length + under > most)
    throw new Error(`${takes.length} more beside ${under}, ${most} are allowed`)
  if (takes.length > 0 && record.phase !== 'running') throw new Error(`told while ${record.phase}`)
  const twice = tell.length !== new Set(tell.map(one => one.id)).size
  if (twice) throw new Error('a device was told twice in one turn')
  for (const one of takes) {
    if (one.wave !== record.waves.length - 1) throw new Error('told for another wave than the open one')
    if (readTellId('r1', world.heard.devices.get(one.id)?.desired?.id)?.what === 'take')
      throw new Error(`${one.id} was told before`)
  }
  const open = record.waves.at(-1)
  const told = [...standings.values()].filter(s => s.told).length
  if (open && open.up_to !== null && takes.length > 0 && told + takes.length > open.up_to)
    throw new Error('more were told than the wave has room for')
}

/** A wave was opened in this turn: the gate before it must have been passed, by what devices really are. */
function checkGate(before: RolloutWorld['record'], world: RolloutWorld, turn: Turn): void {
  for (let index = before.waves.length; index < turn.record.waves.length; index++) {
    if (index === 0) continue
    const gate = turn.record.waves[index - 1]!
    const rule = turn.record.plan.waves[index - 1]!
    if (gate.reached_at_ms === undefined) throw new Error('opened without its gate')
    if (world.nowMs - gate.reached_at_ms < rule.soak_minutes * 60_000)
      throw new Error('opened within the soak')
    if (rule.approval === 'by_hand' && !gate.approved_at_ms) throw new Error('opened without approval')
  }
  for (const [index, wave] of turn.record.waves.entries()) {
    if (wave.reached_at_ms !== world.nowMs || before.waves[index]?.reached_at_ms !== undefined) continue
    if (wave.overruled) continue
    const told = [...turn.standings.values()].filter(s => s.told && s.is !== 'rejected')
    const done = told.filter(s => s.is === 'done').length
    const wanted = turn.record.plan.waves[index]!.confirmed_percent
    if ((done / told.length) * 100 < wanted) throw new Error(`${done} of ${told.length} is not ${wanted} %`)
  }
}

t.test('any fleet, any plan, killed at any moment: the rules hold and it comes to an end', async t => {
  fc.assert(
    fc.property(
      anyPlan,
      fc.array(manner, { minLength: 1, maxLength: 18 }),
      fc.array(fc.nat({ max: 99 }), { minLength: 40, maxLength: 40 }),
      (thePlan, manners, dice) => {
        const world = new RolloutWorld(thePlan, manners)
        const names = [...world.devices.keys()]
        let wasStopped = false
        let resumes = 0
        let turns = 0
        for (; turns < 4_000; turns++) {
          const die = dice[turns % dice.length]! + turns
          const before = world.record
          const turn = world.look()
          checkTurn(world, turn)
          checkGate(before, world, turn)
          if (wasStopped && turn.tell.some(one => one.what === 'take')) throw new Error('told after a stop')
          if (die % 5 === 0) {
            const afresh = world.lookAfresh()
            assert.deepEqual(afresh.tell, turn.tell)
            assert.deepEqual(afresh.record, turn.record)
            assert.deepEqual(afresh.counts, turn.counts)
          }
          world.carry(turn)
          if (turn.record.phase === 'stopped') wasStopped = true
          if (REST.includes(turn.record.phase) && turn.tell.length === 0) {
            if (turn.record.phase === 'stopped' && resumes < 1 && die % 3 === 0) {
              resumes++
              wasStopped = false
              const after = obey(world.record, { do: 'resume', by: 'me' }, world.nowMs)
              if ('problem' in after) throw new Error(after.problem)
              world.record = after
            } else {
              const all = [...turn.standings.values()].map(s => s.is)
              if (all.every(is => ENDS.includes(is))) break
            }
          }
          if (die % 7 === 0) {
            const order = obey(world.record, { do: die % 2 ? 'approve' : 'pause', by: 'me' }, world.nowMs)
            if (!('problem' in order)) world.record = order
          } else if (world.record.phase === 'paused') {
            const order = obey(world.record, { do: 'resume', by: 'me' }, world.nowMs)
            if (!('problem' in order)) world.record = order
          }
          for (let i = 0; i < 3; i++) world.step(names[(die * 7 + i * 5 + turns) % names.length]!)
          world.pass(0.5)
        }
        if (turns >= 4_000)
          throw new Error(`no end: ${world.record.phase}, ${JSON.stringify(world.look().counts)}`)
        if (world.record.phase === 'gone_back')
          for (const [id, device] of world.devices) {
            const wasTold = world.heard.devices.get(id)?.desired?.id?.includes('#back')
            if (wasTold && device.manner === 'good' && device.running === 'a'.repeat(64))
              throw new Error(`${id} has not gone back`)
          }
      },
    ),
    { numRuns: 60 },
  )
  t.pass('each turn of each run was looked at from outside')
})

/** Until it rests; every device goes on by one state a turn. */
function settle(world: RolloutWorld, most = 400, minutes = 1): Turn {
  for (let i = 0; i < most; i++) {
    const turn = world.look()
    world.carry(turn)
    if (REST.includes(turn.record.phase) && turn.tell.length === 0) return turn
    for (const id of world.devices.keys()) world.step(id)
    world.pass(minutes)
  }
  return world.look()
}
const fleet = (...parts: [Manner, number][]) => parts.flatMap(([m, n]) => Array<Manner>(n).fill(m))
const told = (world: RolloutWorld) =>
  [...world.heard.devices.values()].filter(d => readTellId('r1', d.desired?.id)?.what === 'take').length

t.test('a bad model goes no further than the canary', async t => {
  const world = new RolloutWorld(plan({ canary: 5 }), fleet(['bad', 50]))
  const { record, counts } = settle(world)
  t.match(record, { phase: 'stopped', reason: { code: 'too_many_failures', message: /5 of 5/ } })
  t.match(counts, { rolled_back: 5, skipped: 45 })
  t.equal(told(world), 5)
  world.pass(10_000)
  t.equal(world.look().tell.length, 0, 'a stop is final')
})

t.test('a canary smaller than the rule needs is stopped by its gate', async t => {
  const { record } = settle(new RolloutWorld(plan({ canary: 2 }), fleet(['bad', 20])))
  t.match(record, { phase: 'stopped', reason: { code: 'gate_missed', message: /0 of 2/ } })
})

t.test('silent devices are timed out, and counted', async t => {
  const few = settle(
    new RolloutWorld(
      plan({ canary: '10%', gate: { confirmed_percent: 80 } }),
      fleet(['good', 97], ['silent', 3]),
    ),
    3_000,
  )
  t.equal(few.record.phase, 'done')
  t.match(few.counts, { done: 97, timed_out: 3 })
  const many = settle(
    new RolloutWorld(
      plan({ stop_when: [{ of: 'timed_out', percent: 30, at_least: 10 }] }),
      fleet(['silent', 30]),
    ),
    3_000,
  )
  t.match(many.record, { phase: 'stopped', reason: { message: /timed out/ } })
})

t.test('one that answers after its time was up is done after all', async t => {
  const world = new RolloutWorld(plan({ timeout_minutes: 10 }), fleet(['good', 30], ['silent', 1]))
  t.match(settle(world), { record: { phase: 'done' }, counts: { done: 30, timed_out: 1 } })
  world.devices.get('d30')!.manner = 'good'
  for (let i = 0; i < 8; i++) world.step('d30')
  t.match(world.look().counts, { done: 31, timed_out: 0 })
})

t.test('a device that cannot take it counts for no gate', async t => {
  const { record, counts } = settle(
    new RolloutWorld(
      plan({ canary: 4, gate: { confirmed_percent: 100 } }),
      fleet(['good', 6], ['rejecting', 6]),
    ),
  )
  t.equal(record.phase, 'done')
  t.match(counts, { done: 6, rejected: 6 })
})

t.test('an old refusal is no answer to what was told just now', async t => {
  const world = new RolloutWorld(plan({}), fleet(['rejecting', 1]), 5_000)
  world.carry(world.look())
  world.step('d0')
  t.match(world.look().counts, { rejected: 0 }, 'it has not stood long enough')
  world.pass(0.2)
  t.match(world.look().counts, { rejected: 1 })
})

t.test('soak, approval and pause hold the next wave back', async t => {
  const world = new RolloutWorld(
    plan({ canary: 2, gate: { soak_minutes: 60, approval: 'by_hand' } }),
    fleet(['good', 6]),
  )
  settle(world, 30)
  t.equal(told(world), 2, 'within the soak')
  settle(world, 90)
  t.equal(told(world), 2, 'the soak is over, nobody approved')
  const paused = obey(world.record, { do: 'pause', by: 'ada' }, world.nowMs)
  t.match(paused, { phase: 'paused', orders: [{ do: 'pause', by: 'ada' }] })
  const approved = obey(paused as never, { do: 'approve', by: 'ada' }, world.nowMs)
  world.record = approved as never
  settle(world, 30)
  t.equal(told(world), 2, 'approved, but paused')
  world.record = obey(world.record, { do: 'resume', by: 'ada' }, world.nowMs) as never
  t.equal(settle(world).record.phase, 'done')
  t.match(obey(world.record, { do: 'pause', by: 'ada' }, 0), { problem: /it is done/ })
})

t.test('an approval before there is anything to approve is refused', async t => {
  const world = new RolloutWorld(plan({ canary: 2, gate: { approval: 'by_hand' } }), fleet(['good', 6]))
  world.carry(world.look())
  t.match(obey(world.record, { do: 'approve', by: 'ada' }, 0), { problem: /not enough confirmed/ })
})

t.test('a stop takes back what is under way; to resume is to forgive what was before', async t => {
  const world = new RolloutWorld(plan({ canary: 5, max_in_progress: 5 }), fleet(['silent', 5], ['good', 20]))
  world.carry(world.look())
  world.carry(world.look())
  world.record = obey(world.record, { do: 'stop', by: 'ada' }, world.nowMs) as never
  const { tell } = world.look()
  t.equal(tell.length, 5)
  t.ok(tell.every(one => one.what === 'hold'))
  t.equal(settle(world).record.phase, 'stopped')
  t.equal(told(world), 0)
  for (const device of world.devices.values()) device.manner = 'good'
  world.record = obey(world.record, { do: 'resume', by: 'ada' }, world.nowMs) as never
  t.match(settle(world), { record: { phase: 'done' }, counts: { done: 25 } })
})

t.test('on_stop: go_back sends everybody back, to a model that is named or to the one before', async t => {
  for (const go_back_to of [undefined, { sha256: 'b'.repeat(64) }]) {
    const thePlan = plan({
      canary: 5,
      waves: [20],
      on_stop: 'go_back',
      ...(go_back_to ? { go_back_to } : {}),
      stop_when: [{ of: 'rolled_back', percent: 20, at_least: 10 }],
      gate: { confirmed_percent: 0 },
    })
    const world = new RolloutWorld(thePlan, fleet(['good', 20], ['bad', 30]))
    const { record } = settle(world)
    t.match(record, { phase: 'gone_back' })
    t.notOk([...world.devices.values()].some(d => d.running === 'a'.repeat(64)))
  }
})

t.test('what is to be activated later is given its time from then on', async t => {
  const world = new RolloutWorld(
    plan({ timeout_minutes: 30, not_before: '2026-01-01T05:00:00Z' }),
    fleet(['silent', 1]),
  )
  world.carry(world.look())
  t.match(world.heard.devices.get('d0')?.desired?.models, [{ not_before: '2026-01-01T05:00:00Z' }])
  world.pass(5 * 60 + 29)
  t.match(world.look().counts, { told: 1 })
  world.pass(2)
  t.equal(world.look().record.phase, 'stopped', 'the one that there is was timed out')
})

t.test('one that does not go back is named, and waited for no longer than the others', async t => {
  const world = new RolloutWorld(plan({ timeout_minutes: 30 }), fleet(['good', 3]))
  t.equal(settle(world).record.phase, 'done')
  world.devices.get('d1')!.manner = 'silent'
  world.retained.set('fieldmouse/d1/status', '{"state":"offline"}')
  world.heard.hear('d1', 'status', Buffer.from('{"state":"offline"}'))
  world.record = obey(world.record, { do: 'go_back', by: 'ada' }, world.nowMs) as never
  t.match(settle(world).record, {
    phase: 'gone_back',
    reason: { code: 'not_all_gone_back', message: /1 devices .*d1/ },
  })
})

t.test('devices that were told nothing yet are told to keep what runs, once', async t => {
  const world = new RolloutWorld(plan({ canary: 2 }), fleet(['good', 10]))
  world.carry(world.look())
  const { tell } = world.look()
  t.equal(tell.filter(one => one.what === 'hold').length, 0)
  const held = [...world.heard.devices.values()].filter(d => d.desired?.models[0]?.hold)
  t.equal(held.length, 8)
})

t.test('so many a minute, and only in the hours that are open', async t => {
  const world = new RolloutWorld(plan({ waves: [{ size: 'rest', per_minute: 6 }] }), fleet(['good', 60]))
  const times: number[] = []
  for (let i = 0; i < 200; i++) {
    const turn = world.look()
    times.push(...turn.tell.filter(one => one.what === 'take').map(() => world.nowMs))
    world.carry(turn)
    for (const id of world.devices.keys()) world.step(id)
    world.pass(1 / 20)
  }
  for (const at of times) t.ok(times.filter(x => x >= at && x < at + 60_000).length <= 6)
  t.ok(times.length > 40, `${times.length}`)
  const shut = new RolloutWorld(plan({ windows: ['22:00-06:00'] }), fleet(['good', 3]))
  t.equal(shut.look().tell.filter(one => one.what === 'take').length, 0, 'it is ten in the morning')
})

t.test('an id says whose it is, and nothing else passes for one', async t => {
  fc.assert(
    fc.property(fc.nat({ max: 98 }), fc.integer({ min: 1, max: 4_000_000_000 }), (wave, seconds) => {
      const id = takeId('a-rollout', wave, seconds * 1000)
      t.ok(id.length <= 64)
      t.strictSame(readTellId('a-rollout', id), { what: 'take', wave, atMs: seconds * 1000 })
      t.equal(readTellId('a-roll', id), undefined)
    }),
  )
  fc.assert(fc.property(fc.string(), text => void readTellId('r', `r#${text}`)))
  for (const odd of ['r#', 'r#0.abc', 'r#1', 'r#x.1', 'r']) t.equal(readTellId('r', odd), undefined, odd)
})
