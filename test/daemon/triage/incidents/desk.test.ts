import { deepEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { OperatorAction } from '../../../../daemon/triage/incidents/action.js'
import { type DeskState, IncidentDesk } from '../../../../daemon/triage/incidents/desk.js'
import type { DeskSettings } from '../../../../daemon/triage/incidents/desk-settings.js'
import { areaOf } from '../../../../daemon/triage/incidents/group.js'
import type { DeskEffect } from '../../../../daemon/triage/incidents/ledger.js'
import type { Category, Severity, Verdict } from '../../../../daemon/triage/verdict.js'

const NOON = Date.parse('2026-11-21T12:00:00Z')
const verdict = (severity: Severity, more: Partial<Verdict> = {}): Verdict => ({
  severity,
  category: severity === 'normal' ? 'normal' : 'pressure',
  component: 'pump',
  needsHuman: severity !== 'normal',
  reason: 'It says so.',
  evidence: '',
  confidence: 0.9,
  stage: 'rule',
  ...more,
})

/** A desk with a clock that is turned in seconds; keeps what it said. */
class Played {
  desk: IncidentDesk
  readonly effects: DeskEffect[] = []
  readonly settings: Partial<DeskSettings>
  constructor(settings: Partial<DeskSettings> = {}) {
    this.settings = settings
    this.desk = new IncidentDesk(settings)
  }
  say(
    s: number,
    line: string,
    severity: Severity = 'warning',
    more: Partial<Verdict> & { source?: string } = {},
  ) {
    const { source = 'serial:/dev/ttyUSB0', ...rest } = more
    return this.#took(
      this.desk.occurrence({
        id: `${s}`,
        at: NOON + s * 1_000,
        source,
        line,
        verdict: verdict(severity, rest),
      }),
    )
  }
  tick(s: number) {
    return this.#took(this.desk.tick(NOON + s * 1_000))
  }
  act(s: number, action: Record<string, unknown>) {
    return this.#took(this.desk.operate(OperatorAction.parse({ by: 'ada', ...action }), NOON + s * 1_000))
  }
  kinds(): string[] {
    return this.effects.map(e => `${e.kind} ${e.incident.n}`)
  }
  notified(): string[] {
    return this.effects.filter(e => e.kind === 'notify').map(e => e.because)
  }
  restart() {
    this.desk = IncidentDesk.restore(
      JSON.parse(JSON.stringify(this.desk.state())) as DeskState,
      this.settings,
    )
  }
  #took(effects: DeskEffect[]) {
    this.effects.push(...effects)
    return effects
  }
}

t.test('an alarm opens an incident, is told once, and ends with its line of return', async t => {
  const p = new Played()
  p.say(0, 'P-301 discharge pressure low 1.2 bar', 'warning', {
    cause: 'Blocked suction strainer',
    action: 'Check the strainer.',
  })
  t.strictSame(p.effects, [], 'not before it has lasted')
  p.say(30, 'P-301 discharge pressure low 1.1 bar')
  const [told] = p.tick(60)
  t.match(told, {
    kind: 'notify',
    told: [{ id: '30' }],
    incident: {
      n: 1,
      state: 'UNACK',
      severity: 'warning',
      asset: 'p-301',
      since: '2026-11-21T12:00:00.000Z',
      lines: [{ id: '0' }, { id: '30' }],
    },
  })
  t.equal(told!.incident.summary, 'P-301 discharge pressure low 1.1 bar, since 21 Nov, 12:00, 2 lines.')
  p.act(70, { action: 'acknowledge', n: 1, note: 'on my way' })
  t.match(p.effects.at(-1)?.incident, {
    state: 'ACKED',
    acknowledged: { by: 'ada', at: '2026-11-21T12:01:10.000Z' },
  })
  p.say(100, 'P-301 discharge pressure back to normal 4.0 bar', 'normal')
  p.tick(100 + 600)
  t.strictSame(p.kinds(), ['notify 1', 'update 1', 'clear 1'])
  t.strictSame(p.desk.open(), [])
})

t.test('the summary says what, where, since when, how often, cause and action', async t => {
  const p = new Played()
  const why = { cause: 'Blocked suction strainer', action: 'Check the strainer of P-301.' }
  p.say(0, 'P-301 discharge pressure low 1.2 bar', 'critical', why)
  p.say(2, 'P-301 flow low 0 m3/h', 'critical')
  p.say(4, 'M4 motor current low', 'critical')
  p.tick(30)
  const [{ summary, first_out, alarms }] = p.desk.open() as [ReturnType<IncidentDesk['open']>[0]]
  t.equal(
    summary,
    'P-301 discharge pressure low 1.2 bar, since 21 Nov, 12:00; then 2 more, first P-301 flow low 0 m3/h. Likely blocked suction strainer: check the strainer of P-301.',
  )
  t.ok(summary.length <= 280)
  const q = new Played()
  q.say(0, 'M4 rotor locked', 'critical', { cause: 'A bearing has seized', action: 'PLC off, then look' })
  q.tick(30)
  t.match(q.desk.open()[0]!.summary, /Likely a bearing has seized: PLC off, then look\.$/)
  t.equal(first_out, 'P-301 discharge pressure low 1.2 bar')
  t.equal(alarms.length, 3)
})

t.test('first-out is the alarm that began first, though a worse one is told earlier', async t => {
  const p = new Played()
  p.say(0, 'P-301 suction pressure low')
  p.say(10, 'P-301 tripped on dry running', 'emergency')
  t.match(p.effects, [{ kind: 'notify', incident: { first_out: 'P-301 tripped on dry running' } }])
  p.tick(60)
  t.match(p.effects.at(-1), {
    kind: 'notify',
    incident: { n: 1, first_out: 'P-301 suction pressure low', severity: 'emergency' },
  })
})

t.test(
  'alarms of other machines a little later are a cascade; much later, or elsewhere, they are not',
  async t => {
    const p = new Played()
    const source = (s: string) => ({ source: `mqtt:plant/line1/${s}` })
    p.say(0, 'P-301 flow low', 'emergency', source('p301'))
    p.say(40, 'H-2 temperature high', 'emergency', source('h2'))
    p.say(50, 'H-9 temperature high', 'emergency', { source: 'mqtt:plant/line2/h9' })
    p.say(400, 'K-7 temperature high', 'emergency', source('k7'))
    t.strictSame(
      p.desk.open().map(i => i.alarms.length),
      [2, 1, 1],
    )
    t.equal(areaOf('serial:/dev/ttyUSB0'), 'serial:/dev/ttyUSB0')
    t.equal(areaOf('tep/61'), 'tep/61')
  },
)

t.test('a line that is an alarm ends nothing, and no line ends an attack', async t => {
  const p = new Played()
  p.say(0, 'P-301 fault F12', 'critical')
  p.tick(10)
  p.say(20, 'P-301 fault F12 cleared', 'critical')
  p.tick(700)
  t.match(p.desk.open(), [{ state: 'UNACK' }])
  const q = new Played()
  const attack = { category: 'security' as Category }
  q.say(0, 'PLC-1 write to coil 4 from unknown host', 'emergency', attack)
  q.say(5, 'PLC-1 OK again', 'normal')
  q.tick(700)
  t.match(q.desk.open(), [{ state: 'UNACK', alarms: [{ active: true }] }])
})

t.test('an advisory is listed and told to nobody', async t => {
  const p = new Played()
  p.say(0, 'P-301 filter service due', 'advisory')
  p.tick(100)
  t.match(p.desk.open(), [{ severity: 'advisory' }])
  t.strictSame(p.notified(), [])
  p.say(200, 'P-301 speed 1480', 'normal')
  p.say(200, 'door opened', 'advisory', { needsHuman: false })
  t.equal(p.desk.open().length, 1)
})

t.test('a flood is held back, named in one summary, and nothing of it is lost', async t => {
  const p = new Played()
  for (let i = 1; i <= 40; i++) p.say(i * 5, `T-${i} level high`, 'warning', { source: `plc/${i}` })
  p.tick(400)
  t.equal(p.notified().length, 11, 'ten and a summary')
  const summary = p.effects.findLast(e => e.kind === 'notify')!
  t.match(summary.incident, {
    kind: 'flood',
    summary: /^\d+ more alarms on \d+ machines, worst warning, since 21 Nov, 12:0/,
  })
  t.equal(summary.told.length + 10, new Set(p.effects.flatMap(e => e.told.map(l => l.id))).size)
  p.say(410, 'T-3 hydrogen leak', 'emergency', { source: 'plc/3' })
  t.match(
    p.effects.at(-1),
    { kind: 'notify', incident: { kind: 'incident', severity: 'emergency' } },
    'danger comes through',
  )
  t.equal(
    p.desk
      .open()
      .filter(i => i.kind === 'incident')
      .flatMap(i => i.alarms).length,
    41,
  )
  p.tick(1_300)
  t.ok(p.effects.some(e => e.kind === 'clear' && e.incident.kind === 'flood'))
  const told = new Set(p.effects.flatMap(e => e.told.map(l => l.line)))
  t.equal(told.size, 41, 'every alarm was named to somebody')
})

t.test('operators: shelve, unshelve, out of service, suppression by design', async t => {
  const p = new Played()
  p.say(0, 'P-301 flow low', 'critical')
  p.tick(10)
  p.act(20, { action: 'shelve', n: 1, minutes: 30 })
  t.match(p.desk.open(), [{ state: 'SHLVD', shelved: { by: 'ada', until: '2026-11-21T12:30:20.000Z' } }])
  p.say(60, 'P-301 flow low', 'emergency')
  p.tick(20 + 30 * 60)
  t.strictSame(p.kinds(), ['notify 1', 'update 1', 'notify 1'])
  t.match(p.desk.open(), [{ state: 'UNACK', severity: 'emergency' }])

  p.act(2_000, { action: 'out_of_service', asset: 'P-301' })
  t.match(p.desk.open(), [{ state: 'OOSRV', out_of_service: { by: 'ada' } }])
  p.say(2_001, 'P-301 vibration high', 'emergency')
  t.equal(p.notified().length, 2)
  p.act(2_100, { action: 'in_service', asset: 'P-301' })
  t.equal(p.desk.open()[0]?.state, 'UNACK')

  const q = new Played()
  q.act(0, {
    action: 'suppress',
    rule: 'stop',
    while: { words: ['tripped'] },
    expect: { asset: 'P-301', words: ['flow'] },
  })
  q.say(10, 'P-301 tripped', 'critical')
  q.tick(20)
  q.say(30, 'P-301 flow low', 'critical')
  q.tick(60)
  t.equal(q.notified().length, 1)
  t.match(q.desk.open()[0]?.alarms, [{ state: 'UNACK' }, { state: 'DSUPR' }])
  q.say(100, 'P-301 trip reset OK', 'normal')
  q.say(110, 'P-301 tripped reset', 'normal')
  q.tick(800)
  t.match(q.notified().at(-1), /flow low: raised/, 'still there without its excuse')
})

t.test('more incidents than can be shown are listed in one, the least first', async t => {
  const p = new Played({ mostOpen: 3, mostAlarms: 6 })
  const source = (n: number) => ({ source: `plc/${n}` })
  p.say(0, 'T-1 level high', 'emergency', source(1))
  for (let i = 2; i <= 5; i++) p.say(i, `T-${i} level high`, 'critical', source(i))
  p.tick(20)
  t.strictSame(
    p.desk
      .open()
      .map(i => `${i.kind} ${i.alarms.length}`)
      .sort(),
    ['incident 1', 'incident 1', 'incident 1', 'overflow 2'],
  )
  t.ok(p.effects.some(e => e.kind === 'clear' && /listed in incident/.test(e.because)))
  p.say(30, 'T-6 level high', 'critical', source(6))
  p.say(31, 'T-7 level high', 'emergency', source(7))
  t.match(p.effects.at(-1), {
    kind: 'notify',
    because: 'more alarms than can be kept',
    told: [{ line: 'T-7 level high' }],
  })
})

t.test('numbers survive a restart and are not given twice', async t => {
  const p = new Played()
  p.say(0, 'T-1 level high', 'emergency', { source: 'plc/1' })
  p.act(1, { action: 'acknowledge', n: 'all' })
  p.say(2, 'T-1 level normal', 'normal', { source: 'plc/1' })
  p.tick(700)
  p.restart()
  p.say(800, 'T-2 level high', 'emergency', { source: 'plc/2' })
  t.equal(p.desk.open()[0]?.n, 2)
})

t.test(
  'two rules that excuse one another leave one of the two to be heard; a rule too many is not forgotten silently',
  async t => {
    const p = new Played({ mostRules: 2 })
    const rule = (name: string, asset: string, other: string) =>
      p.act(0, { action: 'suppress', rule: name, while: { asset }, expect: { asset: other } })
    rule('a', 'P-1', 'P-2')
    rule('b', 'P-2', 'P-1')
    p.say(1, 'P-1 leak high', 'emergency', { source: 'plc/1' })
    p.say(2, 'P-2 leak high', 'emergency', { source: 'plc/2' })
    t.strictSame(
      p.desk.open().map(i => i.state),
      ['UNACK', 'DSUPR'],
    )
    rule('c', 'P-8', 'P-9')
    t.strictSame(
      p.desk.open().map(i => i.state),
      ['UNACK', 'UNACK'],
      'the oldest rule went, and what it excused is heard',
    )
  },
)

t.test('a clock that wakes up in the past holds nothing up', async t => {
  const p = new Played()
  p.say(0, 'T-1 level high', 'emergency')
  const state = JSON.parse(JSON.stringify(p.desk.state())) as DeskState
  const past = NOON - 3_600_000
  const desk = IncidentDesk.restore(state, {}, past)
  const line = (at: number) =>
    desk.occurrence({ at, source: 'plc/2', line: 'T-2 level low', verdict: verdict('warning') })
  t.strictSame(line(past + 1_000), [])
  t.equal(desk.nextDue(), past + 61_000)
  t.match(desk.tick(past + 61_000), [{ kind: 'notify' }])
  t.strictSame(line(NOON + 70_000), [], 'the clock was set: no delay starts anew, none is told twice')
  t.equal(desk.open().length, 2)
})

const names = ['T-1', 'T-2', 'P-301', 'M4']
const deeds = [
  { action: 'acknowledge', n: 'all' },
  { action: 'acknowledge', n: 1 },
  { action: 'shelve', n: 1, minutes: 3, one_shot: true },
  { action: 'shelve', n: 2, minutes: 30 },
  { action: 'unshelve', n: 1 },
  { action: 'out_of_service', asset: 'T-1' },
  { action: 'in_service', asset: 'T-1' },
  { action: 'suppress', rule: 'a', while: { asset: 'M4' }, expect: { words: ['level'] } },
  { action: 'suppress', rule: 'b', while: { words: ['level'] }, expect: { asset: 'M4' } },
  { action: 'unsuppress', rule: 'a' },
  { action: 'unsuppress', rule: 'b' },
]
const happening = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      name: fc.constantFrom(...names),
      what: fc.constantFrom('level high', 'level low', 'tripped', 'odd'),
      severity: fc.constantFrom<Severity>('normal', 'advisory', 'warning', 'critical', 'emergency'),
      over: fc.boolean(),
      source: fc.constantFrom('plc/1', 'plc/2'),
    }),
  },
  { weight: 2, arbitrary: fc.constantFrom(...deeds) },
  { weight: 1, arbitrary: fc.constant('tick') },
)

t.test('whatever happens: known is what was said, and a restart at any moment changes nothing', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.oneof(fc.nat(90), fc.nat(4_000)), happening), { maxLength: 80, size: 'max' }),
      fc.nat(80),
      (story, restartAt) => {
        const settings = {
          mostOpen: 3,
          mostAlarms: 10,
          flood: { windowMs: 600_000, beginsAbove: 3, endsBelow: 2, summaryAfterMs: 60_000 },
        }
        const p = new Played(settings)
        const q = new Played(settings)
        let s = 0
        const open = new Set<number>()
        for (const [i, [later, what]] of story.entries()) {
          s += later
          if (i === restartAt) q.restart()
          for (const played of [p, q]) {
            if (what === 'tick') played.tick(s)
            else if ('action' in (what as object)) played.act(s, what as Record<string, unknown>)
            else {
              const {
                name,
                what: words,
                severity,
                over,
                source,
              } = what as { name: string; what: string; severity: Severity; over: boolean; source: string }
              played.say(s, `${name} ${words}${over ? ' cleared' : ''}`, over ? 'normal' : severity, {
                source,
              })
            }
          }
          for (const played of [p, q]) played.tick(s)
          const due = p.desk.nextDue()
          if (due !== undefined && due <= NOON + s * 1_000) throw new Error('it would be woken for ever')
        }
        for (const { kind, incident } of p.effects) {
          if (kind === 'clear') open.delete(incident.n)
          else open.add(incident.n)
        }
        deepEqual(
          [...open].sort(),
          p.desk
            .open()
            .map(i => i.n)
            .sort(),
        )
        const plain = (x: unknown) => JSON.parse(JSON.stringify(x))
        deepEqual(plain(q.effects), plain(p.effects))
        if (p.desk.open().length > 5) throw new Error('unbounded')
        // and there is an end of it
        p.act(s, { action: 'in_service', asset: 'T-1' })
        for (const rule of ['a', 'b']) p.act(s, { action: 'unsuppress', rule })
        for (const source of ['plc/1', 'plc/2'])
          for (const name of names)
            for (const w of ['level high', 'level low', 'tripped', 'odd'])
              p.say(s, `${name} ${w} cleared`, 'normal', { source })
        p.tick(s + 30 * 86_400)
        p.act(s + 30 * 86_400, { action: 'acknowledge', n: 'all' })
        p.tick(s + 60 * 86_400)
        deepEqual(
          p.desk.open().map(i => i.summary),
          [],
        )
        if (p.desk.nextDue() !== undefined) throw new Error('restless')
      },
    ),
    { numRuns: 300 },
  )
})
