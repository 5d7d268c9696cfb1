import { deepEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { next } from '../../../../daemon/triage/incidents/alarm.js'
import { ALARM_DEFAULTS as O } from '../../../../daemon/triage/incidents/alarm-settings.js'
import {
  type AlarmEffect,
  type AlarmEvent,
  type AlarmState,
  isIdle,
  NEW_ALARM,
  tells,
  wakeAt,
} from '../../../../daemon/triage/incidents/alarm-state.js'
import { SEVERITIES, type Severity } from '../../../../daemon/triage/verdict.js'

const plain = (value: unknown) => JSON.parse(JSON.stringify(value))
const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Plays events in seconds, with every tick that is due between them. */
function play(events: readonly (readonly [number, string, (Severity | number)?])[], untilS = 0) {
  let state: AlarmState = NEW_ALARM
  const told: [number, AlarmEffect][] = []
  const step = (event: AlarmEvent) => {
    const result = next(state, event, O)
    state = result.state
    for (const effect of result.effects) told.push([event.at / 1_000, effect])
  }
  const ticks = (until: number) => {
    for (let due = wakeAt(state, O); due !== undefined && due <= until; due = wakeAt(state, O))
      step({ kind: 'tick', at: due })
  }
  for (const [s, kind, arg] of events) {
    ticks(s * 1_000)
    if (kind === 'raise' || kind === 'happen')
      step({
        kind: 'raise',
        at: s * 1_000,
        severity: (arg as Severity) ?? 'warning',
        momentary: kind === 'happen',
      })
    else if (kind === 'shelve') step({ kind, at: s * 1_000, until: (arg as number) * 1_000 })
    else if (kind === 'oneShot') step({ kind: 'shelve', at: s * 1_000, until: 1e12, oneShot: true })
    else step({ kind, at: s * 1_000 } as AlarmEvent)
  }
  ticks(untilS * 1_000)
  return { state, told, tells: told.filter(([, e]) => tells(e)) }
}

t.test('what does not outlast the on-delay is not told', async t => {
  t.strictSame(
    play(
      [
        [0, 'raise'],
        [59, 'return'],
      ],
      7_200,
    ).told,
    [],
  )
  t.strictSame(play([[0, 'raise']], 120).told, [[60, 'notify']])
  t.strictSame(play([[0, 'raise', 'emergency']]).told, [[0, 'notify']], 'an emergency waits for nothing')
  t.strictSame(
    play(
      [
        [0, 'raise'],
        [20, 'raise', 'critical'],
      ],
      120,
    ).told,
    [[25, 'notify']],
    'the worse is waited for less',
  )
})

t.test('a gap shorter than the off-delay is no return, and repeats are not told', async t => {
  const { told, state } = play(
    [
      [0, 'raise'],
      [100, 'return'],
      [400, 'raise'],
      [401, 'raise'],
      [500, 'return'],
    ],
    1_200,
  )
  t.strictSame(told, [
    [60, 'notify'],
    [1_100, 'returned'],
  ])
  t.equal(state.condition, 'RTNUN')
})

t.test('acknowledged and returned, in either order, it is normal', async t => {
  t.strictSame(
    play(
      [
        [0, 'raise'],
        [90, 'acknowledge'],
        [91, 'acknowledge'],
        [100, 'return'],
      ],
      900,
    ).told,
    [
      [60, 'notify'],
      [90, 'updated'],
      [700, 'cleared'],
    ],
  )
  t.strictSame(
    play([
      [0, 'raise'],
      [100, 'return'],
      [800, 'acknowledge'],
    ]).told,
    [
      [60, 'notify'],
      [700, 'returned'],
      [800, 'cleared'],
    ],
  )
  t.strictSame(
    play(
      [
        [0, 'raise'],
        [100, 'return'],
      ],
      9_000,
    ).told.at(-1),
    [4_300, 'cleared'],
    'nobody cared for an hour',
  )
})

t.test('the same again within half an hour is not told twice, a worse one is', async t => {
  const again = (s: number, severity: Severity = 'warning') =>
    play(
      [
        [0, 'raise'],
        [100, 'return'],
        [s, 'raise', severity],
      ],
      s + 60,
    ).tells
  t.equal(again(1_000).length, 1)
  t.equal(again(1_900).length, 2)
  t.equal(again(1_000, 'critical').length, 2)
})

t.test('worse while it stands is told at once, also after acknowledgement', async t => {
  const { tells, state } = play([
    [0, 'raise'],
    [70, 'acknowledge'],
    [80, 'raise', 'critical'],
    [90, 'raise'],
  ])
  t.strictSame(tells, [
    [60, 'notify'],
    [80, 'worsened'],
  ])
  t.match(state, { condition: 'UNACK', severity: 'critical' })
})

t.test('an emergency that nobody acknowledges is told again, three times', async t => {
  t.strictSame(
    play([[0, 'raise', 'emergency']], 3_000).tells.map(([s]) => s),
    [0, 300, 600, 900],
  )
  t.strictSame(
    play(
      [
        [0, 'raise', 'emergency'],
        [200, 'acknowledge'],
      ],
      3_000,
    ).tells.length,
    1,
  )
  t.strictSame(
    play(
      [
        [0, 'raise', 'emergency'],
        [200, 'acknowledge'],
      ],
      3_800,
    ).tells.at(-1),
    [3_800, 'reAlarmed'],
  )
})

t.test('chattering is one alarm that is seen, and told when it lasts', async t => {
  const flips = (from: number, to: number) =>
    Array.from({ length: (to - from) / 20 }, (_, i) => [
      [from + i * 20, 'raise'],
      [from + i * 20 + 5, 'return'],
    ]).flat() as [number, string][]
  const short = play(flips(0, 120), 1_000)
  t.strictSame(short.told, [
    [40, 'opened'],
    [40, 'chattering'],
    [400, 'updated'],
    [400, 'cleared'],
  ])
  const long = play(flips(0, 1_200), 1_300)
  t.strictSame(long.tells, [[640, 'notify']])
  t.ok(long.state.chatteringSince !== undefined)
})

t.test('shelved is silent; standing when the time is over it comes back unacknowledged', async t => {
  const { told, state } = play(
    [
      [0, 'raise'],
      [90, 'acknowledge'],
      [100, 'shelve', 1_000],
      [110, 'raise', 'critical'],
    ],
    1_000,
  )
  t.strictSame(told, [
    [60, 'notify'],
    [90, 'updated'],
    [100, 'updated'],
    [1_000, 'notify'],
  ])
  t.equal(state.condition, 'UNACK')
  t.strictSame(
    play(
      [
        [0, 'raise'],
        [90, 'shelve', 5_000],
        [100, 'return'],
      ],
      6_000,
    ).told.at(-1),
    [5_000, 'cleared'],
  )
  t.strictSame(
    play(
      [
        [0, 'raise'],
        [90, 'oneShot'],
        [100, 'return'],
      ],
      900,
    ).told.at(-1),
    [700, 'cleared'],
  )
  t.equal(
    play([
      [0, 'raise'],
      [90, 'shelve', 1e9],
    ]).state.shelvedUntil,
    90_000 + 12 * HOUR,
    'not for ever',
  )
})

t.test('suppressed by design and out of service end by their own word only', async t => {
  const { told } = play([
    [0, 'suppress'],
    [10, 'raise'],
    [500, 'unshelve'],
    [600, 'acknowledge'],
    [700, 'unsuppress'],
  ])
  t.strictSame(told, [
    [0, 'opened'],
    [0, 'updated'],
    [70, 'updated'],
    [700, 'notify'],
  ])
  const out = play([
    [0, 'raise'],
    [100, 'takeOut'],
    [200, 'suppress'],
    [300, 'shelve', 900],
    [400, 'putBack'],
  ])
  t.strictSame(out.told, [
    [60, 'notify'],
    [100, 'updated'],
    [400, 'notify'],
  ])
})

t.test('a line that only says it happened counts as over after an hour, and stale is said once', async t => {
  t.strictSame(
    play(
      [
        [0, 'happen'],
        [600, 'happen'],
        [1_200, 'happen'],
      ],
      20_000,
    ).told,
    [
      [0, 'notify'],
      [4_800, 'returned'],
      [8_400, 'cleared'],
    ],
  )
  t.strictSame(
    play([[0, 'raise']], 8 * 86_400).told.map(([, e]) => e),
    ['notify', 'stale', 'returned', 'cleared'],
  )
})

const kinds = [
  'return',
  'acknowledge',
  'dismiss',
  'unshelve',
  'suppress',
  'unsuppress',
  'takeOut',
  'putBack',
  'tick',
] as const
const event: fc.Arbitrary<(at: number) => AlarmEvent> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({ severity: fc.constantFrom(...SEVERITIES), momentary: fc.boolean() })
      .map(r => (at: number) => ({ kind: 'raise' as const, at, ...r })),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ ms: fc.nat(13 * HOUR), oneShot: fc.boolean() })
      .map(r => (at: number) => ({ kind: 'shelve' as const, at, until: at + r.ms, oneShot: r.oneShot })),
  },
  { weight: 4, arbitrary: fc.constantFrom(...kinds).map(kind => (at: number) => ({ kind, at })) },
)
const story = fc.array(fc.tuple(fc.oneof(fc.nat(5 * MINUTE), fc.nat(3 * HOUR)), event), {
  maxLength: 60,
  size: 'max',
})

t.test('to shelve again for no time at all changes nothing', async t => {
  const shelved = next(NEW_ALARM, { kind: 'shelve', at: 0, until: HOUR }, O).state
  t.strictSame(next(shelved, { kind: 'shelve', at: 0, until: 0 }, O).state, shelved)
})

t.test(
  'whatever happens: nothing is cleared that was not seen, the silent are silent, and there is a way out',
  async () => {
    fc.assert(
      fc.property(story, events => {
        let state = NEW_ALARM
        let at = 0
        let isSeen = false
        const step = (e: AlarmEvent) => {
          const before = state
          const result = next(state, e, O)
          state = result.state
          for (const effect of result.effects) {
            if (effect === 'cleared') {
              if (!isSeen) throw new Error('cleared, but never seen')
              isSeen = false
            } else if (tells(effect) || effect === 'opened') isSeen = true
            else if (!isSeen && effect !== 'chattering') throw new Error(`${effect}, but not open`)
          }
          if (isSeen !== state.open) throw new Error('open is not what was said')
          const isSilent = ['SHLVD', 'DSUPR', 'OOSRV'].includes(before.condition)
          const isLine = e.kind === 'raise' || e.kind === 'return' || e.kind === 'tick'
          if (isSilent && isLine && state.condition === before.condition && result.effects.some(tells))
            throw new Error('told while set aside')
          if (state.activations.length > O.chatterCount) throw new Error('grows')
        }
        for (const [ms, make] of events) {
          at += ms
          step(make(at))
          const once = next(state, { kind: 'acknowledge', at }, O)
          const twice = next(once.state, { kind: 'acknowledge', at }, O)
          if (twice.effects.length > 0 || twice.state.condition !== once.state.condition)
            throw new Error('not idempotent')
          const again = next(state, { kind: 'tick', at }, O)
          if (again.effects.length > 0) throw new Error(`a second tick did ${again.effects}`)
          const due = wakeAt(state, O)
          if (due !== undefined && due <= at) throw new Error('it would be woken for ever')
        }
        for (const kind of ['putBack', 'unsuppress', 'unshelve', 'return', 'acknowledge'] as const)
          step({ kind, at })
        for (let n = 0; n < 50; n++) {
          const due = wakeAt(state, O)
          if (due === undefined) break
          at = due
          step({ kind: 'tick', at })
        }
        if (!isIdle(state, at + MINUTE, O)) throw new Error(`no way out of ${JSON.stringify(state)}`)
      }),
      { numRuns: 1_500 },
    )
  },
)

t.test('plain JSON: a state that was written and read goes on as if nothing had been', async () => {
  fc.assert(
    fc.property(story, events => {
      let a = NEW_ALARM
      let b = NEW_ALARM
      let at = 0
      for (const [ms, make] of events) {
        at += ms
        const x = next(a, make(at), O)
        const y = next(JSON.parse(JSON.stringify(b)), make(at), O)
        deepEqual(plain(x), plain(y))
        a = x.state
        b = y.state
      }
    }),
    { numRuns: 300 },
  )
})
